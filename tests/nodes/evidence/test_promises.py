"""What a tool says it needs and yields, whatever style it is written in."""

import pytest
from evident import tool

from surefoot.nodes.evidence.promises import promise_of


def yields(*about: str, **more: str) -> list[str]:
    return [" ".join(each.phrase) for each in promise_of(tool(*about, **more)).yields]


def needs(*about: str, **more: str) -> dict[str, list[str]]:
    return {need.name: [" ".join(p) for p in need.phrases] for need in promise_of(tool(*about, **more)).needs}


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("get_customer_id_by_email", "Returns the customer id for an e-mail address."),
        ("emailToCustomerId", "Maps an email to a customer id."),
        ("customer_id_of_email", "email -> customer id"),
        ("lookup_v2", "Look up the id of a customer by their email."),
    ],
)
def test_one_value_is_read_out_of_any_style(name: str, does: str) -> None:
    assert "customer id" in yields(name, does, "email")


def test_a_name_alone_says_what_a_tool_gives() -> None:
    assert yields("getShippingCity", "", "order_id") == ["ship city"]


def test_several_values_of_one_thing_share_its_owner() -> None:
    assert {"customer nam", "customer city"} <= set(yields("fetch", "Returns the name and city of a customer.", "id"))


def test_a_record_may_hold_anything_of_its_thing() -> None:
    [order] = [
        each
        for each in promise_of(tool("order_details", "Get all details of an order.", "order_id")).yields
        if each.phrase == ("order",)
    ]
    assert order.record


def test_an_output_schema_is_a_promise() -> None:
    schema = {
        "type": "object",
        "properties": {"order": {"type": "object", "properties": {"trackingNumber": {"type": "string"}}}},
    }
    assert "order track number" in [" ".join(y.phrase) for y in promise_of(tool("x", "", "q", gives=schema)).yields]


def test_what_an_output_schema_says_elsewhere_or_in_wrapping_is_promised_too() -> None:
    loan = {"type": "object", "properties": {"id": {"type": "string"}, "due_date": {"type": "string"}}}
    wrapped = {"data": {"type": "array", "items": {"$ref": "#/$defs/Loan"}}}
    schema = {"type": "object", "properties": wrapped, "$defs": {"Loan": loan}}
    told = promise_of(tool("x", "Returns the loans of a member.", "member_id", gives=schema)).yields
    assert [" ".join(each.phrase) for each in told[:2]] == ["loan id", "due dat"]


def test_a_schema_that_holds_itself_is_read_as_far_as_it_says_something() -> None:
    part = {"type": "object", "properties": {"sku": {}, "parts": {"type": "array", "items": {"$ref": "#"}}}}
    assert "sku" in [" ".join(y.phrase) for y in promise_of(tool("x", "", "q", gives=part)).yields]


@pytest.mark.parametrize(
    "does",
    [
        "Fetches everything stored about an order.",
        "All we know about an order",
        "Full information on an order.",
        "GET /orders/{id}. Order resource.",
        "Get order by id.",
    ],
)
def test_a_record_is_one_in_whatever_words(does: str) -> None:
    assert [e.phrase for e in promise_of(tool("x", does, "order_id")).yields if e.record] == [("order",)]


@pytest.mark.parametrize(
    "does",
    [
        "Returns the tariff (unit rate, standing charge and supplier) for a code.",
        "Tariff data. Returns a dict with keys unit_rate, standing_charge.",
        "Tariff resource. Response: {id, unit_rate, standing_charge}",
    ],
)
def test_fields_that_are_listed_are_promised(does: str) -> None:
    given = yields("x", does, "code")
    assert any(each.endswith("unit rat") for each in given) and any(each.endswith("stand charg") for each in given)


def test_what_stands_before_the_thing_that_is_given_is_what_it_is_given_for() -> None:
    assert yields("m", "Given a household reference, what meter serves it", "ref")[0] == "meter"


def test_a_short_form_with_a_point_ends_no_sentence() -> None:
    assert any(each.endswith("duty phon") for each in yields("d", "Depot details incl. town and duty phone.", "depot"))


def test_a_bare_parameter_takes_what_the_description_says_it_is_for() -> None:
    assert needs("order_status", "Returns the status of an order by its order id.", "id")["id"] == ["order id"]


def test_a_parameter_that_names_itself_needs_no_description() -> None:
    assert needs("f", "Returns the status.", "order_id")["order_id"] == ["order id"]


def test_a_described_parameter_is_what_its_description_says() -> None:
    assert needs("f", "Returns the status.", "x", x="The tracking number of the shipment, e.g. TRK-104")["x"] == [
        "shipment track number"
    ]


@pytest.mark.parametrize(
    "does",
    [
        "Cancel an order.",
        "Sends a mail to a customer.",
        "Updates the status of an order.",
        "Reassign a duty to another crew member.",
        "Redirects a parcel to another address.",
        "POST /patients/{id}/transfer. Moves a patient to another bed.",
    ],
)
def test_what_changes_the_world_is_never_taken_for_a_question(does: str) -> None:
    assert promise_of(tool("do_it", does, "order_id")).acts


@pytest.mark.parametrize(
    ("name", "does"),
    [("order_status", "Order status by order id."), ("get_cancel_date", "Returns the date an order was cancelled.")],
)
def test_a_noun_that_is_also_a_verb_changes_nothing(name: str, does: str) -> None:
    assert not promise_of(tool(name, does, "order_id")).acts


def test_what_a_tool_declares_goes_before_what_its_words_say() -> None:
    declared = {**tool("order_status", "Order status by order id.", "order_id"), "effect": "irreversible"}
    assert promise_of(declared).acts
