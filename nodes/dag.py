"""Reads the plan as a directed acyclic graph: order, readiness, blockage."""

from collections.abc import Iterable, Sequence

from surefoot.nodes.state import SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError

__all__ = ["blocked", "execution_order", "leaves", "ready"]


def execution_order(subtasks: Sequence[SubTask]) -> list[SubTask]:
    """Sort subtasks so that each comes after its dependencies (Kahn), otherwise in the order given.

    Raises:
        PlanError: a doubled id, an unknown dependency, or a cycle; the message and `ids` name the subtasks.
    """
    by_id = _index(subtasks)
    waiting = {t.task_id: len(set(t.dependencies)) for t in subtasks}
    dependents: dict[str, list[str]] = {task_id: [] for task_id in by_id}
    for task in subtasks:
        for needed in set(task.dependencies):
            dependents[needed].append(task.task_id)
    place = {task_id: n for n, task_id in enumerate(by_id)}
    free = [task_id for task_id, count in waiting.items() if count == 0]
    order: list[SubTask] = []
    while free:
        task_id = free.pop(0)
        order.append(by_id[task_id])
        for follower in dependents[task_id]:
            waiting[follower] -= 1
        free += sorted((f for f in dependents[task_id] if waiting[f] == 0), key=place.__getitem__)
    if len(order) < len(by_id):
        cycle = _cycle(by_id, {t.task_id for t in order})
        raise PlanError(f"The plan has a cycle: {' -> '.join([*cycle, cycle[0]])}.", cycle)
    return order


def ready(subtasks: Iterable[SubTask]) -> list[SubTask]:
    """List the pending subtasks whose dependencies are all completed, in plan order."""
    tasks = list(subtasks)
    done = {t.task_id for t in tasks if t.status == SubTaskStatus.COMPLETED}
    return [t for t in tasks if t.status == SubTaskStatus.PENDING and done.issuperset(t.dependencies)]


def blocked(subtasks: Sequence[SubTask]) -> list[SubTask]:
    """List the pending subtasks that can never start, because something they need has failed."""
    dead = {t.task_id for t in subtasks if t.status == SubTaskStatus.FAILED}
    result = []
    for task in execution_order(subtasks):
        if task.status == SubTaskStatus.PENDING and dead.intersection(task.dependencies):
            dead.add(task.task_id)
            result.append(task)
    return result


def leaves(subtasks: Sequence[SubTask]) -> list[SubTask]:
    """List the subtasks nobody depends on, in plan order: together they are the outcome."""
    needed = {d for t in subtasks for d in t.dependencies}
    return [t for t in subtasks if t.task_id not in needed]


def _index(subtasks: Sequence[SubTask]) -> dict[str, SubTask]:
    by_id: dict[str, SubTask] = {}
    for task in subtasks:
        if task.task_id in by_id:
            raise PlanError(f"The plan has two subtasks with the id {task.task_id!r}.", (task.task_id,))
        by_id[task.task_id] = task
    for task in subtasks:
        for needed in task.dependencies:
            if needed not in by_id:
                message = f"Subtask {task.task_id!r} depends on {needed!r}, which is not in the plan."
                raise PlanError(message, (task.task_id, needed))
    return by_id


def _cycle(by_id: dict[str, SubTask], sorted_ids: set[str]) -> tuple[str, ...]:
    """Walk dependencies among the unsortable until one comes again."""
    path: list[str] = []
    current = next(t for t in by_id if t not in sorted_ids)
    while current not in path:
        path.append(current)
        current = next(d for d in by_id[current].dependencies if d not in sorted_ids)
    return tuple(path[path.index(current) :])
