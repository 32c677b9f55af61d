"""Decomposes a goal into a DAG of subtasks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from surefoot.nodes import dag, likeness, prompts
from surefoot.nodes.checks import flaw
from surefoot.nodes.draft import DraftPlan, Vet
from surefoot.nodes.drive import Blocking, Core, adrive, drive
from surefoot.nodes.events import LeftOut, Planned
from surefoot.nodes.run import BudgetExceeded, NoRun, Run, tell
from surefoot.nodes.state import AgentState, PlanDiff, Revision, SubTask, fresh_state
from surefoot.nodes.structured import ModelCaller
from surefoot.tools.errors import GoalError, PlanError


class TaskPlanner:
    """Asks the model for a plan and accepts only a DAG.

    Args:
        model: The chat model that plans.
        tools: What a worker can use, as `{"name", "description", "effect"}` each; shown to the model. Those with `args`
            are the ones that checks may look through.
        survey: Tells what is in the workspace, in text; part of the prompt. None = nothing is told.
        capacity: Characters of material a worker can take in; part of the prompt.
        vet: Says why a check cannot be used; without it only what is wrong with a check in itself is found.
        tries: How many proposals may be asked for in all before a `PlanError`.
    """

    def __init__(
        self,
        model: BaseChatModel | ModelCaller,
        tools: Sequence[Mapping[str, str]] = (),
        *,
        survey: Callable[[], str] | None = None,
        capacity: int = 200_000,
        vet: Vet = flaw,
        tries: int = 2,
    ) -> None:
        self._vet = vet
        self._caller = ModelCaller.of(model)
        self._tools = list(tools)
        self._survey = survey
        self._tries = tries
        self._capacity = capacity

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
        goal, run = check_goal(goal), run or NoRun()
        messages: list[BaseMessage] = [
            SystemMessage(prompts.plan_system(tools=self._tools, capacity=self._capacity)),
            HumanMessage(prompts.plan_request(goal=goal, workspace=workspace)),
        ]
        info: dict[str, Any] = {"goal": goal, "workspace": workspace, "tools": self._tools}
        for left in reversed(range(self._tries)):
            draft, _ = yield from self._caller.ask(messages, DraftPlan, node="plan", info=info, run=run)
            if not left and (why := draft.without_unusable_checks(self._vet)):
                yield tell(run, LeftOut(type="checks_left_out", why=why))
            try:
                return draft.to_subtasks(self._vet), draft.confidence
            except PlanError as error:
                if not left:
                    raise
                messages += [AIMessage(draft.model_dump_json()), HumanMessage(prompts.plan_repair(error=str(error)))]
        raise AssertionError("unreachable: the last try returns or raises")

    def begin(self, state: AgentState, run: Run) -> Core[AgentState]:
        """Node `plan`: start a run afresh, whatever the thread did before, and propose a plan."""
        goal = check_goal(state.get("goal"))
        update: AgentState = {**fresh_state(), "goal": goal, "run_id": run.run_id}
        update["asks_for_budget"] = run.asks_for_budget
        update["workspace"] = (yield Blocking(self._survey)) if self._survey else ""
        try:
            tasks, confidence = yield from self.propose(goal, workspace=update["workspace"], run=run)
        except PlanError as error:
            return {**update, "status": "failed", "reason": f"No plan could be made: {error}"}
        except BudgetExceeded:
            return {**update, "status": "stopped", "reason": "The budget does not allow planning."}
        ids = [t.task_id for t in tasks]
        first = Revision(
            plan=tasks,
            diff=PlanDiff(added=ids),
            fingerprint=likeness.fingerprint(tasks),
            confidence=confidence,
            proposed_at=run.now(),
        )
        event = Planned(type="plan", plan=[t.model_dump(mode="json") for t in tasks], confidence=confidence)
        yield tell(run, event)
        return {**update, "proposal": first.model_dump(mode="json")}


def check_goal(goal: object) -> str:
    """Return the goal without surrounding space.

    Raises:
        GoalError: it is empty or no text.
    """
    if not isinstance(goal, str) or not goal.strip():
        raise GoalError("The goal is empty: say in a sentence what is to be done.")
    return goal.strip()
