"""Holds what is wanted and the ways to it: which tool to call with what, each value a fact or the result of another way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.provenance import Fact

__all__ = ["Found", "Wanted", "Way", "different", "ready", "users_of"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be derived."""

    phrases: tuple[tuple[Phrase, float], ...]
    """What it may be called, and what each costs; an empty phrase is anything."""
    about: frozenset[str] = frozenset()
    """Whose it is, in stems."""
    form: str = ""
    """`date`, `number`, `person`, `place`: what it must look like."""
    units: Mapping[str, float] = field(default_factory=dict)
    """Words the way should meet, and how much each says."""
    given: tuple[Fact, ...] = ()
    """Values the way should use."""
    of: frozenset[str] = frozenset()
    """The thing it is asked of, in stems; empty = not said."""


@dataclass(frozen=True, slots=True)
class Way:
    """One derivation: a tool to call, each argument a fact or the result of another way."""

    tool: str
    args: tuple[tuple[str, "Fact | Way"], ...]
    cost: float
    met: int
    """Bits of the goal's units and values it meets."""
    tools: tuple[str, ...] = ()
    """All tools it calls, in an order in which they can be called."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer to a target: a fact that is known, or a way to get it."""

    source: Fact | Way
    cost: float
    """All in all: calls, misfits, warnings, doubts, and what of the goal is not met."""
    unmet: frozenset[str]


def ready(way: Way) -> list[Way]:
    """List the calls of a way that can be made now."""
    inner = [source for _, source in way.args if isinstance(source, Way)]
    return [each for source in inner for each in ready(source)] if inner else [way]


def users_of(relevant: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, list[tuple[str, str, float]]]:
    """Turn `tool -> need -> suppliers` round: supplier -> the needs it may meet, and how well."""
    found: dict[str, list[tuple[str, str, float]]] = {}
    for tool, needs in relevant.items():
        for name, offers in needs.items():
            for other, fit in offers.items():
                found.setdefault(other, []).append((tool, name, fit))
    return found


def different(found: Iterable[Found]) -> Iterator[Found]:
    """Drop answers that differ in nothing but what they meet."""
    seen: set[object] = set()
    for each in found:
        mark = each.source if isinstance(each.source, Fact) else each.source.tools
        if mark not in seen:
            seen.add(mark)
            yield each
