"""Reads a run's log as if no process had died: what a dead one had written and the next wrote again is told once.

A node that was cut off before its state was saved runs again, and so writes its events again. What it spent was spent
twice, and counts twice, as in the budget; what it did or decided counts once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["once"]

Event = Mapping[str, Any]

_RUN_LEVEL = frozenset({"plan", "finished"})
_OUTSIDE = frozenset({"started", "resumed", "error", "limits", *_RUN_LEVEL})
"""Events that no node of the loop writes: between two tellings of the same thing there may be some."""


def once(events: Iterable[Event]) -> list[Event]:
    """Keep of each thing that was told more than once the last telling, in the place of the first."""
    kept: dict[Any, Event] = {}
    inside = 0
    for number, event in enumerate(events):
        inside += event["type"] not in _OUTSIDE
        kept[_identity(event, inside) or number] = event
    return list(kept.values())


def _identity(event: Event, inside: int) -> tuple[Any, ...] | None:
    """What makes two events one; None = every one is its own."""
    kind = event["type"]
    if kind == "observation" and (action_id := event["action"].get("action_id")):
        return kind, action_id
    if kind == "verdict" and event.get("turn"):
        return kind, event["task_id"], event.get("attempt"), event["turn"]
    if kind == "revision" and event.get("number"):
        return kind, event["number"]
    if kind == "decision" and event.get("digest"):
        return kind, event["digest"], event["task_id"], event["asked_at"]
    return (kind, inside) if kind in _RUN_LEVEL else None
