"""Reviews a proposed plan: what a person is asked about it, and what their answer makes of it."""

from collections.abc import Callable, Collection
from typing import Any

from surefoot.nodes import approaches, checks, likeness, plan_patch, questions
from surefoot.nodes.answers import BadAnswer
from surefoot.nodes.control import CONTROL_TOOLS
from surefoot.nodes.questions import Reason
from surefoot.nodes.records import Check
from surefoot.nodes.run import Run
from surefoot.nodes.state import AgentState, Decision, Json, Revision, SubTask, SubTaskStatus, digest

_NAMED = 12
"""Names of tools that a sentence lists."""

_UNTOLD = {"attempts"}


def plan_question(state: AgentState, revision: Revision, reason: Reason, max_replans: int) -> dict[str, Json]:
    """Whether a plan may be followed; `state` with what was spent. Of a later plan a person sees what it changes."""
    first = not state["revisions"]
    plan = [t.model_dump(mode="json", exclude=_UNTOLD if t.checks else {*_UNTOLD, "checks"}) for t in revision.plan]
    args: dict[str, Json] = {"plan": plan}
    changes = None
    if first:
        state = {**state, "plan": plan}
    else:
        args |= {"diff": revision.diff.model_dump(mode="json"), "gives_up": revision.gives_up}
        changes = questions.plan_changes(_subtasks(state), revision)
        if revision.dropped:
            args["dropped_checks"] = revision.dropped
            changes += [f"Check that is gone or changed: {questions.line(check, 300)}" for check in revision.dropped]
    return questions.question(
        "approve_plan" if first else "approve_replan",
        args,
        reason=reason,
        description=questions.summary(state, reason=reason, max_replans=max_replans, changes=changes),
        allowed=("approve", "edit", "reject", "respond"),
    )


class PlanCheck:
    """Refuses a person's plan that cannot be followed; one that failed before it refuses once.

    Args:
        state: the run's state while the question is open.
        tools: names of the tools there are.
        run: what is left of its steps.
        vet: says why a check cannot be used; empty = it can.

    A plan that failed is a person's to try again: that they mean it they show by sending it a second time.
    """

    def __init__(
        self, state: AgentState, tools: Collection[str], run: Run, vet: Callable[[Check], str] = checks.flaw
    ) -> None:
        self._vet = vet
        self._state = state
        self._tools = tools
        self._run = run
        self._warned: set[str] = set()

    def __call__(self, decision: Decision) -> None:
        """Check what a person wants to be done.

        Raises:
            BadAnswer: it leaves nothing to do, names what there is not, does not fit the budget, or failed before.
        """
        if decision.plan is None or not decision.patch:
            return
        if any(not task.task_id.strip() or not task.description.strip() for task in decision.plan):
            raise BadAnswer("This plan cannot be followed: every subtask needs a task_id and a description.")
        todo = [task for task in decision.plan if task.status != SubTaskStatus.COMPLETED]
        if not todo:
            raise BadAnswer("This plan leaves nothing to do: keep at least one subtask, or abort.")
        self._check_tools(decision)
        self._check_budget(len(todo))
        self._check_new(decision.plan)

    def _check_tools(self, decision: Decision) -> None:
        known = {*self._tools, *CONTROL_TOOLS}
        for step in decision.patch:
            wanted = [Check.model_validate(check) for check in step.get("checks") or ()]
            looks = {check.tool for check in wanted if check.tool}
            if unknown := sorted({*(step.get("tools") or ()), *looks} - known):
                named = sorted(self._tools)
                there = ", ".join(named[:_NAMED]) + (f" and {len(named) - _NAMED} more" if len(named) > _NAMED else "")
                raise BadAnswer(
                    f"Subtask {step['task_id']!r} names no tool there is: {unknown[0]!r}; there are {there}."
                )
            if why := checks.objection(wanted, self._vet):
                raise BadAnswer(f"A check of subtask {step['task_id']!r} cannot be used: {why}")

    def _check_budget(self, todo: int) -> None:
        limit, used = self._run.limits().get("max_steps"), self._run.usage().steps
        if limit is not None and todo > (left := max(0, int(limit) - used)):
            raise BadAnswer(
                f"This plan has {todo} subtasks to do, and {left} of {int(limit)} steps are left: "
                "take some out, or resume with a larger max_steps first."
            )

    def _check_new(self, plan: list[SubTask]) -> None:
        new = likeness.sketch(plan)
        earlier = ([SubTask.model_validate(t) for t in r["plan"]] for r in self._state["revisions"])
        failed = next((n for n, known in enumerate(earlier, 1) if likeness.alike(likeness.sketch(known), new)), None)
        mark = digest([task.model_dump(mode="json", include={"task_id", "description"}) for task in plan])
        if failed and mark not in self._warned:
            self._warned.add(mark)
            raise BadAnswer(
                f"This does the same as plan {failed} of this run, which did not work: change it, or send the same once "
                "more to have it tried again."
            )


def followed(decision: Decision, state: AgentState, revision: Revision, *, by_person: bool) -> AgentState:
    """Turn a decision on a plan into the next state. Without a person nobody says what else to plan."""
    if decision.type == "abort":
        return {"status": "aborted", "reason": decision.message or "A person ended the run."}
    if not by_person and decision.type not in ("approve", "modify"):
        return {"status": "failed", "reason": decision.message, "proposal": None}
    # A person who has something to say about a plan knows what the run does not: what failed may be mended.
    heard: AgentState = {"avoid": approaches.still_barred(state["avoid"], True)}
    if (changed := persons(decision, state, revision)) is not None:
        return {**accepted(state, changed), **heard}
    if decision.type in ("approve", "modify"):
        again = bool(revision.refused) and by_person
        return {**accepted(state, revision), **heard} if again else accepted(state, revision)
    wish: dict[str, Json] = {
        "task_id": "plan",
        "description": "; ".join(t.description for t in revision.plan),
        "ended": "rejected",
        "reason": f"The person did not want this plan: {decision.message or 'no reason given'}",
        "approaches": [],
    }
    history = [*state["history"], likeness.sketch(revision.plan)]
    failures = [*state["failures"], wish]
    return {"status": "planning", "proposal": None, "failures": failures, "history": history, **heard}


def persons(decision: Decision, state: AgentState, revision: Revision) -> Revision | None:
    """The revision a person made of a proposed one, with what they changed and why; None = they changed nothing."""
    if decision.plan is None or not decision.patch:
        return None
    return Revision(
        plan=decision.plan,
        diff=plan_patch.diff(_subtasks(state) or revision.plan, decision.plan),
        fingerprint=likeness.fingerprint(decision.plan),
        reason=decision.message,
        gives_up=revision.gives_up if decision.gives_up is None else decision.gives_up,
        by="person",
        patch=decision.patch,
    )


def accepted(state: AgentState, revision: Revision) -> AgentState:
    """The state in which a plan is followed. Finished subtasks keep their results, whatever the proposal says."""
    finished = {t["task_id"]: t for t in state["plan"] if t["status"] == SubTaskStatus.COMPLETED}
    attempts = {t["task_id"]: t["attempts"] for t in state["plan"]}
    plan = []
    for task in revision.plan:
        fresh: dict[str, Any] = {"status": "pending", "result": None, "attempts": attempts.get(task.task_id, 0)}
        plan.append(finished.get(task.task_id) or {**task.model_dump(mode="json"), **fresh})
    return {
        "status": "running",
        "plan": plan,
        "proposal": None,
        "history": [*state["history"], likeness.sketch(revision.plan)],
        "revisions": [*state["revisions"], revision.model_dump(mode="json", exclude={"refused", "proposed_at"})],
    }


def _subtasks(state: AgentState) -> list[SubTask]:
    return [SubTask.model_validate(t) for t in state["plan"]]
