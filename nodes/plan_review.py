"""Reviews a proposed plan: what a person is asked about it, and what their answer makes of it."""

from collections.abc import Callable

from surefoot.nodes import dag, likeness, questions
from surefoot.nodes.answers import BadAnswer
from surefoot.nodes.checks import objection
from surefoot.nodes.questions import Reason
from surefoot.nodes.state import AgentState, Check, Decision, Json, Revision, SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError

_UNTOLD = {"attempts"}


def plan_question(state: AgentState, revision: Revision, reason: Reason, max_replans: int) -> dict[str, Json]:
    """Whether a plan may be followed; `state` with what was spent."""
    first = not state["revisions"]
    plan = [t.model_dump(mode="json", exclude=_UNTOLD if t.checks else {*_UNTOLD, "checks"}) for t in revision.plan]
    args: dict[str, Json] = {"plan": plan}
    if first:
        state = {**state, "plan": plan}
    else:
        args |= {"diff": revision.diff.model_dump(mode="json"), "gives_up": revision.gives_up}
        if revision.dropped:
            args["dropped_checks"] = revision.dropped
    return questions.question(
        "approve_plan" if first else "approve_replan",
        args,
        reason=reason,
        description="\n".join(
            [
                questions.summary(state, reason=reason, max_replans=max_replans),
                *(f"Check that is gone or changed: {questions.line(check, 300)}" for check in revision.dropped),
            ]
        ),
        allowed=("approve", "edit", "reject", "respond"),
    )


def check_plan(decision: Decision, state: AgentState, vet: Callable[[Check], str]) -> None:
    """Refuse a person's plan that cannot be followed.

    Raises:
        BadAnswer: it is no DAG, changes what is finished, leaves nothing to do, or has a check that cannot be used.
    """
    if decision.plan is None:
        return
    if any(not task.task_id.strip() or not task.description.strip() for task in decision.plan):
        raise BadAnswer("This plan cannot be followed: every subtask needs a task_id and a description.")
    try:
        dag.execution_order(decision.plan)
    except PlanError as error:
        raise BadAnswer(f"This plan cannot be followed: {error}") from None
    for task in decision.plan:
        if why := objection(task.checks, vet):
            raise BadAnswer(f"This plan cannot be followed: subtask {task.task_id!r}: {why}")
    edited = {t.task_id: t for t in decision.plan}
    for raw in state["plan"]:
        done = SubTask.model_validate(raw)
        kept = edited.get(done.task_id)
        if done.status == SubTaskStatus.COMPLETED and (not kept or kept.description != done.description):
            raise BadAnswer(f"Subtask {done.task_id!r} is completed: keep it in the plan as it is.")
    if not any(
        t.task_id not in {d["task_id"] for d in state["plan"] if d["status"] == "completed"} for t in decision.plan
    ):
        raise BadAnswer("This plan leaves nothing to do: keep at least one subtask, or abort.")


def followed(decision: Decision, state: AgentState, revision: Revision, *, by_person: bool) -> AgentState:
    """Turn a decision on a plan into the next state. Without a person nobody says what else to plan."""
    if decision.type == "abort":
        return {"status": "aborted", "reason": decision.message or "A person ended the run."}
    if decision.plan is not None:
        plan = decision.plan
        changed = Revision(
            plan=plan, diff=revision.diff, fingerprint=likeness.fingerprint(plan), reason="A person's plan."
        )
        return accepted(state, changed)
    if decision.type in ("approve", "modify"):
        return accepted(state, revision)
    if not by_person:
        return {"status": "failed", "reason": decision.message, "proposal": None}
    wish: dict[str, Json] = {
        "task_id": "plan",
        "description": "; ".join(t.description for t in revision.plan),
        "ended": "rejected",
        "reason": f"The person did not want this plan: {decision.message or 'no reason given'}",
        "approaches": [],
    }
    history = [*state["history"], likeness.sketch(revision.plan)]
    return {"status": "planning", "proposal": None, "failures": [*state["failures"], wish], "history": history}


def accepted(state: AgentState, revision: Revision) -> AgentState:
    """The state in which a plan is followed. Finished subtasks keep their results, whatever the proposal says."""
    finished = {t["task_id"]: t for t in state["plan"] if t["status"] == SubTaskStatus.COMPLETED}
    attempts = {t["task_id"]: t["attempts"] for t in state["plan"]}
    plan = []
    for task in revision.plan:
        fresh = {"status": "pending", "result": None, "attempts": attempts.get(task.task_id, 0)}
        plan.append(finished.get(task.task_id) or {**task.model_dump(mode="json"), **fresh})
    return {
        "status": "running",
        "plan": plan,
        "proposal": None,
        "history": [*state["history"], likeness.sketch(revision.plan)],
        "revisions": [*state["revisions"], revision.model_dump(mode="json", exclude={"refused", "proposed_at"})],
    }
