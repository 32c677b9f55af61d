"""Writes the events of a run as plain lines for a person."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from surefoot.nodes.checks import finding, told
from surefoot.nodes.questions import visible
from surefoot.nodes.state import Check, CheckResult, Json, result_text

Event = Mapping[str, Any]

WIDTH = 160
"""Characters of a thought, an argument list or an observation that are shown."""


def lines(event: Event) -> Iterator[str]:
    """Write one event; an unknown type gives no line."""
    writer = _WRITERS.get(event["type"])
    return writer(event) if writer else iter(())


def one_line(value: Json, most: int = WIDTH) -> str:
    """Write a value on one line, with what would act on a terminal made visible, cut to `most` characters."""
    line = " ".join(visible(result_text(value)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def call(tool: str, args: Mapping[str, Json], most: int = WIDTH) -> str:
    """Write a tool call as `tool(name=value, ...)`."""
    inside = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in args.items())
    return one_line(f"{tool}({inside})", most)


def resume_command(thread_id: str, workspace: Path | None = None) -> str:
    """The command that goes on with a run, as it is typed in a shell; `workspace` as it was given, None = here."""
    place = f" --workspace {shlex.quote(visible(str(workspace)))}" if workspace else ""
    return f"surefoot resume {shlex.quote(visible(thread_id))}{place}"


def plan_lines(plan: list[dict[str, Any]], *, statuses: bool = False) -> Iterator[str]:
    """Write a plan, a subtask a line."""
    for task in plan:
        after = f" (after {one_line(', '.join(task['dependencies']))})" if task.get("dependencies") else ""
        status = f"[{task.get('status', 'pending')}] " if statuses else ""
        yield f"  {status}{one_line(task['task_id'], 40)}: {one_line(task['description'])}{after}"
        for check in task.get("checks") or ():
            yield f"      check: {one_line(told(Check.model_validate(check)))}"
        if statuses and task.get("result"):
            yield f"      {one_line(task['result'])}"


def diff_line(revision: Event) -> str:
    """Write what a revision changes on one line."""
    diff = revision.get("diff") or {}
    parts = [f"{what} {', '.join(diff[what])}" for what in ("added", "removed", "modified", "kept") if diff.get(what)]
    return one_line("; ".join(parts) or "nothing changes")


def asked(value: Json, most: int = WIDTH) -> str:
    """Write what a question is about on one line."""
    if not isinstance(value, dict) or "action_requests" not in value:
        return one_line(value, most)  # a tool's own
    request = value["action_requests"][0]
    said = request["args"].get("question") if request["name"] == "ask_human" else None
    return one_line(said, most) if said else call(request["name"], request["args"], most)


def question_lines(event: Event) -> Iterator[str]:
    """Write a question: what is asked, by which id, and why."""
    request = event["value"]["action_requests"][0]
    # A plan stands in the description, line by line.
    told = request["name"] if "plan" in request["args"] else call(request["name"], request["args"], 600)
    yield f"question {event['id']}: {one_line(told, 700)}"
    for line in str(request.get("description", "")).splitlines():
        yield f"    {visible(line)}"


def _started(event: Event) -> Iterator[str]:
    yield f"goal: {one_line(event['goal'], 600)}"


def _plan(event: Event) -> Iterator[str]:
    yield f"plan: {len(event['plan'])} subtask{'s' * (len(event['plan']) != 1)}"
    yield from plan_lines(event["plan"])


def _revision(event: Event) -> Iterator[str]:
    refused = f"; refused: {event['refused']}" if event.get("refused") else ""
    yield f"new plan: {diff_line(event)}{one_line(refused)}"
    for check in event.get("dropped") or ():
        yield f"  check gone or changed: {one_line(check)}"
    yield from plan_lines([t for t in event["plan"] if t.get("status") != "completed"])


def _no_revision(event: Event) -> Iterator[str]:
    yield f"no new plan: {one_line(event['why'], 300)}"


def _edited(event: Event) -> Iterator[str]:
    why = f"; why: {event['reason']}" if event.get("reason") else ""
    yield f"a person's plan: {diff_line(event)}{one_line(why)}"
    yield from plan_lines([t for t in event["plan"] if t.get("status") != "completed"])


def _subtask(event: Event) -> Iterator[str]:
    said = "started" if event["status"] == "in_progress" else f"{event['status']}: {event['result']}"
    yield f"{one_line(event['task_id'], 40)}: {one_line(said)}"


def _thought(event: Event) -> Iterator[str]:
    if event.get("text"):
        yield f"{one_line(event['task_id'], 40)}: {one_line(event['text'])}"


def _action(event: Event) -> Iterator[str]:
    for action in event["actions"]:
        yield f"{one_line(event['task_id'], 40)}: {call(action['tool'], action.get('args', {}))}"


def _observation(event: Event) -> Iterator[str]:
    error = event["result"].get("error")
    came = f"{error['kind']}: {error['message']}" if error else event["result"].get("output")
    tool = f"{one_line(event['task_id'], 40)}: {one_line(event['action']['tool'], 60)}"
    yield f"    {tool} {'failed: ' if error else '-> '}{one_line(came)}"


def _checks(event: Event) -> Iterator[str]:
    for result in map(CheckResult.model_validate, event["results"]):
        yield f"{one_line(event['task_id'], 40)}: check {result.outcome}: {one_line(finding(result))}"


def _checks_left_out(event: Event) -> Iterator[str]:
    for why in event["why"]:
        yield f"check left out: {one_line(why, 300)}"


def _verdict(event: Event) -> Iterator[str]:
    yield f"{one_line(event['task_id'], 40)}: noticed {event['diagnosis']}: {one_line(event['explanation'])}"


def _waits(event: Event) -> Iterator[str]:
    yield f"{one_line(event['task_id'], 40)}: waits for a person: {asked(event['value'])}"


def _decision(event: Event) -> Iterator[str]:
    why = f": {event['message']}" if event.get("message") else ""
    about = event["asked"] if "plan" in event["args"] else call(event["asked"], event["args"])
    yield f"decision: {one_line(event['answer'], 40)} {one_line(about)}{one_line(why)}"
    if (new := event.get("instead")) is not None:
        old = event["args"]
        for name in (n for n in {**old, **new} if (n in old, old.get(n)) != (n in new, new.get(n))):
            yield f"    {one_line(name, 40)}: {_side(old, name)} -> {_side(new, name)}"


def _side(args: Mapping[str, Json], name: str) -> str:
    return one_line(json.dumps(args[name], ensure_ascii=False), 60) if name in args else "nothing"


def _budget(event: Event) -> Iterator[str]:
    yield f"budget {event['status']}: {event['text']}"


def _limits(event: Event) -> Iterator[str]:
    yield "limits: " + ", ".join(f"{k}={v:g}" for k, v in event["limits"].items() if v is not None)


def _question(event: Event) -> Iterator[str]:
    yield from question_lines(event)
    allowed = event["value"]["review_configs"][0]["allowed_decisions"]
    ways = {"approve": "--approve", "edit": "--modify FILE", "reject": "--reject WHY", "respond": "--answer TEXT"}
    choices = " | ".join([*(ways[a] for a in allowed if a in ways), "--abort"])
    command = resume_command(event["thread_id"], event.get("workspace"))
    yield f"    answer with: {command} --interrupt {event['id']} ({choices})"


def _page(event: Event) -> Iterator[str]:
    yield f"page: {event['address']} (whoever has this address can answer its questions)"


def _result(event: Event) -> Iterator[str]:
    if event["status"] == "waiting":
        yield f"waiting for a person: {len(event['interrupts'])} open"
        return
    summary = str(event["report"].get("summary", ""))
    answer = str(event["answer"])
    for text in (answer,) if answer.startswith(summary) else (answer, summary):
        if text:
            yield ""
            yield from visible(text).splitlines()


_WRITERS: dict[str, Callable[[Event], Iterator[str]]] = {
    "started": _started,
    "plan": _plan,
    "revision": _revision,
    "no_revision": _no_revision,
    "edited": _edited,
    "subtask": _subtask,
    "thought": _thought,
    "action": _action,
    "observation": _observation,
    "checks": _checks,
    "checks_left_out": _checks_left_out,
    "verdict": _verdict,
    "waits": _waits,
    "decision": _decision,
    "budget": _budget,
    "limits": _limits,
    "question": _question,
    "page": _page,
    "result": _result,
}
