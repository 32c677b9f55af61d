"""The node `budget` of both graphs: no further call and no further action once a limit is used up."""

from surefoot.nodes.drive import Core
from surefoot.nodes.events import Subtask
from surefoot.nodes.run import Run, tell
from surefoot.nodes.state import AgentState, BudgetStatus, ReactState


def gate_run(state: AgentState, run: Run) -> Core[AgentState]:
    """Node `budget` of the main graph."""
    if state.get("status") != "stopped" and run.status() == BudgetStatus.EXCEEDED:
        return {"status": "stopped", "reason": run.explain()}
    return {}
    yield  # a core is a generator, also one that waits for nothing


def gate_attempt(state: ReactState, run: Run) -> Core[ReactState]:
    """Node `budget` of the ReAct graph."""
    if run.status() == BudgetStatus.EXCEEDED:
        return {"outcome": {"ended": "budget", "reason": run.explain()}}
    share, why = run.share(state["subtask"]["task_id"])
    if share == BudgetStatus.EXCEEDED and not state.get("queue"):
        return {"outcome": {"ended": "share", "reason": why}}
    if not state.get("turn"):
        subtask = state["subtask"]
        attempt = subtask.get("attempts", 0)
        event = Subtask(type="subtask", task_id=subtask["task_id"], attempt=attempt, status="in_progress", result=None)
        yield tell(run, event)
    return {}
