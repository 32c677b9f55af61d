"""Opens the database of the runs: checkpoints, action journal, step log, locks, large outputs."""

import importlib
import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Literal, cast

from surefoot.graph.store.event_files import EventFiles
from surefoot.graph.store.opening import companion
from surefoot.graph.store.sqlite import SqliteStore
from surefoot.graph.store.store import JournalRow, Past, RunRow, Spent, Store
from surefoot.tools.errors import StoreError

__all__ = [
    "JournalRow",
    "Past",
    "RunRow",
    "Spent",
    "SqliteStore",
    "Store",
    "has_store",
    "look_into",
    "open_store",
    "place_of",
    "try_store",
]


def open_store(target: "str | Path | Store | None" = None, *, events: Path | Literal["off"] | None = None) -> Store:
    """Open a store, or make it where there is none.

    `target`: a path is a SQLite file, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE` a Postgres database; None is in
    memory, and an opened Store is given back as it is. `events`: the folder of its event files, `off` for none; None =
    as it has them.

    Raises:
        StoreError: the place cannot be used, or the database there is not the one that was left.
    """
    store = _opened(target)
    if events is not None:
        store.event_files = None if events == "off" else EventFiles(Path(events))
    return store


def _opened(target: "str | Path | Store | None") -> Store:
    if target is None:
        return SqliteStore()
    if not isinstance(target, str | Path):
        return target
    if _on_server(target):
        return cast(Store, _postgres().PostgresStore(str(target)))
    return SqliteStore(_path(target))


def look_into(target: str | Path) -> Store:
    """Open a store that is there, only to be read where it cannot be written.

    Raises:
        StoreError: it cannot be read, or is not the one that was left.
    """
    if not _on_server(target):
        path = _path(target)
        needed = (path, path.absolute().parent, companion(path), companion(path) / "locks")
        if path.exists() and not all(os.access(place, os.W_OK) for place in needed if place.exists()):
            return SqliteStore(path, reading=True)
    return open_store(target)


def has_store(target: str | Path) -> bool:
    """Whether there ever was a store at a place: looking must not make one.

    Raises:
        StoreError: the place is none, or its server cannot be reached.
    """
    if _on_server(target):
        return bool(_postgres().is_there(str(target)))
    path = _path(target)
    return path.exists() or companion(path).exists()


def try_store(target: str | Path) -> None:
    """Make a store where there is none yet, or as near as can be, and take it away again.

    Raises:
        StoreError, OSError: none can be made there.
    """
    if _on_server(target):
        _postgres().try_out(str(target))
        return
    path = _path(target).absolute()
    existing = next(folder for folder in path.parents if folder.exists())
    with tempfile.TemporaryDirectory(dir=existing, prefix=".surefoot-") as draft:
        SqliteStore(Path(draft) / path.name).close()


def place_of(target: str | Path) -> str:
    """Name a place for a person: without the password."""
    return str(_postgres().read_address(str(target)).where) if _on_server(target) else str(target)


def _on_server(target: str | Path) -> bool:
    scheme, found, _ = str(target).partition("://")
    if not found:
        return False
    if scheme not in ("postgres", "postgresql"):
        raise StoreError(f"There is no store for {scheme}:// addresses: name a file, or a postgresql:// address.")
    return True


def _path(target: str | Path) -> Path:
    if not str(target).strip() or "\0" in str(target):
        raise StoreError(f"{str(target)!r} is no path of a store: name a file.")
    return Path(target)


def _postgres() -> ModuleType:
    try:
        return importlib.import_module("surefoot.graph.store.postgres")
    except ImportError as error:
        raise StoreError('Runs in Postgres need an extra: pip install "surefoot[postgres]".') from error
