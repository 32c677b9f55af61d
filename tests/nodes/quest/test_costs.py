"""What a way costs: warnings in a tool's words, and what is tried where no way is left."""

from typing import Any

import pytest
from evident import tool
from questions import Tool, answer, solve

from surefoot.nodes.evidence.promises import promise_of
from surefoot.nodes.evidence.toolset import Trust
from surefoot.nodes.quest.reach import price

BLOOD = "What is the blood type of patient PT-4?"
CITY = "What is the shipping city of order O-1?"


def gives(name: str, does: str, need: str, result: Any) -> Tool:
    return tool(name, does, need), lambda _: result


def cost(more: str, name: str = "order_city") -> float:
    return price(promise_of(tool(name, f"Returns the shipping city of an order.{more}", "order_id")), Trust())


def test_a_tool_costs_more_the_graver_it_warns_of_itself() -> None:
    plain, mild, grave = cost(""), cost(" Values are estimated."), cost(" Returns sample data.")
    assert plain < mild < grave
    assert cost(" Returns sample data. Deprecated.") >= grave
    assert cost("", "legacy_order_city") > plain


def test_a_longer_way_over_sound_tools_is_cheaper_than_a_short_one_over_a_tool_that_warns() -> None:
    short = gives("order_city", "Returns the shipping city of an order. Returns sample data.", "order_id", "Rome")
    first = gives("order_parcel", "Returns the parcel id of an order.", "order_id", "PA-1")
    then = gives("parcel_city", "Returns the shipping city of the parcel of an order.", "parcel_id", "Graz")
    move, calls = solve(CITY, short, first, then)
    assert (move.answer.split("\n")[0], calls) == ("Graz", ["order_parcel", "parcel_city"])


def test_a_tool_that_warns_is_used_where_there_is_no_other() -> None:
    short = gives("order_city", "Returns the shipping city of an order. Returns sample data.", "order_id", "Rome")
    assert answer(CITY, short) == "Rome"


def test_where_no_tool_promises_it_those_that_speak_of_it_are_tried() -> None:
    notes = gives("patient_notes", "Returns the blood notes of a patient.", "patient_id", {"blood_type": "A+"})
    other = gives("room_bed", "Returns the bed of a room.", "room_id", "B-12")
    move, calls = solve(BLOOD, notes, other)
    assert (move.answer.split("\n")[0], calls) == ("A+", ["patient_notes"])


@pytest.mark.parametrize("more", [" May be stale.", " Deprecated."])
def test_what_warns_of_itself_is_not_tried(more: str) -> None:
    notes = gives("patient_notes", f"Returns the blood notes of a patient.{more}", "patient_id", {"blood_type": "A+"})
    other = gives("room_bed", "Returns the bed of a room.", "room_id", "B-12")
    assert "patient_notes" not in solve(BLOOD, notes, other)[1]


def test_what_was_tried_is_not_tried_again() -> None:
    notes = gives("patient_notes", "Returns the blood notes of a patient.", "patient_id", {"seen": "yesterday"})
    other = gives("room_bed", "Returns the bed of a room.", "room_id", "B-12")
    move, calls = solve(BLOOD, notes, other)
    assert move.gave_up and calls.count("patient_notes") == 1
