"""Says in one sentence what an error of Postgres means and what to do."""

import psycopg

from surefoot.graph.store.database import NothingStored
from surefoot.tools.errors import StoreError

_SENTENCES = {
    "22003": "A number is too big for {where}: nothing was stored.",
    "22021": "A name or text has a character that {where} cannot hold (NUL, or half of a pair): leave it out.",
    "25006": "{where} cannot be written, it is read-only: name the server that takes writes.",
    "42501": "{where} refuses its user what is needed ({error}): grant it, or name another user.",
    "42P01": "{where} has lost its tables ({error}): put a backup in place, or drop its schema `surefoot`.",
    "53100": "The disk of {where} is full, so it cannot be written: free some space and resume the run.",
    "53200": "{where} is out of memory: free some and resume the run.",
    "54000": "A name or text is too long for {where}: make it shorter.",
    "55P03": "{where} is locked by another program: end that one or try again.",
    "58030": "{where} cannot be read or written, the disk reports an error: check the disk and resume.",
    "XX001": "{where} is damaged ({error}): put a backup in its place.",
}

_LOST = ("08", "57P", "25P03", "25P04")
"""SQLSTATEs of a connection that has ended; also with no SQLSTATE at all."""
_IN_THE_WAY = ("40001", "40P01")
"""Serialization failure and deadlock."""


def is_lost(error: psycopg.Error, connection: "psycopg.Connection | None") -> bool:
    """Whether an error is the end of its connection."""
    return (connection is not None and connection.closed) or (error.sqlstate or "").startswith(_LOST)


def stored_nothing(error: BaseException, where: str) -> NothingStored:
    """Say that a transaction ended with its connection, or gave way, before anything was stored."""
    return NothingStored(f"The connection to {where} was lost ({brief(error)}): resume the run when it is back.")


def explained(error: psycopg.Error, where: str) -> StoreError:
    """Turn an error into one sentence."""
    if error.sqlstate in _IN_THE_WAY:
        return stored_nothing(error, where)
    sentence = _SENTENCES.get(error.sqlstate or "", "{where} refused a read or write: {error}.")
    return StoreError(sentence.format(where=where, error=brief(error)))


def unreachable(error: psycopg.Error, where: str) -> StoreError:
    """Say that there is no connection to be had."""
    return StoreError(
        f"{where} cannot be reached ({brief(error)}): see that the server runs and that the address, its user and its "
        "password are right."
    )


def brief(error: BaseException) -> str:
    """The first line of what the server or libpq says, without the trace of how it was reached."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rpartition("failed: ")[2].rpartition("FATAL:")[2].strip().rstrip(".")[:300]
