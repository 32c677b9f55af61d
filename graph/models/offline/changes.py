"""Rules that change files: write, append, edit, move, copy, delete."""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.files import listing, text_of
from surefoot.graph.models.offline.scope import Scope, referred, scope_of
from surefoot.graph.models.offline.steps import Ask, CannotDo, Failed, Steps, call, checked
from surefoot.graph.models.offline.words import content
from surefoot.graph.models.offline.world import World

_FILE_WORDS = frozenset(
    [
        "file",
        "files",
        "folder",
        "directory",
        "permanently",
        "please",
        "again",
        "instead",
        "temporary",
        "log",
        "text",
        "markdown",
        "python",
        "entire",
        "whole",
        "everything",
        "completely",
    ]
)
_LIMITS = frozenset(
    [
        "except",
        "but",
        "not",
        "unless",
        "without",
        "over",
        "under",
        "older",
        "newer",
        "larger",
        "smaller",
        "than",
        "only",
    ]
)
_SHOWN = 4000
_APPEND = frozenset(["append", "add", "insert", "prepend"])


def appends(clause: Clause) -> bool:
    """Whether a clause adds to a file rather than writing it anew."""
    return (
        clause.verb in _APPEND
        and bool(clause.paths)
        and (bool(clause.values("quote", "code")) or bool(clause.refers) or clause.verb == "append")
    )


def target_of(clause: Clause) -> str:
    """Name the file a clause writes to: after `to`, `in`, `as` and the like, else the first named."""
    places = re.findall(
        rf"\b(?:to|into|in|as|at|named|called|file)\s+(?:a |the )?(?:new |text |json |csv |markdown )*(?:file |report )?(?:named |called )?({ATOM})",
        clause.masked,
    )
    found = [clause.atoms[ord(mark) - 0xE000] for mark in places]
    paths = [atom.value for atom in found if atom.kind in ("path", "quote")]
    return next((path for path in reversed(paths) if path in clause.paths), "") or (
        clause.paths[-1] if clause.paths else ""
    )


def fits_write(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to write a file."""
    if not target_of(clause):
        return 0.0
    return 0.95 if clause.family == "write" or clause.verb == "put" or appends(clause) else 0.0


def write(clause: Clause, world: World) -> Steps[str]:
    """Write, or append to, a file: quoted text, the words before `to`, or the results so far."""
    path = target_of(clause).removeprefix("./")
    text = _content(clause, world, path)
    if appends(clause):
        path = world.resolve(path)
        if path in world.paths:
            old = yield from text_of(path, world, guess=False)
            text = (
                f"{text.rstrip()}\n{old}"
                if clause.verb == "prepend"
                else f"{old.rstrip(chr(10))}\n{text}"
                if old
                else text
            )
        yield from call("write_file", path=path, content=_ended(text), overwrite=True)
        return f"Added to {path}."
    overwrite = clause.says("overwrite") or bool(re.search(r"\breplacing\b", clause.plain))
    try:
        yield from call("write_file", path=path, content=_ended(text), **({"overwrite": True} if overwrite else {}))
    except Failed as error:
        if overwrite or "exist" not in str(error) or "ask_human" not in world.tools:
            raise
        answer = yield from call("ask_human", question=f"{path} exists already. Overwrite it (yes or no)?")
        if not re.match(r"\W*(?:y|yes|ok|sure|overwrite|true)\b", answer.text, re.IGNORECASE):
            raise CannotDo(f"{path} exists already and is not to be overwritten.") from None
        yield from call("write_file", path=path, content=_ended(text), overwrite=True)
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "\n..."
    return f"Wrote {path} ({len(_ended(text).encode())} bytes):\n\n{shown}"


def _content(clause: Clause, world: World, path: str) -> str:
    quoted = [value for value in clause.values("quote", "code") if value != path]
    if quoted and not (clause.refers == "all" and world.known):
        return "\n".join(quoted)
    if world.known:
        return _formatted(list(world.known.values()), path)
    said = re.search(
        rf"^\w+\s+(?:a file (?:with|containing)\s+|the (?:text|words?|lines?)\s+)?(.+?)\s+(?:to|into|in|at)\s+(?:a |the )?(?:file )?(?:named |called )?{ATOM}",
        clause.masked,
    )
    if (
        said
        and not re.search(ATOM, said[1])
        and not re.search(r"\b(?:file|report|summary|poem|story|essay|list)\b", said[1])
    ):
        return said[1].strip()
    if re.search(r"\bempty\b", clause.plain):
        return ""
    raise CannotDo(f"Nothing says what is to stand in {path}; put the text in quotes.")


def _formatted(results: Sequence[str], path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".csv" and len(results) == 1 and (rows := _rows(results[0])):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()
    if suffix == ".json":
        values = [_as_json(result) for result in results]
        return json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False)
    return "\n\n".join(result.rstrip("\n") for result in results)


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if not all(re.fullmatch(r"-+:?", cell) for cell in row)]


def _as_json(text: str) -> object:
    rows = _rows(text)
    if rows:
        return [dict(zip(rows[0], (_scalar(cell) for cell in row), strict=False)) for row in rows[1:]]
    return _scalar(text)


def _scalar(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def fits_edit(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as replacing one text by another in a file."""
    return 0.93 if clause.family == "edit" and scope_of(clause, world).files and _swap(clause) else 0.0


def edit(clause: Clause, world: World) -> Steps[str]:
    """Replace a text in files, everywhere it stands."""
    old, new = _swap(clause) or ("", "")
    for path in scope_of(clause, world).files:
        yield from call("edit_file", path=path, old_text=old, new_text=new, replace_all=not clause.says("first once"))
    return f"Replaced {old!r} with {new!r} in {', '.join(scope_of(clause, world).files)}."


def _swap(clause: Clause) -> tuple[str, str] | None:
    quoted = clause.values("quote", "code")
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
            yield from call("write_file", path=goal, content=_ended(text))
    else:
        for reply in (yield [Ask("move_file", {"source": path, "destination": goal}) for path, goal in pairs]):
            checked("move_file", reply)
    done = "\n".join(f"{path} -> {goal}" for path, goal in pairs)
    return ("Copied " if clause.family == "copy" else "Moved ") + done


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
    for reply in replies:
        checked("delete_file", reply)
    return "Deleted " + ", ".join(paths) + "."
