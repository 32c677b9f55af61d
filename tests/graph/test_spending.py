"""The budget in the graph: never passed, shared, kept through resumes, ended with a summary."""

import asyncio
import random
from typing import Any

import pytest
from scripted_agent import Agent, World, act, asked, plan, subtask

from surefoot.tools import tool_effect

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


def greedy(request: Any, turns: dict[str, int]) -> dict[str, Any]:
    """`greedy` never ends; any other subtask does one thing and reports."""
    turns[request.task_id] = turns.get(request.task_id, 0) + 1
    if request.task_id != "greedy" and turns[request.task_id] > 1:
        return {"answer": f"{request.task_id} is done"}
    return act("look", at=f"{request.task_id} {turns[request.task_id]}")


@BOTH
def test_a_subtask_over_its_share_ends_alone_and_the_run_goes_on(world: World, colour: str) -> None:
    turns: dict[str, int] = {}
    script = {
        "plan": [plan(subtask("greedy"), subtask("after", "greedy"), subtask("small"), subtask("late", "small"))],
        "think": lambda request: greedy(request, turns),
        "replan": [plan(subtask("cheap", does="A cheaper way."), subtask("after", "cheap"))],
    }
    state = Agent(script, world.tools(), max_steps=40, react_max_steps=100, colour=colour).run()
    assert state["status"] == "done"
    [failure] = state["failures"]
    assert (failure["task_id"], failure["ended"]) == ("greedy", "share")
    used = sum(did.startswith("look greedy") for did in world.did)
    assert used < 40 - used / 3 + 1
    assert "- cut off at its share of the budget: Do greedy.: It has used" in state["report"]["summary"]


def test_planning_a_part_anew_does_not_let_it_use_up_all(world: World) -> None:
    """Each new plan puts another that never ends in its place: with a fresh share each time none would be left."""
    count = iter(range(1, 300))

    def think(request: Any) -> dict[str, Any]:
        return {"answer": "done"} if request.task_id == "after" else act("look", at=str(next(count)))

    ways = [plan(subtask(f"way{n}", does=f"Way{n} of it."), subtask("after", f"way{n}")) for n in range(4)]
    script = {"plan": ways[:1], "replan": ways[1:], "think": think}
    agent = Agent(script, world.tools(), max_steps=48, react_max_steps=100, max_replans=2)
    agent.run()
    spent = agent.graph.journal.spent_by_subtask("t1#1")
    assert [spent[f"way{n}"]["steps"] for n in range(3)] == [36, 4, 2]
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "replans")


def test_what_a_person_wants_tried_again_after_its_share_gets_on_with_it(world: World) -> None:
    turns: dict[str, int] = {}

    def think(request: Any) -> dict[str, Any]:
        again = request.subtask["attempts"] > 1 and request.messages[-1].type == "tool"
        return {"answer": "now it is done"} if again else greedy(request, turns)

    script = {
        "plan": [plan(subtask("greedy"), subtask("after", "greedy"))],
        "think": think,
        "replan": [plan(subtask("cheap", does="A cheaper way."), subtask("after", "cheap"), confidence=0.1)],
    }
    agent = Agent(script, world.tools(), max_steps=40, react_max_steps=100)
    agent.run()
    mine = [subtask("greedy", does="Do it in short."), subtask("after", "greedy")]
    state = agent.answer_all({"type": "modify", "plan": mine})
    results = {task["task_id"]: task["result"] for task in state["plan"]}
    assert (state["status"], results["greedy"]) == ("done", "now it is done")
    assert [failure["ended"] for failure in state["failures"]] == ["share"]


def test_near_its_share_a_subtask_is_told_to_wrap_up(world: World) -> None:
    told: list[int] = []

    def think(request: Any) -> dict[str, Any]:
        if request.task_id == "b":
            return {"answer": "b is done"}
        if "Finish now" in str(request.messages[-1].text):
            return {"answer": "wrapped up"}
        told.append(1)
        return act("look", at=str(len(told)))

    script = {"plan": [plan(subtask("a"), subtask("b", "a"))], "think": think}
    state = Agent(script, world.tools(), max_steps=40, react_max_steps=100).run()
    assert (state["status"], len(told)) == ("done", 24)


@pytest.mark.parametrize("share", [0.75, 1.0])
def test_the_last_subtask_may_use_all_that_is_left(world: World, share: float) -> None:
    turns: dict[str, int] = {}
    script = {"plan": [plan(subtask("small"), subtask("greedy", "small"))], "think": lambda r: greedy(r, turns)}
    state = Agent(script, world.tools(), max_steps=10, react_max_steps=100, subtask_share=share).run()
    assert (state["status"], state["usage"]["steps"]) == ("stopped", 10)
    assert state["failures"] == []


def test_what_a_subtask_has_spent_is_kept_for_the_next_process(world: World, tmp_path: Any) -> None:
    used = {**act("fire", what="x"), "usage": USED}
    script = {"plan": [{**plan(subtask("a"), subtask("b", "a")), "usage": USED}], "think": [used]}
    agent = Agent(script, world.tools(), store=tmp_path / "runs.db")
    state = agent.run()
    store = agent.graph.journal
    assert store.spent_by_subtask(state["run_id"]) == {"a": {"steps": 0, "tokens": 1000, "usd": 0.0}}
    store.reserve(state["run_id"], "cut off", node="think", task_id="a", tokens=500, usd=0.25)
    store.reserve(state["run_id"], "cut off, too", node="think", task_id="b", tokens=7, usd=0)
    found = store.spent_by_subtask(state["run_id"])
    assert found == {"a": {"steps": 0, "tokens": 1500, "usd": 0.25}, "b": {"steps": 0, "tokens": 7, "usd": 0.0}}


@BOTH
@pytest.mark.parametrize("limit", ["max_tokens", "max_usd"])
@pytest.mark.parametrize("seed", range(3))
def test_twenty_side_by_side_pass_no_limit_by_more_than_one_call(
    world: World, colour: str, limit: str, seed: int, tmp_path: Any
) -> None:
    """Calls of random size, of which the model says nothing before; what is in the store afterwards is what was used."""
    sizes, turns = random.Random(seed), dict[str, int]()
    spent: list[int] = []

    def think(request: Any) -> dict[str, Any]:
        turns[request.task_id] = turns.get(request.task_id, 0) + 1
        spent.append(sizes.randrange(200, 3000))
        usage = {"input_tokens": spent[-1], "output_tokens": 0}
        return {**act("look", at=f"{request.task_id} {turns[request.task_id]}"), "usage": usage}

    script = {"plan": [{**plan(*(subtask(f"s{n}") for n in range(20))), "usage": USED}], "think": think}
    most: dict[str, Any] = {"max_tokens": 40_000} if limit == "max_tokens" else {"max_usd": 0.04}
    agent = Agent(
        script,
        world.tools(),
        store=tmp_path / "runs.db",
        colour=colour,
        react_max_steps=100,
        prices={"scripted": (1.0, 1.0)},
        **most,
    )
    state = agent.run()
    assert state["status"] == "stopped"
    total = sum(spent) + 1000
    assert 20_000 < total <= 40_000 + 3000
    assert state["usage"]["tokens"] == total
    kept = agent.graph.journal.spent(state["run_id"])
    assert (kept["tokens"], round(kept["usd"] or 0, 9)) == (total, round(total / 1e6, 9))


def test_the_report_says_that_a_limit_of_money_could_not_hold(world: World) -> None:
    script = {"plan": [{**plan(subtask("a")), "usage": USED}], "think": [{"answer": "ok", "usage": USED}]}
    state = Agent(script, world.tools(), max_usd=1.0).run()
    assert "The price of some tokens is not known, so max_usd did not hold" in state["report"]["summary"]
    priced = Agent(script, world.tools(), max_usd=1.0, prices={"scripted": (1, 1)}, thread="t2").run()
    assert "did not hold" not in priced["report"]["summary"]


@BOTH
def test_a_tool_that_may_run_again_ends_with_the_runs_time_and_any_other_does_not(world: World, colour: str) -> None:
    @tool_effect("read_only")
    async def wait(seconds: float) -> str:
        """Wait."""
        await asyncio.sleep(seconds)
        return "waited"

    @tool_effect("irreversible")
    async def send(seconds: float) -> str:
        """Send, slowly."""
        await asyncio.sleep(seconds)
        return "sent"

    for tool, seconds, ends in (("wait", 120.0, "timeout"), ("send", 2.0, None)):
        script = {"plan": [plan(subtask("a"))], "think": [act(tool, seconds=seconds), {"answer": "late"}]}
        agent = Agent(
            script,
            [wait, send],
            max_time_seconds=1.5,
            tool_timeout_seconds=300,
            approvals="auto",
            colour=colour,
            thread=tool,
        )
        state = agent.run()
        [seen] = [e for e in agent.graph.journal.events(state["run_id"]) if e["type"] == "observation"]
        assert ((seen["result"].get("error") or {}).get("kind"), state["status"]) == (ends, "stopped")
