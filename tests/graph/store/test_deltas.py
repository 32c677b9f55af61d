"""A channel that is saved as changes comes back whole, from its changes alone."""

import operator
from pathlib import Path
from typing import Annotated, Any

import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from surefoot.graph.store import SqliteStore
from surefoot.nodes.state import appended

CONFIG: Any = {"configurable": {"thread_id": "t"}}
FREQUENCY = 4


class Loop(TypedDict, total=False):
    turn: int
    until: int
    log: Annotated[list[Any], DeltaChannel(appended, snapshot_frequency=FREQUENCY)]
    seen: Annotated[list[int], operator.add]


def loop(store: SqliteStore) -> Any:
    """A graph that adds to its log at each turn, two entries at once in the order of its nodes."""
    graph = StateGraph(Loop)
    graph.add_node(
        "turn", lambda state: {"turn": state.get("turn", 0) + 1, "log": [{"turn": state.get("turn", 0) + 1}]}
    )
    graph.add_node("one", lambda state: {"log": [{"one": state["turn"]}], "seen": [state["turn"]]})
    graph.add_node("other", lambda state: {"log": [{"other": state["turn"]}]})
    graph.add_edge(START, "turn")
    graph.add_conditional_edges("turn", lambda state: ["one", "other"])
    graph.add_conditional_edges("one", lambda state: "turn" if state["turn"] < state["until"] else "__end__")
    return graph.compile(checkpointer=store.checkpointer)


@pytest.fixture
def store(path: Path) -> Any:
    with SqliteStore(path) as store:
        yield store


def whole(history: Any) -> list[Any]:
    seed = history.get("seed")
    return appended(list(seed.value) if seed else [], [value for _, _, value in history["writes"]])


def test_every_moment_has_the_log_langgraph_itself_would_find(store: SqliteStore) -> None:
    graph = loop(store)
    graph.invoke({"until": 6}, CONFIG)
    moments = [*store.checkpointer.list(CONFIG)]
    fork = graph.update_state(moments[5].config, {"log": [{"by": "hand"}], "until": 9}, as_node="other")
    graph.invoke(None, fork)
    moments = [*store.checkpointer.list(CONFIG)]
    assert len(moments) > 12
    seeded = 0
    for moment in moments:
        found = store.checkpointer.get_delta_channel_history(config=moment.config, channels=["log", "seen"])
        plain = BaseCheckpointSaver.get_delta_channel_history(
            store.checkpointer, config=moment.config, channels=["log", "seen"]
        )
        assert whole(found["log"]) == whole(plain["log"])
        assert found["log"]["writes"] == plain["log"]["writes"]
        assert found["seen"] == plain["seen"]
        seeded += "seed" in found["log"]
    assert FREQUENCY < seeded < len(moments)


def test_the_newest_is_meant_where_none_is_named_and_nothing_is_found_in_an_unknown_thread(store: SqliteStore) -> None:
    loop(store).invoke({"until": 5}, CONFIG)
    newest = store.checkpointer.get_tuple(CONFIG)
    assert newest
    found = store.checkpointer.get_delta_channel_history(config=CONFIG, channels=["log"])
    assert found == store.checkpointer.get_delta_channel_history(config=newest.config, channels=["log"])
    unknown: Any = {"configurable": {"thread_id": "other"}}
    assert store.checkpointer.get_delta_channel_history(config=unknown, channels=["log"]) == {"log": {"writes": []}}


def test_no_checkpoint_on_the_way_is_read(store: SqliteStore) -> None:
    graph = loop(store)
    graph.invoke({"until": 5}, CONFIG)
    newest = store.checkpointer.get_tuple(CONFIG)
    assert newest
    before = store.checkpointer.get_delta_channel_history(config=newest.config, channels=["log"])["log"]
    seed = next(
        moment for moment in store.checkpointer.list(CONFIG) if "log" in moment.checkpoint["channel_values"]
    ).checkpoint["id"]
    with store.database.transaction() as cursor:
        kept = (newest.checkpoint["id"], seed)
        cursor.execute("UPDATE checkpoints SET checkpoint = x'00' WHERE checkpoint_id NOT IN (?, ?)", kept)
        assert cursor.rowcount > FREQUENCY
    after = store.checkpointer.get_delta_channel_history(config=newest.config, channels=["log"])["log"]
    assert after == before and after["writes"]


def test_a_checkpoint_written_anew_behind_its_own_descendant_ends_the_way(store: SqliteStore) -> None:
    loop(store).invoke({"until": 3}, CONFIG)
    newest, *_, oldest = [moment.checkpoint["id"] for moment in store.checkpointer.list(CONFIG)]
    with store.database.transaction() as cursor:
        cursor.execute("UPDATE checkpoints SET parent_checkpoint_id = ? WHERE checkpoint_id = ?", (newest, oldest))
    found = store.checkpointer.get_delta_channel_history(config=CONFIG, channels=["log"])
    assert found["log"]["writes"]
