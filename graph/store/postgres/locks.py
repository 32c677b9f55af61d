"""Lets one writer at a time work on a run, across machines, and shuts out one that has lost its lock unawares.

A lock is an advisory lock of the server's, held by a connection of its own: it is free as soon as that connection is
gone. A process that was frozen, or cut off from the network, may not know that; so each holder has a number, written
down with the lock, and every later write of its run makes sure that the number still stands.
"""

import hashlib
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import Connection

from surefoot.graph.store.database import repeated
from surefoot.graph.store.locks import busy, short
from surefoot.graph.store.postgres.database import MarkedCursor, PostgresDatabase
from surefoot.graph.store.postgres.sentences import is_lost, stored_nothing
from surefoot.graph.store.postgres.sessions import Row
from surefoot.tools.errors import RunBusy

TABLES = (
    "CREATE SEQUENCE holder_numbers",
    """
CREATE TABLE holders (
    thread_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    pid BIGINT NOT NULL,
    host TEXT NOT NULL
)
""",
)

_TAKE = """
INSERT INTO holders (thread_id, number, pid, host) VALUES (%s, nextval('holder_numbers'), %s, %s)
ON CONFLICT (thread_id) DO UPDATE SET number = excluded.number, pid = excluded.pid, host = excluded.host
RETURNING number
"""
# Whoever takes the run over changes this row, and so waits until the write that has looked at it is committed.
_STANDS = "SELECT number FROM holders WHERE thread_id = ? FOR SHARE"


@dataclass
class Held:
    """A lock this process has taken."""

    number: int
    """Of all that ever held a lock in this store; none has it twice."""
    session: Connection[Row]


class AdvisoryLocks:
    """One advisory lock per thread id; the server frees it when its holder's connection ends."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._sessions = database.sessions
        self._pid = os.getpid()
        self._held: dict[str, Held] = {}
        self._threads: dict[str, str] = {}
        database.fence = self.check

    @contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run."""
        held = self._take(thread_id)
        self._mine()[thread_id] = held
        try:
            yield
        finally:
            if self._mine().pop(thread_id, None) is held:  # not so in a forked child
                self._threads = {run: thread for run, thread in self._threads.items() if thread != thread_id}
                self._release(thread_id, held)

    def forget(self, thread_id: str) -> None:
        """Nothing is left of a lock that was released."""

    def check(self, cursor: MarkedCursor, run_id: str | None, thread_id: str | None) -> None:
        """Make sure, inside a transaction, that a run this process has taken is still its own.

        Raises:
            RunBusy: another process has taken it over.
        """
        mine = self._mine()
        if mine and thread_id is None:
            thread_id = self._thread_of(cursor, str(run_id))
        if thread_id is None or thread_id not in mine:
            return
        held = mine[thread_id]
        if not _is_alive(held.session):
            held.session = self._take_again(thread_id, held)
        row = cursor.execute(_STANDS, (thread_id,)).fetchone()
        if row is None or row[0] != held.number:
            raise RunBusy(
                f"The run {short(thread_id)!r} was taken over by another process while this one was cut off from "
                f"{self._database.where}: nothing more is done here."
            )

    def _mine(self) -> dict[str, Held]:
        if self._pid != os.getpid():  # a forked child has none of its parent's locks
            self._pid, self._held, self._threads = os.getpid(), {}, {}
        return self._held

    def _thread_of(self, cursor: MarkedCursor, run_id: str) -> str | None:
        if run_id not in self._threads:
            row = cursor.execute("SELECT thread_id FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                return None
            self._threads[run_id] = str(row[0])
        return self._threads[run_id]

    @repeated
    def _take(self, thread_id: str) -> Held:
        with self._locked(thread_id) as session:
            row = session.execute(_TAKE, (thread_id, os.getpid(), socket.gethostname())).fetchone()
            assert row is not None
            return Held(row[0], session)

    def _take_again(self, thread_id: str, held: Held) -> Connection[Row]:
        """Take back a lock whose connection has ended; whether somebody had it meanwhile, its number tells."""
        self._sessions.disconnect(held.session)
        with self._locked(thread_id) as session:
            return session

    @contextmanager
    def _locked(self, thread_id: str) -> Iterator[Connection[Row]]:
        """A connection that has the lock, and keeps it unless something goes wrong inside."""
        with self._database.explained():
            session = self._sessions.connect_patiently()
            try:
                row = session.execute("SELECT pg_try_advisory_lock(%s)", (_key(thread_id),)).fetchone()
                if row != (True,):
                    raise self._busy(thread_id, session)
                yield session
            except BaseException as error:
                lost = isinstance(error, psycopg.Error) and is_lost(error, session)
                self._sessions.disconnect(session)
                if lost:
                    raise stored_nothing(error, self._database.where) from error
                raise

    def _busy(self, thread_id: str, session: Connection[Row]) -> RunBusy:
        row = session.execute("SELECT pid, host FROM holders WHERE thread_id = %s", (thread_id,)).fetchone()
        pid, host = row or ("", "")
        return busy(thread_id, str(pid), "" if host == socket.gethostname() else host)

    def _release(self, thread_id: str, held: Held) -> None:
        with suppress(psycopg.Error):
            held.session.execute("DELETE FROM holders WHERE thread_id = %s AND number = %s", (thread_id, held.number))
            # In so many words: the server notices the end of a connection when it gets to it.
            held.session.execute("SELECT pg_advisory_unlock_all()")
        self._sessions.disconnect(held.session)


def _key(thread_id: str) -> int:
    named = f"surefoot run {thread_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(named).digest()[:8], "big", signed=True)


def _is_alive(session: Connection[Row]) -> bool:
    if session.closed:
        return False
    waiting = select.poll()
    waiting.register(session.fileno(), select.POLLIN)
    if not waiting.poll(0):
        return True  # the server says nothing unasked but that it ends the connection
    with suppress(psycopg.Error):
        session.execute("SELECT 1")
        return True
    return False
