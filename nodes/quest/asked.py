"""Holds what a goal asks for, as `goal` reads it."""

from dataclasses import dataclass, field
from typing import Literal as OneOf

from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.provenance import Fact

__all__ = ["Asked", "Fold", "Form", "Pick", "Stage", "Target"]

Form = OneOf["", "date", "number", "person", "place"]
Fold = OneOf["", "count", "sum", "average", "max", "min"]


@dataclass(frozen=True, slots=True)
class Pick:
    """Which of several is meant: the last order, the cheapest item, the second one."""

    kind: OneOf["last", "first", "nth", "most", "least"]
    field: Phrase = ()
    """By what: `with the highest total`."""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A thing on the way to the target: what it is called, which one of several, and the values that identify it."""

    phrase: Phrase
    picks: tuple[Pick, ...] = ()
    given: tuple[Fact, ...] = ()
    words: frozenset[str] = frozenset()
    """Its words as they stand, lower case: an adjective may be a value (`open tickets`)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is asked for."""

    phrases: tuple[tuple[Phrase, float], ...]
    """What it may be called, and what each costs: 0 = in the goal's own words. An empty phrase is anything."""
    about: frozenset[str] = frozenset()
    """Whose it is, in stems."""
    form: Form = ""
    fold: Fold = ""
    """How several values become one; empty = the goal says nothing of that."""
    picks: tuple[Pick, ...] = ()
    words: frozenset[str] = frozenset()
    chain: tuple[Stage, ...] = ()
    """The things it is of, the nearest first; the last ones carry the given values."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A goal, read."""

    targets: tuple[Target, ...] = ()
    given: tuple[Fact, ...] = ()
    """The values it gives, as facts of step -1."""
    units: dict[str, float] = field(default_factory=dict)
    """Stems of its words that tools speak of, and how much each says."""
    words: frozenset[str] = frozenset()
    """All its words, lower case."""
