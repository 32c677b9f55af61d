"""Reviews calls of a worker: what a person is asked about one, and what their answer makes of it.

Read-only calls at the head of the queue go through together; a call with an effect goes alone.
"""

from collections.abc import Mapping

from surefoot.nodes import approaches, control, questions
from surefoot.nodes.answers import BadAnswer
from surefoot.nodes.exposure import is_exposing
from surefoot.nodes.questions import REASONS, Reason
from surefoot.nodes.state import UNASKED, Action, Decision, Json, ReactState, StepResult
from surefoot.nodes.taint import taint_of_next
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox


def unasked(state: ReactState, toolbox: Toolbox) -> ReactState | None:
    """What becomes of the head of the queue where nobody has to be asked whatever it is; None = it has an effect,
    or could carry something out.

    A call that failed before, with nothing changed since, is refused; other read-only calls go through.
    """
    queue = state["queue"]
    if failed := _failed_before(queue[0], state, toolbox):
        return {"batch": [queue[0]], "queue": queue[1:], "results": [_dump(failed)]}
    harmless = queue[: control.harmless_prefix(queue, toolbox)]
    if harmless:
        held = (
            n
            for n, call in enumerate(harmless)
            if _failed_before(call, state, toolbox) or is_exposing(state, call, toolbox)
        )
        if count := next(held, len(harmless)):
            return {"batch": queue[:count], "queue": queue[count:]}
    return None


def human_question(state: ReactState, action: Action) -> dict[str, Json]:
    """The worker's own question to the person; with a word on text from outside it may come from."""
    taint = taint_of_next(state)
    asked = [str(action.args.get("question", "")), *([questions.follows(taint)] if taint else [])]
    return questions.question(
        "ask_human",
        action.args,
        reason="ask_human",
        description="\n".join(asked),
        allowed=("respond",),
        task_id=state["subtask"]["task_id"],
        action_id=action.action_id,
        taint=taint,
    )


def action_question(state: ReactState, action: Action, effect: str, reason: Reason) -> dict[str, Json]:
    """Whether a call may run; `reason` is the first that asks, text from outside is told beside any other."""
    taint = taint_of_next(state)
    why = questions.follows(taint) if reason == "tainted" else REASONS[reason][1]
    if reason == "unfinished" and not action.unfinished:
        why = "The same call was begun before in this run, and nobody knows whether it took effect."
    if taint and reason != "tainted":
        why = f"{why} {questions.follows(taint)}"
    does, goal = state["subtask"]["description"], state["goal"]
    same = " ".join(does.split()) == " ".join(goal.split())
    about = f"{why} Goal: {goal}" if same else f"{why} Subtask: {does}\nGoal: {goal}"
    if reason in ("tainted", "exposing"):
        about += (
            f"\nApprove = run it this once; approve with scope run = also trust {action.tool} for the rest of the run, "
            "whatever text from outside says; reject = leave it."
        )
    allowed: tuple[str, ...] = ("approve", "edit", "reject")
    if action.unfinished:
        allowed = ("approve", "respond", "reject")
        about = (
            f"{action.tool} was under way when the process ended; whether it happened is not known. Approve = run it "
            f"now; respond = it did happen, your message is its result; reject = leave it.\n{about}"
        )
    question = questions.question(
        "unfinished_action" if action.unfinished else action.tool,
        {"tool": action.tool, "args": action.args} if action.unfinished else action.args,
        reason=reason,
        description=f"{about}\nEffect: {effect}",
        allowed=allowed,
        task_id=state["subtask"]["task_id"],
        action_id=action.action_id,
        taint=taint,
        expires_at=action.expires_at,
    )
    return questions.asked_again(question, action.lapsed) if action.lapsed else question


def proposed(
    head: dict[str, Json], rest: list[dict[str, Json]], *, now: float, seconds: float | None, lapsed: str = ""
) -> ReactState:
    """Note that a person is asked about a call, and up to when a yes counts.

    The checkpoint asks on its next pass, from the stored state: while it waits its node begins anew each time, and what
    it noted itself would not be known.
    """
    action = Action.model_validate(head)
    changed = questions.CHANGED if action.asked else ""
    stamp = {"asked": action.digest, "asked_at": now, "expires_at": None if seconds is None else now + seconds}
    return {
        "batch": [],
        "results": [],
        "queue": [{**head, **stamp, "lapsed": lapsed or action.lapsed or changed}, *rest],
    }


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
        return {"batch": [head], "results": [_dump(responded(decision))], "queue": rest}
    if decision.type == "reject":
        no = control.failed("rejected", decision.message or "A person did not allow this.")
        skipped = control.failed("rejected", approaches.SKIPPED)
        return {"batch": [head, *rest], "results": [_dump(no), *[_dump(skipped)] * len(rest)], "queue": []}
    edited = decision.action
    if edited and edited.tool != head["tool"]:
        # Another tool has rules of its own: it passes the checkpoint anew.
        return {"batch": [], "results": [], "queue": [{**head, **_edit(head, edited), **UNASKED}, *rest]}
    run_now = {**head, **(_edit(head, edited) if edited else {})}
    run_now["approved"] = Action.model_validate(run_now).digest
    return {"batch": [run_now], "queue": rest}


def responded(decision: Decision) -> StepResult:
    """A person's message as the result of a call."""
    return StepResult(success=True, output=decision.message, effect="read_only")


def _failed_before(action: Mapping[str, Json], state: ReactState, toolbox: Toolbox) -> StepResult | None:
    """Why this call is barred: it failed in an earlier attempt and nothing has changed since; None = it is not."""
    if not (avoid := state.get("avoid")):
        return None
    avoid = approaches.still_barred(avoid, approaches.changed(state.get("log", [])))
    failed = approaches.failed_before(action, avoid, toolbox)
    if failed is None:
        return None
    refused = control.failed(
        "refused", f"This very call failed before ({failed['error']}) and nothing has changed since."
    )
    return refused.model_copy(update={"outside": failed.get("outside", "")})


def _edit(head: Mapping[str, Json], edited: Action) -> dict[str, Json]:
    """The edited call, under an id of its own: it is another action than the one asked for."""
    return {"tool": edited.tool, "args": edited.args, "action_id": f"{head['action_id']}-{edited.digest[:8]}"}


def _dump(result: StepResult) -> dict[str, Json]:
    return result.model_dump(mode="json", exclude_defaults=True) | {"success": result.success}
