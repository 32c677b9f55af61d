"""The nodes `budget`: work goes on until a limit is used up, and then says which."""

import pytest

from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.drive import drive
from surefoot.nodes.gates import gate_attempt, gate_run
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import BudgetStatus


class Spending(NoRun):
    def __init__(self, steps: int) -> None:
        self.budget = BudgetManager(max_steps=10, max_tokens=None, max_time_seconds=None)
        self.budget.charge(steps=steps)

    def status(self) -> BudgetStatus:
        return self.budget.status()

    def explain(self) -> str:
        return self.budget.explain()


@pytest.mark.parametrize("steps", [0, 9])
def test_while_something_is_left_work_goes_on(steps: int) -> None:
    assert drive(gate_run({}, Spending(steps))) == {}
    assert drive(gate_attempt({}, Spending(steps))) == {}


def test_a_used_up_limit_stops_the_run_and_names_it() -> None:
    update = drive(gate_run({"status": "running"}, Spending(10)))
    assert update["status"] == "stopped"
    assert "10" in update["reason"]


def test_a_used_up_limit_ends_the_attempt_without_a_failure_of_its_own() -> None:
    outcome = drive(gate_attempt({}, Spending(11)))["outcome"]
    assert outcome and outcome["ended"] == "budget"
    assert "steps" in outcome["reason"]
