"""Reviews calls of a worker: what a person is asked about one, and what their answer makes of it.

Read-only calls at the head of the queue go through together; a call with an effect goes alone.
"""

from collections.abc import Mapping

from surefoot.nodes import control, questions
from surefoot.nodes.answers import BadAnswer
from surefoot.nodes.questions import REASONS, Reason
from surefoot.nodes.state import Action, Decision, Json, ReactState, StepResult
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox


def unasked(state: ReactState, toolbox: Toolbox) -> ReactState | None:
    """What becomes of the head of the queue where nobody has to be asked whatever it is; None = it has an effect.

    A call that failed before, with nothing changed since, is refused; read-only calls go through.
    """
    queue = state["queue"]
    if failed := _failed_before(queue[0], state):
        return {"batch": [queue[0]], "queue": queue[1:], "results": [_dump(control.failed("refused", failed))]}
    harmless = queue[: control.harmless_prefix(queue, toolbox)]
    if harmless:
        count = next((n for n, call in enumerate(harmless) if _failed_before(call, state)), len(harmless))
        return {"batch": queue[:count], "queue": queue[count:]}
    return None


def human_question(state: ReactState, action: Action) -> dict[str, Json]:
    """The worker's own question to the person."""
    return questions.question(
        "ask_human",
        action.args,
        reason="ask_human",
        description=str(action.args.get("question", "")),
        allowed=("respond",),
        task_id=state["subtask"]["task_id"],
        action_id=action.action_id,
    )


def action_question(state: ReactState, action: Action, effect: str, reason: Reason) -> dict[str, Json]:
    """Whether a call may run."""
    why = REASONS[reason][1]
    if reason == "unfinished" and not action.unfinished:
        why = "The same call was begun before in this run, and nobody knows whether it took effect."
    about = f"{why} Subtask: {state['subtask']['description']}\nGoal: {state['goal']}"
    allowed: tuple[str, ...] = ("approve", "edit", "reject")
    if action.unfinished:
        allowed = ("approve", "respond", "reject")
        about = (
            f"{action.tool} was under way when the process ended; whether it happened is not known. Approve = run it "
            f"now; respond = it did happen, your message is its result; reject = leave it.\n{about}"
        )
    return questions.question(
        "unfinished_action" if action.unfinished else action.tool,
        {"tool": action.tool, "args": action.args} if action.unfinished else action.args,
        reason=reason,
        description=f"{about}\nEffect: {effect}",
        allowed=allowed,
        task_id=state["subtask"]["task_id"],
        action_id=action.action_id,
    )


def check_edit(decision: Decision, runner: ToolRunner) -> None:
    """Refuse an edit that could not run: it would use the question up for nothing.

    Raises:
        BadAnswer: there is no such tool, or the arguments do not fit it.
    """
    edited = decision.action
    if edited is None or edited.tool in control.CONTROL_TOOLS:
        return
    if refusal := runner.refusal(edited.tool, edited.args):
        raise BadAnswer(refusal.message)


def followed(decision: Decision, head: dict[str, Json], rest: list[dict[str, Json]]) -> ReactState:
    """Turn a decision on a call into the next state."""
    if decision.type == "abort":
        return {"outcome": {"ended": "aborted", "reason": decision.message or "A person ended the run."}}
    if decision.type == "respond":
        answered = StepResult(success=True, output=decision.message, effect="read_only")
        return {"batch": [head], "results": [_dump(answered)], "queue": rest}
    if decision.type == "reject":
        no = control.failed("rejected", decision.message or "A person did not allow this.")
        skipped = control.failed("rejected", "Not run, because a call asked for before it was rejected.")
        return {"batch": [head, *rest], "results": [_dump(no), *[_dump(skipped)] * len(rest)], "queue": []}
    edited = decision.action
    if edited and edited.tool != head["tool"]:
        # Another tool has rules of its own: it passes the checkpoint anew.
        return {"batch": [], "results": [], "queue": [{**head, **_edit(head, edited), "approved": ""}, *rest]}
    run_now = {**head, **(_edit(head, edited) if edited else {})}
    run_now["approved"] = Action.model_validate(run_now).digest
    if head.get("unfinished"):
        run_now["again"] = True
    return {"batch": [run_now], "queue": rest}


def _failed_before(action: Mapping[str, Json], state: ReactState) -> str:
    """Why this call is barred: it failed in an earlier attempt and nothing has changed since; empty = it is not."""
    changed = any(_changed_something(step.get("observation") or {}) for step in state.get("log", []))
    for failed in [] if changed else state.get("avoid", []):
        if failed["tool"] == action["tool"] and failed["args"] == action.get("args", {}):
            return f"This very call failed before ({failed['error']}) and nothing has changed since."
    return ""


def _changed_something(observation: Mapping[str, Json]) -> bool:
    return bool(observation.get("success")) and observation.get("effect") != "read_only"


def _edit(head: Mapping[str, Json], edited: Action) -> dict[str, Json]:
    """The edited call, under an id of its own: it is another action than the one asked for."""
    return {"tool": edited.tool, "args": edited.args, "action_id": f"{head['action_id']}-{edited.digest[:8]}"}


def _dump(result: StepResult) -> dict[str, Json]:
    return result.model_dump(mode="json", exclude_defaults=True) | {"success": result.success}
