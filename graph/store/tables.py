"""All tables of a store in one class, whatever database holds them; a run is deleted from all of them at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Self

from surefoot.graph.store.artifacts import Artifacts
from surefoot.graph.store.columns import thread_of
from surefoot.graph.store.database import repeated
from surefoot.graph.store.event_files import EventFiles
from surefoot.graph.store.journal import Journal, entered
from surefoot.graph.store.ledger import Ledger, charged, spent, spent_by_subtask
from surefoot.graph.store.locks import Locks
from surefoot.graph.store.run_table import RunTable
from surefoot.graph.store.store import Past
from surefoot.nodes.state import Json
from surefoot.tools.redact import Redactor


class Tables(Journal, Ledger, RunTable, Artifacts):
    """What the stores have in common."""

    locks: Locks
    event_files: EventFiles | None = None
    """Where runs write their events as JSON lines; None = nowhere."""
    checkpoint_tables: ClassVar[tuple[str, ...]]
    """LangGraph's own, each with a column `thread_id`."""

    @property
    def where(self) -> str:
        """Name the store for a person."""
        return self.database.where

    @property
    def redactor(self) -> Redactor:
        """What is written passes it; `build_graph` sets the one of its settings."""
        return self.database.redactor

    @redactor.setter
    def redactor(self, redactor: Redactor) -> None:
        self.database.redactor = redactor

    def append(self, run_id: str, event: Mapping[str, Json]) -> int:
        """Add an event to the run's log and its file; returns its number, counted from 1 within the run."""
        seq = super().append(run_id, event)
        self.catch_up(run_id)
        return seq

    def note(self, run_id: str, event: Mapping[str, Json]) -> None:
        """Add an event to the run's log; where work is gathered, its file has it only after `catch_up`."""
        super().note(run_id, event)
        if not self.gathers(run_id):
            self.catch_up(run_id)

    @repeated
    def past(self, run_id: str) -> Past:
        """Read what is on the disk of what a run has done and spent."""
        with self.database.glance() as cursor:
            return Past(
                spent=spent(cursor, run_id),
                spent_by_subtask=spent_by_subtask(cursor, run_id),
                charged=charged(cursor, run_id),
                entered=entered(cursor, run_id),
            )

    def gathers(self, run_id: str) -> bool:
        """Whether what is noted, charged and saved of a run is held back now."""
        return self.database.gathers(thread_of(run_id))

    @contextmanager
    def gathered(self, run_id: str) -> Iterator[None]:
        """Hold back, in this block, what is noted, charged and saved of a run, until something must be on the disk."""
        try:
            with self.database.gathered(thread_of(run_id)):
                yield
        finally:
            self.catch_up(run_id)

    def catch_up(self, run_id: str) -> None:
        """Write into the run's file what its log has and the file has not, as a process may have died in between."""
        if self.event_files:
            self.event_files.follow(run_id, self.event_lines)

    @contextmanager
    def lock(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run; a second one is refused at once, also in this process.

        Raises:
            RunBusy: there is a writer already; names its process.
        """
        with self.locks.hold(thread_id), self.database.unsaved.watched(thread_id):
            yield

    def check_saved(self, run_id: str) -> None:
        """Raise what a save behind the work of a run has failed with, while its lock is held; nothing otherwise."""
        self.database.unsaved.check(thread_of(run_id))

    def start(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> bool:
        """Claim an action right before its effect, unless something of the run could not be saved."""
        self.check_saved(run_id)
        return super().start(run_id, action_id, owner, again=again)

    def reserve(self, run_id: str, number: str, *, node: str, task_id: str, tokens: int, usd: float) -> None:
        """Set aside what a model call may cost, unless something of the run could not be saved."""
        self.check_saved(run_id)
        super().reserve(run_id, number, node=node, task_id=task_id, tokens=tokens, usd=usd)

    def preflight(self) -> None:
        """Refuse to begin work the place has no room for; nobody here knows what a server has."""

    def delete_run(self, thread_id: str) -> bool:
        """Delete all runs of a thread, with the outputs no other run has; False = there was nothing.

        Raises:
            RunBusy: the run is being worked on.
        """
        with self.lock(thread_id):
            runs = [row["run_id"] for row in self.runs() if row["thread_id"] == thread_id]
            gone = self._delete_rows(thread_id)
            if self.event_files:
                for run_id in runs:
                    self.event_files.forget(run_id)
            self.sweep()
            self.database.scrub()
            self.locks.forget(thread_id)
        return gone

    @repeated
    def _delete_rows(self, thread_id: str) -> bool:
        with self.database.transaction(thread_id=thread_id) as cursor:
            runs = "(SELECT run_id FROM runs WHERE thread_id = ?)"
            for table in ("actions", "log", "spending", "reservations", "artifacts"):
                cursor.execute(f"DELETE FROM {table} WHERE run_id IN {runs}", (thread_id,))
            gone = 0
            for table in ("runs", *self.checkpoint_tables):
                cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))
                gone += cursor.rowcount
        return gone > 0

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
