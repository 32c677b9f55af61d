"""An approval counts for one action, once, for a time: late ones, doubled ones, contradicting ones do nothing."""

import threading
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command
from scripted_agent import Agent, World, act, asked, plan, subtask

from surefoot.graph import open_store
from surefoot.graph.live_run import LiveRun
from surefoot.nodes.questions import LATE
from surefoot.tools.errors import SurefootError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
DAY = 24 * 3600.0
WEEK = 7 * DAY


class Wall:
    """The clock on the wall."""

    now = 1_000_000.0


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    clock = Wall()
    monkeypatch.setattr(LiveRun, "now", lambda self: clock.now)
    return clock


@pytest.fixture
def world() -> World:
    return World()


def firing(what: str = "x") -> dict[str, Any]:
    return {"plan": [plan(subtask("a"))], "think": [act("fire", what=what), {"answer": "ok"}]}


def the_question(agent: Agent) -> tuple[str, dict[str, Any]]:
    [(number, question)] = agent.questions().items()
    return number, question


@BOTH
def test_a_question_says_up_to_when_a_yes_counts(world: World, wall: Wall, colour: str) -> None:
    agent = Agent(firing(), world.tools(), colour=colour)
    agent.run()
    assert the_question(agent)[1]["expires_at"] == wall.now + WEEK


@BOTH
@pytest.mark.parametrize(
    "late", ["yes", {"type": "modify", "args": {"what": "y"}}, {"type": "approve", "scope": "run"}]
)
def test_a_late_yes_does_nothing_and_the_question_is_put_again(
    world: World, wall: Wall, colour: str, late: Any
) -> None:
    agent = Agent(firing(), world.tools(), colour=colour)
    agent.run()
    number, first = the_question(agent)
    wall.now += WEEK + 1
    agent.answer({number: late})
    again_number, again = the_question(agent)
    assert world.did == []
    assert (again["error"], again["expires_at"]) == (LATE, wall.now + WEEK)
    assert again["action_requests"][0]["description"].startswith(LATE)
    assert (again["digest"], again_number != number) == (first["digest"], True)
    state = agent.answer_all("yes")
    assert (state["status"], world.did) == ("done", ["fire x"])
    assert [(d["answer"], d.get("late", False)) for d in state["decisions"]] == [
        ("modify" if "args" in late else "approve", True),
        ("approve", False),
    ]


@BOTH
@pytest.mark.parametrize("no", ["no", "abort"])
def test_a_no_counts_whenever_it_comes(world: World, wall: Wall, colour: str, no: str) -> None:
    agent = Agent(firing(), world.tools(), colour=colour)
    agent.run()
    wall.now += 100 * WEEK
    assert agent.answer_all(no)["status"] == {"no": "done", "abort": "aborted"}[no]
    assert world.did == []


def test_nonsense_that_comes_late_puts_the_question_anew_and_not_the_expired_one(world: World, wall: Wall) -> None:
    agent = Agent(firing(), world.tools())
    agent.run()
    agent.answer_all("perhaps")
    assert the_question(agent)[1]["expires_at"] == wall.now + WEEK
    wall.now += WEEK + 1
    agent.answer_all("perhaps")
    assert the_question(agent)[1]["expires_at"] == wall.now + WEEK
    agent.answer_all("yes")
    assert world.did == ["fire x"]


def test_a_yes_in_the_last_second_counts(world: World, wall: Wall) -> None:
    agent = Agent(firing(), world.tools())
    agent.run()
    wall.now += WEEK
    assert agent.answer_all("yes")["status"] == "done"
    assert world.did == ["fire x"]


def test_a_yes_counts_for_ever_where_the_setting_says_so(world: World, wall: Wall) -> None:
    agent = Agent(firing(), world.tools(), approval_expires_seconds=None)
    agent.run()
    assert "expires_at" not in the_question(agent)[1]
    wall.now += 1000 * WEEK
    agent.answer_all("yes")
    assert world.did == ["fire x"]


@BOTH
def test_a_yes_that_was_not_carried_out_in_time_is_asked_for_again(
    world: World, wall: Wall, colour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Agent(firing(), world.tools(), colour=colour, store=tmp_path / "runs.db")
    agent.run()

    def dying(*_: Any, **__: Any) -> None:
        raise OSError("the process dies here")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="dies here"):
        broken.setattr(LiveRun, "charge_steps", dying)
        agent.answer_all("yes")
    wall.now += WEEK + 1
    other = Agent(firing(), world.tools(), colour=colour, store=tmp_path / "runs.db")
    other.again()
    _, again = the_question(other)
    assert world.did == []
    assert "expired before it was carried out" in again["error"]
    assert again["expires_at"] == wall.now + WEEK
    other.answer_all("yes")
    assert world.did == ["fire x"]


@BOTH
def test_what_was_carried_out_in_time_is_not_asked_for_again_however_late_it_is_taken_up(
    world: World, wall: Wall, colour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Agent(firing(), world.tools(), colour=colour, store=tmp_path / "runs.db")
    agent.run()
    finish = LiveRun.finish

    def dying(self: LiveRun, *given: Any) -> None:
        finish(self, *given)
        raise OSError("the process dies here")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="dies here"):
        broken.setattr(LiveRun, "finish", dying)
        agent.answer_all("yes")
    wall.now += WEEK + 1
    script = {"plan": [], "think": [{"answer": "ok"}]}
    assert Agent(script, world.tools(), colour=colour, store=tmp_path / "runs.db").again()["status"] == "done"
    assert world.did == ["fire x"]


@BOTH
def test_three_days_of_waiting_cost_no_active_time(world: World, wall: Wall, colour: str) -> None:
    agent = Agent(firing(), world.tools(), colour=colour, max_time_seconds=60)
    before = agent.run()["usage"]
    wall.now += 3 * DAY
    state = agent.answer_all("yes")
    assert (state["status"], world.did) == ("done", ["fire x"])
    assert state["usage"]["seconds"] < 60 and before == {}


@BOTH
def test_calls_of_one_thought_are_asked_for_one_after_another_each_with_its_own_time(
    world: World, wall: Wall, colour: str
) -> None:
    calls = [{"tool": "fire", "args": {"what": "1"}}, {"tool": "fire", "args": {"what": "2"}}]
    script = {"plan": [plan(subtask("a"))], "think": [{"thought": "two", "calls": calls}, {"answer": "ok"}]}
    agent = Agent(script, world.tools(), colour=colour)
    agent.run()
    wall.now += 6 * DAY
    agent.answer_all("yes")
    assert the_question(agent)[1]["expires_at"] == wall.now + WEEK
    wall.now += 6 * DAY
    agent.answer_all("yes")
    assert world.did == ["fire 1", "fire 2"]


def test_an_answer_to_a_question_in_words_never_comes_too_late(world: World, wall: Wall) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("ask_human", question="Red?"), {"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    assert "expires_at" not in the_question(agent)[1]
    wall.now += 100 * WEEK
    assert agent.answer_all("Red.")["status"] == "done"


def test_an_approval_of_an_action_a_new_plan_has_dropped_is_refused(world: World) -> None:
    def think(request: Any) -> dict[str, Any]:
        if request.task_id == "b":
            return {"answer": "ok"}
        rejected = any(m.type == "tool" for m in request.messages)
        return {"tool": "give_up", "args": {"reason": "no"}} if rejected else act("fire", what="x")

    script = {
        "plan": [plan(subtask("a"))],
        "replan": [plan(subtask("b", does="Otherwise."), confidence=0.2)],
        "think": think,
    }
    agent = Agent(script, world.tools())
    agent.run()
    number, question = the_question(agent)
    agent.answer({number: False})
    replan, _ = the_question(agent)
    assert asked(agent.questions()[replan]) == ("approve_replan", "low_confidence")
    with pytest.raises(SurefootError, match="no open question"):
        agent.answer({number: True})
    agent.answer({replan: {"type": "approve", "digest": question["digest"]}})
    assert "belongs to another question" in the_question(agent)[1]["error"]
    assert agent.answer_all(True)["status"] == "done"
    assert world.did == []


@BOTH
def test_a_second_click_on_the_same_button_does_nothing(world: World, colour: str) -> None:
    agent = Agent(firing(), world.tools(), colour=colour)
    agent.run()
    number, _ = the_question(agent)
    assert agent.answer({number: True})["status"] == "done"
    with pytest.raises(SurefootError, match="no open question"):
        agent.answer({number: True})
    assert world.did == ["fire x"]


@pytest.mark.parametrize("attempt", range(5))
def test_of_a_yes_and_a_no_at_once_exactly_one_counts_and_is_recorded(
    world: World, tmp_path: Path, attempt: int
) -> None:
    store = open_store(tmp_path / "runs.db")
    agent = Agent(firing(), world.tools(), store=store)
    agent.run()
    number, _ = the_question(agent)
    ready, refused = threading.Barrier(2), []

    def click(answer: bool) -> None:
        ready.wait()
        try:
            agent.graph.invoke(Command(resume={number: answer}), agent.config)
        except SurefootError as error:
            refused.append(error)

    clicks = [threading.Thread(target=click, args=(answer,)) for answer in (True, False)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(60)
    state = agent.graph.get_state(agent.config).values
    [decision] = state["decisions"]
    recorded = [e["answer"] for e in store.events("t1#1") if e["type"] == "decision"]
    assert (len(refused), state["status"], recorded) == (1, "done", [decision["answer"]])
    assert world.did == (["fire x"] if decision["answer"] == "approve" else [])
    store.close()


def test_the_record_of_a_decision_binds_what_when_and_for_how_long(world: World, wall: Wall, tmp_path: Path) -> None:
    script = {"plan": [plan(subtask("a"), confidence=0.1)], "think": [act("undeclared", what="x"), {"answer": "ok"}]}
    store = open_store(tmp_path / "runs.db")
    agent = Agent(script, world.tools(), store=store)
    agent.run()
    wall.now += 10
    _, about_plan = the_question(agent)
    agent.answer_all("yes")
    _, about_action = the_question(agent)
    wall.now += 20
    state = agent.answer_all({"type": "approve", "scope": "run"})
    told = [(d["asked"], d["digest"], d["asked_at"], d["answered_at"], d["scope"]) for d in state["decisions"]]
    begun = wall.now - 30
    assert told == [
        ("approve_plan", about_plan["digest"], begun, begun + 10, "once"),
        ("undeclared", about_action["digest"], begun + 10, begun + 30, "run"),
    ]
    assert [e["digest"] for e in store.events("t1#1") if e["type"] == "decision"] == [digest for _, digest, *_ in told]
    store.close()
