"""A plan as the model writes it, and the check that turns it into subtasks."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from surefoot.nodes import dag
from surefoot.nodes.state import SubTask
from surefoot.tools.confidence import as_confidence
from surefoot.tools.errors import PlanError


class DraftSubTask(BaseModel):
    """One subtask."""

    task_id: Annotated[str, BeforeValidator(str)] = Field(description="short unique id, for example a, b, load")
    description: str = Field(description="what to bring about")
    dependencies: list[Annotated[str, BeforeValidator(str)]] = Field(
        default_factory=list, description="ids of subtasks whose report it needs"
    )
    tools: list[str] | None = None
    acceptance: str = ""


class DraftPlan(BaseModel):
    """A plan."""

    subtasks: list[DraftSubTask]
    confidence: Annotated[float | None, BeforeValidator(as_confidence)] = Field(
        default=None, description="0 to 1: how sure you are that this plan reaches the goal"
    )

    def to_subtasks(self) -> list[SubTask]:
        """The plan as subtasks, checked.

        Raises:
            PlanError: no subtask at all, an empty description, or no DAG.
        """
        if not self.subtasks:
            raise PlanError("The plan has no subtasks.")
        tasks = [SubTask(**draft.model_dump()) for draft in self.subtasks]
        for task in tasks:
            if not task.description.strip():
                raise PlanError(f"Subtask {task.task_id!r} has no description.", (task.task_id,))
        dag.execution_order(tasks)
        return tasks
