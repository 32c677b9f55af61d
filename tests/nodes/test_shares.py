"""No subtask uses up what the others need; the last one may use all there is."""

import pytest

from surefoot.nodes.records import BudgetStatus
from surefoot.nodes.shares import Shares

LEFT: dict[str, float | None] = {"steps": 10, "tokens": None, "usd": 1.0, "seconds": 0.0}


def shares(share: float = 0.75, unfinished: tuple[str, ...] = ("a", "b", "c")) -> Shares:
    made = Shares(share, {"b": {"steps": 2}}, 0.2)
    made.unfinished = lambda: unfinished
    return made


@pytest.mark.parametrize(
    ("spent", "status"),
    [
        ({}, "OK"),
        ({"steps": 14}, "OK"),
        ({"steps": 15}, "WARNING"),
        ({"steps": 29}, "WARNING"),
        ({"steps": 30}, "EXCEEDED"),
        ({"tokens": 10**9}, "OK"),
        ({"usd": 2.9}, "WARNING"),
        ({"usd": 3.1}, "EXCEEDED"),
    ],
)
def test_a_subtask_stops_once_it_has_used_three_times_what_it_leaves(spent: dict[str, float], status: str) -> None:
    """0.75 of what is left and its own: 30 of 40 steps; the warning comes with a fifth of that left."""
    one = shares()
    one.charge("a", **spent)
    assert one.stands("a", LEFT)[0] == BudgetStatus(status)
    assert one.stands("c", LEFT)[0] == BudgetStatus.OK


def test_it_says_how_much_and_for_whom() -> None:
    one = shares()
    one.charge("a", steps=20)
    one.charge("a", steps=20, usd=0)
    assert one.stands("a", LEFT)[1] == (
        "It has used 40 steps, its share of the budget while 2 other subtasks are unfinished."
    )
    other = shares(unfinished=("a", "b"))
    other.charge("b", usd=4)
    assert other.stands("b", LEFT)[1].startswith(
        "It has used $4.0000, its share of the budget while 1 other subtask is"
    )


def test_the_last_subtask_and_a_share_of_all_are_not_held() -> None:
    for one in (shares(unfinished=("a",)), shares(share=1.0)):
        one.charge("a", steps=1000)
        assert one.stands("a", LEFT) == (BudgetStatus.OK, "")


def test_what_was_spent_before_counts() -> None:
    assert shares(share=0.1).stands("b", LEFT)[0] == BudgetStatus.EXCEEDED
