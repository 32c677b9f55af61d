"""The budget: what is counted, what is refused, what survives."""

import json
import random
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.reservations import Cost, Reservation
from surefoot.nodes.state import BudgetStatus, Usage
from surefoot.tools.errors import SettingsError, StoreError


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def tokens(n: int) -> Usage:
    return Usage(tokens=n)


@pytest.mark.parametrize(
    ("spent", "status"),
    [
        ({"steps": 7}, BudgetStatus.OK),
        ({"steps": 8}, BudgetStatus.WARNING),
        ({"steps": 10}, BudgetStatus.EXCEEDED),
        ({"tokens": 799}, BudgetStatus.OK),
        ({"tokens": 800}, BudgetStatus.WARNING),
        ({"tokens": 999}, BudgetStatus.WARNING),
        ({"tokens": 1000}, BudgetStatus.EXCEEDED),
        ({"seconds": 48.0}, BudgetStatus.WARNING),
        ({"seconds": 60.0}, BudgetStatus.EXCEEDED),
        ({"tokens": 1, "usd": 0.81}, BudgetStatus.WARNING),
        ({"tokens": 1, "usd": 1.5}, BudgetStatus.EXCEEDED),
    ],
)
def test_any_single_limit_warns_at_a_fifth_left_and_is_exceeded_when_used_up(spent, status):
    budget = BudgetManager(10, 1000, 60, max_usd=1.0)
    budget.charge(**spent)
    assert budget.status() is status
    assert bool(budget.exceeded()) is (status is BudgetStatus.EXCEEDED)


def test_without_limits_nothing_is_ever_exceeded():
    budget = BudgetManager(None, None, None)
    budget.charge(10**9, 10**12, 1e9)
    assert budget.reserve(Cost(10**12))
    assert budget.status() is BudgetStatus.OK
    assert budget.remaining() == {"steps": None, "tokens": None, "seconds": None, "usd": None}


def test_a_limit_of_zero_is_used_up_from_the_start():
    assert BudgetManager(0, None, None).exceeded() == ["max_steps"]


def test_what_is_left_never_goes_below_zero():
    budget = BudgetManager(2, 100, 10)
    budget.charge(5, 30, 2.5)
    assert budget.remaining() == {"steps": 0, "tokens": 70, "seconds": 7.5, "usd": None}


def test_the_share_for_the_summary_is_kept_back_from_ordinary_calls():
    budget = BudgetManager(None, 1000, None, wrap_up_fraction=0.1)
    assert budget.reserve(Cost(900))
    assert not budget.reserve(Cost(1))
    assert budget.reserve(Cost(100), wrap_up=True)
    assert not budget.reserve(Cost(1), wrap_up=True)


def test_a_settled_reservation_frees_what_was_not_used():
    budget = BudgetManager(None, 1000, None, wrap_up_fraction=0)
    held = budget.reserve(Cost(1000))
    assert not budget.reserve(Cost(1))
    budget.settle(held, tokens(400))
    assert budget.usage().tokens == 400
    assert budget.reserve(Cost(600))


def test_reservations_alone_do_not_change_the_status():
    budget = BudgetManager(None, 1000, None)
    budget.reserve(Cost(900))
    assert budget.status() is BudgetStatus.OK


def test_time_passes_only_while_a_window_is_open():
    clock = Clock()
    budget = BudgetManager(None, None, 100, clock=clock)
    with budget.active():
        clock.now += 3
        with budget.active():
            clock.now += 4
        clock.now += 5
        assert budget.usage().seconds == 12
    clock.now += 3 * 24 * 3600
    assert budget.usage().seconds == 12
    with pytest.raises(RuntimeError), budget.active():
        clock.now += 1
        raise RuntimeError
    clock.now += 50
    assert budget.usage().seconds == 13


def test_windows_of_several_threads_count_once():
    clock = Clock()
    budget = BudgetManager(None, None, 100, clock=clock)
    inside, leave = threading.Barrier(5), threading.Event()

    def work():
        with budget.active():
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    inside.wait()
    clock.now += 7
    leave.set()
    for thread in threads:
        thread.join()
    clock.now += 100
    assert budget.usage().seconds == 7


def test_known_prices_are_summed_and_enforced():
    budget = BudgetManager(None, None, None, max_usd=1.0)
    budget.charge(tokens=150_000, usd=0.6)
    assert budget.usage().usd == pytest.approx(0.6)
    assert "$0.6000 of $1.00" in budget.explain()
    budget.charge(tokens=150_000, usd=0.6)
    assert budget.exceeded() == ["max_usd"]


def test_an_unknown_price_is_said_and_leaves_the_token_limit_standing():
    budget = BudgetManager(None, 1000, None, max_usd=0.01)
    budget.charge(tokens=500)
    assert budget.usage().usd is None
    assert budget.status() is BudgetStatus.OK
    assert "the price of some tokens is not known, so the limit of $0.01 is not enforced" in budget.explain()
    budget.charge(tokens=500)
    assert budget.exceeded() == ["max_tokens"]


def test_the_explanation_is_one_sentence_with_used_and_limit():
    budget = BudgetManager(40, 50_000, None)
    budget.charge(40, 12_300, 61.5, estimated=True)
    assert budget.explain() == "40 of 40 steps used; 12,300 of 50,000 tokens (estimated); 61.5 seconds (no limit)."
    assert not budget.reserve(Cost(40_000))
    assert "a call of 40,000 tokens was refused" in budget.explain()


def test_where_a_call_is_too_big_for_what_is_left_the_nearest_limit_is_in_the_way():
    budget = BudgetManager(10, 1000, None, max_usd=0.01)
    assert budget.in_the_way() == ["max_tokens", "max_usd"]
    budget.charge(tokens=100, usd=0.008)
    assert budget.in_the_way() == ["max_usd"]
    budget.charge(steps=10)
    assert budget.in_the_way() == ["max_steps"]


def test_limits_can_be_raised_and_lifted_but_not_lowered():
    budget = BudgetManager(10, 1000, None)
    budget.charge(10)
    budget.raise_limits(max_steps=20)
    assert budget.status() is BudgetStatus.OK
    with pytest.raises(SettingsError, match="only be raised"):
        budget.raise_limits(max_tokens=2000, max_steps=5)
    assert budget.remaining()["tokens"] == 1000
    with pytest.raises(SettingsError, match="no limit 'max_fun'"):
        budget.raise_limits(max_fun=5)
    budget.raise_limits(max_tokens=None)
    assert budget.remaining()["tokens"] is None


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "10", True])
def test_a_senseless_limit_is_refused_with_its_name(bad):
    with pytest.raises(SettingsError, match="max_tokens must be a number from 0 up"):
        BudgetManager(10, bad, None)
    with pytest.raises(SettingsError, match="warning_fraction must be between 0 and 1"):
        BudgetManager(10, 10, None, warning_fraction=bad)


@pytest.mark.parametrize("amount", [{"tokens": -1}, {"seconds": float("nan")}, {"usd": -0.5}])
def test_spending_cannot_be_taken_back(amount):
    budget = BudgetManager(10, 10, 10)
    with pytest.raises(ValueError, match="from 0 up"):
        budget.charge(**amount)
    assert budget.usage() == Usage(usd=0.0)


charges = st.lists(
    st.fixed_dictionaries(
        {
            "steps": st.integers(0, 5),
            "tokens": st.integers(0, 500),
            "seconds": st.floats(0, 20),
            "usd": st.none() | st.floats(0, 1),
            "estimated": st.booleans(),
        }
    ),
    max_size=30,
)


@given(charges)
def test_status_never_gets_better_by_spending(spent):
    order = [BudgetStatus.OK, BudgetStatus.WARNING, BudgetStatus.EXCEEDED]
    budget = BudgetManager(50, 5000, 100, max_usd=5)
    seen = 0
    for one in spent:
        budget.charge(**one)
        now = order.index(budget.status())
        assert now >= seen
        seen = now


@given(charges)
def test_a_restored_budget_equals_the_one_saved(spent):
    budget = BudgetManager(50, None, 100, max_usd=5, warning_fraction=0.3)
    for one in spent:
        budget.charge(**one)
    again = BudgetManager.restore(json.loads(json.dumps(budget.snapshot())))
    assert again.snapshot() == budget.snapshot()
    assert (again.usage(), again.status(), again.remaining()) == (budget.usage(), budget.status(), budget.remaining())


def test_a_snapshot_holds_the_time_of_an_open_window_and_no_reservation():
    clock = Clock()
    budget = BudgetManager(None, 100, 100, clock=clock, wrap_up_fraction=0)
    budget.reserve(Cost(100))
    with budget.active():
        clock.now += 6
        saved = budget.snapshot()
    clock.now += 1000
    again = BudgetManager.restore(saved, clock=clock, max_time_seconds=6)
    assert again.usage().seconds == 6
    assert again.reserve(Cost(100))
    assert again.exceeded() == ["max_time_seconds"]


@pytest.mark.parametrize("damage", [{}, {"schema_version": 99}, {"schema_version": 1, "limits": {}}])
def test_a_damaged_or_newer_snapshot_is_refused(damage):
    with pytest.raises(StoreError, match="saved budget"):
        BudgetManager.restore(damage)


def test_near_a_limit_calls_that_may_grow_go_one_at_a_time():
    budget = BudgetManager(None, 10_000, None, wrap_up_fraction=0)
    first, second = budget.reserve(Cost(500, 4000)), budget.reserve(Cost(500, 4000))
    assert isinstance(second, Reservation)
    assert budget.reserve(Cost(500, 4000)) == "wait"
    budget.settle(first, tokens(600))
    assert isinstance(budget.reserve(Cost(500, 4000)), Reservation)


def test_a_call_that_was_cut_off_is_charged_with_what_was_set_aside():
    budget = BudgetManager(None, 1000, None, 1.0)
    held = budget.reserve(Cost(300, usd=0.25))
    budget.abandon(held)
    assert budget.usage() == Usage(tokens=300, usd=0.25, estimated=True)
    assert isinstance(budget.reserve(Cost(600, usd=0.5)), Reservation)


def test_money_is_set_aside_where_its_price_is_known():
    budget = BudgetManager(None, None, None, 1.0, wrap_up_fraction=0.1)
    held = budget.reserve(Cost(10, usd=0.5, most_usd=0.6))
    assert budget.reserve(Cost(10, usd=0.5)) is None
    assert budget.reserve(Cost(10, usd=0.3, most_usd=0.5)) == "wait"
    budget.settle(held, Usage(tokens=10, usd=0.1))
    assert isinstance(budget.reserve(Cost(10, usd=0.7, most_usd=9.0)), Reservation)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(100, 3000), st.integers(1, 300), st.integers(1, 5))
def test_parallel_callers_never_pass_the_token_limit_by_more_than_one_call(seed, limit, largest, growth):
    """Each call uses anything up to the most it may cost, which is several times what is expected."""
    budget = BudgetManager(None, limit, None, wrap_up_fraction=0.1)
    start = threading.Barrier(8)

    def work(number: int) -> None:
        draw = random.Random(seed + number)
        start.wait()
        for _ in range(40):
            asked = draw.randint(1, largest)
            while (held := budget.reserve(Cost(asked, asked * growth))) == "wait":
                time.sleep(0.0001)
            if held is None:
                return
            time.sleep(0.0001)
            budget.settle(held, tokens(draw.randint(0, asked * growth)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ceiling = limit - int(limit * 0.1)
    used = budget.usage().tokens
    assert used <= ceiling + largest * (growth - 1)
    assert used >= ceiling or isinstance(budget.reserve(Cost(ceiling - used)), Reservation), "all was given back"
