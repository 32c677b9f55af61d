"""Lists and shows the runs of a home: the bodies of `surefoot runs` and `surefoot show`."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from surefoot.graph.cli import loading
from surefoot.graph.cli.job import Job
from surefoot.graph.cli.lines import call, diff_line, one_line, plan_lines, question_lines, resume_command
from surefoot.graph.standing import CUT_OFF, Standing
from surefoot.graph.store import RunRow, Spent, Store
from surefoot.nodes.budget import LIMITS
from surefoot.nodes.questions import visible
from surefoot.nodes.state import Json
from surefoot.tools.errors import ResumeError

COLUMNS = ("thread", "status", "goal", "spent", "updated")
SHOWN = 2000
"""Characters of a thought, a result or an answer in `show`."""


def runs(workspace: Path | None, as_json: bool) -> int:
    """List all runs, newest first; returns the exit code."""
    job = Job(None, as_json)
    with job.reported():
        settings = loading.read_settings({"workspace": workspace})
        found: list[dict[str, Json]] = []
        if loading.has_runs(settings):
            with closing(loading.look_at_runs(settings)) as store:
                # Before anything is cut or wrapped: half a secret is not found.
                found = job.output.redactor.exact.data(_all_listed(store))
        if as_json:
            for entry in found:
                job.output.tell(entry)
        elif not found:
            job.output.say(f"No runs yet in {loading.place(settings)}.")
        else:
            _table(job, found)
    return job.code


def show(thread: str, workspace: Path | None, as_json: bool) -> int:
    """Show all of a run; returns the exit code."""
    job = Job(thread, as_json)
    with job.reported():
        settings = loading.read_settings({"workspace": workspace})
        if not loading.has_runs(settings):
            raise ResumeError(f"There is no run {thread!r}: {loading.place(settings)} has no runs yet.")
        with closing(loading.look_at_runs(settings)) as store:
            story = job.output.redactor.exact.data(_story(store, loading.looking_door(store).look(thread)))
        job.output.say("\n".join(_lines(story, workspace))) if not as_json else job.output.tell(story)
    return job.code


def _all_listed(store: Store) -> list[dict[str, Json]]:
    """List the runs; an earlier run of a thread has ended, or the thread would not have a newer one."""
    door, rows = loading.looking_door(store), store.runs()
    newest = {row["thread_id"]: row["run_id"] for row in reversed(rows)}.values()
    return [
        _listed(store, row, door.look(row["thread_id"]).status if row["run_id"] in newest else row["status"])
        for row in rows
    ]


def _listed(store: Store, row: RunRow, status: str) -> dict[str, Json]:
    return {
        "type": "run",
        "thread_id": row["thread_id"],
        "run_id": row["run_id"],
        "status": status,
        "goal": row["goal"],
        "model": row["model"],
        "spent": dict(store.spent(row["run_id"])),
        "limits": row["settings"].get("limits", {}),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _table(job: Job, found: list[dict[str, Json]]) -> None:
    rows = [_cells(entry) for entry in found]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*COLUMNS, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    for cells in (COLUMNS, *rows):
        job.output.say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def _cells(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one_line(entry["thread_id"], 40),
        entry["status"],
        one_line(entry["goal"], 60),
        _spent(entry["spent"]),
        _when(entry["updated_at"]),
    )


def _spent(spent: Spent) -> str:
    money = f", ${spent['usd']:.4f}" if spent["usd"] is not None else ""
    return f"{spent['steps']} actions, {spent['tokens']:,} tokens, {spent['seconds']:.1f} s{money}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def _story(store: Store, found: Standing) -> dict[str, Json]:
    """All that is known of a run, as one JSON object."""
    row, events, state = store.run(found.thread_id), store.events(found.run_id), found.state
    assert row is not None
    limits, spent = row["settings"].get("limits", {}), store.spent(found.run_id)
    amounts: dict[str, Any] = dict(spent)
    return {
        **_listed(store, row, found.status),
        "elsewhere": bool(row["settings"].get("elsewhere")),
        "plan": _plan(state, events),
        "revisions": [
            {k: r.get(k) for k in ("diff", "reason", "gives_up", "by", "patch")} for r in state.get("revisions", [])
        ],
        "steps": [_step(e) for e in events if e["type"] in ("thought", "observation", "verdict")],
        "decisions": [e for e in events if e["type"] == "decision"],
        "questions": [{"id": q.id, "value": q.value} for q in found.questions],
        "spending": {n: {"spent": amounts[what], "limit": limits.get(n)} for n, what in LIMITS.items()},
        "errors": [{"at": e["at"], "message": e["message"]} for e in events if e["type"] == "error"],
        "answer": state.get("answer", ""),
        "report": state.get("report", {}),
    }


def _plan(state: Mapping[str, Json], events: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The plan as it stands; subtasks under way are not marked in the state until they end."""
    plan = state.get("plan") or (state.get("proposal") or {}).get("plan") or []
    begun = {e["task_id"] for e in events if e["type"] == "thought"}
    return [{**t, "status": "in_progress"} if t["status"] == "pending" and t["task_id"] in begun else t for t in plan]


def _step(event: Mapping[str, Any]) -> dict[str, Json]:
    common = {key: event[key] for key in ("seq", "at", "task_id")}
    if event["type"] == "thought":
        return {**common, "thought": event["text"]}
    if event["type"] == "verdict":
        return {**common, "diagnosis": event["diagnosis"], "explanation": event["explanation"]}
    action, result = event["action"], event["result"]
    return {
        **common,
        "tool": action["tool"],
        "args": action.get("args", {}),
        "confidence": action.get("confidence"),
        "result": result.get("output"),
        "error": result.get("error"),
        "duration_seconds": result.get("duration_seconds", 0.0),
    }


def _lines(story: Mapping[str, Any], workspace: Path | None) -> Iterator[str]:
    yield f"run: {one_line(story['thread_id'])}"
    yield f"goal: {one_line(story['goal'], SHOWN)}"
    yield f"status: {story['status']}"
    yield f"model: {one_line(story['model'])}"
    yield f"started: {_when(story['created_at'])}, updated: {_when(story['updated_at'])}"
    yield from _section("plan", plan_lines(story["plan"], statuses=True))
    yield from _section("revisions", map(_revision_line, _changes(story["revisions"])))
    yield from _section("steps", (line for step in story["steps"] for line in _step_lines(step)))
    yield from _section("decisions", map(_decision_line, story["decisions"]))
    yield from _section("questions", (f"  {line}" for q in story["questions"] for line in question_lines(q)))
    yield from _section("spending", (_limit_line(n, s) for n, s in story["spending"].items()))
    yield from _section("errors", (f"  {one_line(e['message'], SHOWN)}" for e in story["errors"]))
    yield from _section("answer", (f"  {line}" for line in visible(story["answer"]).splitlines()))
    if story["elsewhere"]:
        yield "its states are kept elsewhere, such as in LangGraph Studio: go on with it there"
    elif story["status"] in ("waiting", CUT_OFF):
        yield f"go on with: {resume_command(story['thread_id'], workspace)}"


def _section(title: str, body: Iterable[str]) -> Iterator[str]:
    lines = list(body)
    if lines:
        yield ""
        yield f"{title}:"
        yield from lines


def _changes(revisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plans that changed something: all but the first, which does where a person had a say in it."""
    return [r for n, r in enumerate(revisions) if n or r["by"] == "person"]


def _revision_line(revision: Mapping[str, Any]) -> str:
    why = "; ".join(one_line(text) for text in (revision["reason"], revision["gives_up"]) if text)
    whose = "a person's plan: " if revision["by"] == "person" else ""
    return f"  {whose}{diff_line(revision)}{f' ({why})' if why else ''}"


def _step_lines(step: Mapping[str, Any]) -> Iterator[str]:
    head = f"  {one_line(step['task_id'], 40)}: "
    if "thought" in step:
        if step["thought"]:
            yield head + one_line(step["thought"], SHOWN)
    elif "diagnosis" in step:
        yield head + f"noticed {step['diagnosis']}: {one_line(step['explanation'], SHOWN)}"
    else:
        yield head + call(step["tool"], step["args"], SHOWN)
        error = step["error"]
        came = f"failed: {error['kind']}: {error['message']}" if error else step["result"]
        yield f"      {'' if error else '-> '}{one_line(came, SHOWN)}"


def _decision_line(decision: Mapping[str, Any]) -> str:
    why = f": {one_line(decision['message'])}" if decision.get("message") else ""
    return f"  {decision['answer']} {call(decision['asked'], decision['args'])}{why}"


def _limit_line(name: str, spending: Mapping[str, Any]) -> str:
    spent, limit = spending["spent"], spending["limit"]
    if spent is None and limit is None:
        return f"  {name}: price not known, no limit"
    shown = "price not known" if spent is None else f"{spent:,.10g}" if isinstance(spent, int) else f"{spent:,.4g}"
    return f"  {name}: {shown} of {'no limit' if limit is None else f'{limit:,.10g}'}"
