"""A change to a plan as data: what to add, change and remove, by the subtasks' ids; and how two plans differ."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from surefoot.nodes.draft import Id
from surefoot.nodes.records import Check, Json, PlanDiff, Record, SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError

__all__ = ["PATCH", "Add", "Change", "PlanPatch", "Remove", "between", "diff", "dumped", "patched"]


class Add(Record):
    """A subtask the plan did not have."""

    op: Literal["add"]
    task_id: Id
    description: str
    dependencies: list[Id] = Field(default_factory=list)
    tools: list[str] | None = None
    acceptance: str = ""
    checks: list[Check] = Field(default_factory=list)


class Change(Record):
    """Other words, dependencies, tools, acceptance or checks for a subtask; what is left out stays."""

    op: Literal["change"]
    task_id: Id
    description: str = ""
    dependencies: list[Id] = Field(default_factory=list)
    tools: list[str] | None = None
    acceptance: str = ""
    checks: list[Check] = Field(default_factory=list)


class Remove(Record):
    """A subtask that is not to be done; whatever depended on it depends on what it depended on."""

    op: Literal["remove"]
    task_id: Id


PlanPatch = list[Annotated[Add | Change | Remove, Field(discriminator="op")]]
"""Changes in the order they are made."""

PATCH: TypeAdapter[PlanPatch] = TypeAdapter(PlanPatch)

_CONTENT = tuple(name for name in Add.model_fields if name not in ("op", "task_id"))
"""What a subtask is, without how it stands."""


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
            given = {name: getattr(step, name) for name in _CONTENT if name in step.model_fields_set}
            tasks[step.task_id] = tasks[step.task_id].model_copy(update=given)
        else:
            _bridge(tasks, tasks.pop(step.task_id))
    return list(tasks.values())


def between(old: Sequence[SubTask], new: Sequence[SubTask]) -> PlanPatch:
    """The patch that makes one plan of another. Of a finished subtask only what is given anew counts."""
    before = {task.task_id: task for task in old}
    patch: PlanPatch = []
    for task in new:
        was = before.pop(task.task_id, None)
        if was is None:
            said = [name for name in _CONTENT if name == "description" or getattr(task, name)]
            patch.append(Add(op="add", task_id=task.task_id, **_content(task, said)))
            continue
        finished = was.status == SubTaskStatus.COMPLETED
        said = [name for name in _CONTENT if not finished or name in task.model_fields_set]
        changed = [name for name in said if getattr(task, name) != getattr(was, name)]
        if changed:
            patch.append(Change(op="change", task_id=task.task_id, **_content(task, changed)))
    return [*patch, *(Remove(op="remove", task_id=gone) for gone in before)]


def dumped(patch: PlanPatch) -> list[dict[str, Json]]:
    """A patch as plain JSON, with nothing in it that it does not change."""
    return [step.model_dump(mode="json", exclude_unset=True) for step in patch]


def diff(old: Sequence[SubTask], new: Sequence[SubTask]) -> PlanDiff:
    """Compare two plans by subtask id: what was added, removed, modified (see `same`), kept."""
    before = {t.task_id: t for t in old}
    after = {t.task_id for t in new}
    result = PlanDiff(removed=[t.task_id for t in old if t.task_id not in after])
    for task in new:
        was = before.get(task.task_id)
        if was is None:
            result.added.append(task.task_id)
        elif same(was, task):
            result.kept.append(task.task_id)
        else:
            result.modified.append(task.task_id)
    return result


def same(one: SubTask, other: SubTask) -> bool:
    """Whether two subtasks say the same; tools and checks that one of them does not say are no difference."""
    if None not in (one.tools, other.tools) and set(one.tools or ()) != set(other.tools or ()):
        return False
    if sorted(one.dependencies) != sorted(other.dependencies):
        return False
    if one.checks and other.checks and one.checks != other.checks:
        return False
    rest = [name for name in _CONTENT if name not in ("tools", "dependencies", "checks")]
    return all(getattr(one, name) == getattr(other, name) for name in rest)


def _content(task: SubTask, names: Sequence[str]) -> dict[str, Json]:
    return {name: getattr(task, name) for name in names}


def _check_open(tasks: dict[str, SubTask], task_id: str) -> None:
    if task_id not in tasks:
        raise PlanError(f"There is no subtask {task_id!r} in the plan; there are {', '.join(tasks)}.", (task_id,))
    if tasks[task_id].status == SubTaskStatus.COMPLETED:
        raise PlanError(f"Subtask {task_id!r} is completed: keep it in the plan as it is.", (task_id,))


def _bridge(tasks: dict[str, SubTask], gone: SubTask) -> None:
    for task in tasks.values():
        if gone.task_id in task.dependencies:
            kept = [d for d in task.dependencies if d != gone.task_id]
            task.dependencies = [*kept, *(d for d in gone.dependencies if d not in kept)]
