"""A run whose process dies: nothing is lost, nothing irreversible happens twice."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from nursery import Nursery
from scripted_agent import Agent, act, plan, subtask

from surefoot.graph import open_store
from surefoot.tools import tool_effect

CRASHING = Path(__file__).with_name("crashing.py")


Leg = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def leg(nursery: Nursery, tmp_path: Path) -> Leg:
    """Lets one process work on a run; its exit code and all that was noted so far."""
    log = tmp_path / "effects.log"

    def work(place: Path | str, when: str, answer: str = "approve") -> tuple[int, list[str]]:
        child = nursery.start_file(CRASHING, str(place), str(log), when, answer)
        said, _ = child.communicate()
        assert child.returncode in (0, -9), said[-2000:]
        return child.returncode, log.read_text().splitlines() if log.exists() else []

    return work


@pytest.mark.parametrize("place", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.parametrize("tool", ["look", "put", "fire"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_run_goes_on_where_it_was(place: Path | str, leg: Leg, moment: str, tool: str) -> None:
    code, _ = leg(place, f"{moment} {tool}")
    assert code == -9
    code, noted = leg(place, "never", "it did happen" if moment == "after" else "approve")
    assert (code, noted[-1]) == (0, "status done")
    done = Counter(noted)
    assert done["fire a"] == done["fire b"] == 1
    assert done["put a"] == (2 if (moment, tool) == ("after", "put") else 1)
    assert ("asked unfinished_action" in noted) is (tool == "fire")


def test_a_persons_word_to_run_an_unfinished_action_counts_for_one_start(tmp_path: Path, leg: Leg) -> None:
    place = tmp_path / "runs.db"
    leg(place, "after fire")
    code, _ = leg(place, "after fire", "approve")
    assert code == -9
    _, noted = leg(place, "never", "it did happen")
    story = [line for line in noted if line in ("fire a", "asked unfinished_action")]
    assert (story.count("fire a"), story[1], story[-1]) == (2, "asked unfinished_action", "asked unfinished_action")
    assert noted[-1] == "status done"


def test_an_unfinished_action_that_is_left_alone_is_not_run(tmp_path: Path, leg: Leg) -> None:
    leg(tmp_path / "runs.db", "before fire")
    _, noted = leg(tmp_path / "runs.db", "never", "reject")
    assert "fire a" not in noted
    assert noted[-1] == "status done"


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_led_to_an_action_is_stored_before_the_action_runs(place: Path | str, colour: str) -> None:
    store = open_store(place)
    stored: list[str] = []

    @tool_effect("irreversible")
    def fire() -> str:
        """Fire."""
        stored.extend(str(point.checkpoint["channel_values"]) for point in store.checkpointer.list(None))
        return "fired"

    script = {"plan": [plan(subtask("a"))], "think": [act("fire"), {"answer": "ok"}]}
    agent = Agent(script, [fire], store=store, approvals="auto", colour=colour)
    assert agent.run()["status"] == "done"
    assert any("'batch': [{'tool': 'fire'" in values for values in stored)


@pytest.mark.parametrize(("approvals", "begun"), [("auto", 1), ("ask", 2)])
def test_a_call_whose_outcome_nobody_knows_is_begun_again_on_a_persons_word_only(approvals: str, begun: int) -> None:
    noted: list[str] = []
    over = threading.Event()

    @tool_effect("irreversible", timeout=0.2)
    def fire(what: str) -> str:
        """Fire."""
        noted.append(what)
        over.wait(30)
        return "fired"

    twice = [act("fire", what="x"), act("fire", what="x"), {"answer": "ok"}]
    agent = Agent({"plan": [plan(subtask("a"))], "think": twice}, [fire], approvals=approvals)
    state = agent.run()
    reasons = []
    while questions := agent.questions():
        reasons += [question["reason"] for question in questions.values()]
        state = agent.answer_all(True)
    over.set()
    assert (state["status"], len(noted)) == ("done", begun)
    assert reasons == ([] if approvals == "auto" else ["irreversible", "unfinished"])


INTERRUPTED = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
sys.path.insert(0, sys.argv[1])
from scripted_agent import Agent, act, plan, subtask
from surefoot.tools import tool_effect
@tool_effect("irreversible", timeout=3)
def fire(what: str) -> str:
    "Fire."
    print("fired", flush=True)
    time.sleep(600)
script = {"plan": [plan(subtask("a"))], "think": [act("fire", what="x"), {"answer": "ok"}]}
try:
    Agent(script, [fire], store=sys.argv[2], approvals="auto", colour=sys.argv[3]).run()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_ctrl_c_ends_the_run_and_not_the_tool_alone(tmp_path: Path, colour: str) -> None:
    store = tmp_path / "runs.db"
    argv = [sys.executable, "-c", INTERRUPTED, str(CRASHING.parent.parent), str(store), colour]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "fired\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted\n"
    [entry] = open_store(store).unfinished("t1#1")
    assert (entry["tool"], entry["args"]) == ("fire", {"what": "x"})


@pytest.mark.slow
def test_a_kill_changes_no_total_and_no_share(tmp_path: Path) -> None:
    """Killed in the greedy subtask and in what is put in its place: each ends at its share as if nothing had been."""
    sharing = CRASHING.with_name("sharing.py")

    def spent(name: str) -> Any:
        return run_path(str(sharing))["goal"](tmp_path / name)

    for death in ("way0 5", "way1 1"):
        argv = [sys.executable, str(sharing), str(tmp_path / "killed.db"), death]
        assert subprocess.run(argv, timeout=120, check=False).returncode == -9
    whole = spent("whole.db")
    assert whole["status"] == "done"
    assert [whole["by subtask"][way]["steps"] for way in ("way0", "way1")] == [12, 2]
    assert spent("killed.db") == whole
