"""One core, two colours: what a core yields, gets back, and catches is the same in both."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from surefoot.nodes.drive import Blocking, Call, Core, Together, adrive, drive


def run_async(core: Core[Any]) -> Any:
    return asyncio.run(adrive(core))


BOTH = pytest.mark.parametrize("run", [drive, run_async], ids=["sync", "async"])
Run = Callable[[Core[Any]], Any]


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


@BOTH
def test_a_core_gets_what_its_effects_bring_and_returns_its_own(run: Run) -> None:
    def core() -> Core[list[Any]]:
        one = yield Blocking(max, (1, 2))
        two = yield Call(lambda: "called", lambda: later("called"))
        return [one, two]

    assert run(core()) == [2, "called"]


@BOTH
def test_a_core_that_waits_for_nothing_just_returns(run: Run) -> None:
    def core() -> Core[int]:
        return 7
        yield

    assert run(core()) == 7


def test_each_colour_makes_its_own_call() -> None:
    def core() -> Core[str]:
        return (yield Call(lambda: "sync", lambda: later("async")))

    assert (drive(core()), run_async(core())) == ("sync", "async")


@BOTH
def test_a_core_can_catch_what_its_effect_raised_and_go_on(run: Run) -> None:
    def core() -> Core[str]:
        try:
            yield Blocking(int, ("no number",))
        except ValueError:
            return (yield Blocking(str, ("caught",)))
        return "not raised"

    assert run(core()) == "caught"


@BOTH
def test_what_a_core_does_not_catch_comes_out(run: Run) -> None:
    def core() -> Core[None]:
        yield Blocking(int, ("no number",))

    with pytest.raises(ValueError, match="no number"):
        run(core())


def test_blocking_work_stays_off_the_event_loop() -> None:
    def core() -> Core[int]:
        return (yield Blocking(threading.get_ident))

    assert run_async(core()) != threading.get_ident()
    assert drive(core()) == threading.get_ident()


@BOTH
def test_cores_run_together_and_answer_in_their_order(run: Run) -> None:
    """Each waits for the other: one after another they would never end."""
    both = threading.Barrier(2, timeout=20)

    def member(name: str) -> Core[str]:
        yield Blocking(both.wait)
        return name

    def core() -> Core[list[str]]:
        return (yield Together([member("a"), member("b")]))

    assert run(core()) == ["a", "b"]


@BOTH
@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_are_together_too(run: Run, count: int) -> None:
    def member() -> Core[str]:
        return (yield Blocking(str, ("one",)))

    def core() -> Core[list[str]]:
        return (yield Together([member() for _ in range(count)]))

    assert run(core()) == ["one"] * count


@BOTH
def test_a_failure_waits_until_the_others_have_ended(run: Run) -> None:
    """Else work would go on behind the back of whoever handles the failure."""
    failed, ended = threading.Event(), []

    def bad() -> Core[None]:
        try:
            yield Blocking(int, ("no number",))
        finally:
            failed.set()

    def slow() -> Core[None]:
        yield Blocking(failed.wait, (20,))
        yield Blocking(ended.append, ("slow",))

    def core() -> Core[list[str]]:
        try:
            yield Together([bad(), slow()])
        except ValueError:
            return list(ended)
        return ["not raised"]

    assert run(core()) == ["slow"]


@BOTH
def test_context_reaches_what_runs_together(run: Run) -> None:
    told: ContextVar[str] = ContextVar("told", default="nothing")

    def member() -> Core[str]:
        return (yield Blocking(told.get))

    def core() -> Core[list[str]]:
        told.set("the caller's")
        return (yield Together([member(), member()]))

    assert run(core()) == ["the caller's"] * 2
