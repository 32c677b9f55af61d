"""The agent end to end: goal in, plan, subtasks side by side, report out."""

import asyncio
import json
import threading
from typing import Any

import pytest
from langchain_core.tools import StructuredTool
from scripted_agent import Agent, World, act, asked, plan, subtask

from surefoot.graph import ScriptedModel
from surefoot.tools import tool_effect
from surefoot.tools.errors import GoalError, ModelError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


@pytest.fixture
def world() -> World:
    return World()


@BOTH
def test_a_goal_becomes_a_plan_its_steps_and_a_report(world: World, colour: str) -> None:
    script = {
        "plan": [plan(subtask("a"), subtask("b"), subtask("c", "a", "b"))],
        "think": {
            "a": [act("look", at="x"), {"answer": "x is fine"}],
            "b": [act("put", what="y"), {"answer": "y is put"}],
            "c": [{"answer": "both done"}],
        },
    }
    state = Agent(script, world.tools(), colour=colour).run("Do x and y.")
    assert (state["status"], state["answer"]) == ("done", "both done")
    assert [(t["task_id"], t["status"], t["result"]) for t in state["plan"]] == [
        ("a", "completed", "x is fine"),
        ("b", "completed", "y is put"),
        ("c", "completed", "both done"),
    ]
    assert sorted(world.did) == ["look x", "put y"]
    report = state["report"]
    assert {"summary", "done", "left", "evidence", "usage", "checkpoints", "revisions"} <= set(report)
    assert [d["task_id"] for d in report["done"]] == ["a", "b", "c"]
    assert report["left"] == []
    assert report["evidence"]["a"][0]["tool"] == "look"
    assert state["usage"]["steps"] == 2


def test_the_state_is_plain_json_with_a_schema_version(world: World) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("put", what="y"), {"answer": "done"}]}
    agent = Agent(script, world.tools())
    agent.run()
    values = agent.graph.get_state(agent.config).values
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["schema_version"] == 1


@BOTH
def test_results_of_finished_subtasks_reach_their_dependents(colour: str) -> None:
    seen: dict[str, str] = {}

    def think(request: Any) -> dict[str, Any]:
        seen[request.task_id] = "\n".join(str(m.text) for m in request.messages)
        return {"answer": f"result of {request.task_id}"}

    Agent({"plan": [plan(subtask("a"), subtask("b", "a"))], "think": think}, [], colour=colour).run()
    assert "result of a" in seen["b"]


@BOTH
def test_a_subtask_starts_when_its_own_dependencies_are_completed(colour: str) -> None:
    """`slow` ends only after `late`, which depends on `quick` alone, has worked: a wave of both would wait for ever."""
    late_worked = threading.Event()

    def wait() -> bool:
        """Wait."""
        return late_worked.wait(20)

    def signal() -> str:
        """Signal."""
        late_worked.set()
        return "signalled"

    script = {
        "plan": [plan(subtask("slow"), subtask("quick"), subtask("late", "quick"), subtask("end", "slow", "late"))],
        "think": {
            "slow": [act("wait"), {"answer": "waited"}],
            "quick": [{"answer": "quick"}],
            "late": [act("signal"), {"answer": "late"}],
            "end": [{"answer": "end"}],
        },
    }
    agent = Agent(script, [wait, signal], colour=colour, undeclared_tools="trust")
    assert agent.run()["answer"] == "end"


@BOTH
def test_read_only_calls_of_one_thought_run_side_by_side(colour: str) -> None:
    both = threading.Barrier(2, timeout=20)

    @tool_effect("read_only")
    def meet(n: int) -> str:
        """Meet the other."""
        both.wait()
        return f"met {n}"

    calls = [{"tool": "meet", "args": {"n": 1}}, {"tool": "meet", "args": {"n": 2}}]
    script = {"plan": [plan(subtask("a"))], "think": [{"thought": "both", "calls": calls}, {"answer": "met"}]}
    state = Agent(script, [meet], colour=colour).run()
    assert state["status"] == "done"
    assert state["usage"]["steps"] == 2


def test_calls_with_an_effect_run_one_after_another_in_the_order_asked(world: World) -> None:
    calls = [{"tool": "put", "args": {"what": n}} for n in "abc"]
    script = {"plan": [plan(subtask("a"))], "think": [{"thought": "all", "calls": calls}, {"answer": "ok"}]}
    Agent(script, world.tools()).run()
    assert world.did == ["put a", "put b", "put c"]


def test_a_goal_on_a_thread_that_has_finished_is_a_fresh_run(world: World) -> None:
    script = {
        "plan": [plan(subtask("a")), plan(subtask("a"))],
        "think": [act("put", what="x"), {"answer": "first"}, act("put", what="x"), {"answer": "second"}],
    }
    agent = Agent(script, world.tools())
    assert agent.run("one")["answer"] == "first"
    state = agent.run("two")
    assert (state["goal"], state["answer"], state["usage"]["steps"]) == ("two", "second", 1)
    assert world.did == ["put x", "put x"]


def test_a_thread_forked_before_its_beginning_is_a_fresh_run(world: World) -> None:
    script = {"plan": [plan(subtask("a"))] * 2, "think": [act("put", what="x"), {"answer": "ok"}] * 2}
    agent = Agent(script, world.tools())
    first = agent.run("One.")
    before = list(agent.graph.get_state_history(agent.config))[-1]
    second = agent.graph.invoke({"goal": "Two."}, before.config)
    assert (first["run_id"], second["run_id"]) == ("t1#1", "t1#2")
    assert (world.did, second["usage"]["steps"]) == (["put x", "put x"], 1)


def test_a_cut_output_can_be_read_on() -> None:
    text = " ".join(f"word{n}" for n in range(5000))

    @tool_effect("read_only")
    def long() -> str:
        """Give a long text."""
        return text

    def think(request: Any) -> dict[str, Any]:
        last = str(request.messages[-1].text)
        if request.messages[-1].type != "tool":
            return act("long")
        if "read on with read_output" in last:
            name = last.split('name="')[1].split('"')[0]
            assert any(t["function"]["name"] == "read_output" for t in request.tools)
            return act("read_output", name=name, start=len(text) - 10, length=12)
        return {"answer": last}

    state = Agent({"plan": [plan(subtask("a"))], "think": think}, [long]).run()
    assert state["answer"].startswith(text[-10:])
    assert "the end" in state["answer"]


def test_of_a_thousand_tools_a_dozen_are_shown_and_the_others_can_be_found() -> None:
    def make(n: int) -> StructuredTool:
        def serve(x: int = 0) -> str:
            return f"thing {n}"

        return tool_effect("read_only")(
            StructuredTool.from_function(serve, name=f"tool_{n}", description=f"Handle thing number {n} of kind q{n}z.")
        )

    shown: list[int] = []

    def think(request: Any) -> dict[str, Any]:
        names = [t["function"]["name"] for t in request.tools]
        shown.append(len(names))
        last = str(request.messages[-1].text)
        if "thing 777" in last and request.messages[-1].name == "tool_777":
            return {"answer": last}
        if "tool_777" in names:
            return act("tool_777")
        return act("find_tools", query="kind q777z")

    script = {"plan": [plan(subtask("a", does="Wave."))], "think": think}
    state = Agent(script, [make(n) for n in range(1000)], tools_offered=12).run("Wave.")
    assert state["answer"] == "thing 777"
    assert max(shown) < 30


def test_the_prompt_stays_within_its_bound_and_old_steps_are_condensed(world: World) -> None:
    sizes: list[int] = []

    def think(request: Any) -> dict[str, Any]:
        sizes.append(sum(len(str(m.text)) for m in request.messages))
        turn = len(sizes)
        return act("look", at=f"{turn} " + "x" * 2000) if turn < 40 else {"answer": "seen all"}

    script = {"plan": [plan(subtask("a"))], "think": think}
    state = Agent(script, world.tools(), context_tokens=4000, react_max_steps=60).run()
    assert state["answer"] == "seen all"
    assert max(sizes) < 4 * 4000 + 25_000
    assert max(sizes[30:]) < 2 * max(sizes[8:15])


@BOTH
def test_one_graph_serves_many_threads_at_once(world: World, colour: str) -> None:
    def think(request: Any) -> dict[str, Any]:
        return {"answer": request.goal} if request.messages[-1].type == "tool" else act("look", at=request.goal)

    model = ScriptedModel({"plan": lambda request: plan(subtask("a")), "think": think})
    agent = Agent(model, world.tools())

    def run(n: int) -> str:
        return agent.graph.invoke({"goal": f"goal {n}"}, {"configurable": {"thread_id": f"t{n}"}})["answer"]

    async def arun() -> list[str]:
        configs = [{"configurable": {"thread_id": f"t{n}"}} for n in range(6)]
        calls = [agent.graph.ainvoke({"goal": f"goal {n}"}, c) for n, c in enumerate(configs)]
        return [state["answer"] for state in await asyncio.gather(*calls)]

    if colour == "async":
        assert asyncio.run(arun()) == [f"goal {n}" for n in range(6)]
        return
    answers: dict[int, str] = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: run(n)})) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {n: f"goal {n}" for n in range(6)}


async def test_invoke_works_inside_a_running_event_loop(world: World) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("look", at="x"), {"answer": "ok"}]}
    assert Agent(script, world.tools()).run()["answer"] == "ok"


def test_an_unknown_tool_is_answered_with_what_there_is(world: World) -> None:
    def think(request: Any) -> dict[str, Any]:
        last = request.messages[-1]
        return {"answer": str(last.text)} if last.type == "tool" else act("lok", at="x")

    state = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools()).run()
    assert "missing_tool" in state["answer"]
    assert "look" in state["answer"]
    assert world.did == []


@pytest.mark.parametrize("goal", ["", "  \n", None])
def test_an_empty_goal_is_refused(world: World, goal: Any) -> None:
    with pytest.raises(GoalError, match="The goal is empty"):
        Agent({"plan": []}, world.tools()).run(goal)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (plan(), "no subtasks"),
        (plan(subtask("a", "b"), subtask("b", "a")), "cycle: a -> b -> a"),
        (plan(subtask("a"), subtask("a")), "two subtasks with the id 'a'"),
        (plan(subtask("a", "z")), "depends on 'z'"),
    ],
)
def test_a_plan_that_is_no_dag_is_sent_back_once_and_then_ends_the_run(world: World, bad: Any, why: str) -> None:
    good = {"plan": [bad, plan(subtask("a"))], "think": [{"answer": "fine"}]}
    assert Agent(good, world.tools()).run()["answer"] == "fine"
    state = Agent({"plan": [bad, bad]}, world.tools()).run()
    assert state["status"] == "failed"
    assert why in state["report"]["summary"]


def test_a_model_that_cannot_be_had_leaves_the_run_to_be_gone_on_with(world: World) -> None:
    script = {
        "plan": [plan(subtask("a"), subtask("b"))],
        "think": {
            "a": [act("put", what="x"), ModelError("The endpoint is down."), {"answer": "a done"}],
            "b": [act("put", what="y"), {"answer": "b done"}],
        },
    }
    agent = Agent(script, world.tools())
    with pytest.raises(ModelError, match="endpoint is down"):
        agent.run()
    assert agent.again()["status"] == "done"
    assert sorted(world.did) == ["put x", "put y"]


def test_both_graphs_are_drawn_with_every_component() -> None:
    nodes = set(Agent({}, []).graph.get_graph(xray=True).nodes)
    main = {"plan", "budget", "checkpoint", "reflect", "replan", "finish"}
    inner = {f"execute:{name}" for name in ("budget", "think", "checkpoint", "act", "observe", "reflect")}
    assert main | inner <= nodes


def test_a_call_nobody_has_to_be_asked_about_needs_no_visit_to_the_checkpoint(world: World) -> None:
    think = [act("look", at="x"), act("put", what="y"), {"answer": "ok"}]
    agent = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools())
    steps = agent.graph.stream({"goal": "g"}, agent.config, stream_mode="updates", subgraphs=True)
    visited = [name for space, update in steps if len(space) == 2 for name in update]
    assert visited[:5] == ["budget", "think", "act", "observe", "reflect"]
    assert visited[5:11] == ["budget", "think", "checkpoint", "act", "observe", "reflect"]
    assert world.did == ["look x", "put y"]


def test_a_person_is_asked_what_only_a_person_can_decide(world: World) -> None:
    def think(request: Any) -> dict[str, Any]:
        last = request.messages[-1]
        return {"answer": str(last.text)} if last.type == "tool" else act("ask_human", question="Which colour?")

    agent = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools())
    agent.run()
    [(number, question)] = agent.questions().items()
    assert asked(question)[0] == "ask_human"
    assert "Which colour?" in question["action_requests"][0]["description"]
    assert agent.answer({number: "blue"})["answer"] == "blue"
