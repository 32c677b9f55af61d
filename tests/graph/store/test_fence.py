"""A holder that has lost its lock on Postgres unawares: what it writes afterwards changes nothing."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, plan, subtask
from store_writes import WRITES, begun, contents, wait_for

from surefoot.graph import Door, Store, open_store
from surefoot.tools import tool_effect
from surefoot.tools.errors import RunBusy

Stores = tuple[Store, Store]


@pytest.fixture
def stores(postgres_url: str) -> Iterator[Stores]:
    """The stores of two processes on one database."""
    with open_store(postgres_url) as one, open_store(postgres_url) as other:
        begun(one)
        yield one, other


@pytest.fixture
def end_locks(postgres_server: Any) -> Callable[[], Any]:
    """End the connections that hold locks, as the server does when it hears no more of a process."""
    holders = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
    return lambda: postgres_server.execute(holders, database="runs")


@pytest.mark.parametrize("still_held", [True, False])
@pytest.mark.parametrize("name", WRITES)
def test_what_a_holder_writes_after_another_took_over_changes_nothing(
    stores: Stores, end_locks: Any, name: str, still_held: bool
) -> None:
    one, other = stores
    with one.lock("t"):
        end_locks()
        taken = other.lock("t")
        taken.__enter__()
        if not still_held:
            taken.__exit__(None, None, None)
        before = contents(other)
        for _ in range(2):
            with pytest.raises(RunBusy, match=r"'t' (was taken over|is being worked on) by"):
                WRITES[name](one)
        assert contents(other) == before
        if still_held:
            WRITES[name](other)
            taken.__exit__(None, None, None)
    with one.lock("t"):
        one.upsert_run("t", "r", status="done")


def test_a_lock_that_nobody_took_meanwhile_is_taken_back(stores: Stores, end_locks: Any) -> None:
    one, other = stores
    with one.lock("t"):
        for write in WRITES.values():
            end_locks()
            write(one)
            with pytest.raises(RunBusy), other.lock("t"):
                pass
    with other.lock("t"), pytest.raises(RunBusy), one.lock("t"):
        pass


def test_the_other_runs_of_a_process_go_on(stores: Stores, end_locks: Any) -> None:
    one, other = stores
    one.upsert_run("u", "s")
    with one.lock("t"), one.lock("u"):
        end_locks()
        with other.lock("t"):
            one.append("s", {})
            with pytest.raises(RunBusy):
                one.append("r", {})


def test_a_run_that_was_deleted_meanwhile_gets_no_new_rows(stores: Stores, end_locks: Any) -> None:
    one, other = stores
    with one.lock("t"):
        one.append("r", {})
        end_locks()
        assert other.delete_run("t")
        for write in WRITES.values():
            with pytest.raises(RunBusy):
                write(one)
    assert {name: rows for name, rows in contents(other).items() if rows and name != "checkpoint_migrations"} == {}


def test_who_takes_over_waits_for_a_write_that_has_been_let_through(
    stores: Stores, end_locks: Any, postgres_server: Any
) -> None:
    one, other = stores
    order: list[str] = []

    def take_over() -> None:
        with other.lock("t"):
            order.append(f"taken after {len(other.events('r'))}")

    taking = threading.Thread(target=take_over)
    with one.lock("t"):
        with one.database.transaction(run_id="r") as cursor:
            end_locks()
            taking.start()
            wait_for(lambda: postgres_server.execute("SELECT 1 FROM pg_locks WHERE NOT granted", database="runs"))
            cursor.execute("INSERT INTO log VALUES ('r', 1, 0, '', '', '{}')")
        taking.join(20)
    assert order == ["taken after 1"]


def test_who_writes_without_the_lock_is_not_kept_from_it(stores: Stores) -> None:
    one, other = stores
    with one.lock("t"):
        for write in WRITES.values():
            write(other)


FROZEN = """
import time
from pathlib import Path
from surefoot.graph import Door, ScriptedModel, build_graph
from surefoot.tools import tool_effect
folder = Path(sys.argv[2])
@tool_effect("irreversible")
def fire(what: str) -> str:
    "Fire."
    with (folder / "effects").open("a") as file: file.write(what)
    (folder / "fired").touch()
    while not (folder / "thawed").exists(): time.sleep(0.01)
    return "fired"
script = {"plan": [{"subtasks": [{"task_id": "a", "description": "A.", "dependencies": []}], "confidence": 1}],
          "think": [{"thought": "t", "tool": "fire", "args": {"what": "x"}, "confidence": 1}, {"answer": "late"}]}
s = open_store(path)
door = Door(build_graph(ScriptedModel(script), [fire], store=s), s)
door.start("G.", "t")
try: print(door.resume("t", "yes").status)
except RunBusy as error: print("stopped:", error)
"""


def test_a_frozen_holder_changes_nothing_when_it_is_thawed(
    postgres_url: str, tmp_path: Path, start: Any, end_locks: Any
) -> None:
    frozen = start(FROZEN, str(tmp_path), at=postgres_url)
    wait_for((tmp_path / "fired").exists)
    os.kill(frozen.pid, signal.SIGSTOP)
    end_locks()

    @tool_effect("irreversible")
    def fire(what: str) -> str:
        """Fire."""
        raise AssertionError("it is not known whether it took effect")

    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "taken over"}]}
    with open_store(postgres_url) as store:
        door = Door(Agent(script, [fire], store=store).graph, store)
        asked = door.resume("t")
        assert [question.name for question in asked.questions] == ["unfinished_action"]
        before = contents(store)
        (tmp_path / "thawed").touch()
        os.kill(frozen.pid, signal.SIGCONT)
        assert "stopped: The run 't' was taken over" in frozen.communicate(timeout=60)[0]
        assert contents(store) == before
        ended = door.resume("t", {"type": "respond", "message": "It was fired."})
    assert (ended.status, ended.state["answer"]) == ("done", "taken over")
    assert (tmp_path / "effects").read_text() == "x"
