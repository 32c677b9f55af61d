"""Rules that edit, move, copy and delete files."""

import re
from pathlib import PurePosixPath

from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.files import listing
from surefoot.graph.models.offline.read import text_of
from surefoot.graph.models.offline.scope import Scope, referred, scope_of
from surefoot.graph.models.offline.steps import Ask, CannotDo, Steps, call, checked
from surefoot.graph.models.offline.words import bag, content
from surefoot.graph.models.offline.world import World
from surefoot.graph.models.offline.write import ended

_FILE_WORDS = bag(
    "file files folder directory permanently please again instead temporary log text markdown python entire "
    "whole everything completely"
)
_LIMITS = bag("except but not unless without over under older newer larger smaller than only")


def fits_edit(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as replacing one text by another in a file."""
    return 0.93 if clause.family == "edit" and _edited(clause, world) and _swap(clause) else 0.0


def edit(clause: Clause, world: World) -> Steps[str]:
    """Replace a text in files, everywhere it stands."""
    old, new = _swap(clause) or ("", "")
    files = _edited(clause, world)
    for path in files:
        yield from call("edit_file", path=path, old_text=old, new_text=new, replace_all=not clause.says("first once"))
    return f"Replaced {old!r} with {new!r} in {', '.join(files)}."


def _edited(clause: Clause, world: World) -> list[str]:
    named = [atom.value for atom in clause.here if atom.kind == "path" and not atom.quoted]
    return [world.resolve(path) for path in named] or referred(clause, world)


def _swap(clause: Clause) -> tuple[str, str] | None:
    quoted = [atom.value for atom in clause.here if atom.quoted]
    if len(quoted) >= 2:
        return quoted[0], quoted[1]
    said = re.search(
        rf"^\w+\s+(?:all |every |each |the |occurrences? of |word |text )*(.+?)\s+(?:with|by|to|into|for)\s+(.+?)(?:\s+(?:in|inside|within|of)\s+(?:the )?(?:file )?{ATOM}.*|$)",
        re.sub(rf"^(\w+)\s+in\s+{ATOM},?\s*", r"\1 ", clause.masked),
    )
    if not said:
        return None
    whole = [re.sub(ATOM, lambda m: clause.atoms[ord(m[0]) - 0xE000].value, group) for group in said.groups()]
    return (whole[0], whole[1]) if all(whole) else None


def fits_move(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as moving, renaming or copying files."""
    return (
        0.95
        if clause.family in ("move", "copy") and _sources(clause, world) is not None and _destination(clause)
        else 0.0
    )


def move(clause: Clause, world: World) -> Steps[str]:
    """Move, rename or copy files; into a folder where one is meant."""
    scope, target = _sources(clause, world) or Scope(), _destination(clause)
    paths = list(scope.files)
    if not paths:
        paths = [file["path"] for file in (yield from listing(scope))]
    if not paths:
        raise CannotDo("There is no such file.")
    pairs = [(path, _place(path, target, world, clause, several=len(paths) > 1)) for path in paths]
    if clause.family == "copy":
        for path, goal in pairs:
            text = yield from text_of(path, world, guess=False)
            yield from call("write_file", path=goal, content=ended(text))
        return "Copied " + "\n".join(f"{path} -> {goal}" for path, goal in pairs)
    replies = yield [Ask("move_file", {"source": path, "destination": goal}) for path, goal in pairs]
    return "\n".join(checked("move_file", reply).text for reply in replies)


def _destination(clause: Clause) -> str:
    found = re.findall(
        rf"\b(?:to|into|as|in)\s+(?:a |an |the )?(?:new )?(?:folder |directory )?(?:named |called )?({ATOM}|[\w-]+)",
        clause.masked,
        re.IGNORECASE,
    )
    if not found:
        return ""
    last = found[-1]
    folder = bool(
        re.search(
            rf"{re.escape(last)}\s+(?:folder|directory)\b|(?:folder|directory)\s+(?:named |called )?{re.escape(last)}",
            clause.masked,
        )
    )
    value = clause.atoms[ord(last) - 0xE000].value if re.match(ATOM, last) else last
    return value.rstrip("/") + "/" if folder else value


def _sources(clause: Clause, world: World) -> Scope | None:
    scope, target = scope_of(clause, world), _destination(clause)
    files = tuple(path for path in scope.files if path != world.resolve(target) or clause.paths.count(target) > 1)
    if not files and target in clause.paths and len(clause.paths) == 1 and scope.pattern == "*":
        files = tuple(referred(clause, world))
        return Scope(files=files) if files else None
    if files:
        return Scope(files=files)
    listed = tuple(referred(clause, world))
    if listed:
        return Scope(files=listed)
    folder = "." if scope.folder == target.rstrip("/") else scope.folder
    limited = any(word in _LIMITS for word in clause.words)
    return Scope(folder, scope.pattern) if scope.pattern != "*" and not limited else None


def _place(path: str, target: str, world: World, clause: Clause, several: bool) -> str:
    source = PurePosixPath(path)
    is_folder = target.endswith("/") or target in world.folders or (several and not PurePosixPath(target).suffix)
    if is_folder or (clause.verb != "rename" and not PurePosixPath(target).suffix and source.suffix):
        return str(PurePosixPath(target.rstrip("/")) / source.name)
    if clause.verb == "rename" and "/" not in target:
        return str(source.with_name(target))
    return target.removeprefix("./")


def fits_delete(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as deleting files it names."""
    scope = scope_of(clause, world)
    named = (
        scope.files
        or scope.pattern != "*"
        or referred(clause, world)
        or (scope.folder != "." and clause.says("file everything"))
    )
    return 0.97 if clause.family == "delete" and named and not _unread(clause, scope) else 0.0


def _unread(clause: Clause, scope: Scope) -> list[str]:
    """List the words of a clause that a rule for many files does not understand: `except`, `older than a week`."""
    plain = (
        _FILE_WORDS
        | set(PurePosixPath(scope.folder).parts)
        | {PurePosixPath(scope.pattern).suffix.lstrip("."), clause.verb}
    )
    return [word for word in content(clause.plain) if word not in plain] + [w for w in clause.words if w in _LIMITS]


def delete(clause: Clause, world: World) -> Steps[str]:
    """Delete the files named, and no others: a name that does not exist is never guessed at."""
    scope = scope_of(clause, world)
    paths = list(scope.files) or (referred(clause, world) if scope.pattern == "*" and scope.folder == "." else [])
    if not paths:
        paths = [file["path"] for file in (yield from listing(scope))]
    if not paths:
        return f"There is no file {scope.pattern} to delete."
    replies = yield [Ask("delete_file", {"path": path}) for path in paths]
    # In the tool's words: a person may have let another file be deleted than was asked for.
    return "\n".join(checked("delete_file", reply).text for reply in replies)
