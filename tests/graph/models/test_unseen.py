"""The offline model over tools nobody wrote a rule for, through the ordinary agent: plan, loop, replan, journal, budget."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.tools import StructuredTool
from pydantic import BaseModel

from surefoot.graph import Settings, build_graph
from surefoot.graph.models.offline.replan import replan
from surefoot.graph.models.offline.world import Tool, World
from surefoot.nodes.quest.checks import UNSETTLED
from surefoot.tools import tool_effect

GOAL = "What is the shipping city of the order with payment reference PAY-77?"


def reads(name: str, says: str, parameter: str, gives: Callable[[str], Any]) -> Any:
    """A tool that takes one text."""

    def tool(**args: str) -> Any:
        return gives(args[parameter])

    schema = {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]}
    return tool_effect("read_only")(StructuredTool.from_function(tool, name=name, description=says, args_schema=schema))


def known(**values: Any) -> Callable[[str], Any]:
    def look(key: str) -> Any:
        if key.replace("-", "_") not in values:
            raise LookupError(f"{key} not found")
        return values[key.replace("-", "_")]

    return look


def order_of(name: str = "order_of", order: str = "O-104") -> Any:
    return reads(name, "Returns the order id for a payment reference.", "reference", known(PAY_77=order))


def city(name: str, gives: Callable[[str], Any], more: str = "") -> Any:
    return reads(name, f"Returns the shipping city of an order.{more}", "order_id", gives)


GRAZ = known(O_104="Graz")
PHONE = reads("carrier_phone", "Returns the phone number of a carrier.", "carrier_id", known())


def run(*tools: Any, goal: str = GOAL, **settings: Any) -> dict[str, Any]:
    agent = build_graph("offline", list(tools), Settings(approvals="auto", **settings))
    return agent.invoke({"goal": goal}, {"configurable": {"thread_id": "t1"}})


def answer(state: dict[str, Any]) -> str:
    return str(state["answer"]).split("\n")[0]


def test_a_question_is_answered_over_tools_it_has_never_seen() -> None:
    state = run(order_of(), city("shipping_city", GRAZ), PHONE)
    assert (state["status"], answer(state)) == ("done", "Graz")
    assert [e["tool"] for e in state["report"]["evidence"]["t1"]] == ["order_of", "shipping_city"]
    assert state["report"]["blames"] == []


class Order(BaseModel):
    shipping_city: str
    tracking_number: str


def test_what_a_tool_declares_of_its_results_leads_to_it() -> None:
    def k7(order_id: str) -> Order:
        """Consults the second system."""
        return Order(shipping_city="Graz", tracking_number="TN-7")

    def k8(order_id: str) -> str:
        """Consults the third system."""
        return "Rome"

    state = run(order_of(), k8, k7, PHONE, effects={"k7": "read_only", "k8": "read_only"})
    assert (state["status"], answer(state)) == ("done", "Graz")


def test_a_tool_that_is_declared_to_change_something_is_not_called_to_find_something_out() -> None:
    called: list[str] = []

    def shipping_city(order_id: str) -> str:
        """Returns the shipping city of an order."""
        called.append(order_id)
        return "Graz"

    run(order_of(), shipping_city, PHONE, effects={"shipping_city": "irreversible"})
    assert called == []


@pytest.mark.parametrize(("reason", "left_out"), [("It failed.", ["city_a"]), (f"{UNSETTLED}: Rome, Graz.", [])])
def test_where_two_sources_differ_leaving_one_out_settles_nothing(reason: str, left_out: list[str]) -> None:
    says = {"order_of": "Returns the order id for a payment reference."}
    says |= dict.fromkeys(["city_a", "city_b"], "Returns the shipping city of an order.")
    world = World(GOAL, {}, {name: Tool(name, text) for name, text in says.items()})
    task = {"task_id": "t1", "description": GOAL, "status": "failed"}
    failed = {"task_id": "t1", "description": GOAL, "reason": reason, "blames": [{"tool": "city_a"}]}
    told = [each["description"] for each in replan([task], [failed], world)["subtasks"]]
    assert told == [f"{GOAL} (not by {name})" for name in left_out]


def test_a_value_that_is_refused_is_fetched_from_another_source_and_the_report_says_whose_fault_it_was() -> None:
    state = run(order_of("a_order_of", "O-999"), order_of("b_order_of"), city("shipping_city", GRAZ))
    assert answer(state) == "Graz"
    assert [(b["why"], b["tool"], b["by"]) for b in state["report"]["blames"]] == [
        ("refused", "a_order_of", "shipping_city")
    ]


def test_silent_tools_and_worse_copies_are_gone_round() -> None:
    tools = [
        city("city_a", lambda _: None),
        city("city_b", lambda _: "Rome", " Sample data only."),
        city("city_c", GRAZ),
    ]
    assert answer(run(order_of(), *tools)) == "Graz"


def test_what_no_tool_can_tell_ends_in_a_reason_and_no_guess() -> None:
    state = run(order_of(), city("shipping_city", known()), PHONE)
    assert state["status"] == "failed"
    assert "Graz" not in state["answer"]


def test_its_steps_are_paid_for_like_any_others() -> None:
    state = run(order_of(), city("shipping_city", GRAZ), PHONE, max_steps=1)
    assert state["status"] == "stopped"
    assert state["usage"]["steps"] == 1
