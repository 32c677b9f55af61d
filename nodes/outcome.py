"""The node `reflect` of the main graph: judges what came of an execution, and says how to go on."""

from surefoot.nodes import dag
from surefoot.nodes.drive import Core
from surefoot.nodes.run import Run
from surefoot.nodes.state import ENDED, AgentState, ReflectionResult, SubTask, SubTaskStatus


def review_run(state: AgentState, run: Run) -> Core[AgentState]:
    """Done, go on with what is ready, or find another way for what failed.

    A subtask's own reflection says why it failed; where it has none, the way it ended is the reason.
    """
    if state["status"] in ENDED:
        return {}
    if state.get("proposal"):
        return {"status": "running"}
    plan = [SubTask.model_validate(t) for t in state["plan"]]
    if dag.ready(plan):
        return {"status": "running"}
    failed = [t for t in plan if t.status == SubTaskStatus.FAILED]
    if failed:
        verdict = state.get("verdict") or _verdict(failed).model_dump(mode="json")
        return {"status": "planning", "verdict": verdict}
    given_up = state["revisions"][-1]["gives_up"]
    return {"status": "failed", "reason": given_up} if given_up else {"status": "done", "verdict": None}
    yield  # a core is a generator, also one that waits for nothing


def _verdict(failed: list[SubTask]) -> ReflectionResult:
    reasons = "; ".join(f"{t.task_id}: {t.result}" for t in failed)
    return ReflectionResult(diagnosis="no_progress", recommendation="replan", explanation=reasons)
