"""No subtask uses up what the others need; the last one may use all there is."""

import pytest

from surefoot.nodes.records import BudgetStatus
from surefoot.nodes.shares import Shares, replaced

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


def diff(added: str, removed: str = "") -> dict[str, dict[str, list[str]]]:
    return {"diff": {"added": added.split(), "removed": removed.split(), "modified": [], "kept": []}}


def test_what_a_new_plan_adds_stands_in_for_all_that_was_taken_out_before_it() -> None:
    plans = [diff("a b c"), diff("d", "a"), diff("e f", "b d"), diff("g")]
    found = {task: sorted(old) for task, old in replaced(plans).items()}
    assert found == {"a": [], "b": [], "c": [], "d": ["a"], "e": ["a", "b", "d"], "f": ["a", "b", "d"], "g": []}


@pytest.mark.parametrize(
    ("earlier", "all_in_all", "used", "status"),
    [(5, 40, 24, "WARNING"), (5, 40, 25, "EXCEEDED"), (30, 39, 2, "OK"), (30, 39, 3, "EXCEEDED")],
)
def test_what_stands_in_for_a_subtask_counts_what_that_has_used(
    earlier: int, all_in_all: int, used: int, status: str
) -> None:
    """Together they have 30 of 40 steps; what begins with these used up has a third of the 9 that are left."""
    one = shares(unfinished=("d", "c"))
    one.replaced = {"d": {"a"}}
    one.charge("a", steps=earlier)
    one.charge("d", steps=used)
    assert one.stands("d", {**LEFT, "steps": all_in_all - earlier - used})[0] == BudgetStatus(status)


@pytest.mark.parametrize(("used", "status"), [(2, "OK"), (3, "EXCEEDED")])
def test_another_attempt_at_a_subtask_stands_in_for_those_that_failed(used: int, status: str) -> None:
    """It begins with the share used up, and so has a third of the 9 steps that are left."""
    one = shares(unfinished=("a", "c"))
    one.charge("a", steps=30)
    one.earlier = {"a": one.spent("a")}
    one.charge("a", steps=used)
    assert one.stands("a", {**LEFT, "steps": 9 - used})[0] == BudgetStatus(status)


def test_it_says_what_the_replaced_has_used_too() -> None:
    one = shares(unfinished=("d", "c"))
    one.replaced = {"d": {"a"}}
    one.charge("a", steps=30)
    one.charge("d", steps=5)
    assert one.stands("d", {**LEFT, "steps": 5})[1] == (
        "It has used 5 steps (35 steps with what it replaces), its share of the budget while 1 other subtask is unfinished."
    )
