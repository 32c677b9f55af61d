"""What the model is told of odd results, and whose fault they are: only then, and through the ordinary loop."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import StructuredTool
from pydantic import BaseModel

from surefoot.graph import ScriptedModel
from surefoot.nodes import ReactLoop, StepExecutor, SubTask
from surefoot.nodes.blames import blame_of
from surefoot.nodes.findings import findings
from surefoot.tools import default_tools, tool_effect
from surefoot.tools.outputs import output_schema
from surefoot.tools.toolbox import as_tool


@tool_effect("read_only")
def find_customer(email: str) -> Any:
    """Returns the customer id for an email."""
    return "C-999"


@tool_effect("read_only")
def customer_by_mail(email: str) -> Any:
    """Returns the customer id by email."""
    return "C-104"


@tool_effect("read_only")
def list_orders(customer_id: str) -> Any:
    """Lists the orders of a customer."""
    if customer_id != "C-104":
        raise KeyError(f"no such customer: {customer_id}")
    return []


@tool_effect("read_only")
def order_details(order_id: str) -> Any:
    """Returns the details of an order."""
    return {
        "none": None,
        "ok": "OK",
        "O-77": {"order_id": "O-5"},
        "echo": order_id,
        "date": {"due": "2021-02-31"},
    }.get(order_id, {"order_id": order_id, "city": "Oslo"})


@tool_effect("read_only")
def carrier_phone(carrier_id: str) -> Any:
    """Returns the phone number of a carrier."""
    raise RuntimeError("503 Service Unavailable")


@tool_effect("read_only")
def phone_of_carrier(carrier_id: str) -> Any:
    """Returns the phone number of a carrier."""
    return "+47 123 4567"


@tool_effect("read_only")
def read_file(path: str) -> Any:
    """Read a file."""
    return {"empty.log": "", "error.log": "ERROR 503 at start", "dates.csv": "2021-02-31"}[path]


@tool_effect("read_only")
def look(at: str) -> str:
    """Look at something."""
    return f"saw {at}"


def invite(user: str) -> None:
    """Invites a user."""


TOOLS = [
    find_customer,
    customer_by_mail,
    list_orders,
    order_details,
    carrier_phone,
    phone_of_carrier,
    read_file,
    invite,
]
ASKED = SubTask(task_id="a", description="Which orders has the customer ann@example.com?")


def seen(*calls: tuple[str, dict[str, Any]], asked: SubTask = ASKED) -> tuple[list[Any], list[str]]:
    """Make the calls one after another: the log, and what the model was told beside the results."""
    told: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        told[:] = [str(m.content) for m in request.messages[2:] if m.type == "human"]
        turn = sum(m.type == "ai" for m in request.messages)
        return {"tool": calls[turn][0], "args": calls[turn][1]} if turn < len(calls) else {"answer": "done"}

    result = asyncio.run(ReactLoop(ScriptedModel({"think": think}), StepExecutor(TOOLS)).arun(asked))
    return result.log, told


def test_a_refusal_names_the_source_of_the_value_and_who_else_gives_it() -> None:
    log, told = seen(("find_customer", {"email": "ann@example.com"}), ("list_orders", {"customer_id": "C-999"}))
    [only] = told
    assert only == (
        "list_orders does not know the customer_id C-999, which find_customer alone has given: doubt that result of "
        "find_customer first, and not list_orders. customer_by_mail may tell the same."
    )
    assert log[1].blame and (log[1].blame.tool, log[1].blame.step) == ("find_customer", 0)


def test_a_value_that_stands_in_the_task_is_nobodys_fault() -> None:
    asked = SubTask(task_id="a", description="List the orders of C-999.")
    assert seen(("find_customer", {"email": "a"}), ("list_orders", {"customer_id": "C-999"}), asked=asked)[1] == []


def test_a_value_two_tools_gave_is_nobodys_fault() -> None:
    calls = [
        ("find_customer", {"email": "a"}),
        ("order_details", {"order_id": "C-999"}),
        ("list_orders", {"customer_id": "C-999"}),
    ]
    assert seen(*calls)[1] == []


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("none", "brought nothing"),
        ("ok", "only says that the call ended"),
        ("echo", "only gives back what the call was given"),
        ("O-77", "is about another thing than was asked for"),
        ("date", "holds a value that cannot be"),
    ],
)
def test_a_hollow_or_impossible_result_is_said_to_be_one(order: str, says: str) -> None:
    [told] = seen(("order_details", {"order_id": order}))[1]
    assert told == f"The result of order_details {says}: do not rely on it."


def test_a_tool_that_is_down_is_told_with_those_that_promise_the_same() -> None:
    assert seen(("carrier_phone", {"carrier_id": "CR-1"}))[1] == [
        "carrier_phone does not work. phone_of_carrier may tell the same."
    ]


@pytest.mark.parametrize(
    "call",
    [
        ("order_details", {"order_id": "O-1"}),
        ("look", {"at": "the harbour"}),
        ("list_orders", {"customer_id": "C-104"}),
        ("read_file", {"path": "empty.log"}),
        ("read_file", {"path": "error.log"}),
        ("read_file", {"path": "dates.csv"}),
        ("invite", {"user": "ann"}),
        ("nothing_of_that_name", {}),
    ],
)
def test_an_ordinary_result_gets_no_word(call: tuple[str, dict[str, Any]]) -> None:
    assert seen(call)[1] == []


def test_a_new_plan_is_told_what_is_in_doubt_and_what_is_sound() -> None:
    calls = [
        ("find_customer", {"email": "a"}),
        ("list_orders", {"customer_id": "C-999"}),
        ("phone_of_carrier", {"carrier_id": "CR-1"}),
    ]
    log = [step.model_dump(mode="json") for step in seen(*calls)[0]]
    summed = blame_of(log)
    assert [blame["tool"] for blame in summed["blames"]] == ["find_customer"]
    assert [each["tool"] for each in findings(log)] == ["phone_of_carrier"]
    assert blame_of(log[2:]) == {}


class Order(BaseModel):
    order_id: str
    tracking_number: str


def test_what_a_function_is_annotated_to_return_is_a_promise() -> None:
    def get(x: str) -> Order:
        """Get."""
        raise NotImplementedError

    assert set(output_schema(as_tool(get))["properties"]) == {"order_id", "tracking_number"}
    assert output_schema(as_tool(find_customer)) == {}


class Priced(BaseModel):
    order_id: str
    price: float | None


def priced(gives: Any, effect: Any = "read_only") -> Any:
    """A tool that declares its result and gives what it likes."""

    def price_of(order_id: str) -> Priced:
        """Returns the price of an order."""
        return gives  # type: ignore[no-any-return]

    return tool_effect(effect)(price_of)


def told_of(tool: Any) -> list[str]:
    """What the model is told of the result of one call of a tool."""
    told: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        told.extend(str(m.content) for m in request.messages[2:] if m.type == "human" and "declares" in str(m.content))
        done = any(m.type == "tool" for m in request.messages)
        return {"answer": "?"} if done else {"tool": "price_of", "args": {"order_id": "O-77"}}

    asked = SubTask(task_id="a", description="What does order O-77 cost?")
    assert ReactLoop(ScriptedModel({"think": think}), StepExecutor([tool])).run(asked).answer == "?"
    return told


@pytest.mark.parametrize(
    ("gives", "fault"),
    [
        ({"order_id": "O-77", "currency": "EUR"}, "`price` is missing"),
        ({"order_id": "O-77", "price": "cheap"}, "`price` is not a number"),
        (["O-77", 12.5], "it is not an object"),
    ],
)
@pytest.mark.parametrize("effect", ["read_only", "idempotent"])
def test_a_result_that_does_not_fit_what_its_tool_declares_is_told_in_a_sentence(
    gives: Any, fault: str, effect: Any
) -> None:
    said = f"The result of price_of does not fit what the tool declares ({fault}): do not rely on it."
    assert told_of(priced(gives, effect)) == [said]


@pytest.mark.parametrize(
    "gives",
    [
        Priced(order_id="O-77", price=12.5),
        {"order_id": "O-77", "price": "12.50", "more": 1},
        {"order_id": "O-77", "price": None},
        '{"order_id": "O-77", "price": 1}',
    ],
)
def test_a_result_that_fits_gets_no_word(gives: Any) -> None:
    assert told_of(priced(gives)) == []


def many(count: int) -> list[Any]:
    """So many tools about other things."""

    def make(n: int) -> Any:
        return tool_effect("read_only")(
            StructuredTool.from_function(
                lambda customer: f"note {n}",
                name=f"customer_note_{n}",
                description=f"Returns note {n} of ann.",
                args_schema=NOTE,
            )
        )

    return [make(n) for n in range(count)]


NOTE = {"type": "object", "properties": {"customer": {"type": "string"}}, "required": ["customer"]}


@tool_effect("read_only")
def parcel_city(order_id: str) -> str:
    """Returns the shipping city of an order."""
    return "Graz"


@tool_effect("read_only")
def order_of(reference: str) -> str:
    """Returns the order id for a payment reference."""
    return "O-104"


def test_among_many_tools_those_that_lead_on_are_offered_and_told_after_every_result() -> None:
    asked = SubTask(task_id="a", description="What is the shipping city of the order with payment reference PAY-77?")
    seen: list[tuple[str, bool]] = []

    def think(request: Any) -> dict[str, Any]:
        seen.append(
            (
                str(request.messages[-1].content),
                {"order_of", "parcel_city"} <= {tool["function"]["name"] for tool in request.tools},
            )
        )
        return [
            {"tool": "order_of", "args": {"reference": "PAY-77"}},
            {"tool": "parcel_city", "args": {"order_id": "O-104"}},
            {"answer": "Graz"},
        ][len(seen) - 1]

    tools = [*many(40), parcel_city, order_of]
    assert ReactLoop(ScriptedModel({"think": think}), StepExecutor(tools)).run(asked).answer == "Graz"
    (first, offered), (second, _), (last, _) = seen
    assert offered and 'this leads on: order_of({"reference": "PAY-77"}), then parcel_city.' in first
    assert 'parcel_city({"order_id": "O-104"})' in second
    assert "leads on" not in last


def proposed(question: str, tools: list[Any], *replies: dict[str, Any]) -> list[str]:
    """What is proposed at each turn of a loop that is shown all its tools."""
    told: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        last = str(request.messages[-1].content)
        told.append(last.partition("this leads on: ")[2].partition(". A proposal")[0])
        return [*replies, {"answer": "Graz"}][len(told) - 1]

    ReactLoop(ScriptedModel({"think": think}), StepExecutor(tools)).run(SubTask(task_id="a", description=question))
    return told


FIRST = {"tool": "order_of", "args": {"reference": "PAY-77"}}
THEN = {"tool": "parcel_city", "args": {"order_id": "O-104"}}
ASKED = "What is the shipping city of the order with payment reference PAY-77?"


def test_where_all_tools_are_shown_a_derivation_of_several_steps_is_proposed_until_its_last_call() -> None:
    told = proposed(ASKED, [parcel_city, order_of], FIRST, THEN)
    assert told == [
        'order_of({"reference": "PAY-77"}), then parcel_city',
        'parcel_city({"order_id": "O-104"})',
        "",
    ]


def test_where_all_tools_are_shown_a_single_call_is_not_proposed() -> None:
    assert proposed("What is the shipping city of order O-104?", [parcel_city, order_of]) == [""]


def test_a_derivation_is_found_by_what_tools_declare_of_their_results() -> None:
    def lookup(payment_reference: str) -> Order:
        """Look it up."""
        return Order(order_id="O-104", tracking_number="TRK-1")

    @tool_effect("read_only")
    def where(tracking_number: str) -> str:
        """Returns the place of a parcel."""
        return "Graz"

    question = "What is the place of the parcel with payment reference PAY-77?"
    assert proposed(question, [tool_effect("read_only")(lookup), where])[0].endswith("then where")


def test_after_a_result_in_doubt_another_way_is_proposed() -> None:
    @tool_effect("read_only")
    def find_order(reference: str) -> Any:
        """Returns the order id for a payment reference."""
        return {}

    told = proposed(ASKED, [find_order, parcel_city, order_of], {"tool": "find_order", "args": {"reference": "PAY-77"}})
    assert told[1] == 'order_of({"reference": "PAY-77"}), then parcel_city'


def test_tools_for_files_and_code_propose_nothing(tmp_path: Path) -> None:
    question = "What is the shipping city of the order with payment reference PAY-77 in orders.csv?"
    assert proposed(question, default_tools(tmp_path)) == [""]
