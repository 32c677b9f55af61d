"""Whether a result looks like what it is to be."""

from typing import Any

import pytest
from evident import called, promises, tool

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.plausible import doubts_of_call, doubts_of_fact, refusal
from surefoot.nodes.evidence.promises import promise_of
from surefoot.nodes.evidence.provenance import read_log
from surefoot.nodes.state import ReactStep

TOOLS = promises(
    tool("order_record", "Returns the details of an order.", "order_id"),
    tool("order_date", "Returns the delivery date of an order.", "order_id"),
)


def found(output: Any, name: str = "order_record", order_id: str = "O-104") -> list[str]:
    read = read_log([called(name, output, order_id=order_id)], TOOLS)
    whole = doubts_of_call(read.call(0), TOOLS[name], Lexicon(TOOLS.values()), read.facts)
    return [each.kind for each in (*whole, *(f for fact in read.facts for f in doubts_of_fact(fact)))]


@pytest.mark.parametrize("nothing", [None, "", [], {}, {"result": None}, "N/A", {"status": None, "date": "unknown"}])
def test_nothing_is_seen_in_all_its_forms(nothing: Any) -> None:
    assert "empty" in found(nothing)


@pytest.mark.parametrize("receipt", ["OK", {"status": "success"}, "Request processed successfully."])
def test_a_receipt_is_no_result(receipt: Any) -> None:
    assert found(receipt) == ["receipt"]


@pytest.mark.parametrize("echo", ["O-104", {"query": "O-104", "status": "ok"}])
def test_what_only_gives_back_its_argument_is_an_echo(echo: Any) -> None:
    assert found(echo) == ["echo"]


def test_a_record_of_another_thing_is_no_answer() -> None:
    assert found({"order_id": "O-999", "total": "12.50"}) == ["another"]
    assert found({"order_id": "O-104", "total": "12.50"}) == []


@pytest.mark.parametrize("pair", [("PL 4264", "KN 6478"), ("TF-FLAT", "TF-ECO7"), ("LN-KHA", "SE-KHB")])
def test_another_thing_is_seen_whatever_letters_its_identifier_has(pair: tuple[str, str]) -> None:
    assert found({"order_id": pair[1], "total": "12.50"}, order_id=pair[0]) == ["another"]


def test_the_same_identifier_written_in_full_is_not_another() -> None:
    assert found({"order_id": "O-104", "total": "12.50"}, order_id="104") == []


def test_ok_is_no_list_only_because_a_state_may_be_asked_with() -> None:
    beds = promises(tool("search_beds", "Search beds in a ward, optionally by state.", "ward_id", "state"))
    read = read_log([called("search_beds", "OK", ward_id="W-1")], beds)
    [odd] = doubts_of_call(read.call(0), beds["search_beds"], Lexicon(beds.values()), read.facts)
    assert odd.kind == "receipt"


def test_a_tool_that_leads_to_another_of_its_kind_may_speak_of_it() -> None:
    following = tool("next_order", "Returns the id of the next order after an order.", "order_id")
    read = read_log([called("next_order", {"order_id": "O-105"}, order_id="O-104")], promises(following))
    assert list(doubts_of_call(read.call(0), promise_of(following), Lexicon([]), read.facts)) == []


@pytest.mark.parametrize(
    "does", ["Look up an order by order id.", "Order details.", "Fetches everything stored about an order."]
)
def test_a_record_of_another_thing_is_seen_however_its_tool_is_described(does: str) -> None:
    look = tool("order_lookup", does, "order_id")
    read = read_log([called("order_lookup", {"order_id": "O-999", "city": "Oslo"}, order_id="O-104")], promises(look))
    assert [
        each.kind for each in doubts_of_call(read.call(0), promise_of(look), Lexicon([promise_of(look)]), read.facts)
    ] == ["another"]


def test_a_result_may_warn_of_itself() -> None:
    assert found({"order_id": "O-104", "total": "12.50", "source": "sample data"}) == ["warned"]


def test_a_state_that_was_asked_for_is_no_receipt() -> None:
    status = tool("order_status", "Returns the status of an order.", "order_id")
    read = read_log([called("order_status", "completed", order_id="O-1")], promises(status))
    assert list(doubts_of_call(read.call(0), promise_of(status), Lexicon([]), read.facts)) == []


def test_a_web_page_is_no_data() -> None:
    assert found("<!DOCTYPE html><html><body>Sign in</body></html>") == ["page"]


@pytest.mark.parametrize("impossible", ["2023-13-45", "0000-00-00", "2021-02-31"])
def test_an_impossible_date_is_seen(impossible: str) -> None:
    assert found(impossible, "order_date") == ["form"]
    assert found("2023-12-24", "order_date") == []


def test_an_amount_below_nothing_is_seen() -> None:
    assert found({"order_id": "O-104", "quantity": -3}) == ["form"]


@pytest.mark.parametrize(
    "ordinary",
    [{"order_id": "O-104", "city": "Oslo"}, "The order O-104 goes to Oslo on Monday.", ["O-1", "O-2"], 0, False],
)
def test_ordinary_results_are_not_doubted(ordinary: Any) -> None:
    assert found(ordinary) == []


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (called("order_record", error="RuntimeError: 503 Service Unavailable", order_id="x"), "down"),
        (called("order_record", error="too slow", kind="timeout", order_id="x"), "down"),
        (called("order_record", error="KeyError: no order with that id", order_id="x"), "refused"),
        (called("order_record", error="it broke", order_id="x"), "unclear"),
        (called("order_record", {"error": "order not found"}, order_id="x"), "refused"),
        (called("order_record", {"success": False, "message": "backend offline"}, order_id="x"), "down"),
        (called("order_record", {"order_id": "x", "note": "customer asked for an error report"}, order_id="x"), ""),
    ],
)
def test_a_no_is_told_by_what_it_says_no_to(step: ReactStep, kind: str) -> None:
    assert refusal(read_log([step], TOOLS).call(0)) == kind
