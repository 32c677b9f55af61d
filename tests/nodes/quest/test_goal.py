"""What a goal asks for, of what, and which values it gives."""

import pytest
from evident import promises, tool

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.quest.asked import Asked, Pick
from surefoot.nodes.quest.goal import read_goal

TOOLS = promises(
    tool("find_customer", "Returns the customer id for an email.", "email"),
    tool("list_orders", "Lists the orders of a customer.", "customer_id"),
    tool("order_details", "Returns the details of an order: total amount, order date.", "order_id"),
    tool("shipping_city", "Returns the shipping city of an order.", "order_id"),
)


def read(goal: str) -> Asked:
    return read_goal(goal, Lexicon(TOOLS.values()), frozenset(w for p in TOOLS.values() for w in p.words))


def told(goal: str) -> tuple[str, list[str], list[str]]:
    """What is asked for, the things on the way to it, and the values given."""
    asked = read(goal)
    [target] = asked.targets
    return (
        " ".join(target.phrases[0][0]),
        [" ".join(stage.phrase) for stage in target.chain],
        [f.text for f in asked.given],
    )


@pytest.mark.parametrize(
    "goal",
    [
        "What is the shipping city of order O-104?",
        "Tell me the shipping city of the order O-104.",
        "Find the shipping city of order O-104.",
        "Please look up the shipping city of order O-104.",
        "I need order O-104's shipping city.",
    ],
)
def test_a_value_of_a_thing_is_read_however_it_is_asked(goal: str) -> None:
    assert told(goal) == ("ship city", ["order"], ["O-104"])


def test_a_chain_of_things_is_read_the_nearest_first() -> None:
    target, chain, given = told(
        "What is the shipping city of the last order of the customer with email ann@example.com?"
    )
    assert (target, chain, given) == ("ship city", ["order", "customer"], ["ann@example.com"])


def test_which_of_several_is_meant_is_read() -> None:
    [target] = read("What is the shipping city of the last order of ann@example.com?").targets
    assert target.chain[0].picks == (Pick("last"),)


def test_how_many_asks_for_a_count() -> None:
    [target] = read("How many orders does the customer ann@example.com have?").targets
    assert (target.fold, target.phrases[0][0]) == ("count", ("order",))


def test_two_questions_are_two_targets() -> None:
    asked = read("What is the shipping city of order O-104 and what is its total amount?")
    assert [" ".join(t.phrases[0][0]) for t in asked.targets] == ["ship city", "total amount"]


def test_what_is_only_found_on_the_way_is_no_target() -> None:
    assert (
        told("Find the customer with email ann@example.com, then tell me the total amount of their last order.")[0]
        == "total amount"
    )


@pytest.mark.parametrize("named", ["KM 1464", "BA 2490"])
def test_letters_and_a_number_are_one_identifier(named: str) -> None:
    assert told(f"What is the shipping city of order {named}?")[2] == [named]


def test_a_currency_and_a_number_are_no_identifier() -> None:
    assert "EUR 2000" not in told("What is the shipping city of order O-104 over EUR 2000?")[2]


def test_the_measure_a_pick_goes_by_is_kept_where_no_tool_speaks_of_it() -> None:
    [target] = read("What is the shipping city of the order with the lowest weight of customer C-104?").targets
    assert target.chain[0].picks == (Pick("least", ("weight",)),)


def test_a_thing_that_ends_like_a_participle_is_a_thing() -> None:
    tools = promises(
        tool("bed_of", "Returns the bed id of a patient.", "patient_id"),
        tool("bed", "Returns the type of a bed.", "bed_id"),
    )
    asked = read_goal(
        "What is the type of the bed of patient P-7?", Lexicon(tools.values()), frozenset({"bed", "patient"})
    )
    assert [stage.phrase for stage in asked.targets[0].chain] == [("bed",), ("patient",)]


def test_what_a_value_is_called_in_brackets_is_not_asked_for() -> None:
    assert told("The shipping city of the order of customer ann@example.com (work email)?")[0] == "ship city"
