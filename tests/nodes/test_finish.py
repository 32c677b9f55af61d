"""The end of a run: an answer where there is one, and always a report of what was done and what is left."""

import asyncio
import json
from typing import Any

import pytest

from surefoot.graph import ScriptedModel
from surefoot.nodes.drive import adrive, drive
from surefoot.nodes.finish import Finisher, summarise
from surefoot.nodes.reservations import Cost, Grant
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import AgentState, SubTask, Usage, fresh_state
from surefoot.tools.errors import ModelError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


def task(task_id: str, *needs: str, status: str = "pending", result: str | None = None) -> dict[str, Any]:
    fields = {"task_id": task_id, "description": f"Do {task_id}.", "dependencies": list(needs), "status": status}
    return SubTask.model_validate({**fields, "result": result}).model_dump(mode="json")


def state(*plan: dict[str, Any], status: str = "done", **more: Any) -> AgentState:
    return {**fresh_state(), "goal": "G.", "status": status, "plan": list(plan), **more}  # type: ignore[typeddict-item]


def finish(given: AgentState, script: Any = (), *, colour: str = "sync", run: NoRun | None = None) -> AgentState:
    core = Finisher(ScriptedModel({"finish": list(script)})).finish(given, run or NoRun())
    return asyncio.run(adrive(core)) if colour == "async" else drive(core)


DONE = task("a", status="completed", result="forty-two")


@BOTH
def test_the_last_report_is_the_answer_and_costs_no_call(colour: str) -> None:
    update = finish(state(DONE, task("b", "a", status="completed", result="the end")), colour=colour)
    assert update["answer"] == "the end"
    assert [d["result"] for d in update["report"]["done"]] == ["forty-two", "the end"]


@BOTH
def test_several_loose_ends_are_joined_by_the_model(colour: str) -> None:
    update = finish(state(DONE, task("b", status="completed", result="blue")), ["Forty-two and blue."], colour=colour)
    assert update["answer"] == "Forty-two and blue."


@pytest.mark.parametrize("script", [[ModelError("The endpoint is down.")], [""]])
def test_without_the_model_the_reports_are_the_answer(script: list[Any]) -> None:
    answer = finish(state(DONE, task("b", status="completed", result="blue")), script)["answer"]
    assert "forty-two" in answer and "blue" in answer


def test_the_joining_call_may_use_what_was_kept_back_and_does_without_when_that_is_gone() -> None:
    class Broke(NoRun):
        wrap_up: bool | None = None

        def reserve(self, cost: Cost, *, node: str, task_id: str, wrap_up: bool = False) -> Grant:
            self.wrap_up = wrap_up
            return None

    run = Broke()
    answer = finish(state(DONE, task("b", status="completed", result="blue")), run=run)["answer"]
    assert run.wrap_up is True
    assert "forty-two" in answer and "blue" in answer


def test_a_run_that_was_stopped_says_what_it_had_found() -> None:
    log = [{"action": {"tool": "look", "args": {"at": "x"}}, "observation": {"success": True, "output": "eleven"}}]
    left = state(DONE, task("b"), task("c"), status="stopped", left_off={"b": {"log": log}})
    answer = finish(left)["answer"]
    assert answer.startswith("Stopped by the budget.")
    assert answer.endswith('Found out last for: Do b.\nlook({"at": "x"}) -> eleven') and "for: Do c." not in answer


@pytest.mark.parametrize(
    ("status", "head"),
    [("stopped", "Stopped by the budget."), ("aborted", "Aborted by the person."), ("failed", "Not reached.")],
)
def test_a_run_that_was_not_done_is_never_answered_as_if_it_were(status: str, head: str) -> None:
    update = finish(state(DONE, task("b", "a"), status=status, reason="Because."))
    assert update["answer"] == update["report"]["summary"]
    assert update["answer"].startswith(f"{head} Because.")
    assert "forty-two" in update["answer"]


def test_a_run_that_never_had_a_plan_has_a_report_too() -> None:
    update = finish(state(status="failed", reason="No plan could be made."))
    assert (update["report"]["done"], update["report"]["left"]) == ([], [])
    assert "No plan could be made." in update["answer"]


def test_what_is_left_is_said_with_why() -> None:
    plan = [DONE, task("bad", status="failed", result="broke"), task("next", "bad"), task("free")]
    given = state(*plan, status="failed", failures=[{"task_id": "bad", "reason": "no key"}])
    left = {item["task_id"]: item["why"] for item in finish(given)["report"]["left"]}
    assert left == {"bad": "no key", "next": "needs what failed", "free": "not reached"}


def test_what_was_given_up_is_left_and_said() -> None:
    given = state(DONE, status="failed", revisions=[{"gives_up": "The second half."}, {"gives_up": ""}])
    assert finish(given)["report"]["left"] == [{"task_id": "", "description": "given up", "why": "The second half."}]


def test_the_report_holds_everything_and_is_plain_json() -> None:
    evidence = {"a": [{"tool": "look", "args": {}, "action_id": "1"}]}
    report = finish(state(DONE, evidence=evidence, decisions=[{"asked": "fire"}], revisions=[{"gives_up": ""}]))[
        "report"
    ]
    names = {"summary", "done", "left", "evidence", "usage", "checkpoints", "revisions", "calibration", "ladder"}
    names |= {"checks", "unshown", "blames", "drift"}
    assert set(report) == names
    assert (report["evidence"], report["checkpoints"]) == (evidence, [{"asked": "fire"}])
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize(
    ("usage", "says"),
    [
        (Usage(steps=3, tokens=12_000, seconds=1.5), "3 actions, 12,000 tokens, 1.5 s."),
        (Usage(tokens=5, estimated=True, usd=0.25), "0 actions, about 5 tokens, 0.0 s, $0.2500."),
    ],
)
def test_the_summary_ends_with_what_was_spent(usage: Usage, says: str) -> None:
    assert summarise(state(), [], usage).endswith(says)


def test_the_summary_of_a_long_run_stays_readable() -> None:
    plan = [SubTask.model_validate(task(f"t{n}", status="completed", result="x" * 10_000)) for n in range(50)]
    text = summarise(state(replans=2), plan, Usage())
    assert len(text) < 50 * 500
    assert "2 replans" in text


def test_what_is_finished_is_in_hand_whole_although_the_run_was_not_done() -> None:
    table = "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 60
    done = task("a", status="completed", result=table)
    answer = finish(state(done, task("b", status="failed", result="no"), status="failed"))["answer"]
    assert answer.startswith("Not reached.")
    assert table in answer
