"""Pauses a run at its next step: for Ctrl-C and SIGTERM, of which a second one ends the process, and for an early answer."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from langgraph.runtime import RunControl

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Pausing:
    """What a command does about signals.

    Nothing is raised while a run is worked on: a KeyboardInterrupt can come up where Python drops it, as in a finalizer,
    and the run would go on as if nobody had asked. The run is asked instead, and stops at its next step.

    `leave`: says the last words; called when the process is to end at once.
    """

    def __init__(self, leave: Callable[[], object]) -> None:
        self.control = RunControl()
        """Handed to the graph that does the work."""
        self.code = 0
        """Exit code of the signal that was heard; 0 = none was."""
        self._leave = leave
        self._reason = ""
        self._moves = False
        self._tell: Callable[[dict[str, Any]], None] | None = None

    def rest(self, reason: str = "answer") -> None:
        """Let the run stop at its next step; as long as it has not moved, after its first one."""
        self._reason = reason
        if self._moves:
            self.control.request_drain(reason)

    def moves(self) -> None:
        """The run has taken a step: what it was given, as an answer, is no longer lost when it stops."""
        self._moves = True
        if self._reason:
            self.control.request_drain(self._reason)

    def again(self) -> RunControl:
        """Let the run go on after a rest; gives what it is handed for that."""
        self._reason, self._moves, self.control = "", False, RunControl()
        return self.control

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals; only the main thread of a program can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def working(self, tell: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """Ask the run to pause instead of raising; `tell` gets an event of type `pausing`, and must not block."""
        self._tell = tell
        try:
            yield
        finally:
            self._tell = None

    def _hear(self, number: int, frame: FrameType | None) -> None:
        again, self.code = bool(self.code), 128 + number
        self.rest(signal.Signals(number).name)
        if self._tell is None:
            raise KeyboardInterrupt
        if not again:
            self._tell({"type": "pausing"})
            return
        try:
            self._leave()
        finally:
            os._exit(self.code)  # the work ends in its threads: the journal takes this for what it is, a crash
