"""The node `reflect` of the main graph: done, go on, find another way, or the end."""

from typing import Any

import pytest

from surefoot.nodes.drive import drive
from surefoot.nodes.outcome import review_run
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import AgentState, SubTask, fresh_state


def review(*plan: tuple[str, str, list[str]], status: str = "running", gives_up: str = "", **more: Any) -> AgentState:
    tasks = [
        SubTask.model_validate({"task_id": i, "description": i, "status": s, "dependencies": d, "result": f"of {i}"})
        for i, s, d in plan
    ]
    given: Any = {"plan": [t.model_dump(mode="json") for t in tasks], "revisions": [{"gives_up": gives_up}]}
    return drive(review_run({**fresh_state(), **given, "status": status, **more}, NoRun()))


def test_all_completed_is_done() -> None:
    assert review(("a", "completed", []), ("b", "completed", ["a"])) == {"status": "done", "verdict": None}


def test_what_is_ready_goes_on_before_failures_are_dealt_with() -> None:
    assert review(("bad", "failed", []), ("free", "pending", [])) == {"status": "running"}


def test_a_failure_with_nothing_ready_asks_for_another_plan_and_says_why() -> None:
    update = review(("ok", "completed", []), ("bad", "failed", []), ("next", "pending", ["bad"]))
    assert update["status"] == "planning"
    assert update["verdict"] and (update["verdict"]["recommendation"], update["verdict"]["explanation"]) == (
        "replan",
        "bad: of bad",
    )


def test_what_the_attempt_itself_saw_is_not_overwritten() -> None:
    seen = {"diagnosis": "oscillation", "recommendation": "escalate"}
    assert review(("bad", "failed", []), verdict=seen)["verdict"] == seen


def test_a_plan_that_left_part_of_the_goal_out_is_not_called_done() -> None:
    update = review(("a", "completed", []), gives_up="The second half.")
    assert update == {"status": "failed", "reason": "The second half."}


@pytest.mark.parametrize("status", ["stopped", "aborted", "failed"])
def test_what_has_ended_stays_ended(status: str) -> None:
    assert review(("a", "pending", []), status=status) == {}
