"""Holds back what need not be on the disk at once, to be written with what must be.

While a run works, its checkpoints, events and charges wait for the next transaction that has to be durable: the ones right
before a model or a tool is called, and right after a tool was. So one commit takes the place of ten. What is on the disk is
at every moment the beginning of what happened, in its order: a row is never there without those before it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Backlog", "Work"]

Work = Callable[[Any], object]
"""What is to be done with the cursor of a transaction."""


class Backlog:
    """What waits to be written, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Work] = deque()
        self._gathering = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def gathers(self) -> bool:
        """Whether somebody works on a run, and will write down what is left when that is over."""
        return self._gathering > 0

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Hold back what comes in this block, and in those beside it; the caller writes it down afterwards."""
        with self._lock:
            self._gathering += 1
        try:
            yield
        finally:
            with self._lock:
                self._gathering -= 1

    def add(self, work: Work) -> None:
        """Hold something back."""
        self._waiting.append(work)

    def do(self, cursor: Any) -> int:
        """Do what waits, in a transaction; how much that was, for `done` once it is committed."""
        waiting = list(self._waiting)
        for work in waiting:
            work(cursor)
        return len(waiting)

    def done(self, count: int) -> None:
        """Forget the oldest: they are on the disk."""
        for _ in range(count):
            self._waiting.popleft()
