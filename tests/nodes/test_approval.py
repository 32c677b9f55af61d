"""An approval counts for exactly what was shown, and is checked again right before the action."""

from typing import Any

import pytest
from scripted_agent import World

from surefoot.graph import ScriptedModel
from surefoot.nodes import Action, ReactLoop, StepExecutor, SubTask
from surefoot.nodes.drive import drive
from surefoot.nodes.react import start_state
from surefoot.nodes.run import NoRun


def act(world: World, **action: Any) -> Any:
    loop = ReactLoop(ScriptedModel({}), StepExecutor(world.tools()))
    state = start_state(SubTask(task_id="a", description="d"), goal="g", known={})
    batch = [Action(action_id="a.1", call_id="c", **action).model_dump(mode="json")]
    return drive(loop.act_approved({**state, "batch": batch}, NoRun()))


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


def test_what_needs_no_approval_runs_without_one() -> None:
    world = World()
    act(world, tool="put", args={"what": "x"})
    assert world.did == ["put x"]
