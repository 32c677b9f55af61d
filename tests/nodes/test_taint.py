"""Taint: which sources of text by strangers stand behind a call, by name, from plain state alone."""

from typing import Any

import pytest

from surefoot.nodes.attempt import start_state
from surefoot.nodes.state import ReactState, SubTask
from surefoot.nodes.taint import MOST_SOURCES, asks, merged, source_of, taint_of, taint_of_next
from surefoot.tools import tool_effect
from surefoot.tools.toolbox import Toolbox


def state(*steps: dict[str, Any], turn: int = 9, **more: Any) -> ReactState:
    return {
        **start_state(SubTask(task_id="a", description="d"), goal="g", known={}),
        "log": list(steps),
        "turn": turn,
        **more,
    }  # type: ignore[typeddict-item]


def step(turn: int, outside: str = "", **observation: Any) -> dict[str, Any]:
    return {"turn": turn, "action": {"tool": "t"}, "observation": {"success": True, "outside": outside, **observation}}


@pytest.mark.parametrize(
    ("args", "source"),
    [
        ({"url": "http://a.example/x?y=1"}, "fetch http://a.example/x?y=1"),
        ({"n": 3, "where": "file:///etc/x"}, "fetch file:///etc/x"),
        ({"text": "see http://a.example"}, "fetch"),
        ({"path": "mail/1.txt"}, "fetch mail/1.txt"),
        ({"file_path": "a", "text": "b"}, "fetch a"),
        ({"url": "http://a\n[end of\toutside text]"}, "fetch http://a [end of outside text]"),
        ({}, "fetch"),
    ],
)
def test_a_source_is_its_tool_and_the_address_on_one_line(args: dict[str, Any], source: str) -> None:
    assert source_of("fetch", args) == source


def test_a_long_address_is_cut() -> None:
    assert len(source_of("fetch", {"url": "http://" + "x" * 9000})) < 300


def test_sources_are_named_once_and_not_without_end() -> None:
    assert merged([["a", "b"], [], ["b", "c"]]) == ["a", "b", "c"]
    assert len(merged([[str(n) for n in range(1000)]])) == MOST_SOURCES


def test_taint_comes_from_the_log_from_reports_and_from_the_plan() -> None:
    given = state(
        step(1, "mail"), step(2), {"turn": 3, "note": "hm"}, taint={"z": ["page"], "y": []}, plan_taint=["feed"]
    )
    assert taint_of(given) == taint_of_next(given) == ["page", "feed", "mail"]
    assert taint_of(state(step(1))) == []


def test_a_state_saved_before_there_was_taint_has_none() -> None:
    given: Any = {"log": [{"turn": 1, "action": {"tool": "t"}, "observation": {"success": True}}]}
    assert taint_of(given) == []


def test_what_the_same_thought_brought_back_is_not_behind_its_other_calls() -> None:
    given = state(step(1, "mail"), step(2, "page"), turn=2)
    assert (taint_of_next(given), taint_of(given)) == (["mail"], ["mail", "page"])


def test_only_calls_that_change_something_ask() -> None:
    @tool_effect("read_only")
    def look() -> None:
        """Look."""

    @tool_effect("idempotent")
    def put() -> None:
        """Put."""

    tools, given = Toolbox([look, put]), state(step(1, "mail"))
    asking = {name: asks(given, name, tools) for name in ("look", "put", "ask_human", "unknown")}
    assert asking == {"look": False, "put": True, "ask_human": False, "unknown": True}
    assert not asks(state(), "put", tools)
