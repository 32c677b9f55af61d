"""Asks a person for more when a limit is in the way."""

from surefoot.nodes import questions
from surefoot.nodes.answers import BadAnswer
from surefoot.nodes.run import Run
from surefoot.nodes.state import AgentState, Decision, Json

__all__ = ["budget_question", "check_limits", "raised"]


def budget_question(state: AgentState, run: Run, max_replans: int) -> dict[str, Json]:
    """Whether the run may spend more; offered is as much again of each limit that is in the way."""
    spent: AgentState = {**state, "usage": run.usage().model_dump(mode="json")}
    told = questions.summary(spent, reason="budget", max_replans=max_replans)
    offer = "Approve = as much again; edit = limits of your own; reject = stop here with a summary."
    return questions.question(
        "raise_budget",
        dict(run.more_limits()),
        reason="budget",
        description=f"{run.explain()} {offer}\n{told}",
        allowed=("approve", "edit", "reject"),
    )


def check_limits(decision: Decision, run: Run) -> None:
    """Refuse limits that would stop the run again at once.

    Raises:
        BadAnswer: one that is in the way is not raised.
    """
    if decision.type not in ("approve", "modify"):
        return
    if low := [name for name in run.more_limits() if decision.limits.get(name, 0) <= run.limits()[name]]:
        raise BadAnswer(f"This is not more: raise {' and '.join(low)}, or reject to stop here. {run.explain()}")


def raised(decision: Decision) -> AgentState:
    """Turn the decision into the next state; a run that gets no more ends with its summary."""
    if decision.type in ("approve", "modify"):
        return {"status": "raised", "reason": ""}
    if decision.type == "abort":
        return {"status": "aborted", "reason": decision.message or "A person ended the run."}
    return {"asks_for_budget": False}
