"""Holds the promises of a tool set, and says who can supply what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from surefoot.nodes.evidence.keys import keys_of, with_keys
from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.promises import Promise, Yield
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.words import IDENTIFIERS, stem

__all__ = ["LINKED", "Toolset", "Trust"]


LINKED = 0.5
"""A need and an offer that fit worse are strangers."""


@dataclass(slots=True)
class Trust:
    """What the run has taught so far; see `blame`."""

    tools: dict[str, float] = field(default_factory=dict)
    """What a call of a tool costs more than others."""
    facts: dict[tuple[int, str], float] = field(default_factory=dict)
    """Doubt in a value, by the step that gave it and its text."""
    roles: dict[tuple[str, Phrase], float] = field(default_factory=dict)
    """What it costs to give a value of the goal as something that it was refused as."""
    taken: dict[str, set[str]] = field(default_factory=dict)
    """Which tools took a value, by its text, without complaint."""
    banned: frozenset[str] = frozenset()
    """Tools not to be used, nor what came from them."""

    def doubt(self, fact: Fact) -> float:
        return self.facts.get((fact.step, fact.text), 0.0)


def _warning(promise: Promise, things: set[str]) -> Promise:
    """Drop mild warnings that are none here: where tools take the id of a copy or a sample, these are things."""
    kept = {word: gravity for word, gravity in promise.warnings.items() if gravity >= 1 or stem(word) not in things}
    return promise if len(kept) == len(promise.warnings) else replace(promise, warnings=kept)


class Toolset:
    """The promises of a tool set, and who can supply what."""

    def __init__(self, promises: Iterable[Promise], goal: Iterable[Phrase] = ()) -> None:
        told = [promise for promise in promises if not promise.acts]
        things = {word for promise in told for need in promise.needs for phrase in need.phrases for word in phrase}
        self.keys = keys_of(told)
        """What else identifies a thing; see `keys_of`."""
        warned = (_warning(promise, things) for promise in told)
        self.promises: Mapping[str, Promise] = {promise.tool: with_keys(promise, self.keys) for promise in warned}
        self.lexicon = Lexicon(self.promises.values(), goal)
        self._offers: dict[str, list[tuple[str, Yield]]] = {}
        for promise in self.promises.values():
            for each in promise.yields:
                for word in {*self.lexicon.normal(each.phrase)} - IDENTIFIERS:
                    self._offers.setdefault(word, []).append((promise.tool, each))
        self._suppliers: dict[tuple[object, ...], list[tuple[str, Yield, float]]] = {}

    def suppliers(
        self, phrases: tuple[Phrase, ...], about: frozenset[str] = frozenset()
    ) -> list[tuple[str, Yield, float]]:
        """List the tools that promise such a value, with how well each fits; the best yield of each."""
        key = (phrases, about)
        if key not in self._suppliers:
            best: dict[str, tuple[Yield, float]] = {}
            for tool, each in self._candidates(phrases, about):
                fit = max(self._fit(phrase, place, each, about) for place, phrase in enumerate(phrases))
                if fit >= LINKED and fit > best.get(tool, (each, 0.0))[1]:
                    best[tool] = (each, fit)
            self._suppliers[key] = [(tool, each, fit) for tool, (each, fit) in best.items()]
        return self._suppliers[key]

    def _fit(self, phrase: Phrase, place: int, each: Yield, about: frozenset[str]) -> float:
        fit = self.lexicon.fit(phrase, each.phrase, need_about=about, offer_about=each.about, record=each.record)
        return fit * each.sure - 0.02 * place

    def _candidates(self, phrases: Sequence[Phrase], about: frozenset[str]) -> Iterator[tuple[str, Yield]]:
        words = {word for phrase in phrases for word in self.lexicon.normal(phrase)} | about
        near = {other for word in words for other in self.lexicon.near(word)}
        yield from dict.fromkeys(offer for word in sorted(near) for offer in self._offers.get(word, ()))

    def rivals(self, tool: str) -> list[str]:
        """Name the other tools that promise what this one does, best described first."""
        own = self.promises.get(tool)
        if own is None:
            return []
        rated: dict[str, float] = {}
        for each in own.yields:
            for other, theirs, fit in self.suppliers((each.phrase,), each.about):
                back = self.lexicon.fit(theirs.phrase, each.phrase, need_about=theirs.about, offer_about=each.about)
                if other != tool and min(fit, back) >= 0.75 and each.record == theirs.record:
                    rated[other] = max(rated.get(other, 0.0), fit)
        return sorted(rated, key=lambda name: (self.promises[name].distance, -rated[name], name))
