"""Keeps everything of the runs in one SQLite file, or in memory."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.graph.store.artifacts import Folder, Memory, Shelf
from surefoot.graph.store.checkpoints import Checkpointer
from surefoot.graph.store.columns import thread_of
from surefoot.graph.store.database import Database, SqliteDatabase
from surefoot.graph.store.event_files import EventFiles
from surefoot.graph.store.locks import FileLocks, Locks, MemoryLocks, SeenLocks
from surefoot.graph.store.opening import companion, look_at_database, make_tables, open_database
from surefoot.graph.store.serde import self_test
from surefoot.graph.store.tables import Tables
from surefoot.tools.errors import StoreError

LEAST_FREE = 32 * 1024**2
"""Bytes that must be free before a run is worked on: the write-ahead log may hold 4 MB and is then written a second time,
and a run that can only begin would stop in the middle of its actions instead."""


class SqliteStore(Tables):
    """A store in one SQLite file and the folder beside it; without a path, in memory and gone with the process.

    Deleting a run leaves no byte of it in the file, its log or the folder. `reading`: it is only looked at, also where
    nothing can be written; whatever would write is refused.

    Raises:
        StoreError: on opening, if the place cannot be written or the file is not the one that was left.
    """

    checkpoint_tables = ("checkpoints", "writes", "large_values")

    def __init__(self, path: Path | None = None, *, reading: bool = False) -> None:
        self_test()
        self.path = Path(os.path.realpath(path)) if path else None  # two names of one file must share their locks
        if self.path:
            database = look_at_database(self.path) if reading else open_database(self.path)
            self._file = self.path.stat()
            self.shelf: Shelf = Folder(companion(self.path) / "artifacts")
            self.locks: Locks = (SeenLocks if reading else FileLocks)(companion(self.path) / "locks")
            self.event_files: EventFiles | None = EventFiles(companion(self.path) / "events")
        else:
            database = SqliteDatabase(None)
            make_tables(database)
            self.shelf, self.locks = Memory(), MemoryLocks()
        self.database: Database = database
        self.checkpointer = Checkpointer(database)
        if not reading:
            self.checkpointer.setup()

    @contextmanager
    def lock(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run; a second one is refused at once, also in this process.

        Raises:
            RunBusy: there is a writer already; names its process.
            StoreError: the database file has been deleted, exchanged or emptied since it was opened.
        """
        self._same_file()
        with super().lock(thread_id):
            yield

    @contextmanager
    def gathered(self, run_id: str) -> Iterator[None]:
        """Hold back, in this block, what is noted, charged and saved of a run, until something must be on the disk."""
        try:
            with super().gathered(run_id):
                try:
                    yield
                finally:
                    self.checkpointer.end(thread_of(run_id))
        finally:
            if not self.gathers(run_id):
                self.checkpointer.forget(thread_of(run_id))

    def preflight(self) -> None:
        """Refuse to begin work that would soon stop for want of space.

        Raises:
            StoreError: too little is free where the file is.
        """
        free = shutil.disk_usage(self.path.parent).free if self.path else LEAST_FREE
        if free < LEAST_FREE:
            raise StoreError(
                f"Only {free / 1024**2:.1f} MB are free where {self.path} is, and a run needs "
                f"{LEAST_FREE // 1024**2}: free some space and try again."
            )

    def start(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> bool:
        """Claim an action right before its effect, in a file that is still there: else its record would be lost."""
        self._same_file()
        return super().start(run_id, action_id, owner, again=again)

    def _same_file(self) -> None:
        if not self.path:
            return
        try:
            now = self.path.stat()
        except OSError:
            now = None
        if now is None or now.st_size == 0 or not os.path.samestat(now, self._file):
            raise StoreError(f"The database {self.path} was deleted or exchanged while it was open: put it back.")
