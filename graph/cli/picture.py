"""Follows the events of a run and keeps what a live display shows: the plan, what is under way, the spending."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surefoot.graph.cli.lines import asked, call, one_line

__all__ = ["Picture", "Row"]

LONG = 400
"""Characters of a thought or a call that are kept; the display cuts them to its width."""


@dataclass(slots=True)
class Row:
    """One subtask as it stands."""

    task_id: str
    description: str = ""
    dependencies: list[str] = field(default_factory=list)
    status: str = "pending"
    """pending, running, waiting, completed, stopped, failed."""
    said: str = ""
    """What the model said last, as far as it is written."""
    doing: str = ""
    """The calls that are under way."""
    began: float | None = None
    """By the clock of whoever watches, in seconds."""
    took: float | None = None
    attempts: int = 0
    depth: int = 0


class Picture:
    """A run as its events so far show it; all texts are made visible and safe for a terminal."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.goal = ""
        self.limits: dict[str, float | None] = {}
        self.spent: dict[str, Any] = {}
        self.doing = "planning"
        """What the run does where no subtask is under way; empty = nothing."""
        self._under_way: dict[str, str] = {}

    @property
    def keeps_waiting(self) -> bool:
        """Whether a subtask waits for a person while others are under way."""
        return {"waiting", "running"} <= {row.status for row in self.rows.values()}

    def tell(self, event: Mapping[str, Any], now: float) -> None:
        """Take in an event at a moment; an unknown one changes nothing."""
        self.limits = event.get("limits", self.limits)
        self.spent = event.get("spent", self.spent)
        if change := getattr(self, f"_{event['type']}", None):
            change(event, now)

    def skip(self, seconds: float) -> None:
        """Do not count a time in which the run stood still."""
        for row in self.rows.values():
            row.began = None if row.began is None else row.began + seconds

    def hear(self, task_id: str, text: str) -> None:
        """Take in what the model has written of its reply so far; the text of no subtask is the run's."""
        if task_id in self.rows:
            self.rows[task_id].said = one_line(text[-LONG:], LONG)

    def _started(self, event: Mapping[str, Any], now: float) -> None:
        self.goal = one_line(event["goal"], LONG)

    _begun = _started

    def _plan(self, event: Mapping[str, Any], now: float) -> None:
        if event.get("refused"):
            return
        old, self.rows, self.doing = self.rows, {}, ""
        for task in event["plan"]:
            row = old.get(task["task_id"]) or Row(task["task_id"])
            row.description = one_line(task["description"], LONG)
            row.dependencies = list(task.get("dependencies") or [])
            if row.status not in ("running", "completed"):
                row.status = "completed" if task.get("status") == "completed" else "pending"
            row.depth = 1 + max((self.rows[d].depth for d in row.dependencies if d in self.rows), default=-1)
            self.rows[row.task_id] = row

    _revision = _edited = _plan

    def _subtask(self, event: Mapping[str, Any], now: float) -> None:
        row = self.rows.setdefault(event["task_id"], Row(event["task_id"]))
        if event["status"] == "in_progress":
            row.status, row.began, row.took, row.said = "running", now, None, ""
            row.attempts += 1
            return
        ends = {"completed": "completed", "budget": "stopped", "aborted": "stopped"}
        row.status, row.doing = ends.get(event["status"], "failed"), ""
        row.said = one_line(event.get("result") or "", LONG)
        row.took = None if row.began is None else now - row.began
        if row.status == "failed":
            self.doing = "looking for another way"

    def _thought(self, event: Mapping[str, Any], now: float) -> None:
        if row := self._running(event, now):
            row.said = one_line(event.get("text") or row.said, LONG)

    def _action(self, event: Mapping[str, Any], now: float) -> None:
        for action in event["actions"]:
            self._under_way[action["action_id"]] = call(action["tool"], action.get("args", {}), LONG)
        self._doing(event, now, {action["action_id"] for action in event["actions"]})

    def _observation(self, event: Mapping[str, Any], now: float) -> None:
        self._under_way.pop(event["action"].get("action_id", ""), None)
        if row := self._running(event, now):
            row.doing = ""

    def _doing(self, event: Mapping[str, Any], now: float, ids: set[str]) -> None:
        if row := self._running(event, now):
            row.doing = ", ".join(said for name, said in self._under_way.items() if name in ids)

    def _waits(self, event: Mapping[str, Any], now: float) -> None:
        if row := self.rows.get(event["task_id"]):
            row.status, row.doing = "waiting", asked(event["value"], LONG)
            row.took = None if row.began is None else now - row.began

    def _knock(self, event: Mapping[str, Any], now: float) -> None:
        self.doing = "stopping the others to ask you"

    def _resumed(self, event: Mapping[str, Any], now: float) -> None:
        self.doing = ""

    def _decision(self, event: Mapping[str, Any], now: float) -> None:
        self._running(event, now)

    def _finished(self, event: Mapping[str, Any], now: float) -> None:
        self.doing = ""

    def _running(self, event: Mapping[str, Any], now: float) -> Row | None:
        """The row of an event that only a subtask under way has, also where the display came late."""
        row = self.rows.get(event.get("task_id", ""))
        if row and row.status in ("pending", "waiting", "running"):
            if row.status == "waiting":  # what the person took is not the subtask's time
                row.began, row.doing = now - (row.took or 0), ""
            row.status = "running"
            row.began = now if row.began is None else row.began
        return row
