"""A plan as a person changes it at a terminal: in their editor, or in a few typed words. Either becomes a patch."""

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from surefoot.graph.cli.lines import one_line
from surefoot.graph.settings import editor
from surefoot.graph.standing import Question
from surefoot.nodes.answers import parse_answer
from surefoot.nodes.state import Json, SubTask, SubTaskStatus
from surefoot.tools.errors import ResumeError

__all__ = ["PLANS", "Sheet", "read_data", "typed_patch"]

PLANS = ("approve_plan", "approve_replan")

_HEAD = """\
# Change, add and remove subtasks, then save and close. A file without a change, or an empty one, changes nothing.
# reason: why you change it, for the report.
"""
_ID = r'"[^"]+"|[^\s:;,"]+'
_LIST = rf"(?:{_ID})(?:\s*,\s*(?:{_ID}))*"
_STEP = re.compile(
    rf"(?P<op>add|change|remove)\s+(?P<id>{_ID})"
    rf"(?:\s+after\s+(?P<after>{_LIST}))?(?:\s+with\s+(?P<tools>{_LIST}))?(?:\s*:\s*(?P<does>.+))?",
    re.DOTALL | re.IGNORECASE,
)
_NEXT = re.compile(r"[;\n]\s*(?=(?:add|change|remove)\s)", re.IGNORECASE)
_FORMS = 'such as: remove b; change c after a: other words; add d after "a b", c with read_file: what to do'


class _Plain(yaml.SafeLoader):
    """Reads what JSON has and nothing else: a date stays text, and so do yes, no, on and off."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith((":timestamp", ":bool"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


class Sheet:
    """What is still to do of a plan that is asked about, as a text to be changed; what was written on it stays on it."""

    def __init__(self, question: Question) -> None:
        self._question = question
        tasks = [SubTask.model_validate(task) for task in question.args["plan"]]
        self._done = [task for task in tasks if task.status == SubTaskStatus.COMPLETED]
        self._text = self._blank = _written([task for task in tasks if task not in self._done], self._done)

    def edit(self) -> Json:
        """Open it in the person's editor; the answer their change makes, with a patch.

        Raises:
            ResumeError: there is no editor, nothing was changed, or the change cannot be read or followed.
        """
        self._text = _edited(self._text)
        if self._text == self._blank or not self._text.strip():
            self._text = self._blank
            raise ResumeError("Nothing was changed: approve the plan, or modify it again.")
        data = read_data(self._text, "The plan")
        data = {"subtasks": data} if isinstance(data, list) else data
        tasks = data.get("subtasks")
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise ResumeError("The plan needs subtasks, each with a task_id and a description.")
        done = [{"task_id": task.task_id, "description": task.description} for task in self._done]
        whole = {"type": "modify", "plan": [*done, *map(_plain, tasks)]}
        patch = parse_answer(whole, self._question.value).patch
        if not patch:
            raise ResumeError("Nothing was changed: approve the plan, or modify it again.")
        return {"type": "modify", "patch": patch, "message": str(data.get("reason") or "")}


def typed_patch(text: str) -> Json | None:
    """Read a change typed in words, steps parted by `;` or lines; None = it is none.

    `add ID [after ID, ...] [with TOOL, ...]: WHAT TO DO`, `change ID ...` likewise, `remove ID`; `after nothing` takes
    all dependencies away; names with spaces go in double quotes.

    Raises:
        ResumeError: it begins like one, but cannot be read.
    """
    if not re.match(r"(?:add|change|remove)\s", text.strip(), re.IGNORECASE):
        return None
    return [_step(part.strip()) for part in _NEXT.split(text.strip())]


def read_data(text: str, what: str) -> Any:
    """Read a file's or a prompt's text: JSON, YAML, or a change in words.

    Raises:
        ResumeError: it is none of these.
    """
    if (patch := typed_patch(text)) is not None:
        return patch
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = _yaml(text, what)
    if not isinstance(data, dict | list):
        raise ResumeError(f"{what} is not JSON or YAML of a plan, a change or arguments.")
    return data


def _yaml(text: str, what: str) -> Any:
    try:
        return yaml.load(text, _Plain)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        why = f"line {mark.line + 1}: {getattr(error, 'problem', '')}" if mark else one_line(str(error))
        raise ResumeError(f"{what} is not JSON or YAML: {why}.") from None


def _step(text: str) -> dict[str, Json]:
    found = _STEP.fullmatch(text)
    if not found:
        raise ResumeError(f"This change cannot be read: {one_line(text, 60)}; type it {_FORMS}.")
    step: dict[str, Json] = {"op": found["op"].lower(), "task_id": found["id"].strip('"')}
    if found["after"]:
        step["dependencies"] = [] if found["after"].lower() == "nothing" else _names(found["after"])
    if found["tools"]:
        step["tools"] = _names(found["tools"])
    if found["does"]:
        step["description"] = found["does"].strip()
    return step


def _names(text: str) -> list[str]:
    return [name.strip('"') for name in re.findall(_ID, text)]


def _written(todo: list[SubTask], done: list[SubTask]) -> str:
    lines = ["# Done, and kept as it is:", *(f"#   {one_line(t.task_id, 60)}: {one_line(t.description)}" for t in done)]
    tasks = [t.model_dump(mode="json", exclude={"status", "result", "attempts"}, exclude_defaults=True) for t in todo]
    body = yaml.safe_dump({"reason": "", "subtasks": tasks}, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + "".join(f"{line}\n" for line in (lines if done else ())) + body


def _plain(task: Mapping[str, Any]) -> dict[str, Any]:
    """A subtask as it was meant: `task_id: 1`, `dependencies: a` and an empty field are what people write."""
    plain = {key: value for key, value in task.items() if value is not None}
    plain |= {key: str(plain[key]) for key in ("task_id", "description", "acceptance") if key in plain}
    for key in {"dependencies", "tools"} & plain.keys():
        named = plain[key] if isinstance(plain[key], list) else [plain[key]]
        plain[key] = [str(name) for name in named]
    return plain


def _edited(text: str) -> str:
    with tempfile.TemporaryDirectory(prefix="surefoot-") as folder:
        file = Path(folder) / "plan.yaml"
        file.write_text(text, encoding="utf-8")
        command = editor()
        try:
            code = subprocess.call([*shlex.split(command), str(file)])
        except (OSError, ValueError):
            raise ResumeError(
                f"The editor {command!r} cannot be started: set EDITOR, or type the change, {_FORMS}."
            ) from None
        if code:
            raise ResumeError(f"The editor {command!r} ended with an error ({code}), so nothing was changed.")
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ResumeError("What the editor left behind cannot be read, so nothing was changed.") from None
