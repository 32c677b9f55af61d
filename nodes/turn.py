"""Turns a reply of a worker's model into the next state: calls to run, a report, or a note on what was unreadable."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from surefoot.nodes import prompts
from surefoot.nodes.attempt import end
from surefoot.nodes.reply import Reply
from surefoot.nodes.state import Action, Json, ReactState, ReactStep, digest
from surefoot.tools.clean import Unstorable, clean, clean_text

__all__ = ["LONGEST_NAME", "UNREADABLE_TURNS", "action_name", "taken"]

LONGEST_NAME = 200
UNREADABLE_TURNS = 3
"""So many replies in a row that are neither a call nor a text end the subtask: the model cannot do it."""

SplitConfidence = Callable[[str, Mapping[str, Json]], tuple[dict[str, Json], float | None]]


def taken(reply: Reply, state: ReactState, turn: int, split_confidence: SplitConfidence) -> ReactState:
    """Take a reply over; a text without a call is the report."""
    reply = _plain(reply)
    given_up = next((c for c in reply.calls if c["name"] == "give_up"), None)
    if given_up:
        return end("gave_up", str(given_up["args"].get("reason") or "The model gave no reason."), turn=turn)
    if reply.calls:
        queue = [_action(state, turn, n, call, reply.text, split_confidence) for n, call in enumerate(reply.calls)]
        return {"turn": turn, "queue": queue}
    said_before = any(step.get("thought") for step in state.get("log", [])[-1:] if _is_unreadable(step))
    if reply.text and (not reply.problem or said_before):
        return {"turn": turn, "queue": [], "report": reply.text}
    note = prompts.unreadable(problem=reply.problem or "it was empty.")
    step = ReactStep(thought=reply.text, note=note, turn=turn)
    update: ReactState = {"turn": turn, "queue": [], "log": [step.model_dump(mode="json", exclude_defaults=True)]}
    recent = [*state.get("log", []), *update["log"]][-UNREADABLE_TURNS:]
    if len(recent) == UNREADABLE_TURNS and all(map(_is_unreadable, recent)):
        update |= end("model_error", f"{UNREADABLE_TURNS} replies in a row could not be used: {reply.problem}")
    return update


def action_name(state: ReactState, what: str, digest: str) -> str:
    """Name an action in the journal: the same in every replay, another in every attempt."""
    subtask = state["subtask"]
    return f"{_cut(subtask['task_id'])}.{subtask.get('attempts', 0)}.{what}-{digest[:8]}"


def _is_unreadable(step: Mapping[str, Json]) -> bool:
    return not step.get("action") and not step.get("unmet")


def _plain(reply: Reply) -> Reply:
    """What the model wrote as data any checkpointer takes; arguments that are none make the reply unreadable."""
    text = clean_text(reply.text)
    try:
        return replace(reply, text=text, calls=clean(reply.calls))
    except Unstorable as error:
        return replace(reply, text=text, calls=[], problem=f"The arguments of a call are no plain data: {error}")


def _action(
    state: ReactState, turn: int, n: int, call: dict[str, Any], thought: str, split_confidence: SplitConfidence
) -> dict[str, Json]:
    args, confidence = split_confidence(call["name"], call["args"])
    said = thought if n == 0 else ""
    action = Action(tool=call["name"], args=args, confidence=confidence, call_id=call["id"], thought=said)
    action.action_id = action_name(state, f"{turn}.{n}", action.digest)
    return action.model_dump(mode="json", exclude_defaults=True)


def _cut(task_id: str) -> str:
    """A name that fits into the key of a database, whatever a model calls a subtask."""
    return task_id if len(task_id) <= LONGEST_NAME else f"{task_id[:LONGEST_NAME]}~{digest(task_id)}"
