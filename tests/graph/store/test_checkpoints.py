"""The checkpointer: sync and async graphs on one store, hostile and damaged rows, errors of the database."""

import asyncio
import operator
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, cast

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Interrupt, Send, interrupt
from typing_extensions import TypedDict

from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.graph.store import serde as serde_module
from surefoot.graph.store.columns import checksum
from surefoot.graph.store.serde import StrictSerializer, self_test
from surefoot.tools.errors import StoreError


class State(TypedDict, total=False):
    items: list[str]
    about: str
    answers: Annotated[list[str], operator.add]


class Item(TypedDict):
    name: str


def asking_graph(store: Store) -> Any:
    """Ask one question for each item, side by side."""

    def ask(item: Item) -> dict[str, Any]:
        return {"answers": [f"{item['name']}={interrupt({'about': item['name']})['say']}"]}

    builder = StateGraph(State)
    builder.add_node("plan", lambda state: Command(update={"items": ["a", "b", "c"], "about": "long " * 100}))
    builder.add_node("ask", ask)
    builder.add_edge(START, "plan")
    builder.add_conditional_edges("plan", lambda state: [Send("ask", {"name": name}) for name in state["items"]])
    builder.add_edge("ask", END)
    return builder.compile(checkpointer=store.checkpointer)


def on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def questions(graph: Any, thread: str) -> dict[str, str]:
    waiting = [i for t in graph.get_state(on(thread)).tasks for i in t.interrupts]
    assert all(isinstance(i, Interrupt) for i in waiting)
    return {i.value["about"]: i.id for i in waiting}


def test_parallel_questions_survive_the_process_and_are_answered_one_by_one(place: Any) -> None:
    with open_store(place) as store:
        asking_graph(store).invoke({}, on("t"), durability="sync")
        first = questions(asking_graph(store), "t")
    with open_store(place) as store:
        graph = asking_graph(store)
        assert questions(graph, "t") == first and set(first) == {"a", "b", "c"}
        for name in ("b", "a", "c"):
            result = graph.invoke(Command(resume={first[name]: {"say": name.upper()}}), on("t"), durability="sync")
    assert sorted(result["answers"]) == ["a=A", "b=B", "c=C"]


async def test_a_run_begun_sync_is_ended_async_and_the_other_way_round(place: Any) -> None:
    with open_store(place) as store:
        graph = asking_graph(store)
        graph.invoke({}, on("s"), durability="sync")
        await graph.ainvoke({}, on("a"), durability="sync")
        answers = {i: {"say": "yes"} for i in questions(graph, "s").values()}
        ended = await graph.ainvoke(Command(resume=answers), on("s"), durability="sync")
        answers = {i: {"say": "yes"} for i in questions(graph, "a").values()}
        again = graph.invoke(Command(resume=answers), on("a"), durability="sync")
        states = [state.values async for state in graph.aget_state_history(on("s"))]
        await store.checkpointer.adelete_thread("s")
        assert (await graph.aget_state(on("s"))).values == {}
    assert ended["answers"] == again["answers"] == ["a=yes", "b=yes", "c=yes"]
    assert states[0] == ended and len(states) == 4


async def test_a_finished_task_is_not_run_again(store: Store) -> None:
    ran: list[int] = []

    @task
    def work(n: int) -> dict[str, int]:
        ran.append(n)
        return {"n": n}

    @entrypoint(checkpointer=store.checkpointer)
    def flow(n: int) -> list[Any]:
        done = [work(i).result() for i in range(n)]
        return [*done, interrupt("go on?")]

    flow.invoke(3, on("t"), durability="sync")
    assert await flow.ainvoke(Command(resume="yes"), on("t"), durability="sync") == [
        {"n": 0},
        {"n": 1},
        {"n": 2},
        "yes",
    ]
    assert sorted(ran) == [0, 1, 2]


def test_langgraphs_own_types_come_back(store: Store) -> None:
    for value in (Interrupt(value={"q": 1}, id="x"), Send("node", {"a": 1}), Command(goto=["b"], resume={"x": True})):
        kind, data = store.checkpointer.serde.dumps_typed(value)
        assert store.checkpointer.serde.loads_typed((kind, data)) == value


def hostile(target: Path) -> list[bytes]:
    """Write msgpack that makes a lax reader create a file, one for each way of naming code."""
    command = f"touch {target}"
    calls = [
        (0, ["os", "system", command]),
        (1, ["os", "system", [command]]),
        (2, ["os", "system", {"command": command}]),
        (3, ["os", "path", command, "system"]),
        (4, ["os", "system", {"command": command}]),
        (5, ["os", "system", {"command": command}, "model_validate_json"]),
    ]
    return [ormsgpack.packb({"channel_values": ormsgpack.Ext(code, ormsgpack.packb(call))}) for code, call in calls]


def test_a_hostile_row_runs_nothing(path: Path, tmp_path: Path, start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGGRAPH_STRICT_MSGPACK", raising=False)
    target = tmp_path / "touched"
    with SqliteStore(path) as store, store.database.transaction() as cursor:
        for number, blob in enumerate(hostile(target)):
            row = ("t", "", str(number), None, f"msgpack:{checksum(blob)}", blob, b"{}")
            cursor.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            written = ("t", "", str(number), "x", "", 0, "c", f"msgpack:{checksum(blob)}", blob)
            cursor.execute("INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", written)
    child = start("print(len(list(open_store(path).checkpointer.list({'configurable': {'thread_id': 't'}}))))")
    assert child.communicate()[0] == "6\n"
    assert not target.exists()


@pytest.mark.parametrize("kind", ["json", "pickle", "odd", ""])
def test_a_kind_of_row_that_is_never_written_is_refused(store: Store, kind: str) -> None:
    blob = b'{"lc": 2, "type": "constructor", "id": ["os", "system"], "args": ["true"]}'
    for name in (kind, f"{kind}:{checksum(blob)}"):
        with pytest.raises(StoreError, match="damaged"):
            store.checkpointer.serde.loads_typed((name, blob))


def test_the_self_test_notices_a_serializer_that_runs_code(monkeypatch: pytest.MonkeyPatch) -> None:
    self_test()

    def lax(self: StrictSerializer, where: str) -> None:
        JsonPlusSerializer.__init__(self, allowed_msgpack_modules=True)
        self.where = where

    monkeypatch.setattr(serde_module.StrictSerializer, "__init__", lax)
    with pytest.raises(StoreError, match="runs code"):
        open_store(None)


def test_the_self_test_says_nothing(start) -> None:
    child = start("os.dup2(1, 2); open_store(None); print('end')")
    assert child.communicate()[0] == "end\n"


CHANGES = {
    "sqlite": [
        "UPDATE checkpoints SET checkpoint = CAST(checkpoint || X'00' AS BLOB)",
        "UPDATE checkpoints SET type = NULL",
        "UPDATE checkpoints SET checkpoint = NULL",
        "UPDATE checkpoints SET type = 7",
        "UPDATE checkpoints SET metadata = '{'",
        "UPDATE writes SET type = 'msgpack'",
        "UPDATE large_values SET value = CAST(replace(value, 'o', 'p') AS BLOB)",
        "UPDATE large_values SET type = 'msgpack'",
        "DELETE FROM large_values",
    ],
    "postgres": [
        "UPDATE checkpoints SET checkpoint = replace(checkpoint::text, 'plan', 'plot')::jsonb",
        "UPDATE checkpoints SET checkpoint = checkpoint - 'checksum'",
        "UPDATE checkpoints SET checkpoint = '{}'",
        "UPDATE checkpoint_blobs SET blob = replace(encode(blob, 'escape'), 'a', 'b')::bytea",
        "UPDATE checkpoint_blobs SET type = 'msgpack'",
        "DELETE FROM checkpoint_blobs WHERE channel = 'items'",
        "UPDATE checkpoint_writes SET blob = ''",
    ],
}


@pytest.mark.parametrize(("kind", "change"), [(kind, change) for kind in CHANGES for change in CHANGES[kind]])
def test_a_changed_state_is_refused(request: pytest.FixtureRequest, path: Path, kind: str, change: str) -> None:
    with open_store(path if kind == "sqlite" else request.getfixturevalue("postgres_url")) as store:
        asking_graph(store).invoke({}, on("t"), durability="sync")
        with store.database.transaction() as cursor:
            cursor.execute(change)
        with pytest.raises(StoreError, match="damaged") as error:
            asking_graph(store).get_state(on("t"))
        assert store.where in str(error.value)


@pytest.mark.parametrize(
    ("pragma", "says"), [("query_only = ON", "writable"), ("max_page_count = 1", "disk is full"), (None, "closed")]
)
def test_what_the_database_refuses_stops_the_graph_with_one_sentence(
    file_store: SqliteStore, path: Path, pragma: str | None, says: str
) -> None:
    graph = asking_graph(file_store)
    if pragma:
        file_store.database.connection.execute(f"PRAGMA {pragma}")
    else:
        file_store.close()
    with pytest.raises(StoreError, match=says) as error:
        graph.invoke({"items": ["x" * 20_000]}, on("t"), durability="sync")
    assert str(path) in str(error.value)
    with pytest.raises(StoreError, match=says):
        asyncio.run(graph.ainvoke({"items": ["x" * 20_000]}, on("t"), durability="sync"))


def test_a_database_locked_by_another_program_is_said_to_be(file_store: SqliteStore, path: Path) -> None:
    store = file_store
    store.database.connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        asking_graph(store).invoke({}, on("t"), durability="sync")
    other.close()
    asking_graph(store).invoke({}, on("t"), durability="sync")


def test_a_save_that_fails_half_way_leaves_nothing(store: Store) -> None:
    config = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": "1"}}
    with pytest.raises(TypeError):
        store.checkpointer.put_writes(config, [("a", 1), ("b", os.system)], "x")
    with pytest.raises(StoreError):
        store.checkpointer.put_writes(config, [("a", 1), ("\ud800", 2)], "x")
    with store.database.transaction(write=False) as cursor:
        tables = store.checkpoint_tables
        assert [cursor.execute(f"SELECT COUNT(*) FROM {table}").fetchone() for table in tables] == [(0,)] * len(tables)


def test_a_large_value_is_kept_once_and_goes_with_its_thread(file_store: SqliteStore) -> None:
    asking_graph(file_store).invoke({}, on("t"), durability="sync")
    asking_graph(file_store).invoke({}, on("u"), durability="sync")

    def kept() -> list[Any]:
        with file_store.database.transaction(write=False) as cursor:
            return cursor.execute("SELECT thread_id, COUNT(*) FROM large_values GROUP BY thread_id").fetchall()

    about = [found.checkpoint["channel_values"].get("about") for found in file_store.checkpointer.list(on("t"))]
    assert about == ["long " * 100, None, None] and kept() == [("t", 1), ("u", 1)]
    file_store.checkpointer.delete_thread("t")
    assert kept() == [("u", 1)] and questions(asking_graph(file_store), "u")
    file_store.delete_run("u")
    assert kept() == []


def test_a_thread_with_the_versions_of_langgraphs_own_saver_goes_on(path: Path) -> None:
    with SqliteStore(path) as store:
        theirs = SqliteSaver(store.database.connection, serde=store.checkpointer.serde)
        asking_graph(cast(Any, SimpleNamespace(checkpointer=theirs))).invoke({}, on("t"), durability="sync")
        graph = asking_graph(store)
        answers = {i: {"say": "yes"} for i in questions(graph, "t").values()}
        assert graph.invoke(Command(resume=answers), on("t"), durability="sync")["answers"] == [
            "a=yes",
            "b=yes",
            "c=yes",
        ]


def test_listing_does_not_keep_the_database_locked(store: Store) -> None:
    asking_graph(store).invoke({}, on("t"), durability="sync")
    for found in store.checkpointer.list(on("t")):
        store.checkpointer.get_tuple(found.config)
        store.append("r", {"type": "seen"})
    assert len(store.events("r")) == 3
