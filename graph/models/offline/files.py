"""Rules that list and measure files."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.find import needle
from surefoot.graph.models.offline.scope import Scope, scope_of
from surefoot.graph.models.offline.steps import CannotDo, Steps, call
from surefoot.graph.models.offline.words import number
from surefoot.graph.models.offline.world import World
from surefoot.nodes.evidence.words import stem


def fits_list(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to see which files there are."""
    if clause.values("url") or clause.family in ("write", "delete", "move", "copy", "edit"):
        return 0.0
    scope = scope_of(clause, world)
    if clause.says("size byte big large largest biggest smallest small"):
        return 0.0
    told = clause.family in ("show", "find") or bool(
        re.search(r"^(?:what|which|are there|is there)\b|\bcontents? of\b", clause.plain)
    )
    if (
        told
        and re.search(r"\b(?:files|folders?|director(?:y|ies)|documents|workspace)\b", clause.plain)
        and not scope.files
    ):
        return 0.7
    if told and clause.says("file") and re.search(r"\b(?:every|any|all)\b", clause.plain):
        return 0.7
    return 0.65 if told and not scope.files and (scope.folder != "." or scope.pattern != "*") else 0.0


def list_all(clause: Clause, world: World) -> Steps[str]:
    """List files by folder and pattern."""
    scope = scope_of(clause, world)
    named = re.search(r"\b(?:named|called)\s+(\w+)|\bname (?:contains|includes)\s+(\w+)", clause.plain)
    wanted = (named[1] or named[2]) if named else needle(clause) if "using list_files" in clause.text else ""
    if wanted and scope.pattern == "*":
        scope = Scope(scope.folder, f"*{wanted}*")
    files = yield from listing(scope)
    shown = [f"{file['path']} ({file['bytes']} bytes)" for file in files]
    where = scope.folder if scope.folder != "." else "the workspace"
    return "\n".join(shown) or f"No file {scope.pattern} in {where}."


def listing(scope: Scope) -> Steps[list[dict[str, Any]]]:
    """Ask for the files of a scope: [{path, bytes}]."""
    args = ({"path": scope.folder} if scope.folder != "." else {}) | (
        {"pattern": scope.pattern} if scope.pattern != "*" else {}
    )
    reply = yield from call("list_files", **args)
    if not isinstance(reply.data, list):
        raise CannotDo("The list of files could not be read: it is cut.")
    return [file for file in reply.data if isinstance(file, dict) and "path" in file]


def fits_sizes(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a question about sizes or numbers of files."""
    about_files = clause.says("file folder directory disk workspace extension document") or bool(clause.paths)
    sized = clause.says("size byte big bigger large larger largest biggest smallest small space")
    if about_files and sized and clause.family not in ("write", "delete", "move", "copy", "edit"):
        return 0.87
    counted = re.search(
        r"\b(?:how many|number of|count)(?: of)?(?: the| all)? (?:\w+ )?(?:files|documents)\b", clause.plain
    )
    searched = clause.says("contain mention")
    return 0.87 if counted and not searched else 0.0


def sizes(clause: Clause, world: World) -> Steps[str]:
    """Measure files: largest, total, count, per folder or per extension."""
    scope = scope_of(clause, world)
    if clause.paths and scope.files:
        files = yield from listing(Scope())
        files = [file for file in files if scope.covers(file["path"])]
    else:
        files = yield from listing(scope)
    if not files:
        raise CannotDo("There is no such file to measure.")
    counting = bool(re.search(r"\b(?:how many|number of|count)\b", clause.plain))
    key = _grouping(clause)
    if key:
        return _per_group(files, key, counting)
    where = f"{scope.folder}/{scope.pattern}" if scope.folder != "." else scope.pattern
    if counting:
        return f"Number of files ({where}): {len(files)}"
    extreme = next(
        (word for word in clause.words if stem(word) in {stem(w) for w in ("largest", "biggest", "smallest")}),
        "",
    )
    if extreme or clause.says("rank sort top"):
        return _ranked(clause, files, extreme)
    total = sum(int(file["bytes"]) for file in files)
    if len(files) == 1:
        return f"Size of {files[0]['path']} in bytes: {total}"
    if scope.files:
        return say.table(["file", "bytes"], [(file["path"], file["bytes"]) for file in files])
    if clause.says("average mean"):
        return f"Average size in bytes of {len(files)} files ({where}): {say.figure(total / len(files))}"
    if clause.says("each every list") and not clause.says("total"):
        return say.table(["file", "bytes"], [(file["path"], file["bytes"]) for file in files])
    return f"Total size in bytes of {len(files)} files ({where}): {total}"


def _ranked(clause: Clause, files: list[dict[str, Any]], extreme: str) -> str:
    count = next((int(n) for word in clause.words if (n := number(word)) is not None), 1)
    ordered = sorted(files, key=lambda file: (int(file["bytes"]), file["path"]), reverse=extreme != "smallest")
    return "\n".join(f"{file['path']} ({file['bytes']} bytes)" for file in ordered[:count])


def _grouping(clause: Clause) -> str:
    grouped = re.search(
        r"\b(?:per|by|each|every)\s+(?:file\s+)?(folder|directory|extension|type|file type|kind)\b", clause.plain
    )
    return "" if not grouped else "folder" if grouped[1] in ("folder", "directory") else "extension"


def _per_group(files: Sequence[dict[str, Any]], key: str, counting: bool) -> str:
    groups: dict[str, list[int]] = defaultdict(list)
    for file in files:
        path = PurePosixPath(file["path"])
        groups[str(path.parent) if key == "folder" else path.suffix.lstrip(".") or "(none)"].append(int(file["bytes"]))
    rows = [(name, len(found), sum(found)) for name, found in groups.items()]
    return say.table([key, "files", "bytes"], sorted(rows, key=lambda row: (-row[1 if counting else 2], row[0])))
