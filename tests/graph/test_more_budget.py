"""A used-up limit can be put before a person instead of ending the run."""

from typing import Any

import pytest
from scripted_agent import Agent, World, act, asked, plan, subtask

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


@pytest.fixture
def world() -> World:
    return World()


def looks(times: int, tokens: int = 100) -> dict[str, Any]:
    def think(request: Any) -> dict[str, Any]:
        seen = sum(m.type == "tool" for m in request.messages)
        used = {"usage": {"input_tokens": tokens, "output_tokens": 0}}
        return {**(act("look", at=str(seen)) if seen < times else {"answer": f"looked {seen} times"}), **used}

    return {"plan": [plan(subtask("a"))], "think": think}


@BOTH
def test_with_more_the_work_goes_on_where_it_stopped(world: World, colour: str) -> None:
    agent = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask", colour=colour)
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("raise_budget", "budget")
    assert question["action_requests"][0]["args"] == {"max_steps": 10}
    assert "5 of 5 steps used" in question["action_requests"][0]["description"]
    agent.answer_all(True)
    assert [q["action_requests"][0]["args"] for q in agent.questions().values()] == [{"max_steps": 20}]
    state = agent.answer_all({"type": "modify", "limits": {"max_steps": 50}})
    assert (state["status"], state["answer"]) == ("done", "looked 12 times")
    assert world.did == [f"look {n}" for n in range(12)]
    assert [d["asked"] for d in state["report"]["checkpoints"]] == ["raise_budget"] * 2


def test_without_more_it_ends_with_a_summary(world: World) -> None:
    agent = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask")
    agent.run()
    state = agent.answer_all(False)
    assert state["status"] == "stopped"
    assert state["report"]["summary"].startswith("Stopped by the budget.")
    assert len(world.did) == 5


def test_an_abort_is_an_abort(world: World) -> None:
    agent = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask")
    agent.run()
    assert agent.answer_all({"type": "abort"})["status"] == "aborted"


def test_less_is_no_more_and_asks_again(world: World) -> None:
    agent = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask")
    agent.run()
    agent.answer_all({"type": "modify", "limits": {"max_steps": 5}})
    [question] = agent.questions().values()
    assert "raise max_steps" in question["error"]


def test_a_call_that_did_not_fit_asks_for_more_of_what_was_short(world: World) -> None:
    agent = Agent(looks(6, tokens=3000), world.tools(), max_tokens=20_000, max_steps=100, budget_exceeded="ask")
    agent.run()
    [question] = agent.questions().values()
    assert question["action_requests"][0]["args"] == {"max_tokens": 40_000}
    assert agent.answer_all(True)["answer"] == "looked 6 times"


def test_a_new_plan_that_was_not_paid_for_is_made_after_all(world: World) -> None:
    def think(request: Any) -> dict[str, Any]:
        used = {"usage": {"input_tokens": 9000, "output_tokens": 0}}
        return used | (
            {"answer": "ok"} if request.task_id == "b" else {"tool": "give_up", "args": {"reason": "no way"}}
        )

    script = {"plan": [plan(subtask("a"))], "think": think, "replan": [plan(subtask("b", does="Another way."))]}
    agent = Agent(script, world.tools(), max_tokens=10_000, budget_exceeded="ask")
    agent.run()
    assert [asked(q)[0] for q in agent.questions().values()] == ["raise_budget"]
    state = agent.answer_all({"type": "approve", "limits": {"max_tokens": 100_000}})
    assert (state["status"], state["replans"], state["answer"]) == ("done", 1, "ok")


@pytest.mark.parametrize("approvals", ["auto", "deny"])
def test_nobody_gives_more_where_no_person_is(world: World, approvals: str) -> None:
    agent = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask", approvals=approvals)
    assert agent.run()["status"] == "stopped"


def test_the_raised_limit_holds_for_whoever_goes_on(world: World, tmp_path: Any) -> None:
    first = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask", store=tmp_path / "runs.db")
    first.run()
    second = Agent(looks(12), world.tools(), max_steps=5, budget_exceeded="ask", store=tmp_path / "runs.db")
    second.answer_all({"type": "approve", "limits": {"max_steps": 8}})
    assert len(world.did) == 8
    assert [q["action_requests"][0]["args"] for q in second.questions().values()] == [{"max_steps": 16}]
