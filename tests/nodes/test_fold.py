"""A log that grows is read once."""

import threading
from collections import Counter

import pytest

from surefoot.nodes import drift, reading, signals
from surefoot.nodes.attempt import steps_of
from surefoot.nodes.fold import Fold
from surefoot.nodes.reading import REMEMBERED, read_signs, recent_signs
from surefoot.nodes.reflect import SelfReflection
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


def judged(monkeypatch: pytest.MonkeyPatch, log: list[ReactStep]) -> list[str]:
    """Judge a log as it grows, and tell which texts were read, in order: results by the judge, thoughts for their words."""
    read: list[str] = []
    monkeypatch.setattr(reading, "steady", lambda text: read.append(text) or text)
    monkeypatch.setattr(drift, "_seen", lambda step: read.append(step.thought) or "")
    for end in range(1, len(log) + 1):
        SelfReflection().reflect(SubTask(task_id="a", description="Survey the land."), log[:end])
    return read


def test_the_judge_reads_each_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = judged(monkeypatch, [looked(n) for n in range(6)])
    assert [text for text in read if "place" in text] == [f"place {n} is fine" for n in range(6)]
    # `survey` says itself that it is about the subtask; what `weigh` does is looked for in its results, and
    # as there never was a word of it, once more in parts of words.
    assert [text for text in read if "thought" in text] == []
    weighing = [looked(n).model_copy(update={"action": weighed("marble").action}) for n in range(8)]
    found = Counter(text for text in judged(monkeypatch, weighing) if "thought" in text)
    assert found == dict.fromkeys((f"thought {n}" for n in range(8)), 2)


def test_where_each_result_is_new_nothing_but_the_results_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for form in ("bare", "gist", "measures", "numberless", "spans", "times"):
        monkeypatch.setattr(signals, form, lambda *_, form=form: made.append(form) or "")
    judged(monkeypatch, [looked(n) for n in range(12)])
    assert made == []
    judged(monkeypatch, [looked(n % 2, f"place {n} failed") for n in range(12)])
    assert "numberless" in made


def test_of_a_long_log_the_judge_reads_each_step_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 4 * REMEMBERED
    log = [looked(n) for n in range(count)]
    read = Counter(text for text in judged(monkeypatch, log) if "place" in text)
    assert len(read) == count and max(read.values()) == 2
    indices = [sign.index for sign in recent_signs(log[:-1])]
    assert indices == [*range(2 * REMEMBERED, count - 1)]  # by their places in the whole log


def test_the_words_of_a_long_log_are_known_from_its_beginning() -> None:
    found = looked(0, "the list says: granite, basalt, marble, quartz, gneiss, slate")
    stones = ("granite", "basalt", "marble", "quartz", "gneiss", "slate")
    log = [found, *(looked(n) for n in range(1, 3 * REMEMBERED)), *(weighed(stone) for stone in stones)]
    subtask = SubTask(task_id="a", description="Survey the land.")
    assert SelfReflection().reflect(subtask, log).diagnosis == "progressing"
    log[0] = looked(0, "the list is empty now")
    verdict = SelfReflection().reflect(subtask, log)
    assert verdict.diagnosis == "goal_drift" and verdict.evidence == [*range(len(log) - 6, len(log))]


def test_a_step_is_judged_by_where_it_stands_though_it_was_read_elsewhere() -> None:
    one, other = looked(1), looked(2)
    found = [(sign.index, sign.news) for log in ([one, other], [other, one, other]) for sign in read_signs(log)]
    assert found == [(0, True), (1, True), (0, True), (1, True), (2, False)]


def looked(n: int, output: str = "") -> ReactStep:
    action = Action(action_id=f"a{n}", tool="survey", args={"at": n})
    result = StepResult(success=True, output=output or f"place {n} is fine")
    return ReactStep(turn=n, thought=f"thought {n}", action=action, observation=result)


def weighed(stone: str) -> ReactStep:
    action = Action(action_id=stone, tool="weigh", args={"what": stone})
    return ReactStep(turn=999, action=action, observation=StepResult(success=True, output=f"{len(stone)} kilos"))
