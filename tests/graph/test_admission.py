"""Plain `invoke` and its twins let in only what fits where a run stands, and one writer at a time."""

import asyncio
import threading
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, Store, build_graph, open_store
from surefoot.tools.errors import GoalError, ModelError, ResumeError, RunBusy, StoreError

UNKNOWN_ID = "0" * 32
COLOURS = ("sync", "async")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "runs.db")


def fires(*names: str) -> dict[str, Any]:
    """Each subtask fires once, which a person has to approve."""

    def think(request: Any) -> dict[str, Any]:
        fired = any(m.type == "tool" for m in request.messages)
        return {"answer": "fired"} if fired else act("fire", what=request.task_id)

    return {"plan": [plan(*map(subtask, names))] * 2, "think": think}


@pytest.fixture(params=COLOURS)
def waiting(request: pytest.FixtureRequest, store: Store, world: World) -> Agent:
    """An agent whose run has two open questions."""
    agent = Agent(fires("a", "b"), world.tools(), store=store, colour=request.param)
    agent.run()
    assert len(agent.questions()) == 2
    return agent


def test_an_answer_to_another_question_is_refused_and_the_questions_stay(waiting: Agent, world: World) -> None:
    open_questions = waiting.questions()
    for wrong in ({UNKNOWN_ID: True}, {**dict.fromkeys(open_questions, True), UNKNOWN_ID: True}):
        with pytest.raises(ResumeError, match="no open question '0000"):
            waiting.answer(wrong)
    assert (waiting.questions(), world.did) == (open_questions, [])
    assert waiting.answer_all(True)["status"] == "done"


def test_an_answer_without_an_id_needs_a_single_question(waiting: Agent, world: World) -> None:
    first, second = waiting.questions()
    with pytest.raises(ResumeError, match=f"several open questions.*{first}, {second}"):
        waiting.answer(True)  # type: ignore[arg-type]
    waiting.answer({first: True})
    assert waiting.answer(True)["status"] == "done"  # type: ignore[arg-type]
    assert sorted(world.did) == ["fire a", "fire b"]


@pytest.mark.parametrize(
    ("nothing", "told"), [(None, "answer is missing"), (object(), "not plain data")], ids=["none", "object"]
)
def test_an_answer_that_is_none_is_refused_and_the_questions_stay(waiting: Agent, nothing: Any, told: str) -> None:
    asked = waiting.questions()
    with pytest.raises(ResumeError, match=told):
        waiting.answer(dict.fromkeys(asked, nothing))
    assert waiting.questions() == asked


@pytest.mark.parametrize("nothing", [{}, "", []], ids=repr)
def test_an_answer_that_says_nothing_asks_again(waiting: Agent, nothing: Any) -> None:
    first, _ = waiting.questions()
    waiting.answer({first: True})
    waiting.answer(nothing)
    [asked] = waiting.questions().values()
    assert asked["error"]


def test_a_command_without_an_answer_is_refused(waiting: Agent) -> None:
    first, second = waiting.questions()
    waiting.answer({first: True})
    with pytest.raises(ResumeError, match="answer is missing"):
        waiting.answer(None)  # type: ignore[arg-type]
    assert list(waiting.questions()) == [second]


def test_an_answer_whose_keys_look_like_ids_reaches_its_question(waiting: Agent) -> None:
    first, second = waiting.questions()
    waiting.answer({first: True})
    waiting.answer({second: {UNKNOWN_ID: "yes"}})
    [(again, asked)] = waiting.questions().items()
    assert asked["error"]
    assert waiting.answer({again: "yes"})["status"] == "done"


def test_an_answer_is_made_plain_before_it_is_saved(waiting: Agent, world: World) -> None:
    first, second = waiting.questions()
    waiting.answer({first: {"type": "reject", "message": "no\x00\ud800"}})
    state = waiting.answer({second: True})
    assert [d["message"] for d in state["decisions"] if d["answer"] == "reject"] == ["no\ufffd\ufffd"]
    assert len(world.did) == 1


def test_an_answer_to_a_run_that_is_not_there_is_refused_and_begins_nothing(store: Store, world: World) -> None:
    agent = Agent(fires("a"), world.tools(), store=store)
    with pytest.raises(ResumeError, match="no run 't1'"):
        agent.answer({UNKNOWN_ID: True})
    assert store.run("t1") is None
    assert not agent.graph.get_state(agent.config).created_at


def test_a_second_answer_is_refused_once_the_run_has_moved_on(waiting: Agent, world: World) -> None:
    answers = dict.fromkeys(waiting.questions(), True)
    waiting.answer(answers)
    with pytest.raises(ResumeError, match="no open question"):
        waiting.answer(answers)
    assert sorted(world.did) == ["fire a", "fire b"]


def test_a_new_goal_does_not_drop_an_open_question(waiting: Agent) -> None:
    asked = waiting.questions()
    with pytest.raises(ResumeError, match="not finished"):
        waiting.run("Something else.")
    assert waiting.questions() == asked


@pytest.mark.parametrize("goal", ["", "  \n", None, 7], ids=repr)
def test_a_goal_that_is_none_is_refused_before_anything_is_saved(store: Store, goal: Any) -> None:
    agent = Agent(fires("a"), [], store=store)
    with pytest.raises(GoalError):
        agent.run(goal)
    assert store.run("t1") is None
    assert not agent.graph.get_state(agent.config).created_at


@pytest.mark.parametrize("colour", COLOURS)
def test_a_goal_is_made_plain_before_it_is_saved(store: Store, world: World, colour: str) -> None:
    agent = Agent({"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}, [], store=store, colour=colour)
    assert agent.run("Say\x00 \udcffit.")["goal"] == "Say\ufffd \ufffdit."


def test_work_that_was_cut_off_is_gone_on_with_and_not_dropped(store: Store, world: World) -> None:
    script = fires("a") | {"plan": [ConnectionError("down"), plan(subtask("a"))]}
    agent = Agent(script, world.tools(), store=store)
    with pytest.raises(ModelError):
        agent.run()
    with pytest.raises(ResumeError, match="not finished"):
        agent.run()
    agent.again()
    assert agent.answer_all(True)["status"] == "done"


def test_a_run_cut_off_before_its_first_step_begins_with_its_goal(store: Store, world: World) -> None:
    store.upsert_run("t1", "t1#1", goal="Do the work.", status="running")
    agent = Agent(fires("a"), world.tools(), store=store)
    agent.again()
    assert agent.answer_all(True)["goal"] == "Do the work."


def test_a_finished_thread_takes_a_new_goal(waiting: Agent, store: Store) -> None:
    waiting.answer_all(True)
    waiting.run("Once more.")
    assert waiting.answer_all(True)["run_id"] == "t1#2"
    assert [row["status"] for row in store.runs()] == ["done", "done"]


@pytest.mark.parametrize("colour", COLOURS)
def test_a_second_writer_is_refused_at_once(store: Store, colour: str) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow() -> str:
        """Take time."""
        entered.set()
        leave.wait(20)
        return "done"

    script = {"plan": [plan(subtask("a"))], "think": [act("slow"), {"answer": "ok"}]}
    agent = Agent(script, [slow], store=store, colour=colour, undeclared_tools="trust")
    first = threading.Thread(target=agent.run)
    first.start()
    assert entered.wait(20)
    for second in (agent.again, agent.run, lambda: agent.graph.update_state(agent.config, {"reason": "x"})):
        with pytest.raises(RunBusy, match="being worked on"):
            second()
    leave.set()
    first.join(20)
    assert agent.graph.get_state(agent.config).values["status"] == "done"
    assert agent.graph.update_state(agent.config, {"reason": "seen"})


def test_a_stream_that_is_left_frees_the_run(waiting: Agent) -> None:
    stream = waiting.graph.stream(Command(resume=dict.fromkeys(waiting.questions(), True)), waiting.config)
    next(stream)
    with pytest.raises(RunBusy):
        waiting.again()
    stream.close()
    assert waiting.again()["status"] == "done"


@pytest.mark.parametrize("colour", COLOURS)
def test_a_stream_that_is_left_at_its_question_can_be_answered(store: Store, world: World, colour: str) -> None:
    agent = Agent(fires("a"), world.tools(), store=store, colour=colour)

    async def left() -> None:
        async with aclosing(agent.graph.astream({"goal": "Fire."}, agent.config)) as parts:  # type: ignore[type-var]
            async for part in parts:
                if "__interrupt__" in part:
                    return

    if colour == "async":
        asyncio.run(left())
    else:
        parts = agent.graph.stream({"goal": "Fire."}, agent.config)
        assert any("__interrupt__" in part for part in parts)
        parts.close()  # type: ignore[attr-defined]
    assert store.run("t1")["status"] == "waiting"  # type: ignore[index]
    assert agent.answer_all(True)["status"] == "done"


def test_while_it_is_worked_on_a_run_is_not_called_waiting(waiting: Agent, store: Store) -> None:
    stream = waiting.graph.stream(Command(resume=dict.fromkeys(waiting.questions(), True)), waiting.config)
    next(stream)
    assert store.run("t1")["status"] == "running"  # type: ignore[index]
    stream.close()


def test_a_run_that_was_cut_off_is_running_still_and_not_entered_anew(waiting: Agent, store: Store) -> None:
    store.upsert_run("t1", "t1#1", status="running")  # as a process leaves it that dies before it asks
    since = store.run("t1")["updated_at"]  # type: ignore[index]
    stream = waiting.graph.stream(None, waiting.config)
    next(stream)
    row = store.run("t1")
    stream.close()
    assert row and (row["status"], row["updated_at"]) == ("running", since)


def test_a_run_of_a_graph_with_other_steps_is_refused(waiting: Agent, store: Store) -> None:
    store.upsert_run("t1", "t1#1", graph_hash="0123456789abcdef")
    with pytest.raises(StoreError, match="with other steps"):
        waiting.answer_all(True)
    assert len(waiting.questions()) == 2


def test_the_graph_hash_knows_the_steps_of_both_graphs() -> None:
    graph = build_graph(ScriptedModel({}), [])
    [(_, react)] = graph.get_subgraphs()
    before = graph.graph_hash
    react.nodes["another"] = react.nodes["act"]  # type: ignore[attr-defined]
    inner = graph.graph_hash
    graph.nodes["another"] = graph.nodes["plan"]
    assert len({before, inner, graph.graph_hash}) == 3


def test_a_run_whose_journal_is_gone_is_refused(tmp_path: Path, world: World) -> None:
    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "t1"}}
    for home in ("one", "two"):
        model = ScriptedModel(fires("a"))
        graph = build_graph(model, world.tools(), Settings(home=tmp_path / home), checkpointer=saver)
        if home == "one":
            graph.invoke({"goal": "Fire."}, config)
        else:
            with pytest.raises(StoreError, match="journal of the run 't1' is not in"):
                graph.invoke(Command(resume=True), config)
    assert world.did == []


class DiesAsking(InMemorySaver):
    """A saver of somebody else's whose process dies, once it is told to, as it saves a question of the main graph."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()  # the agent works on a copy

    def put_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        outer = not config["configurable"]["checkpoint_ns"]
        if self.told.is_set() and outer and any(channel == "__interrupt__" for channel, _ in writes):
            raise RuntimeError("gone")
        super().put_writes(config, writes, task_id, task_path)

    async def aput_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        self.put_writes(config, writes, task_id, task_path)


@pytest.mark.parametrize("colour", COLOURS)
def test_where_another_saver_dies_asking_what_was_answered_is_not_open_again(
    tmp_path: Path, world: World, colour: str
) -> None:
    saver = DiesAsking()

    def think(request: Any) -> dict[str, Any]:
        fired = sum(m.type == "tool" for m in request.messages)
        return {"answer": "fired"} if fired == 2 else act("fire", what=str(fired))

    def process() -> Agent:
        agent = Agent({"plan": lambda _: plan(subtask("a")), "think": think}, world.tools(), colour=colour)
        agent.graph = build_graph(
            ScriptedModel({"plan": [plan(subtask("a"))], "think": think}),
            world.tools(),
            Settings(home=tmp_path),
            checkpointer=saver,
        )
        return agent

    process().run()
    [first] = process().questions()
    saver.told.set()
    with pytest.raises(RuntimeError, match="gone"):
        process().answer({first: True})
    saver.told.clear()
    assert list(process().questions()) == [first] and world.did == ["fire 0"]
    with pytest.raises(ResumeError, match="no open question"):
        process().answer({first: True})
    process().again()
    [second] = process().questions()
    assert second != first
    assert process().answer({second: True})["status"] == "done"
    assert world.did == ["fire 0", "fire 1"]


class Outer(TypedDict, total=False):
    goal: str
    answer: str


def test_inside_another_graph_that_graph_is_in_charge(world: World) -> None:
    outer = StateGraph(Outer)
    outer.add_node("agent", build_graph(ScriptedModel(fires("a")), world.tools()))
    outer.add_edge(START, "agent")
    graph = outer.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "outer"}}
    asked = graph.invoke({"goal": "Fire."}, config)
    assert len({question.id for question in asked["__interrupt__"]}) == 1
    assert graph.invoke(Command(resume=True), config)["answer"] == "fired"
    assert world.did == ["fire a"]


async def test_many_threads_of_one_agent_do_not_stand_in_each_others_way(store: Store, world: World) -> None:
    graph = build_graph(ScriptedModel(fires("a") | {"plan": lambda _: plan(subtask("a"))}), world.tools(), store=store)
    configs: list[Any] = [{"configurable": {"thread_id": f"t{n}"}} for n in range(8)]
    await asyncio.gather(*(graph.ainvoke({"goal": "Fire."}, config) for config in configs))
    ended = await asyncio.gather(*(graph.ainvoke(Command(resume=True), config) for config in configs))
    assert {state["status"] for state in ended} == {"done"}
    assert len(world.did) == 8
