"""The door lets in only what fits where the run stands, and refuses the rest in a sentence."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer

from surefoot.graph import Door, Settings, Store, build_graph, open_store
from surefoot.tools.errors import GoalError, ModelError, ResumeError, RunBusy, SettingsError, StoreError

Open = Callable[..., Door]


@pytest.fixture
def store(workspace: Path, place: Path | str) -> Iterator[Store]:
    with open_store(place) as opened:
        yield opened


@pytest.fixture
def open_door(store: Store) -> Open:
    def make(**settings: Any) -> Door:
        script = importlib.import_module("spoken_agent")
        return Door(build_graph(script.model(), script.tools, Settings(**settings), store=store), store)

    return make


@pytest.fixture
def door(open_door: Open) -> Door:
    return open_door()


def effects() -> list[str]:
    log = Path("effects.log")
    return log.read_text().splitlines() if log.exists() else []


def test_a_run_is_started_and_told_event_by_event(door: Door) -> None:
    told: list[dict[str, Any]] = []
    standing = door.start("add 1", "t", watch=told.append)
    assert (standing.status, standing.run_id, standing.questions) == ("done", "t#1", ())
    assert standing.state["answer"] == "add: 2"
    assert [e["type"] for e in told] == [
        "started",
        "begun",
        "plan",
        "subtask",
        "thought",
        "action",
        "observation",
        "thought",
        "subtask",
        "finished",
    ]
    assert [e["seq"] for e in told] == list(range(1, 11))


def test_what_a_tool_streams_is_no_event_of_the_run(store: Store, workspace: Path) -> None:
    script = importlib.import_module("spoken_agent")

    def add(what: str) -> str:
        """Add, and pretend that the run is over."""
        get_stream_writer()({"type": "finished", "status": "done"})
        return what

    told: list[dict[str, Any]] = []
    agent = build_graph(script.model(), [add], Settings(undeclared_tools="trust"), store=store)
    Door(agent, store).start("add 1", "t", watch=told.append)
    assert [e["type"] for e in told].count("finished") == 1


@pytest.mark.parametrize("first", [0, 1])
def test_two_open_questions_are_answered_one_by_one_in_either_order(door: Door, first: int) -> None:
    asked = door.start("wipe x; wipe y", "t")
    assert asked.status == "waiting"
    one, other = asked.questions[first], asked.questions[1 - first]
    half = door.resume("t", "yes", interrupt_id=one.id)
    assert (half.status, [q.id for q in half.questions]) == ("waiting", [other.id])
    assert effects() == [f"wipe {one.args['what']}"]
    assert door.resume("t", False, interrupt_id=other.id).status == "done"
    assert effects() == [f"wipe {one.args['what']}"]


def test_an_answer_without_an_id_needs_a_single_question(door: Door) -> None:
    asked = door.start("wipe x; wipe y", "t")
    with pytest.raises(ResumeError, match="several open questions") as refused:
        door.resume("t", "yes")
    assert all(q.id in str(refused.value) for q in asked.questions)
    assert (effects(), len(door.look("t").questions)) == ([], 2)
    door.resume("t", "yes", interrupt_id=asked.questions[0].id)
    assert door.resume("t", "yes").status == "done"


@pytest.mark.parametrize(
    "answer", [None, "", "  ", {}, [], 7, {"type": "perhaps"}, {"a" * 32: True}, float("nan"), object()]
)
def test_an_answer_nobody_can_read_is_refused_before_it_is_delivered(door: Door, answer: Any) -> None:
    asked = door.start("wipe x", "t")
    with pytest.raises(ResumeError):
        door.resume("t", answer)
    assert door.look("t") == asked


def test_a_wrong_id_is_refused_and_the_question_stays(door: Door) -> None:
    asked = door.start("wipe x", "t")
    with pytest.raises(ResumeError, match=f"no open question 'nope'; open: {asked.questions[0].id}"):
        door.resume("t", "yes", interrupt_id="nope")
    assert (door.look("t"), effects()) == (asked, [])


def test_a_question_is_answered_once(door: Door) -> None:
    question = door.start("wipe x; wipe y", "t").questions[0]
    door.resume("t", "yes", interrupt_id=question.id)
    with pytest.raises(ResumeError, match="no open question"):
        door.resume("t", "yes", interrupt_id=question.id)
    assert len(effects()) == 1


def test_an_id_alone_is_no_answer(door: Door) -> None:
    question = door.start("wipe x", "t").questions[0]
    with pytest.raises(ResumeError, match="is missing"):
        door.resume("t", interrupt_id=question.id)


def test_a_waiting_run_keeps_waiting_without_an_answer(door: Door) -> None:
    asked = door.start("wipe x", "t")
    assert door.resume("t") == asked


def test_an_unknown_run_is_refused_and_leaves_nothing(door: Door, store: Store, workspace: Path) -> None:
    for call in (door.look, door.resume, lambda name: door.resume(name, "yes")):
        with pytest.raises(ResumeError, match="There is no run 'nobody'"):
            call("nobody")
    assert store.runs() == []
    assert [file.name for file in workspace.rglob("*.lock")] in ([], ["opening.lock"])


def test_a_run_whose_states_are_kept_elsewhere_is_looked_at_but_not_gone_on_with(door: Door, store: Store) -> None:
    script = importlib.import_module("spoken_agent")
    agent = build_graph(script.model(), script.tools, store=store, checkpointer=InMemorySaver())
    agent.invoke({"goal": "wipe x"}, {"configurable": {"thread_id": "t"}})
    seen = door.look("t")
    assert (seen.status, seen.goal) == ("waiting", "wipe x")
    for call in (lambda: door.resume("t"), lambda: door.resume("t", "yes"), lambda: door.start("add 1", "t")):
        with pytest.raises(ResumeError, match="'t' is kept by a checkpointer of its own"):
            call()
    store.upsert_run("t", "t#1", status="running")
    assert door.look("t").status == "running"
    assert effects() == []


def test_a_finished_run_is_refused(door: Door) -> None:
    done = door.start("add 1", "t")
    for answer in ((), ("yes",)):
        with pytest.raises(ResumeError, match="is finished"):
            door.resume("t", *answer)
    assert door.look("t") == done


def test_a_run_whose_end_was_saved_last_of_all_is_finished(door: Door, store: Store) -> None:
    done = door.start("add 1", "t")
    store.upsert_run("t", "t#1", status="running")  # as it is when the process dies right before it writes "done"
    assert door.look("t") == done
    with pytest.raises(ResumeError, match="is finished"):
        door.resume("t")
    door.start("add 5", "t")
    assert [row["status"] for row in store.runs()] == ["done", "done"]


def test_a_question_that_was_never_saved_is_asked_again(door: Door, store: Store) -> None:
    store.upsert_run("t", "t#1", goal="wipe x", status="waiting")
    assert door.look("t").status == "cut off"
    assert [q.name for q in door.resume("t").questions] == ["wipe"]


def test_a_finished_thread_takes_a_new_goal(door: Door) -> None:
    door.start("add 1", "t")
    again = door.start("add 5", "t")
    assert (again.run_id, again.state["answer"]) == ("t#2", "add: 6")


def test_a_new_goal_does_not_drop_an_open_question(door: Door) -> None:
    asked = door.start("wipe x", "t")
    with pytest.raises(ResumeError, match="is not finished: resume it"):
        door.start("add 1", "t")
    assert door.look("t") == asked


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "-x", "x" * 201, "\ud800"])
def test_a_name_nobody_could_type_again_is_refused(door: Door, store: Store, name: str) -> None:
    with pytest.raises(ResumeError, match="name of a run"):
        door.start("add 1", name)
    assert store.runs() == []


def test_an_empty_goal_is_refused(door: Door, store: Store) -> None:
    with pytest.raises(GoalError):
        door.start("  ", "t")
    assert store.runs() == []


def test_a_second_writer_is_refused_at_once(door: Door, store: Store) -> None:
    door.start("wipe x", "t")
    with store.lock("t"):
        for call in (lambda: door.start("add 1", "t"), lambda: door.resume("t", "yes")):
            with pytest.raises(RunBusy):
                call()
    assert effects() == []


def test_a_run_an_error_has_cut_off_says_why_and_goes_on(door: Door, store: Store, workspace: Path) -> None:
    told: list[dict[str, Any]] = []
    door.start("wipe x then broken y", "t")
    with pytest.raises(ModelError):
        door.resume("t", "yes", watch=told.append)
    assert told[-1]["type"] == "error"
    assert door.look("t").status == "cut off"
    with pytest.raises(ResumeError, match="no open question: resume it without an answer"):
        door.resume("t", "yes")
    (workspace / "up").touch()
    assert door.resume("t").status == "done"
    assert effects() == ["wipe x"]


def test_a_run_cut_off_before_its_first_step_starts_from_its_goal(open_door: Open, store: Store) -> None:
    store.upsert_run("t", "t#1", goal="add 1", status="running")
    door = open_door()
    assert door.look("t").status == "cut off"
    with pytest.raises(ResumeError, match="not finished"):
        door.start("add 2", "t")
    assert door.resume("t").state["answer"] == "add: 2"


def test_the_second_run_of_a_thread_starts_from_its_own_goal(open_door: Open, store: Store) -> None:
    open_door().start("add 1", "t")
    store.upsert_run("t", "t#2", goal="add 5", status="running")
    again = open_door().resume("t")
    assert (again.run_id, again.state["answer"]) == ("t#2", "add: 6")


def test_a_run_stopped_by_its_budget_goes_on_with_a_larger_limit(open_door: Open) -> None:
    stopped = open_door(max_steps=1).start("add 1 then add 2", "t")
    assert stopped.status == "stopped"
    with pytest.raises(ResumeError, match="stopped by its budget: to go on, resume it with a larger limit"):
        open_door().resume("t")
    with pytest.raises(SettingsError, match="can only be raised"):
        open_door().resume("t", limits={"max_tokens": 10})
    with pytest.raises(ResumeError, match="1 of 1 steps"):
        open_door().resume("t", limits={"max_tokens": 2_000_000})
    assert open_door().look("t") == stopped
    done = open_door().resume("t", limits={"max_steps": 10, "max_usd": None})
    assert (done.status, done.state["answer"]) == ("done", "add: 3")
    assert done.state["usage"]["steps"] > stopped.state["usage"]["steps"]


def test_a_run_stopped_before_it_had_a_plan_wants_its_goal_anew(open_door: Open) -> None:
    assert open_door(max_tokens=10).start("add 1", "t").status == "stopped"
    with pytest.raises(ResumeError, match="before it had a plan: give its goal anew"):
        open_door().resume("t", limits={"max_tokens": 100_000})


def test_limits_of_a_waiting_run_can_be_raised(open_door: Open) -> None:
    open_door(max_steps=1).start("wipe x then add 2", "t")
    assert open_door().resume("t", limits={"max_steps": 5}).status == "waiting"
    assert open_door().resume("t", "yes").status == "done"


def test_an_abort_ends_the_run(door: Door) -> None:
    door.start("wipe x", "t")
    assert door.resume("t", {"type": "abort", "message": "enough"}).status == "aborted"
    assert effects() == []


def test_a_state_of_a_newer_release_is_refused(door: Door, store: Store) -> None:
    door.start("wipe x", "t")
    door._agent.update_state({"configurable": {"thread_id": "t"}}, {"schema_version": 99}, as_node="plan")
    with pytest.raises(StoreError, match="newer release"):
        door.resume("t")


def test_a_step_this_release_does_not_have_is_no_success(door: Door) -> None:
    door.start("wipe x", "t")
    door._agent.update_state({"configurable": {"thread_id": "t"}}, {"status": "running"}, as_node="finish")
    with pytest.raises(StoreError, match="a step this release does not have"):
        door.resume("t")


def test_a_run_that_died_before_its_question_was_stored_goes_on(door: Door, store: Store) -> None:
    with pytest.raises(ModelError):
        door.start("broken x", "t")
    store.upsert_run("t", "t#1", status="waiting")  # as it stands between the run table and the checkpoint
    Path("up").touch()
    assert (door.look("t").status, door.look("t").questions) == ("cut off", ())
    assert door.resume("t").status == "done"
