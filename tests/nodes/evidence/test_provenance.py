"""Every value of a log knows which call gave it."""

from evident import called, promises, tool

from surefoot.nodes.evidence.provenance import Ledger, read_log
from surefoot.nodes.state import ReactStep

TOOLS = promises(
    tool("find_customer", "Returns the customer id for an email.", "email"),
    tool("list_orders", "Lists the orders of a customer.", "customer_id"),
    tool("order_city", "Returns the shipping city of an order.", "order_id"),
)


def ledger(*log: ReactStep) -> Ledger:
    return read_log(log, TOOLS)


def test_a_value_given_to_a_call_is_traced_to_the_call_that_brought_it() -> None:
    read = ledger(called("find_customer", "C-104", email="a@b.c"), called("list_orders", [], customer_id="C-104"))
    assert read.call(1).sources == {"customer_id": (0,)}
    assert read.behind(1) == {0, 1}


def test_a_number_is_the_same_value_as_its_text() -> None:
    read = ledger(
        called("find_customer", {"customer_id": 104}, email="a@b.c"), called("list_orders", [], customer_id="104")
    )
    assert read.call(1).sources == {"customer_id": (0,)}


def test_an_amount_is_the_same_however_it_is_written() -> None:
    read = ledger(called("order_city", {"total": 12.5}, order_id="O-1"), called("list_orders", [], customer_id="12.50"))
    assert read.call(1).sources == {"customer_id": (0,)}


def test_all_calls_that_gave_a_value_are_known_and_the_first_is_its_source() -> None:
    again = [called("find_customer", "C-104", email=mail) for mail in ("a@b.c", "d@e.f")]
    assert ledger(*again, called("list_orders", [], customer_id="C-104")).call(2).sources == {"customer_id": (0, 1)}


def test_a_value_from_nowhere_has_no_source() -> None:
    assert ledger(called("list_orders", [], customer_id="C-104")).call(0).sources == {}


def test_a_bare_value_is_what_its_tool_promised() -> None:
    [fact] = ledger(called("order_city", "Oslo", order_id="O-1")).facts
    assert (fact.phrase, fact.value) == (("order", "ship", "city"), "Oslo")


def test_a_sentence_is_searched_for_its_value() -> None:
    facts = ledger(called("find_customer", "The customer id is C-104.", email="a@b.c")).facts
    assert "C-104" in [fact.value for fact in facts]


def test_values_in_json_text_are_found_under_their_keys() -> None:
    facts = ledger(
        called("list_orders", '{"orders": [{"orderId": "O-1"}, {"orderId": "O-2"}]}', customer_id="C-1")
    ).facts
    assert [(fact.phrase, fact.value) for fact in facts] == [
        (("order", "order", "id"), "O-1"),
        (("order", "order", "id"), "O-2"),
    ]
    assert [index for fact in facts for _, index in fact.rows] == [0, 1]


def test_a_failed_call_brings_no_value_and_keeps_its_message() -> None:
    read = ledger(called("list_orders", error="no such customer", customer_id="C-1"))
    assert read.facts == []
    assert (read.call(0).failed, read.call(0).output) == (True, "no such customer")
