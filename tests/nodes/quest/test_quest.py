"""A question answered from a log alone, over tools nobody wrote a rule for, some of which cannot be trusted."""

from collections.abc import Callable
from typing import Any

from evident import tool
from questions import Tool, answer, down, solve

ORDERS = {
    "C-104": [
        {"order_id": "O-881", "order_date": "2024-02-11", "total_amount": "19.90"},
        {"order_id": "O-882", "order_date": "2024-06-30", "total_amount": "12.50"},
        {"order_id": "O-883", "order_date": "2023-01-05", "total_amount": "99.00"},
    ]
}
CITIES = {"O-881": "Oslo", "O-882": "Graz", "O-883": "Lyon"}
GOAL = "What is the shipping city of the last order of the customer with email ann@example.com?"


def customer(name: str = "find_customer", gives: Any = "C-104", more: str = "") -> Tool:
    return tool(name, f"Returns the customer id for an email.{more}", "email"), lambda email: gives


def orders(name: str = "list_orders") -> Tool:
    return tool(name, "Lists the orders of a customer.", "customer_id"), lambda customer_id: ORDERS[customer_id]


def city(name: str = "shipping_city", gives: Callable[[str], Any] = CITIES.__getitem__, more: str = "") -> Tool:
    return tool(name, f"Returns the shipping city of an order.{more}", "order_id"), gives


def test_an_answer_three_calls_away_is_planned_backward() -> None:
    move, calls = solve(GOAL, customer(), orders(), city())
    assert move.answer.split("\n")[0] == "Graz"
    assert calls == ["find_customer", "list_orders", "shipping_city"]


def test_the_answer_names_the_calls_it_rests_on() -> None:
    move, _ = solve(GOAL, customer(), orders(), city())
    assert "list_orders(customer_id=C-104)" in move.answer


def test_which_of_several_is_meant_is_found_by_its_column() -> None:
    asked = "What is the shipping city of the order with the highest total amount of the customer with email ann@example.com?"
    assert answer(asked, customer(), orders(), city()) == "Lyon"


def test_several_are_counted() -> None:
    assert answer("How many orders does the customer with email ann@example.com have?", customer(), orders()) == "3"


def test_a_tool_that_is_down_is_gone_round() -> None:
    assert answer(GOAL, customer(), orders(), city("ship_city", down), city("city_of_order")) == "Graz"


def test_a_tool_that_gives_nothing_is_gone_round() -> None:
    for nothing in (None, {}, "OK", {"status": "success"}, ""):
        assert answer(GOAL, customer(), orders(), city("a_city", lambda _, n=nothing: n), city("b_city")) == "Graz"


def test_a_refused_value_is_fetched_from_another_source_and_not_tried_on_siblings() -> None:
    move, calls = solve(GOAL, customer("customer_a", "C-999"), customer("customer_b"), orders(), city())
    assert move.answer.split("\n")[0] == "Graz"
    assert calls.count("list_orders") == 2


def test_a_copy_that_warns_of_itself_is_not_used() -> None:
    worse = city("city_fast", lambda _: "Rome", " Sample data, do not use.")
    move, calls = solve(GOAL, customer(), orders(), worse, city("slow_shipping_city"))
    assert move.answer.split("\n")[0] == "Graz"
    assert "city_fast" not in calls


def test_an_impossible_value_is_no_answer() -> None:
    date = "Returns the delivery date of an order."
    bad = tool("a_delivery_date", date, "order_id"), lambda _: "2023-13-45"
    good = tool("b_delivery_date", date, "order_id"), lambda _: "2023-12-24"
    assert answer("What is the delivery date of order O-881?", bad, good) == "2023-12-24"


def test_where_two_sources_differ_a_third_settles_it() -> None:
    liar = city("a_city", lambda _: "Rome")
    assert answer(GOAL, customer(), orders(), liar, city("b_city"), city("c_city")) == "Graz"


def test_where_nothing_settles_it_it_says_so() -> None:
    move, _ = solve(GOAL, customer(), orders(), city("a_city", lambda _: "Rome"), city("b_city"))
    assert "differ" in move.gave_up


def test_what_no_tool_can_tell_is_given_up_with_a_reason() -> None:
    move, _ = solve("What is the blood type of patient PT-4?", customer(), orders(), city())
    assert move.gave_up and not move.answer


def test_a_tool_that_changes_something_is_never_called_to_find_something_out() -> None:
    cancel = tool("cancel_order", "Cancels an order and returns its shipping city.", "order_id"), CITIES.__getitem__
    _, calls = solve("What is the shipping city of order O-881?", cancel)
    assert calls == []


def test_a_number_below_nothing_and_the_number_differ() -> None:
    rating = "Returns the rating of a vendor."
    tools = [(tool(name, rating, "vendor_id"), lambda _, n=n: n) for name, n in (("a_rating", "-86"), ("b_rating", 86))]
    move, _ = solve("What is the rating of vendor VN-1?", *tools)
    assert "-86 by a_rating, 86 by b_rating" in move.gave_up
