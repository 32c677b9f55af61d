"""Foreign code in threads: one to itself, kept for the next, and nothing of a call is left in it."""

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from surefoot.tools import deadline
from surefoot.tools.deadline import await_in_thread, run_in_thread

SHORT, LONG = 0.05, 30.0

mark: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="none")


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Without the threads that other tests left waiting."""
    deadline._idle.clear()
    yield
    deadline._idle.clear()


def test_calls_in_a_row_share_a_thread() -> None:
    async def row() -> list[int]:
        return [(await await_in_thread(threading.get_ident, LONG)).result() for _ in range(20)]

    sync = [run_in_thread(threading.get_ident, LONG).result() for _ in range(20)]
    assert len({*sync, *asyncio.run(row())}) == 1
    assert sync[0] != threading.get_ident()


def test_calls_side_by_side_have_a_thread_each() -> None:
    together = threading.Barrier(4, timeout=LONG)

    async def at_once() -> None:
        ended = await asyncio.gather(*(await_in_thread(together.wait, LONG) for _ in range(4)))
        assert sorted(one.result() for one in ended) == [0, 1, 2, 3]

    asyncio.run(at_once())


def test_a_call_that_hangs_holds_no_other_up_and_its_thread_is_used_again_once_it_ends() -> None:
    release, seen = threading.Event(), list[int]()

    def hang() -> None:
        seen.append(threading.get_ident())
        release.wait(LONG)

    assert run_in_thread(hang, SHORT).late
    assert run_in_thread(threading.get_ident, LONG).result() != seen[0]
    deadline._idle.clear()
    release.set()
    end = time.monotonic() + LONG
    while not deadline._idle and time.monotonic() < end:
        time.sleep(0.01)
    assert run_in_thread(threading.get_ident, LONG).result() == seen[0]


def test_each_call_has_the_context_of_its_caller_and_leaves_nothing_in_it() -> None:
    for name in ("first", "second"):
        mark.set(name)
        assert run_in_thread(mark.get, LONG).result() == name
        run_in_thread(lambda: mark.set("changed within"), LONG)
        assert mark.get() == run_in_thread(mark.get, LONG).result() == name


def test_what_a_call_raises_is_its_own() -> None:
    def stop() -> None:
        raise SystemExit(3)

    assert isinstance(run_in_thread(stop, LONG).error, SystemExit)
    assert run_in_thread(lambda: "goes on", LONG).result() == "goes on"


def test_a_waiting_thread_holds_on_to_nothing_of_the_last_call() -> None:
    class Large:
        pass

    large = Large()
    known = weakref.ref(large)
    assert run_in_thread(lambda given=large: given, LONG).result() is large  # type: ignore[misc]
    del large
    end = time.monotonic() + LONG
    while known() is not None and time.monotonic() < end:
        gc.collect()
    assert known() is None


def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_IDLE_SECONDS", SHORT)
    thread = run_in_thread(threading.current_thread, LONG).result()
    thread.join(LONG)
    assert not thread.is_alive() and not deadline._idle
    assert run_in_thread(lambda: "another one", LONG).result() == "another one"


def test_a_call_that_comes_as_a_thread_gives_up_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_IDLE_SECONDS", 0.001)
    for _ in range(100):
        assert run_in_thread(lambda: time.sleep(0.0005) or "made", LONG).result() == "made"
        time.sleep(0.001)


def test_a_forked_process_has_threads_of_its_own() -> None:
    program = """
import os
from surefoot.tools.deadline import run_in_thread
run_in_thread(int, 30)
if child := os.fork():
    print("ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    os._exit(run_in_thread(lambda: 7, 30).value or 1)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=2 * LONG
    )
    assert ended.stdout.strip() == "ended with 7"
