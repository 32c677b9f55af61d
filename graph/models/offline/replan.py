"""Proposes another way for what failed: another tool, or the file that was probably meant; never one that failed before."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.graph.models.offline import unseen
from surefoot.graph.models.offline.clauses import read_clause
from surefoot.graph.models.offline.words import bag
from surefoot.graph.models.offline.work import RULED
from surefoot.graph.models.offline.world import World
from surefoot.nodes.quest.checks import UNSETTLED

_OTHER_TOOLS = {"query_data": ("read_file",), "search_files": ("list_files",)}
_CHANGING = bag("delete_file move_file edit_file write_file")


def replan(plan: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]], world: World) -> dict[str, Any]:
    """Make the next plan, of what is still to be done: each failed subtask gets another way or is given up.

    Returns {"subtasks": [...], "confidence": 0..1, "gives_up": why something is left out}.
    """
    taken = [int(found[1]) for task in plan if (found := re.fullmatch(r"\D*(\d+).*", str(task["task_id"])))]
    counter = max(taken, default=0)
    renamed: dict[str, str | None] = {}
    replaced: dict[str, str] = {}
    hopeless = False
    for task in plan:
        if task.get("status") != "failed":
            continue
        other = _another(task, [entry for entry in failed if entry.get("task_id") == task["task_id"]], failed, world)
        counter += 1
        renamed[str(task["task_id"])] = f"t{counter}" if other else None
        replaced[str(task["task_id"])] = other or ""
        hopeless = hopeless or not other
    lost = [str(task["description"]) for task in plan if renamed.get(str(task["task_id"]), "") is None]
    reasons = {str(entry.get("task_id")): str(entry.get("reason") or "") for entry in failed}
    why = " ".join(reasons.get(name, "") for name, new in renamed.items() if new is None).strip()
    return {
        "subtasks": _remaining(plan, renamed, replaced),
        "confidence": 0.3 if hopeless else 0.75,
        "gives_up": f"{'; '.join(lost)}: the rules know no other way. {why}".strip() if lost else "",
    }


def _remaining(
    plan: Sequence[Mapping[str, Any]], renamed: Mapping[str, str | None], replaced: Mapping[str, str]
) -> list[dict[str, Any]]:
    gone = {name for name, new in renamed.items() if new is None}
    subtasks = []
    for task in plan:
        name = str(task["task_id"])
        if name in gone or task.get("status") == "completed":
            continue
        needs = [str(need) for need in task.get("dependencies", [])]
        kept = [renamed.get(need) or need for need in needs if need not in gone]
        if len(kept) < len(needs) and (
            not kept
            or not re.match(r"(?:write|save|store|report|export|put)\b", str(task["description"]), re.IGNORECASE)
        ):
            gone.add(name)
            continue
        description = replaced.get(name) or str(task["description"])
        entry = {"task_id": renamed.get(name) or name, "description": description, "dependencies": kept}
        entry |= {field: task[field] for field in ("acceptance", "checks") if task.get(field)}
        subtasks.append(entry)
    return subtasks


def _another(
    task: Mapping[str, Any], own: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]], world: World
) -> str | None:
    """Describe another way to do a failed subtask; None = the rules know none."""
    description = str(task["description"])
    bare = re.sub(r" using \w+$", "", description)
    tried = {str(entry.get("description")) for entry in failed} | {description}
    approaches = [approach for entry in own for approach in entry.get("approaches", [])]
    used = {str(approach.get("tool")) for approach in approaches}
    # A file that is not there explains more than a tool that could not read it.
    ways = [] if used & _CHANGING else _renamed_files(bare, world)
    for tool in sorted(used):
        ways += [
            f"{bare} using {other}"
            for other in _OTHER_TOOLS.get(tool, ())
            if other in world.tools and other not in used
        ]
    blamed = [str(blame["tool"]) for entry in own for blame in entry.get("blames", [])]
    differ = any(UNSETTLED in str(entry.get("reason") or "") for entry in own)
    if blamed and not differ and unseen.asks(description, world.tools, RULED):
        ways.append(unseen.without(description, blamed))
    return next((way for way in ways if way not in tried), None)


def _renamed_files(description: str, world: World) -> list[str]:
    clause = read_clause(description, [*world.paths, *world.folders])
    if clause.family in ("delete", "move", "edit"):
        return []
    found = []
    for path in clause.paths:
        near = world.closest(path)
        if near and not world.exists(world.resolve(path)) and near != path:
            found.append(description.replace(path, near))
    return found
