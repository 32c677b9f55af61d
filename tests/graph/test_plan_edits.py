"""A person changes a plan of a running agent: what they say is checked, followed, and stands in the report."""

from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, World, asked, plan, subtask

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
GIVE_UP = {"thought": "no", "tool": "give_up", "args": {"reason": "it cannot be done this way"}}


@pytest.fixture
def world() -> World:
    return World()


def answers(request: Any) -> dict[str, Any]:
    return {"answer": f"{request.task_id} is done"}


def unsure(**more: Any) -> dict[str, Any]:
    return {"plan": [plan(subtask("a"), subtask("b", "a"), confidence=0.4)], "think": answers, **more}


@BOTH
def test_a_bad_change_asks_again_and_loses_nothing_and_a_good_one_is_followed(
    world: World, place: Path | str, colour: str
) -> None:
    agent = Agent(unsure(), world.tools(), store=place, colour=colour)
    agent.run()
    for steps, told in (
        ([{"op": "change", "task_id": "a", "dependencies": ["b"]}], "cycle"),
        ([{"op": "change", "task_id": "a", "tools": ["teleport"]}], "'teleport'; there are broken, fire, look"),
        ([{"op": "remove", "task_id": "nobody"}], "no subtask 'nobody' in the plan; there are a, b"),
    ):
        agent.answer_all({"type": "modify", "patch": steps})
        [question] = agent.questions().values()
        assert told in question["error"]
        assert [t["task_id"] for t in question["action_requests"][0]["args"]["plan"]] == ["a", "b"]
    steps = [
        {"op": "remove", "task_id": "a"},
        {"op": "add", "task_id": "c", "description": "Do c.", "dependencies": ["b"]},
    ]
    state = agent.answer_all({"type": "modify", "patch": steps, "message": "a is not needed."})
    assert (state["status"], state["answer"]) == ("done", "c is done")
    assert [(t["task_id"], t["dependencies"]) for t in state["plan"]] == [("b", []), ("c", ["b"])]
    [revision] = state["report"]["revisions"]
    assert (revision["by"], revision["reason"], revision["patch"]) == ("person", "a is not needed.", steps)
    assert "- changed by the person: removed a; added c (a is not needed.)" in state["report"]["summary"]


def test_more_subtasks_than_steps_are_left_are_refused_with_the_numbers(world: World) -> None:
    agent = Agent(unsure(), world.tools(), max_steps=3)
    agent.run()
    many = [{"op": "add", "task_id": f"n{n}", "description": f"Do {n}."} for n in range(2)]
    agent.answer_all({"type": "modify", "patch": many})
    [question] = agent.questions().values()
    assert "4 subtasks to do, and 3 of 3 steps are left" in question["error"]
    assert agent.answer_all({"type": "modify", "patch": many[:1]})["status"] == "done"


def test_a_person_sees_the_diff_of_a_replan_and_changes_just_that(world: World) -> None:
    script = {
        "plan": [plan(subtask("ok"), subtask("bad"), subtask("end", "bad", does="Then this."))],
        "replan": [
            plan(subtask("new", "ok", does="Another way."), subtask("end", "new", does="Then this."), confidence=0.3)
        ],
        "think": {"ok": [{"answer": "fine"}], "bad": [GIVE_UP], "new": answers, "end": answers},
    }
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "low_confidence")
    shown = question["action_requests"][0]["description"]
    for line in ("  + new: Another way. (after ok)", "  - bad: Do bad. [failed: it cannot be done this way]"):
        assert line in shown
    assert "  ~ end: Then this. (after new)\n    was: end: Then this. (after bad)\n  is done and stays: ok" in shown
    agent.answer_all({"type": "modify", "patch": [{"op": "change", "task_id": "ok", "description": "Do it over."}]})
    [question] = agent.questions().values()
    assert "'ok' is completed" in question["error"]
    change = [{"op": "change", "task_id": "new", "description": "A way of my own."}]
    state = agent.answer_all({"type": "modify", "patch": change, "message": "I know better."})
    assert state["status"] == "done"
    assert [r["by"] for r in state["revisions"]] == ["model", "person"]
    assert state["revisions"][1]["diff"] == {"added": ["new"], "removed": ["bad"], "modified": ["end"], "kept": ["ok"]}
    assert state["plan"][1]["description"] == "A way of my own."


def test_a_plan_that_failed_is_tried_again_only_when_the_person_insists(world: World) -> None:
    tries = iter([GIVE_UP, {"answer": "this time it went well"}])
    script = {
        "plan": [plan(subtask("a", does="Read the file."))],
        "replan": [plan(subtask("b", does="Query the table."), confidence=0.3)],
        "think": lambda request: next(tries),
    }
    agent = Agent(script, world.tools())
    agent.run()
    again = {"type": "modify", "plan": [subtask("a2", does="Read the FILE")]}
    agent.answer_all(again)
    [question] = agent.questions().values()
    assert "same as plan 1 of this run, which did not work" in question["error"]
    agent.answer_all({"type": "shrug"})
    state = agent.answer_all(again)
    assert (state["status"], state["answer"]) == ("done", "this time it went well")


def test_a_person_who_ends_the_run_over_a_plan_gets_a_summary(world: World) -> None:
    agent = Agent(unsure(), world.tools())
    agent.run()
    agent.answer_all({"type": "modify", "patch": [{"op": "remove", "task_id": "x"}]})
    state = agent.answer_all({"type": "abort", "message": "Not today."})
    assert (state["status"], state["report"]["summary"].splitlines()[0]) == (
        "aborted",
        "Aborted by the person. Not today.",
    )


def test_a_persons_change_is_in_the_log_and_counts_as_no_replan(world: World) -> None:
    agent = Agent(unsure(), world.tools())
    agent.run()
    state = agent.answer_all({"type": "modify", "patch": [{"op": "remove", "task_id": "b"}]})
    steps = [{"op": "remove", "task_id": "b"}]
    [edited] = [e for e in agent.graph.journal.events(state["run_id"]) if e["type"] == "edited"]
    assert (edited["patch"], edited["reason"]) == (steps, "")
    assert edited["diff"] == {"added": [], "removed": ["b"], "modified": [], "kept": ["a"]}
    assert (state["replans"], state["report"]["ladder"]) == (0, [])
