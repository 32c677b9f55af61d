"""Keeps everything of the runs in one SQLite file, or in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from surefoot.graph.store.artifacts import Artifacts, Folder, Memory, Shelf
from surefoot.graph.store.checkpoints import Checkpointer
from surefoot.graph.store.database import Database, SqliteDatabase
from surefoot.graph.store.journal import Journal
from surefoot.graph.store.ledger import Ledger
from surefoot.graph.store.locks import FileLocks, Locks, MemoryLocks
from surefoot.graph.store.opening import companion, make_tables, open_database
from surefoot.graph.store.run_table import RunTable
from surefoot.graph.store.serde import self_test
from surefoot.tools.errors import StoreError
from surefoot.tools.redact import Redactor


class SqliteStore(Journal, Ledger, RunTable, Artifacts):
    """A store in one SQLite file and the folder beside it; without a path, in memory and gone with the process.

    Raises:
        StoreError: on opening, if the place cannot be written or the file is not the one that was left.
    """

    def __init__(self, path: Path | None = None) -> None:
        self_test()
        self.path = Path(os.path.realpath(path)) if path else None  # two names of one file must share their locks
        if self.path:
            database = open_database(self.path)
            self._file = self.path.stat()
            self.shelf: Shelf = Folder(companion(self.path) / "artifacts")
            self._locks: Locks = FileLocks(companion(self.path) / "locks")
        else:
            database = SqliteDatabase(None)
            make_tables(database)
            self.shelf, self._locks = Memory(), MemoryLocks()
        self.database: Database = database
        self.checkpointer = Checkpointer(database)
        self.checkpointer.setup()

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

    @contextmanager
    def lock(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run; a second one is refused at once, also in this process.

        Raises:
            RunBusy: there is a writer already; names its process.
            StoreError: the database file has been deleted, exchanged or emptied since it was opened.
        """
        self._same_file()
        with self._locks.hold(thread_id):
            yield

    def delete_run(self, thread_id: str) -> bool:
        """Delete all runs of a thread, with their bytes and the outputs no other run has; False = there was nothing.

        Raises:
            RunBusy: the run is being worked on.
        """
        with self.lock(thread_id):
            with self.database.transaction() as cursor:
                runs = "(SELECT run_id FROM runs WHERE thread_id = ?)"
                gone = 0
                for table in ("actions", "log", "spending", "reservations", "artifacts"):
                    cursor.execute(f"DELETE FROM {table} WHERE run_id IN {runs}", (thread_id,))
                for table in ("runs", "checkpoints", "writes"):
                    cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))
                    gone += cursor.rowcount
            self.sweep()
            self.database.scrub()
            self._locks.forget(thread_id)
        return gone > 0

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _same_file(self) -> None:
        if not self.path:
            return
        try:
            now = self.path.stat()
        except OSError:
            now = None
        if now is None or now.st_size == 0 or not os.path.samestat(now, self._file):
            raise StoreError(f"The database {self.path} was deleted or exchanged while it was open: put it back.")
