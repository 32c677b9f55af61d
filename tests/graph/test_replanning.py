"""What happens when a subtask fails: blocked dependents, new plans, and no going round in circles."""

from collections import Counter
from typing import Any

import pytest
from scripted_agent import Agent, World, act, asked, plan, subtask


@pytest.fixture
def world() -> World:
    return World()


GIVE_UP = {"thought": "no", "tool": "give_up", "args": {"reason": "it cannot be done this way"}}


def test_a_failed_dependency_blocks_its_dependents_and_finished_work_is_kept(world: World) -> None:
    told: list[str] = []

    def replan(request: Any) -> dict[str, Any]:
        told.append("\n".join(str(m.text) for m in request.messages))
        return plan(subtask("new", "ok", does="Another way."), subtask("after", "new", does="Then this."))

    script = {
        "plan": [plan(subtask("ok"), subtask("bad"), subtask("after", "bad", does="Then this."))],
        "think": {
            "ok": [act("put", what="x"), {"answer": "ok is done"}],
            "bad": [GIVE_UP],
            "new": [{"answer": "new is done"}],
            "after": [{"answer": "all is done"}],
        },
        "replan": replan,
    }
    state = Agent(script, world.tools()).run()
    assert (state["status"], state["answer"]) == ("done", "all is done")
    assert world.did == ["put x"]
    assert "it cannot be done this way" in told[0]
    assert "ok is done" in told[0]
    first, second = state["revisions"]
    assert second["diff"] == {"added": ["new"], "removed": ["bad"], "modified": ["after"], "kept": ["ok"]}
    assert first["fingerprint"] != second["fingerprint"]


def test_what_a_failed_attempt_found_is_told_to_the_planner_and_to_the_worker_in_its_place_alone(world: World) -> None:
    told: dict[str, str] = {}

    def said(request: Any) -> str:
        return "\n".join(str(m.text) for m in request.messages)

    def think(request: Any) -> dict[str, Any]:
        told.setdefault(request.task_id, said(request))
        if request.task_id != "bad":
            return {"answer": "fine"}
        return GIVE_UP if request.messages[-1].type == "tool" else act("look", at="shelf")

    def replan(request: Any) -> dict[str, Any]:
        told["replan"] = said(request)
        return plan(subtask("new", does="Another way."), subtask("last", "new", does="Then this."))

    plans = [plan(subtask("bad"), subtask("last", "bad", does="Then this."))]
    state = Agent({"plan": plans, "think": think, "replan": replan}, world.tools()).run()
    assert state["status"] == "done"
    seen = 'look({"at": "shelf"}) -> saw shelf'
    assert f"  found: {seen}" in told["replan"]
    assert told["new"].endswith(f"look again only at what may have changed\n{seen}")
    assert "attempts before yours" not in told["bad"] + told["last"]


def test_a_new_subtask_never_takes_the_id_of_a_finished_one(world: World) -> None:
    script = {
        "plan": [plan(subtask("a"), subtask("b", "a"))],
        "think": {
            "a": [{"answer": "first a"}],
            "b": [GIVE_UP],
            "a_2": [{"answer": "second a"}],
            "c": [{"answer": "end"}],
        },
        "replan": [plan(subtask("a", does="Something else."), subtask("c", "a", does="The end."))],
    }
    state = Agent(script, world.tools()).run()
    assert [(t["task_id"], t["result"]) for t in state["plan"]] == [
        ("a", "first a"),
        ("a_2", "second a"),
        ("c", "end"),
    ]
    assert state["plan"][2]["dependencies"] == ["a_2"]


def test_a_plan_that_came_before_never_runs_again(world: World) -> None:
    """P1 fails, P2 fails, P1 comes again in other words: it is sent back, and when it comes once more a person is asked."""
    one, two = subtask("a", does="Read the file."), subtask("b", does="Query the file.")
    again = subtask("x", does="read: the FILE")
    script = {
        "plan": [plan(one)],
        "replan": [plan(two), plan(again), plan(again)],
        "think": {"a": [GIVE_UP], "b": [GIVE_UP]},
    }
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "repeats")
    state = agent.answer_all("abort")
    assert state["status"] == "aborted"
    assert [r["plan"][0]["task_id"] for r in state["revisions"]] == ["a", "b"]


def test_a_plan_that_failed_never_runs_again_beside_what_was_finished_since(world: World) -> None:
    """The second plan finished a subtask before it failed; with that kept, the first plan comes again in other words."""
    again = plan(subtask("x", does="read: the FILE"))
    script = {
        "plan": [plan(subtask("a", does="Read the file."))],
        "replan": [plan(subtask("tidy", does="Tidy the folder."), subtask("b", does="Query the table.")), again, again],
        "think": {"a": [GIVE_UP], "tidy": [{"answer": "tidy"}], "b": [GIVE_UP]},
    }
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "repeats")


def test_each_replan_over_the_limit_is_a_persons_decision(world: World) -> None:
    plans = [plan(subtask(f"s{n}", does=f"Way {n} of its own kind{n}.")) for n in range(9)]
    script = {"plan": plans[:1], "replan": plans[1:], "think": lambda request: GIVE_UP}
    agent = Agent(script, world.tools(), max_replans=2)
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "replans")
    assert question["action_requests"][0]["args"]["diff"] == {
        "added": ["s3"],
        "removed": ["s2"],
        "modified": [],
        "kept": [],
    }
    agent.answer_all("yes")
    assert len(agent.questions()) == 1


@pytest.mark.parametrize("approvals", ["auto", "deny"])
def test_without_a_person_replanning_ends_at_its_limit(world: World, approvals: str) -> None:
    plans = [plan(subtask(f"s{n}", does=f"Way {n} of its own kind{n}.")) for n in range(9)]
    script = {"plan": plans[:1], "replan": plans[1:], "think": lambda request: GIVE_UP}
    state = Agent(script, world.tools(), max_replans=2, approvals=approvals).run()
    assert state["status"] == "failed"
    assert state["replans"] == 3


def test_a_part_that_is_given_up_is_said_and_the_run_is_not_called_done(world: World) -> None:
    script = {
        "plan": [plan(subtask("ok"), subtask("bad"))],
        "think": {"ok": [{"answer": "fine"}], "bad": [GIVE_UP]},
        "replan": [{"subtasks": [], "confidence": 0.9, "gives_up": "The second part: no tool can do it."}],
    }
    state = Agent(script, world.tools()).run()
    assert state["status"] == "failed"
    assert "no tool can do it" in state["report"]["summary"]
    assert [d["task_id"] for d in state["report"]["done"]] == ["ok"]


def test_a_call_that_failed_in_an_earlier_attempt_is_refused_until_something_changed(world: World) -> None:
    seen: list[str] = []

    def second(request: Any) -> dict[str, Any]:
        tools = [str(m.text) for m in request.messages if m.type == "tool"]
        seen[:] = tools
        steps = [act("broken", why="x"), act("put", what="key"), act("broken", why="x"), {"answer": "through"}]
        return steps[len(tools)]

    script = {
        "plan": [plan(subtask("a", does="First way."))],
        "think": {"a": [act("broken", why="x"), GIVE_UP], "b": None},
        "replan": [plan(subtask("b", does="Second way."))],
    }
    script["think"]["b"] = second
    state = Agent(script, world.tools()).run()
    assert state["answer"] == "through"
    assert [text.split(":")[0] for text in seen] == ["ERROR refused", "put key", "ERROR exception"]
    assert world.did == ["broken x", "put key", "broken x"]


@pytest.mark.parametrize(("why", "again"), [("no such table", False), ("connection refused", True)])
def test_passing_trouble_may_be_tried_again_in_the_next_attempt(world: World, why: str, again: bool) -> None:
    script = {
        "plan": [plan(subtask("a", does="First way."))],
        "think": {"a": [act("broken", why=why), GIVE_UP], "b": [act("broken", why=why), {"answer": "so be it"}]},
        "replan": [plan(subtask("b", does="Second way."))],
    }
    assert Agent(script, world.tools()).run()["status"] == "done"
    assert world.did == [f"broken {why}"] * (2 if again else 1)


def test_what_a_person_has_tried_again_is_tried(world: World) -> None:
    steps = [act("broken", why="x"), GIVE_UP]
    script = {
        "plan": [plan(subtask("a", does="First way."))],
        "think": {"a": steps, "b": [act("broken", why="x"), {"answer": "tried"}]},
        "replan": [plan(subtask("b", does="Second way."), confidence=0.2)],
    }
    agent = Agent(script, world.tools())
    agent.run()
    agent.answer_all(
        {"type": "modify", "patch": [{"op": "change", "task_id": "b", "description": "I have mended it."}]}
    )
    assert world.did == ["broken x", "broken x"]


@pytest.mark.parametrize("runs", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_of_many_runs_with_every_failure_met_again_none_repeats_one(world: World, runs: int) -> None:
    """Each worker of each plan begins with all the calls that failed before it, in another spelling."""
    ways = [plan(subtask(f"w{n}", does=f"Way {n} of its own kind{n}.")) for n in range(4)]
    tried: Counter[str] = Counter()

    def replan(request: Any) -> dict[str, Any]:
        tried[request.goal] += 1
        return ways[tried[request.goal]]

    def think(request: Any) -> dict[str, Any]:
        failing = [f"{request.goal} {n}" for n in range(3)]
        turn = sum(m.type == "tool" for m in request.messages)
        way = int(request.task_id[1:])
        todo = [f" {why} " for why in failing[:way]] + failing[way : way + 1]
        return act("broken", why=todo[turn]) if turn < len(todo) else GIVE_UP if way < 3 else {"answer": "through"}

    agent = Agent({"plan": lambda request: ways[0], "replan": replan, "think": think}, world.tools())
    for number in range(runs):
        agent.config = {"configurable": {"thread_id": f"t{number}"}}
        assert agent.run(f"f{number}")["status"] == "done"
    assert len(world.did) == 3 * runs == len(set(world.did))


def test_going_in_circles_ends_the_attempt_with_evidence(world: World) -> None:
    script = {
        "plan": [plan(subtask("a", does="First way."))],
        "think": {"a": lambda request: act("look", at="x"), "b": [{"answer": "out"}]},
        "replan": [plan(subtask("b", does="Second way."))],
    }
    state = Agent(script, world.tools(), react_max_steps=20).run()
    assert state["answer"] == "out"
    assert state["failures"][0]["ended"] == "stuck"
    assert world.did.count("look x") < 8


def test_a_model_that_writes_nothing_usable_ends_the_attempt(world: World) -> None:
    script = {
        "plan": [plan(subtask("a", does="First way."))],
        "think": {"a": lambda request: "", "b": [{"answer": "out"}]},
        "replan": [plan(subtask("b", does="Second way."))],
    }
    state = Agent(script, world.tools()).run()
    assert state["answer"] == "out"
    assert state["failures"][0]["ended"] == "model_error"
