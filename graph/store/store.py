"""Says what a store keeps for a run, whatever database is behind it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self, TypedDict, runtime_checkable

from langgraph.checkpoint.base import BaseCheckpointSaver

from surefoot.graph.store.event_files import EventFiles
from surefoot.nodes.run import JournalStatus
from surefoot.nodes.state import Json
from surefoot.tools.redact import Redactor


class Spent(TypedDict):
    """What a run has spent; the fields of `Usage`."""

    steps: int
    tokens: int
    seconds: float
    usd: float | None
    estimated: bool


class Past(TypedDict):
    """What a run has done and spent before somebody goes on with it."""

    spent: Spent
    spent_by_subtask: dict[str, dict[str, float]]
    """Steps, tokens and usd by subtask id."""
    charged: set[str]
    """Ids of the actions that have been counted."""
    entered: set[str]
    """Ids of the actions in the journal."""


class RunRow(TypedDict):
    """What is known of a run beside its state; times are Unix seconds."""

    thread_id: str
    run_id: str
    goal: str
    status: str
    model: str
    created_at: float
    updated_at: float
    settings: dict[str, Json]
    """Includes the limits as they are now, raised ones too; where the checkpoints are not in here, `elsewhere`, and
    `asked`: the ids of the questions it waits at, which may not be saved."""
    graph_hash: str


class JournalRow(TypedDict):
    """One action of the journal; times are Unix seconds, None = not yet."""

    run_id: str
    action_id: str
    digest: str
    tool: str
    args: dict[str, Json]
    effect: str
    status: JournalStatus
    result: dict[str, Json] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    owner: str | None


@runtime_checkable
class Store(Protocol):
    """Checkpoints, action journal, step log, spending, run table, locks and large outputs in one place.

    Every method may be called from any thread; each write is on the disk when the method returns, but for what `gathered`
    holds back.
    Whatever the database refuses comes out as a `StoreError` of one sentence.
    """

    @property
    def redactor(self) -> Redactor:
        """What events and checkpoints pass on being written; `build_graph` sets the one of its settings."""
        ...

    @redactor.setter
    def redactor(self, redactor: Redactor) -> None: ...

    @property
    def where(self) -> str:
        """Name the store for a person: the path of its file, for example."""
        ...

    @property
    def checkpointer(self) -> BaseCheckpointSaver[Any]:
        """The LangGraph checkpointer, for sync and async graphs alike."""
        ...

    def lock(self, thread_id: str) -> AbstractContextManager[None]:
        """Become the only writer of a run; `RunBusy` at once when there is one, also in this process."""
        ...

    def preflight(self) -> None:
        """Refuse, with a `StoreError`, to begin work that would soon stop for want of space."""
        ...

    def check_saved(self, run_id: str) -> None:
        """Raise what the checkpointer could not save of a run since its lock was taken; `start` and `reserve` do, too.

        LangGraph saves what a task wrote in the background, and says so late or never when that fails.
        """
        ...

    def prepare(
        self, run_id: str, action: dict[str, Json], effect: str
    ) -> tuple[JournalStatus, dict[str, Json] | None]:
        """Enter an action unless it is there; how it stands, and its result when DONE or FAILED.

        `action` is a dumped `Action`. `StoreError` when its id was entered with another tool or other arguments.
        """
        ...

    def enter(self, run_id: str, action: dict[str, Json], effect: str) -> None:
        """Enter an action that is known not to be there."""
        ...

    def start(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> bool:
        """Claim a PREPARED action right before its effect; False = it is not to be had.

        `owner` names this leg of the run: a new one for each invocation. `again` also claims an action that
        another leg left STARTED, or that ended UNKNOWN; ask a person or the tool's effect first.
        """
        ...

    def resolve(self, run_id: str, action_id: str, result: dict[str, Json] | None) -> None:
        """Take a person's word on a STARTED or UNKNOWN action: DONE with its result, or None = PREPARED once more.

        Any other stays as it is.
        """
        ...

    def finish(self, run_id: str, action_id: str, owner: str, success: bool, result: dict[str, Json]) -> None:
        """Record what came of an action this owner has claimed, or that is given up before it started.

        `result` is a dumped `StepResult`. A failure is FAILED; UNKNOWN when its kind is `timeout` or
        `unfinished` and the tool is not read-only. `RunBusy` when another owner has taken the action over.
        """
        ...

    def release(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> None:
        """Give back an action this owner has claimed: PREPARED, or UNKNOWN where it was claimed `again`.

        `RunBusy` when another owner has taken the action over.
        """
        ...

    def unfinished(self, run_id: str) -> list[JournalRow]:
        """List the actions that may or may not have happened: STARTED and UNKNOWN, oldest first."""
        ...

    def append(self, run_id: str, event: Mapping[str, Json]) -> int:
        """Add an event to the run's log and its file; returns its number, counted from 1 within the run."""
        ...

    def note(self, run_id: str, event: Mapping[str, Json]) -> None:
        """Add an event to the run's log; its file follows with `catch_up`."""
        ...

    def gathers(self, run_id: str) -> bool:
        """Whether what is noted, charged and saved of a run is held back now."""
        ...

    def gathered(self, run_id: str) -> AbstractContextManager[None]:
        """Hold back, in this block, what is noted, charged and saved of a run, until something must be on the disk.

        Whatever else is written or read writes it first; the end of the block does.
        """
        ...

    def events(self, run_id: str, after: int = 0) -> list[dict[str, Json]]:
        """Read the log past a number: each event with `seq` and `at` (Unix seconds)."""
        ...

    def latest_events(self, run_id: str, turns: int) -> list[dict[str, Json]]:
        """Read the log but for the thoughts, actions and observations of older turns, so many of each subtask being new."""
        ...

    event_files: EventFiles | None
    """Where runs write their events as JSON lines; None = nowhere."""

    def catch_up(self, run_id: str) -> None:
        """Write into the run's file what its log has and the file has not, as a process may have died in between."""
        ...

    def reserve(self, run_id: str, number: str, *, node: str, task_id: str, tokens: int, usd: float) -> None:
        """Set aside what a model call may cost. One that nobody settles, as its process died, counts as spent."""
        ...

    def charge(
        self,
        run_id: str,
        *,
        node: str,
        task_id: str,
        steps: int = 0,
        tokens: int = 0,
        seconds: float = 0.0,
        usd: float | None = None,
        estimated: bool = False,
        actions: Sequence[str] = (),
        reservation: str = "",
    ) -> None:
        """Add to what the run has spent; `actions` are the ids of the steps it counts, `reservation` is settled."""
        ...

    def past(self, run_id: str) -> Past:
        """Read what is on the disk of what a run has done and spent."""
        ...

    def charged(self, run_id: str) -> set[str]:
        """Tell which actions have been counted, so that none is counted twice."""
        ...

    def spent_by_subtask(self, run_id: str) -> dict[str, dict[str, float]]:
        """Sum up steps, tokens and usd by subtask id, with what is set aside."""
        ...

    def spent(self, run_id: str) -> Spent:
        """Sum up what the run has spent, with what is set aside; usd is None while nothing had a price."""
        ...

    def upsert_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        goal: str | None = None,
        status: str | None = None,
        model: str | None = None,
        settings: dict[str, Json] | None = None,
        graph_hash: str | None = None,
    ) -> None:
        """Enter a run or change what is given; None leaves a field as it is."""
        ...

    def run(self, thread_id: str) -> RunRow | None:
        """Find the newest run of a thread."""
        ...

    def runs(self) -> list[RunRow]:
        """List all runs, newest first."""
        ...

    def put(self, text: str, *, run_id: str = "") -> str:
        """Keep a large output whole; returns its name, made from its content. It lives as long as a run that put it."""
        ...

    def get(self, name: str, start: int = 0, length: int | None = None) -> tuple[str, int]:
        """Read part of a large output, in characters, and how many it has in all."""
        ...

    def delete_run(self, thread_id: str) -> bool:
        """Delete all of a thread, down to its bytes in the file; False = there was nothing."""
        ...

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None:
        """Close it."""
        ...
