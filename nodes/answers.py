"""Reads a person's answer to a question, whatever form it comes in."""

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from surefoot.nodes import dag, plan_patch
from surefoot.nodes.state import Action, Decision, Json, SubTask
from surefoot.tools.errors import PlanError, ResumeError

__all__ = ["BadAnswer", "parse_answer", "retargeted"]

_TYPES = {
    "approve": "approve",
    "accept": "approve",
    "edit": "modify",
    "modify": "modify",
    "reject": "reject",
    "ignore": "reject",
    "respond": "respond",
    "response": "respond",
    "abort": "abort",
}
_WORDS = {
    **dict.fromkeys(("yes", "y", "true", "ok", "okay", "approve", "approved", "accept", "go"), "approve"),
    **dict.fromkeys(("no", "n", "false", "reject", "rejected", "deny", "denied"), "reject"),
    **dict.fromkeys(("abort", "stop", "cancel", "quit"), "abort"),
}
_ALLOWED_AS = {"approve": "approve", "modify": "edit", "reject": "reject", "respond": "respond"}
_PLANS = ("approve_plan", "approve_replan")
_PLAN = TypeAdapter(list[SubTask])


class BadAnswer(ResumeError):
    """An answer that cannot be read as a decision on this question; says what would be."""


def parse_answer(answer: Json, question: Mapping[str, Any]) -> Decision:
    """Read an answer as the decision on a question, see `HumanCheckpoint.parse`.

    Raises:
        BadAnswer: it is no decision, not allowed here, or meant for another question.
    """
    allowed = tuple(question["review_configs"][0]["allowed_decisions"])
    if isinstance(answer, bool):
        answer = "yes" if answer else "no"
    if isinstance(answer, str):
        return _from_text(answer.strip(), question, allowed)
    entry, digests = _unwrap(answer)
    if any(given != question["digest"] for given in digests):
        raise BadAnswer("This answer belongs to another question: its digest is not the one asked about.")
    kind = _type(entry)
    if kind is None:
        raise BadAnswer(f"Answer with a type: {_choices(allowed)}.")
    if kind != "abort" and _ALLOWED_AS[kind] not in allowed:
        raise BadAnswer(f"{kind!r} cannot be answered here: use {_choices(allowed)}.")
    return _decision(kind, entry, question)


def retargeted(decision: Decision, question: Mapping[str, Any]) -> bool:
    """Say whether an edit names another tool than was asked about: it must be evaluated anew before it runs."""
    return decision.action is not None and decision.action.tool != question["action_requests"][0]["name"]


def _from_text(text: str, question: Mapping[str, Any], allowed: tuple[str, ...]) -> Decision:
    if not text:
        raise BadAnswer(f"The answer is empty: use {_choices(allowed)}.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict | list) and _is_decision(data):
        return parse_answer(data, question)
    word = _WORDS.get(text.strip(" .!\"'").lower())
    # Where only words are asked for, "stop" is one of them; "abort" alone always ends the run.
    if word == "abort" and (text.lower() == "abort" or "approve" in allowed):
        return Decision(type="abort")
    if word in allowed:
        return _decision(word, {}, question)
    if "respond" in allowed:
        return Decision(type="respond", message=text)
    raise BadAnswer(f"The answer cannot be read: use {_choices(allowed)}.")


def _choices(allowed: tuple[str, ...]) -> str:
    return ", ".join((*allowed, "abort"))


def _unwrap(answer: Json) -> tuple[dict[str, Any], list[str]]:
    """Find the one decision in an answer, and the digests it came with."""
    digests = []
    if isinstance(answer, dict):
        digests.append(answer.get("digest"))
        answer = answer.get("decisions", answer)
    if isinstance(answer, list):
        if len(answer) != 1:
            raise BadAnswer(f"One decision is wanted, not {len(answer)}.")
        answer = answer[0]
    if not isinstance(answer, dict):
        raise BadAnswer('The answer cannot be read: use yes, no, abort, or an object such as {"type": "approve"}.')
    return answer, [d for d in (*digests, answer.get("digest")) if d is not None]


def _is_decision(data: Json) -> bool:
    try:
        return _type(_unwrap(data)[0]) is not None
    except BadAnswer:
        return isinstance(data, dict) and "decisions" in data


def _type(entry: Mapping[str, Any]) -> str | None:
    return _TYPES.get(str(entry.get("type", "")).strip().lower())


def _decision(kind: str, entry: Mapping[str, Any], question: Mapping[str, Any]) -> Decision:
    scope = entry.get("scope") or "once"
    if scope not in ("once", "run"):
        raise BadAnswer(f"scope must be once or run, not {scope!r}.")
    args = entry.get("args")
    message = entry.get("message") or (args if isinstance(args, str) else "")
    if not isinstance(message, str):
        raise BadAnswer("message must be text.")
    if kind == "respond" and not message.strip():
        raise BadAnswer("A response needs a message.")
    found: dict[str, Any] = {"type": kind, "message": message, "scope": scope}
    name, asked = question["action_requests"][0]["name"], question["action_requests"][0]["args"]
    if name == "raise_budget" and kind in ("approve", "modify"):
        found["limits"] = _limits(entry, asked)
    elif kind == "modify" and name in _PLANS:
        found |= _changed_plan(entry, asked)
    elif kind == "modify":
        found["action"] = _action(entry, name)
        if found["action"].tool != name and not message:
            found["message"] = f"Another tool than asked: {found['action'].tool} instead of {name}."
    return Decision(**found)


def _edited(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Find what an edit puts in place: `edited_action`, `action`, the old form inside `args`, or plain `args`."""
    inner = entry.get("args")
    old = inner if isinstance(inner, dict) and set(inner) == {"action", "args"} else None
    for edit in (entry.get("edited_action"), entry.get("action"), old):
        if isinstance(edit, dict):
            return edit
    return {"args": inner}


def _action(entry: Mapping[str, Any], asked_tool: str) -> Action:
    edit = _edited(entry)
    tool, args = edit.get("tool") or edit.get("name") or edit.get("action") or asked_tool, edit.get("args")
    if not isinstance(tool, str) or not isinstance(args, dict):
        raise BadAnswer('An edit needs the new arguments: {"type": "modify", "args": {...}}.')
    try:
        plain = json.loads(json.dumps(args, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadAnswer(f"The new arguments are not plain JSON: {error}.") from error
    return Action(tool=tool, args=plain)


def _changed_plan(entry: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The plan a person wants and how it differs from the one asked about: they send either, both come of it."""
    args = _edited(entry).get("args")
    inside = args if isinstance(args, dict) else {}
    base = [SubTask.model_validate(task) for task in asked.get("plan") or ()]
    given = next((p for p in (entry.get("patch"), inside.get("patch")) if p is not None), None)
    try:
        patch = _whole(entry, inside, base) if given is None else _patch(given)
        plan = plan_patch.patched(base, patch)
        dag.execution_order(plan)
    except PlanError as error:
        raise BadAnswer(f"This plan cannot be followed: {error}") from None
    leaves_out = inside.get("gives_up")
    return {
        "plan": plan,
        "patch": plan_patch.dumped(patch),
        "gives_up": leaves_out if isinstance(leaves_out, str) else None,
    }


def _whole(entry: Mapping[str, Any], inside: Mapping[str, Any], base: list[SubTask]) -> plan_patch.PlanPatch:
    plan = next((p for p in (entry.get("plan"), inside.get("plan"), inside.get("subtasks")) if p is not None), None)
    if not isinstance(plan, list) or not plan:
        raise BadAnswer(
            'A changed plan needs its subtasks, {"type": "modify", "plan": [{"task_id", "description"}, ...]}, or what '
            'changes: {"type": "modify", "patch": [{"op": "add" | "change" | "remove", "task_id", ...}, ...]}.'
        )
    tasks = _read(_PLAN, plan, "A subtask of the changed plan")
    dag.execution_order(tasks)
    return plan_patch.between(base, tasks)


def _patch(given: Json) -> plan_patch.PlanPatch:
    if not given:
        raise BadAnswer("This change is empty: say what to add, change or remove, or approve the plan as it is.")
    patch: plan_patch.PlanPatch = _read(plan_patch.PATCH, given, "The change")
    return patch


def _read(kind: TypeAdapter[Any], data: Json, what: str) -> Any:
    try:
        return kind.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise BadAnswer(f"{what} cannot be read: {where}: {first['msg'].rstrip('.')}.") from error


def _limits(entry: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, float]:
    given = entry.get("limits") or _edited(entry).get("args")
    if given is not None and not isinstance(given, dict):
        raise BadAnswer('limits must be an object such as {"max_tokens": 100000}.')
    limits = given or {name: value for name, value in asked.items() if name.startswith("max_")}
    for name, value in limits.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value < 0:
            raise BadAnswer(f"The new limit {name} must be a number, not {value!r}.")
    return dict(limits)
