"""Writes what a person is shown: why they are asked, where the run stands, and the question itself."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from surefoot.nodes import checks
from surefoot.nodes.state import AgentState, Check, Json, Revision, SubTask, SubTaskStatus, digest

Reason = Literal[
    "unfinished",
    "budget",
    "repeats",
    "escalation",
    "replans",
    "dropped_checks",
    "irreversible",
    "tainted",
    "exposing",
    "undeclared",
    "low_confidence",
]

_ANY = frozenset({"plan", "read_only", "idempotent", "reversible", "irreversible", "undeclared"})
REASONS: dict[Reason, tuple[frozenset[str], str]] = {
    "unfinished": (_ANY - {"plan", "read_only", "idempotent"}, "It was under way when the process ended."),
    "budget": (_ANY, "The budget is used up."),
    "repeats": (_ANY, "The new plan does the same as one that failed."),
    "escalation": (_ANY, "Self-reflection sees no way on without a person."),
    "replans": (_ANY, "The plan was changed more often than allowed."),
    "dropped_checks": (frozenset({"plan"}), "The new plan changes or leaves out checks that the one before had."),
    "irreversible": (frozenset({"irreversible"}), "It cannot be put back."),
    "tainted": (_ANY - {"plan", "read_only"}, "It follows text from outside, which may have asked for it."),
    "exposing": (frozenset({"read_only"}), "Its address was made up, so it could carry your data to a stranger."),
    "undeclared": (frozenset({"undeclared"}), "Nobody declared what this tool changes."),
    "low_confidence": (_ANY - {"read_only"}, "The stated confidence is under the threshold."),
}
"""Reason -> for which classes of action it asks, and why in a sentence. The first that applies is given.

The classes are the effects a tool declares, and "plan" where no single action is asked about.
"""

LATE = "The answer came after the question had expired, so nothing was done: please answer again."
CHANGED = "This was changed after you were asked about it, so nothing was done: please answer again."

_SOURCES_TOLD = 3

_INVISIBLE = frozenset("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | frozenset(
    chr(point)
    for start, end in ((0x202A, 0x202E), (0x2066, 0x2069), (0xE0000, 0xE007F))
    for point in range(start, end + 1)
)


def summary(
    state: AgentState,
    *,
    reason: str = "",
    max_replans: int = 0,
    max_chars: int = 4000,
    changes: Sequence[str] | None = None,
) -> str:
    """Tell a person where the run stands: goal, plan, what was done, spending, and why it asks.

    `changes`: what a new plan changes, told instead of the plan as it stands.

    Text from models and tools stays on its own line with control characters shown, so it cannot pass itself
    off as part of the summary. At most `max_chars` characters.
    """
    lines = [f"Goal: {line(state.get('goal', ''), 500)}"]
    why = REASONS[reason][1] if reason in REASONS else reason or state.get("reason", "")
    verdict = state.get("verdict") or {}
    if why:
        lines.append(f"Why you are asked: {line(why, 500)}")
    if verdict.get("diagnosis", "progressing") != "progressing":
        lines.append(f"What was noticed: {verdict['diagnosis']}: {line(verdict.get('explanation', ''), 300)}")
    lines.append(_spending(state.get("usage") or {}))
    lines += _plan_lines(state.get("plan") or []) if changes is None else changes
    if replans := state.get("replans", 0):
        lines.append(f"Changed plans so far: {replans} of {max_replans}")
    text = "\n".join(lines)
    return text if len(text) <= max_chars else text[: max(0, max_chars - 2)] + "\n…"


def plan_changes(plan: Sequence[SubTask], revision: Revision, most: int = 40) -> list[str]:
    """Tell a person what a new plan changes in the plan as it stands, a line each."""
    before, after = ({t.task_id: t for t in tasks} for tasks in (plan, revision.plan))
    diff = revision.diff
    lines = [f"  + {_task(after[task_id])}" for task_id in diff.added]
    for task in (before[task_id] for task_id in diff.removed):
        lines.append(f"  - {_task(task)}" + (f" [{task.status.value}: {task.result}]" if task.result else ""))
    for task_id in diff.modified:
        lines += [f"  ~ {_task(after[task_id])}", f"    was: {_task(before[task_id])}"]
    done = [task_id for task_id in diff.kept if after[task_id].status == SubTaskStatus.COMPLETED]
    to_do = [task_id for task_id in diff.kept if task_id not in done]
    lines += [f"  … and {len(lines) - most} lines more"] if len(lines) > most else []
    told = [*lines[:most], *lines[most:][-1:]]
    told += [f"  stays to be done: {', '.join(to_do)}"] if to_do else []
    told += [f"  is done and stays: {', '.join(done)}"] if done else []
    told += [f"It gives up: {revision.gives_up}"] if revision.gives_up else []
    return ["What the new plan changes:", *(line(each, 300) for each in told)]


def question(
    name: str,
    args: dict[str, Json],
    *,
    reason: str,
    description: str,
    allowed: Sequence[str] = ("approve", "edit", "reject"),
    task_id: str = "",
    action_id: str = "",
    taint: Sequence[str] = (),
    expires_at: float | None = None,
) -> dict[str, Json]:
    """Build one question in LangChain's HITLRequest form, bound to exactly these arguments by its digest.

    `taint`: the sources of text by strangers that came before what is asked about. `expires_at`: up to when a yes
    counts, in Unix seconds; None = for ever.
    """
    more: dict[str, Json] = {"taint": list(taint)} if taint else {}
    if expires_at is not None:
        more["expires_at"] = expires_at
    return {
        "action_requests": [{"name": name, "args": args, "description": visible(description)}],
        "review_configs": [{"action_name": name, "allowed_decisions": list(allowed)}],
        "digest": digest([name, args]),
        "reason": reason,
        "task_id": task_id,
        "action_id": action_id,
        **more,
    }


def follows(taint: Sequence[str]) -> str:
    """Say which text by strangers came before an action."""
    named = ", ".join(taint[:_SOURCES_TOLD])
    more = f" and {len(taint) - _SOURCES_TOLD} more" if len(taint) > _SOURCES_TOLD else ""
    return f"It follows text from outside ({named}{more}), which may have asked for it."


def answer_schema() -> dict[str, Json]:
    """Give the JSON schema of the answers `parse` reads, for forms and other clients."""
    text, thing = {"type": "string"}, {"type": "object"}
    named = {"type": "object", "required": ["name", "args"], "properties": {"name": text, "args": thing}}
    common = {"message": text, "digest": text}
    chain = {"type": {"enum": ["approve", "edit", "reject", "respond"]}, "edited_action": named, **common}
    names = {"type": "array", "items": text}
    said = {"task_id": text, "description": text, "dependencies": names, "tools": names, "acceptance": text}
    step = {
        "type": "object",
        "required": ["op", "task_id"],
        "properties": {"op": {"enum": ["add", "change", "remove"]}, **said},
    }
    own = {
        "type": {"enum": ["approve", "modify", "reject", "respond", "abort"]},
        "action": {"type": "object", "properties": {"tool": text, "args": thing}},
        "args": thing,
        "plan": {"type": "array", "items": thing},
        "patch": {"type": "array", "items": step, "minItems": 1},
        "limits": {"type": "object", "additionalProperties": {"type": "number"}},
        "scope": {"enum": ["once", "run"]},
        **common,
    }
    decision = {"type": "object", "required": ["type"], "properties": chain}
    decisions = {"type": "array", "items": decision, "minItems": 1, "maxItems": 1}
    response = {"type": "object", "required": ["decisions"], "properties": {"decisions": decisions}}
    return {"anyOf": [response, {"type": "object", "required": ["type"], "properties": own}, {"type": "boolean"}, text]}


def visible(text: str) -> str:
    r"""Show control, bidirectional and zero-width characters as escapes; newlines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(_escape(char) if _hidden(char) and char not in "\n\t" else char for char in text)


def _hidden(char: str) -> bool:
    return char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cs")


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _task(task: SubTask) -> str:
    after = f" (after {', '.join(task.dependencies)})" if task.dependencies else ""
    tools = f" (with {', '.join(task.tools)})" if task.tools else ""
    held = f" (checked: {'; '.join(map(checks.told, task.checks))})" if task.checks else ""
    return f"{task.task_id}: {task.description}{after}{tools}{held}"


def line(text: Any, most: int) -> str:
    """Write foreign text on one line of at most `most` characters."""
    shown = visible(str(text)).replace("\n", "\\n").replace("\t", " ")
    return shown if len(shown) <= most else shown[: most - 1] + "…"


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
            line(f"  [{task.get('status', 'pending')}] {task.get('task_id')}: {task.get('description')}{after}", 160)
        )
        for check in task.get("checks") or ():
            lines.append(line(f"      check: {checks.told(Check.model_validate(check))}", 160))
        if task.get("result"):
            lines.append("      " + line(task["result"], 120))
    return lines + ([f"  … and {len(plan) - most} more"] if len(plan) > most else [])


def asked_again(question: Mapping[str, Any], error: str) -> dict[str, Json]:
    """The same question, with what was wrong with the last answer."""
    request = question["action_requests"][0]
    described = {**request, "description": f"{error}\n\n{request.get('description', '')}"}
    return {**question, "action_requests": [described], "error": error}
