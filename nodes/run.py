"""What a component needs from the run it works in: spending, the journal, the record. Interfaces only.

A component used alone gets `NoRun`: nothing is counted, journalled or recorded. Inside the graph the `Run` of a
thread is handed to every node; it is a live object, rebuilt from the store when a process takes the run up again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from surefoot.nodes.drive import Blocking, Brief
from surefoot.nodes.events import Event
from surefoot.nodes.reservations import Cost, Grant, Reservation
from surefoot.nodes.state import Action, BudgetStatus, Json, StepResult, Usage
from surefoot.tools.errors import SurefootError, ToolError

JournalStatus = Literal["PREPARED", "STARTED", "DONE", "FAILED", "UNKNOWN"]


class BudgetExceeded(SurefootError):
    """A model call would pass the token limit; it was not made."""


class Run(Protocol):
    """One run of the agent, as its nodes see it.

    `status`, `usage`, `share`, `seconds_left`, `trusted` and `now` answer from memory; every other method may block: call it through
    `drive.Blocking`, or `noting`.
    """

    run_id: str

    @property
    def holds_back(self) -> bool:
        """Whether what is told, settled and charged is only noted, to be written with what must be on the disk at once."""
        ...

    def reserve(self, cost: Cost, *, node: str, task_id: str, wrap_up: bool = False) -> Grant:
        """Set aside what a model call may cost; None = it would pass a limit, do not call; `wait` = not just now.

        `wrap_up`: the call makes the final summary and may use the share kept back for it.
        """
        ...

    def settle(self, reserved: Reservation, *, node: str, task_id: str, usage: Usage) -> None:
        """Give back a reservation and charge what was really used."""
        ...

    def abandon(self, reserved: Reservation) -> None:
        """Count a call that was cut off at what was set aside for it; answers from memory."""
        ...

    def charge_steps(self, action_ids: Sequence[str], *, task_id: str) -> int:
        """Count actions about to run, each id once; how many of them, from the front, the limit allows."""
        ...

    def status(self) -> BudgetStatus:
        """How the spending stands."""
        ...

    def usage(self) -> Usage:
        """What was spent so far."""
        ...

    def share(self, task_id: str) -> tuple[BudgetStatus, str]:
        """How a subtask stands against its share of the budget, and in a sentence; OK while it is the only one left."""
        ...

    def seconds_left(self) -> float | None:
        """Active seconds the run may still last; None = no limit."""
        ...

    asks_for_budget: bool
    """Whether a used-up limit is put before a person."""

    def limits(self) -> Mapping[str, float]:
        """The limits that hold, by name."""
        ...

    def more_limits(self) -> Mapping[str, float]:
        """Limits that are in the way, by name, each with as much again."""
        ...

    def raise_limits(self, limits: Mapping[str, float]) -> None:
        """Allow more, by name."""
        ...

    def explain(self) -> str:
        """Say how the spending stands against each limit, in a sentence."""
        ...

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        """Enter an action in the journal; how it stands, and its result when it is finished."""
        ...

    def start(self, action: Action, *, again: bool = False) -> bool:
        """Claim the action right before its effect; False = another writer has it.

        `again`: claim it although a process that ended has left it under way.
        """
        ...

    def resolve(self, action: Action, result: StepResult | None) -> None:
        """Take a person's word on an action of which nobody knows whether it happened: its result, or None = run it.

        It counts for what is unknown now: once begun again, the action is as unfinished as before.
        """
        ...

    def finish(self, action: Action, result: StepResult) -> None:
        """Record what came of the action."""
        ...

    def release(self, action: Action, *, again: bool = False) -> None:
        """Give back an action that stopped to ask a person: it stands as it did before it was claimed.

        `again`: as it was claimed.
        """
        ...

    def in_doubt(self) -> frozenset[str]:
        """Digests of the run's actions that were started and of which nobody knows whether they took effect."""
        ...

    def store_output(self, text: str) -> str:
        """Keep a large output whole; returns the name `read_output` reads it by."""
        ...

    def read_output(self, name: str, start: int, length: int) -> str:
        """A part of a kept output, by characters; raises ToolError for an unknown name."""
        ...

    def trusted(self) -> frozenset[str]:
        """Tools a person trusts for the whole run."""
        ...

    def trust(self, tool: str) -> None:
        """Ask no more about this tool in this run: whether nobody declared its effect, or text from outside came before."""
        ...

    def now(self) -> float:
        """Unix seconds by the clock on the wall, which goes on while a person is asked."""
        ...

    def record(self, event: Event) -> None:
        """Append an event to the run's log and tell whoever is watching; what was told before is passed over."""
        ...

    def events(self) -> list[dict[str, Json]]:
        """The run's log so far, oldest first."""
        ...


def noting(run: Run, function: Callable[..., Any], *args: Any) -> Blocking:
    """A call that tells, settles or charges something: one that blocks where the run writes it at once."""
    return (Brief if run.holds_back else Blocking)(function, args)


def tell(run: Run, event: Event) -> Blocking:
    """Append an event to the run's log."""
    return noting(run, run.record, event)


class NoRun:
    """The run of a component that is used alone: counts nothing, keeps nothing."""

    run_id = ""
    holds_back = True
    asks_for_budget = False

    def reserve(self, cost: Cost, *, node: str, task_id: str, wrap_up: bool = False) -> Grant:
        return Reservation(cost)

    def settle(self, reserved: Reservation, *, node: str, task_id: str, usage: Usage) -> None: ...

    def abandon(self, reserved: Reservation) -> None: ...

    def charge_steps(self, action_ids: Sequence[str], *, task_id: str) -> int:
        return len(action_ids)

    def status(self) -> BudgetStatus:
        return BudgetStatus.OK

    def usage(self) -> Usage:
        return Usage()

    def share(self, task_id: str) -> tuple[BudgetStatus, str]:
        return BudgetStatus.OK, ""

    def seconds_left(self) -> float | None:
        return None

    def limits(self) -> Mapping[str, float]:
        return {}

    def more_limits(self) -> Mapping[str, float]:
        return {}

    def raise_limits(self, limits: Mapping[str, float]) -> None: ...

    def explain(self) -> str:
        return "No limits hold."

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        return "PREPARED", None

    def start(self, action: Action, *, again: bool = False) -> bool:
        return True

    def resolve(self, action: Action, result: StepResult | None) -> None: ...

    def finish(self, action: Action, result: StepResult) -> None: ...

    def release(self, action: Action, *, again: bool = False) -> None: ...

    def in_doubt(self) -> frozenset[str]:
        return frozenset()

    def store_output(self, text: str) -> str:
        return ""

    def read_output(self, name: str, start: int, length: int) -> str:
        raise ToolError(f"No output named {name} is kept.")

    def trusted(self) -> frozenset[str]:
        return frozenset()

    def trust(self, tool: str) -> None: ...

    def now(self) -> float:
        return time.time()

    def record(self, event: Event) -> None: ...

    def events(self) -> list[dict[str, Json]]:
        return []
