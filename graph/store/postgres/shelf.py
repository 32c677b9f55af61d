"""Keeps the bytes of large outputs in a table, so that a store needs no folder its processes share."""

from surefoot.graph.store.database import Cursor
from surefoot.graph.store.postgres.database import PostgresDatabase

TABLE = "CREATE TABLE artifact_bytes (name TEXT PRIMARY KEY, data BYTEA NOT NULL)"


class ByteTable:
    """Rows of bytes; each method works in the transaction that is open, if there is one."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    def write(self, name: str, data: bytes) -> None:
        with self._database.transaction() as cursor:
            cursor.execute(
                "INSERT INTO artifact_bytes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data",
                (name, data),
            )

    def read(self, name: str) -> bytes | None:
        with self._database.transaction(write=False) as cursor:
            row = cursor.execute("SELECT data FROM artifact_bytes WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def sweep(self, cursor: Cursor) -> None:
        # Waits for those that are putting an output there, and keeps others from it: row and bytes go together.
        cursor.execute("LOCK TABLE artifacts IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM artifact_bytes WHERE name NOT IN (SELECT name FROM artifacts)")
