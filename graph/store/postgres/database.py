"""Holds the connection to Postgres: one transaction at a time, taken up again when the connection was lost."""

import json
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Self

import psycopg
from psycopg import Connection, sql

from surefoot.graph.store.backlog import Work
from surefoot.graph.store.postgres.address import Address
from surefoot.graph.store.postgres.sentences import explained, is_lost, stored_nothing
from surefoot.graph.store.postgres.sessions import PATIENCE_SECONDS, SCHEMA, Row, Sessions
from surefoot.graph.store.unsaved import Unsaved
from surefoot.tools.errors import StoreError
from surefoot.tools.redact import Redactor

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text"

Fence = Callable[["MarkedCursor", str | None, str | None], None]
"""Raises RunBusy where a run, or a thread, that this process has held is another one's by now."""


class MarkedCursor:
    """A cursor for statements whose parameters are marked `?`."""

    def __init__(self, cursor: psycopg.Cursor[Row]) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Self:
        self._cursor.execute(_marked(sql), parameters)
        return self

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()


@lru_cache(maxsize=200)
def _marked(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()


class PostgresDatabase:
    """One connection shared by all threads of the process, one transaction at a time, as with SQLite.

    Every commit is on the server's disk. A transaction whose connection is lost raises `NothingStored` when that is
    sure: before its COMMIT was sent, or when the server says afterwards that it was rolled back. A forked child opens
    a connection of its own.

    Raises:
        StoreError: the server cannot be reached.
    """

    def __init__(self, address: Address) -> None:
        self.where = address.where
        self.redactor = Redactor()
        self.unsaved = Unsaved()
        self.sessions = Sessions(address)
        self.fence: Fence | None = None
        self._begin_anew()
        self._connection: Connection[Row] | None = self.sessions.connect()
        _all.add(self)

    def _begin_anew(self) -> None:
        self.mutex = threading.RLock()
        self._connection = None
        self._busy: Connection[Row] | None = None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the database raises into a StoreError of one sentence."""
        try:
            yield
        except psycopg.Error as error:
            raise explained(error, self.where) from error
        except json.JSONDecodeError as error:
            raise StoreError(
                f"{self.where} is damaged: put a backup in its place, or choose another database."
            ) from error
        except UnicodeError as error:
            raise StoreError(
                f"A name or text has half of a pair of characters, which {self.where} cannot hold."
            ) from error

    @contextmanager
    def session(self) -> Iterator[Connection[Row]]:
        """Have the connection to oneself, each statement its own transaction."""
        with self.mutex, self.explained():
            connection = self._connected()
            try:
                yield connection
            except psycopg.Error as error:
                if is_lost(error, connection):
                    raise self._lost(error) from error
                raise

    @contextmanager
    def together(
        self, write: bool = True, *, run_id: str | None = None, thread_id: str | None = None
    ) -> Iterator[Connection[Row]]:
        """Have the connection to oneself in one transaction; inside another one of this thread, as a part of it."""
        with self.mutex:
            if self._busy is not None:
                yield self._busy
                return
            with self.session() as connection:
                self._busy = connection
                try:
                    number = self._begin(connection, write)
                    if self.fence and (run_id is not None or thread_id is not None):
                        self.fence(MarkedCursor(connection.cursor()), run_id, thread_id)
                    yield connection
                    self._commit(connection, number)
                except BaseException:
                    with suppress(psycopg.Error):
                        connection.execute("ROLLBACK", prepare=False)
                    raise
                finally:
                    self._busy = None

    @contextmanager
    def transaction(
        self, write: bool = True, *, run_id: str | None = None, thread_id: str | None = None
    ) -> Iterator[MarkedCursor]:
        """Commit all that is done with the cursor, or nothing of it; readers see one moment of the database."""
        with self.together(write, run_id=run_id, thread_id=thread_id) as connection, connection.cursor() as cursor:
            yield MarkedCursor(cursor)

    gathers = False

    def later(self, work: Work, *, run_id: str | None = None, thread_id: str | None = None) -> None:
        """Do something with the cursor of a transaction of its own: nothing is held back here."""
        with self.transaction(run_id=run_id, thread_id=thread_id) as cursor:
            work(cursor)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Nothing is held back here: a lock may be lost to another machine, and what was held back with it."""
        yield

    def _begin(self, connection: Connection[Row], write: bool) -> str | None:
        """Begin a transaction; the number by which the server tells what became of it."""
        if not write:
            connection.execute(_BEGIN_READING, prepare=False)
            return None
        cursor = connection.execute(_BEGIN, prepare=False)
        cursor.nextset()
        (number,) = cursor.fetchone() or (None,)
        return str(number)

    def _commit(self, connection: Connection[Row], number: str | None) -> None:
        try:
            connection.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if number is None or not is_lost(error, connection):
                raise
            lost = self._lost(error)
            if not self._was_committed(number):
                raise lost from error

    def _was_committed(self, number: str) -> bool:
        """Ask what became of a transaction whose COMMIT got no reply."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            connection = self._connected()
            try:
                found = connection.execute("SELECT pg_xact_status(%s::xid8)", (number,)).fetchone()
            except psycopg.Error as error:
                if not is_lost(error, connection):
                    raise
                self._lost(error)
                continue
            if found and found[0] in ("committed", "aborted"):
                return bool(found[0] == "committed")
            time.sleep(0.1)
        raise StoreError(f"It is not known whether {self.where} has stored the last step: resume the run.")

    def _lost(self, error: psycopg.Error) -> StoreError:
        if self._connection:
            self.sessions.disconnect(self._connection)
        self._connection = None
        return stored_nothing(error, self.where)

    def _connected(self) -> Connection[Row]:
        if self._connection is None:
            self._connection = self.sessions.connect_patiently()
        return self._connection

    def scrub(self) -> None:
        """Free the room of deleted rows for new ones."""
        with self.session() as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,)).fetchall()
            tables = sql.SQL(", ").join(sql.Identifier(SCHEMA, name) for (name,) in found)
            connection.execute(sql.SQL("VACUUM (SKIP_LOCKED) {}").format(tables))

    def close(self) -> None:
        """Close the connections; harmless when closed."""
        with self.mutex:
            self.sessions.close()
            self._connection = None

    def leave_to_parent(self) -> None:
        """In a forked child: begin anew, with a connection of its own."""
        self.sessions.leave_to_parent()
        self._begin_anew()


_all: "weakref.WeakSet[PostgresDatabase]" = weakref.WeakSet()


def _forked() -> None:
    for database in list(_all):
        database.leave_to_parent()


os.register_at_fork(after_in_child=_forked)
