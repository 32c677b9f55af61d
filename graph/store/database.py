"""Says what the tables need of a database, and holds the one SQLite connection of a store."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from surefoot.graph.store.backlog import Backlog, Work
from surefoot.graph.store.columns import thread_of
from surefoot.graph.store.group import MOST_PARTS, Group
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
        """Context manager around a cursor: all of it is committed, or nothing. What is held back is written first.

        `run_id`, `thread_id`: whose rows are written. `RunBusy` where this process has held the lock of that thread and
        lost it to another one.
        """
        ...

    def glance(self) -> AbstractContextManager[Cursor]:
        """Read what is on the disk, and leave what is held back where it is."""
        ...

    def gathers(self, thread_id: str) -> bool:
        """Whether what is done `later` for a thread is held back now."""
        ...

    def later(self, work: Work, *, run_id: str | None = None, thread_id: str | None = None) -> None:
        """Do something with the cursor of the next transaction, or of one of its own where nobody gathers the thread."""
        ...

    def gathered(self, thread_id: str) -> AbstractContextManager[None]:
        """Hold back what is done `later` for a thread in this block; at its end it is on the disk."""
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


PATIENCE_SECONDS = 0.05


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
        self._group: Group | None = None
        self._queued = 0
        self._lock = threading.Lock()
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
        cannot be lost. Threads that write at the same time share a commit, see `Group`.
        """
        if not write:
            self.flush()
            with self.glance() as cursor:
                yield cursor
            return
        with self._lock:
            self._queued += 1
        try:
            self.mutex.acquire()
        finally:
            with self._lock:
                self._queued -= 1
        try:
            with self.explained(), self._part() as (group, cursor):
                yield cursor
            if not self._queued or group.parts >= MOST_PARTS:
                self._commit(group)
        finally:
            self.mutex.release()
        while not group.ended.wait(PATIENCE_SECONDS):  # who was to come after this one has not: it was interrupted
            with self.mutex:
                self._settle()
        if group.error:
            raise StoreError(str(group.error)) from group.error

    @contextmanager
    def _part(self) -> Iterator[tuple[Group, sqlite3.Cursor]]:
        """Do something as a part of the open group, or of a new one; where it fails, nothing of it was done."""
        if self._group is None:
            self.connection.execute("BEGIN IMMEDIATE")  # a write lock taken late can fail, whatever the busy timeout
            self._group = Group()
        group, cursor = self._group, self.connection.cursor()
        try:
            cursor.execute("SAVEPOINT part")
            count = self.backlog.do(cursor, group.count)
            yield group, cursor
            cursor.execute("RELEASE part")
            group.parts, group.count = group.parts + 1, group.count + count
        except BaseException as error:
            if not self.connection.in_transaction:  # SQLite itself has given all of it up
                self._end(group, StoreError(sentence(error, self.where)))
            elif group.parts:
                self.connection.execute("ROLLBACK TO part")
                self.connection.execute("RELEASE part")
                if not self._queued:
                    self._settle()
            else:
                self.connection.execute("ROLLBACK")
                self._end(group, error)
            raise
        finally:
            cursor.close()

    def _commit(self, group: Group) -> None:
        try:
            with self.explained():
                self.connection.execute("COMMIT")
            self.backlog.done(group.count)
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self._end(group, error)
            raise
        self._end(group)

    def _end(self, group: Group, error: BaseException | None = None) -> None:
        self._group, group.error = None, error
        group.ended.set()

    def _settle(self) -> None:
        """Commit an open group; the caller has the mutex, and those who wait for it are told if that fails."""
        if self._group:
            with suppress(StoreError):
                self._commit(self._group)

    @contextmanager
    def glance(self) -> Iterator[sqlite3.Cursor]:
        """Read what is on the disk, and leave what is held back where it is."""
        with self.mutex, self.explained():
            self._settle()
            cursor = self.connection.cursor()
            cursor.execute("BEGIN")
            try:
                yield cursor
            finally:
                cursor.close()
                if self.connection.in_transaction:
                    self.connection.execute("COMMIT")

    def later(self, work: Work, *, run_id: str | None = None, thread_id: str | None = None) -> None:
        """Do something with the cursor of the next transaction, or of one of its own where nobody gathers the thread."""
        if self.gathers(thread_id or thread_of(run_id or "")):
            self.backlog.add(work)
            return
        with self.transaction() as cursor:
            work(cursor)

    def gathers(self, thread_id: str) -> bool:
        """Whether what is done `later` for a thread is held back now."""
        return self.backlog.gathers(thread_id)

    @contextmanager
    def gathered(self, thread_id: str) -> Iterator[None]:
        """Hold back what is done `later` for a thread in this block; at its end it is on the disk."""
        try:
            with self.backlog.gathered(thread_id):
                yield
        finally:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self.backlog:
            with self.transaction():
                pass

    def scrub(self) -> None:
        """Leave no byte of deleted rows in the file or its write-ahead log."""
        with self.mutex, self.explained():
            self._settle()
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
            self._settle()
            self._close()


def _connect(path: Path | None, reading: bool) -> sqlite3.Connection:
    # mode=rw: a file that is gone must not come back empty. Without a log nobody writes, and SQLite would have to make one.
    immutable = "" if path and path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    address = f"{path.as_uri()}?mode={f'ro{immutable}' if reading else 'rw'}" if path else ":memory:"
    return sqlite3.connect(
        address, uri=path is not None, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
