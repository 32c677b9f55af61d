"""A plan as the model writes it, and the check that turns it into subtasks."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from surefoot.nodes import dag
from surefoot.nodes.state import SubTask
from surefoot.tools.clean import clean_text
from surefoot.tools.confidence import as_confidence
from surefoot.tools.errors import PlanError

Text = Annotated[str, AfterValidator(clean_text)]
Id = Annotated[str, BeforeValidator(lambda value: str(value).strip()), AfterValidator(clean_text)]
"""Models write 1 and "1", "a" and "a "; they mean the same subtask."""


class DraftSubTask(BaseModel):
    """One subtask."""

    task_id: Id = Field(description="short unique id, for example a, b, load")
    description: Text = Field(description="what to bring about")
    dependencies: list[Id] = Field(default_factory=list, description="ids of subtasks whose report it needs")
    tools: list[Text] | None = None
    acceptance: Text = ""

    def to_subtask(self) -> SubTask:
        """The subtask that is meant.

        Raises:
            PlanError: its id or its description is empty.
        """
        if not self.task_id:
            raise PlanError("A subtask has an empty id.", ("",))
        if not self.description.strip():
            raise PlanError(f"Subtask {self.task_id!r} has no description.", (self.task_id,))
        return SubTask(**self.model_dump())


class DraftPlan(BaseModel):
    """A plan."""

    subtasks: list[DraftSubTask]
    confidence: Annotated[float | None, BeforeValidator(as_confidence)] = Field(
        default=None, description="0 to 1: how sure you are that this plan reaches the goal"
    )

    def to_subtasks(self) -> list[SubTask]:
        """The plan as subtasks, checked.

        Raises:
            PlanError: no subtask at all, an empty id or description, or no DAG.
        """
        if not self.subtasks:
            raise PlanError("The plan has no subtasks.")
        tasks = [draft.to_subtask() for draft in self.subtasks]
        dag.execution_order(tasks)
        return tasks
