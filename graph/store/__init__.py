"""Opens the database of the runs: checkpoints, action journal, step log, locks, large outputs."""

from pathlib import Path

from surefoot.graph.store.sqlite import SqliteStore
from surefoot.graph.store.store import JournalRow, RunRow, Spent, Store
from surefoot.tools.errors import StoreError

__all__ = ["JournalRow", "RunRow", "Spent", "SqliteStore", "Store", "open_store"]


def open_store(target: "str | Path | Store | None" = None) -> Store:
    """Open a store: a path is a SQLite file, None is in memory, an opened Store is given back as it is.

    Raises:
        StoreError: the place cannot be used, or the database there is not the one that was left.
    """
    if target is None:
        return SqliteStore()
    if not isinstance(target, str | Path):
        return target
    if "://" in str(target):
        raise StoreError(_no_server(str(target)))
    if not str(target).strip() or "\0" in str(target):
        raise StoreError(f"{str(target)!r} is no path of a store: name a file.")
    return SqliteStore(Path(target))


def _no_server(address: str) -> str:
    scheme = address.partition("://")[0]
    if scheme in ("postgres", "postgresql"):
        return "Runs in Postgres need the extra `postgres`, which this release does not have yet: name a file instead."
    return f"There is no store for {scheme}:// addresses: name a file."
