"""The detector with one of its abilities taken away, to see what each is worth."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from surefoot.nodes import patterns, reading, reflect, results, signals, tally
from surefoot.nodes.asked import read_asked

__all__ = ["ABILITIES", "without"]


def _never(*_: object) -> bool:
    return False


def _always(*_: object) -> bool:
    return True


def _as_it_is(text: str) -> str:
    return text


def _both_as_they_are(text: str, args: object) -> tuple[str, str]:
    return text, text


def _nothing(*_: object) -> None:
    return None


ABILITIES: Mapping[str, list[tuple[object, str, Callable[..., object]]]] = {
    "drift": [(reflect, "astray", lambda *_: [])],
    "batch knowledge": [(patterns, "is_batch", _never), (patterns, "is_reworded", _always)],
    "sameness of results": [(reading, "mild", _as_it_is), (reading, "steady", _as_it_is), (results, "gist", _as_it_is)],
    "sameness of errors": [(signals, "bare", _both_as_they_are)],
    "errors told in results": [(results, "reads_as_error", _never)],
    "waiting and pauses": [(reading, "is_pause", _never), (patterns, "patience", lambda *_: 1)],
    "what the task asks for": [(patterns, "read_asked", lambda _: read_asked(""))],
    "countdowns": [(tally, "counts_on", _never)],
    "same content": [(patterns, "_same_content", _nothing)],
}
"""Name -> what is replaced, and by what."""


@contextmanager
def without(ability: str) -> Iterator[None]:
    """The detector lacks an ability inside the block."""
    with ExitStack() as stack:
        for module, name, instead in ABILITIES[ability]:
            stack.enter_context(patch.object(module, name, instead))
        yield
