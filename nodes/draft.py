"""A plan as the model writes it, and the check that turns it into subtasks."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from surefoot.nodes import dag
from surefoot.nodes.checks import EXPECTATIONS, objection
from surefoot.nodes.jsontext import parse
from surefoot.nodes.state import Check, Json, SubTask
from surefoot.tools.clean import Unstorable, clean, clean_text
from surefoot.tools.confidence import as_confidence
from surefoot.tools.errors import PlanError

Text = Annotated[str, AfterValidator(clean_text)]
Id = Annotated[str, BeforeValidator(lambda value: str(value).strip()), AfterValidator(clean_text)]
"""Models write 1 and "1", "a" and "a "; they mean the same subtask."""


Vet = Callable[[Check], str]
"""Says in a sentence why a check cannot be used; empty = it can."""


def _object(value: Json) -> Json:
    return value or {} if not isinstance(value, str) else parse(value) or {}


def _dotted(value: Json) -> Json:
    return ".".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


class DraftCheck(BaseModel):
    """A condition that code tests."""

    tool: Annotated[Text, BeforeValidator(lambda value: value or "")] = Field(
        default="", description="where to look: a tool shown with its arguments; empty = the worker's report"
    )
    args: Annotated[dict[str, Any], BeforeValidator(_object)] = Field(default_factory=dict)
    path: Annotated[Text, BeforeValidator(_dotted)] = Field(
        default="",
        description="where in its result, for example rows.0.1, or rows.length for how many; empty = all of it",
    )
    expect: Text = Field(json_schema_extra={"enum": list(EXPECTATIONS)})
    value: Any = Field(default=None, description="what is expected; none with exists and absent")

    def to_check(self) -> Check:
        """The check that is meant.

        Raises:
            PlanError: it expects something there is no such expectation for, or holds what is no data.
        """
        expected = self.expect.strip().lower()
        if expected not in EXPECTATIONS:
            raise PlanError(f"A check cannot expect {self.expect[:40]!r}, only {', '.join(EXPECTATIONS)}.")
        try:
            args, value = clean(self.args), clean(self.value)
        except Unstorable as error:
            raise PlanError(f"The args or the value of a check are no plain data: {error}") from None
        return Check(tool=self.tool.strip(), args=args, path=self.path.strip(), expect=expected, value=value)  # type: ignore[arg-type]


class DraftSubTask(BaseModel):
    """One subtask."""

    task_id: Id = Field(description="short unique id, for example a, b, load")
    description: Text = Field(description="what to bring about")
    dependencies: list[Id] = Field(default_factory=list, description="ids of subtasks whose report it needs")
    tools: list[Text] | None = Field(
        default=None,
        description="names of tools it is shown; [] = it works on reports, null = code chooses by the description",
    )
    acceptance: Text = Field(
        default="",
        description="usually empty: what it is to look at before it reports, where code cannot test for success",
    )
    checks: Annotated[list[DraftCheck], BeforeValidator(lambda value: value or [])] = Field(default_factory=list)

    def to_subtask(self) -> SubTask:
        """The subtask that is meant.

        Raises:
            PlanError: its id or its description is empty, or one of its checks is none.
        """
        if not self.task_id:
            raise PlanError("A subtask has an empty id.", ("",))
        if not self.description.strip():
            raise PlanError(f"Subtask {self.task_id!r} has no description.", (self.task_id,))
        checks = [check.to_check() for check in self.checks]
        return SubTask(**self.model_dump(exclude={"checks"}), checks=checks)


class DraftPlan(BaseModel):
    """A plan."""

    subtasks: list[DraftSubTask]
    confidence: Annotated[float | None, BeforeValidator(as_confidence)] = Field(
        default=None, description="0 to 1: how sure you are that this plan reaches the goal"
    )

    def to_subtasks(self, vet: Vet) -> list[SubTask]:
        """The plan as subtasks, checked.

        Raises:
            PlanError: no subtask at all, an empty id or description, no DAG, or a check that cannot be used.
        """
        if not self.subtasks:
            raise PlanError("The plan has no subtasks.")
        tasks = [draft.to_subtask() for draft in self.subtasks]
        dag.execution_order(tasks)
        for task in tasks:
            if why := objection(task.checks, vet):
                raise PlanError(f"Subtask {task.task_id!r}: {why}", (task.task_id,))
        return tasks

    def without_unusable_checks(self, vet: Vet) -> list[str]:
        """Take out the checks that cannot be used, and say why for each: a plan without them is better than none."""
        told: list[str] = []
        for task in self.subtasks:
            kept: list[DraftCheck] = []
            for check in task.checks:
                try:
                    why = objection([c.to_check() for c in [*kept, check]], vet)
                except PlanError as error:
                    why = str(error)
                if why:
                    told.append(f"Subtask {task.task_id!r}: {why}")
                else:
                    kept.append(check)
            task.checks = kept
        return told
