"""Checks in a whole run: refused in plans, met by code, carried through replans, shown to a person, safe from a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
from nursery import Nursery
from scripted_agent import Agent, World, act, asked, plan, subtask

from surefoot.graph import open_store
from surefoot.nodes.acceptance import RETURNS
from surefoot.nodes.checks import MOST_CHECKS

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
GOLD = {"tool": "look", "args": {"at": "the mine"}, "expect": "contains", "value": "gold"}
SAW = {"tool": "look", "args": {"at": "the mine"}, "path": "", "expect": "contains", "value": "saw"}
DONE = {"answer": "Done."}


def checked(task_id: str, *checks: dict[str, Any], does: str = "") -> dict[str, Any]:
    return {**subtask(task_id, does=does), "checks": list(checks)}


@pytest.fixture
def world() -> World:
    return World()


@BOTH
def test_a_run_is_done_when_its_checks_are_met_and_reports_them(world: World, colour: str) -> None:
    state = Agent({"plan": [plan(checked("a", SAW))], "think": [DONE]}, world.tools(), colour=colour).run()
    assert state["status"] == "done"
    [result] = state["report"]["checks"]["a"]
    assert (result["outcome"], result["check"]["value"]) == ("passed", "saw")
    assert "checks passed: 1" in state["report"]["summary"]
    assert state["usage"]["steps"] == 0, "a look costs no step"


@BOTH
def test_a_report_that_is_not_so_fails_the_subtask_and_the_replanner_is_told(world: World, colour: str) -> None:
    told: list[str] = []

    def replan(request: Any) -> dict[str, Any]:
        told.append(str(request.messages[-1].text))
        return plan(gives_up="The mine has no gold.")

    script = {"plan": [plan(checked("a", GOLD))], "think": [DONE] * (RETURNS + 1), "replan": replan}
    state = Agent(script, world.tools(), colour=colour).run()
    assert state["status"] == "failed"
    assert (
        'Reason: Its checks were not met: look(at="the mine") contains "gold": not met; found: saw the mine' in told[0]
    )
    assert "Its report was: Done." in told[0]
    assert 'Checks: [{"tool": "look", "args": {"at": "the mine"}, "expect": "contains", "value": "gold"}]' in told[0]
    assert state["report"]["checks"]["a"][0]["outcome"] == "failed"


@pytest.mark.parametrize(
    ("checks", "why"),
    [
        ([{"tool": "lok", "expect": "exists"}], "no tool named 'lok'; did you mean look"),
        ([{"tool": "put", "args": {"what": "x"}, "expect": "exists"}], "cannot call put: it may change something"),
        ([{"tool": "undeclared", "args": {"what": "x"}, "expect": "exists"}], "cannot call undeclared"),
        ([{"tool": "give_up", "args": {"reason": "x"}, "expect": "exists"}], "no tool named 'give_up'"),
        ([{"tool": "look", "args": {"where": "x"}, "expect": "exists"}], "It takes: at (string)"),
        ([{"expect": "matches", "value": "(a+)+\\1"}], "RE2"),
        ([{"expect": "is good", "value": 1}], "only exists, absent, equals"),
        ([{"expect": "schema", "value": {"$ref": "#"}}], "$ref"),
        ([SAW] * (MOST_CHECKS * 10), f"at most {MOST_CHECKS}"),
        ([{"expect": "min", "value": 5}, {"expect": "max", "value": 3}], "never both hold"),
        ([{"expect": "contains", "value": "x"}, {"expect": "lacks", "value": "x"}], "never both hold"),
        ([{**SAW, "expect": "exists"}, {**SAW, "expect": "absent"}], "never both hold"),
    ],
)
def test_checks_that_cannot_be_used_are_refused_when_the_plan_is_made(
    world: World, checks: list[dict[str, Any]], why: str
) -> None:
    told: list[str] = []

    def propose(request: Any) -> dict[str, Any]:
        told.append(str(request.messages[-1].text))
        return plan(checked("a", *(checks if len(told) == 1 else [SAW])))

    state = Agent({"plan": propose, "think": [DONE]}, world.tools()).run()
    assert why in told[1]
    assert state["status"] == "done" and [c["value"] for c in state["plan"][0]["checks"]] == ["saw"]


def test_a_plan_whose_checks_stay_unusable_goes_on_without_them_and_says_so(world: World, tmp_path: Path) -> None:
    bad = {"tool": "put", "args": {"what": "x"}, "expect": "exists"}
    store = open_store(tmp_path / "runs.db")
    agent = Agent({"plan": [plan(checked("a", bad, SAW))] * 2, "think": [DONE]}, world.tools(), store=store)
    state = agent.run()
    assert state["status"] == "done" and [c["value"] for c in state["plan"][0]["checks"]] == ["saw"]
    [event] = [e for e in store.events(state["run_id"]) if e["type"] == "checks_left_out"]
    assert "cannot call put" in event["why"][0]
    store.close()


def failing_then(replan: dict[str, Any], world: World, **settings: Any) -> Agent:
    think = {"a": [DONE] * (RETURNS + 1), "b": [DONE] * (RETURNS + 1)}
    return Agent({"plan": [plan(checked("a", GOLD))], "think": think, "replan": [replan]}, world.tools(), **settings)


def test_a_replan_that_keeps_the_checks_is_followed_unasked(world: World) -> None:
    def replan(request: Any) -> dict[str, Any]:
        return plan(checked("b", GOLD, does="Dig in the hills.")) if not world.did[5:] else plan(gives_up="No gold.")

    script = {"plan": [plan(checked("a", GOLD))], "think": lambda request: DONE, "replan": replan}
    agent = Agent(script, world.tools())
    assert agent.run()["status"] == "failed"
    assert agent.questions() == {}


@pytest.mark.parametrize("weaker", [[], [{**GOLD, "value": "saw"}], [SAW], [{"expect": "exists"}]])
def test_a_replan_that_drops_or_changes_a_check_is_put_before_a_person(
    world: World, weaker: list[dict[str, Any]]
) -> None:
    agent = failing_then(plan(checked("b", *weaker, does="Look elsewhere.")), world)
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "dropped_checks")
    request = question["action_requests"][0]
    assert request["args"]["dropped_checks"] == ['a: look(at="the mine") contains "gold"']
    assert 'gone or changed: a: look(at="the mine") contains "gold"' in request["description"]
    assert agent.answer_all(True)["status"] == "done"


def test_a_dropped_check_is_on_record_where_no_person_is_asked(world: World) -> None:
    state = failing_then(plan(checked("b", does="Look elsewhere.")), world, approvals="auto").run()
    assert state["status"] == "done"
    assert [d["reason"] for d in state["report"]["checkpoints"]] == ["dropped_checks"]
    assert state["report"]["revisions"][-1]["dropped"] == ['a: look(at="the mine") contains "gold"']


def test_a_plan_with_its_check_put_right_is_another_plan(world: World) -> None:
    agent = failing_then(plan(checked("b", SAW, does="Do a.")), world)
    agent.run()
    [question] = agent.questions().values()
    assert asked(question)[1] == "dropped_checks", "and not taken for a repeat"
    assert agent.answer_all(True)["status"] == "done"


def test_a_subtask_that_is_kept_keeps_its_checks(world: World) -> None:
    first = plan(subtask("a"), {**checked("b", SAW), "dependencies": ["a"]})
    replan = plan(subtask("c", does="Otherwise."), {**subtask("b"), "dependencies": ["c"]})
    script = {
        "plan": [first],
        "think": {"a": [act("give_up", reason="no")], "b": [DONE], "c": [DONE]},
        "replan": [replan],
    }
    agent = Agent(script, world.tools())
    state = agent.run()
    assert state["status"] == "done" and agent.questions() == {}
    assert state["report"]["checks"]["b"][0]["outcome"] == "passed"


def test_a_person_sees_the_checks_and_may_edit_them(world: World) -> None:
    agent = Agent({"plan": [plan(checked("a", GOLD), confidence=0.1)], "think": [DONE]}, world.tools())
    agent.run()
    [question] = agent.questions().values()
    request = question["action_requests"][0]
    assert request["args"]["plan"][0]["checks"][0]["value"] == "gold"
    assert 'check: look(at="the mine") contains "gold"' in request["description"]
    edited = {**checked("a", {**GOLD, "tool": "put"})}
    agent.answer_all({"type": "modify", "plan": [edited]})
    [question] = agent.questions().values()
    assert "cannot be used" in question["error"] or "cannot call put" in question["error"]
    assert agent.answer_all({"type": "modify", "plan": [checked("a", SAW)]})["status"] == "done"


def test_a_plan_without_checks_is_asked_about_as_ever(world: World) -> None:
    agent = Agent({"plan": [plan(subtask("a"), confidence=0.1)], "think": [DONE]}, world.tools())
    agent.run()
    [question] = agent.questions().values()
    assert "checks" not in question["action_requests"][0]["args"]["plan"][0]


def test_what_no_step_shows_is_noted_beside_the_answer_and_fails_nothing(world: World) -> None:
    think = [act("look", at="41.25 tons"), {"answer": "There are 41.25 tons in 3 heaps, worth 77,301 dollars."}]
    state = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools()).run()
    assert state["status"] == "done"
    assert state["report"]["unshown"] == {"a": ["77,301"]}
    assert "no step shows 77,301" in state["report"]["summary"]


def test_a_run_killed_in_a_check_goes_on_with_it(
    tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = f"""
import json, os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from scripted_agent import Agent, plan, act
from surefoot.tools import tool_effect
note = Path("looks.log")

@tool_effect("read_only")
def look() -> str:
    "Look."
    with note.open("a") as log:
        log.write("look\\n")
    if len(note.read_text().split()) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return "nothing" if len(note.read_text().split()) == 1 else "gold"

check = {{"tool": "look", "expect": "equals", "value": "gold"}}
said = Path("said.log")
def think(request):
    with said.open("a") as log:
        log.write("said\\n")
    return {{"answer": "Done."}}
script = {{"plan": [plan({{"task_id": "a", "description": "Do a.", "checks": [check]}})], "think": think}}
agent = Agent(script, [look], store="runs.db")
known = agent.graph.get_state(agent.config)
state = agent.run() if not known.created_at else agent.again()
print(json.dumps([state["status"], state["report"]["checks"]["a"][0]["outcome"], len(state["revisions"])]))
"""
    script = tmp_path / "killed.py"
    script.write_text(code)
    first = nursery.start_file(script)
    said, _ = first.communicate()
    assert first.returncode == -9, said[-2000:]
    said, _ = nursery.start_file(script).communicate()
    assert json.loads(said.splitlines()[-1]) == ["done", "passed", 1], said[-2000:]
    assert (tmp_path / "said.log").read_text().count("said") == 2, "no reply of the model is asked for twice"
