"""Holds what a turn is decided from, and what it may come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surefoot.nodes.evidence.blame import Doubt
from surefoot.nodes.evidence.provenance import Fact, Ledger
from surefoot.nodes.evidence.toolset import Toolset, Trust
from surefoot.nodes.evidence.values import as_text
from surefoot.nodes.quest.asked import Asked
from surefoot.nodes.quest.reach import reached
from surefoot.nodes.state import Json

__all__ = ["ENOUGH_CALLS", "Calls", "Move", "Reached", "Scene", "unique"]

ENOUGH_CALLS = 40
"""Calls after which nothing is checked or tried out any more."""

Calls = tuple[tuple[str, dict[str, Json]], ...]
"""Tools to call, each with its arguments."""


@dataclass(frozen=True, slots=True)
class Move:
    """What to do next: calls, or an answer, or why there is none."""

    calls: Calls = ()
    answer: str = ""
    gave_up: str = ""
    why: str = ""
    way: tuple[str, ...] = ()
    """All tools the way goes over that these calls begin."""
    steps: int = 0
    """Calls of the whole derivation, those that were made already included."""
    sure: bool = False
    """Every link of the way is what its tools say, and it uses every value and word that counts."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A thing or value that was reached: its facts, one for each row, and what they cost."""

    facts: tuple[Fact, ...]
    cost: float
    unmet: frozenset[str]
    within: tuple[Fact, ...] = ()
    """All that is known from the stage before on."""
    again: "tuple[Reached, ...]" = ()
    """The same from other sources, which may tell more of it."""
    text: str = ""

    @property
    def values(self) -> frozenset[str]:
        return frozenset(fact.text.casefold().strip() for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked, what there is to call, what the log has shown, and what of it is to be doubted."""

    asked: Asked
    tools: Toolset
    ledger: Ledger
    trust: Trust
    doubts: Sequence[Doubt]
    hurry: bool
    """Nothing is checked any more."""

    def within(self, focus: Sequence[Fact]) -> list[Fact]:
        """List what the log derives from some facts, themselves included."""
        return [fact for fact, _ in reached(self.tools, focus, self.ledger, self.trust)]


def unique(calls: Iterable[tuple[str, dict[str, Json]]]) -> Calls:
    """Drop calls that stand there twice."""
    return tuple({(tool, as_text(args)): (tool, args) for tool, args in calls}.values())
