"""Accepts a worker's report, or sends it back: code decides whether a subtask's checks are met, not the model's word.

A check looks through a read-only tool, by the same executor as any action: journalled, so that a resume finds what was
found, with the tool's deadline, its secrets taken out. It costs no step and no token and does not wait for the budget:
what is done must not count as undone for want of a look.

What cannot be looked at is no pass. A look that was late is taken once more. Nobody is asked about a check in mid-run:
the report goes back with what was found, and where that does not help the attempt fails and the replanner is told,
with the report, so that nothing is lost.
"""

from collections.abc import Sequence
from typing import Protocol

from surefoot.nodes import prompts
from surefoot.nodes.attempt import end
from surefoot.nodes.checks import LONGEST_SUBJECT, finding, judge
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.events import Tested
from surefoot.nodes.exposure import is_exposing
from surefoot.nodes.jsontext import parse
from surefoot.nodes.run import Run, tell
from surefoot.nodes.shown import unshown
from surefoot.nodes.state import Action, Check, CheckResult, Json, ReactState, ReactStep, StepResult, SubTask, digest
from surefoot.nodes.turn import action_name
from surefoot.tools.errors import ToolError
from surefoot.tools.toolbox import Toolbox

__all__ = ["RETURNS", "settled"]

RETURNS = 2
"""So often a report whose checks are not met goes back to the worker, then the attempt fails."""
_REPORT_KEPT = 1500
"""Characters of a report that was not accepted, for the replanner."""


class Looker(Protocol):
    """What runs the tools that checks look through; `StepExecutor` does."""

    @property
    def toolbox(self) -> Toolbox: ...

    def perform_batch(
        self, actions: Sequence[Action], run: Run, *, beside_others: bool = False
    ) -> Core[list[StepResult]]: ...


def settled(state: ReactState, looker: Looker, run: Run, *, last_turn: bool) -> Core[ReactState]:
    """Take the report as the answer where all checks are met; else send it back, or end the attempt."""
    subtask, report = SubTask.model_validate(state["subtask"]), str(state["report"])
    results = yield from _results(subtask.checks, report, state, looker, run)
    dumped = [result.model_dump(mode="json") for result in results]
    if results:
        turn, attempt = state.get("turn", 0), subtask.attempts
        event = Tested(type="checks", task_id=subtask.task_id, attempt=attempt, turn=turn, results=dumped)
        yield tell(run, event)
    unmet = [result for result in results if result.outcome != "passed"]
    kept: dict[str, Json] = {"checks": dumped} if dumped else {}
    if not unmet:
        if flagged := (yield Blocking(unshown, (report, state, run))):
            kept["unshown"] = flagged
        return {"report": None, "outcome": {"answer": report, "ended": "answer", **kept}}
    if last_turn or sum("unmet" in step for step in state.get("log", [])) >= RETURNS:
        ended = end("checks", _reason(unmet, report), report=None)
        return {**ended, "outcome": {**(ended["outcome"] or {}), **kept}}
    step = ReactStep(thought=report, unmet=unmet, turn=state.get("turn", 0))
    return {"report": None, "log": [step.model_dump(mode="json", exclude_defaults=True)]}


def _reason(unmet: Sequence[CheckResult], report: str) -> str:
    lines = "; ".join(finding(result) for result in unmet)
    return f"Its checks were not met: {lines}. Its report was: {prompts.clip(report, _REPORT_KEPT)}"


def _results(
    checks: Sequence[Check], report: str, state: ReactState, looker: Looker, run: Run
) -> Core[list[CheckResult]]:
    """Judge all checks; those that look through the same call share it."""
    barred = {check.model_dump_json(): why for check in checks if (why := _barred(check, state, looker.toolbox))}
    looks = {_look(check): check for check in checks if check.tool and check.model_dump_json() not in barred}
    seen = yield from _seen(looks, state, looker, run)
    results: list[CheckResult] = []
    for check in checks:
        if why := barred.get(check.model_dump_json(), ""):
            results.append(CheckResult(check=check, outcome="error", found=why))
        elif check.tool:
            results.append((yield from _judged(check, seen[_look(check)], run)))
        else:
            results.append((yield Blocking(judge, (check, report))))
    return results


def _seen(looks: dict[str, Check], state: ReactState, looker: Looker, run: Run) -> Core[dict[str, StepResult]]:
    seen: dict[str, StepResult] = {}
    for go in ("check", "check again"):
        names = [name for name in looks if name not in seen or _is_late(seen[name])]
        actions = [_action(looks[name], name, f"{state.get('turn', 0)}.{go}", state) for name in names]
        found = (yield from looker.perform_batch(actions, run, beside_others=True)) if actions else []
        seen |= zip(names, found, strict=True)
    return seen


def _look(check: Check) -> str:
    return digest([check.tool, check.args])


def _is_late(result: StepResult) -> bool:
    return result.error is not None and result.error.kind == "timeout"


def _action(check: Check, name: str, what: str, state: ReactState) -> Action:
    return Action(tool=check.tool, args=check.args, action_id=action_name(state, what, name))


def _barred(check: Check, state: ReactState, toolbox: Toolbox) -> str:
    """Why a check is not looked at: plans are vetted, but tools may have changed since, and strangers had a say."""
    if not check.tool:
        return ""
    if toolbox.effect(check.tool).effect != "read_only":
        return f"There is no read-only tool {check.tool}."
    if is_exposing(state, {"tool": check.tool, "args": check.args}, toolbox):
        return "Its address was made up after text from outside was read, so it could carry data to a stranger."
    return ""


def _judged(check: Check, seen: StepResult, run: Run) -> Core[CheckResult]:
    result = yield from _compared(check, seen, run)
    if result.found and seen.outside:
        return result.model_copy(update={"found": f"something else, which is text from outside ({seen.outside})"})
    return result


def _compared(check: Check, seen: StepResult, run: Run) -> Core[CheckResult]:
    if seen.error:
        # A missing file is an exception like a broken tool: it shows nothing, so it cannot show an absence.
        showing = seen.error.kind == "exception" and check.expect not in ("absent", "lacks")
        why = f"the call failed: {prompts.clip(seen.error.message, 300)}"
        return CheckResult(check=check, outcome="failed" if showing else "error", found=why)
    subject = seen.output
    if seen.total_chars is not None:
        subject = yield Blocking(_whole, (seen, run))
        if check.path and isinstance(subject, str):
            subject = parse(subject)
        if subject is None:
            return CheckResult(check=check, outcome="error", found="Its result is too long: look at less of it.")
    result: CheckResult = yield Blocking(judge, (check, subject))
    return result


def _whole(seen: StepResult, run: Run) -> str | None:
    """A result of which only the beginning is at hand; None = the rest is not kept."""
    try:
        return run.read_output(seen.artifact, 0, LONGEST_SUBJECT + 1) if seen.artifact else None
    except ToolError:
        return None
