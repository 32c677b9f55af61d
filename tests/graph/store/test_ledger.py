"""The step log, the spending and the run table."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.nodes.state import Usage
from surefoot.tools.errors import StoreError


def test_events_come_back_in_order_and_past_a_number(store: Store) -> None:
    numbers = [store.append("r", {"type": "thought", "task_id": "a", "text": f"é{n}"}) for n in range(3)]
    store.append("other", {"type": "thought"})
    assert numbers == [1, 2, 3]
    assert [(e["seq"], e["text"]) for e in store.events("r", after=1)] == [(2, "é1"), (3, "é2")]
    assert all(e["at"] > 1.6e9 and e["type"] == "thought" for e in store.events("r"))


def test_the_latest_events_are_the_last_turns_of_each_subtask_and_all_that_is_no_turn(store: Store) -> None:
    def told(kind: str, task: str, **more: Any) -> None:
        store.append("r", {"type": kind, **({"task_id": task} if task else {}), **more})

    told("plan", "")
    told("subtask", "a")
    for turn in range(1, 6):
        for kind in ("thought", "action", "observation"):
            told(kind, "a", turn=turn)
        if turn < 3:
            told("thought", "b", turn=turn)
    told("verdict", "a", turn=5)
    store.append("other", {"type": "thought", "task_id": "a", "turn": 9})
    found = [(e["type"], e.get("task_id"), e.get("turn")) for e in store.latest_events("r", 2)]
    loops = [event for event in found if event[0] in ("thought", "action", "observation")]
    assert {event for event in loops if event[1] == "b"} == {("thought", "b", 1), ("thought", "b", 2)}
    assert sorted({event[2] for event in loops if event[1] == "a" and event[0] == "thought"}) == [4, 5]
    assert {("observation", "a", 4), ("action", "a", 5), ("observation", "a", 5)} <= {*loops}
    assert ("observation", "a", 2) not in loops
    assert [event[0] for event in found if event not in loops] == ["plan", "subtask", "verdict"]


def test_threads_and_processes_write_one_log_without_gaps(store: Store, place: Any, start: Any) -> None:
    code = """
def work(n):
    s = open_store(path)
    print('ready', flush=True)
    for n in range(40): s.append('r', {'n': n})
fork(3, work)
"""
    child = start(code, at=place)
    child.stdout.readline()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.append("r", {"n": n}), range(80)))
    assert child.wait() == 0
    assert [event["seq"] for event in store.events("r")] == list(range(1, 201))


def test_a_writer_has_the_file_to_itself_from_its_first_read(file_store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=0)) as other, file_store.database.transaction():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT COUNT(*) FROM log").fetchone() == (0,)


def test_spending_adds_up_for_each_run_and_through_reopening(place: Any) -> None:
    with open_store(place) as store:
        store.charge("r", node="think", task_id="a", steps=1, tokens=100, seconds=0.5)
        store.charge("other", node="think", task_id="a", tokens=7, usd=1.0)
    with open_store(place) as store:
        assert store.spent("r") == {"steps": 1, "tokens": 100, "seconds": 0.5, "usd": None, "estimated": False}
        store.charge("r", node="act", task_id="a", steps=1, seconds=0.25, usd=0.01, estimated=True)
        assert Usage(**store.spent("r")) == Usage(steps=2, tokens=100, seconds=0.75, usd=0.01, estimated=True)


def test_a_run_without_spending_has_spent_nothing(store: Store) -> None:
    assert Usage(**store.spent("r")) == Usage()


def test_a_number_no_database_can_hold_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        store.charge("r", node="n", task_id="t", tokens=2**70)
    assert store.spent("r")["tokens"] == 0


def test_a_run_is_entered_and_changed_field_by_field(store: Store) -> None:
    assert store.run("t") is None
    store.upsert_run("t", "r", goal="g", status="planning", model="offline", settings={"max_steps": 5})
    store.upsert_run("t", "r", status="waiting", settings={"max_steps": 9}, graph_hash="h")
    row = store.run("t")
    assert row and row["updated_at"] >= row["created_at"] > 1.6e9
    assert {name: row[name] for name in ("goal", "status", "model", "settings", "graph_hash")} == {
        "goal": "g",
        "status": "waiting",
        "model": "offline",
        "settings": {"max_steps": 9},
        "graph_hash": "h",
    }


def test_the_newest_run_of_a_thread_counts(store: Store) -> None:
    for thread, run in (("t", "r1"), ("u", "r2"), ("t", "r3")):
        store.upsert_run(thread, run)
    store.upsert_run("t", "r1", status="done")
    found = store.run("t")
    assert found and found["run_id"] == "r3"
    assert [row["run_id"] for row in store.runs()] == ["r3", "r2", "r1"]


def test_a_run_never_changes_its_thread(store: Store) -> None:
    store.upsert_run("t", "r", goal="g")
    with pytest.raises(StoreError, match="another thread"):
        store.upsert_run("u", "r", goal="h")
    assert [row["goal"] for row in store.runs()] == ["g"]


def test_a_thread_id_is_only_a_name(store: Store) -> None:
    for name in ("'; DROP TABLE runs; --", "../../etc", "%s ? %%", "日本", "x" * 2000, ""):
        with store.lock(name):
            store.upsert_run(name, f"run of {name[:9]}")
        found = store.run(name)
        assert found and found["thread_id"] == name
    with pytest.raises(StoreError):
        store.upsert_run("\ud800", "r")


def test_a_row_of_the_log_that_is_no_json_is_said_to_be_damaged(store: Store) -> None:
    store.append("r", {"type": "x"})
    with store.database.transaction() as cursor:
        cursor.execute("UPDATE log SET data = '{'")
    with pytest.raises(StoreError, match="damaged"):
        store.events("r")


def test_a_closed_store_says_so_and_closes_twice(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.runs()
