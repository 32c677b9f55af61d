"""Large outputs kept whole, and runs deleted down to their bytes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.tools.errors import StoreError

CANARY = "canary-5f1d0c"


@pytest.fixture(params=["memory", "file"])
def either(request: pytest.FixtureRequest, path: Path) -> Any:
    store = open_store(None if request.param == "memory" else path)
    yield store
    store.close()


def files(path: Path) -> list[Path]:
    return sorted((path.parent / "runs.db.files" / "artifacts").iterdir())


def test_an_output_is_read_in_characters(either: Store) -> None:
    text = "abcäöü" * 1000 + "\ud800\0"
    name = either.put(text)
    assert either.put(text, run_id="r") == name
    assert either.get(name) == (text, 6002)
    assert either.get(name, 3, 4) == ("äöüa", 6002)
    assert either.get(name, 6000, 100) == ("\ud800\0", 6002)
    assert either.get(name, 9999, 5) == ("", 6002)
    assert either.get(name, -5, 3) == ("abc", 6002)


@pytest.mark.parametrize("name", ["../store.json", "/etc/passwd", "", "0" * 32, "0" * 31 + "\n", "a\0"])
def test_a_name_that_was_never_given_is_refused(either: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no stored output"):
        either.get(name)


def test_a_changed_output_is_refused_and_mended_by_putting_it_again(store: SqliteStore, path: Path) -> None:
    name = store.put("x" * 100)
    files(path)[0].write_text("x" * 99 + "y")
    with pytest.raises(StoreError, match="damaged"):
        store.get(name)
    store.put("x" * 100)
    assert store.get(name) == ("x" * 100, 100)


def test_many_threads_may_put_the_same_output(store: SqliteStore, path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: store.put("same", run_id="r"), range(40)))
    assert [file.name for file in files(path)] == list(names)


class State(TypedDict):
    text: str


def run_with_canary(store: Store, thread: str, run: str, canary: str) -> None:
    """Leave a text in every place a run leaves text."""
    builder = StateGraph(State)
    builder.add_node("n", lambda state: {"text": state["text"] * 50})
    builder.add_edge(START, "n")
    graph = builder.compile(checkpointer=store.checkpointer)
    graph.invoke({"text": canary}, {"configurable": {"thread_id": thread}}, durability="sync")
    store.upsert_run(thread, run, goal=canary, settings={"x": canary})
    store.prepare(run, {"tool": canary, "args": {"x": canary}, "action_id": "a"}, "read_only")
    store.start(run, "a", canary)
    store.finish(run, "a", canary, True, {"output": canary * 100})
    store.append(run, {"type": canary})
    store.charge(run, node="n", task_id=canary)
    store.put(canary * 1000, run_id=run)


def holding(path: Path, text: str) -> list[str]:
    return [p.name for p in path.parent.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def test_a_deleted_run_leaves_no_byte(store: SqliteStore, path: Path) -> None:
    run_with_canary(store, "t", "r", CANARY)
    store.append("r", {"long": CANARY * 10_000})
    store.database.scrub()
    run_with_canary(store, "u", "s", "other")
    shared = [store.put("shared", run_id=run) for run in ("r", "s")]
    (path.parent / "runs.db.files" / "artifacts" / ".draft-x").write_text(CANARY)  # as a kill would leave it
    assert holding(path, CANARY)
    size = path.stat().st_size
    assert store.delete_run("t")
    assert holding(path, CANARY) == []
    assert store.run("t") is None and store.events("r") == [] and store.spent("r")["steps"] == 0
    assert store.get(shared[0]) == ("shared", 6)
    assert [row["run_id"] for row in store.runs()] == ["s"]
    assert len(store.events("s")) == 1 and len(files(path)) == 2
    assert not store.delete_run("t")
    assert path.stat().st_size < size


def test_checkpoints_deleted_through_langgraph_leave_no_byte_either(path: Path) -> None:
    with SqliteStore(path) as store:
        builder = StateGraph(State)
        builder.add_node("n", lambda state: state)
        builder.add_edge(START, "n")
        graph = builder.compile(checkpointer=store.checkpointer)
        graph.invoke({"text": CANARY}, {"configurable": {"thread_id": "t"}}, durability="sync")
        store.checkpointer.delete_thread("t")
    assert holding(path, CANARY) == []


def test_a_deletion_with_another_process_on_the_file_leaves_no_byte(store: SqliteStore, path: Path, start: Any) -> None:
    run_with_canary(store, "t", "r", CANARY)
    child = start("s = open_store(path); s.runs(); print('ready', flush=True); input(); print(len(s.runs()))")
    child.stdout.readline()
    assert store.delete_run("t")
    assert holding(path, CANARY) == []
    assert child.communicate("\n")[0] == "0\n"


def test_a_reader_that_keeps_the_bytes_alive_is_reported(store: SqliteStore, path: Path) -> None:
    run_with_canary(store, "t", "r", CANARY)
    store.database.connection.execute("PRAGMA busy_timeout = 1")
    with SqliteStore(path) as other, other.database.transaction(write=False) as cursor:
        cursor.execute("SELECT * FROM runs").fetchone()
        with pytest.raises(StoreError, match="bytes may remain"):
            store.delete_run("t")
    assert store.run("t") is None


def test_a_run_in_memory_is_deleted_too(tmp_path: Path) -> None:
    store = open_store(None)
    run_with_canary(store, "t", "r", CANARY)
    assert store.delete_run("t")
    assert store.runs() == []
    with pytest.raises(StoreError):
        store.get(store.put("x")[:-1] + "g")
    store.close()
