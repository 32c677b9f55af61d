"""The drawing on a terminal: it fits, it suits every theme, and no text gets out of its place."""

import io
import re
import time
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from surefoot.graph.cli.picture import Picture
from surefoot.graph.cli.screen import Screen

HOSTILE = "\x1b[2J\x1b]8;;http://evil\x07 \u202egnp.exe \u200b [red]x[/red] \r\x08"


def drawn(screen: Screen, width: int = 80, height: int = 24, **how: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=width, height=height, markup=False, highlight=False, **how).print(screen, end="")
    return out.getvalue()


def told(*events: dict[str, Any]) -> Screen:
    screen = Screen()
    for event in events:
        screen.tell(event)
    return screen


def planned(*tasks: tuple[str, ...], does: str = "do it") -> dict[str, Any]:
    plan = [{"task_id": name, "description": does, "dependencies": list(needs)} for name, *needs in tasks]
    return {"type": "plan", "plan": plan, "confidence": None}


def begun(name: str) -> dict[str, Any]:
    return {"type": "subtask", "task_id": name, "attempt": 1, "status": "in_progress", "result": None}


def ended(name: str, status: str = "completed", result: str = "it is done") -> dict[str, Any]:
    return {**begun(name), "status": status, "result": result}


def acting(name: str, tool: str = "look", **args: Any) -> dict[str, Any]:
    return {"type": "action", "task_id": name, "actions": [{"tool": tool, "args": args, "action_id": f"{name}.1"}]}


def waits(name: str, tool: str = "fire", **args: Any) -> dict[str, Any]:
    value = {"action_requests": [{"name": tool, "args": args}]}
    return {"type": "waits", "task_id": name, "id": "q", "value": value}


LIMITS = {
    "type": "begun",
    "goal": "g",
    "limits": {"max_steps": 10, "max_tokens": 2000, "max_time_seconds": 60, "max_usd": None},
}
SPENT = {"steps": 9, "tokens": 500, "seconds": 61.0, "usd": None}


def test_each_subtask_shows_what_it_thinks_and_does() -> None:
    screen = told(planned(("a",), ("b",), ("c", "a", "b")), begun("a"), acting("a", at="sea"), begun("b"))
    screen.tell({"type": "thought", "task_id": "b", "text": "I think."})
    text = drawn(screen)
    assert re.search(r"● a  do it +0 s\n +→ look\(at=\"sea\"\)", text)
    assert re.search(r"● b  do it +0 s\n +I think\.", text)
    assert "    ○ c  do it" in text


def test_a_subtask_that_waits_is_seen_at_once_with_what_it_asks_and_how_to_answer() -> None:
    screen = told(planned(("a",), ("b",)), begun("a"), begun("b"), acting("a", at="sea"))
    assert "waits for you" not in drawn(screen)
    screen.tell(waits("b", what="all"))
    text = drawn(screen)
    assert re.search(r"\? b  do it +0 s\n +\? fire\(what=\"all\"\)", text)
    assert "waits for you while the rest runs on: press Enter to answer now" in text
    screen.tell({"type": "knock"})
    assert "stopping the others to ask you" in drawn(screen)
    screen.tell({"type": "resumed"})
    screen.tell({"type": "decision", "task_id": "b"})
    assert "● b" in drawn(screen) and "fire" not in drawn(screen)


def test_the_time_in_which_a_run_stands_still_is_not_a_subtasks() -> None:
    picture = Picture()
    for at, event in enumerate((planned(("a",), ("b",)), begun("a"), begun("b"), waits("b"))):
        picture.tell(event, float(at))
    picture.skip(1000)
    picture.tell({"type": "decision", "task_id": "b"}, 2000.0)
    assert (picture.rows["a"].began, picture.rows["b"].began) == (1001.0, 1999.0)


def test_a_run_taken_up_again_is_drawn_with_all_it_did_before() -> None:
    screen, an_hour = Screen(), 3600
    past = [planned(("a",), ("b",)), begun("a"), ended("a"), begun("b")]
    screen.recall([{**event, "at": time.time() - an_hour + n} for n, event in enumerate(past)])
    screen.open()  # the hour in which nobody worked on it is not the subtask's
    screen.close()
    first, second = drawn(screen).split("\n")[1:3]
    assert ("✓ a" in first and first.endswith("1 s")) and ("● b" in second and second.endswith("0 s"))


def test_a_finished_action_is_no_longer_under_way() -> None:
    screen = told(planned(("a",)), begun("a"), acting("a", at="sea"))
    screen.tell({"type": "observation", "task_id": "a", "action": {"tool": "look", "action_id": "a.1"}, "result": {}})
    assert "look" not in drawn(screen)


def test_what_the_model_writes_is_read_along() -> None:
    screen = told(planned(("a",)), begun("a"))
    screen.hear("a", "The sea is")
    assert "The sea is" in drawn(screen)
    screen.hear("nobody", "lost")
    assert "lost" not in drawn(screen)


def test_every_status_has_a_mark_of_its_own() -> None:
    names = ("a", "b", "c", "d", "e", "f")
    screen = told(planned(*((n,) for n in names)), *map(begun, names[:5]), ended("a"), ended("b", "stuck", "no way"))
    screen.tell(ended("c", "budget", "used up"))
    screen.tell(waits("d"))
    text = drawn(screen)
    assert [line.split()[:2] for line in text.splitlines() if re.match(r"  [^ ] [a-f]  ", line)] == [
        ["✓", "a"], ["✗", "b"], ["■", "c"], ["?", "d"], ["●", "e"], ["○", "f"]
    ]  # fmt: skip
    assert "no way" in text


def test_spending_is_shown_against_every_limit() -> None:
    text = drawn(told(LIMITS, {**planned(("a",)), "spent": SPENT}))
    assert "actions ━━━━━━━━━━━━━╌ 9 of 10" in text
    much = {"steps": 9, "tokens": 11_266, "seconds": 61.0, "usd": None}
    limits = {**LIMITS, "limits": {**LIMITS["limits"], "max_tokens": 1_000_000}}  # type: ignore[dict-item]
    assert "11.27k of 1M" in drawn(told(limits, {**planned(("a",)), "spent": much}))
    assert "500 of 2,000" in text and "1:01 of 1:00" in text
    assert "money" not in text


def test_a_limit_that_is_near_or_used_up_looks_so() -> None:
    text = drawn(
        told(LIMITS, {**planned(("a",)), "spent": SPENT}), force_terminal=True, color_system="standard", no_color=False
    )
    assert re.search(r"\x1b\[33m━+.*9 of 10", text) and re.search(r"\x1b\[31m━+.*1:01 of 1:00", text)
    assert re.search(r"\x1b\[32m━+\x1b.*500 of 2,000", text)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (200, 60), (80, 5), (20, 3)])
def test_it_is_never_larger_than_the_terminal(width: int, height: int) -> None:
    names = [f"task-{n}" for n in range(40)]
    screen = told(
        LIMITS,
        {**planned(*((n,) for n in names), does="语" * 300), "spent": SPENT},
        *map(begun, names[:6]),
        ended("task-0"),
    )
    for name in names[1:6]:
        screen.tell(acting(name, text="x" * 500))
        screen.hear(name, "y" * 500)
    lines = drawn(screen, width, height).splitlines()
    assert len(lines) <= height - 1
    assert max(map(cell_len, lines)) <= width


def test_what_is_under_way_is_seen_where_there_is_no_room_for_all() -> None:
    names = [f"t{n}" for n in range(60)]
    screen = told(planned(*((n,) for n in names)), *map(begun, names[:31]), *map(ended, names[:30]))
    text = drawn(screen)
    assert "● t30" in text and re.search(r"\d+ completed, \d+ pending", text)


def test_hostile_text_is_shown_and_does_nothing() -> None:
    screen = told(planned(("a" + HOSTILE,), does=HOSTILE), begun("a" + HOSTILE), acting("a" + HOSTILE, what=HOSTILE))
    screen.hear("a" + HOSTILE, HOSTILE)
    text = drawn(screen)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b]", text)
    assert r"\u001b[2J" in text and r"\u202egnp" in text and "[red]x[/red]" in text


def test_without_colours_the_marks_say_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = drawn(told(planned(("a",)), begun("a"), ended("a", "stuck", "no")), force_terminal=True)
    assert "✗ a" in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)


def test_a_new_plan_takes_the_place_of_the_old_one() -> None:
    screen = told(planned(("a",), ("b",)), begun("a"), ended("a"), begun("b"), ended("b", "stuck", "no"))
    assert "looking for another way" in drawn(screen)
    screen.tell({**planned(("a",), ("b2", "a")), "type": "revision", "refused": ""})
    text = drawn(screen)
    assert "✓ a" in text and "○ b2" in text and "✗ b" not in text and "another way" not in text
    screen.tell({**planned(("z",)), "type": "revision", "refused": "it does the same as plan 1."})
    assert "○ b2" in drawn(screen)


def asked(screen: Screen, **args: Any) -> str:
    screen.console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    screen.ask({"action_requests": [{"name": "edit_file", "args": args, "description": f"Why.\nGoal: {HOSTILE}"}]})
    assert isinstance(screen.console.file, io.StringIO)
    return screen.console.file.getvalue()


def test_a_question_shows_the_exact_arguments_and_what_they_change() -> None:
    text = asked(Screen(), path="notes.md", old_text="one\ntwo", new_text="one\nthree" + HOSTILE, n=[1, {"a": True}])
    for line in (
        "? edit_file",
        "  path: notes.md",
        '  n: [1, {"a": true}]',
        "  - one",
        "  - two",
        "  + one",
        "  + three",
    ):
        assert line in text
    assert "\x1b" not in text and r"\u001b" in text


PLAN = [{"task_id": n, "description": f"do {n}", "dependencies": []} for n in "abc"]


def asked_about_a_plan(description: str, **args: Any) -> str:
    screen = Screen()
    screen.console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    screen.ask(
        {"action_requests": [{"name": "approve_plan", "args": {"plan": PLAN, **args}, "description": description}]}
    )
    assert isinstance(screen.console.file, io.StringIO)
    return screen.console.file.getvalue()


def test_a_question_about_a_first_plan_shows_it_once_and_whole() -> None:
    text = asked_about_a_plan("Goal: g\nPlan: 0 of 3 subtasks completed\n  [pending] a: do a\n  … and 2 more")
    assert [line.strip() for line in text.splitlines() if "do " in line] == ["a: do a", "b: do b", "c: do c"]
    assert "0 of 3" in text


def test_a_question_about_a_new_plan_shows_what_it_changes_once() -> None:
    changes = "What the new plan changes:\n  + b: do b\n  - x: " + "do it " * 20 + "\n  ~ c: do c\n    was: c: no"
    diff = {"added": ["b"], "removed": ["x"], "modified": ["c"], "kept": ["a"]}
    text = asked_about_a_plan(changes, diff=diff, gives_up="")
    for line in ("    + b: do b", "    - x: do it do it", "    ~ c: do c", "      was: c: no"):
        assert f"\n{line}" in f"\n{text}"
    assert text.count("do b") == 1 and "gives_up" not in text
    assert all(line.startswith("    ") for line in text.splitlines() if "do it" in line)  # wrapped under itself


def test_what_was_wrong_with_the_last_answer_stands_out() -> None:
    screen = Screen()
    screen.console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False)
    request = {"name": "fire", "args": {}, "description": "Too hot.\n\nIt cannot be put back."}
    screen.ask({"action_requests": [request], "error": "Too hot."})
    assert isinstance(screen.console.file, io.StringIO)
    assert "\x1b[31mToo hot." in screen.console.file.getvalue()
