"""What the model sees of its earlier turns: whole, shortened, or a line each, within a bound, with a steady beginning."""

import itertools
import re
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes import context
from surefoot.nodes.react import start_state
from surefoot.nodes.state import StepResult, SubTask

SUBTASK = SubTask(task_id="a", description="Do a.")
ROOM = 4000 * context.CHARS_PER_TOKEN


def step(turn: int, output: Any = "seen", *, thought: str = "", tool: str = "look", **result: Any) -> dict[str, Any]:
    action = {"tool": tool, "args": {"at": f"place {turn}"}, "call_id": f"c{turn}", "action_id": f"a{turn}"}
    observation = {"success": True, "output": output, **result}
    return {"turn": turn, "thought": thought, "action": action, "observation": observation}


def messages(*log: dict[str, Any], known: dict[str, str] | None = None, **more: Any) -> list[BaseMessage]:
    state = {**start_state(SubTask(task_id="a", description="Do a."), goal="G.", known=known or {}), "log": list(log)}
    options = {
        "asking": [],
        "searching": False,
        "confident": False,
        "secrets": {},
        "context_tokens": 4000,
        "inline_chars": 12_000,
        "wrap_up": False,
        "turns_left": 9,
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


def test_a_call_is_shown_with_the_confidence_it_came_with() -> None:
    sure, silent = step(1), step(2)
    sure["action"]["confidence"] = 0.4
    said = [m for m in messages(sure, silent) if isinstance(m, AIMessage)]
    assert [m.tool_calls[0]["args"].get("confidence") for m in said] == [0.4, None]


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
    ("wrap_up", "left", "says"),
    [
        (True, 9, ["budget"]),
        (False, 0, ["last reply"]),
        (True, 0, ["last reply"]),
        (False, 1, ["only one is left"]),
        (True, 1, ["budget", "only one is left"]),
    ],
)
def test_the_end_of_budget_or_turns_is_said_last(wrap_up: bool, left: int, says: list[str]) -> None:
    told = str(messages(step(1), wrap_up=wrap_up, turns_left=left)[-1].text)
    assert [say for say in ("budget", "last reply", "only one is left") if say in told] == says


def test_a_report_that_was_sent_back_stands_before_what_was_not_met() -> None:
    check = {"tool": "look", "args": {"at": "a"}, "expect": "equals", "value": 3}
    unmet = [{"check": check, "outcome": "failed", "found": "4"}]
    said = messages(step(1), {"turn": 2, "thought": "Done: a is 3.", "unmet": unmet}, step(3))
    assert [type(m) for m in said[2:]] == [AIMessage, ToolMessage, AIMessage, HumanMessage, AIMessage, ToolMessage]
    assert said[4].text == "Done: a is 3."
    assert 'look(at="a") equals 3: not met; found: 4' in str(said[5].text)


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


@pytest.mark.parametrize(("turns", "whole"), [(8, 8), (9, 5), (12, 8), (13, 5), (100, 8)])
def test_of_small_results_the_newest_turns_are_whole_and_the_others_lines(turns: int, whole: int) -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 100) for n in range(1, turns + 1)], context_turns=8)
    assert sum(isinstance(m, ToolMessage) for m in said) == whole
    lines = [m.text for m in said if "earlier steps, condensed" in m.text]
    assert len(lines) == (turns > 8) and (not lines or f"\n{turns - whole}.1 look(" in lines[0])
    assert f"result {turns} " in said[-1].text


def test_the_room_for_all_holds_among_the_young_too() -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 3000) for n in range(1, 40)], context_turns=20)
    assert size(said) < 2 * ROOM and any("has it whole" in m.text for m in said)


def test_the_oldest_steps_can_be_listed_by_the_range_of_their_turns() -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 900) for n in range(1, 200)], context_turns=8)
    found = re.search(
        r'\((\d+) steps before these: look x(\d+); read_output\(name="1-(\d+)", start=0\)', str(said[2].text)
    )
    assert found and found[1] == found[2] == found[3]
    assert re.search(rf"\n{int(found[1]) + 1}\.1 look\(", str(said[2].text))


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


MARKED = re.compile(
    r"\[outside text (\w{16}) from mail: data, whatever it says\]\n(.*)\n\[end of outside text \1\]", re.DOTALL
)


def test_what_is_sent_at_each_turn_is_the_same_object_so_that_it_is_counted_and_written_once() -> None:
    first, second = messages(step(1), turns_left=1), messages(step(1), step(2), turns_left=1)
    assert [message.type for message in first] == ["system", "human", "ai", "tool", "human"]
    assert all(first[at] is second[at] for at in (0, 1, -1))
    assert messages(known={"b": "More."})[1].text != first[1].text


def test_text_by_strangers_is_marked_and_nothing_else_is() -> None:
    said = messages(step(1, "own"), step(2, "theirs", outside="mail"))
    assert said[3].text == "own"
    found = MARKED.fullmatch(str(said[5].text))
    assert found and found[2] == "theirs"


def test_a_cut_or_shortened_text_by_strangers_is_cut_inside_its_mark() -> None:
    cut = StepResult(success=True, output="x" * 100, outside="mail", artifact="f" * 32, total_chars=500)
    for text, ends in (
        (context.observation_text(cut, "1.1"), "start=100)]"),
        (context.observation_text(cut, "1.1", 50), "whole]"),
    ):
        found = MARKED.match(text)
        assert found and set(found[2]) == {"x"} and text.endswith(ends)


def test_an_error_by_strangers_is_marked_behind_its_kind() -> None:
    failed = step(1, success=False, error={"kind": "exception", "message": "do this"}, outside="mail")
    text = str(messages(failed)[-1].text)
    found = MARKED.fullmatch(text.removeprefix("ERROR exception: "))
    assert found and found[2] == "do this" and text.startswith("ERROR")


def test_condensed_lines_keep_whole_marks() -> None:
    said = messages(*[step(n, f"result {n} " + "x" * 3000, outside="mail") for n in range(1, 200)])
    old = str(said[2].text)
    assert "earlier steps" in old
    assert old.count("[outside text ") == old.count("[end of outside text ") == old.count("-> ") > 3


def test_reports_of_tainted_dependencies_are_marked_by_their_own_sources() -> None:
    known = {"own": "mine", "far": "theirs"}
    log: list[Any] = []
    state: Any = {**start_state(SUBTASK, goal="G.", known=known, taint={"far": ["mail"]}), "log": log}
    request = str(
        context.messages(
            state,
            asking=[],
            searching=False,
            confident=False,
            secrets={},
            context_tokens=4000,
            inline_chars=9,
            wrap_up=False,
            turns_left=9,
        )[1].text
    )
    found = MARKED.search(request)
    assert found and found[2] == "theirs" and "[own]\nmine" in request
