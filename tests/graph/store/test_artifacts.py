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


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest, path: Path) -> Any:
    places = {
        "memory": lambda: None,
        "sqlite": lambda: path,
        "postgres": lambda: request.getfixturevalue("postgres_url"),
    }
    with open_store(places[request.param]()) as store:
        yield store


def files(path: Path) -> list[Path]:
    return sorted((path.parent / "runs.db.files" / "artifacts").iterdir())


def test_an_output_is_read_in_characters(any_store: Store) -> None:
    text = "abcäöü" * 1000 + "\ud800\0"
    name = any_store.put(text)
    assert any_store.put(text, run_id="r") == name
    assert any_store.get(name) == (text, 6002)
    assert any_store.get(name, 3, 4) == ("äöüa", 6002)
    assert any_store.get(name, 6000, 100) == ("\ud800\0", 6002)
    assert any_store.get(name, 9999, 5) == ("", 6002)
    assert any_store.get(name, -5, 3) == ("abc", 6002)


@pytest.mark.parametrize("name", ["../store.json", "/etc/passwd", "", "0" * 32, "0" * 31 + "\n", "a\0"])
def test_a_name_that_was_never_given_is_refused(any_store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no stored output"):
        any_store.get(name)


def test_a_changed_output_is_refused_and_mended_by_putting_it_again(file_store: SqliteStore, path: Path) -> None:
    name = file_store.put("x" * 100)
    files(path)[0].write_text("x" * 99 + "y")
    with pytest.raises(StoreError, match="damaged"):
        file_store.get(name)
    file_store.put("x" * 100)
    assert file_store.get(name) == ("x" * 100, 100)


def test_many_threads_may_put_the_same_output(any_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        [name] = set(pool.map(lambda _: any_store.put("same", run_id="r"), range(40)))
    assert any_store.get(name) == ("same", 4)


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


def test_a_deleted_run_leaves_no_byte(file_store: SqliteStore, path: Path) -> None:
    run_with_canary(file_store, "t", "r", CANARY)
    file_store.append("r", {"long": CANARY * 10_000})
    file_store.database.scrub()
    run_with_canary(file_store, "u", "s", "other")
    shared = [file_store.put("shared", run_id=run) for run in ("r", "s")]
    (path.parent / "runs.db.files" / "artifacts" / ".draft-x").write_text(CANARY)  # as a kill would leave it
    assert holding(path, CANARY)
    size = path.stat().st_size
    assert file_store.delete_run("t")
    assert holding(path, CANARY) == []
    assert file_store.run("t") is None and file_store.events("r") == [] and file_store.spent("r")["steps"] == 0
    assert file_store.get(shared[0]) == ("shared", 6)
    assert [row["run_id"] for row in file_store.runs()] == ["s"]
    assert len(file_store.events("s")) == 1 and len(files(path)) == 2
    assert not file_store.delete_run("t")
    assert path.stat().st_size < size


def test_checkpoints_deleted_through_langgraph_leave_no_byte_any_store(path: Path) -> None:
    with SqliteStore(path) as store:
        builder = StateGraph(State)
        builder.add_node("n", lambda state: state)
        builder.add_edge(START, "n")
        graph = builder.compile(checkpointer=store.checkpointer)
        graph.invoke({"text": CANARY}, {"configurable": {"thread_id": "t"}}, durability="sync")
        store.checkpointer.delete_thread("t")
    assert holding(path, CANARY) == []


def test_a_deletion_with_another_process_on_the_file_leaves_no_byte(
    file_store: SqliteStore, path: Path, start: Any
) -> None:
    run_with_canary(file_store, "t", "r", CANARY)
    child = start("s = open_store(path); s.runs(); print('ready', flush=True); input(); print(len(s.runs()))")
    child.stdout.readline()
    assert file_store.delete_run("t")
    assert holding(path, CANARY) == []
    assert child.communicate("\n")[0] == "0\n"


def test_a_reader_that_keeps_the_bytes_alive_is_reported(file_store: SqliteStore, path: Path) -> None:
    run_with_canary(file_store, "t", "r", CANARY)
    file_store.database.connection.execute("PRAGMA busy_timeout = 1")
    with SqliteStore(path) as other, other.database.transaction(write=False) as cursor:
        cursor.execute("SELECT * FROM runs").fetchone()
        with pytest.raises(StoreError, match="bytes may remain"):
            file_store.delete_run("t")
    assert file_store.run("t") is None


def test_a_run_is_deleted_with_the_outputs_no_other_has(any_store: Store) -> None:
    run_with_canary(any_store, "t", "r", CANARY)
    run_with_canary(any_store, "u", "s", "other")
    own = any_store.put("own", run_id="r")
    [shared] = {any_store.put("shared", run_id=run) for run in ("r", "s")}
    assert any_store.delete_run("t")
    assert [row["run_id"] for row in any_store.runs()] == ["s"]
    assert any_store.run("t") is None and any_store.events("r") == [] and any_store.spent("r")["steps"] == 0
    assert list(any_store.checkpointer.list({"configurable": {"thread_id": "t"}})) == []
    assert list(any_store.checkpointer.list({"configurable": {"thread_id": "u"}}))
    assert any_store.get(shared) == ("shared", 6)
    with pytest.raises(StoreError, match="no stored output"):
        any_store.get(own)
    assert not any_store.delete_run("t")
