"""Opens a database file, or makes a new one, and refuses any file that is not the one that was left.

Beside `runs.db` stands the folder `runs.db.files` with its locks, its large outputs and a note of the database's
identity. The note tells an emptied, deleted or exchanged database from one that never was.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.graph.store import artifacts, journal, ledger, run_table
from surefoot.graph.store.checkpoints import Checkpointer
from surefoot.graph.store.database import SqliteDatabase
from surefoot.graph.store.private import explained, make_folder, sync_folder, write_private
from surefoot.tools.errors import StoreError

SCHEMA_VERSION = 1
APPLICATION_ID = 0x53464F54
"""`SFOT` in the file's header: says that the file is ours, even when all its tables are gone."""

IDENTITY = "CREATE TABLE store (id TEXT NOT NULL, schema_version INTEGER NOT NULL, opened_at REAL NOT NULL)"
_BACKUP = "put a backup in its place, or choose another file"


def companion(path: Path) -> Path:
    """Name the folder that belongs to a database file."""
    return path.with_name(f"{path.name}.files")


def open_database(path: Path) -> SqliteDatabase:
    """Open the database at a path, checked, or make a new one where neither it nor its folder has been.

    Raises:
        StoreError: the place cannot be written, or the file is foreign, emptied, exchanged, damaged or newer.
    """
    folder = companion(path)
    with explained(path):
        if path.is_dir():
            raise StoreError(f"{path} is a folder: name a file in it.")
        if path.exists() and not folder.exists():
            _refuse_foreign(path)  # before anything is put beside a file that is not ours
        for place in (path.parent, folder, folder / "locks", folder / "artifacts"):
            make_folder(place)
        with _one_at_a_time(folder):
            if not path.exists():
                _refuse_known(path, "is gone")
                _make(path)
            elif path.stat().st_size == 0:
                _refuse_known(path, "has been emptied")
                _refuse_foreign(path)
            return _checked(path)


def look_at_database(path: Path) -> SqliteDatabase:
    """Open a database that is there to read it, checked, and write nothing.

    Raises:
        StoreError: it cannot be read, or is foreign, emptied, exchanged, damaged or newer.
    """
    with explained(path):
        if path.stat().st_size == 0:
            _refuse_known(path, "has been emptied")
    database = SqliteDatabase(path, reading=True)
    try:
        with database.mutex, database.explained():
            _check_content(database, path)
    except BaseException:
        database.close()
        raise
    return database


def make_tables(database: SqliteDatabase) -> str:
    """Make all tables in an empty database; returns its new identity."""
    identity = uuid.uuid4().hex
    Checkpointer(database).setup()
    with database.transaction() as cursor:
        for statement in (IDENTITY, journal.TABLE, *ledger.TABLES, *run_table.TABLES, artifacts.TABLE):
            cursor.execute(statement)
        cursor.execute("INSERT INTO store VALUES (?, ?, ?)", (identity, SCHEMA_VERSION, time.time()))
        cursor.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return identity


def _make(path: Path) -> None:
    # Under another name first: a crash must leave no half-made file that the next start would have to doubt.
    draft = path.with_name(f".{path.name}.draft")
    for leftover in (draft, *(draft.with_name(f"{draft.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        leftover.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite gives its logs the same mode
    database = SqliteDatabase(draft)
    try:
        make_tables(database)
    finally:
        database.close()
    os.rename(draft, path)
    sync_folder(path.parent)


def _refuse_foreign(path: Path) -> None:
    if path.stat().st_size == 0:
        raise StoreError(f"{path} is an empty file and no store of runs: delete it, or choose another file.")
    database = SqliteDatabase(path)
    try:
        with database.mutex, database.explained():
            _check_mark(database)
    finally:
        database.close()


def _checked(path: Path) -> SqliteDatabase:
    database = SqliteDatabase(path)
    try:
        with database.mutex, database.explained():
            _check(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _check_content(database: SqliteDatabase, path: Path) -> tuple[str, str | None]:
    """Check that it is the database that was left; its identity, and the one its folder has noted."""
    connection = database.connection
    _check_mark(database)
    wrong = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if wrong != "ok":
        raise StoreError(f"{path} is damaged ({' '.join(wrong.split())}): {_BACKUP}.")
    identity = _identity(connection, path)
    note = _read_note(path)
    if note not in (None, identity):
        raise StoreError(
            f"{path} is not the database that its folder {companion(path)} belongs to: "
            "put the right one back, or move the folder away."
        )
    return identity, note


def _check(database: SqliteDatabase, path: Path) -> None:
    identity, note = _check_content(database, path)
    path.chmod(0o600)
    Checkpointer(database).setup()
    with database.transaction() as cursor:  # proves that the file can be written before anything depends on it
        cursor.execute("UPDATE store SET opened_at = ?", (time.time(),))
    if note is None:
        write_private(_note(path), json.dumps({"store": identity}).encode())


def _check_mark(database: SqliteDatabase) -> None:
    if database.connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{database.where} belongs to another program: choose another file.")


def _identity(connection: sqlite3.Connection, path: Path) -> str:
    rows = connection.execute("SELECT id, schema_version FROM store").fetchall()
    if len(rows) != 1:
        raise StoreError(f"{path} is damaged (it has lost its identity): {_BACKUP}.")
    identity, version = rows[0]
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer release (schema {version}, this one knows {SCHEMA_VERSION}): "
            "update surefoot, or choose another file."
        )
    return str(identity)


def _refuse_known(path: Path, what: str) -> None:
    log = path.with_name(f"{path.name}-wal")
    remains = _note(path) if _note(path).exists() else log
    if remains.exists():  # a log without its database would be played into the new one
        raise StoreError(
            f"The database {path} {what}, but {remains} shows that there was one: it was damaged or replaced. "
            f"Put a backup in its place, or delete {remains} too to start anew."
        )


def _note(path: Path) -> Path:
    return companion(path) / "store.json"


def _read_note(path: Path) -> str | None:
    try:
        return str(json.loads(_note(path).read_bytes())["store"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{_note(path)} cannot be read: delete it if {path} is the right database.") from error


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    handle = os.open(folder / "opening.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with contextlib.closing(os.fdopen(handle, "rb")):
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
