"""Ends a run: the answer for the person, and the report of what was done, what is left, and on what evidence."""

from collections.abc import Sequence
from textwrap import shorten

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from surefoot.nodes import dag, prompts, rules
from surefoot.nodes.calibration import pairs, reliability
from surefoot.nodes.drift import judged
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.events import Finished
from surefoot.nodes.findings import findings
from surefoot.nodes.ladder import RungUse, climbed
from surefoot.nodes.run import BudgetExceeded, Run, tell
from surefoot.nodes.state import AgentState, Json, SubTask, SubTaskStatus, Usage
from surefoot.nodes.structured import ModelCaller
from surefoot.tools.errors import ModelError

MERGED_CHARS = 4000
"""Reports longer than this together are put one after another: writing them out again costs more than it gives."""


class Finisher:
    """Writes the answer and the report.

    The answer is the last subtask's result where one subtask ends the plan. Several short ones are merged by a model
    call, which may use the share of the budget kept back for it. The summary is written by code, so there always is one.
    """

    def __init__(self, model: BaseChatModel | ModelCaller) -> None:
        self._caller = ModelCaller.of(model)

    def finish(self, state: AgentState, run: Run) -> Core[AgentState]:
        """Node `finish`."""
        plan = [SubTask.model_validate(t) for t in state.get("plan", [])]
        answer = yield from self._answer(state, plan, run)
        usage = run.usage()
        log = yield Blocking(run.events)
        drift = judged(log)
        ladder = climbed([*log, {"type": "finished", "status": state["status"]}])
        summary = summarise(state, plan, usage)
        if tried := [_rung(use) for use in ladder if use.rung != "stop"]:
            summary += f"\nAgainst trouble: {'; '.join(tried)}."
        if drift.unjudged:
            summary += f"\nDrift was not judged {drift.unjudged} of {drift.asked} times. {drift.why}"
        if usage.usd is None and "max_usd" in run.limits():
            summary += "\nThe price of some tokens is not known, so max_usd did not hold; the other limits did."
        report: dict[str, Json] = {
            "summary": summary,
            "done": [_done(t) for t in plan if t.status == SubTaskStatus.COMPLETED],
            "left": _left(state, plan),
            "evidence": state.get("evidence", {}),
            "checks": state.get("checks", {}),
            "unshown": state.get("unshown", {}),
            "usage": usage.model_dump(mode="json"),
            "checkpoints": state.get("decisions", []),
            "revisions": state.get("revisions", []),
        }
        answer = answer or _in_hand(summary, state, plan)
        finished = Finished(type="finished", status=state["status"], summary=summary, answer=answer)
        report["drift"] = drift.model_dump(mode="json")
        report["calibration"] = reliability(pairs([*log, finished])).model_dump(mode="json")
        report["ladder"] = [use.model_dump(mode="json") for use in ladder]
        report["blames"] = [e for e in log if e["type"] == "blame"]
        yield tell(run, finished)
        return {"answer": answer, "report": report, "usage": report["usage"]}

    def _answer(self, state: AgentState, plan: Sequence[SubTask], run: Run) -> Core[str]:
        reports = [t for t in dag.leaves(plan) if t.status == SubTaskStatus.COMPLETED]
        if len(reports) == 1 and state["status"] == "done":
            return reports[0].result or ""
        if state["status"] != "done" or not reports:
            return ""
        if sum(len(t.result or "") for t in reports) > MERGED_CHARS:
            return _joined(reports)
        request = [
            SystemMessage(rules.FINISH_RULES),
            HumanMessage(prompts.finish_request(goal=state["goal"], reports=reports, taint=state.get("taint", {}))),
        ]
        info = {"goal": state["goal"], "plan": state["plan"], "why": state["status"]}
        try:
            reply = yield from self._caller.call(request, node="finish", info=info, run=run, wrap_up=True)
        except (BudgetExceeded, ModelError):
            return _joined(reports)
        return reply.text or _joined(reports)


def summarise(state: AgentState, plan: Sequence[SubTask], usage: Usage) -> str:
    """Say in a few lines how the run ended, what was done, and what is left."""
    done = [t for t in plan if t.status == SubTaskStatus.COMPLETED]
    left = _left(state, plan)
    head = {
        "done": "Done.",
        "stopped": "Stopped by the budget.",
        "aborted": "Aborted by the person.",
        "failed": "Not reached.",
    }[state["status"]]
    lines = [f"{head} {state.get('reason', '')}".strip()]
    lines += [f"- done: {_line(t.description)}: {_line(t.result or '')}{_tested(state, t)}" for t in done]
    lines += [f"- left: {_line(item['description'])} ({_line(item['why'])})" for item in left]
    lines += [f"- changed by the person: {_edit(r)}" for r in state.get("revisions", []) if r.get("patch")]
    over = [f for f in state.get("failures", []) if f.get("ended") == "share"]
    lines += [f"- cut off at its share of the budget: {_line(f['description'])}: {_line(f['reason'])}" for f in over]
    lines.append(_spending(state, usage))
    return "\n".join(lines)


def _line(text: str) -> str:
    return shorten(text, 200, placeholder=" ...")


def _tested(state: AgentState, task: SubTask) -> str:
    """Say what code found out about a result: so many checks passed, and what nothing shows."""
    passed = len(state.get("checks", {}).get(task.task_id, []))
    flagged = state.get("unshown", {}).get(task.task_id, [])
    told = [f"checks passed: {passed}"] * bool(passed)
    told += [f"no step shows {_line(', '.join(flagged))}"] * bool(flagged)
    return f" ({'; '.join(told)})" if told else ""


def _left(state: AgentState, plan: Sequence[SubTask]) -> list[dict[str, Json]]:
    reasons = {f["task_id"]: f["reason"] for f in state.get("failures", [])}
    stuck = {t.task_id for t in dag.blocked(plan)} if plan else set()
    result: list[dict[str, Json]] = []
    for task in plan:
        if task.status == SubTaskStatus.FAILED:
            why = reasons.get(task.task_id) or task.result or "failed"
        elif task.status != SubTaskStatus.COMPLETED:
            why = "needs what failed" if task.task_id in stuck else _how_far(state, task)
        else:
            continue
        result.append({"task_id": task.task_id, "description": task.description, "why": why})
    gone = next((r["gives_up"] for r in reversed(state.get("revisions", [])) if r.get("gives_up")), "")
    return [*result, {"task_id": "", "description": "given up", "why": gone}] if gone else result


def _how_far(state: AgentState, task: SubTask) -> str:
    """Say what a subtask without a result has done: its actions took effect, and nobody may take it for untouched."""
    tools = [action["tool"] for action in state.get("evidence", {}).get(task.task_id, [])]
    return f"not finished; what ran: {', '.join(tools)}" if tools else "not reached"


def _edit(revision: dict[str, Json]) -> str:
    """What a person changed in a plan, and why."""
    said = {"add": "added", "change": "changed", "remove": "removed"}
    what = "; ".join(f"{said[step['op']]} {step['task_id']}" for step in revision["patch"])
    return _line(f"{what} ({revision['reason']})" if revision["reason"] else what)


def _done(task: SubTask) -> dict[str, Json]:
    return {"task_id": task.task_id, "description": task.description, "result": task.result}


def _in_hand(summary: str, state: AgentState, plan: Sequence[SubTask]) -> str:
    """The answer of a run that was not done: how it stands, whole what the summary had to shorten, and what else is known."""
    done = dag.leaves([t for t in plan if t.status == SubTaskStatus.COMPLETED])
    long = [t for t in done if _line(t.result or "") != t.result]
    logs = ((t, state.get("left_off", {}).get(t.task_id, {}).get("log")) for t in plan)
    found = [(t, prompts.found_out(facts=findings(log))) for t, log in logs if log]
    parts = [summary, *[_joined(long)] * bool(long)]
    parts += [f"Found out last for: {_line(t.description)}\n{facts}" for t, facts in found if facts]
    return "\n\n".join(parts)


def _joined(reports: Sequence[SubTask]) -> str:
    return "\n\n".join(f"{t.description}\n{t.result}" for t in reports)


def _rung(use: RungUse) -> str:
    """What was done about trouble, how often, whether it helped, and for how much."""
    helped = f"helped {use.helped}" if use.helped else "of no help"
    return f"{_SAID[use.rung]} {use.uses} ({helped}, {use.tokens:,} tokens)"


_SAID = {"nudge": "told", "model": "stronger model", "replan": "new plan", "human": "a person asked"}


def _spending(state: AgentState, usage: Usage) -> str:
    about = "about " if usage.estimated else ""
    money = f", ${usage.usd:.4f}" if usage.usd is not None else ""
    replans = f", {state['replans']} replans" if state.get("replans") else ""
    return f"{usage.steps} actions, {about}{usage.tokens:,} tokens, {usage.seconds:.1f} s{money}{replans}."
