"""Opens and closes the connections to one Postgres database, each with the same settings."""

import os
import time
import weakref
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import Connection

from surefoot.graph.store.postgres.address import Address
from surefoot.graph.store.postgres.sentences import unreachable
from surefoot.tools.errors import StoreError

SCHEMA = "surefoot"
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


class Sessions:
    """The connections of this process to one database."""

    def __init__(self, address: Address) -> None:
        self.where = address.where
        self.identity: str | None = None
        """Of the store that was opened; after a lost connection only the same one is taken up."""
        self._options = {**_CLIENT, **address.options, **_FIXED}
        self._closed = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._open: set[Connection[Row]] = set()
        self._gone_since: float | None = None
        self._finalizer = weakref.finalize(self, _close, self._open)

    def connect(self) -> Connection[Row]:
        """Open a connection with the settings every one of this store has; each statement is its own transaction.

        Raises:
            StoreError: there is none to be had; one sentence, without the password.
        """
        try:
            connection = Connection.connect(**self._options, autocommit=True)
        except psycopg.Error as error:
            raise unreachable(error, self.where) from None
        self._open.add(connection)
        try:
            connection.execute(_SETTINGS, (list(_SESSION), list(_SESSION.values())))
        except psycopg.Error as error:
            self.disconnect(connection)
            raise unreachable(error, self.where) from None
        return connection

    def connect_patiently(self) -> Connection[Row]:
        """Open a connection to the store that was opened; waits a while for a server that is starting again."""
        if self._closed:
            raise StoreError(f"The store {self.where} is closed: open it again.")
        while True:
            try:
                connection = self.connect()
                found = self._identity_seen_by(connection)
            except StoreError:
                self._gone_since = self._gone_since or time.monotonic()
                if time.monotonic() > self._gone_since + PATIENCE_SECONDS:
                    raise
                time.sleep(0.1)
                continue
            self._gone_since = None
            if found != self.identity:
                self.disconnect(connection)
                raise StoreError(f"{self.where} is not the store that was opened: put it back, or open it anew.")
            return connection

    def _identity_seen_by(self, connection: Connection[Row]) -> str | None:
        try:
            row = connection.execute("SELECT id FROM store").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
        except psycopg.Error as error:
            self.disconnect(connection)
            raise unreachable(error, self.where) from None
        return str(row[0]) if row else None

    def disconnect(self, connection: Connection[Row]) -> None:
        """Close a connection; harmless when closed."""
        self._open.discard(connection)
        with suppress(psycopg.Error):
            connection.close()

    def close(self) -> None:
        """Close all; harmless when closed."""
        self._closed = True
        self._finalizer()

    def leave_to_parent(self) -> None:
        """In a forked child: let go of the parent's connections, without a word to the server."""
        self._finalizer.detach()
        _abandoned.append(self._open)
        for connection in self._open:
            with suppress(OSError, psycopg.Error):
                os.close(connection.fileno())  # or the server would hold on to the locks of a dead parent
        self._begin_anew()


_abandoned: list[Any] = []
"""Of the parent: kept, so that nothing in the child closes them."""


def _close(connections: set[Connection[Row]]) -> None:
    for connection in list(connections):
        with suppress(psycopg.Error):
            connection.close()
    connections.clear()
