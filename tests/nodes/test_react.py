"""ReactLoop alone, without a graph: a subtask in, a report or a reason and a log out."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from scripted_agent import World, act

from surefoot.graph import ScriptedModel
from surefoot.nodes import ReactLoop, ReactResult, SelfReflection, StepExecutor, SubTask
from surefoot.nodes.drive import drive
from surefoot.nodes.react import UNREADABLE_TURNS, start_state
from surefoot.nodes.reservations import Cost, Grant, Reservation
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import UNASKED, BudgetStatus, ReactState
from surefoot.tools import tool_effect
from surefoot.tools.errors import ModelError, ToolError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
SUBTASK = SubTask(task_id="a", description="Do a.")


@pytest.fixture
def world() -> World:
    return World()


def run(think: Any, tools: Any, *, colour: str = "sync", **options: Any) -> ReactResult:
    loop = ReactLoop(ScriptedModel({"think": think}), StepExecutor(tools), **options)
    return asyncio.run(loop.arun(SUBTASK)) if colour == "async" else loop.run(SUBTASK)


@BOTH
def test_a_subtask_ends_in_a_report_and_a_log_of_what_led_there(world: World, colour: str) -> None:
    result = run([act("put", what="x"), {"answer": "x is put"}], world.tools(), colour=colour)
    assert (result.answer, result.ended) == ("x is put", "answer")
    [step] = result.log
    assert step.action and step.observation
    assert (step.thought, step.action.tool, step.action.args) == ("I call put.", "put", {"what": "x"})
    assert (step.observation.success, step.observation.output, step.confidence) == (True, "put x", 0.9)


@BOTH
def test_all_calls_of_a_thought_run_and_the_log_keeps_their_order(world: World, colour: str) -> None:
    calls = [{"tool": t, "args": a} for t, a in (("look", {"at": "1"}), ("put", {"what": "2"}), ("look", {"at": "3"}))]
    result = run([{"thought": "all", "calls": calls}, {"answer": "ok"}], world.tools(), colour=colour)
    assert world.did == ["look 1", "put 2", "look 3"]
    assert [(s.turn, s.thought, s.action and s.action.tool) for s in result.log] == [
        (1, "all", "look"),
        (1, "", "put"),
        (1, "", "look"),
    ]
    assert len({s.action.action_id for s in result.log if s.action}) == 3


@BOTH
def test_a_failed_call_is_told_to_the_model_and_does_not_end_the_loop(world: World, colour: str) -> None:
    def think(request: Any) -> dict[str, Any]:
        last = request.messages[-1]
        return {"answer": f"{last.status}: {last.text}"} if last.type == "tool" else act("broken", why="wet")

    result = run(think, world.tools(), colour=colour)
    assert result.answer and result.answer.startswith("error: ERROR exception:") and "wet" in result.answer


@BOTH
def test_giving_up_ends_the_subtask_and_runs_nothing_asked_for_beside_it(world: World, colour: str) -> None:
    calls = [{"tool": "put", "args": {"what": "x"}}, {"tool": "give_up", "args": {"reason": "no key"}}]
    result = run([{"thought": "no", "calls": calls}], world.tools(), colour=colour)
    assert (result.ended, result.reason, result.answer, world.did) == ("gave_up", "no key", None, [])


@pytest.mark.parametrize("args", [{}, {"reason": None}, {"reason": ""}, {"why": "x"}])
def test_giving_up_without_a_reason_is_still_giving_up(args: dict[str, Any]) -> None:
    result = run([{"thought": "no", "tool": "give_up", "args": args}], [])
    assert (result.ended, result.reason) == ("gave_up", "The model gave no reason.")


@BOTH
def test_the_last_reply_is_asked_for_a_report_and_no_further_one_is_had(world: World, colour: str) -> None:
    notes: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        notes.append(str(request.messages[-1].text))
        return act("look", at=str(len(notes)))

    result = run(think, world.tools(), colour=colour, max_steps=3)
    assert (result.ended, len(notes), len(result.log)) == ("max_steps", 3, 3)
    assert ["last reply" in note for note in notes] == [False, False, True]


@BOTH
def test_going_in_circles_ends_the_loop_where_there_is_a_judge(world: World, colour: str) -> None:
    result = run(
        lambda request: act("look", at="x"), world.tools(), colour=colour, judge=SelfReflection(), max_steps=20
    )
    assert result.ended == "stuck"
    assert len(world.did) < 8


@BOTH
def test_empty_replies_in_a_row_end_the_loop(colour: str) -> None:
    result = run([""] * UNREADABLE_TURNS, [], colour=colour)
    assert (result.ended, len(result.log)) == ("model_error", UNREADABLE_TURNS)


def test_an_unreadable_reply_is_answered_with_what_was_wrong() -> None:
    told: list[str] = []

    def think(request: Any) -> Any:
        told.append(str(request.messages[-1].text))
        return "" if len(told) == 1 else {"answer": "better"}

    assert run(think, []).answer == "better"
    assert "could not be used" in told[1]


@BOTH
def test_a_model_that_cannot_be_had_is_an_error_and_no_result(colour: str) -> None:
    with pytest.raises(ModelError, match="The endpoint is down"):
        run([ModelError("The endpoint is down.")], [], colour=colour)


def test_goal_and_known_results_reach_the_model() -> None:
    seen: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        seen.extend(str(m.text) for m in request.messages)
        return {"answer": "ok"}

    loop = ReactLoop(ScriptedModel({"think": think}), StepExecutor([]))
    loop.run(SUBTASK, goal="The whole.", known={"before": "forty-two"})
    told = "\n".join(seen)
    assert "The whole." in told and "Do a." in told and "forty-two" in told


@BOTH
def test_a_question_to_nobody_is_answered_so_that_the_loop_goes_on(colour: str) -> None:
    def think(request: Any) -> dict[str, Any]:
        last = request.messages[-1]
        question = {"thought": "?", "tool": "ask_human", "args": {"question": "Red or blue?"}}
        return {"answer": str(last.text)} if last.type == "tool" else question

    result = run(think, [], colour=colour)
    assert result.answer and "decide yourself" in result.answer


@pytest.mark.parametrize("name", ["ask_human", "give_up", "find_tools", "read_output"])
def test_a_tool_named_like_one_of_surefoots_own_is_refused(name: str) -> None:
    def tool() -> str:
        """Do it."""
        return "mine"

    tool.__name__ = name
    with pytest.raises(ToolError, match=f"tool named {name} of its own"):
        ReactLoop(ScriptedModel({}), StepExecutor([tool]))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        (float("nan"), "NaN"),
        (2**70, str(2**70)),
        ({"a": [1]}, {"a": [1]}),
    ],
)
def test_arguments_are_plain_data_before_they_enter_the_state(given: Any, kept: Any) -> None:
    @tool_effect("read_only")
    def take(it: Any) -> str:
        """Take it."""
        return "taken"

    [step] = run([act("take", it=given), {"answer": "ok"}], [take]).log
    assert step.action and step.action.args == {"it": kept}


def test_arguments_nested_without_end_make_the_reply_unreadable(world: World) -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    result = run([act("put", what=deep), {"answer": "ok"}], world.tools())
    assert (result.answer, world.did) == ("ok", [])
    assert "no plain data" in result.log[0].note


def test_a_report_is_text_every_database_takes() -> None:
    assert run([{"answer": "a\x00b"}], []).answer == "a\ufffdb"


def test_stated_confidence_goes_into_the_log_and_not_to_the_tool(world: World) -> None:
    [step] = run([act("put", 0.3, what="x"), {"answer": "ok"}], world.tools()).log
    assert step.action and (step.action.args, step.action.confidence, step.confidence) == ({"what": "x"}, 0.3, 0.3)


def test_calls_with_one_id_are_told_apart(world: World) -> None:
    call = {"name": "look", "id": "same", "type": "tool_call"}
    twice = AIMessage("", tool_calls=[{**call, "args": {"at": "1"}}, {**call, "args": {"at": "2"}}])
    result = run([twice, {"answer": "ok"}], world.tools())
    assert len({s.action.call_id for s in result.log if s.action}) == 2


class Limited(NoRun):
    """A run with a few steps left, in a given mood."""

    def __init__(self, steps: int = 99, mood: BudgetStatus = BudgetStatus.OK, tokens: bool = True) -> None:
        self.steps, self.mood, self.tokens = steps, mood, tokens

    def charge_steps(self, action_ids: Any, *, task_id: str) -> int:
        return min(self.steps, len(action_ids))

    def status(self) -> BudgetStatus:
        return self.mood

    def reserve(self, cost: Cost, **_: Any) -> Grant:
        return Reservation(cost) if self.tokens else None

    def explain(self) -> str:
        return "All is spent."


def state(**more: Any) -> ReactState:
    return {**start_state(SUBTASK, goal="G.", known={}), **more}  # type: ignore[typeddict-item]


def loop(world: World, *think: Any) -> ReactLoop:
    return ReactLoop(ScriptedModel({"think": list(think)}), StepExecutor(world.tools()))


def test_only_as_many_actions_run_as_the_budget_grants(world: World) -> None:
    batch = [{"tool": "put", "args": {"what": w}, "action_id": w} for w in "ab"]
    update = drive(loop(world).act(state(batch=batch), Limited(steps=1)))
    assert world.did == ["put a"]
    assert (len(update["results"]), update["outcome"]) == (1, {"ended": "budget", "reason": "All is spent."})


def test_a_thought_the_budget_does_not_allow_ends_the_attempt(world: World) -> None:
    update = drive(loop(world).think(state(), Limited(tokens=False)))
    assert update["outcome"] == {"ended": "budget", "reason": "All is spent."}


def test_a_warning_tells_the_model_to_finish(world: World) -> None:
    seen: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        seen.append(str(request.messages[-1].text))
        return {"answer": "ok"}

    model = ReactLoop(ScriptedModel({"think": think}), StepExecutor(world.tools()))
    drive(model.think(state(), Limited(mood=BudgetStatus.WARNING)))
    assert "budget is nearly used up" in seen[0]


def test_an_action_of_unknown_fate_goes_back_to_be_asked_about_each_time(world: World) -> None:
    action = {"tool": "fire", "action_id": "1", "approved": "d", "asked": "d"}
    unknown = {"success": False, "error": {"kind": "unfinished", "message": "?"}}
    given = state(batch=[action], results=[unknown], queue=[{"tool": "look"}])
    update = drive(loop(world).observe_asking(given, NoRun()))
    assert (update["log"], update["queue"][0]) == ([], {**action, **UNASKED, "unfinished": True})
    approved = {**update["queue"][0], "approved": "d"}
    again = drive(loop(world).observe_asking({**given, "batch": [approved]}, NoRun()))
    assert (again["log"], again["queue"][0]) == ([], update["queue"][0])
    assert len(drive(loop(world).observe(given, NoRun()))["log"]) == 1


def test_action_ids_name_subtask_attempt_turn_and_place(world: World) -> None:
    given = state(subtask=SUBTASK.model_copy(update={"attempts": 2}).model_dump(mode="json"), turn=4)
    update = drive(loop(world, act("put", what="x")).think(given, NoRun()))
    assert update["queue"][0]["action_id"].startswith("a.2.5.0-")
