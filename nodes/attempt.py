"""One attempt at a subtask as a state: how it begins, what is added to it, how it ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.nodes.fold import Fold
from surefoot.nodes.state import SCHEMA_VERSION, EndReason, Json, ReactState, ReactStep, SubTask

_read = Fold[dict[str, Json], list[ReactStep]](
    list, lambda read, _, entry: read.append(ReactStep.model_validate(entry))
)


def steps_of(state: ReactState) -> list[ReactStep]:
    """The log as records; not to be changed, since they are the same ones each time."""
    return list(_read(state.get("log", [])))


def start_state(
    subtask: SubTask,
    *,
    goal: str,
    known: Mapping[str, str],
    workspace: str = "",
    found: Mapping[str, list[dict[str, Json]]] | None = None,
    run_id: str = "",
    avoid: Sequence[dict[str, Json]] = (),
    taint: Mapping[str, list[str]] | None = None,
    plan_taint: Sequence[str] = (),
    private: bool = False,
) -> ReactState:
    """State of a fresh attempt at a subtask."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "goal": goal,
        "subtask": subtask.model_dump(mode="json"),
        "known": dict(known),
        "taint": dict(taint or {}),
        "plan_taint": list(plan_taint),
        "private": private,
        "workspace": workspace,
        "found": dict(found or {}),
        "avoid": list(avoid),
        "log": [],
        "queue": [],
        "turn": 0,
        "outcome": None,
    }


def entry(state: ReactState, action: Mapping[str, Json], result: dict[str, Json]) -> dict[str, Json]:
    """Write the log entry of an action and what came of it."""
    fields = {k: v for k, v in action.items() if k != "thought"}
    written: dict[str, Json] = {"turn": state.get("turn", 0), "action": fields, "observation": result}
    if action.get("thought"):
        written["thought"] = action["thought"]
    if action.get("confidence") is not None:
        written["confidence"] = action["confidence"]
    return written


def end(ended: EndReason, reason: str, **more: Any) -> ReactState:
    """End the attempt: how, and why in a sentence."""
    return {**more, "outcome": {"ended": ended, "reason": reason}}  # type: ignore[typeddict-item]


def merge(state: ReactState, update: ReactState) -> None:
    """Take an update over, as LangGraph does where the loop runs in a graph."""
    log = [*state.get("log", []), *update.get("log", [])]
    state.update(update)
    state["log"] = log
