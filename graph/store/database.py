"""Says what the tables need of a database, and holds the one SQLite connection of a store."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from surefoot.graph.store.backlog import Backlog, Work
from surefoot.graph.store.unsaved import Unsaved
from surefoot.tools.errors import StoreError
from surefoot.tools.redact import Redactor

BUSY_SECONDS = 10.0

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full, so {where} cannot be written: free some space and resume the run.",
    sqlite3.SQLITE_READONLY: "{where} cannot be written: make the file and its folder writable, or choose another one.",
    sqlite3.SQLITE_PERM: "{where} cannot be written: make the file and its folder writable, or choose another one.",
    sqlite3.SQLITE_CANTOPEN: "{where} cannot be opened: see that its folder exists and that you may write there.",
    sqlite3.SQLITE_BUSY: "{where} is locked by another program: end that one or try again.",
    sqlite3.SQLITE_LOCKED: "{where} is locked by another program: end that one or try again.",
    sqlite3.SQLITE_CORRUPT: "{where} is damaged: put a backup in its place, or choose another file.",
    sqlite3.SQLITE_NOTADB: "{where} is no database, or a damaged one: put a backup in its place, or choose another file.",
    sqlite3.SQLITE_IOERR: "{where} cannot be read or written, the disk reports an error: check the disk and resume.",
    sqlite3.SQLITE_TOOBIG: "A value is too big for {where}: keep large outputs out of the state.",
}


Given = ParamSpec("Given")
Found = TypeVar("Found")

REPEATS = 5


class NothingStored(StoreError):
    """The connection was lost, or another transaction was in the way: nothing was stored, and it may be done again."""


def repeated(method: Callable[Given, Found]) -> Callable[Given, Found]:
    """Do a method of a single transaction again where it is sure that nothing of it was stored."""

    @wraps(method)
    def again(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        for _ in range(REPEATS - 1):
            try:
                return method(*args, **kwargs)
            except NothingStored:
                continue
        return method(*args, **kwargs)

    return again


class Cursor(Protocol):
    """What the tables need of a database cursor; parameters are marked `?`."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Database(Protocol):
    """What the tables need of a database."""

    where: str
    redactor: Redactor
    """What is written passes it, so that no secret comes to rest."""
    unsaved: Unsaved
    """What the checkpointer could not save of the runs that are held."""

    def transaction(
        self, write: bool = True, *, run_id: str | None = None, thread_id: str | None = None
    ) -> AbstractContextManager[Cursor]:
        """Context manager around a cursor: all of it is committed, or nothing.

        `run_id`, `thread_id`: whose rows are written. `RunBusy` where this process has held the lock of that thread and
        lost it to another one.
        """
        ...

    @property
    def gathers(self) -> bool:
        """Whether what is done `later` is held back now."""
        ...

    def later(self, work: Work, *, run_id: str | None = None, thread_id: str | None = None) -> None:
        """Do something with the cursor of the next transaction, or of one of its own where nobody gathers."""
        ...

    def gathered(self) -> AbstractContextManager[None]:
        """Hold back what is done `later` in this block; at its end it is on the disk."""
        ...

    def scrub(self) -> None:
        """Leave no byte of deleted rows."""
        ...

    def close(self) -> None:
        """Let go of the connection; harmless when closed."""
        ...


def sentence(error: BaseException, where: str) -> str:
    """Say what an error of the database means and what to do."""
    if isinstance(error, json.JSONDecodeError):
        return _SENTENCES[sqlite3.SQLITE_CORRUPT].format(where=where)
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return f"The store {where} is closed: open it again."
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _SENTENCES.get(code, "{where} refused a read or write: {error}.").format(where=where, error=error)


class SqliteDatabase:
    """One connection shared by all threads of the process, one transaction at a time.

    A single connection, because an in-memory database has no second one, and because a second one on a file
    would only wait for the first. Every commit is on the disk (synchronous=FULL).

    `reading`: it is only read, so that it may be where nothing can be written.
    """

    def __init__(self, path: Path | None, *, reading: bool = False) -> None:
        self.where = str(path) if path else "the in-memory store"
        self.redactor = Redactor()
        self.unsaved = Unsaved()
        self.mutex = threading.RLock()
        self.backlog = Backlog()
        with self.explained():
            self.connection = _connect(path, reading)
            self._close = weakref.finalize(self, self.connection.close)
            # Deleted rows are overwritten at once; functions of a planted schema do not run.
            for pragma in ("synchronous=FULL", "secure_delete=ON", "trusted_schema=OFF", "cell_size_check=ON"):
                self.connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the database raises into a StoreError of one sentence."""
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError, UnicodeError, OverflowError) as error:
            raise StoreError(sentence(error, self.where)) from error

    @contextmanager
    def transaction(
        self, write: bool = True, *, run_id: str | None = None, thread_id: str | None = None
    ) -> Iterator[sqlite3.Cursor]:
        """Commit all that is done with the cursor, or nothing of it; readers see one moment of the database.

        What waits is written first. Whose rows are written does not matter here: the lock of a run is a file's, and
        cannot be lost.
        """
        with self.mutex, self.explained():
            if not write:
                self.flush()
            cursor = self.connection.cursor()
            # IMMEDIATE: a write lock taken late can fail without waiting, whatever the busy timeout.
            cursor.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                count = self.backlog.do(cursor) if write else 0
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                cursor.close()
            self.backlog.done(count)

    def later(self, work: Work, *, run_id: str | None = None, thread_id: str | None = None) -> None:
        """Do something with the cursor of the next transaction, or of one of its own where nobody gathers."""
        if self.gathers:
            self.backlog.add(work)
            return
        with self.transaction() as cursor:
            work(cursor)

    @property
    def gathers(self) -> bool:
        """Whether what is done `later` is held back now."""
        return self.backlog.gathers

    def flush(self) -> None:
        """Write what waits."""
        if self.backlog:
            with self.transaction():
                pass

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Hold back what is done `later` in this block; at its end it is on the disk."""
        try:
            with self.backlog.gathered():
                yield
        finally:
            self.flush()

    def scrub(self) -> None:
        """Leave no byte of deleted rows in the file or its write-ahead log."""
        with self.mutex, self.explained():
            self.connection.execute("VACUUM")
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(
                f"Deleted, but another program is reading {self.where}, so bytes may remain in its log: "
                "they go when that program ends."
            )

    def close(self) -> None:
        """Close the connection; harmless when closed."""
        with self.mutex:
            self._close()


def _connect(path: Path | None, reading: bool) -> sqlite3.Connection:
    # mode=rw: a file that is gone must not come back empty. Without a log nobody writes, and SQLite would have to make one.
    immutable = "" if path and path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    address = f"{path.as_uri()}?mode={f'ro{immutable}' if reading else 'rw'}" if path else ":memory:"
    return sqlite3.connect(
        address, uri=path is not None, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
