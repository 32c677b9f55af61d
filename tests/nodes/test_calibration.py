"""What was stated with confidence is held against what came of it."""

import random
from typing import Any

import pytest
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.nodes.calibration import Pair, pairs, reliability, threshold_for


def seen(confidence: float | None, success: bool = True, kind: str = "exception") -> dict[str, Any]:
    error = None if success else {"kind": kind, "message": "no"}
    return {"type": "observation", "action": {"confidence": confidence}, "result": {"success": success, "error": error}}


def stated(kind: str, confidence: float | None) -> dict[str, Any]:
    return {"type": kind, "confidence": confidence}


def actions(confidence: float, well: int, badly: int) -> list[Pair]:
    return [Pair("action", confidence, n < well) for n in range(well + badly)]


def test_an_action_went_well_or_not_and_one_that_did_not_run_says_nothing() -> None:
    log = [seen(0.9), seen(0.8, False), seen(0.7, False, "rejected"), seen(0.6, False, "refused"), seen(None)]
    log += [seen(0.5, False, "unfinished"), {"type": "thought"}]
    assert pairs(log) == [Pair("action", 0.9, True), Pair("action", 0.8, False), Pair("action", 0.7, False)]


@pytest.mark.parametrize(("status", "well"), [("done", True), ("failed", False), ("stopped", False)])
def test_a_plan_went_well_when_the_run_was_done_with_it(status: str, well: bool) -> None:
    end = {"type": "finished", "status": status}
    assert pairs([stated("plan", 0.9), end]) == [Pair("plan", 0.9, well)]
    assert pairs([stated("plan", 0.9), stated("revision", 0.6), end]) == [
        Pair("plan", 0.9, False),
        Pair("plan", 0.6, well),
    ]
    assert pairs([stated("plan", 0.9)]) == []
    assert pairs([stated("plan", None), end]) == []


def test_brier_and_calibration_error_are_what_their_definitions_say() -> None:
    table = reliability([*actions(0.9, 8, 2), *actions(0.25, 1, 3)])
    assert table.count == 14
    assert table.brier == pytest.approx((8 * 0.01 + 2 * 0.81 + 1 * 0.5625 + 3 * 0.0625) / 14)
    assert table.ece == pytest.approx((10 * 0.1 + 4 * 0.0) / 14)
    assert [(b.low, b.count, b.went_well) for b in table.bins] == [(0.2, 4, 0.25), (0.9, 10, 0.8)]


def test_who_is_always_right_when_sure_is_calibrated() -> None:
    table = reliability([*actions(1.0, 5, 0), *actions(0.0, 0, 5)])
    assert (table.brier, table.ece) == (0, 0)


def test_without_pairs_nothing_is_claimed() -> None:
    assert reliability([]).model_dump() == {"count": 0, "brier": None, "ece": None, "bins": []}


def test_the_threshold_is_the_lowest_confidence_that_is_good_enough() -> None:
    found = [*actions(0.95, 200, 0), *actions(0.8, 95, 5), *actions(0.5, 20, 80)]
    random.Random(1).shuffle(found)
    assert threshold_for(found, 0.95) == 0.8
    assert threshold_for(found, 0.98) == 0.95
    assert threshold_for(found, 0.999) is None


def test_a_few_lucky_ones_set_no_threshold() -> None:
    assert threshold_for(actions(0.9, 29, 0), 0.5) is None
    assert threshold_for(actions(0.9, 40, 0), 0.98) is None


def run_with(store: Any, **settings: Any) -> Agent:
    calls = [act("put", confidence=0.8, what=str(n)) for n in range(40)] + [act("put", confidence=0.75, what="x")]
    script = {"plan": lambda _: plan(subtask("a"), confidence=0.6), "think": lambda request: next(turns)}
    turns = iter([*calls, {"answer": "ok"}])
    return Agent(script, World().tools(), store=store, react_max_steps=60, confidence_threshold=0.79, **settings)


def test_the_report_holds_the_table_and_later_runs_learn_their_threshold(tmp_path: Any) -> None:
    first = run_with(tmp_path / "runs.db")
    first.run()
    while first.questions():
        state = first.answer_all(True)
    assert state["report"]["calibration"]["count"] == 42
    learned = run_with(tmp_path / "runs.db", thread="t2", desired_precision=0.9)
    learned.run()
    assert learned.questions() == {}, "0.6 and 0.75 went well often enough"


def test_with_too_few_runs_the_set_threshold_holds(tmp_path: Any) -> None:
    agent = run_with(tmp_path / "runs.db", desired_precision=0.9)
    agent.run()
    assert [q["reason"] for q in agent.questions().values()] == ["low_confidence"]
