"""The runs of a process: each with a journal and a budget of its own, and the same ones after a restart."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphInterrupt
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, Store, build_graph, open_store
from surefoot.graph.live_run import LiveRun
from surefoot.graph.runs import Runs
from surefoot.nodes.reservations import Cost, Reservation
from surefoot.nodes.state import Action, BudgetStatus, StepResult, Usage
from surefoot.tools import tool_effect
from surefoot.tools.errors import GoalError, RunBusy, ToolError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
PUT = Action(tool="put", args={"what": "x"}, action_id="a.1.1.0-x")


@pytest.fixture
def store(place: Path | str) -> Any:
    with open_store(place) as opened:
        yield opened


@pytest.fixture
def world() -> World:
    return World()


def runs(store: Store, **settings: Any) -> Runs:
    return Runs(store, Settings(**settings), "scripted")


def begin(store: Store, thread: str = "t", **state: Any) -> LiveRun:
    return runs(store).begin({"goal": "G.", **state}, thread)


def one_call(tool: str = "put") -> dict[str, Any]:
    def think(request: Any) -> dict[str, Any]:
        return {"answer": "ok"} if request.messages[-1].type == "tool" else act(tool, what="x")

    return {"plan": lambda request: plan(subtask("a")), "think": think}


def test_runs_of_a_thread_are_counted(store: Store) -> None:
    first = begin(store)
    assert (first.run_id, first.thread_id) == ("t#1", "t")
    assert begin(store, run_id="t#1").run_id == "t#2"


def spend(run: LiveRun, usage: Usage) -> None:
    held = run.reserve(Cost(usage.tokens), node="think", task_id="a")
    assert isinstance(held, Reservation)
    run.settle(held, node="think", task_id="a", usage=usage)


def test_a_call_that_died_with_its_process_counts_as_spent(store: Store) -> None:
    run = runs(store, prices={}).begin({"goal": "G."}, "t")
    spend(run, Usage(tokens=5))
    run.reserve(Cost(40, 900, usd=0.25), node="think", task_id="a")
    usage = runs(store).find({"run_id": "t#1"}).usage()
    assert (usage.tokens, usage.estimated) == (45, True)
    assert store.spent("t#1")["usd"] == 0.25


@pytest.mark.parametrize("thread", ["a#b", "#", "a#7", "x/y", "../..", "日本", "t" * 3000, "a b\n"])
def test_any_thread_id_has_runs_of_its_own(store: Store, thread: str) -> None:
    run = begin(store, thread)
    spend(run, Usage(tokens=5))
    again = runs(store).find({"run_id": run.run_id})
    assert (again.thread_id, again.run_id, again.usage().tokens) == (thread, f"{thread}#1", 5)


def test_a_run_that_came_no_further_than_planning_is_begun_again_under_its_name(store: Store) -> None:
    spend(begin(store), Usage(tokens=7))
    again = begin(store)
    assert (again.run_id, again.usage().tokens) == ("t#1", 7)


@pytest.mark.parametrize("left", ["acted", "ended", "waiting"])
def test_a_name_that_was_used_is_never_used_again(store: Store, left: str) -> None:
    """The state of a fork, or of a new InMemorySaver, does not know of the runs that were."""
    known = runs(store)
    run = known.begin({"goal": "G."}, "t")
    if left == "acted":
        run.charge_steps(["1"], task_id="a")
    elif left == "ended":
        known.close(run, "done")
    else:
        with known.leg("t"), pytest.raises(GraphInterrupt), known.entered({"run_id": run.run_id}):
            raise GraphInterrupt([])
    assert begin(store).run_id == "t#2"
    assert begin(store, "another").run_id == "another#1"


def test_a_run_taken_up_elsewhere_has_its_limits_its_spending_and_its_trust(store: Store) -> None:
    run = runs(store, max_steps=5).begin({"goal": "G."}, "t")
    run.trust("mail")
    run.charge_steps(["1", "2"], task_id="a")
    spend(run, Usage(tokens=9, usd=0.5, estimated=True))
    again = runs(store, max_steps=99).find({"run_id": "t#1"})
    assert again.trusted() == {"mail"}
    assert again.budget.limits["max_steps"] == 5
    usage = again.usage()
    assert (usage.steps, usage.tokens, usage.usd, usage.estimated) == (2, 9, 0.5, True)


def test_an_action_is_counted_once_however_often_it_is_charged(store: Store) -> None:
    run = begin(store)
    assert [run.charge_steps(ids, task_id="a") for ids in (["1", "2"], ["2", "3"])] == [2, 2]
    assert runs(store).find({"run_id": "t#1"}).charge_steps(["1"], task_id="a") == 1
    assert store.spent("t#1")["steps"] == 3


def test_only_so_many_actions_are_granted_as_the_limit_leaves(store: Store) -> None:
    run = runs(store, max_steps=3).begin({"goal": "G."}, "t")
    assert run.charge_steps(["1", "2"], task_id="a") == 2
    assert run.charge_steps(["1", "3", "4"], task_id="a") == 2
    assert (run.charge_steps(["5"], task_id="a"), run.status()) == (0, BudgetStatus.EXCEEDED)
    assert run.charge_steps(["1"], task_id="a") == 1


def test_a_finished_action_is_answered_from_the_journal_of_its_run_alone(store: Store) -> None:
    run = begin(store)
    assert run.prepare(PUT, "idempotent") == ("PREPARED", None)
    assert run.start(PUT)
    run.finish(PUT, StepResult(success=True, output="put x"))
    status, result = runs(store).find({"run_id": "t#1"}).prepare(PUT, "idempotent")
    assert status == "DONE" and result and result.output == "put x"
    assert begin(store, run_id="t#1").prepare(PUT, "idempotent") == ("PREPARED", None)


def test_a_large_output_is_read_in_parts_and_a_lost_one_is_the_tools_failure(store: Store) -> None:
    run = begin(store)
    name = run.store_output("0123456789")
    assert run.read_output(name, 3, 4) == "3456"
    with pytest.raises(ToolError, match="no stored output"):
        run.read_output("f" * 32, 0, 4)


def test_events_are_kept_also_where_nobody_watches(store: Store) -> None:
    thought = {"type": "thought", "task_id": "a", "attempt": 1, "turn": 1, "text": "hm", "tokens": 1, "seconds": 0.1}
    begin(store).record(thought)  # type: ignore[typeddict-item]
    assert [(e["seq"], e["type"], e.get("text")) for e in store.events("t#1")] == [
        (1, "begun", None),
        (2, "thought", "hm"),
    ]


@BOTH
def test_a_clock_runs_while_a_run_is_worked_on_and_a_question_is_written_down(store: Store, colour: str) -> None:
    known = runs(store)
    run = known.begin({"goal": "G."}, "t")

    async def ask() -> None:
        async with known.aentered({"run_id": "t#1"}):
            raise GraphInterrupt([])

    with known.leg("t"), pytest.raises(GraphInterrupt):
        if colour == "async":
            asyncio.run(ask())
        with known.entered({"run_id": "t#1"}):
            raise GraphInterrupt([])
    row = store.run("t")
    assert row and row["status"] == "waiting"
    assert store.spent("t#1")["seconds"] > 0
    assert known.find({"run_id": "t#1"}) is not run, "another process may have worked on it in between"


@BOTH
def test_the_user_may_bring_a_checkpointer_and_begin_anew_with_a_fresh_one(
    world: World, tmp_path: Path, colour: str
) -> None:
    config: Any = {"configurable": {"thread_id": "1"}}
    steps = []
    for _ in range(3):
        saver = InMemorySaver()
        graph = build_graph(ScriptedModel(one_call()), world.tools(), Settings(home=tmp_path), checkpointer=saver)
        given = {"goal": "x"}
        state = asyncio.run(graph.ainvoke(given, config)) if colour == "async" else graph.invoke(given, config)
        steps.append((state["status"], state["usage"]["steps"], state["run_id"]))
    assert steps == [("done", 1, "1#1"), ("done", 1, "1#2"), ("done", 1, "1#3")]
    assert world.did == ["put x"] * 3


def test_beside_a_checkpointer_of_the_users_own_the_journal_is_where_the_settings_say(
    world: World, place: Path | str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "unused", store=str(place))
    graph = build_graph(ScriptedModel(one_call()), world.tools(), settings, checkpointer=InMemorySaver())
    assert graph.invoke({"goal": "x"}, {"configurable": {"thread_id": "1"}})["status"] == "done"
    with open_store(place) as store:
        assert [row["run_id"] for row in store.runs()] == ["1#1"]
    assert not (tmp_path / "unused").exists()


def test_a_goal_given_to_an_earlier_checkpoint_is_a_run_of_its_own(world: World) -> None:
    agent = Agent(one_call(), world.tools())
    agent.run("one")
    start = next(s for s in agent.graph.get_state_history(agent.config) if s.next == ("plan",))
    state = agent.graph.invoke({"goal": "two"}, start.config)
    assert (state["status"], state["run_id"], world.did) == ("done", "t1#2", ["put x", "put x"])


def test_a_fork_repeats_nothing_that_was_done_and_its_state_can_be_changed(world: World) -> None:
    agent = Agent(one_call(), world.tools())
    agent.run()
    before = next(s for s in agent.graph.get_state_history(agent.config) if s.next == ("execute",))
    changed = [{**t, "description": "Do it otherwise."} for t in before.values["plan"]]
    fork = agent.graph.update_state(before.config, {"plan": changed})
    state = agent.graph.invoke(None, fork)
    assert (state["status"], state["plan"][0]["description"]) == ("done", "Do it otherwise.")
    assert (state["usage"]["steps"], world.did) == (1, ["put x"])


@pytest.mark.parametrize("goal", ["", "  \n", None, 5])
@BOTH
def test_a_bad_goal_leaves_no_run_behind(world: World, store: Store, goal: Any, colour: str) -> None:
    with pytest.raises(GoalError):
        Agent({}, world.tools(), store=store, colour=colour).run(goal)
    assert store.runs() == []


@BOTH
def test_a_run_is_resumed_by_another_process_with_other_settings_and_tools(
    world: World, tmp_path: Path, colour: str
) -> None:
    path = tmp_path / "runs.db"
    Agent(one_call("fire"), world.tools(), store=path, colour=colour, max_steps=5).run()
    open_questions = Agent({}, [], store=path).questions()

    def think(request: Any) -> dict[str, Any]:
        return {"answer": str(request.messages[-1].text)}

    other = Agent({"think": think}, [], store=path, colour=colour, max_steps=1, approvals="deny")
    state = other.answer(dict.fromkeys(open_questions, "yes"))
    assert state["status"] == "done" and "missing_tool" in state["answer"]
    assert world.did == []


def test_an_approval_given_twice_at_once_runs_its_action_once(tmp_path: Path) -> None:
    """The second resume comes while the action of the first is under way."""
    fired: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    @tool_effect("irreversible")
    def fire(what: str) -> str:
        """Fire it."""
        fired.append(what)
        entered.set()
        leave.wait(20)
        return "fired"

    agent = Agent(one_call("fire"), [fire], store=tmp_path / "runs.db")
    agent.run()
    answers = dict.fromkeys(agent.questions(), "yes")
    first = threading.Thread(target=agent.answer, args=(answers,))
    first.start()
    assert entered.wait(20)
    other = Agent(one_call("fire"), [fire], store=tmp_path / "runs.db")
    with pytest.raises(RunBusy, match="being worked on"):
        other.answer(answers)
    leave.set()
    first.join(20)
    assert fired == ["x"]
