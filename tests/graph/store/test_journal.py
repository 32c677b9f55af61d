"""The action journal: who may run what, and what is known after a kill at any point."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import Store, open_store
from surefoot.nodes.state import Action, StepError, StepResult
from surefoot.tools.errors import RunBusy, StoreError

ACTION = Action(tool="delete_file", args={"path": "a.txt"}, action_id="a1").model_dump()
DONE = StepResult(success=True, output={"gone": "a.txt"}).model_dump()


def failure(kind: Any) -> dict[str, Any]:
    return StepResult(success=False, error=StepError(kind=kind, message="no")).model_dump()


def test_a_finished_action_gives_its_recorded_result(store: Store) -> None:
    assert store.prepare("r", ACTION, "irreversible") == ("PREPARED", None)
    assert store.start("r", "a1", "me")
    store.finish("r", "a1", "me", True, DONE)
    assert store.prepare("r", ACTION, "irreversible") == ("DONE", DONE)
    assert store.unfinished("r") == []


def test_an_action_is_claimed_once(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    assert [store.start("r", "a1", owner) for owner in ("me", "me", "you")] == [True, False, False]
    store.finish("r", "a1", "me", True, DONE)
    assert not store.start("r", "a1", "you", again=True)


def test_what_was_never_entered_cannot_be_started(store: Store) -> None:
    assert not store.start("r", "a1", "me")
    assert not store.start("r", "a1", "me", again=True)


def test_one_of_many_threads_gets_the_action(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: store.start("r", "a1", f"o{n}"), range(8)))
    assert sum(claims) == 1


def test_an_action_left_started_may_be_taken_over_once_and_its_old_owner_is_shut_out(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    store.start("r", "a1", "dead")
    assert store.start("r", "a1", "new", again=True)
    assert not store.start("r", "a1", "new", again=True)
    with pytest.raises(RunBusy):
        store.finish("r", "a1", "dead", True, DONE)
    store.finish("r", "a1", "new", False, failure("rejected"))
    assert store.prepare("r", ACTION, "irreversible") == ("FAILED", failure("rejected"))


@pytest.mark.parametrize(("again", "status"), [(False, "PREPARED"), (True, "UNKNOWN")])
def test_an_action_that_asks_a_person_is_given_back_as_it_was(store: Store, again: bool, status: str) -> None:
    store.prepare("r", ACTION, "irreversible")
    if again:
        store.start("r", "a1", "dead")
    assert store.start("r", "a1", "me", again=again)
    store.release("r", "a1", "me", again=again)
    assert store.prepare("r", ACTION, "irreversible") == (status, None)
    assert [row["action_id"] for row in store.unfinished("r")] == (["a1"] if again else [])
    assert store.start("r", "a1", "next", again=again)
    store.finish("r", "a1", "next", True, DONE)


def test_only_who_has_an_action_gives_it_back(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    with pytest.raises(RunBusy):
        store.release("r", "a1", "me")
    store.start("r", "a1", "me")
    with pytest.raises(RunBusy):
        store.release("r", "a1", "you")
    assert store.prepare("r", ACTION, "irreversible") == ("STARTED", None)
    store.finish("r", "a1", "me", True, DONE)
    with pytest.raises(RunBusy):
        store.release("r", "a1", "me")
    assert store.prepare("r", ACTION, "irreversible") == ("DONE", DONE)


@pytest.mark.parametrize("status", ["STARTED", "UNKNOWN"])
def test_a_persons_word_on_an_unfinished_action_counts_once(store: Store, status: str) -> None:
    store.prepare("r", ACTION, "irreversible")
    store.start("r", "a1", "dead")
    if status == "UNKNOWN":
        store.finish("r", "a1", "dead", False, failure("timeout"))
    store.resolve("r", "a1", None)
    assert store.prepare("r", ACTION, "irreversible") == ("PREPARED", None)
    assert store.unfinished("r") == []
    with pytest.raises(RunBusy):
        store.finish("r", "a1", "dead", True, DONE)
    assert store.start("r", "a1", "new")
    assert [row["status"] for row in store.unfinished("r")] == ["STARTED"]
    store.resolve("r", "a1", DONE)
    store.resolve("r", "a1", None)
    assert store.prepare("r", ACTION, "irreversible") == ("DONE", DONE)
    assert not store.start("r", "a1", "other", again=True)


def test_a_result_is_recorded_once(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    store.start("r", "a1", "me")
    store.finish("r", "a1", "me", True, DONE)
    with pytest.raises(RunBusy):
        store.finish("r", "a1", "me", False, failure("exception"))
    assert store.prepare("r", ACTION, "irreversible") == ("DONE", DONE)


@pytest.mark.parametrize(
    ("kind", "effect", "status"),
    [
        ("exception", "irreversible", "FAILED"),
        ("unstorable", "irreversible", "FAILED"),
        ("timeout", "irreversible", "UNKNOWN"),
        ("timeout", "idempotent", "UNKNOWN"),
        ("timeout", "undeclared", "UNKNOWN"),
        ("unfinished", "reversible", "UNKNOWN"),
        ("timeout", "read_only", "FAILED"),
    ],
)
def test_only_what_may_have_happened_is_unknown(store: Store, kind: str, effect: str, status: str) -> None:
    store.prepare("r", ACTION, effect)
    store.start("r", "a1", "me")
    store.finish("r", "a1", "me", False, failure(kind))
    assert store.prepare("r", ACTION, effect)[0] == status
    assert [row["result"] for row in store.unfinished("r")] == ([failure(kind)] if status == "UNKNOWN" else [])
    assert store.start("r", "a1", "me", again=True) is (status == "UNKNOWN")


def test_an_action_given_up_before_it_started_cannot_be_started_any_more(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    with pytest.raises(RunBusy):
        store.finish("r", "a1", "me", True, DONE)
    store.finish("r", "a1", "me", False, failure("rejected"))
    assert not store.start("r", "a1", "me", again=True)


def test_the_same_id_for_another_call_is_refused(store: Store) -> None:
    store.prepare("r", ACTION, "irreversible")
    with pytest.raises(StoreError, match="approved"):
        store.prepare("r", {**ACTION, "args": {"path": "b.txt"}}, "irreversible")
    assert store.prepare("other run", {**ACTION, "args": {"path": "b.txt"}}, "irreversible") == ("PREPARED", None)
    with pytest.raises(StoreError, match="no id"):
        store.prepare("r", {**ACTION, "action_id": ""}, "irreversible")


@pytest.mark.parametrize("column", ["args = '{}'", "tool = 'x'", "result = '{\"success\":true}'", "result = '{'"])
def test_a_changed_entry_is_refused(store: Store, column: str) -> None:
    store.prepare("r", ACTION, "irreversible")
    store.start("r", "a1", "me")
    store.finish("r", "a1", "me", False, failure("timeout"))
    with store.database.transaction() as cursor:
        cursor.execute(f"UPDATE actions SET {column}")
    with pytest.raises(StoreError, match=re.escape(store.where)):
        store.unfinished("r")


@pytest.mark.parametrize("value", ["\0", "\ud800", 2**70, 0.1, {"ü": ["\u202e", None, True]}])
def test_odd_but_plain_values_come_back_as_they_were(store: Store, value: Any) -> None:
    action = {**ACTION, "args": {"value": value}}
    store.prepare("r", action, "read_only")
    store.start("r", "a1", "me")
    store.finish("r", "a1", "me", True, {"output": value})
    assert store.prepare("r", action, "read_only") == ("DONE", {"output": value})


def test_what_is_no_data_is_refused_before_anything_is_written(store: Store) -> None:
    circle: list[Any] = []
    circle.append(circle)
    for value in (print, {1, 2}, circle):
        with pytest.raises(StoreError, match="plain JSON"):
            store.append("r", {"value": value})
    assert store.events("r") == []


KILLED = """
action = {"tool": "t", "args": {}, "action_id": "a1"}
def work(n):
    run, s = str(n), open_store(path)
    s.prepare(run, action, "irreversible")
    if n == 0: die()
    s.start(run, "a1", "dead")
    if n == 1: die()
    with open(sys.argv[2] + run, "w") as effect: effect.write("x")
    if n == 2: die()
    s.finish(run, "a1", "dead", True, {"success": True})
    die()
fork(4, work)
"""


def test_a_killed_process_leaves_what_it_knew(place: Any, tmp_path: Path, start: Any) -> None:
    assert start(KILLED, str(tmp_path / "effect"), at=place).wait() == 4
    with open_store(place) as store:
        for run, status, effects in (("0", "PREPARED", 0), ("1", "STARTED", 0), ("2", "STARTED", 1), ("3", "DONE", 1)):
            assert (tmp_path / f"effect{run}").exists() is bool(effects)
            assert store.prepare(run, {"tool": "t", "args": {}, "action_id": "a1"}, "irreversible")[0] == status
            assert [row["owner"] for row in store.unfinished(run)] == (["dead"] if status == "STARTED" else [])
            assert store.start(run, "a1", "new") is (status == "PREPARED")


MANY = """
import threading
s = open_store(path)
def work(name):
    for n in range(10_000):
        action = {"tool": "t", "args": {"n": n}, "action_id": f"{name}{n}"}
        s.prepare("r", action, "irreversible")
        s.start("r", f"{name}{n}", "dead")
        s.finish("r", f"{name}{n}", "dead", True, {"n": n})
        s.charge("r", node="act", task_id="t", steps=1)
        os.write(1, f"{name}{n}\\n".encode())
for name in "abc": threading.Thread(target=work, args=(name,)).start()
"""


@pytest.mark.parametrize("lines", [1, 57])
def test_whatever_was_reported_before_a_kill_is_recorded(place: Any, start: Any, lines: int) -> None:
    child = start(MANY, at=place)
    for _ in range(lines):
        child.stdout.readline()
    child.kill()
    reported = lines + len(child.stdout.read().splitlines())
    with open_store(place) as store:
        assert 0 <= store.spent("r")["steps"] - reported <= 3
        with store.database.transaction(write=False) as cursor:
            counts = dict(cursor.execute("SELECT status, COUNT(*) FROM actions GROUP BY status").fetchall())
        assert 0 <= counts["DONE"] - reported <= 3
        assert len(store.unfinished("r")) == counts.get("STARTED", 0) <= 3
