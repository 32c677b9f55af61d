"""What a failed attempt has found out is told in short: the last of it, once, and nothing that is in doubt."""

from typing import Any

from surefoot.nodes.findings import findings


def step(tool: str, output: Any = "", *, success: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "action": {"tool": tool, "args": {"at": "x"}},
        "observation": {"success": success, "output": output},
        **more,
    }


def test_facts_and_results_are_told_oldest_first_and_failed_calls_and_steering_are_not() -> None:
    log = [
        step("look", {"done": "41 %"}, thought="It is running."),
        step("look", "gone", success=False),
        step("find_tools", "There is no such tool."),
        {"note": "Stop and think.", "thought": ""},
        step("ask_human", "No idea.", thought="Nobody knows."),
    ]
    assert findings(log) == [
        {"said": "It is running."},
        {"tool": "look", "args": {"at": "x"}, "output": '{"done": "41 %"}'},
        {"said": "Nobody knows."},
    ]


def test_the_same_is_told_once_where_it_came_last() -> None:
    assert [each["output"] for each in findings([step("look", "a"), step("look", "b"), step("look", "a")])] == [
        "b",
        "a",
    ]


def test_what_was_put_in_doubt_is_not_told() -> None:
    assert findings([step("look", "odd"), step("see", "fine", blame={"step": 0})]) == [
        {"tool": "see", "args": {"at": "x"}, "output": "fine"}
    ]


def test_however_long_the_log_what_is_told_stays_short() -> None:
    told = findings([step("look", f"{n} " + "x" * 9000, thought=f"{n} " + "y" * 9000) for n in range(500)])
    assert [(each.get("said") or each["output"])[:3] for each in told] == [
        f"{n}" for n in (496, 497, 498, 499) for _ in "ab"
    ]
    assert len(str(told)) < 4000
