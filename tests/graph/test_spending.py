"""The budget in the graph: never passed, shared, kept through resumes, ended with a summary."""

from typing import Any

import pytest
from scripted_agent import Agent, World, act, plan, subtask

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
USED = {"input_tokens": 900, "output_tokens": 100}


@pytest.fixture
def world() -> World:
    return World()


def busy(count: int) -> dict[str, Any]:
    """So many subtasks side by side that would each look for ever."""
    turns: dict[str, int] = {}

    def think(request: Any) -> dict[str, Any]:
        turns[request.task_id] = turns.get(request.task_id, 0) + 1
        return {**act("look", at=f"{request.task_id} {turns[request.task_id]}"), "usage": USED}

    first = {**plan(*(subtask(f"s{n}") for n in range(count))), "usage": USED}
    return {"plan": [first], "think": think}


@BOTH
@pytest.mark.parametrize("count", [1, 8])
def test_no_action_runs_past_the_step_limit(world: World, colour: str, count: int) -> None:
    state = Agent(busy(count), world.tools(), max_steps=10, react_max_steps=100, colour=colour).run()
    assert state["status"] == "stopped"
    assert state["usage"]["steps"] == 10
    assert len(world.did) == 10
    assert "10 of 10 steps" in state["report"]["summary"]
    assert len(state["report"]["left"]) == count


@BOTH
def test_parallel_subtasks_pass_no_token_limit_by_more_than_one_call(world: World, colour: str) -> None:
    state = Agent(busy(8), world.tools(), max_tokens=30_000, react_max_steps=100, colour=colour).run()
    assert state["status"] == "stopped"
    assert state["usage"]["tokens"] <= 31_000
    assert state["report"]["summary"].startswith("Stopped by the budget.")


def test_near_the_limit_the_agent_is_told_to_wrap_up(world: World) -> None:
    prompts: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        prompts.append(str(request.messages[-1].text))
        return {"answer": "wrapped up"} if "Finish now" in prompts[-1] else act("look", at=str(len(prompts)))

    state = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools(), max_steps=10).run()
    assert (state["status"], state["answer"]) == ("done", "wrapped up")
    assert len(world.did) == 8


def test_a_batch_is_cut_to_what_the_limit_allows(world: World) -> None:
    calls = [{"tool": "look", "args": {"at": str(n)}} for n in range(6)]
    script = {"plan": [plan(subtask("a"))], "think": lambda request: {"thought": "all", "calls": calls}}
    state = Agent(script, world.tools(), max_steps=4).run()
    assert (state["status"], len(world.did)) == ("stopped", 4)


def test_the_summary_tells_what_ran_in_a_subtask_that_could_not_report(world: World) -> None:
    script = {"plan": [plan(subtask("a"), subtask("b", "a"))], "think": [act("put", what="x"), {"answer": "ok"}]}
    state = Agent(script, world.tools(), max_steps=1).run()
    assert (state["status"], world.did) == ("stopped", ["put x"])
    assert "left: Do a. (not finished; what ran: put)" in state["report"]["summary"]
    assert "left: Do b. (not reached)" in state["report"]["summary"]


def test_money_holds_where_the_price_is_known(world: World) -> None:
    agent = Agent(busy(1), world.tools(), max_usd=0.02, prices={"scripted": (1.0, 10.0)}, react_max_steps=100)
    state = agent.run()
    assert state["status"] == "stopped"
    assert 0.012 < state["usage"]["usd"] <= 0.02
    assert "$0.02" in state["reason"]


def test_spending_is_kept_through_a_question_and_a_new_process(world: World, tmp_path: Any) -> None:
    script = {
        "plan": [{**plan(subtask("a")), "usage": USED}],
        "think": [{**act("fire", what="x"), "usage": USED}, {"answer": "ok", "usage": USED}],
    }
    first = Agent(script, world.tools(), store=tmp_path / "runs.db")
    first.run()
    model = {"think": [{"answer": "ok", "usage": USED}]}
    second = Agent(model, world.tools(), store=tmp_path / "runs.db")
    state = second.answer_all(True)
    assert state["status"] == "done"
    assert (state["usage"]["tokens"], state["usage"]["steps"]) == (3000, 1)


def test_waiting_for_a_person_takes_no_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    now = {"offset": 0.0}
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + now["offset"])
    script = {"plan": [plan(subtask("a"))], "think": [act("fire", what="x"), {"answer": "ok"}]}
    agent = Agent(script, world.tools(), max_time_seconds=1000)
    agent.run()
    now["offset"] = 3 * 86_400.0
    state = agent.answer_all(True)
    assert state["status"] == "done"
    assert state["usage"]["seconds"] < 1000
