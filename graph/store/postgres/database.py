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
from psycopg import Connection

from surefoot.graph.store.postgres.address import Address
from surefoot.graph.store.postgres.sentences import explained, is_lost, stored_nothing, unreachable
from surefoot.tools.errors import StoreError

SCHEMA = "surefoot"
OLDEST = 13
"""The first Postgres that tells what became of a transaction."""
CONNECT_SECONDS = 10
PATIENCE_SECONDS = 30.0
"""So long a store that was open waits for its server to come back."""

_SESSION = {
    "search_path": SCHEMA,
    "synchronous_commit": "on",
    "lock_timeout": "10s",
    # A process that is frozen inside a transaction would keep its row locks for ever.
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    # So that the locks of a machine that has gone are free in a minute or two.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_SETTINGS = """
SELECT set_config(name, wanted.value, false)
FROM unnest(%s::text[], %s::text[]) AS wanted(name, value) JOIN pg_settings USING (name)
WHERE NOT (name = 'synchronous_commit' AND setting = 'remote_apply')
"""
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text"
_CLIENT = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "surefoot",
}
_FIXED = {"client_encoding": "UTF8"}

Row = tuple[Any, ...]
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
        self._address = address
        self._closed = False
        self.identity: str | None = None
        """Of the store that was opened; after a lost connection only the same one is taken up."""
        self.fence: Fence | None = None
        self._begin_anew()
        self._connection: Connection[Row] | None = self.connect()
        _all.add(self)

    def _begin_anew(self) -> None:
        self.mutex = threading.RLock()
        self._open: set[Connection[Row]] = set()
        self._connection = None
        self._busy: Connection[Row] | None = None
        self._gone_since: float | None = None
        self._finalizer = weakref.finalize(self, _close, self._open)

    def connect(self) -> Connection[Row]:
        """Open a connection with the settings every one of this store has; each statement is its own transaction.

        Raises:
            StoreError: there is none to be had; one sentence, without the password.
        """
        try:
            connection = Connection.connect(**{**_CLIENT, **self._address.options, **_FIXED}, autocommit=True)
            self._open.add(connection)
            connection.execute(_SETTINGS, (list(_SESSION), list(_SESSION.values())))
        except psycopg.Error as error:
            raise unreachable(error, self.where) from None
        return connection

    def connect_patiently(self) -> Connection[Row]:
        """Open a connection to the store that was opened; waits a while for a server that is starting again."""
        while True:
            try:
                connection = self.connect()
                found = _identity(connection)
            except (StoreError, psycopg.Error) as error:
                self._gone_since = self._gone_since or time.monotonic()
                if time.monotonic() > self._gone_since + PATIENCE_SECONDS:
                    raise error if isinstance(error, StoreError) else unreachable(error, self.where) from None
                time.sleep(0.1)
                continue
            self._gone_since = None
            if found != self.identity:
                self.disconnect(connection)
                raise StoreError(f"{self.where} is not the store that was opened: put it back, or open it anew.")
            return connection

    def disconnect(self, connection: Connection[Row]) -> None:
        """Close a connection; harmless when closed."""
        self._open.discard(connection)
        with suppress(psycopg.Error):
            connection.close()

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
                number = self._begin(connection, write)
                self._busy = connection
                try:
                    if self.fence and (run_id or thread_id):
                        self.fence(MarkedCursor(connection.cursor()), run_id, thread_id)
                    yield connection
                except BaseException:
                    with suppress(psycopg.Error):
                        connection.execute("ROLLBACK")
                    raise
                finally:
                    self._busy = None
                self._commit(connection, number)

    @contextmanager
    def transaction(
        self, write: bool = True, *, run_id: str | None = None, thread_id: str | None = None
    ) -> Iterator[MarkedCursor]:
        """Commit all that is done with the cursor, or nothing of it; readers see one moment of the database."""
        with self.together(write, run_id=run_id, thread_id=thread_id) as connection, connection.cursor() as cursor:
            yield MarkedCursor(cursor)

    def _begin(self, connection: Connection[Row], write: bool) -> str | None:
        """Begin a transaction; the number by which the server tells what became of it."""
        if not write:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return None
        cursor = connection.execute(_BEGIN, prepare=False)
        cursor.nextset()
        (number,) = cursor.fetchone() or (None,)
        return str(number)

    def _commit(self, connection: Connection[Row], number: str | None) -> None:
        try:
            connection.execute("COMMIT")
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
            self.disconnect(self._connection)
        self._connection = None
        return stored_nothing(error, self.where)

    def _connected(self) -> Connection[Row]:
        if self._closed:
            raise StoreError(f"The store {self.where} is closed: open it again.")
        if self._connection is None:
            self._connection = self.connect_patiently()
        return self._connection

    def scrub(self) -> None:
        """Free the room of deleted rows for new ones."""
        with self.session() as connection:
            connection.execute("VACUUM")

    def close(self) -> None:
        """Close the connections; harmless when closed."""
        with self.mutex:
            self._closed = True
            self._finalizer()

    def leave_to_parent(self) -> None:
        """In a forked child: let go of the parent's connections, without a word to the server."""
        self._finalizer.detach()
        _abandoned.append(self._open)
        for connection in self._open:
            with suppress(OSError):
                os.close(connection.fileno())  # or the server would hold on to the locks of a dead parent
        self._begin_anew()


_all: "weakref.WeakSet[PostgresDatabase]" = weakref.WeakSet()
_abandoned: list[Any] = []
"""Of the parent: kept, so that nothing in the child closes them."""


def _identity(connection: Connection[Row]) -> str | None:
    with suppress(psycopg.errors.UndefinedTable):
        row = connection.execute("SELECT id FROM store").fetchone()
        return str(row[0]) if row else None
    return None


def _close(connections: set[Connection[Row]]) -> None:
    for connection in list(connections):
        with suppress(psycopg.Error):
            connection.close()
    connections.clear()


def _forked() -> None:
    for database in list(_all):
        database.leave_to_parent()


os.register_at_fork(after_in_child=_forked)
