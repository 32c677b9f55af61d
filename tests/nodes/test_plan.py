"""TaskPlanner alone: a goal in, a checked DAG out."""

import asyncio
from typing import Any

import pytest

from surefoot.graph import ScriptedModel
from surefoot.nodes import TaskPlanner
from surefoot.nodes.drive import drive
from surefoot.nodes.plan import check_goal
from surefoot.nodes.reservations import Grant
from surefoot.nodes.run import NoRun
from surefoot.tools.errors import GoalError, ModelError, PlanError

GOOD = {
    "subtasks": [{"task_id": "a", "description": "Do a."}, {"task_id": "b", "description": "B.", "dependencies": ["a"]}]
}
CYCLE = {"subtasks": [{"task_id": "a", "description": "Do a.", "dependencies": ["a"]}]}
BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


def plan(planner: TaskPlanner, colour: str, goal: str = "Do it.") -> list[tuple[str, list[str]]]:
    tasks = asyncio.run(planner.aplan(goal)) if colour == "async" else planner.plan(goal)
    return [(t.task_id, t.dependencies) for t in tasks]


def single(**fields: Any) -> dict[str, Any]:
    return {"subtasks": [{"task_id": "a", "description": "Do a.", **fields}]}


@BOTH
def test_a_goal_becomes_subtasks(colour: str) -> None:
    assert plan(TaskPlanner(ScriptedModel({"plan": [GOOD]})), colour) == [("a", []), ("b", ["a"])]


@BOTH
def test_a_plan_that_is_no_dag_is_sent_back_with_what_is_wrong(colour: str) -> None:
    asked: list[str] = []

    def reply(request: Any) -> dict[str, Any]:
        asked.append(str(request.messages[-1].text))
        return GOOD if len(asked) == 2 else CYCLE

    assert len(plan(TaskPlanner(ScriptedModel({"plan": reply})), colour)) == 2
    assert "cycle: a -> a" in asked[1]


@BOTH
@pytest.mark.parametrize("tries", [1, 3])
def test_the_tries_end_in_a_plan_error_that_names_the_subtasks(colour: str, tries: int) -> None:
    model = ScriptedModel({"plan": [CYCLE] * tries})  # one call more would run out of script
    with pytest.raises(PlanError, match="cycle: a -> a") as error:
        plan(TaskPlanner(model, tries=tries), colour)
    assert error.value.ids == ("a",)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"subtasks": []}, "no subtasks"),
        (single(description="  "), "'a' has no description"),
        (single(task_id=" "), "empty id"),
        (single(dependencies=["z"]), "depends on 'z'"),
        ({"subtasks": GOOD["subtasks"] * 2}, "two subtasks with the id"),
    ],
)
def test_a_plan_nobody_could_follow_is_refused(reply: dict[str, Any], why: str) -> None:
    with pytest.raises(PlanError, match=why):
        TaskPlanner(ScriptedModel({"plan": [reply]}), tries=1).plan("Do it.")


@pytest.mark.parametrize(
    ("task_id", "meant"), [(1, "1"), (" a ", "a"), ("", None), ("x\x00y", "x\ufffdy"), ("日本 語", "日本 語")]
)
def test_ids_are_read_as_they_are_meant(task_id: Any, meant: str | None) -> None:
    planner = TaskPlanner(ScriptedModel({"plan": [single(task_id=task_id)]}), tries=1)
    if meant is None:
        with pytest.raises(PlanError):
            planner.plan("Do it.")
    else:
        assert [t.task_id for t in planner.plan("Do it.")] == [meant]


def test_a_number_and_its_text_are_one_id() -> None:
    reply = {
        "subtasks": [{"task_id": 1, "description": "A."}, {"task_id": "2", "description": "B.", "dependencies": ["1 "]}]
    }
    assert plan(TaskPlanner(ScriptedModel({"plan": [reply]})), "sync") == [("1", []), ("2", ["1"])]


@pytest.mark.parametrize("goal", ["", " \n", None, 5])
def test_an_empty_goal_asks_no_model(goal: Any) -> None:
    with pytest.raises(GoalError, match="The goal is empty"):
        TaskPlanner(ScriptedModel({})).plan(goal)


def test_a_goal_loses_its_surrounding_space() -> None:
    assert check_goal("\n Do it. ") == "Do it."


def test_a_model_that_writes_no_plan_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="no usable plan"):
        TaskPlanner(ScriptedModel({"plan": lambda request: "I would rather not."})).plan("Do it.")


def test_the_model_sees_goal_tools_and_workspace() -> None:
    seen: list[str] = []

    def reply(request: Any) -> dict[str, Any]:
        seen.extend(str(m.text) for m in request.messages)
        return GOOD

    tools = [{"name": "weigh", "description": "Weigh a thing.", "effect": "read_only"}]
    planner = TaskPlanner(ScriptedModel({"plan": reply}), tools, survey=lambda: "scale.csv (5 bytes)")
    drive(planner.begin({"goal": "Weigh the cat."}, NoRun()))
    told = "\n".join(seen)
    assert all(words in told for words in ("Weigh the cat.", "weigh", "Weigh a thing.", "scale.csv (5 bytes)"))


def test_the_node_proposes_a_first_revision_of_a_fresh_run() -> None:
    planner = TaskPlanner(ScriptedModel({"plan": [{**GOOD, "confidence": 0.8}]}))
    update = drive(planner.begin({"goal": " Do it. ", "plan": [{"old": True}], "replans": 2}, NoRun()))
    assert (update["goal"], update["plan"], update["replans"], update["status"]) == ("Do it.", [], 0, "running")
    proposal = update["proposal"]
    assert proposal and (proposal["confidence"], proposal["diff"]["added"]) == (0.8, ["a", "b"])


def test_the_node_ends_a_run_that_cannot_be_planned() -> None:
    update = drive(TaskPlanner(ScriptedModel({"plan": [CYCLE] * 2})).begin({"goal": "Do it."}, NoRun()))
    assert update["status"] == "failed"
    assert "cycle" in update["reason"]


def test_the_node_stops_where_the_budget_does_not_allow_planning() -> None:
    class Broke(NoRun):
        def reserve(self, *_: Any, **__: Any) -> Grant:
            return None

    update = drive(TaskPlanner(ScriptedModel({})).begin({"goal": "Do it."}, Broke()))
    assert (update["status"], update["reason"]) == ("stopped", "The budget does not allow planning.")


def test_order_and_readiness_are_asked_of_the_planner() -> None:
    tasks = TaskPlanner(ScriptedModel({"plan": [GOOD]})).plan("Do it.")
    assert [t.task_id for t in TaskPlanner.execution_order(tasks[::-1])] == ["a", "b"]
    assert [t.task_id for t in TaskPlanner.ready(tasks)] == ["a"]
