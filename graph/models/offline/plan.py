"""Orders clauses by what they need from each other: a plan as a DAG, one subtask per clause."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline import data, unseen, write
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.scope import scope_of
from surefoot.graph.models.offline.split import split
from surefoot.graph.models.offline.words import bag
from surefoot.graph.models.offline.work import RULED, ruled, understood
from surefoot.graph.models.offline.world import World

_EFFECTS = bag("write move copy delete edit")


@dataclass(frozen=True, slots=True)
class _Touch:
    reads: frozenset[str]
    writes: frozenset[str]


def plan(world: World) -> dict[str, Any]:
    """Make a plan for a goal: {"subtasks": [...], "confidence": 0..1, or None where nothing is understood}."""
    clauses = clauses_of(world)
    if not any(ruled(clause, world) for clause in clauses) and unseen.asks(world.goal, world.tools, RULED):
        return {"subtasks": [_subtask(1, world.goal.strip(), [])], "confidence": 0.8}
    if not clauses:
        return {"subtasks": [_subtask(1, world.goal.strip(), [])], "confidence": None}
    needs = dependencies(clauses, world)
    subtasks = [
        {**_subtask(i + 1, _described(clauses, i, needs[i]), sorted(needs[i])), **_checked(clauses[i], world)}
        for i in range(len(clauses))
    ]
    sure = [understood(clause, _assumed(world, bool(need))) for clause, need in zip(clauses, needs, strict=True)]
    # Where nothing is understood nothing will be done: no use in asking a person about the plan.
    return {"subtasks": subtasks, "confidence": 0.9 if all(sure) else 0.4 if any(sure) else None}


def clauses_of(world: World) -> list[Clause]:
    """Split the goal; what is only forbidden is no clause, and so is never done."""
    verbs = {name.split("_")[0].lower() for name in world.tools}

    def apart(one: Clause, other: Clause) -> bool:
        tables = [data.table_for(clause, world)[0] for clause in (one, other)]
        return None not in tables and tables[0] != tables[1]

    clauses = split(world.goal, [*world.paths, *world.folders], verbs, apart)
    return [clause for clause in clauses if not clause.negated]


def dependencies(clauses: Sequence[Clause], world: World) -> list[set[int]]:
    """Find for each clause which others must be done first, by index."""
    needs: list[set[int]] = []
    for index in range(len(clauses)):
        needs.append(_referred(clauses, index))
    touched = [_touched(clause, world) for clause in clauses]
    for later in range(len(clauses)):
        for earlier in range(later):
            if _conflict(touched[earlier], touched[later]):
                first, second = _order(clauses, touched, earlier, later, needs)
                needs[second].add(first)
    for index, clause in enumerate(clauses):
        if clause.family == "delete":
            before = [i for i in range(index) if clauses[i].family in _EFFECTS - {"delete"}]
            needs[index] |= {i for i in before if index not in _all_needs(i, needs)}
    return needs


def _subtask(number: int, description: str, needs: Sequence[int]) -> dict[str, Any]:
    return {"task_id": f"t{number}", "description": description, "dependencies": [f"t{i + 1}" for i in needs]}


def _checked(clause: Clause, world: World) -> dict[str, Any]:
    """Say what code can test afterwards: the file that was to be written is there, with the text that was given."""
    target = write.target_of(clause).removeprefix("./")
    path = PurePosixPath(world.resolve(target) if write.appends(clause) else target)
    plain = not any(part.startswith(".") for part in path.parts) and not set(str(path)) & set("*?[]")
    if not write.fits_write(clause, world) or not plain or not {"list_files", "search_files"} <= world.tools.keys():
        return {}
    here = {"path": str(path.parent), "pattern": path.name, "recursive": False}
    checks = [{"tool": "list_files", "args": here, "expect": "exists"}]
    given = [] if clause.refers else [text for text in clause.values("quote", "code") if text != str(path)]
    for text in given[:3]:
        if text.strip() and "\n" not in text and len(text) <= 200:
            checks.append({"tool": "search_files", "args": {"text": text, "path": str(path)}, "expect": "exists"})
    return {"checks": checks}


def _assumed(world: World, has_results: bool) -> World:
    known = {"before": "result: 1"} if has_results else {}
    return World(world.goal, world.files, world.tools, known)


def _referred(clauses: Sequence[Clause], index: int) -> set[int]:
    clause = clauses[index]
    before = range(index)
    producing = [i for i in before if clauses[i].family not in _EFFECTS]
    refers = _refers(clause)
    if refers == "all":
        same = [i for i in producing if clauses[i].sentence == clause.sentence]
        loosely = not re.search(r"\b(?:both|results|everything|outcomes|answers|findings|summary)\b", clause.plain)
        chosen = same if same and loosely else producing
        return set(chosen or list(before)[-1:])
    if refers == "last" and index:
        return {producing[-1] if producing else index - 1}
    return set()


def _refers(clause: Clause) -> str:
    own = bool(clause.values("quote", "code"))
    writes = bool(write.target_of(clause)) and (
        clause.family == "write" or clause.verb == "put" or write.appends(clause)
    )
    if writes:
        return "" if own and not clause.refers else clause.refers or "all"
    if re.match(r"(?:add|multiply|divide|subtract)\s+(?:by\s+)?[\d.]+$", clause.masked, re.IGNORECASE):
        return "last"
    if clause.values("path", "url") and clause.family not in ("compute", ""):
        return ""
    return clause.refers


def _touched(clause: Clause, world: World) -> _Touch:
    scope = scope_of(clause, world)
    named = set(scope.files)
    if clause.family in ("list", "find") or scope.pattern != "*" or scope.folder != ".":
        named.add(
            ""
            if scope.folder == "." and scope.pattern == "*"
            else f"{scope.folder.removeprefix('.')}/{scope.pattern}".lstrip("/")
        )
    if clause.family == "write" or write.appends(clause):
        target = write.target_of(clause)
        return _Touch(
            frozenset(named - {world.resolve(target), target}), frozenset({target}) if target else frozenset()
        )
    if clause.family in ("delete", "edit"):
        return _Touch(frozenset(), frozenset(named))
    if clause.family == "move":
        return _Touch(frozenset(), frozenset(named))
    if clause.family == "copy":
        return _Touch(frozenset(list(scope.files)[:1]), frozenset(list(scope.files)[1:]))
    if not named:
        file, _ = data.table_for(clause, world)
        named = {file.path} if file else {""} if clause.family in ("show", "find") or clause.says("file") else set()
    return _Touch(frozenset(named), frozenset())


def _conflict(one: _Touch, other: _Touch) -> bool:
    return _overlap(one.writes, other.reads | other.writes) or _overlap(other.writes, one.reads)


def _overlap(some: frozenset[str], others: frozenset[str]) -> bool:
    return any(_same(a, b) or _same(b, a) for a in some for b in others)


def _same(pattern: str, path: str) -> bool:
    """Whether a path is meant by a pattern; the empty one means everything."""
    if not pattern or pattern == path or fnmatch(path, pattern):
        return True
    bare = "/" not in pattern or "/" not in path
    return path.startswith(pattern.rstrip("*") + "/") or (
        bare and PurePosixPath(path).name == PurePosixPath(pattern).name
    )


def _order(
    clauses: Sequence[Clause], touched: Sequence[_Touch], earlier: int, later: int, needs: list[set[int]]
) -> tuple[int, int]:
    """Put two clauses that touch the same file in order: as written, but a file is read before it is deleted."""
    explicit = "" not in touched[later].reads
    if (
        clauses[earlier].family == "delete"
        and not touched[later].writes
        and explicit
        and earlier not in _all_needs(later, needs)
    ):
        return later, earlier
    return earlier, later


def _all_needs(index: int, needs: Sequence[set[int]]) -> set[int]:
    found: set[int] = set()
    waiting = list(needs[index]) if index < len(needs) else []
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += needs[step]
    return found


def _described(clauses: Sequence[Clause], index: int, needs: set[int]) -> str:
    """Write a clause out: a file that `it` stands for is named."""
    clause = clauses[index]
    text = clause.text[:1].upper() + clause.text[1:]
    if clause.refers and not clause.paths and not clause.values("url", "suffix"):
        for i in sorted(needs, reverse=True):
            named = clauses[i].paths
            if len(named) == 1 and clause.family in ("delete", "move", "copy", "read", "edit", "compare"):
                return f"{text} ({named[0]})"
    return text
