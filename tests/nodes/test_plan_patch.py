"""A person's change to a plan touches what it names and nothing else."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from surefoot.nodes.plan_patch import PlanPatch, patched
from surefoot.nodes.state import SubTask
from surefoot.tools.errors import PlanError
from tests.nodes.test_dag import task

PLAN = [task("done", status="completed"), task("a", "done"), task("b", "a"), task("c", "b", "a")]


def change(*steps: dict[str, Any]) -> dict[str, SubTask]:
    patch = TypeAdapter(PlanPatch).validate_python(list(steps))
    return {t.task_id: t for t in patched(PLAN, patch)}


def test_what_is_left_out_of_a_change_stays() -> None:
    after = change({"op": "change", "task_id": "b", "description": "Do it so."})
    assert after["b"] == PLAN[2].model_copy(update={"description": "Do it so."})
    assert [after[t.task_id] for t in PLAN if t.task_id != "b"] == [t for t in PLAN if t.task_id != "b"]


def test_a_subtask_is_added_at_the_end_and_others_can_be_made_to_need_it() -> None:
    new = {"op": "add", "task_id": "n", "description": "First this.", "tools": ["look"]}
    after = change(new, {"op": "change", "task_id": "c", "dependencies": ["b", "n"]})
    assert list(after) == ["done", "a", "b", "c", "n"]
    assert (after["n"].tools, after["c"].dependencies) == (["look"], ["b", "n"])


def test_what_depended_on_a_removed_subtask_depends_on_what_that_needed() -> None:
    after = change({"op": "remove", "task_id": "a"})
    assert {name: t.dependencies for name, t in after.items()} == {"done": [], "b": ["done"], "c": ["b", "done"]}


def test_the_plan_that_was_given_is_left_alone() -> None:
    before = [t.model_copy(deep=True) for t in PLAN]
    change({"op": "remove", "task_id": "b"}, {"op": "change", "task_id": "a", "dependencies": []})
    assert before == PLAN


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"op": "remove", "task_id": "x"}, "no subtask 'x' in the plan; there are done, a, b, c"),
        ({"op": "change", "task_id": "done", "description": "y"}, "'done' is completed"),
        ({"op": "remove", "task_id": "done"}, "'done' is completed"),
        ({"op": "add", "task_id": "a", "description": "y"}, "a subtask 'a' already"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(step: dict[str, Any], told: str) -> None:
    with pytest.raises(PlanError, match=told):
        change(step)


@pytest.mark.parametrize(
    "step", [{"op": "move", "task_id": "a"}, {"op": "add"}, {"op": "remove", "task_id": "a", "x": 1}]
)
def test_what_is_no_change_is_no_patch(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        change(step)
