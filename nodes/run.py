"""What a component needs from the run it works in: spending, the journal, the record. Interfaces only.

A component used alone gets `NoRun`: nothing is counted, journalled or recorded. Inside the graph the `Run` of a
thread is handed to every node; it is a live object, rebuilt from the store when a process takes the run up again.
"""

from typing import Any, Literal, Protocol

from surefoot.nodes.state import Action, BudgetStatus, Json, StepResult, Usage
from surefoot.tools.errors import SurefootError

JournalStatus = Literal["PREPARED", "STARTED", "DONE", "FAILED", "UNKNOWN"]


class BudgetExceeded(SurefootError):
    """A model call would pass the token limit; it was not made."""


class Run(Protocol):
    """One run of the agent, as its nodes see it. Every method may block: call it through `drive.Blocking`."""

    run_id: str

    def reserve(self, tokens: int) -> bool:
        """Set tokens aside for a model call; False = they would pass the limit, do not call."""
        ...

    def settle(self, reserved: int, *, node: str, task_id: str, usage: Usage) -> None:
        """Give back a reservation and charge what was really used."""
        ...

    def charge_steps(self, count: int, *, task_id: str) -> None:
        """Count actions or turns taken."""
        ...

    def status(self) -> BudgetStatus:
        """How the spending stands."""
        ...

    def usage(self) -> Usage:
        """What was spent so far."""
        ...

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        """Enter an action in the journal; how it stands, and its result when it is finished."""
        ...

    def start(self, action: Action) -> bool:
        """Claim the action right before its effect; False = another writer has it."""
        ...

    def finish(self, action: Action, result: StepResult) -> None:
        """Record what came of the action."""
        ...

    def store_output(self, text: str) -> str:
        """Keep a large output whole; returns the name `read_output` reads it by."""
        ...

    def record(self, event: dict[str, Json]) -> None:
        """Append an event to the run's log and to whoever is watching."""
        ...


class NoRun:
    """The run of a component that is used alone: counts nothing, keeps nothing."""

    run_id = ""

    def reserve(self, tokens: int) -> bool:
        return True

    def settle(self, reserved: int, *, node: str, task_id: str, usage: Usage) -> None: ...

    def charge_steps(self, count: int, *, task_id: str) -> None: ...

    def status(self) -> BudgetStatus:
        return BudgetStatus.OK

    def usage(self) -> Usage:
        return Usage()

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        return "PREPARED", None

    def start(self, action: Action) -> bool:
        return True

    def finish(self, action: Action, result: StepResult) -> None: ...

    def store_output(self, text: str) -> str:
        return ""

    def record(self, event: dict[str, Any]) -> None: ...
