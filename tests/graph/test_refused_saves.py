"""LangGraph saves what a task wrote behind the work: one such write that the database refuses, once, is not passed over.

Each time the run stops with the database's own sentence before its next effect, and goes on with nothing lost.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import Door
from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.tools.errors import StoreError

WORK = {
    "a": [act("put", what="1"), act("fire", what="2"), {"answer": "a is done"}],
    "b": [act("put", what="3"), {"answer": "b is done"}],
}
SCRIPT = {
    "plan": lambda request: plan(subtask("a"), subtask("b", "a")),
    "think": lambda request: WORK[request.task_id][sum(message.type == "tool" for message in request.messages)],
}
IN_SQLITE = """
CREATE TEMP TRIGGER refusal BEFORE INSERT ON writes
WHEN NEW.channel = '{channel}' AND (NEW.checkpoint_ns = '') = {outer} AND length(NEW.value) > 1 AND first()
BEGIN SELECT RAISE(ABORT, 'refused on purpose'); END
"""
IN_POSTGRES = (
    "CREATE SEQUENCE refusals",  # what a sequence counts is not taken back with its transaction
    """
CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN
    IF nextval('refusals') = 1 THEN RAISE EXCEPTION 'refused on purpose'; END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql
""",
    """
CREATE TRIGGER refusal BEFORE INSERT ON checkpoint_writes FOR EACH ROW
WHEN (NEW.channel = '{channel}' AND (NEW.checkpoint_ns = '') = {outer} AND length(NEW.blob) > 1) EXECUTE FUNCTION refuse()
""",
)


def refuse_once(store: Store, channel: str, outer: bool) -> None:
    """Let the database refuse the first write of something to a channel, in the main graph or in the ReAct graph inside it."""
    if isinstance(store, SqliteStore):
        times: Iterator[bool] = iter([True])
        store.checkpointer.conn.create_function("first", 0, lambda: next(times, False))
        store.checkpointer.conn.execute(IN_SQLITE.format(channel=channel, outer=outer))
        return
    with store.database.transaction() as cursor:
        for statement in IN_POSTGRES:
            cursor.execute(statement.format(channel=channel, outer=outer))


def asked(store: Store) -> list[Any]:
    return [event["id"] for event in store.events("t1#1") if event["type"] == "question"]


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize(
    ("channel", "outer", "did"),
    [
        pytest.param("log", False, ["put 1"], id="what came of an action"),
        pytest.param("__interrupt__", False, ["put 1"], id="the question in its subtask"),
        pytest.param("__interrupt__", True, ["put 1"], id="the question"),
        pytest.param("__return__", True, ["put 1", "fire 2"], id="what came of a subtask"),
    ],
)
def test_the_run_stops_before_its_next_effect_and_loses_nothing(
    place: Path | str, channel: str, outer: bool, did: list[str], colour: str
) -> None:
    world = World()
    with open_store(place) as store:
        agent = Agent(SCRIPT, world.tools(), store=store, colour=colour)
        refuse_once(store, channel, outer)
        with pytest.raises(StoreError, match="refused a read or write: refused on purpose"):
            agent.run()
            agent.answer_all(True)
        assert world.did == did
        assert store.run("t1")["status"] == "running"
        state = agent.again()
        if "fire 2" not in world.did:
            assert list(agent.questions()) == asked(store)
            state = agent.answer_all(True)
        assert state["status"] == "done" and len(asked(store)) == 1
    assert world.did == ["put 1", "fire 2", "put 3"]


def test_at_the_door_it_is_cut_off_and_asks_the_same_when_it_goes_on(path: Path) -> None:
    world = World()
    with SqliteStore(path) as store:
        agent = Agent(SCRIPT, world.tools(), store=store)
        door = Door(agent.graph, store)
        refuse_once(store, "__interrupt__", outer=True)
        with pytest.raises(StoreError, match="refused on purpose"):
            door.start("Do the work.", "t1")
        assert door.look("t1").status == "cut off"
        standing = door.resume("t1")
        assert standing.status == "waiting" and [question.id for question in standing.questions] == asked(store)
        assert door.resume("t1", True).status == "done"
    assert world.did == ["put 1", "fire 2", "put 3"]
