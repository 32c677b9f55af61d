"""Threads that write at the same time share a commit, and each of them has what it wrote on the disk, or an error."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore
from surefoot.graph.store.database import SqliteDatabase
from surefoot.graph.store.group import Group
from surefoot.tools.errors import StoreError


@pytest.fixture
def store(path: Path) -> Any:
    with SqliteStore(path) as store, store.database.transaction() as cursor:
        cursor.execute("CREATE TABLE told (text TEXT UNIQUE)")
    with SqliteStore(path) as store:
        yield store


@pytest.fixture
def committed(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parts each commit had."""
    sizes: list[int] = []
    commit = SqliteDatabase._commit

    def counted(database: SqliteDatabase, group: Group) -> None:
        sizes.append(group.parts)
        commit(database, group)

    monkeypatch.setattr(SqliteDatabase, "_commit", counted)
    return sizes


def on_disk(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as other:
        return {text for (text,) in other.execute("SELECT text FROM told")}


def tell(store: SqliteStore, text: str, then: Callable[[], object] = lambda: None) -> None:
    with store.database.transaction() as cursor:
        cursor.execute("INSERT INTO told VALUES (?)", (text,))
        then()


def together(store: SqliteStore, *works: Callable[[], Any]) -> list[Future[Any]]:
    """Let threads do something that all wait for their turn while another one writes."""
    pool = ThreadPoolExecutor(len(works))
    with suppress(StoreError), store.database.transaction():  # which has a part in it, and shares its fate
        futures = [pool.submit(work) for work in works]
        deadline = time.monotonic() + 10
        while store.database._queued < len(works) and time.monotonic() < deadline:
            time.sleep(0.001)
    pool.shutdown()
    return futures


def test_what_waits_for_its_turn_is_committed_at_once_and_is_on_the_disk_when_it_is_done(
    store: SqliteStore, path: Path, committed: list[int]
) -> None:
    def told(text: str) -> bool:
        tell(store, text)
        return text in on_disk(path)

    done = together(store, *(lambda n=n: told(f"text {n}") for n in range(8)))  # type: ignore[misc]
    assert [future.result() for future in done] == [True] * 8
    assert sum(committed) == 9 and len(committed) < 4


def test_one_alone_waits_for_nobody(store: SqliteStore, path: Path, committed: list[int]) -> None:
    for text in ("a", "b"):
        tell(store, text)
        assert text in on_disk(path)
    assert committed == [1, 1]


def test_a_part_that_fails_takes_none_of_the_others_with_it(store: SqliteStore, path: Path) -> None:
    def fail() -> None:
        tell(store, "half", lambda: 1 // 0)

    done = together(store, lambda: tell(store, "a"), fail, lambda: tell(store, "b"), fail, lambda: tell(store, "c"))
    assert [type(future.exception()) for future in done] == [type(None), ZeroDivisionError] * 2 + [type(None)]
    assert on_disk(path) == {"a", "b", "c"}


def test_a_commit_that_fails_is_told_to_all_and_nothing_of_it_is_there(store: SqliteStore, path: Path) -> None:
    store.database.connection.execute("PRAGMA foreign_keys=ON")
    with store.database.transaction() as cursor:
        cursor.execute("CREATE TABLE child (text REFERENCES told (text) DEFERRABLE INITIALLY DEFERRED)")

    def orphan() -> None:  # which SQLite refuses at the commit
        with store.database.transaction() as cursor:
            cursor.execute("INSERT INTO child VALUES ('nobody')")

    done = together(store, lambda: tell(store, "a"), orphan, lambda: tell(store, "b"))
    assert [type(future.exception()) for future in done] == [StoreError] * 3
    assert all("FOREIGN KEY" in str(future.exception()) for future in done)
    assert on_disk(path) == set()
    tell(store, "later")
    assert on_disk(path) == {"later"}


def test_what_is_held_back_is_written_once_though_several_parts_come_by(store: SqliteStore, path: Path) -> None:
    written: list[str] = []

    def held_back(cursor: Any) -> None:
        written.append("held back")
        cursor.execute("INSERT INTO told VALUES ('held back')")

    with store.database.gathered("t"):
        store.database.later(held_back, thread_id="t")
        done = together(store, *(lambda n=n: tell(store, f"text {n}") for n in range(4)))  # type: ignore[misc]
        assert [future.exception() for future in done] == [None] * 4
        assert written == ["held back"] and not store.database.backlog
    assert on_disk(path) == {"held back", "text 0", "text 1", "text 2", "text 3"}


def test_who_reads_between_two_parts_sees_what_was_written_and_it_is_on_the_disk(
    store: SqliteStore, path: Path
) -> None:
    def read() -> set[str]:
        with store.database.transaction(write=False) as cursor:
            return {text for (text,) in cursor.execute("SELECT text FROM told").fetchall()}

    with ThreadPoolExecutor(12) as pool:
        tells = [pool.submit(tell, store, f"text {n}") for n in range(60)]
        reads = [pool.submit(read) for _ in range(60)]
        assert [future.exception() for future in tells] == [None] * 60
        assert all(future.result() <= on_disk(path) for future in reads)
    assert len(on_disk(path)) == 60


def test_who_was_to_commit_for_another_and_is_gone_is_not_waited_for(store: SqliteStore, path: Path) -> None:
    store.database._queued += 1  # one who was interrupted as it waited
    tell(store, "a")
    assert on_disk(path) == {"a"}
    store.database._queued -= 1
