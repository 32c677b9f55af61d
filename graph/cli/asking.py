"""Turns what a person types, as options or at a prompt, into an answer to a question."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from surefoot.graph.cli.editing import PLANS, Sheet, read_data, typed_patch
from surefoot.graph.standing import Question
from surefoot.nodes.answers import parse_answer
from surefoot.nodes.state import Json
from surefoot.tools.errors import ResumeError

_SHORT = {"y": "approve", "yes": "approve", "a": "approve", "n": "reject", "no": "reject", "r": "reject"}
_SHORT |= {"m": "modify", "edit": "modify"}


def from_options(reply: Mapping[str, Any], question: Question | None) -> Json:
    """Read the answer out of the options of `resume`: at most one of approve, modify, reject, abort, answer.

    Raises:
        ResumeError: the file of --modify cannot be read.
    """
    (option, value), *_ = reply.items()
    if option == "modify":
        return modification(_read(value), question)
    if option == "answer":
        return _json_or_text(value)
    return {"type": option, **({"message": value} if isinstance(value, str) else {})}


def modification(data: Json, question: Question | None) -> Json:
    """Make an answer of what a person wants instead: a whole decision, a plan, what to change in it, or the arguments of
    an action.
    """
    if isinstance(data, dict) and ("decisions" in data or data.get("type") in ("modify", "edit")):
        return data
    if isinstance(data, list):
        is_patch = any(isinstance(step, dict) and "op" in step for step in data)
        return {"type": "modify", "patch" if is_patch else "plan": data}
    if question and question.name in PLANS and isinstance(data, dict):
        kind, given = ("patch", data["patch"]) if "patch" in data else ("plan", data.get("plan", data.get("subtasks")))
        return {"type": "modify", kind: given, "message": str(data.get("reason") or data.get("message") or "")}
    return {"type": "modify", "args": data}


def ask(
    question: Question,
    say: Callable[[str], None],
    read: Callable[[str], str] = input,
    *,
    sheets: dict[str, Sheet] | None = None,
) -> Json:
    """Ask at the terminal until the answer can be read; None = the person left.

    `sheets`: what the person wrote on a plan, by the question's digest, so that it is still there when it asks again.
    """
    prompt = f"{_choices(question)} > "
    sheets = {} if sheets is None else sheets
    if question.name in PLANS:
        sheets.setdefault(question.value["digest"], Sheet(question))
    while True:
        try:
            answer = _typed(read(prompt).strip(), question, sheets.get(question.value["digest"]))
            parse_answer(answer, question.value)
        except EOFError:
            say("")
            return None
        except ResumeError as wrong:
            say(str(wrong))
        else:
            return answer


def _choices(question: Question) -> str:
    trust = " [run]" if question.value.get("reason") in ("undeclared", "tainted", "exposing") else ""
    forms = {
        "approve": f"approve{trust}",
        "edit": "modify [CHANGE-or-FILE]" if question.name in PLANS else "modify JSON-or-FILE",
        "reject": "reject WHY",
        "respond": "respond TEXT",
    }
    return " | ".join([*(forms[a] for a in question.allowed if a in forms), "abort"])


def _typed(text: str, question: Question, sheet: Sheet | None) -> Json:
    word, _, rest = text.partition(" ")
    kind, rest = _SHORT.get(word.lower(), word.lower()), rest.strip()
    if kind == "respond" and rest:
        return {"type": "respond", "message": rest}
    if question.allowed == ("respond",):
        return text
    if kind == "approve" and rest == "run":
        return {"type": "approve", "scope": "run"}
    if kind == "modify" and sheet and not rest:
        return sheet.edit()
    if kind == "modify":
        return modification(_inline(rest), question)
    if kind in ("reject", "abort"):
        return {"type": kind, "message": rest}
    return text


def _inline(text: str) -> Json:
    if (patch := typed_patch(text)) is not None:
        return patch
    return read_data(text, "What you typed") if text.startswith(("{", "[")) else _read(Path(text))


def _read(path: Path) -> Json:
    """Read a file, or with `-` what is piped in."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ResumeError(f"{path} cannot be read ({str(why).lower()}): name a file with JSON or YAML.") from None
    return read_data(text, str(path))


def _json_or_text(text: str) -> Json:
    """Numbers stay text: they answer a question asked in words."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(data, int | float) and not isinstance(data, bool) else data
