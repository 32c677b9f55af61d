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
        step("look", {"done": "41 %"}, thought="I look how far it is."),
        step("look", "gone", success=False, thought="It stands at 41 now, in room K-20."),
        step("find_tools", "There is no such tool."),
        {"note": "Stop and think.", "thought": ""},
        step("ask_human", "No idea.", thought="Once more, and then 2 other ways."),
    ]
    assert findings(log) == [
        {"tool": "look", "args": {"at": "x"}, "output": '{"done": "41 %"}'},
        {"said": "It stands at 41 now, in room K-20."},
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
    found = findings([step("look", f"{n} " + "x" * 9000, thought=f"{n - 1} " + "y" * 9000) for n in range(500)])
    assert [(each.get("said") or each["output"])[:3] for each in found] == [
        f"{n + m}" for n in (496, 497, 498, 499) for m in (-1, 0)
    ]
    assert len(str(found)) < 4000
