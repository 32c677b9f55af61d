"""Odd values come back the same from both stores, and none of them jams a thread."""

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Interrupt, interrupt
from scripted_agent import Agent, act, plan, subtask
from typing_extensions import TypedDict

from surefoot.graph import Store, open_store
from surefoot.graph.store.serde import StrictSerializer
from surefoot.tools import tool_effect
from surefoot.tools.errors import StoreError

NESTED: Any = "bottom"
for _ in range(20):
    NESTED = {"in": [NESTED]}

VALUES: dict[str, Any] = {
    "plain": "text",
    "nul": "a\0b",
    "escape": "\\u0000 \\x00 %s ? '",
    "surrogate": "a\ud800b",
    "emoji": "日本 \U0001f600 \u202e",
    "empty": "",
    "none": None,
    "true": True,
    "int": 2**63 - 1,
    "negative": -(2**63),
    "float": 0.1 + 0.2,
    "nan": math.nan,
    "infinity": -math.inf,
    "minus zero": -0.0,
    "bytes": b"\0\xff",
    "list": [1, None, "\0", math.inf, {"\0": "\ud800"}],
    "nested": NESTED,
    "long": "x" * 1_000_000,
}
TOO_MUCH: dict[str, Any] = {"too big": 2**64, "function": print, "deep": [[[]]]}
for _ in range(600):
    TOO_MUCH["deep"] = [TOO_MUCH["deep"]]


LONG = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
"""A name that no index takes."""


class State(TypedDict, total=False):
    value: Any
    again: Any


@pytest.fixture
def both(path: Path, postgres_url: str) -> Iterator[list[Store]]:
    with open_store(path) as file, open_store(postgres_url) as server:
        yield [file, server]


def carrying(store: Store, value: Any) -> Any:
    """Put a value into the state, in a task's write, in a question and in an answer."""
    builder = StateGraph(State)
    builder.add_node("first", lambda state: {"again": state.get("value")})
    builder.add_node("ask", lambda state: {"value": interrupt(value)})
    builder.add_edge(START, "first")
    builder.add_edge("first", "ask")
    return builder.compile(checkpointer=store.checkpointer)


def on(thread: str, **metadata: Any) -> Any:
    return {"configurable": {"thread_id": thread}, "metadata": metadata}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_the_same_from_both(both: list[Store], name: str) -> None:
    value, seen = VALUES[name], []
    for store in both:
        graph = carrying(store, value)
        graph.invoke({"value": value}, on("t", note=value), durability="sync")
        if value is not None:  # LangGraph cannot take None for an answer
            [asked] = graph.get_state(on("t")).interrupts
            graph.invoke(Command(resume={asked.id: value}), on("t"), durability="sync")
        seen.append([plain(point) for point in asyncio.run(listed(store))])
    assert seen[0] == seen[1]
    assert len(seen[0]) == (3 if value is None else 4)
    if name not in ("surrogate", "list"):
        assert seen[0][0]["values"]["again"] == comparable(value)


async def listed(store: Store) -> list[Any]:
    return [found async for found in store.checkpointer.alist(on("t"))]


def plain(point: Any) -> dict[str, Any]:
    """All of a checkpoint but what is made up anew each time."""
    writes = sorted((channel, repr(comparable(value))) for _, channel, value in point.pending_writes)
    metadata = {name: value for name, value in point.metadata.items() if name != "parents"}
    return {
        "values": comparable(point.checkpoint["channel_values"]),
        "writes": writes,
        "metadata": comparable(metadata),
        "parent": bool(point.parent_config),
    }


def comparable(value: Any) -> Any:
    """With NaN as text, because it equals nothing, and without the ids of questions."""
    if isinstance(value, Interrupt):
        return comparable(value.value)
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(item) for item in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_value_no_store_takes_is_refused_by_both_alike_and_jams_nothing(both: list[Store], name: str) -> None:
    seen = []
    for store in both:
        graph = carrying(store, TOO_MUCH[name])
        with pytest.raises(TypeError) as refused:
            graph.invoke({"value": "x"}, on("t"), durability="sync")
        with pytest.raises(TypeError):
            graph.update_state(on("t"), {"value": TOO_MUCH[name]}, as_node="first")
        again = carrying(store, "better")
        assert [i.value for i in again.invoke(None, on("t"), durability="sync")["__interrupt__"]] == ["better"]
        seen.append((str(refused.value), again.get_state(on("t")).values))
    assert seen[0] == seen[1]


def odd_agent(store: Store) -> Any:
    """An agent whose goal, plan, arguments and results are odd."""

    @tool_effect("read_only")
    def show(what: str) -> Any:
        """Show something."""
        return {**VALUES, "more": [2**64, {1, 2}, ("a", "b")], what: "\0"}

    @tool_effect("read_only")
    def broken(what: str) -> Any:
        """Break."""
        raise RuntimeError(f"{what} \0\ud800")

    calls = [
        act("show", what="\0\ud800"),
        act("broken", what="\0"),
        act("no\0such", what="\ud800"),
        {"answer": "\0\ud800"},
    ]
    think = {"a\ufffd": calls, LONG: [act("show", what="x"), {"answer": "long"}]}
    script = {"plan": [plan(subtask("a\0", does="Do \0\ud800."), subtask(LONG, "a\0"))], "think": think}
    return Agent(script, [show, broken], store=store)


def test_an_agent_that_meets_odd_values_ends_the_same_on_both(both: list[Store]) -> None:
    seen = []
    for store in both:
        agent = odd_agent(store)
        state = agent.run("Do \0 it.")
        row = store.run("t1")
        assert row and state["report"]["evidence"]["a\ufffd"][0]["tool"] == "show"
        told = timeless([state["report"], *store.events("t1#1")])
        seen.append((state["status"], state["answer"], told, row["goal"], row["status"]))
    assert seen[0] == seen[1]
    assert seen[0][0] == "done"


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        timed = ("at", "usage", "summary", "duration_seconds", "seconds")
        return {key: timeless(item) for key, item in value.items() if key not in timed}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def test_a_frame_is_read_with_the_words_it_was_packed_with() -> None:
    frame = {"v": 4, "channel_values": {"goal": "Look.", "queue": []}}
    strict = StrictSerializer("here")
    kind, packed = strict.pack_typed(frame)
    assert strict.loads_typed((kind, packed)) == frame
    older = (
        "msgpack+zlib:87df033a8b9923d1",
        b"x\xbbP<\xae\xdek\x02\x063Z 6\x81\x03`\xa9O~~\xb6\x1e\xc4/\x13\x00B'\x10\x9f",
    )
    assert strict.loads_typed(older) == frame
    with pytest.raises(StoreError, match="damaged"):
        strict.loads_typed((kind.replace("+zlib2", "+zlib3"), packed))
