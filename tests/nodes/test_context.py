"""What the model sees of its earlier turns: whole, shortened, or a line each, within a bound, with a steady beginning."""

import itertools
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes import context
from surefoot.nodes.react import start_state
from surefoot.nodes.state import StepResult, SubTask

ROOM = 4000 * context.CHARS_PER_TOKEN


def step(turn: int, output: Any = "seen", *, thought: str = "", tool: str = "look", **result: Any) -> dict[str, Any]:
    action = {"tool": tool, "args": {"at": f"place {turn}"}, "call_id": f"c{turn}", "action_id": f"a{turn}"}
    observation = {"success": True, "output": output, **result}
    return {"turn": turn, "thought": thought, "action": action, "observation": observation}


def messages(*log: dict[str, Any], known: dict[str, str] | None = None, **more: Any) -> list[BaseMessage]:
    state = {**start_state(SubTask(task_id="a", description="Do a."), goal="G.", known=known or {}), "log": list(log)}
    options = {
        "asking": [],
        "confident": False,
        "secrets": {},
        "context_tokens": 4000,
        "inline_chars": 12_000,
        "wrap_up": False,
        "last_turn": False,
    }
    return context.messages(state, **{**options, **more})  # type: ignore[arg-type, typeddict-item]


def size(said: list[BaseMessage]) -> int:
    return sum(len(str(m.text)) for m in said[2:])


def test_a_turn_is_its_thought_its_calls_and_one_result_for_each() -> None:
    two = step(1, "second", tool="put")
    two["action"]["call_id"] = "other"
    said = messages(step(1, "first", thought="Both."), two)
    assert [type(m) for m in said] == [SystemMessage, HumanMessage, AIMessage, ToolMessage, ToolMessage]
    thought, one, other = said[2:]
    assert isinstance(thought, AIMessage) and thought.text == "Both."
    assert [c["id"] for c in thought.tool_calls] == ["c1", "other"]
    assert isinstance(one, ToolMessage) and isinstance(other, ToolMessage)
    assert [(m.tool_call_id, m.name, m.text) for m in (one, other)] == [
        ("c1", "look", "first"),
        ("other", "put", "second"),
    ]


def test_an_error_is_marked_as_one() -> None:
    failed = step(1, success=False, error={"kind": "timeout", "message": "too slow"})
    last = messages(failed)[-1]
    assert isinstance(last, ToolMessage)
    assert (last.text, last.status) == ("ERROR timeout: too slow", "error")


def test_what_surefoot_has_to_say_stands_after_the_turn_it_is_about() -> None:
    said = messages(step(1), {"turn": 1, "note": "Stop and think."}, step(2))
    assert [m.text for m in said if isinstance(m, HumanMessage)][1:] == ["Stop and think."]
    assert said.index(next(m for m in said if m.text == "Stop and think.")) == 4


@pytest.mark.parametrize(
    ("wrap_up", "last", "says"), [(True, False, "budget"), (False, True, "last reply"), (True, True, "last reply")]
)
def test_the_end_of_budget_or_turns_is_said_last(wrap_up: bool, last: bool, says: str) -> None:
    assert says in str(messages(step(1), wrap_up=wrap_up, last_turn=last)[-1].text)


def test_a_cut_output_says_how_to_read_on_or_that_nobody_kept_it() -> None:
    kept = messages(step(1, "x" * 100, artifact="f" * 32, total_chars=500))[-1]
    assert 'read_output(name="1.1", start=100)' in kept.text
    lost = context.observation_text(StepResult(success=True, output="x" * 100, total_chars=500))
    assert "100 of 500" in lost and "not kept" in lost


@pytest.mark.parametrize("turns", [1, 10, 100, 400])
def test_however_long_the_log_the_messages_stay_within_a_bound(turns: int) -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 3000) for n in range(1, turns + 1)])
    assert size(said) < 2 * ROOM
    assert f"result {turns} " in said[-1].text


def test_more_results_in_one_turn_than_there_is_room_for_are_shortened() -> None:
    said = messages(*[step(1, f"result {n} " + "x" * 8000) for n in range(60)])
    assert size(said) < 60 * (context.SHORTENED + 200)
    assert all(f"result {n} " in said[3 + n].text for n in range(60))
    assert "has it whole" in said[3].text


def test_a_single_result_of_the_newest_turn_is_whole() -> None:
    assert messages(step(1, "x" * 12_000))[-1].text == "x" * 12_000


def test_the_beginning_stays_the_same_for_many_turns() -> None:
    log = [step(n, f"result {n} " + "x" * 1000) for n in range(1, 61)]
    starts = [[m.text for m in messages(*log[:n])[:4]] for n in range(20, 60)]
    changes = sum(one != other for one, other in itertools.pairwise(starts))
    assert changes < 15


def test_old_steps_are_named_so_that_they_can_be_read_again() -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 3000) for n in range(1, 200)])
    old = str(said[2].text)
    assert "steps before these: look x" in old and "read_output" in old
    assert "look(" in old and "place" in old


def test_reports_of_a_wide_plan_share_the_room() -> None:
    many = messages(known={f"t{n}": "z" * 30_000 for n in range(200)})
    few = messages(known={"t": "z" * 30_000})
    assert len(str(many[1].text)) < 200_000
    assert 'read_output(name="t7"' in many[1].text
    assert "z" * 30_000 in few[1].text


def test_the_same_state_gives_the_same_messages() -> None:
    log = [step(n, "x" * 3000, thought=f"t{n}") for n in range(1, 30)]
    assert [m.model_dump() for m in messages(*log)] == [m.model_dump() for m in messages(*log)]
