"""The nodes `budget`: work goes on until a limit is used up, and then says which."""

from typing import Any

import pytest

from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.drive import drive
from surefoot.nodes.gates import gate_attempt, gate_run
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import BudgetStatus, ReactState


class Spending(NoRun):
    def __init__(self, steps: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.budget = BudgetManager(max_steps=10, max_tokens=None, max_time_seconds=None)
        self.budget.charge(steps=steps)

    def status(self) -> BudgetStatus:
        return self.budget.status()

    def record(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def explain(self) -> str:
        return self.budget.explain()


class OverShare(Spending):
    def share(self, task_id: str) -> tuple[BudgetStatus, str]:
        return BudgetStatus.EXCEEDED, f"{task_id} has used its share."


def at_work(**more: Any) -> ReactState:
    return {"turn": 1, "subtask": {"task_id": "a"}, **more}  # type: ignore[typeddict-item]


def test_over_its_share_an_attempt_ends_once_what_is_asked_for_has_run() -> None:
    assert drive(gate_attempt(at_work(queue=[{}]), OverShare(0))) == {}
    outcome = drive(gate_attempt(at_work(queue=[]), OverShare(0)))["outcome"]
    assert outcome == {"ended": "share", "reason": "a has used its share."}
    assert drive(gate_attempt(at_work(), OverShare(10)))["outcome"]["ended"] == "budget"  # type: ignore[index]


@pytest.mark.parametrize("steps", [0, 9])
def test_while_something_is_left_work_goes_on(steps: int) -> None:
    assert drive(gate_run({}, Spending(steps))) == {}
    assert drive(gate_attempt(at_work(), Spending(steps))) == {}


def test_a_used_up_limit_stops_the_run_and_names_it() -> None:
    update = drive(gate_run({"status": "running"}, Spending(10)))
    assert update["status"] == "stopped"
    assert "10" in update["reason"]


def test_a_used_up_limit_ends_the_attempt_without_a_failure_of_its_own() -> None:
    outcome = drive(gate_attempt({}, Spending(11)))["outcome"]
    assert outcome and outcome["ended"] == "budget"
    assert "steps" in outcome["reason"]


@pytest.mark.parametrize(("turn", "told"), [(0, [("subtask", "a", "in_progress")]), (3, [])])
def test_an_attempt_is_announced_when_it_begins_and_not_at_each_turn(turn: int, told: list[tuple[str, ...]]) -> None:
    run = Spending(0)
    drive(gate_attempt({"turn": turn, "subtask": {"task_id": "a"}}, run))
    assert [(e["type"], e["task_id"], e["status"]) for e in run.events] == told
