"""Decides when a person must be asked, asks, and reads the answer. The only place that interrupts the graph."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, cast, get_args

from langgraph.types import interrupt

from surefoot.nodes import control, dag, questions
from surefoot.nodes.answers import BadAnswer, parse_answer, retargeted
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.questions import REASONS, Reason, asked_again, visible
from surefoot.nodes.run import Run
from surefoot.nodes.state import (
    Action,
    AgentState,
    Decision,
    Json,
    ReactState,
    Revision,
    StepResult,
    SubTask,
    SubTaskStatus,
)
from surefoot.tools.effects import Effect
from surefoot.tools.errors import PlanError, SettingsError
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

__all__ = ["REASONS", "BadAnswer", "HumanCheckpoint", "Reason", "retargeted", "visible"]

Approvals = Literal["ask", "auto", "deny"]
UndeclaredTools = Literal["ask_once", "ask", "trust"]
Check = Callable[[Decision], None]
"""Raises BadAnswer for a decision that cannot be followed here."""

_PERSONAL = frozenset({"budget", "unfinished", "replans", "repeats"})
"""Reasons that `approvals="auto"` does not cover: only a person can give more, or know what happened."""

_NOBODY = "No person is available; decide yourself and state your assumption."


class HumanCheckpoint:
    """Decides when to ask a person, and turns whatever they answer into a `Decision`.

    Args:
        confidence_threshold: a stated confidence under this asks, see `REASONS`.
        approvals: `ask` a person; `auto` approves tool calls and plans without one; `deny` rejects everything.
        max_replans: from the next replan on a person is asked.
        undeclared_tools: tools whose effect nobody declared: `ask_once` until the tool is trusted, `ask` each
            time, or `trust` them like reversible ones.
        toolbox: the tools whose calls the node `checkpoint` of the ReAct graph reviews.

    Raises:
        SettingsError: a value is out of range.
    """

    def __init__(
        self,
        confidence_threshold: float = 0.7,
        *,
        approvals: Approvals = "ask",
        max_replans: int = 3,
        undeclared_tools: UndeclaredTools = "ask_once",
        toolbox: Toolbox | None = None,
    ) -> None:
        if not 0 <= confidence_threshold <= 1:
            raise SettingsError(f"confidence_threshold must be between 0 and 1, not {confidence_threshold}.")
        for name, value, known in (
            ("approvals", approvals, get_args(Approvals)),
            ("undeclared_tools", undeclared_tools, get_args(UndeclaredTools)),
        ):
            if value not in known:
                raise SettingsError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
        self.confidence_threshold = confidence_threshold
        self.approvals = approvals
        self.max_replans = max_replans
        self.undeclared_tools = undeclared_tools
        self._toolbox = toolbox or Toolbox([])
        self._runner = ToolRunner(self._toolbox)

    def evaluate(
        self,
        confidence: float | None,
        action: Action | None,
        replans: int = 0,
        *,
        effect: Effect = "reversible",
        trusted: Collection[str] = frozenset(),
        escalated: bool = False,
        repeats: bool = False,
        budget_exceeded: bool = False,
        unfinished: bool = False,
    ) -> Reason | None:
        """Name why a person must be asked first, or None to go on. Pure: asks nobody.

        Args:
            confidence: 0 to 1 as stated; None or anything else counts as not stated.
            action: what is about to run; None = a plan.
            replans: revisions not yet allowed by a person.
            effect: what the action's tool declares.
            trusted: names of undeclared tools a person trusts for the whole run.
        """
        subject = "plan" if action is None else effect
        known = action is not None and self.undeclared_tools == "ask_once" and action.tool in trusted
        applies: dict[Reason, bool] = {
            "unfinished": unfinished,
            "budget": budget_exceeded,
            "repeats": repeats,
            "escalation": escalated,
            "replans": replans > self.max_replans,
            "irreversible": True,
            "undeclared": self.undeclared_tools != "trust" and not known,
            "low_confidence": _is_confidence(confidence) and cast(float, confidence) < self.confidence_threshold,
        }
        return next(
            (reason for reason, (asks_for, _) in REASONS.items() if applies[reason] and subject in asks_for), None
        )

    def summary(self, state: AgentState, *, reason: str = "", max_chars: int = 4000) -> str:
        """Tell a person where the run stands: goal, plan, what was done, spending, and why it asks."""
        return questions.summary(state, reason=reason, max_replans=self.max_replans, max_chars=max_chars)

    question = staticmethod(questions.question)
    answer_schema = staticmethod(questions.answer_schema)

    def parse(self, answer: Json, question: Mapping[str, Any]) -> Decision:
        """Read an answer in any form in the field: HITLResponse, one decision, the old HumanResponse list, our own
        object, true / false, "yes" / "no" / "abort", or a JSON text of these. Other text responds where the
        question allows that.

        Raises:
            BadAnswer: it is none of these, not allowed here, or meant for another question.
        """
        return parse_answer(answer, question)

    def ask(self, question: Mapping[str, Any], check: Check = lambda decision: None) -> Decision:
        """Put a question to a person and wait; a bad answer puts it again with what was wrong.

        Inside a graph node only, and nothing with an effect before it: the node runs again from its top.
        `check` refuses a decision that reads well but cannot be followed, by raising BadAnswer.
        """
        decision = self._without_person(question)
        shown = dict(question)
        while decision is None:
            given = interrupt(shown, response_schema=self.answer_schema())
            answer = self._toolbox.secrets.redactor.data(given)
            try:
                parsed = self.parse(answer, question)
                check(parsed)
                decision = parsed
            except BadAnswer as bad:
                shown = asked_again(question, str(bad))
        return decision

    def review_actions(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Node `checkpoint` of the ReAct graph: let the next calls of the queue through, ask about one, or refuse it.

        Read-only calls at the head of the queue go through together; a call with an effect goes alone.
        """
        queue = state["queue"]
        head, rest = queue[0], queue[1:]
        passed: ReactState = {"batch": [head], "queue": rest}
        if failed := _failed_before(head, state):
            return {**passed, "results": [_dump(control.failed("refused", failed))]}
        harmless = queue[: control.harmless_prefix(queue, self._toolbox)]
        if harmless:
            count = next((n for n, call in enumerate(harmless) if _failed_before(call, state)), len(harmless))
            return {"batch": queue[:count], "queue": queue[count:]}
        action = Action.model_validate(head)
        effect = self._toolbox.effect(action.tool).effect
        unfinished = action.unfinished or action.digest in (yield Blocking(run.in_doubt))
        reason = self.evaluate(action.confidence, action, effect=effect, trusted=run.trusted(), unfinished=unfinished)
        if action.tool == "ask_human":
            question = self._human_question(state, action)
        elif reason:
            question = self._action_question(state, action, effect, reason)
        else:
            return passed
        decision = self.ask(question, self._check_edit)
        if decision.type == "approve" and decision.scope == "run":
            yield Blocking(run.trust, (action.tool,))
        told = told_decision(question, decision)
        yield Blocking(run.record, ({"type": "decision", **told},))
        return {**self._follow(decision, head, rest), "decisions": [told]}

    def _human_question(self, state: ReactState, action: Action) -> dict[str, Json]:
        return self.question(
            "ask_human",
            action.args,
            reason="ask_human",
            description=str(action.args.get("question", "")),
            allowed=("respond",),
            task_id=state["subtask"]["task_id"],
            action_id=action.action_id,
        )

    def _action_question(self, state: ReactState, action: Action, effect: str, reason: Reason) -> dict[str, Json]:
        why = REASONS[reason][1]
        if reason == "unfinished" and not action.unfinished:
            why = "The same call was begun before in this run, and nobody knows whether it took effect."
        about = f"{why} Subtask: {state['subtask']['description']}\nGoal: {state['goal']}"
        allowed: tuple[str, ...] = ("approve", "edit", "reject")
        if action.unfinished:
            allowed = ("approve", "respond", "reject")
            about = (
                f"{action.tool} was under way when the process ended; whether it happened is not known. Approve = run it "
                f"now; respond = it did happen, your message is its result; reject = leave it.\n{about}"
            )
        return self.question(
            "unfinished_action" if action.unfinished else action.tool,
            {"tool": action.tool, "args": action.args} if action.unfinished else action.args,
            reason=reason,
            description=f"{about}\nEffect: {effect}",
            allowed=allowed,
            task_id=state["subtask"]["task_id"],
            action_id=action.action_id,
        )

    def _check_edit(self, decision: Decision) -> None:
        """Refuse an edit that could not run: it would use the question up for nothing."""
        edited = decision.action
        if edited is None or edited.tool in control.CONTROL_TOOLS:
            return
        if refusal := self._runner.refusal(edited.tool, edited.args):
            raise BadAnswer(refusal.message)

    def _follow(self, decision: Decision, head: dict[str, Json], rest: list[dict[str, Json]]) -> ReactState:
        """Turn a decision on a call into the next state."""
        if decision.type == "abort":
            return {"outcome": {"ended": "aborted", "reason": decision.message or "A person ended the run."}}
        if decision.type == "respond":
            answered = StepResult(success=True, output=decision.message, effect="read_only")
            return {"batch": [head], "results": [_dump(answered)], "queue": rest}
        if decision.type == "reject":
            no = control.failed("rejected", decision.message or "A person did not allow this.")
            skipped = control.failed("rejected", "Not run, because a call asked for before it was rejected.")
            return {"batch": [head, *rest], "results": [_dump(no), *[_dump(skipped)] * len(rest)], "queue": []}
        edited = decision.action
        if edited and edited.tool != head["tool"]:
            # Another tool has rules of its own: it passes the checkpoint anew.
            return {"batch": [], "results": [], "queue": [{**head, **_edit(head, edited), "approved": ""}, *rest]}
        run_now = {**head, **(_edit(head, edited) if edited else {})}
        run_now["approved"] = Action.model_validate(run_now).digest
        if head.get("unfinished"):
            run_now["again"] = True
        return {"batch": [run_now], "queue": rest}

    def review_plan(self, state: AgentState, run: Run) -> Core[AgentState]:
        """Node `checkpoint` of the main graph: accept the proposed plan, or ask about it."""
        if not state.get("proposal"):
            return {}
        revision = Revision.model_validate(state["proposal"])
        first = not state["revisions"]
        verdict = state.get("verdict") or {}
        reason = self.evaluate(
            revision.confidence,
            None,
            state["replans"],
            escalated=not first and verdict.get("recommendation") == "escalate",
            repeats=bool(revision.refused),
        )
        if reason is None:
            return _accepted(state, revision)
        question = self._plan_question({**state, "usage": run.usage().model_dump(mode="json")}, revision, reason, first)
        decision = self.ask(question, lambda d: _check_plan(d, state))
        told = told_decision(question, decision)
        yield Blocking(run.record, ({"type": "decision", **told},))
        return {**self._follow_plan(decision, state, revision), "decisions": [*state["decisions"], told]}

    def _plan_question(self, state: AgentState, revision: Revision, reason: Reason, first: bool) -> dict[str, Json]:
        plan = [t.model_dump(mode="json", exclude={"attempts"}) for t in revision.plan]
        args: dict[str, Json] = {"plan": plan}
        if first:
            state = {**state, "plan": plan}
        else:
            args |= {"diff": revision.diff.model_dump(mode="json"), "gives_up": revision.gives_up}
        described = self.summary(state, reason=reason)
        return self.question(
            "approve_plan" if first else "approve_replan",
            args,
            reason=reason,
            description=described,
            allowed=("approve", "edit", "reject", "respond"),
        )

    def _follow_plan(self, decision: Decision, state: AgentState, revision: Revision) -> AgentState:
        if decision.type == "abort":
            return {"status": "aborted", "reason": decision.message or "A person ended the run."}
        if decision.plan is not None:
            plan = decision.plan
            changed = Revision(
                plan=plan, diff=revision.diff, fingerprint=dag.fingerprint(plan), reason="A person's plan."
            )
            return _accepted(state, changed)
        if decision.type in ("approve", "modify"):
            return _accepted(state, revision)
        if self.approvals != "ask":
            return {"status": "failed", "reason": decision.message, "proposal": None}
        wish: dict[str, Json] = {
            "task_id": "plan",
            "description": "; ".join(t.description for t in revision.plan),
            "ended": "rejected",
            "reason": f"The person did not want this plan: {decision.message or 'no reason given'}",
            "approaches": [],
        }
        history = [*state["history"], revision.fingerprint]
        return {"status": "planning", "proposal": None, "failures": [*state["failures"], wish], "history": history}

    def _without_person(self, question: Mapping[str, Any]) -> Decision | None:
        if self.approvals == "ask":
            return None
        name = question["action_requests"][0]["name"]
        if name == "ask_human":
            return Decision(type="respond", message=_NOBODY)
        said = f"approvals are set to {self.approvals}"
        if self.approvals == "deny":
            return Decision(type="reject", message=f"Rejected without a person: {said}.")
        if name in ("raise_budget", "unfinished_action") or question["reason"] in _PERSONAL:
            return Decision(type="reject", message=f"Rejected without a person: {said}, which does not cover this.")
        return Decision(type="approve", message=f"Approved without a person: {said}.")


def _is_confidence(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def told_decision(question: Mapping[str, Any], decision: Decision) -> dict[str, Json]:
    """What was asked and how it was answered, for the report."""
    request = question["action_requests"][0]
    return {
        "asked": request["name"],
        "args": request["args"],
        "reason": question["reason"],
        "task_id": question["task_id"],
        "answer": decision.type,
        "message": decision.message,
    }


def _failed_before(action: Mapping[str, Json], state: ReactState) -> str:
    """Why this call is barred: it failed in an earlier attempt and nothing has changed since; empty = it is not."""
    changed = any(_changed_something(step.get("observation") or {}) for step in state.get("log", []))
    for failed in [] if changed else state.get("avoid", []):
        if failed["tool"] == action["tool"] and failed["args"] == action.get("args", {}):
            return f"This very call failed before ({failed['error']}) and nothing has changed since."
    return ""


def _changed_something(observation: Mapping[str, Json]) -> bool:
    return bool(observation.get("success")) and observation.get("effect") != "read_only"


def _check_plan(decision: Decision, state: AgentState) -> None:
    """Refuse a person's plan that is no DAG or changes what is finished."""
    if decision.plan is None:
        return
    if any(not task.task_id.strip() or not task.description.strip() for task in decision.plan):
        raise BadAnswer("This plan cannot be followed: every subtask needs a task_id and a description.")
    try:
        dag.execution_order(decision.plan)
    except PlanError as error:
        raise BadAnswer(f"This plan cannot be followed: {error}") from None
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


def _accepted(state: AgentState, revision: Revision) -> AgentState:
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
        "history": [*state["history"], revision.fingerprint],
        "revisions": [*state["revisions"], revision.model_dump(mode="json", exclude={"refused"})],
    }


def _edit(head: Mapping[str, Json], edited: Action) -> dict[str, Json]:
    """The edited call, under an id of its own: it is another action than the one asked for."""
    return {"tool": edited.tool, "args": edited.args, "action_id": f"{head['action_id']}-{edited.digest[:8]}"}


def _dump(result: StepResult) -> dict[str, Json]:
    return result.model_dump(mode="json", exclude_defaults=True) | {"success": result.success}
