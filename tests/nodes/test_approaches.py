"""The ledger of failed approaches: what is barred, what stays open, what lifts it."""

from typing import Any

import pytest

from surefoot.nodes.approaches import SKIPPED, barred, changed, failed_before, still_barred
from surefoot.tools import tool_effect
from surefoot.tools.toolbox import Toolbox


@tool_effect("read_only")
def read(path: str, lines: int = 10, mode: str | None = None) -> str:
    """Read."""
    return path


TOOLS = Toolbox([read])


def step(
    tool: str = "read", kind: str = "", message: str = "no such file", effect: str = "read_only", **args: Any
) -> Any:
    error = {"kind": kind, "message": message} if kind else None
    observation = {"success": not kind, "error": error, "effect": effect}
    return {"action": {"tool": tool, "args": args, "action_id": "1"}, "observation": observation}


def failed(kind: str = "exception", message: str = "no such file", **args: Any) -> Any:
    return step(kind=kind, message=message, **(args or {"path": "a"}))


def calls(*log: Any) -> list[tuple[str, Any]]:
    return [(found["tool"], found["args"]) for found in barred(log)]


@pytest.mark.parametrize("kind", ["exception", "missing_tool", "bad_arguments", "unstorable", "rejected"])
def test_what_failed_for_good_is_barred(kind: str) -> None:
    assert calls(failed(kind)) == [("read", {"path": "a"})]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("timeout", "It did not end within 60 s."),
        ("expired", "The approval had expired."),
        ("unfinished", "Nobody knows."),
        ("deferred", "It is run alone."),
        ("refused", "This very call failed before."),
        ("rejected", SKIPPED),
        ("exception", "ConnectionRefusedError: [Errno 111] Connection refused"),
        ("exception", "HTTPError: HTTP 503: upstream"),
        ("exception", "RateLimitError: status code: 429"),
        ("exception", "OperationalError: database is locked"),
        ("exception", "The service is temporarily unavailable, please try again."),
        ("exception", "ReadTimeout: timed out"),
    ],
)
def test_what_may_pass_or_never_ran_stays_open(kind: str, message: str) -> None:
    assert calls(failed(kind, message)) == []


@pytest.mark.parametrize(
    "message", ["FileNotFoundError: a", "row 503 is missing", "HTTP 404: not found", "bad status 4290"]
)
def test_what_only_looks_like_passing_trouble_is_barred(message: str) -> None:
    assert len(calls(failed("exception", message))) == 1


def test_of_one_call_the_last_try_counts() -> None:
    good = step(path="a")
    assert calls(failed(), good) == []
    assert calls(good, failed()) == [("read", {"path": "a"})]
    assert len(calls(failed(), failed(), failed(path="b"))) == 2


def test_after_a_change_of_its_own_only_what_no_change_mends_is_barred() -> None:
    change = step("write", effect="reversible", path="a")
    log = (failed(), failed("bad_arguments", path=7), change)
    assert calls(*log) == [("read", {"path": 7})]
    assert calls(*log, failed(path="c")) == [("read", {"path": 7}), ("read", {"path": "c"})]


def test_names_of_an_attempts_own_results_mean_nothing_in_the_next() -> None:
    assert calls(step("read_output", kind="exception", name="2.1")) == []


def test_a_persons_word_and_an_effect_are_changes_a_look_is_none() -> None:
    assert not changed([step(path="a"), failed(), {"note": "n"}])
    assert changed([step("ask_human", question="Is it there now?")])
    assert changed([step("write", effect="idempotent")])
    assert not changed([step("write", kind="exception", effect="idempotent")])


def test_a_change_lifts_what_it_may_mend() -> None:
    avoid = barred([failed(), failed("missing_tool", path="b")])
    assert still_barred(avoid, False) == avoid
    assert still_barred(avoid, True) == avoid[1:]


@pytest.mark.parametrize(
    "args", [{"path": "a"}, {"path": " ./a "}, {"path": "a", "lines": 10}, {"path": "a", "mode": None}]
)
def test_a_call_is_known_again_by_the_arguments_that_matter(args: dict[str, Any]) -> None:
    assert failed_before({"tool": "read", "args": args}, barred([failed()]), TOOLS)


@pytest.mark.parametrize(
    "args", [{"path": "b"}, {"path": "a", "lines": 11}, {"path": "a", "mode": "x"}, {"path": "A"}, {}]
)
def test_another_call_is_another_approach(args: dict[str, Any]) -> None:
    assert failed_before({"tool": "read", "args": args}, barred([failed()]), TOOLS) is None


def test_a_tool_that_is_there_now_may_be_called() -> None:
    avoid = barred([failed("missing_tool"), step("gone", kind="missing_tool")])
    assert failed_before({"tool": "read", "args": {"path": "a"}}, avoid, TOOLS) is None
    assert failed_before({"tool": "gone", "args": {}}, avoid, TOOLS)
