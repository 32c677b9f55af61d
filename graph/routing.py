"""Every conditional edge of both graphs: pure functions of the state, no I/O."""

from collections.abc import Callable
from typing import Literal

from langgraph._internal._runnable import RunnableCallable

from surefoot.nodes.state import ENDED, AgentState, ReactState

END: Literal["__end__"] = "__end__"


def inline(edge: Callable[..., str]) -> RunnableCallable:
    """An edge decided on the spot: LangGraph would trace a bare function as a run, and start a thread for it when async."""
    return RunnableCallable(edge, trace=False)


def after_plan(state: AgentState) -> Literal["budget", "finish"]:
    """A goal that could not be planned ends with a report."""
    return "finish" if state["status"] in ENDED else "budget"


def after_budget(state: AgentState) -> Literal["checkpoint", "finish"]:
    """No further work once a limit is used up; a person may be asked for more."""
    return "finish" if state["status"] in ENDED and not _may_ask(state) else "checkpoint"


def after_checkpoint(state: AgentState) -> Literal["execute", "replan", "reflect", "finish"]:
    """A plan the person sent back is made anew; with more budget the work goes on where it stopped."""
    if state["status"] in ENDED:
        return "finish"
    if state["status"] == "raised":
        return "reflect"
    return "replan" if state["status"] == "planning" else "execute"


def after_execute(state: AgentState) -> Literal["reflect"]:
    """What came of an execution is always judged."""
    return "reflect"


def after_reflect(state: AgentState) -> Literal["budget", "replan", "finish"]:
    """Go on with what is left, find another way, or end."""
    if state["status"] in ENDED and not _may_ask(state):
        return "finish"
    return "replan" if state["status"] == "planning" else "budget"


def after_replan(state: AgentState) -> Literal["budget", "finish"]:
    """A new plan passes budget and checkpoint like the first."""
    return "finish" if state["status"] in ENDED and not _may_ask(state) else "budget"


def _may_ask(state: AgentState) -> bool:
    """A run stopped by its budget may ask for more before it ends."""
    return state["status"] == "stopped" and bool(state.get("asks_for_budget"))


def after_finish(state: AgentState) -> Literal["__end__"]:
    """The report is the end."""
    return END


def after_react_budget(state: ReactState) -> Literal["think", "checkpoint", "__end__"]:
    """Calls still in the queue go first."""
    if state.get("outcome"):
        return END
    return "checkpoint" if state.get("queue") else "think"


def after_think(state: ReactState) -> Literal["checkpoint", "reflect", "__end__"]:
    """Calls pass the checkpoint; a reply that could not be used is judged at once."""
    if state.get("outcome"):
        return END
    return "checkpoint" if state.get("queue") else "reflect"


def after_react_checkpoint(state: ReactState) -> Literal["act", "observe", "__end__"]:
    """What was refused is observed without having run."""
    if state.get("outcome"):
        return END
    return "observe" if state.get("results") else "act"


def after_act(state: ReactState) -> Literal["observe"]:
    """Whatever came of an action is observed."""
    return "observe"


def after_observe(state: ReactState) -> Literal["budget", "reflect", "__end__"]:
    """All calls of one thought run before the log is judged."""
    if state.get("outcome"):
        return END
    return "budget" if state.get("queue") else "reflect"


def after_react_reflect(state: ReactState) -> Literal["budget", "__end__"]:
    """The next turn, or the end of the attempt."""
    return END if state.get("outcome") else "budget"
