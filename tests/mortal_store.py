"""A store that fails at a chosen write: the process dies there, or the disk is full, or a lock is held for too long."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Killed(BaseException):
    """The process has died: nothing catches this, and nothing reaches the store any more."""


class Fate:
    """Decides what becomes of each write of a store.

    `kill` and `fail` count writes from now on, the next one being number 1. Reads fail only once the process is dead.
    """

    def __init__(self, store: Any) -> None:
        self.dead = False
        self.writes = 0
        self.failed = 0
        self.strikes: Callable[[], None] = lambda: None
        """Called when a write is refused."""
        self._at = 0
        self._after = self._once = False
        self._error: BaseException | None = None
        self._database = store.database
        self._really = self._database.transaction
        self._database.transaction = self._transaction

    def kill(self, at: int, *, after: bool = False) -> None:
        """Die at that write: before it, or right after it is on the disk."""
        self._doom(at, Killed(), after=after, once=False)

    def fail(self, at: int, code: int = sqlite3.SQLITE_FULL, *, once: bool = False) -> None:
        """Refuse that write with a code of SQLite's, and all later ones unless `once`."""
        error = sqlite3.OperationalError("refused on purpose")
        error.sqlite_errorcode = code
        self._doom(at, error, after=False, once=once)

    def spare(self) -> None:
        """Let every write through again; the dead stay dead."""
        self._error = None

    def die(self) -> None:
        """Die now."""
        self.dead = True

    def _doom(self, at: int, error: BaseException, *, after: bool, once: bool) -> None:
        self._at, self._error, self._after, self._once = self.writes + at, error, after, once

    @contextmanager
    def _transaction(self, write: bool = True, **whose: Any) -> Iterator[Any]:
        # The mutex keeps every other thread out between the decision and the write.
        with self._database.mutex, self._database.explained():
            doomed = self._count(write)
            if doomed and not self._after:
                self._strike()
            with self._really(write, **whose) as cursor:
                yield cursor
            if doomed:
                self._strike()

    def _count(self, write: bool) -> bool:
        if self.dead:
            raise Killed
        self.writes += write
        return write and self._error is not None and (self.writes == self._at or self.writes > self._at > 0)

    def _strike(self) -> None:
        assert self._error is not None
        error, self.failed = self._error, self.failed + 1
        self.dead = isinstance(error, Killed)
        self.strikes()
        if self._once:
            self._error = None
        raise error
