"""What the graph inside the main one saves while it works: the newest checkpoint that has something no journal has."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from surefoot.graph.store import SqliteStore

INSIDE = "execute:1|subtask:2"


def at(checkpoint: str | None = None, space: str = INSIDE) -> Any:
    place = {"thread_id": "t", "checkpoint_ns": space}
    return {"configurable": place | ({"checkpoint_id": checkpoint} if checkpoint else {})}


def point(name: str, **values: Any) -> Any:
    versions = dict.fromkeys(values, 1)
    return {**empty_checkpoint(), "id": name, "ts": "now", "channel_values": values, "channel_versions": versions}


def save(store: SqliteStore, name: str, parent: str | None, space: str = INSIDE, **values: Any) -> None:
    about: Any = {"source": "loop", "step": int(name), "counters_since_delta_snapshot": {"log": [1, 1]}}
    store.checkpointer.put(at(parent, space), point(name, **values), about, dict.fromkeys(values, 1))


def said(store: SqliteStore, checkpoint: str, text: str, task: str, channel: str = "log") -> None:
    store.checkpointer.put_writes(at(checkpoint), [(channel, [text])], task, f"~__pregel_pull, {task}")


def saved(store: SqliteStore, space: str = INSIDE) -> list[str]:
    return [found.checkpoint["id"] for found in store.checkpointer.list(at(space=space))]


def log(store: SqliteStore, checkpoint: str) -> list[str]:
    found = store.checkpointer.get_delta_channel_history(config=at(checkpoint), channels=["log"])
    return [text for _, _, value in found["log"]["writes"] for text in value]


@pytest.fixture
def store(path: Path) -> Any:
    with SqliteStore(path) as store:
        yield store


def test_of_the_checkpoints_between_two_durable_points_the_newest_is_kept(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        save(store, "2", "1")
        save(store, "3", "2", turn=3)
        store.append("t#1", {"type": "durable"})
        assert saved(store) == ["3", "1"]
        save(store, "4", "3")
        save(store, "5", "4", turn=5)
    assert saved(store) == ["5", "3", "1"]
    found = store.checkpointer.get_tuple(at())
    assert found and found.checkpoint["channel_values"] == {"turn": 5}
    assert found.parent_config == {"configurable": {"thread_id": "t", "checkpoint_ns": INSIDE, "checkpoint_id": "3"}}


def test_what_comes_about_again_waits_for_the_next_reply_and_for_the_end(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        save(store, "2", "1", turn=2)
        save(store, "3", "2", verdict="fine")
        store.append("t#1", {"type": "before the call"})
        assert saved(store) == ["3", "1"]
        save(store, "4", "3", results=["a result"], batch=[])
        said(store, "4", "a result", "z")
        store.append("t#1", {"type": "before the model is asked"})
        assert saved(store) == ["3", "1"] and log(store, "3") == []
        save(store, "5", "4", decisions=["a person's yes"])
        store.append("t#1", {"type": "before the next call"})
        assert saved(store) == ["5", "3", "1"] and log(store, "5") == ["a result"]
        save(store, "6", "5", batch=["a call"])
        store.append("t#1", {"type": "before the call"})
        assert saved(store) == ["6", "5", "3", "1"]
        save(store, "7", "6", results=[])
    assert saved(store) == ["7", "6", "5", "3", "1"]


def test_what_was_added_to_the_log_at_those_passed_over_is_there_in_its_order(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        said(store, "1", "a", "z")
        save(store, "2", "1")
        said(store, "2", "b", "y")
        save(store, "3", "2")
        said(store, "3", "c", "x")
        save(store, "4", "3", turn=4)
        store.append("t#1", {"type": "durable"})
        said(store, "4", "d", "w")
        save(store, "5", "4")
    assert log(store, "5") == ["a", "b", "c", "d"] and log(store, "4") == ["a", "b", "c"]


def test_what_a_task_wrote_is_kept_until_a_checkpoint_has_it(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        said(store, "1", "kept", "a", channel="queue")
        save(store, "2", "1", turn=2)
        said(store, "2", "waits", "b", channel="queue")
        store.append("t#1", {"type": "durable"})
        found = store.checkpointer.get_tuple(at())
        assert found and [(channel, value) for _, channel, value in found.pending_writes or ()] == [
            ("queue", ["waits"])
        ]
        first = store.checkpointer.get_tuple(at("1"))
        assert first and not first.pending_writes


def test_a_question_is_kept_with_the_checkpoint_it_was_asked_at(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        save(store, "2", "1")
        said(store, "2", "may I?", "a", channel="__interrupt__")
    with store.gathered("t#1"):
        said(store, "2", "yes", "a", channel="__resume__")
        save(store, "3", "2")
    found = store.checkpointer.get_tuple(at("2"))
    assert found and {channel for _, channel, _ in found.pending_writes or ()} == {"__interrupt__", "__resume__"}


def test_a_large_value_first_seen_at_one_that_was_passed_over_is_there(store: SqliteStore) -> None:
    large = "x" * 1000
    with store.gathered("t#1"):
        save(store, "1", None)
        save(store, "2", "1", report=large, other="y" * 1000)
        save(store, "3", "2", report=large)
    found = store.checkpointer.get_tuple(at())
    assert found and found.checkpoint["channel_values"] == {"report": large}
    with store.database.transaction(write=False) as cursor:
        assert len(cursor.execute("SELECT name FROM large_values").fetchall()) == 1


def test_a_commit_that_fails_loses_nothing_and_what_comes_after_it_follows(store: SqliteStore) -> None:
    with store.gathered("t#1"):
        save(store, "1", None)
        said(store, "1", "a", "z")
        save(store, "2", "1", turn=2)
        with pytest.raises(ZeroDivisionError), store.database.transaction():
            raise ZeroDivisionError
        said(store, "2", "b", "y")
        save(store, "3", "2", turn=3)
    assert saved(store) == ["3", "2", "1"] and log(store, "3") == ["a", "b"]


def test_in_the_main_graph_and_where_nobody_gathers_all_are_kept(store: SqliteStore) -> None:
    for name, parent in (("1", None), ("2", "1"), ("3", "2")):
        save(store, name, parent)
    with store.gathered("t#1"):
        for name, parent in (("1", None), ("2", "1"), ("3", "2")):
            save(store, name, parent, space="")
    assert saved(store) == ["3", "2", "1"] == saved(store, space="")


def test_another_thread_is_not_held_back(store: SqliteStore, path: Path) -> None:
    with store.gathered("other#1"):
        save(store, "1", None)
        with SqliteStore(path) as seen:
            assert saved(seen) == ["1"]
