"""A person's change to a plan, as data: what to add, change and remove, by the subtasks' ids."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from surefoot.nodes.records import Check, Record, SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError

__all__ = ["Add", "Change", "PlanPatch", "Remove", "patched"]


class Add(Record):
    """A subtask the plan did not have."""

    op: Literal["add"]
    task_id: str
    description: str
    dependencies: list[str] = Field(default_factory=list)
    tools: list[str] | None = None
    acceptance: str = ""
    checks: list[Check] = Field(default_factory=list)


class Change(Record):
    """Other words, dependencies, tools or another acceptance for a subtask; what is left out stays."""

    op: Literal["change"]
    task_id: str
    description: str | None = None
    dependencies: list[str] | None = None
    tools: list[str] | None = None
    acceptance: str | None = None
    checks: list[Check] | None = None


class Remove(Record):
    """A subtask that is not to be done; whatever depended on it depends on what it depended on."""

    op: Literal["remove"]
    task_id: str


PlanPatch = list[Annotated[Add | Change | Remove, Field(discriminator="op")]]
"""Changes in the order they are made."""


def patched(plan: Sequence[SubTask], patch: PlanPatch) -> list[SubTask]:
    """Make the changes on a copy of a plan; whether it is a DAG still is for the caller to check.

    Raises:
        PlanError: an id is unknown or taken, or its subtask is finished.
    """
    tasks = {task.task_id: task.model_copy(deep=True) for task in plan}
    for step in patch:
        if isinstance(step, Add):
            if step.task_id in tasks:
                raise PlanError(
                    f"There is a subtask {step.task_id!r} already: give the new one another id.", (step.task_id,)
                )
            tasks[step.task_id] = SubTask.model_validate(step.model_dump(exclude={"op"}))
            continue
        _check_open(tasks, step.task_id)
        if isinstance(step, Change):
            given = {name: getattr(step, name) for name in step.model_fields_set - {"op", "task_id"}}
            given = {name: value for name, value in given.items() if value is not None}
            tasks[step.task_id] = tasks[step.task_id].model_copy(update=given)
        else:
            _bridge(tasks, tasks.pop(step.task_id))
    return list(tasks.values())


def _check_open(tasks: dict[str, SubTask], task_id: str) -> None:
    if task_id not in tasks:
        raise PlanError(f"There is no subtask {task_id!r} in the plan; there are {', '.join(tasks)}.", (task_id,))
    if tasks[task_id].status == SubTaskStatus.COMPLETED:
        raise PlanError(f"Subtask {task_id!r} is completed: it stays as it is.", (task_id,))


def _bridge(tasks: dict[str, SubTask], gone: SubTask) -> None:
    for task in tasks.values():
        if gone.task_id in task.dependencies:
            kept = [d for d in task.dependencies if d != gone.task_id]
            task.dependencies = [*kept, *(d for d in gone.dependencies if d not in kept)]
