"""The judgement benchmark: its traces are what its scenes make, and stuck detection is as good on them as is claimed."""

import itertools
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.judgement import ladder
from benchmarks.judgement.ablation import ABILITIES, without
from benchmarks.judgement.command import TRACES
from benchmarks.judgement.detectors import counting, replanned, told
from benchmarks.judgement.score import Alarm, Score, Verdict, score
from benchmarks.judgement.sets import make_set
from benchmarks.judgement.trace import Trace, load, save


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return load(TRACES)


@pytest.fixture(scope="module")
def alarms(traces: list[Trace]) -> dict[str, Alarm]:
    """What surefoot tells of each trace, by name."""
    return {trace.name: told(trace) for trace in traces}


def measured(traces: list[Trace], detect, *, held_out: bool | None = None) -> Score:
    here = [trace for trace in traces if held_out in (None, trace.held_out)]
    return score(here, [detect(trace) for trace in here])


def test_the_published_traces_are_what_the_scenes_make(traces: list[Trace], tmp_path: Path) -> None:
    save(make_set("known"), tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == TRACES.read_text(), (
        "write them: python -m benchmarks judgement --write"
    )


def test_half_of_them_are_patient_work_and_no_two_are_the_same(traces: list[Trace]) -> None:
    assert len(traces) >= 150
    assert 0.4 < sum(trace.stuck for trace in traces) / len(traces) < 0.6
    assert Counter(trace.name for trace in traces).most_common(1)[0][1] == 1
    assert len({str(trace.log) for trace in traces}) > 0.9 * len(traces)
    assert {trace.field for trace in traces} == {"coding", "data", "web", "ops", "office"}


@pytest.mark.parametrize("held_out", [False, True])
def test_trouble_is_told_early_and_patient_work_is_left_alone(
    traces: list[Trace], alarms: dict[str, Alarm], held_out: bool
) -> None:
    seen = measured(traces, lambda trace: alarms[trace.name], held_out=held_out)
    assert seen.precision >= 0.98
    assert seen.recall >= 0.95
    assert seen.false <= 0.02 * seen.patient
    assert seen.wasted is not None and seen.wasted <= 2
    assert seen.grounded == seen.found


def test_what_ends_an_attempt_is_never_patient_work_and_misses_drift_alone(traces: list[Trace]) -> None:
    ended = [replanned(trace) for trace in traces]
    assert score(traces, ended).false == 0
    missed = {t.family for t, a in zip(traces, ended, strict=True) if t.stuck and a is None}
    assert missed <= {"drift", "wander"}


@pytest.mark.parametrize(
    ("name", "figures"),
    [("fresh", (1.0, 0.927, 0)), ("plain", (1.0, 0.995, 0)), ("sealed", (0.979, 0.922, 3))],
)
def test_scenes_by_other_authors_are_told_as_well_as_is_published(name: str, figures: tuple[float, float, int]) -> None:
    seen = measured(make_set(name), told)
    assert (round(seen.precision, 3), round(seen.recall, 3), seen.false) == figures


def test_counting_calls_is_worse_at_both(traces: list[Trace]) -> None:
    counted = measured(traces, counting(3))
    assert counted.precision < 0.7
    assert counted.recall < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("ability", ABILITIES)
def test_no_ability_is_for_nothing(traces: list[Trace], alarms: dict[str, Alarm], ability: str) -> None:
    others = [*make_set("fresh"), *make_set("plain"), *make_set("sealed")]
    alarms = alarms | {trace.name: told(trace) for trace in others}
    whole = measured([*traces, *others], lambda trace: alarms[trace.name])
    with without(ability):
        less = measured([*traces, *others], told)
    assert (less.found - less.false, -less.late) < (whole.found - whole.false, -whole.late)


def test_an_alarm_before_anything_happened_twice_is_a_false_one(traces: list[Trace]) -> None:
    stuck = next(trace for trace in traces if trace.stuck)
    at = stuck.trouble[1]
    assert score([stuck], [Verdict(at)]).false == 1
    assert score([stuck], [Verdict(at + 1)]).found == 1
    assert score([stuck], [Verdict(at + 1, (0, 1))]).grounded == (stuck.trouble[:2] == [0, 1])


RUNG = dict(zip(ladder.MINDS, ("nudge", "model", "replan", "human", None), strict=True))


@pytest.mark.parametrize(("block", "mind"), [("failing", m) for m in ladder.MINDS] + [("silent", "needs a person")])
def test_each_rung_helps_the_worker_that_needs_it(block: str, mind: str) -> None:
    figures, used = ladder.run(block, mind)
    assert figures["reached"] == (mind != "never")
    assert [use["rung"] for use in used if use["helped"]] == ([RUNG[mind]] if RUNG[mind] else [])
    lower = list(itertools.takewhile(lambda use: use["rung"] != RUNG[mind], used))
    assert all(use["uses"] and not use["helped"] for use in lower)


@pytest.mark.parametrize(("missing", "mind"), [("nudge", "heeds a word"), ("model", "needs a stronger model")])
def test_without_its_rung_a_worker_does_not_get_there(missing: str, mind: str) -> None:
    assert ladder.run("failing", mind, missing)[0]["reached"] == 0
