"""Makes a new plan that avoids what failed, and refuses to go round in circles."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import Field

from surefoot.nodes import dag, likeness, prompts
from surefoot.nodes.checks import flaw, objection, told
from surefoot.nodes.draft import DraftPlan, Text, Vet
from surefoot.nodes.drive import Core, adrive, drive
from surefoot.nodes.events import LeftOut, NoRevision, Revised
from surefoot.nodes.plan_patch import diff, same
from surefoot.nodes.run import BudgetExceeded, NoRun, Run, tell
from surefoot.nodes.state import AgentState, Json, ReflectionResult, Revision, SubTask, SubTaskStatus
from surefoot.nodes.structured import ModelCaller
from surefoot.nodes.taint import merged
from surefoot.tools.errors import PlanError


class DraftRevision(DraftPlan):
    """A new plan: only what is still to be done."""

    gives_up: Text = Field(
        default="", description="which part of the goal cannot be reached any more and why; or empty"
    )


class PlanHistory:
    """The plans of a run so far, so that none is run twice, nor one that only says the same in other words."""

    def __init__(self, plans: Sequence[Mapping[str, Json]] = ()) -> None:
        self._plans = [dict(plan) for plan in plans]

    def add(self, plan: Sequence[SubTask]) -> str:
        """Remember a plan; returns its fingerprint."""
        new = likeness.sketch(plan)
        if all(known["fingerprint"] != new["fingerprint"] for known in self._plans):
            self._plans.append(new)
        return str(new["fingerprint"])

    def repeats(self, plan: Sequence[SubTask]) -> int | None:
        """Which earlier plan (1 = the first) this one equals or tells in other words; None = it is new."""
        new = likeness.sketch(plan)
        return next((n for n, known in enumerate(self._plans, start=1) if likeness.alike(known, new)), None)

    def dump(self) -> list[dict[str, Json]]:
        """What the plans are known by, oldest first, as plain JSON."""
        return list(self._plans)


class Replanner:
    """Asks the model for another way and checks that it is one.

    Args:
        model: The chat model that replans.
        tools: What a worker can use, as `{"name", "description", "effect"}` each.
        capacity: Characters of material a worker can take in; part of the prompt.
        vet: Says why a check cannot be used; without it only what is wrong with a check in itself is found.
        tries: How many proposals that are no DAG are sent back before a `PlanError`.
    """

    def __init__(
        self,
        model: BaseChatModel | ModelCaller,
        tools: Sequence[Mapping[str, str]] = (),
        *,
        capacity: int = 200_000,
        vet: Vet = flaw,
        tries: int = 2,
    ) -> None:
        self._vet = vet
        self._caller = ModelCaller.of(model)
        self._tools = list(tools)
        self._tries = tries
        self._capacity = capacity

    def replan(
        self,
        plan: Sequence[SubTask],
        failed: Sequence[Mapping[str, Json]],
        reflection: ReflectionResult | None,
        history: PlanHistory,
        *,
        goal: str = "",
    ) -> Revision:
        """Revise a plan.

        Args:
            plan: The plan as it stands; completed subtasks are kept as they are.
            failed: One entry per failed attempt: `task_id`, `reason`, optionally `ended` and
                `approaches` (`tool`, `args`, `error` of what was tried).
            reflection: What self-reflection made of it.
            history: All plans so far; the revision is not added to it here.
            goal: The goal; empty = the plan speaks for itself.

        Returns:
            The revision. `refused` says why it must not run when it equals an earlier plan.

        Raises:
            PlanError: the proposals were no DAG.
            ModelError: the model cannot be had or answers nothing usable.
        """
        return drive(self.revise(plan, failed, reflection, history, goal=goal))

    async def areplan(
        self,
        plan: Sequence[SubTask],
        failed: Sequence[Mapping[str, Json]],
        reflection: ReflectionResult | None,
        history: PlanHistory,
        *,
        goal: str = "",
    ) -> Revision:
        """Async twin of `replan`."""
        return await adrive(self.revise(plan, failed, reflection, history, goal=goal))

    def revise(
        self,
        plan: Sequence[SubTask],
        failed: Sequence[Mapping[str, Json]],
        reflection: ReflectionResult | None,
        history: PlanHistory,
        *,
        goal: str = "",
        workspace: str = "",
        refused: str = "",
        taint: Mapping[str, Sequence[str]] | None = None,
        run: Run | None = None,
    ) -> Core[Revision]:
        """Core of `replan`; `refused` tells the model why its last revision was not taken.

        `taint`: by subtask id, the sources of text by strangers its report rests on.
        """
        failures = [_failure(plan, f, reflection) for f in failed]
        messages = self._messages(plan, failures, goal, workspace, refused, taint or {})
        info = self._info(plan, failures, goal, workspace)
        for left in reversed(range(self._tries)):
            draft, _ = yield from self._caller.ask(
                messages, DraftRevision, node="replan", info=info, run=run or NoRun()
            )
            if not left and (why := draft.without_unusable_checks(self._vet)):
                yield tell(run or NoRun(), LeftOut(type="checks_left_out", why=why))
            try:
                return _revision(plan, failed, draft, history, self._vet)
            except PlanError as error:
                if not left:
                    raise
                messages += [AIMessage(draft.model_dump_json()), HumanMessage(prompts.plan_repair(error=str(error)))]
        raise AssertionError("unreachable: the last try returns or raises")

    def propose(self, state: AgentState, run: Run) -> Core[AgentState]:
        """Node `replan`: propose a revision; one that repeats an earlier plan is sent back once, then a person decides.

        Every attempt counts as a replan, also one that was refused.
        """
        replans = state["replans"] + 1
        try:
            revision = yield from self._revised(state, "", replans, run)
            if revision.refused:
                replans += 1
                revision = yield from self._revised(state, revision.refused, replans, run)
        except PlanError as error:
            return {"replans": replans, "status": "failed", "reason": f"No new plan could be made: {error}"}
        except BudgetExceeded:
            # The attempt that could not be paid for was none.
            return {"replans": replans - 1, "status": "stopped", "reason": "The budget does not allow replanning."}
        if all(t.status == SubTaskStatus.COMPLETED for t in revision.plan):
            return {"replans": replans, "status": "failed", "reason": revision.gives_up}
        revision.proposed_at = run.now()
        return {
            "replans": replans,
            "status": "running",
            "proposal": revision.model_dump(mode="json"),
            "plan_taint": merged([state.get("plan_taint", []), *state.get("taint", {}).values()]),
        }

    def _revised(self, state: AgentState, refused: str, number: int, run: Run) -> Core[Revision]:
        before = run.usage().tokens
        try:
            revision = yield from self.revise(
                [SubTask.model_validate(t) for t in state["plan"]],
                state["failures"],
                ReflectionResult.model_validate(state["verdict"]) if state.get("verdict") else None,
                PlanHistory(state["history"]),
                goal=state["goal"],
                workspace=state["workspace"],
                refused=refused,
                taint=state.get("taint"),
                run=run,
            )
        except PlanError as error:
            tokens = run.usage().tokens - before
            none = NoRevision(type="no_revision", number=number, why=str(error), tokens=tokens)
            yield tell(run, none)
            raise
        event = Revised(
            type="revision",
            number=number,
            plan=[t.model_dump(mode="json") for t in revision.plan],
            diff=revision.diff.model_dump(mode="json"),
            fingerprint=revision.fingerprint,
            reason=revision.reason,
            confidence=revision.confidence,
            gives_up=revision.gives_up,
            refused=revision.refused,
            dropped=revision.dropped,
            tokens=run.usage().tokens - before,  # beside a new plan nothing else is at work
        )
        yield tell(run, event)
        return revision

    def _messages(
        self,
        plan: Sequence[SubTask],
        failures: list[dict[str, Json]],
        goal: str,
        workspace: str,
        refused: str,
        taint: Mapping[str, Sequence[str]],
    ) -> list[BaseMessage]:
        done = [t for t in plan if t.status == SubTaskStatus.COMPLETED]
        left = [t for t in plan if t.status == SubTaskStatus.PENDING]
        request = prompts.replan_request(
            goal=goal, workspace=workspace, done=done, left=left, failed=failures, taint=taint
        )
        note = f"\n\n{prompts.replan_refused(why=refused)}" if refused else ""
        return [
            SystemMessage(prompts.replan_system(tools=self._tools, capacity=self._capacity)),
            HumanMessage(request + note),
        ]

    def _info(
        self, plan: Sequence[SubTask], failures: list[dict[str, Json]], goal: str, workspace: str
    ) -> dict[str, Any]:
        tasks = [t.model_dump(mode="json") for t in plan]
        return {"goal": goal, "plan": tasks, "failed": failures, "workspace": workspace, "tools": self._tools}


def _failure(
    plan: Sequence[SubTask], failed: Mapping[str, Json], reflection: ReflectionResult | None
) -> dict[str, Json]:
    """Complete a failed attempt with its description and what reflection saw."""
    task = next((t for t in plan if t.task_id == failed["task_id"]), None)
    seen = reflection.explanation if reflection else ""
    known: dict[str, Json] = {"description": task.description if task else "", "approaches": [], "ended": ""}
    promised = [check.model_dump(mode="json") for check in task.checks] if task else []
    return {**known, **failed, "reason": failed.get("reason") or seen, **({"promised": promised} if promised else {})}


def _revision(
    plan: Sequence[SubTask],
    failed: Sequence[Mapping[str, Json]],
    draft: DraftRevision,
    history: PlanHistory,
    vet: Vet,
) -> Revision:
    """Join what is finished with what the draft still wants done.

    A draft may list completed subtasks again, or depend on them; they stay untouched. A new subtask that took the id
    of one that completed or failed gets an id of its own.
    """
    done = [t for t in plan if t.status == SubTaskStatus.COMPLETED]
    attempts = {t.task_id: t.attempts for t in plan}
    finished = {t.task_id: t for t in done}
    pending = {t.task_id for t in plan if t.status == SubTaskStatus.PENDING}
    open_checks = {t.task_id: t.checks for t in plan if t.task_id in pending}
    ended = {*finished, *(f["task_id"] for f in failed)} - pending
    todo = [d.to_subtask() for d in draft.subtasks]
    todo = [t for t in todo if t.task_id not in finished or not same(t, finished[t.task_id])]
    if not todo and not draft.gives_up:
        raise PlanError("The plan has no subtasks left to do, and gives_up does not say why.")
    taken = {*attempts, *ended, *(t.task_id for t in todo)}
    renamed = {t.task_id: _fresh(t.task_id, taken) for t in todo if t.task_id in ended}
    for task in todo:
        task.dependencies = [renamed.get(d, d) for d in task.dependencies]
        task.task_id = renamed.get(task.task_id, task.task_id)
        task.attempts = attempts.get(task.task_id, 0)
        task.checks = task.checks or open_checks.get(task.task_id, [])
        if why := objection(task.checks, vet):
            raise PlanError(f"Subtask {task.task_id!r}: {why}", (task.task_id,))
    new = [*done, *todo]
    dag.execution_order(new)
    earlier = history.repeats(new) if todo else None
    return Revision(
        plan=new,
        diff=diff(plan, new),
        fingerprint=likeness.fingerprint(new),
        confidence=draft.confidence,
        gives_up=draft.gives_up,
        dropped=dropped(plan, todo),
        refused=f"it does the same as plan {earlier} of this run." if earlier else "",
    )


def dropped(plan: Sequence[SubTask], todo: Sequence[SubTask]) -> list[str]:
    """Name the checks of unfinished subtasks that are gone from what is to be done now, or changed in any way."""
    kept = {check.model_dump_json() for task in todo for check in task.checks}
    unfinished = [t for t in plan if t.status != SubTaskStatus.COMPLETED]
    return [
        f"{t.task_id}: {told(check)}" for t in unfinished for check in t.checks if check.model_dump_json() not in kept
    ]


def _fresh(task_id: str, taken: set[str]) -> str:
    n = 2
    while f"{task_id}_{n}" in taken:
        n += 1
    taken.add(f"{task_id}_{n}")
    return f"{task_id}_{n}"
