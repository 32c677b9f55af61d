"""What was done about trouble, rung by rung, and what each rung brought; read from the log of a run.

nudge   the worker is told in its next prompt what was noticed
model   the stronger model takes the attempt over
replan  another plan is made
human   a person decides, because replans pile up, a plan comes again, or nothing on the log gives hope
stop    the run ends with a summary of what there is
"""

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
    """Spent in thinking from each use on, until the next rung or the end; twice where a process died over it."""


def climbed(events: Iterable[Mapping[str, Any]]) -> list[RungUse]:
    """Sum up the rungs that were used, lowest first."""
    uses = {rung: RungUse(rung=rung) for rung in RUNGS}
    here: dict[str, RungUse] = {}
    """The rung each subtask is on; "" = the run."""
    for event in events:
        kind, task = event["type"], str(event.get("task_id") or "")
        if kind == "thought":
            for place in {task, ""} & here.keys():
                here[place].tokens += event.get("tokens", 0)
        elif kind == "subtask" and event["status"] != "in_progress":
            left = here.pop(task, None)
            if left and event["status"] == "completed":
                left.helped += 1
        elif kind == "finished":
            if "" in here:
                here.pop("").helped += event["status"] == "done"
            uses["stop"].uses += event["status"] in ("stopped", "failed")
        elif rung := _rung(event):
            place = "" if rung in ("replan", "human") else task
            here[place] = uses[rung]
            uses[rung].uses += 1
    return [use for use in uses.values() if use.uses]


def _rung(event: Mapping[str, Any]) -> Rung | None:
    """The rung an event is the use of."""
    if event["type"] == "revision":
        return None if event.get("refused") else "replan"
    if event["type"] == "decision" and event["reason"] in _HOPELESS:
        return "human"
    return event.get("rung") if event["type"] == "verdict" else None
