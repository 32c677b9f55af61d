"""Remembers what was made of an object, so that a loop need not make it anew of everything it had before."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")

MOST = 4096


class Memo(Generic[Thing, Made]):
    """A function that answers from memory where it is given the very same object again.

    For objects that nobody changes: entries of a log, messages. It holds on to the last ones it was given, so that no
    other object can come to stand in their place, at most `most`, and begins anew when there are more.
    """

    def __init__(self, make: Callable[[Thing], Made], most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._known: dict[int, tuple[Thing, Made]] = {}

    def __call__(self, thing: Thing) -> Made:
        known = self._known.get(id(thing))
        if known is not None:
            return known[1]
        return self._remember(thing)

    def each(self, things: Iterable[Thing]) -> list[Made]:
        """The same for many: what is known costs no call of its own."""
        known = self._known
        return [made[1] if (made := known.get(id(thing))) else self._remember(thing) for thing in things]

    def _remember(self, thing: Thing) -> Made:
        made = self._make(thing)
        if len(self._known) >= self._most:
            self._known = {}
        self._known[id(thing)] = thing, made
        return made
