"""Replanner alone: what is finished stays, what failed does not come again, and no plan runs twice."""

import asyncio
from typing import Any

import pytest

from surefoot.graph import ScriptedModel
from surefoot.nodes import PlanHistory, ReflectionResult, Replanner, Revision, SubTask
from surefoot.nodes.drive import drive
from surefoot.nodes.replan import diff
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import AgentState, fresh_state
from surefoot.tools.errors import PlanError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
FAILED = [{"task_id": "bad", "reason": "no such file", "approaches": [{"tool": "read", "args": {}, "error": "gone"}]}]


def task(task_id: str, *needs: str, does: str = "", status: str = "pending", result: str | None = None) -> SubTask:
    fields = {"task_id": task_id, "description": does or f"Do {task_id}.", "dependencies": list(needs)}
    return SubTask.model_validate({**fields, "status": status, "result": result})


def draft(*subtasks: SubTask, **more: Any) -> dict[str, Any]:
    fields = {"task_id", "description", "dependencies", "acceptance"}
    return {"subtasks": [t.model_dump(include=fields) for t in subtasks], "confidence": 0.9, **more}


PLAN = [task("ok", status="completed", result="fine"), task("bad", status="failed"), task("end", "bad")]


def replan(
    *replies: Any, plan: list[SubTask] = PLAN, history: PlanHistory | None = None, colour: str = "sync", **more: Any
) -> Revision:
    replanner = Replanner(ScriptedModel({"replan": list(replies)}), tries=more.pop("tries", 2))
    given = (plan, more.pop("failed", FAILED), more.pop("reflection", None), history or PlanHistory())
    return asyncio.run(replanner.areplan(*given)) if colour == "async" else replanner.replan(*given)


@BOTH
def test_a_revision_keeps_what_is_finished_and_says_what_changed(colour: str) -> None:
    revision = replan(draft(task("new", "ok"), task("end", "new")), colour=colour)
    assert [(t.task_id, t.status.value, t.result) for t in revision.plan] == [
        ("ok", "completed", "fine"),
        ("new", "pending", None),
        ("end", "pending", None),
    ]
    changes = {"added": ["new"], "removed": ["bad"], "modified": ["end"], "kept": ["ok"]}
    assert revision.diff.model_dump() == changes
    assert (revision.confidence, revision.refused) == (0.9, "")


def test_a_finished_subtask_that_is_listed_again_stays_as_it_is() -> None:
    revision = replan(draft(task("ok"), task("new", "ok")))
    assert [(t.task_id, t.result) for t in revision.plan] == [("ok", "fine"), ("new", None)]


@pytest.mark.parametrize(("old", "status"), [("ok", "finished"), ("bad", "failed")])
def test_the_id_of_a_subtask_that_ended_is_not_given_to_another(old: str, status: str) -> None:
    revision = replan(draft(task(old, does="Something else."), task("end", old)))
    assert [(t.task_id, t.dependencies) for t in revision.plan][1:] == [(f"{old}_2", []), ("end", [f"{old}_2"])]


def test_nor_is_an_id_that_failed_two_plans_ago() -> None:
    failed = [{"task_id": "older", "reason": "no"}, {"task_id": "older_2", "reason": "no"}, *FAILED]
    revision = replan(draft(task("older", does="A third way."), task("older_3", does="And this.")), failed=failed)
    assert [t.task_id for t in revision.plan] == ["ok", "older_4", "older_3"]


def test_a_plan_a_person_sent_back_takes_no_id_from_what_is_still_to_do() -> None:
    """Its rejection stands among the failures under the name `plan`, which may be a subtask's name too."""
    failed = [{"task_id": "plan", "reason": "not wanted"}]
    plan = [PLAN[0], task("plan", "ok"), task("end", "plan")]
    assert [t.task_id for t in replan(draft(task("plan", "ok")), plan=plan, failed=failed).plan] == ["ok", "plan"]


def test_a_subtask_that_was_not_reached_keeps_its_id_and_its_attempts() -> None:
    plan = [*PLAN[:2], task("end", "bad").model_copy(update={"attempts": 1})]
    revision = replan(draft(task("new"), task("end", "new")), plan=plan)
    assert [(t.task_id, t.attempts) for t in revision.plan][1:] == [("new", 0), ("end", 1)]


def test_a_plan_that_came_before_is_refused_whatever_it_is_called() -> None:
    history = PlanHistory()
    history.add([PLAN[0], task("first", does="Read the file.")])
    history.add([PLAN[0], task("second", does="Query the file.")])
    assert "plan 2" in replan(draft(task("x", does="query: THE FILE")), history=history).refused
    retold = draft(task("x", does="Tally, for each region, all orders of 2024."))
    history.add([PLAN[0], task("third", does="Count the orders of 2024 per region.")])
    assert "plan 3" in replan(retold, history=history).refused
    assert replan(draft(task("x", does="Count the lines.")), history=history).refused == ""


def test_a_history_knows_plans_by_number_and_survives_as_json() -> None:
    history = PlanHistory()
    first, second = [task("a", does="One.")], [task("b", does="Two.")]
    assert history.add(first) == history.add(first)
    history.add(second)
    again = PlanHistory(history.dump())
    assert (again.repeats(first), again.repeats(second), again.repeats([task("c", does="Three.")])) == (1, 2, None)
    assert len(again.dump()) == 2


@BOTH
def test_a_revision_that_is_no_dag_is_sent_back_and_in_the_end_refused(colour: str) -> None:
    cycle, good = draft(task("x", "x")), draft(task("x"))
    assert replan(cycle, good, colour=colour).diff.added == ["x"]
    with pytest.raises(PlanError, match="cycle: x -> x"):
        replan(cycle, cycle, colour=colour)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (draft(), "no subtasks left to do"),
        (draft(task("ok")), "no subtasks left to do"),
        (draft(task("x", "bad")), "depends on 'bad'"),
        (draft(task(" ")), "empty id"),
        ({"subtasks": [{"task_id": "x", "description": " "}]}, "has no description"),
    ],
)
def test_a_revision_nobody_could_follow_is_refused(reply: dict[str, Any], why: str) -> None:
    with pytest.raises(PlanError, match=why):
        replan(reply, tries=1)


def test_giving_up_what_is_left_needs_a_reason() -> None:
    revision = replan(draft(gives_up="No tool can do it."))
    assert ([t.task_id for t in revision.plan], revision.gives_up) == (["ok"], "No tool can do it.")


def test_the_model_is_told_what_failed_why_and_what_was_tried() -> None:
    seen: list[str] = []

    def reply(request: Any) -> dict[str, Any]:
        seen.extend(str(m.text) for m in request.messages)
        return draft(task("new"))

    verdict = ReflectionResult(diagnosis="no_progress", recommendation="replan", explanation="It went in circles.")
    failed = [*FAILED, {"task_id": "end", "reason": ""}]
    Replanner(ScriptedModel({"replan": reply})).replan(PLAN, failed, verdict, PlanHistory(), goal="Find it.")
    told = "\n".join(seen)
    for words in ("Find it.", "no such file", "read({})", "gone", "fine", "Do bad.", "It went in circles."):
        assert words in told


def test_diff_tells_text_and_dependencies_from_what_is_kept() -> None:
    old = [task("a"), task("b", "a"), task("c"), task("d", "a", "b")]
    new = [task("d", "b", "a"), task("a", does="Other."), task("b"), task("e")]
    assert diff(old, new).model_dump() == {"added": ["e"], "removed": ["c"], "modified": ["a", "b"], "kept": ["d"]}


def state(*history: dict[str, Any]) -> AgentState:
    plan = [t.model_dump(mode="json") for t in PLAN]
    return {
        **fresh_state(),
        "goal": "Do it.",
        "workspace": "",
        "plan": plan,
        "failures": FAILED,
        "history": list(history),
    }


def propose(given: AgentState, *replies: Any) -> AgentState:
    return drive(Replanner(ScriptedModel({"replan": list(replies)})).propose(given, NoRun()))


def test_the_node_sends_a_repetition_back_once_and_counts_both() -> None:
    known = PlanHistory()
    known.add([PLAN[0], task("x", does="Query it.")])
    [mark] = known.dump()
    repeated, other = draft(task("x", does="Query it.")), draft(task("x", does="Count it."))
    update = propose(state(mark), repeated, other)
    assert (update["replans"], update["proposal"] and update["proposal"]["refused"]) == (2, "")
    update = propose(state(mark), repeated, repeated)
    assert update["proposal"] and "plan 1" in update["proposal"]["refused"]


def test_the_node_ends_the_run_when_all_that_is_left_is_given_up() -> None:
    update = propose(state(), draft(gives_up="No tool can do it."))
    assert (update["status"], update["reason"]) == ("failed", "No tool can do it.")


def test_the_node_ends_the_run_when_no_plan_can_be_made() -> None:
    update = propose(state(), draft(task("x", "x")), draft(task("x", "x")))
    assert (update["status"], update["replans"]) == ("failed", 1)
    assert "cycle" in update["reason"]
