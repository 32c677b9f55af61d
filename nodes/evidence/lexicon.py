"""Rates how well what is yielded fits what is needed, with the words of one tool set."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.words import IDENTIFIERS, kindred, short_for, stems

__all__ = ["Lexicon"]

_UNITS = stems(
    "pence penny cent cents eur euro euros usd gbp nok sek dkk chf dollar pound percent pct kg gram grams g mg ton lb km m cm mm "
    "mile metre meter litre liter l ml kwh kw mwh w second sec minute min hour hr day week month year ms celsius utc iso"
)
"""What a measure is in: `standing_charge_pence` is the standing charge."""
_NOTHING: frozenset[str] = frozenset()


class Lexicon:
    """The words of a tool set: how much each says, and which mean the same here."""

    def __init__(self, promises: Iterable[Promise], more: Iterable[Phrase] = ()) -> None:
        promises = list(promises)
        self._count = Counter(word for promise in promises for word in promise.words)
        self._tools = max(1, len(promises))
        self._prose = {word for promise in promises for word in promise.prose} | {w for phrase in more for w in phrase}
        self._words = frozenset(self._count) | {
            w for each in promises for y in each.yields for w in (*y.phrase, *y.about)
        }
        self._near: dict[str, frozenset[str]] = {}
        self._alike: dict[tuple[str, str], float] = {}
        self._normal: dict[Phrase, Phrase] = {}
        self._fits: dict[tuple[object, ...], float] = {}
        phrases = [p for each in promises for p in (*(y.phrase for y in each.yields), *_needed(each))] + [*more]
        self._pairs = {one + other: (one, other) for p in phrases for one, other in itertools.pairwise(p)}

    def knows(self, word: str) -> bool:
        """Whether some tool speaks of it, or of its kin."""
        return word in self._count or len(self.near(word)) > 1

    def pairs(self, one: str, other: str) -> bool:
        """Whether two words stand side by side in what tools take or give: `last name`."""
        return self._pairs.get(one + other) == (one, other)

    def weight(self, word: str) -> float:
        """Say how much a word tells, 0.15 to 1: a word of every tool tells little."""
        return max(
            0.15, min(1.0, math.log((self._tools + 1) / (self._count[word] + 0.5)) / math.log(self._tools + 1.5))
        )

    def alike(self, one: str, other: str) -> float:
        """Rate two stems: 1 the same, less for kin (ship, shipment) and for short forms (cust), 0 strangers."""
        if one == other:
            return 1.0
        pair = (one, other)
        if pair not in self._alike:
            rating = 0.75 if kindred(one, other) else 0.0
            for short, long in (pair, pair[::-1]):
                if not rating and short not in self._prose and short_for(short, long):
                    rating = 0.8
            self._alike[pair] = rating
        return self._alike[pair]

    def near(self, word: str) -> frozenset[str]:
        """List the words of the tool set that are the word or its kin."""
        if word not in self._near:
            self._near[word] = frozenset(other for other in (*self._words, word) if self.alike(word, other))
        return self._near[word]

    def normal(self, phrase: Phrase) -> Phrase:
        """Take compounds apart that the tool set also writes as two words: username, user name."""
        if phrase not in self._normal:
            self._normal[phrase] = tuple(dict.fromkeys(w for word in phrase for w in self._pairs.get(word, (word,))))
        return self._normal[phrase]

    def fit(
        self,
        need: Phrase,
        offer: Phrase,
        *,
        need_about: frozenset[str] = _NOTHING,
        offer_about: frozenset[str] = _NOTHING,
        record: bool = False,
        named: bool = False,
    ) -> float:
        """Rate from 0 to 1 how well an offer is what is needed.

        Args:
            need: What is needed.
            offer: What is offered.
            need_about: Words around the need: what belongs to it without being said.
            offer_about: Words around the offer.
            record: The offer is a whole record of the thing.
            named: The offer's value looks like an identifier, whatever it is called.
        """
        key = (need, offer, need_about, offer_about, record, named)
        if key not in self._fits:
            self._fits[key] = self._fit(self.normal(need), self.normal(offer), need_about, offer_about, record, named)
        return self._fits[key]

    def _fit(
        self,
        need: Phrase,
        offer: Phrase,
        need_about: frozenset[str],
        offer_about: frozenset[str],
        record: bool,
        named: bool,
    ) -> float:
        need_core, need_id = _core(need)
        offer_core, offer_id = _core(offer)
        if not need_core or not offer_core:
            return 0.0 if need_core else (0.3 if offer_id or named else 0.1) if need else 0.0
        met = {word: self._met(word, offer_core, offer_about) for word in need_core}
        extra = [o for o in offer_core if self._best(o, need_core) < 0.6]
        strange = 1.0
        for word in extra:
            if word == offer_core[-1]:
                strange *= 0.8 if word in _UNITS and not need_id else 0.35
            elif self._best(word, need_about) < 0.6:
                strange *= 0.9
        head = need_core[-1]
        if self._best(head, offer_core) < 0.6:
            return self._of_owner(extra, record, named or offer_id, need_about, offer_core)
        weights = {word: self.weight(word) + (0.5 if word == head else 0.0) for word in need_core}
        covered = sum(weights[word] * met[word] for word in need_core) / sum(weights.values())
        return covered * strange * _form(need_id, offer_id, record, named)

    def _of_owner(
        self, extra: list[str], record: bool, named: bool, need_about: frozenset[str], offer: Sequence[str]
    ) -> float:
        """Rate an offer that is not the thing itself but may hold it: the record of what it belongs to."""
        owner = offer[-1]
        if owner not in extra:
            return 0.68 if record else 0.0 if named else 0.5
        return (0.6 if record else 0.0) if self._best(owner, need_about) >= 0.6 else 0.0

    def _met(self, word: str, among: Sequence[str], about: frozenset[str]) -> float:
        return max(self._best(word, among), 0.85 * self._best(word, about))

    def _best(self, word: str, among: Iterable[str]) -> float:
        return max((self.alike(word, other) for other in among), default=0.0)


def _core(phrase: Phrase) -> tuple[Phrase, bool]:
    """Part the thing from the word that says it is its identifier."""
    core = tuple(word for word in phrase if word not in IDENTIFIERS)
    return core, len(core) < len(phrase)


def _form(need_id: bool, offer_id: bool, record: bool, named: bool) -> float:
    if need_id:
        return 1.0 if offer_id else 0.95 if named else 0.85 if record else 0.8
    return 0.8 if offer_id else 1.0


def _needed(promise: Promise) -> list[Phrase]:
    return [phrase for need in promise.needs for phrase in need.phrases]
