"""What holds the runs fails in the middle of one: the disk is full, the file is gone, exchanged, cut or read-only.

Each time the run stops before its next effect with a sentence, and goes on from there once that is mended.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph.store import SqliteStore, sqlite
from surefoot.tools import tool_effect
from surefoot.tools.errors import StoreError

SCRIPT = {
    "plan": lambda request: plan(subtask("a")),
    "think": lambda request: [
        act("put", what="1"),
        act("fire", what="2"),
        act("put", what="3"),
        {"answer": "a is done"},
    ][sum(message.type == "tool" for message in request.messages)],
}
Break = Callable[[SqliteStore, Path], Callable[[], object]]


def full(store: SqliteStore, path: Path) -> Callable[[], object]:
    connection = store.checkpointer.conn
    (most,) = connection.execute("PRAGMA max_page_count").fetchone()
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what is in use already
    return lambda: connection.execute(f"PRAGMA max_page_count = {most}")


def read_only(store: SqliteStore, path: Path) -> Callable[[], object]:
    connection = store.checkpointer.conn
    connection.execute("PRAGMA query_only = ON")
    return lambda: connection.execute("PRAGMA query_only = OFF")


def gone(store: SqliteStore, path: Path) -> Callable[[], object]:
    path.rename(path.with_name("elsewhere"))
    return lambda: path.with_name("elsewhere").rename(path)


def exchanged(store: SqliteStore, path: Path) -> Callable[[], object]:
    path.rename(path.with_name("elsewhere"))
    shutil.copy(path.with_name("elsewhere"), path)
    return lambda: path.with_name("elsewhere").rename(path)


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (full, "The disk is full, so {path} cannot be written: free some space and resume the run."),
        (read_only, "{path} cannot be written: make the file and its folder writable, or choose another one."),
        (gone, "The database {path} was deleted or exchanged while it was open: put it back."),
        (exchanged, "The database {path} was deleted or exchanged while it was open: put it back."),
    ],
    ids=["full", "read-only", "gone", "exchanged"],
)
def test_the_run_stops_before_its_next_effect_and_goes_on_once_it_is_mended(
    path: Path, breaks: Break, says: str, colour: str
) -> None:
    world, mend = World(), list[Callable[[], object]]()
    tools = {tool.__name__: tool for tool in world.tools()}
    put = tools["put"]

    def breaking(what: str) -> str:
        done = put(what)
        if what == "1" and not mend:
            mend.append(breaks(store, path))
        return done + "." * 9000  # more than the pages in use have room for

    breaking.__name__, breaking.__doc__ = "put", "Put something in its place."
    with SqliteStore(path) as store:
        own = [tool_effect("idempotent")(breaking), tools["fire"]]
        agent = Agent(SCRIPT, own, store=store, approvals="auto", colour=colour)
        with pytest.raises(StoreError) as refused:
            agent.run()
        assert str(refused.value) == says.format(path=path)
        assert world.did == ["put 1"]
        mend[0]()
        assert agent.again()["status"] == "done"
    assert world.did in (["put 1", "fire 2", "put 3"], ["put 1", "put 1", "fire 2", "put 3"])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_that_is_cut_in_the_middle_is_mended_from_its_log_or_refused(path: Path, share: float) -> None:
    world = World()

    def think(request: object) -> object:
        if world.did == ["put 1"]:
            store.checkpointer.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            os.truncate(path, int(path.stat().st_size * share))
        return SCRIPT["think"](request)

    store = SqliteStore(path)
    agent = Agent({**SCRIPT, "think": think}, world.tools(), store=store, approvals="auto")
    with contextlib.suppress(StoreError), store:
        agent.run()
    assert [did for did in ("put 1", "fire 2", "put 3") if did in world.did] == world.did
    try:
        with SqliteStore(path) as store:
            again = Agent(SCRIPT, world.tools(), store=store, approvals="auto")
            assert again.again()["status"] == "done"
        assert world.did == ["put 1", "fire 2", "put 3"]
    except StoreError as refused:
        assert str(path) in str(refused) and "\n" not in str(refused)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_where_too_little_is_free_no_run_begins(path: Path, colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    with SqliteStore(path) as store:
        agent = Agent(SCRIPT, world.tools(), store=store, colour=colour, approvals="auto")
        with monkeypatch.context() as patch:
            patch.setattr(sqlite, "LEAST_FREE", 1 << 60)
            with pytest.raises(
                StoreError, match=r"^Only \d+\.\d MB are free where .*: free some space and try again\.$"
            ):
                agent.run()
            assert store.runs() == [] and world.did == []
            assert not store.delete_run("t1")  # what frees space needs none
        assert agent.run()["status"] == "done"
