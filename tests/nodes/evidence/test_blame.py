"""Who is to blame: the source of a bad value before the tool that refused it."""

from evident import called, tool

from surefoot.nodes.evidence.blame import Doubt, weigh
from surefoot.nodes.evidence.promises import promise_of
from surefoot.nodes.evidence.provenance import read_log
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.state import ReactStep

TOOLS = Toolset(
    promise_of(each)
    for each in (
        tool("find_customer", "Returns the customer id for an email.", "email"),
        tool("customer_by_mail", "Returns the customer id by email.", "email"),
        tool("list_orders", "Lists the orders of a customer.", "customer_id"),
        tool("customer_phone", "Returns the phone number of a customer.", "customer_id"),
    )
)


def doubts(*log: ReactStep) -> list[Doubt]:
    return weigh(read_log(log, TOOLS.promises), TOOLS)[1]


def blamed(*log: ReactStep) -> list[str]:
    return [doubt.blamed for doubt in doubts(*log)]


GOT = called("find_customer", "C-104", email="a@b.c")
REFUSED = called("list_orders", error="no such customer", customer_id="C-104")


def test_a_refusal_puts_the_source_of_the_value_in_doubt_and_keeps_the_tool() -> None:
    [doubt] = doubts(GOT, REFUSED)
    assert (doubt.blamed, doubt.value, doubt.name) == ("find_customer", "C-104", "customer_id")
    trust, _ = weigh(read_log([GOT, REFUSED], TOOLS.promises), TOOLS)
    assert trust.tools["find_customer"] > trust.tools["list_orders"]


def test_a_value_that_another_tool_gives_too_is_cleared() -> None:
    assert blamed(GOT, called("customer_by_mail", "C-104", email="a@b.c"), REFUSED) == ["list_orders"]


def test_a_value_that_was_taken_elsewhere_is_cleared() -> None:
    assert blamed(GOT, called("customer_phone", "+47 123 4567", customer_id="C-104"), REFUSED) == ["list_orders"]


def test_a_tool_that_is_down_is_blamed_itself() -> None:
    assert blamed(GOT, called("list_orders", error="503 unavailable", customer_id="C-104")) == ["list_orders"]


def test_a_hollow_result_is_its_tools_fault() -> None:
    assert blamed(called("find_customer", {"status": "ok"}, email="a@b.c")) == ["find_customer"]


def test_what_worked_is_not_doubted() -> None:
    assert doubts(GOT, called("list_orders", [{"order_id": "O-1"}], customer_id="C-104")) == []


def test_the_tools_that_promise_the_same_are_known_the_sound_ones_first() -> None:
    warned = tool("old_customer_lookup", "Returns the customer id by email. Deprecated.", "email")
    more = Toolset([*TOOLS.promises.values(), promise_of(warned)])
    assert more.rivals("find_customer") == ["customer_by_mail", "old_customer_lookup"]
    assert TOOLS.rivals("list_orders") == []


def test_a_result_that_only_gives_back_its_input_does_not_vouch_for_it() -> None:
    echo = called("customer_phone", {"query": "C-104", "status": "ok"}, customer_id="C-104")
    assert "find_customer" in blamed(GOT, echo, REFUSED)


def test_calls_that_gave_nothing_cast_less_doubt_on_a_value_than_a_refusal() -> None:
    nothing = [called("list_orders", [], customer_id="C-104"), called("customer_phone", "", customer_id="C-104")] * 3
    weak, _ = weigh(read_log([GOT, *nothing], TOOLS.promises), TOOLS)
    strong, _ = weigh(read_log([GOT, REFUSED], TOOLS.promises), TOOLS)
    assert 0 < weak.facts[0, "C-104"] < strong.facts[0, "C-104"]


def test_an_impossible_value_puts_what_else_its_tool_says_in_doubt() -> None:
    trust, _ = weigh(read_log([called("find_customer", {"customer_id": "C-1", "since": "2023-13-45"})], {}), TOOLS)
    assert trust.tools["find_customer"] > 0
