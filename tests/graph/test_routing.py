"""Every conditional edge: where a state leads, in both graphs."""

import threading
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest
from langchain_core.callbacks import AsyncCallbackHandler

from surefoot.graph import routing
from surefoot.nodes.state import ENDED

OUTCOME = {"ended": "answer"}
CALL = {"tool": "look"}


@pytest.mark.parametrize(
    ("router", "state", "leads"),
    [
        (routing.after_plan, {"status": "running"}, "budget"),
        (routing.after_budget, {"status": "running"}, "checkpoint"),
        (routing.after_checkpoint, {"status": "running"}, "execute"),
        (routing.after_checkpoint, {"status": "planning"}, "replan"),
        (routing.after_execute, {"status": "running"}, "reflect"),
        (routing.after_execute, {"status": "stopped"}, "reflect"),
        (routing.after_reflect, {"status": "running"}, "budget"),
        (routing.after_reflect, {"status": "planning"}, "replan"),
        (routing.after_replan, {"status": "running"}, "budget"),
        (routing.after_finish, {"status": "done"}, "__end__"),
        (routing.after_react_budget, {}, "think"),
        (routing.after_react_budget, {"queue": [CALL]}, "checkpoint"),
        (routing.after_react_budget, {"queue": [CALL], "outcome": OUTCOME}, "__end__"),
        (routing.after_think, {"queue": [CALL]}, "checkpoint"),
        (routing.after_think, {"queue": [], "batch": []}, "reflect"),
        (routing.after_think, {"queue": [CALL], "batch": [CALL]}, "act"),
        (routing.after_think, {"batch": [CALL], "results": [{}]}, "observe"),
        (routing.after_think, {"queue": [CALL], "outcome": OUTCOME}, "__end__"),
        (routing.after_react_checkpoint, {"batch": [CALL]}, "act"),
        (routing.after_react_checkpoint, {"batch": [CALL], "results": [{}]}, "observe"),
        (routing.after_react_checkpoint, {"batch": [CALL], "outcome": OUTCOME}, "__end__"),
        (routing.after_act, {"outcome": OUTCOME}, "observe"),
        (routing.after_observe, {"queue": [CALL]}, "budget"),
        (routing.after_observe, {"queue": []}, "reflect"),
        (routing.after_observe, {"queue": [CALL], "outcome": OUTCOME}, "__end__"),
        (routing.after_react_reflect, {}, "budget"),
        (routing.after_react_reflect, {"outcome": OUTCOME}, "__end__"),
    ],
)
def test_a_state_leads_on(router: Callable[[Any], str], state: dict[str, Any], leads: str) -> None:
    assert router(state) == leads


@pytest.mark.parametrize("status", sorted(ENDED))
@pytest.mark.parametrize(
    "router",
    [routing.after_plan, routing.after_budget, routing.after_checkpoint, routing.after_reflect, routing.after_replan],
)
def test_what_has_ended_leads_to_the_report(router: Callable[[Any], str], status: str) -> None:
    assert router({"status": status}) == "finish"


@pytest.mark.parametrize("router", [f for n, f in vars(routing).items() if n.startswith("after_")])
def test_every_edge_is_declared_so_that_it_is_drawn(router: Callable[[Any], str]) -> None:
    assert get_args(get_type_hints(router)["return"])


async def test_an_edge_is_decided_where_it_is_asked_and_is_no_run_of_its_own() -> None:
    ran = list[threading.Thread]()
    traced = list[str]()

    class Watching(AsyncCallbackHandler):
        async def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            traced.append(str(kwargs.get("name")))

    def leads(state: dict[str, Any]) -> str:
        ran.append(threading.current_thread())
        return "on"

    assert await routing.inline(leads).ainvoke({}, {"callbacks": [Watching()]}) == "on"
    assert ran == [threading.current_thread()] and not traced
