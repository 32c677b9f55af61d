"""What is remembered of an object is only ever its own."""

import pytest

from surefoot.nodes import drift, signals
from surefoot.nodes.attempt import read_step
from surefoot.nodes.memo import Memo
from surefoot.nodes.reflect import SelfReflection
from surefoot.nodes.signals import read_signs
from surefoot.nodes.state import Action, ReactStep, StepResult, SubTask


def test_the_same_object_is_made_once_and_an_equal_one_anew() -> None:
    made: list[list[int]] = []
    size = Memo[list[int], int](lambda items: made.append(items) or len(items))
    first, equal = [1, 2], [1, 2]
    assert [size(first), size(first), size(equal)] == [2, 2, 2]
    assert len(made) == 2 and made[0] is first and made[1] is equal


def test_an_object_that_has_gone_leaves_nothing_to_the_next_at_its_place() -> None:
    size = Memo[list[int], int](len)
    assert [size([0] * n) for n in range(50)] == [*range(50)]


def test_it_holds_on_to_no_more_than_it_may() -> None:
    size = Memo[list[int], int](len, most=3)
    kept = [[0] * n for n in range(10)]
    assert [size(items) for items in kept] == [*range(10)] and len(size._known) <= 3


def test_an_entry_of_the_log_is_read_once() -> None:
    entry = {"turn": 1, "thought": "I look."}
    assert read_step(entry) is read_step(entry)
    assert read_step(dict(entry)) is not read_step(entry) and read_step(dict(entry)) == read_step(entry)


def test_the_judge_reads_each_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(signals, "steady", lambda text: read.append(text) or text)
    monkeypatch.setattr(drift, "_seen", lambda step: read.append(step.thought) or "")
    log = [looked(n) for n in range(6)]
    for end in range(1, 7):
        SelfReflection().reflect(SubTask(task_id="a", description="Look."), log[:end])
    assert read == [text for n in range(6) for text in (f"place {n} is fine", f"thought {n}")]


def test_a_step_is_judged_by_where_it_stands_though_it_was_read_elsewhere() -> None:
    one, other = looked(1), looked(2)
    found = [(sign.index, sign.news) for log in ([one, other], [other, one, other]) for sign in read_signs(log)]
    assert found == [(0, True), (1, True), (0, True), (1, True), (2, False)]


def looked(n: int) -> ReactStep:
    action = Action(action_id=f"a{n}", tool="look", args={"at": n})
    return ReactStep(
        turn=n, thought=f"thought {n}", action=action, observation=StepResult(success=True, output=f"place {n} is fine")
    )
