"""What was done about trouble, rung by rung, and what each rung brought; read from the log of a run.

nudge   the worker is told in its next prompt what was noticed
model   the stronger model takes the attempt over
replan  another plan is made
human   a person decides, because replans pile up, a plan comes again, or nothing on the log gives hope
stop    the run ends with a summary of what there is
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

from surefoot.nodes.records import Record

__all__ = ["RUNGS", "Rung", "RungUse", "climbed"]

Rung = Literal["nudge", "model", "replan", "human", "stop"]
RUNGS: tuple[Rung, ...] = get_args(Rung)

_HOPELESS = frozenset({"escalation", "replans", "repeats"})
"""Why a person is asked about a plan when it is trouble that asks."""


class RungUse(Record):
    """How often a rung was used, what that cost, and how often it helped."""

    rung: Rung
    uses: int = 0
    helped: int = 0
    """So often the subtask, or from `replan` on the run, came to its end without a higher rung."""
    tokens: int = 0
    """Spent on it: the judgement that led to it, the new plan it made (those that were sent back, too), and all that was
    thought and judged from each use on, until the next rung or the end; twice where a process died over it."""


def climbed(events: Iterable[Mapping[str, Any]]) -> list[RungUse]:
    """Sum up the rungs that were used, lowest first."""
    climb = _Climb()
    for event in events:
        climb.follow(event)
    return [use for use in climb.uses.values() if use.uses]


class _Climb:
    """Who stands on which rung, event by event."""

    def __init__(self) -> None:
        self.uses = {rung: RungUse(rung=rung) for rung in RUNGS}
        self._here: dict[str, RungUse] = {}
        """The rung each subtask is on; "" = the run."""
        self._led = Counter[str]()
        """Tokens of what leads a subtask or the run to its next rung."""

    def follow(self, event: Mapping[str, Any]) -> None:
        kind, task = event["type"], str(event.get("task_id") or "")
        if kind in ("thought", "judgement"):
            self._pay(event, task)
        elif kind == "subtask" and event["status"] != "in_progress":
            left = self._here.pop(task, None)
            if left and event["status"] == "completed":
                left.helped += 1
        elif kind == "finished":
            if left := self._here.pop("", None):
                left.helped += event["status"] == "done"
            self.uses["stop"].uses += event["status"] in ("stopped", "failed")
        else:
            self._climb(event, task)

    def _pay(self, event: Mapping[str, Any], task: str) -> None:
        if event["type"] == "judgement" and event["drift"]:
            self._led[task] += event["tokens"]
            return
        for place in {task, ""} & self._here.keys():
            self._here[place].tokens += event.get("tokens", 0)

    def _climb(self, event: Mapping[str, Any], task: str) -> None:
        if event["type"] in ("revision", "no_revision"):
            self._led[""] += event.get("tokens", 0)
        if rung := _rung(event):
            place = "" if rung in ("replan", "human") else task
            use = self._here[place] = self.uses[rung]
            use.uses += 1
            use.tokens += self._led.pop(place, 0)
        elif event["type"] == "verdict":
            self._led[""] += self._led.pop(task, 0)


def _rung(event: Mapping[str, Any]) -> Rung | None:
    """The rung an event is the use of."""
    if event["type"] == "revision":
        return None if event.get("refused") else "replan"
    if event["type"] == "no_revision":
        return "replan"
    if event["type"] == "decision" and event["reason"] in _HOPELESS:
        return "human"
    return event.get("rung") if event["type"] == "verdict" else None
