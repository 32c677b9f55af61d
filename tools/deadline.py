"""Runs foreign code so that it can neither outstay its time nor bring the process down.

Blocking code gets a daemon thread to itself: one that hangs is left behind and does not keep the process from ending,
one that is done waits a while for the next call, as beginning a thread takes longer than many calls.
Async code runs in the caller's loop, or, for a caller without one, in a single background loop that lives as long as
the process, so that connections opened in one call are still there in the next. Context variables are carried over.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

__all__ = ["Ended", "await_in_thread", "await_on_this_loop", "run_in_thread", "run_on_background_loop"]

_GRACE_SECONDS = 1.0
"""How long cancelled async code may take to tidy up."""
_IDLE_SECONDS = 5.0
"""How long a thread waits for another call."""


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
    job = _Job(function, copy_context(), Future())
    try:
        _idle.pop().put(job)
    except IndexError:
        jobs: SimpleQueue[_Job] = SimpleQueue()
        jobs.put(job)
        threading.Thread(target=_work, args=(jobs,), name="surefoot-tool", daemon=True).start()
    return job.future


@dataclass(frozen=True, slots=True)
class _Job:
    """One call for a thread."""

    function: Callable[[], Any]
    context: Context
    future: "Future[Ended]"


_idle: list[SimpleQueue[_Job]] = []
"""What the threads wait on that have nothing to do; taking one out is what makes its thread one's own."""
os.register_at_fork(after_in_child=_idle.clear)


def _work(jobs: SimpleQueue[_Job]) -> None:
    while _take(jobs):
        pass


def _take(jobs: SimpleQueue[_Job]) -> bool:
    """Run the next call; False = there was none for so long that the thread may end."""
    try:
        job = jobs.get(timeout=_IDLE_SECONDS)
    except Empty:
        try:
            _idle.remove(jobs)
        except ValueError:  # a call is on its way
            return True
        return False
    wanted = job.future.set_running_or_notify_cancel()
    ended = job.context.run(_capture, job.function) if wanted else Ended()
    _idle.append(jobs)  # before it is told, so that whoever waits for it finds the thread free
    if wanted:
        job.future.set_result(ended)
    return True


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
