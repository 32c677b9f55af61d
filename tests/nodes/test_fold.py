"""A log that grows is read once."""

import threading

import pytest

from surefoot.nodes import drift, signals
from surefoot.nodes.attempt import steps_of
from surefoot.nodes.fold import Fold
from surefoot.nodes.reflect import SelfReflection
from surefoot.nodes.signals import read_signs
from surefoot.nodes.state import Action, ReactStep, StepResult, SubTask


class Text:
    """An entry; equal to any other, so that only being the same one counts."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def reader(most: int = 100) -> tuple[Fold[Text, list[str]], list[str]]:
    read: list[str] = []

    def add(made: list[str], index: int, entry: Text, mark: str = "") -> None:
        read.append(entry.said)
        made.append(f"{index}{entry.said}{mark}")

    return Fold(list, add, most), read


def test_each_entry_is_read_once_while_the_log_grows() -> None:
    fold, read = reader()
    log = [Text("a"), Text("b")]
    assert fold(log) == ["0a", "1b"]
    longer = [*log, Text("c")]  # another list of the same entries, as a state has it at each step
    assert fold(longer) == ["0a", "1b", "2c"] == fold(longer)
    assert read == ["a", "b", "c"]


def test_another_log_is_read_anew_though_it_begins_the_same() -> None:
    fold, _ = reader()
    a, b = Text("a"), Text("b")
    assert fold([a, b]) == ["0a", "1b"]
    assert fold([a, Text("x"), Text("y")]) == ["0a", "1x", "2y"]
    assert fold([a]) == ["0a"]
    assert fold([b]) == ["0b"] and fold([]) == []


def test_context_is_handed_on() -> None:
    fold, _ = reader()
    assert fold([Text("a")], "!") == ["0a!"]


def test_the_logs_used_last_are_kept() -> None:
    fold, read = reader(most=3)
    one, two, three = [Text("1"), Text("1")], [Text("2")], [Text("3")]
    for log in (one, two, one, three):  # four entries are one too many: `two` was used longest ago
        fold(log)
    read.clear()
    fold(one), fold(three)
    assert read == []
    fold(two)
    assert read == ["2"]


def test_what_fails_to_be_read_is_read_again() -> None:
    failing = [True]

    def add(made: list[str], _: int, entry: Text) -> None:
        made.append(entry.said)
        if entry.said == "b" and failing:
            raise ValueError(failing.pop())

    fold = Fold(list[str], add)
    log = [Text("a"), Text("b")]
    fold(log[:1])
    with pytest.raises(ValueError, match="True"):
        fold(log)
    assert fold(log) == ["a", "b"]


def test_a_log_read_by_two_threads_at_once_is_right_for_both() -> None:
    both = threading.Barrier(2, timeout=10)

    def add(made: list[str], _: int, entry: Text) -> None:
        made.append(entry.said)
        if entry.said == "b":
            both.wait()

    fold, log, made = Fold(list[str], add), [Text("a"), Text("b")], list[list[str]]()
    fold(log[:1])
    threads = [threading.Thread(target=lambda: made.append(fold(log))) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert made == [["a", "b"]] * 2
    assert fold([*log, Text("c")]) == ["a", "b", "c"]


def test_an_entry_of_the_log_is_read_once() -> None:
    entry = {"turn": 1, "thought": "I look."}
    [first], [again, more] = steps_of({"log": [entry]}), steps_of({"log": [entry, dict(entry)]})
    assert first is again and more is not again and more == again


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
