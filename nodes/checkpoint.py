"""Decides when a person must be asked, asks, and reads the answer. The only place that interrupts the graph."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from langgraph.types import interrupt

from surefoot.nodes.answers import BadAnswer, parse_answer, retargeted
from surefoot.nodes.state import Action, AgentState, Decision, Json, digest
from surefoot.tools.effects import Effect
from surefoot.tools.errors import SettingsError

__all__ = ["REASONS", "BadAnswer", "HumanCheckpoint", "Reason", "retargeted", "visible"]

Reason = Literal["unfinished", "budget", "escalation", "replans", "irreversible", "undeclared", "low_confidence"]
Approvals = Literal["ask", "auto", "deny"]
UndeclaredTools = Literal["ask_once", "ask", "trust"]

_ANY = frozenset({"plan", "read_only", "idempotent", "reversible", "irreversible", "undeclared"})
REASONS: dict[Reason, tuple[frozenset[str], str]] = {
    "unfinished": (_ANY - {"plan", "read_only", "idempotent"}, "It was under way when the process ended."),
    "budget": (_ANY, "The budget is used up."),
    "escalation": (_ANY, "Self-reflection sees no way on without a person."),
    "replans": (_ANY, "The plan was changed more often than allowed."),
    "irreversible": (frozenset({"irreversible"}), "It cannot be put back."),
    "undeclared": (frozenset({"undeclared"}), "Nobody declared what this tool changes."),
    "low_confidence": (_ANY - {"read_only"}, "The stated confidence is under the threshold."),
}
"""Reason -> for which classes of action it asks, and why in a sentence. The first that applies is given.

The classes are the effects a tool declares, and "plan" where no single action is asked about.
"""

_NOBODY = "No person is available; decide yourself and state your assumption."
_INVISIBLE = frozenset("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | frozenset(
    chr(point)
    for start, end in ((0x202A, 0x202E), (0x2066, 0x2069), (0xE0000, 0xE007F))
    for point in range(start, end + 1)
)


class HumanCheckpoint:
    """Decides when to ask a person, and turns whatever they answer into a `Decision`.

    Args:
        confidence_threshold: a stated confidence under this asks, see `REASONS`.
        approvals: `ask` a person; `auto` approves tool calls and plans without one; `deny` rejects everything.
        max_replans: from the next replan on a person is asked.
        undeclared_tools: tools whose effect nobody declared: `ask_once` until the tool is trusted, `ask` each
            time, or `trust` them like reversible ones.

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

    def evaluate(
        self,
        confidence: float | None,
        action: Action | None,
        replans: int = 0,
        *,
        effect: Effect = "reversible",
        trusted: Collection[str] = frozenset(),
        escalated: bool = False,
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
        """Tell a person where the run stands: goal, plan, what was done, spending, and why it asks.

        Text from models and tools stays on its own line with control characters shown, so it cannot pass itself
        off as part of the summary. At most `max_chars` characters.
        """
        lines = [f"Goal: {_line(state.get('goal', ''), 500)}"]
        why = REASONS[reason][1] if reason in REASONS else reason or state.get("reason", "")
        verdict = state.get("verdict") or {}
        if why:
            lines.append(f"Why you are asked: {_line(why, 500)}")
        if verdict.get("diagnosis", "progressing") != "progressing":
            lines.append(f"What was noticed: {verdict['diagnosis']}: {_line(verdict.get('explanation', ''), 300)}")
        lines += [_spending(state.get("usage") or {}), *_plan_lines(state.get("plan") or [])]
        if replans := state.get("replans", 0):
            lines.append(f"Changed plans so far: {replans} of {self.max_replans}")
        text = "\n".join(lines)
        return text if len(text) <= max_chars else text[: max(0, max_chars - 2)] + "\n…"

    def question(
        self,
        name: str,
        args: dict[str, Json],
        *,
        reason: str,
        description: str,
        allowed: Sequence[str] = ("approve", "edit", "reject"),
        task_id: str = "",
        action_id: str = "",
    ) -> dict[str, Json]:
        """Build one question in LangChain's HITLRequest form, bound to exactly these arguments by its digest."""
        return {
            "action_requests": [{"name": name, "args": args, "description": visible(description)}],
            "review_configs": [{"action_name": name, "allowed_decisions": list(allowed)}],
            "digest": digest([name, args]),
            "reason": reason,
            "task_id": task_id,
            "action_id": action_id,
        }

    def answer_schema(self) -> dict[str, Json]:
        """Give the JSON schema of the answers `parse` reads, for forms and other clients."""
        text, thing = {"type": "string"}, {"type": "object"}
        named = {"type": "object", "required": ["name", "args"], "properties": {"name": text, "args": thing}}
        common = {"message": text, "digest": text}
        chain = {"type": {"enum": ["approve", "edit", "reject", "respond"]}, "edited_action": named, **common}
        own = {
            "type": {"enum": ["approve", "modify", "reject", "respond", "abort"]},
            "action": {"type": "object", "properties": {"tool": text, "args": thing}},
            "args": thing,
            "plan": {"type": "array", "items": thing},
            "limits": {"type": "object", "additionalProperties": {"type": "number"}},
            "scope": {"enum": ["once", "run"]},
            **common,
        }
        decision = {"type": "object", "required": ["type"], "properties": chain}
        decisions = {"type": "array", "items": decision, "minItems": 1, "maxItems": 1}
        response = {"type": "object", "required": ["decisions"], "properties": {"decisions": decisions}}
        return {
            "anyOf": [response, {"type": "object", "required": ["type"], "properties": own}, {"type": "boolean"}, text]
        }

    def parse(self, answer: Json, question: Mapping[str, Any]) -> Decision:
        """Read an answer in any form in the field: HITLResponse, one decision, the old HumanResponse list, our own
        object, true / false, "yes" / "no" / "abort", or a JSON text of these. Other text responds where the
        question allows that.

        Raises:
            BadAnswer: it is none of these, not allowed here, or meant for another question.
        """
        return parse_answer(answer, question)

    def ask(self, question: Mapping[str, Any]) -> Decision:
        """Put a question to a person and wait; a bad answer puts it again with what was wrong.

        Inside a graph node only, and nothing with an effect before it: the node runs again from its top.
        """
        decision = self._without_person(question)
        shown = dict(question)
        while decision is None:
            answer = interrupt(shown, response_schema=self.answer_schema())
            try:
                decision = self.parse(answer, question)
            except BadAnswer as bad:
                shown = _again(question, str(bad))
        return decision

    def _without_person(self, question: Mapping[str, Any]) -> Decision | None:
        if self.approvals == "ask":
            return None
        name = question["action_requests"][0]["name"]
        if name == "ask_human":
            return Decision(type="respond", message=_NOBODY)
        said = f"approvals are set to {self.approvals}"
        if self.approvals == "deny":
            return Decision(type="reject", message=f"Rejected without a person: {said}.")
        # None of these is a matter of permission: only a person can give more, or know what happened.
        if name in ("raise_budget", "unfinished_action") or question["reason"] in ("budget", "unfinished", "replans"):
            return Decision(type="reject", message=f"Rejected without a person: {said}, which does not cover this.")
        return Decision(type="approve", message=f"Approved without a person: {said}.")


def visible(text: str) -> str:
    r"""Show control, bidirectional and zero-width characters as escapes; newlines and tabs stay."""
    return "".join(_escape(char) if _hidden(char) and char not in "\n\t" else char for char in text)


def _hidden(char: str) -> bool:
    return char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cs")


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _line(text: Any, most: int) -> str:
    line = visible(str(text)).replace("\n", "\\n").replace("\t", " ")
    return line if len(line) <= most else line[: most - 1] + "…"


def _spending(usage: Mapping[str, Any]) -> str:
    usd = usage.get("usd")
    money = "money not known" if usd is None else f"${usd:,.4f}"
    tokens = f"{usage.get('tokens', 0):,} tokens" + (" (estimated)" if usage.get("estimated") else "")
    return f"Spent: {usage.get('steps', 0):,} steps, {tokens}, {usage.get('seconds', 0.0):,.1f} seconds, {money}"


def _plan_lines(plan: list[dict[str, Json]], most: int = 20) -> list[str]:
    if not plan:
        return ["Plan: none yet"]
    done = sum(task.get("status") == "completed" for task in plan)
    lines = [f"Plan: {done} of {len(plan)} subtasks completed"]
    # Where it is long, what is not finished matters more than what is.
    first = sorted(range(len(plan)), key=lambda i: (plan[i].get("status") == "completed", i))[:most]
    for task in (plan[i] for i in sorted(first)):
        after = f" (after {', '.join(task['dependencies'])})" if task.get("dependencies") else ""
        lines.append(
            _line(f"  [{task.get('status', 'pending')}] {task.get('task_id')}: {task.get('description')}{after}", 160)
        )
        if task.get("result"):
            lines.append("      " + _line(task["result"], 120))
    return lines + ([f"  … and {len(plan) - most} more"] if len(plan) > most else [])


def _again(question: Mapping[str, Any], error: str) -> dict[str, Json]:
    request = question["action_requests"][0]
    described = {**request, "description": f"{error}\n\n{request.get('description', '')}"}
    return {**question, "action_requests": [described], "error": error}


def _is_confidence(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
