"""Decides when a person must be asked, asks, and reads the answer. The only place that interrupts the graph."""

import math
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Literal, cast, get_args

from langgraph.types import interrupt

from surefoot.nodes import action_review, budget_review, plan_review, questions
from surefoot.nodes.answers import BadAnswer, parse_answer, retargeted
from surefoot.nodes.checks import vet
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.events import Decided, Edited
from surefoot.nodes.exposure import is_exposing
from surefoot.nodes.questions import REASONS, Reason, asked_again, visible
from surefoot.nodes.run import Run, tell
from surefoot.nodes.state import Action, AgentState, Decision, Json, ReactState, Revision
from surefoot.nodes.taint import taint_of_next
from surefoot.tools.effects import Effect
from surefoot.tools.errors import SettingsError
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

__all__ = ["REASONS", "BadAnswer", "HumanCheckpoint", "LateAnswer", "Reason", "retargeted", "visible"]

Approvals = Literal["ask", "auto", "deny"]
UndeclaredTools = Literal["ask_once", "ask", "trust"]
Check = Callable[[Decision], None]
"""Raises BadAnswer for a decision that cannot be followed here."""

_PERSONAL = frozenset({"budget", "unfinished", "replans", "repeats"})
"""Reasons that `approvals="auto"` does not cover: only a person can give more, or know what happened."""

_NOBODY = "No person is available; decide yourself and state your assumption."


class LateAnswer(Exception):
    """An answer that came after its question had expired, so that it does nothing; None = it could not even be read."""

    def __init__(self, decision: Decision | None) -> None:
        super().__init__(questions.LATE)
        self.decision = decision


class HumanCheckpoint:
    """Decides when to ask a person, and turns whatever they answer into a `Decision`.

    Args:
        confidence_threshold: a stated confidence under this asks, see `REASONS`.
        approvals: `ask` a person; `auto` approves tool calls and plans without one, also those that text from outside
            may have asked for; `deny` rejects everything.
        max_replans: from the next replan on a person is asked.
        undeclared_tools: tools whose effect nobody declared: `ask_once` until the tool is trusted, `ask` each
            time, or `trust` them like reversible ones.
        approval_expires_seconds: how long a question about an action waits for a yes, and a yes for its action, by the
            clock on the wall; then it is asked anew. None = for ever. A no always counts. A plan's approval does not
            expire: it starts nothing that would not ask by itself.
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
        approval_expires_seconds: float | None = 7 * 24 * 3600,
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
        self.approval_expires_seconds = approval_expires_seconds
        self._toolbox = toolbox or Toolbox([])
        self._runner = ToolRunner(self._toolbox)
        self._vet = partial(vet, toolbox=self._toolbox, runner=self._runner)

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
        dropped_checks: bool = False,
        unfinished: bool = False,
        tainted: bool = False,
        exposing: bool = False,
    ) -> Reason | None:
        """Name why a person must be asked first, or None to go on. Pure: asks nobody.

        Args:
            confidence: 0 to 1 as stated; None or anything else counts as not stated.
            action: what is about to run; None = a plan.
            replans: revisions not yet allowed by a person.
            effect: what the action's tool declares.
            trusted: names of tools a person trusts for the whole run: undeclared ones, and after text from outside.
            dropped_checks: the plan has no more, or has changed, checks that the one before had.
            tainted: text by strangers came before it and may have asked for it.
            exposing: its address may carry something of the person's to a stranger.
        """
        subject = "plan" if action is None else effect
        known = action is not None and action.tool in trusted
        applies: dict[Reason, bool] = {
            "unfinished": unfinished,
            "budget": budget_exceeded,
            "repeats": repeats,
            "escalation": escalated,
            "replans": replans > self.max_replans,
            "dropped_checks": dropped_checks,
            "irreversible": True,
            "tainted": tainted and not known,
            "exposing": exposing and not known,
            "undeclared": self.undeclared_tools == "ask" or (self.undeclared_tools == "ask_once" and not known),
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

    def ask(
        self,
        question: Mapping[str, Any],
        check: Check = lambda decision: None,
        *,
        now: Callable[[], float] = time.time,
    ) -> Decision:
        """Put a question to a person and wait; a bad answer puts it again with what was wrong.

        Inside a graph node only, and nothing with an effect before it: the node runs again from its top.
        `check` refuses a decision that reads well but cannot be followed, by raising BadAnswer. `now`: Unix seconds.

        Raises:
            LateAnswer: the question had expired, and the answer was no plain no.
        """
        decision = self._without_person(question)
        shown, tries = dict(question), 0
        while decision is None:
            given = interrupt(shown, response_schema=self.answer_schema())
            answer = self._toolbox.secrets.redactor.data(given)
            late = now() > question.get("expires_at", math.inf)
            try:
                parsed = self.parse(answer, question)
                check(parsed)
            except BadAnswer as bad:
                if late:
                    raise LateAnswer(None) from None
                tries += 1  # tells it from the same question with the same error
                shown = {**asked_again(question, str(bad)), "tries": tries}
                continue
            if late and parsed.type not in ("reject", "abort"):
                raise LateAnswer(parsed)
            decision = parsed
        return decision

    def review_actions(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Node `checkpoint` of the ReAct graph: let the next calls of the queue through, ask about one, or refuse it."""
        if (update := self.unasked(state)) is not None:
            return update
        head, rest = state["queue"][0], state["queue"][1:]
        action = Action.model_validate(head)
        effect = self._toolbox.effect(action.tool).effect
        unfinished = action.unfinished or action.doubted or action.digest in (yield Blocking(run.in_doubt))
        reason = self.evaluate(
            action.confidence,
            action,
            effect=effect,
            trusted=run.trusted(),
            unfinished=unfinished,
            tainted=bool(taint_of_next(state)),
            exposing=is_exposing(state, head, self._toolbox),
        )
        if not reason and action.tool != "ask_human":
            return {"batch": [head], "queue": rest}
        if self.approvals == "ask" and action.asked != action.digest:
            return self._proposed({**head, "doubted": True} if reason == "unfinished" else head, rest, run)
        if action.tool == "ask_human":
            question = action_review.human_question(state, action)
        else:
            question = action_review.action_question(state, action, effect, cast(Reason, reason))
        try:
            decision = self.ask(question, lambda d: action_review.check_edit(d, self._runner), now=run.now)
        except LateAnswer as late:
            again = self._proposed(head, rest, run, questions.LATE)
            if late.decision is None:
                return again
            told = yield from _noted(question, late.decision, action.asked_at, run, late=True)
            return {**again, "decisions": [told]}
        if decision.type == "approve" and decision.scope == "run":
            yield Blocking(run.trust, (action.tool,))
        if action.unfinished and decision.type in ("approve", "respond"):
            result = action_review.responded(decision) if decision.type == "respond" else None
            yield Blocking(run.resolve, (action, result))
        told = yield from _noted(question, decision, action.asked_at, run)
        return {**action_review.followed(decision, head, rest), "decisions": [told]}

    def unasked(self, state: ReactState) -> ReactState | None:
        """What becomes of the next calls of the queue where nobody has to be asked whatever they are; None = one has to be."""
        return action_review.unasked(state, self._toolbox)

    def _proposed(self, head: dict[str, Json], rest: list[dict[str, Json]], run: Run, lapsed: str = "") -> ReactState:
        return action_review.proposed(head, rest, now=run.now(), seconds=self.approval_expires_seconds, lapsed=lapsed)

    def review_plan(self, state: AgentState, run: Run) -> Core[AgentState]:
        """Node `checkpoint` of the main graph: accept the proposed plan, or ask about it, or about more budget."""
        if state["status"] == "stopped":
            return (yield from self._review_budget(state, run))
        if not state.get("proposal"):
            return {}
        revision = Revision.model_validate(state["proposal"])
        verdict = state.get("verdict") or {}
        reason = self.evaluate(
            revision.confidence,
            None,
            state["replans"],
            escalated=bool(state["revisions"]) and verdict.get("recommendation") == "escalate",
            repeats=bool(revision.refused),
            dropped_checks=bool(revision.dropped and not revision.gives_up),
        )
        if reason is None:
            return plan_review.accepted(state, revision)
        spent: AgentState = {**state, "usage": run.usage().model_dump(mode="json")}
        question = plan_review.plan_question(spent, revision, reason, self.max_replans)
        decision = self.ask(question, plan_review.PlanCheck(state, self._toolbox.names, run, self._vet))
        told = yield from _noted(question, decision, revision.proposed_at, run)
        update = plan_review.followed(decision, state, revision, by_person=self.approvals == "ask")
        if (changed := plan_review.persons(decision, state, revision)) is not None:
            event = Edited(
                type="edited",
                plan=update["plan"],
                diff=changed.diff.model_dump(mode="json"),
                patch=changed.patch,
                reason=changed.reason,
            )
            yield tell(run, event)
        return {**update, "decisions": [*state["decisions"], told]}

    def _review_budget(self, state: AgentState, run: Run) -> Core[AgentState]:
        question = budget_review.budget_question(state, run, self.max_replans)
        decision = self.ask(question, lambda d: budget_review.check_limits(d, run))
        if decision.type in ("approve", "modify"):
            yield Blocking(run.raise_limits, (decision.limits,))
        told = yield from _noted(question, decision, None, run)
        return {**budget_review.raised(decision), "decisions": [*state["decisions"], told]}

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


def _noted(
    question: Mapping[str, Any], decision: Decision, asked_at: float | None, run: Run, *, late: bool = False
) -> Core[dict[str, Json]]:
    """Write into the log what was asked and how it was answered; times in Unix seconds, None = not known."""
    request = question["action_requests"][0]
    instead = decision.action.args if decision.action else decision.limits or None
    told: dict[str, Json] = {
        "asked": request["name"],
        "args": request["args"],
        "digest": question["digest"],
        "reason": question["reason"],
        "task_id": question["task_id"],
        "asked_at": asked_at,
        "answered_at": run.now(),
        "answer": decision.type,
        "scope": decision.scope,
        "message": decision.message,
        **({"instead": instead} if instead is not None and decision.type == "modify" else {}),
        **({"taint": question["taint"]} if question.get("taint") else {}),
        **({"late": True} if late else {}),
    }
    yield tell(run, cast(Decided, {"type": "decision", **told}))
    return told
