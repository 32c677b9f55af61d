"""Reads a log that grows, each entry once: what was made of its beginning is taken on when it comes again, longer."""

import threading
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, Generic, TypeVar

Entry = TypeVar("Entry")
Made = TypeVar("Made")

MOST = 10_000


class Fold(Generic[Entry, Made]):
    """What `add` has made of a log, from `start()` on: `add(made, index, entry, *context)` for each entry, in order.

    For logs whose entries nobody changes; the same objects tell that a log is the same. What is made is shared by all
    calls with the log: to be read at once, not to be changed. The logs used last are kept, with `most` entries in all.
    """

    def __init__(self, start: Callable[[], Made], add: Callable[..., None], most: int = MOST) -> None:
        self._start = start
        self._add = add
        self._most = most
        self._kept: dict[int, tuple[list[Entry], Made]] = {}
        """By the first entry, the log used last at the end."""
        self._entries = 0
        self._lock = threading.Lock()

    def __call__(self, log: Sequence[Entry], *context: Any) -> Made:
        """Read what is new in a log; `context` is for `add`, and no part of what tells logs apart."""
        read, made = self._take(log)
        for index in range(len(read), len(log)):
            self._add(made, index, log[index], *context)
        if log:
            read += log[len(read) :]
            self._keep(read, made)
        return made

    def _take(self, log: Sequence[Entry]) -> tuple[list[Entry], Made]:
        """Take out what is kept of a log, so that nobody else works on it meanwhile."""
        with self._lock:
            read, made = self._kept.pop(id(log[0]), ([], None)) if log else ([], None)
            self._entries -= len(read)
        if made is None or len(read) > len(log) or not all(map(is_, read, log)):
            return [], self._start()
        return read, made

    def _keep(self, read: list[Entry], made: Made) -> None:
        with self._lock:
            known, _ = self._kept.pop(id(read[0]), ([], None))
            self._kept[id(read[0])] = read, made
            self._entries += len(read) - len(known)
            while self._entries > self._most and len(self._kept) > 1:
                oldest, _ = self._kept.pop(next(iter(self._kept)))
                self._entries -= len(oldest)
