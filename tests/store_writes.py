"""Every way in which a run writes to its store, and all that a store in Postgres holds."""

import time
from collections.abc import Callable
from typing import Any

from langgraph.checkpoint.base import empty_checkpoint

from surefoot.graph.store import Store

ACTION = {"tool": "t", "args": {"n": 1}, "action_id": "a1"}


def on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}


def point(number: int = 1) -> Any:
    return {
        **empty_checkpoint(),
        "ts": "now",
        "id": str(number),
        "channel_values": {"c": "x"},
        "channel_versions": {"c": "1"},
    }


WRITES: dict[str, Callable[[Store], Any]] = {
    "append": lambda store: store.append("r", {"type": "x"}),
    "charge": lambda store: store.charge("r", node="n", task_id="t", steps=1, actions=["a"]),
    "reserve": lambda store: store.reserve("r", "7", node="n", task_id="t", tokens=5, usd=0.5),
    "settle": lambda store: store.charge("r", node="n", task_id="t", tokens=3, reservation="1"),
    "prepare": lambda store: store.prepare("r", {**ACTION, "action_id": "a3"}, "irreversible"),
    "start": lambda store: store.start("r", "a1", "me"),
    "finish": lambda store: store.finish("r", "a2", "me", True, {"success": True}),
    "release": lambda store: store.release("r", "a4", "me"),
    "resolve": lambda store: store.resolve("r", "a5", {"success": True}),
    "output": lambda store: store.put("y" * 1000, run_id="r"),
    "run": lambda store: store.upsert_run("t", "r", status="done"),
    "writes": lambda store: store.checkpointer.put_writes(
        {"configurable": {**on("t")["configurable"], "checkpoint_id": "1"}}, [("c", 1), ("d", 2)], "task"
    ),
    "checkpoint": lambda store: store.checkpointer.put(on("t"), point(2), {"step": 1}, {"c": "1"}),
}
"""Every way in which a run writes."""


def begun(store: Store) -> None:
    """Leave something for each of them to work on."""
    store.upsert_run("t", "r", goal="g")
    for action in ("a1", "a2", "a4", "a5"):
        store.prepare("r", {**ACTION, "action_id": action}, "irreversible")
    for action in ("a2", "a4", "a5"):
        store.start("r", action, "me")
    store.reserve("r", "1", node="n", task_id="t", tokens=5, usd=0.0)


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, the times left out."""
    with store.database.transaction(write=False) as cursor:
        tables = cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'surefoot' ORDER BY 1").fetchall()
        found = {}
        for (table,) in tables:
            rows = cursor.execute(f"SELECT to_jsonb({table}.*) FROM {table}").fetchall()
            found[table] = sorted(str({k: v for k, v in row.items() if not k.endswith("at")}) for (row,) in rows)
    return {name: rows for name, rows in found.items() if name != "store"}


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
