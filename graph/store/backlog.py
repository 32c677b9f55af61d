"""Holds back what need not be on the disk at once, to be written with what must be.

While a run works, its checkpoints, events and charges wait for the next transaction that has to be durable: the ones right
before a model or a tool is called, and right after a tool was. So one commit takes the place of ten. What is on the disk is
at every moment the beginning of what happened, in its order: a row is never there without those before it.
"""

import threading
from collections import Counter, deque
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
        self._gathering: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def gathers(self, thread_id: str) -> bool:
        """Whether somebody works on a thread, and will write down what is left when that is over."""
        return self._gathering[thread_id] > 0

    @contextmanager
    def gathered(self, thread_id: str) -> Iterator[None]:
        """Hold back what comes of a thread in this block; the caller writes it down afterwards."""
        with self._lock:
            self._gathering[thread_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._gathering[thread_id] -= 1
                self._gathering += Counter()  # forgets who is at nought

    def add(self, work: Work) -> None:
        """Hold something back."""
        self._waiting.append(work)

    def do(self, cursor: Any, after: int = 0) -> int:
        """Do what waits behind the first so many, in a transaction; how much that was, for `done` once it is committed."""
        waiting = list(self._waiting)[after:]
        for work in waiting:
            work(cursor)
        return len(waiting)

    def done(self, count: int) -> None:
        """Forget the oldest: they are on the disk."""
        for _ in range(count):
            self._waiting.popleft()
