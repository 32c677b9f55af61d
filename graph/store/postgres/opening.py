"""Opens the tables of a store in a Postgres database, or makes them, and refuses what is not a store of this release.

All of them are in a schema of their own, `surefoot`, made in one transaction: a crash leaves all or none.
"""

import time
import uuid
from contextlib import closing, suppress

from langgraph.checkpoint.postgres.base import MIGRATIONS

from surefoot.graph.store import artifacts, journal, ledger, run_table
from surefoot.graph.store.opening import IDENTITY, SCHEMA_VERSION
from surefoot.graph.store.postgres import locks, shelf
from surefoot.graph.store.postgres.address import Address, read_address
from surefoot.graph.store.postgres.database import MarkedCursor, PostgresDatabase
from surefoot.graph.store.postgres.sessions import SCHEMA
from surefoot.tools.errors import StoreError

OLDEST = 130_000
"""Postgres 13: the first that tells what became of a transaction whose COMMIT got no reply."""
_OPENING = 0x53464F54
"""The advisory lock of whoever opens a store."""
_TYPES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("REAL", "DOUBLE PRECISION"),
)


def open_database(address: Address) -> PostgresDatabase:
    """Open the store in a database, checked, or make a new one where none has been.

    Raises:
        StoreError: the database cannot be reached or written, or what is there is foreign, damaged or newer.
    """
    database = PostgresDatabase(address)
    try:
        _check_server(database)
        with database.transaction() as cursor:
            database.sessions.identity = _opened(cursor, database.where)
    except BaseException:
        database.close()
        raise
    return database


def is_there(url: str) -> bool:
    """Whether a database has a store; makes none.

    Raises:
        StoreError: the database cannot be reached.
    """
    with closing(PostgresDatabase(read_address(url))) as database, database.transaction(write=False) as cursor:
        return bool(_tables(cursor))


def try_out(url: str) -> None:
    """Make a store and take it back.

    Raises:
        StoreError: the database cannot be reached, or no store can be made there.
    """
    with closing(PostgresDatabase(read_address(url))) as database:
        _check_server(database)
        with suppress(_TakenBack), database.transaction() as cursor:
            _opened(cursor, database.where)
            raise _TakenBack


class _TakenBack(Exception): ...


def _opened(cursor: MarkedCursor, where: str) -> str:
    """Check the store, or make it; its identity."""
    cursor.execute("SELECT pg_advisory_xact_lock(?)", (_OPENING,))
    if _is_new(cursor, where):
        _make(cursor)
    identity = _checked(cursor, where)
    _bring_up_to_date(cursor)
    return identity


def _check_server(database: PostgresDatabase) -> None:
    with database.session() as connection:
        version, encoding = connection.info.server_version, connection.info.parameter_status("server_encoding")
    if version < OLDEST:
        raise StoreError(f"{database.where} is too old (version {version}): at least Postgres 13 is needed.")
    if encoding != "UTF8":
        raise StoreError(f"{database.where} is in {encoding} and cannot hold all text: make a database in UTF8.")


def _tables(cursor: MarkedCursor) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = ?", (SCHEMA,))
    return {name for (name,) in cursor.fetchall()}


def _is_new(cursor: MarkedCursor, where: str) -> bool:
    found = _tables(cursor)
    if found and "store" not in found:
        raise StoreError(f"{where} has a schema {SCHEMA!r} that is no store of runs: choose another database.")
    return not found


def _make(cursor: MarkedCursor) -> None:
    cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (SCHEMA,))
    if cursor.fetchone() is None:  # where an administrator has made it, the right to make one is not needed
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    own = (IDENTITY, journal.TABLE, *ledger.TABLES, *run_table.TABLES, artifacts.TABLE, shelf.TABLE, *locks.TABLES)
    for statement in own:
        for theirs, ours in _TYPES:
            statement = statement.replace(theirs, ours)
        cursor.execute(statement)
    cursor.execute("INSERT INTO store VALUES (?, ?, ?)", (uuid.uuid4().hex, SCHEMA_VERSION, time.time()))


def _checked(cursor: MarkedCursor, where: str) -> str:
    rows = cursor.execute("SELECT id, schema_version FROM store").fetchall()
    if len(rows) != 1:
        raise StoreError(f"{where} is damaged (it has lost its identity): put a backup in its place.")
    identity, version = rows[0]
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{where} was written by a newer release (schema {version}, this one knows {SCHEMA_VERSION}): "
            "update surefoot, or choose another database."
        )
    cursor.execute("UPDATE store SET opened_at = ?", (time.time(),))  # proves that it can be written
    return str(identity)


def _bring_up_to_date(cursor: MarkedCursor) -> None:
    """Make LangGraph's own tables, or bring them up to date."""
    cursor.execute(MIGRATIONS[0])
    (done,) = cursor.execute("SELECT COALESCE(MAX(v), -1) FROM checkpoint_migrations").fetchone()
    for number, statement in enumerate(MIGRATIONS):
        if number > done:
            cursor.execute(statement.replace("CONCURRENTLY", ""))  # that is for tables in use, outside a transaction
            cursor.execute("INSERT INTO checkpoint_migrations (v) VALUES (?)", (number,))
