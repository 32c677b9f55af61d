"""Runs foreign code so that it can neither outstay its time nor bring the process down.

Blocking code gets a daemon thread of its own: one that hangs is left behind and does not keep the process from ending.
Async code runs in the caller's loop, or, for a caller without one, in a single background loop that lives as long as
the process, so that connections opened in one call are still there in the next. Context variables are carried over.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

__all__ = ["Ended", "await_in_thread", "await_on_this_loop", "run_in_thread", "run_on_background_loop"]

_GRACE_SECONDS = 1.0
"""How long cancelled async code may take to tidy up."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How foreign code ended: with a value, with an error of any kind, or not in time."""

    value: Any = None
    error: BaseException | None = None
    late: bool = False

    def result(self) -> Any:
        """Give the value, or raise the error it ended with."""
        if self.error is not None:
            raise self.error
        if self.late:
            raise TimeoutError("it did not end in time")
        return self.value


def run_in_thread(function: Callable[[], Any], seconds: float) -> Ended:
    """Call a blocking function and wait at most `seconds` for it."""
    try:
        return _start(function).result(seconds)
    except TimeoutError:
        return Ended(late=True)


async def await_in_thread(
    function: Callable[[], Any], seconds: float | None, *, cancel: Callable[[], object] | None = None
) -> Ended:
    """Call a blocking function beside the loop and await it for at most `seconds`; None = until it ends.

    `cancel` makes the function end soon; it is called when the caller is cancelled.
    """
    future = asyncio.wrap_future(_start(function))
    try:
        done, _ = await asyncio.wait({future}, timeout=seconds)
        return future.result() if done else Ended(late=True)
    except asyncio.CancelledError:
        if cancel is not None:
            cancel()
            await asyncio.wait({future}, timeout=_GRACE_SECONDS)
        raise
    finally:
        future.cancel()


async def await_on_this_loop(function: Callable[[], Awaitable[Any]], seconds: float) -> Ended:
    """Await an async function for at most `seconds`, then cancel it."""
    task = asyncio.ensure_future(_acapture(function))
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _cancel(task)
        raise
    if not task.done():
        await _cancel(task)
        return Ended(late=True)
    if task.cancelled():
        return Ended(error=asyncio.CancelledError("it cancelled itself"))
    return task.result()


def run_on_background_loop(function: Callable[[], Awaitable[Any]], seconds: float) -> Ended:
    """Run an async function on the background loop and wait at most `seconds` for it."""
    background = _Background.current()
    if threading.current_thread() is background.thread:
        nested = run_in_thread(lambda: asyncio.run(await_on_this_loop(function, seconds)), seconds + 2 * _GRACE_SECONDS)
        return nested.value if isinstance(nested.value, Ended) else nested
    future = asyncio.run_coroutine_threadsafe(await_on_this_loop(function, seconds), background.loop)
    try:
        return future.result(seconds + 2 * _GRACE_SECONDS)
    except TimeoutError:
        background.give_up()
        return Ended(late=True)


def _start(function: Callable[[], Any]) -> "Future[Ended]":
    future: Future[Ended] = Future()
    context = copy_context()

    def work() -> None:
        if future.set_running_or_notify_cancel():
            future.set_result(context.run(_capture, function))

    threading.Thread(target=work, name="surefoot-tool", daemon=True).start()
    return future


def _capture(function: Callable[[], Any]) -> Ended:
    try:
        return Ended(function())
    except BaseException as error:  # noqa: BLE001  whatever foreign code throws is its result
        return Ended(error=error)


async def _acapture(function: Callable[[], Awaitable[Any]]) -> Ended:
    try:
        return Ended(await function())
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  whatever foreign code throws is its result
        return Ended(error=error)


async def _cancel(task: "asyncio.Future[Ended]") -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=_GRACE_SECONDS)


class _Background:
    """The process's background loop and its thread."""

    _lock = threading.Lock()
    _current: "_Background | None" = None

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="surefoot-loop", daemon=True)
        self.thread.start()

    @classmethod
    def current(cls) -> "_Background":
        """Give the running one; after a fork, or when the old one is stuck, a new one."""
        with cls._lock:
            if cls._current is None or cls._current.pid != os.getpid():
                cls._current = cls()
            return cls._current

    def give_up(self) -> None:
        """Leave this loop behind: something blocks it."""
        with self._lock:
            if type(self)._current is self:
                type(self)._current = None
