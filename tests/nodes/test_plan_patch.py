"""A person's change to a plan touches what it names and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from surefoot.nodes.plan_patch import PATCH, Add, Change, between, diff, dumped, patched
from surefoot.nodes.state import SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError
from tests.nodes.test_dag import plans, task

PLAN = [task("done", status="completed"), task("a", "done"), task("b", "a"), task("c", "b", "a")]


def change(*steps: dict[str, Any]) -> dict[str, SubTask]:
    patch = PATCH.validate_python(list(steps))
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


@given(plans(), plans(), st.integers(0, 7))
def test_the_patch_between_two_plans_makes_one_of_the_other(
    one: list[SubTask], other: list[SubTask], done: int
) -> None:
    """Ids overlap; the first few subtasks are finished and stand in both."""
    kept = [t.model_copy(update={"status": SubTaskStatus.COMPLETED}) for t in one[:done]]
    old, new = [*kept, *one[done:]], [*kept, *other[done:]]
    new = [t for t in new if {d for d in t.dependencies} <= {k.task_id for k in new}]
    made = patched(old, PATCH.validate_python(dumped(between(old, new))))
    assert {t.task_id: t for t in made} == {t.task_id: t for t in new}
    assert between(made, new) == []


def test_tools_can_be_taken_back_and_what_is_finished_needs_no_retelling() -> None:
    old = [task("ok", status="completed", acceptance="It is there."), task("a").model_copy(update={"tools": ["look"]})]
    new = [SubTask(task_id="ok", description="Do ok."), SubTask(task_id="a", description="Do a.")]
    assert dumped(between(old, new)) == [{"op": "change", "task_id": "a", "tools": None}]
    assert patched(old, between(old, new))[1].tools is None


def test_a_patch_can_change_all_that_a_subtask_is() -> None:
    how_it_stands = {"task_id", "status", "result", "attempts"}
    for kind in (Add, Change):
        assert set(kind.model_fields) - {"op", "task_id"} == set(SubTask.model_fields) - how_it_stands


def test_a_diff_sees_other_tools_but_not_tools_that_are_not_said() -> None:
    old = [task(name).model_copy(update={"tools": tools}) for name, tools in (("a", ["x"]), ("b", ["x"]), ("c", None))]
    new = [task(name).model_copy(update={"tools": tools}) for name, tools in (("a", ["y"]), ("b", None), ("c", ["x"]))]
    assert diff(old, new).model_dump() == {"added": [], "removed": [], "modified": ["a"], "kept": ["b", "c"]}
