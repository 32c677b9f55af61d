"""Decomposes a goal into a DAG of subtasks."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from surefoot.nodes import dag, prompts
from surefoot.nodes.draft import DraftPlan
from surefoot.nodes.drive import Core, adrive, drive
from surefoot.nodes.run import NoRun, Run
from surefoot.nodes.state import SubTask
from surefoot.nodes.structured import ModelCaller
from surefoot.tools.errors import GoalError, PlanError


class TaskPlanner:
    """Asks the model for a plan and accepts only a DAG.

    Args:
        model: The chat model that plans.
        tools: What a worker can use, as `{"name", "description", "effect"}` each; shown to the model.
        tries: How many proposals may be asked for in all before a `PlanError`.
    """

    def __init__(self, model: BaseChatModel, tools: Sequence[Mapping[str, str]] = (), *, tries: int = 2) -> None:
        self._caller = ModelCaller(model)
        self._tools = list(tools)
        self._tries = tries

    def plan(self, goal: str) -> list[SubTask]:
        """Decompose a goal.

        Raises:
            GoalError: the goal is empty.
            PlanError: the model's plans had no subtasks, a cycle, an unknown or a doubled id.
            ModelError: the model cannot be had or answers nothing usable.
        """
        return drive(self.propose(goal))[0]

    async def aplan(self, goal: str) -> list[SubTask]:
        """Async twin of `plan`."""
        return (await adrive(self.propose(goal)))[0]

    execution_order = staticmethod(dag.execution_order)
    ready = staticmethod(dag.ready)

    def propose(
        self, goal: str, *, workspace: str = "", run: Run | None = None
    ) -> Core[tuple[list[SubTask], float | None]]:
        """Core of `plan`: the subtasks and the model's confidence in them."""
        goal = check_goal(goal)
        messages: list[BaseMessage] = [
            SystemMessage(prompts.plan_system(tools=self._tools)),
            HumanMessage(prompts.plan_request(goal=goal, workspace=workspace)),
        ]
        info: dict[str, Any] = {"goal": goal, "workspace": workspace, "tools": self._tools}
        for left in reversed(range(self._tries)):
            draft, _ = yield from self._caller.ask(messages, DraftPlan, node="plan", info=info, run=run or NoRun())
            try:
                return draft.to_subtasks(), draft.confidence
            except PlanError as error:
                if not left:
                    raise
                messages += [AIMessage(draft.model_dump_json()), HumanMessage(prompts.plan_repair(error=str(error)))]
        raise AssertionError("unreachable: the last try returns or raises")


def check_goal(goal: object) -> str:
    """Return the goal without surrounding space.

    Raises:
        GoalError: it is empty or no text.
    """
    if not isinstance(goal, str) or not goal.strip():
        raise GoalError("The goal is empty: say in a sentence what is to be done.")
    return goal.strip()
