"""Keeps large outputs whole, named by their content, and checks the content on reading."""

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Protocol

from surefoot.graph.store.database import Cursor, Database, repeated
from surefoot.graph.store.private import explained, write_private
from surefoot.tools.errors import StoreError

TABLE = """
CREATE TABLE artifacts (
    name TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (name, run_id)
)
"""

_NAME = re.compile(r"[0-9a-f]{32}")


class Shelf(Protocol):
    """Where the bytes of large outputs are: a folder, a table, or memory."""

    def write(self, name: str, data: bytes) -> None: ...

    def read(self, name: str) -> bytes | None: ...

    def sweep(self, cursor: Cursor) -> None:
        """Remove what no run has put there; the cursor's transaction writes to the store's tables."""
        ...


class Folder:
    """Files in a folder, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, data: bytes) -> None:
        with explained(self.folder):
            write_private(self.folder / name, data)

    def read(self, name: str) -> bytes | None:
        with explained(self.folder), contextlib.suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None

    def sweep(self, cursor: Cursor) -> None:
        keep = kept(cursor)
        with explained(self.folder):
            for file in self.folder.iterdir():
                if file.name not in keep:
                    file.unlink()


class Memory:
    """A dictionary, gone with the process."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        self.kept[name] = data

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def sweep(self, cursor: Cursor) -> None:
        keep = kept(cursor)
        self.kept = {name: data for name, data in self.kept.items() if name in keep}


class Artifacts:
    """The large outputs of a store: bytes on a shelf, and a table of which run put them there."""

    database: Database
    shelf: Shelf

    @repeated
    def put(self, text: str, *, run_id: str = "") -> str:
        """Keep a large output whole; returns its name: 32 hex digits of its sha256.

        It lives as long as a run that put it; one put without a run stays for good.
        """
        data = text.encode("utf-8", "surrogatepass")
        name = _name(data)
        # Written inside the transaction: a deletion in another process cannot come between row and bytes.
        with self.database.transaction(run_id=run_id or None) as cursor:
            cursor.execute(
                "INSERT INTO artifacts (name, run_id) VALUES (?, ?) ON CONFLICT (name, run_id) DO NOTHING",
                (name, run_id),
            )
            if self.shelf.read(name) != data:
                self.shelf.write(name, data)
        return name

    @repeated
    def get(self, name: str, start: int = 0, length: int | None = None) -> tuple[str, int]:
        """Read part of a large output, in characters, and how many it has in all.

        Raises:
            StoreError: there is no such output, or its content is not what its name says.
        """
        data = self.shelf.read(name) if _NAME.fullmatch(name) else None
        if data is None:
            raise StoreError(f"There is no stored output {name[:80]!r}: take the name from the result that was cut.")
        if _name(data) != name:
            raise StoreError(f"The stored output {name} is damaged: run the action that made it again.")
        text = data.decode("utf-8", "surrogatepass")
        start = max(start, 0)
        return text[start:] if length is None else text[start : start + max(length, 0)], len(text)

    @repeated
    def sweep(self) -> None:
        """Remove the outputs no run has put there, and what a crash left half written."""
        # As a writer: so no other process is between the bytes of an output and its row.
        with self.database.transaction() as cursor:
            self.shelf.sweep(cursor)


def kept(cursor: Cursor) -> set[str]:
    """Name the outputs that some run has put there."""
    cursor.execute("SELECT DISTINCT name FROM artifacts")
    return {name for (name,) in cursor.fetchall()}


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
