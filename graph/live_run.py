"""One run in this process: its spending, journal and record, on the store."""

import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from langgraph.config import get_stream_writer

from surefoot.graph.store import Past, Store
from surefoot.graph.traces import Traces
from surefoot.nodes import events
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.reservations import Cost, Grant, Reservation
from surefoot.nodes.run import JournalStatus
from surefoot.nodes.shares import Shares
from surefoot.nodes.state import Action, BudgetStatus, Json, StepResult, Usage
from surefoot.tools.errors import StoreError, ToolError

RETOLD_TURNS = 16
"""Turns of a subtask that may be told again after a crash: the one it cut off, and what a checkpointer saves late."""


class LiveRun:
    """One run in this process; implements `surefoot.nodes.run.Run` on the store."""

    def __init__(
        self,
        thread_id: str,
        run_id: str,
        store: Store,
        budget: BudgetManager,
        past: Past,
        trusted: Sequence[str],
        traces: Traces | None = None,
        *,
        elsewhere: bool = False,
        asks_for_budget: bool = False,
        share: float = 1.0,
        warning_fraction: float = 0.2,
        model: str | None = None,
    ) -> None:
        """`model`: the name of a model the run has chosen for itself; None = the agent's own."""
        self.model = model
        self.asks_for_budget = asks_for_budget
        self.thread_id = thread_id
        self.run_id = run_id
        self.budget = budget
        self._store = store
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._booked_seconds = budget.usage().seconds
        self._charged = past["charged"]
        self._entered = past["entered"]
        self._trusted = set(trusted)
        self.shares = Shares(share, past["spent_by_subtask"], warning_fraction)
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._told: set[str] | None = None
        self._told_from: dict[str, tuple[int, int]] = {}
        self._budget_told = budget.status().value
        self._traces = traces

    @property
    def holds_back(self) -> bool:
        """Whether what is told, settled and charged is only noted; the first time the log is read before."""
        return self._told is not None and self._store.gathers(self.run_id)

    def reserve(self, cost: Cost, *, node: str, task_id: str, wrap_up: bool = False) -> Grant:
        granted = self.budget.reserve(cost, wrap_up=wrap_up)
        if isinstance(granted, Reservation):
            self._store.reserve(
                self.run_id, granted.number, node=node, task_id=task_id, tokens=cost.tokens, usd=cost.usd
            )
            self._store.catch_up(self.run_id)
        return granted

    def settle(self, reserved: Reservation, *, node: str, task_id: str, usage: Usage) -> None:
        self.budget.settle(reserved, usage)
        self.shares.charge(task_id, tokens=usage.tokens, usd=usage.usd or 0)
        spent = {"tokens": usage.tokens, "usd": usage.usd, "estimated": usage.estimated}
        with self._lock:
            self._book(node, task_id, reservation=reserved.number, **spent)

    def abandon(self, reserved: Reservation) -> None:
        self.budget.abandon(reserved)  # in the store it stays set aside, which counts as spent

    def charge_steps(self, action_ids: Sequence[str], *, task_id: str) -> int:
        with self._lock:
            known = [i in self._charged for i in action_ids]
            left = self.budget.remaining()["steps"]
            granted = len(action_ids)
            while left is not None and granted and granted - sum(known[:granted]) > left:
                granted -= 1
            new = [i for i in action_ids[:granted] if i not in self._charged]
            self._charged.update(new)
            self.budget.charge(steps=len(new))
            self.shares.charge(task_id, steps=len(new))
            if new:
                self._book("act", task_id, steps=len(new), actions=new)
        return granted

    def status(self) -> BudgetStatus:
        return self.budget.status()

    def usage(self) -> Usage:
        return self.budget.usage()

    def share(self, task_id: str) -> tuple[BudgetStatus, str]:
        return self.shares.stands(task_id, self.budget.remaining())

    def seconds_left(self) -> float | None:
        return self.budget.remaining()["seconds"]

    def limits(self) -> dict[str, float]:
        return {name: limit for name, limit in self.budget.limits.items() if limit is not None}

    def more_limits(self) -> dict[str, float]:
        return {name: 2 * limit for name, limit in self.limits().items() if name in self.budget.in_the_way()}

    def raise_limits(self, limits: Mapping[str, float]) -> None:
        self.budget.raise_limits(**limits)
        self.save_settings()

    def explain(self) -> str:
        return self.budget.explain()

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        dumped, known = action.model_dump(mode="json"), action.action_id in self._entered
        self._entered.add(action.action_id)
        if effect == "read_only" and not known:  # no harm where another process runs it, too: its start decides
            self._store.enter(self.run_id, dumped, effect)
            return "PREPARED", None
        status, result = self._store.prepare(self.run_id, dumped, effect)
        return status, StepResult.model_validate(result) if result else None

    def start(self, action: Action, *, again: bool = False) -> bool:
        if not self._store.start(self.run_id, action.action_id, self._owner, again=again):
            return False
        try:
            self._store.catch_up(self.run_id)
        except StoreError:  # the file of events cannot be written: nothing has run yet
            self.release(action, again=again)
            raise
        return True

    def resolve(self, action: Action, result: StepResult | None) -> None:
        self._store.resolve(self.run_id, action.action_id, result.model_dump(mode="json") if result else None)

    def finish(self, action: Action, result: StepResult) -> None:
        dump = result.model_dump(mode="json", exclude_defaults=True)
        self._store.finish(self.run_id, action.action_id, self._owner, result.success, dump)

    def release(self, action: Action, *, again: bool = False) -> None:
        self._store.release(self.run_id, action.action_id, self._owner, again=again)

    def in_doubt(self) -> frozenset[str]:
        return frozenset(entry["digest"] for entry in self._store.unfinished(self.run_id))

    def store_output(self, text: str) -> str:
        return self._store.put(text, run_id=self.run_id)

    def read_output(self, name: str, start: int, length: int) -> str:
        try:
            return self._store.get(name, start, length)[0]
        except StoreError as error:
            raise ToolError(str(error)) from error

    def trusted(self) -> frozenset[str]:
        return frozenset(self._trusted)

    def trust(self, tool: str) -> None:
        self._trusted.add(tool)
        self.save_settings()

    def now(self) -> float:
        return time.time()

    def record(self, event: events.Event) -> None:
        with self._telling:
            if not self._is_new(event):
                return
            status = self.budget.status().value
            if status != self._budget_told and event["type"] != "begun":
                self._budget_told = status
                told = events.BudgetTold(
                    type="budget", status=status, text=self.budget.explain(), limits=self.budget.limits
                )
                self._tell(told)
            self._tell(event)

    def _is_new(self, event: events.Event) -> bool:
        if self._told is None:  # a node that a crash cut off begins again, and so does one that asked
            self._store.catch_up(self.run_id)
            known = self._store.latest_events(self.run_id, RETOLD_TURNS)
            self._told, self._told_from = _names(known), _first(known)
        if event["type"] == "thought" and _when(event) < self._told_from.get(event["task_id"], (0, 0)):
            # Nothing of the subtask was saved since, as where a caller has it saved at the exit alone.
            self._told |= _names(self._store.events(self.run_id))
            self._told_from = {}
        name = events.identity(event)
        new = name not in self._told
        if name:
            self._told.add(name)
        return new

    def _tell(self, event: events.Event) -> None:
        if event["type"] in events.SPENDING:
            event = cast(events.Event, {**event, "spent": self._spent()})
        # What a person is to see cannot wait for the next write of others, and is in the file before it is saved as asked.
        write = self._store.append if event["type"] in ("waits", "question") else self._store.note
        write(self.run_id, event)
        if self._traces:
            self._traces.tell(event)
        try:
            get_stream_writer()(event)
        except RuntimeError:
            return  # used outside a graph: nobody is watching

    def _spent(self) -> events.Spent:
        usage = self.budget.usage()
        return {"steps": usage.steps, "tokens": usage.tokens, "seconds": round(usage.seconds, 3), "usd": usage.usd}

    def end_trace(self, error: BaseException | None = None) -> None:
        """The run has ended, asks, or was cut off by an error."""
        if self._traces:
            with self._telling:
                self._traces.end(error)

    def events(self) -> list[dict[str, Json]]:
        return self._store.events(self.run_id)

    def settings(self) -> dict[str, Json]:
        """Limits and trust as a later process needs them, and whether the states are kept elsewhere."""
        settings: dict[str, Json] = {"limits": self.budget.limits, "trusted": sorted(self._trusted)}
        if self._elsewhere:
            settings["elsewhere"] = True
        if self.model:
            settings["model"] = self.model
        return settings

    def save_settings(self, status: str | None = None, *, asked: Sequence[str] = ()) -> None:
        """Keep the settings, and the ids of its questions where the run waits before they are saved."""
        settings = {**self.settings(), **({"asked": list(asked)} if asked else {})}
        self._store.upsert_run(self.thread_id, self.run_id, settings=settings, status=status)

    def book_time(self) -> None:
        """Write down the active time not yet written down."""
        with self._lock:
            self._book("", "")

    def _book(self, node: str, task_id: str, **spent: Any) -> None:
        """Write a charge to the store, with the active time since the last one; the caller holds the lock."""
        seconds = self.budget.usage().seconds
        self._store.charge(
            self.run_id, node=node, task_id=task_id, seconds=max(0.0, seconds - self._booked_seconds), **spent
        )
        self._booked_seconds = seconds


def _names(told: Iterable[Mapping[str, Any]]) -> set[str]:
    return {name for event in told if (name := events.identity(event))}


def _when(thought: Mapping[str, Any]) -> tuple[int, int]:
    return thought["attempt"], thought["turn"]


def _first(told: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """By subtask: its oldest thought among some events."""
    first: dict[str, tuple[int, int]] = {}
    for event in told:
        if event["type"] == "thought":
            first.setdefault(event["task_id"], _when(event))
    return first
