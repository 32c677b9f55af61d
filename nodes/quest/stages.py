"""Reads the things a goal goes over: what each is called, which one of several is meant, and which values identify it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.phrases import ATOM, Chunk, Phrase
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.words import IDENTIFIERS, bag, is_participle, stem
from surefoot.nodes.quest.asked import Pick, Stage

__all__ = ["PICKING", "SEEKING", "TELLING", "Stages", "plain_words", "stems_of"]


TELLING = bag("tell give show report say list know provide return output print display answer")
SEEKING = bag(
    "find get fetch look search determine retrieve identify check calculate compute work locate obtain establish "
    "discover want need like figure see read lookup learn trace"
)
_ORDINALS = {"second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4}
_LAST = frozenset(["last", "latest", "newest", "recent", "final"])
_FIRST = bag("first earliest oldest initial original 1st")
_MOST = bag("highest largest biggest greatest maximum max most longest heaviest tallest priciest top best strongest")
_LEAST = bag("lowest smallest minimum min least fewest cheapest shortest lightest youngest worst")
PICKING = _LAST | _FIRST | _MOST | _LEAST | set(_ORDINALS)
_HAVING = bag("with whose having has have had named called numbered carrying bearing is are")


def plain_words(chunk: Chunk) -> list[str]:
    return [word for word in chunk.words if not re.match(ATOM, word)]


def stems_of(words: Sequence[str]) -> Phrase:
    return tuple(stem(word) for word in words)


class Stages:
    """Reads things; `given` are the values of the goal, by the number of their atom."""

    def __init__(self, lexicon: Lexicon, given: Sequence[Fact]) -> None:
        self.lexicon, self.given = lexicon, given

    def read(self, row: Sequence[Chunk]) -> tuple[list[Stage], list[str]]:
        """Read the things a row of chunks speaks of, and the words that are left over (verbs, mostly)."""
        stages: list[Stage] = []
        left: list[str] = []
        for chunk in row:
            plain = [w for w in plain_words(chunk) if w not in TELLING | SEEKING]
            atoms = [n for n, w in enumerate(chunk.words) if re.match(ATOM, w)]
            given = tuple(self.given[ord(chunk.words[n]) - 0xE000] for n in atoms)
            picks = tuple(self.picks(plain))
            nouns = [w for n, w in enumerate(plain) if not self.picks_out(plain, n)]
            if atoms:
                named = any(self._speaks(w) for w in chunk.words[: atoms[0]] if not re.match(ATOM, w))
                after = [w for w in chunk.words[atoms[-1] + 1 :] if named or is_participle(w) or not self._speaks(w)]
                left += after
                nouns = [w for w in nouns if w not in after]
            elif len(nouns) == 1 and (is_participle(nouns[0]) or chunk.link in ("that", "which", "who")):
                left += nouns
                continue
            known = [w for w in nouns if self._speaks(w)]
            phrase = stems_of(known)
            joins = stages and (chunk.link in _HAVING or (chunk.link == "(" and bool(stages[-1].given)))
            loose = (
                given
                and not known
                and chunk.link in ("to", "in", "on", "at", "from", "since", "after", "before", "under", "as")
            )
            if joins and picks and not given:
                stages[-1] = replace(
                    stages[-1], picks=tuple(replace(pick, field=stems_of(nouns) or pick.field) for pick in picks)
                )
            elif stages and given and (joins or loose):
                stages[-1] = replace(stages[-1], given=(*stages[-1].given, *given), words=stages[-1].words | set(plain))
            elif chunk.link == "(" and stages and stages[-1].given:
                continue
            elif known or given:
                # `the item's supplier`: the supplier is nearer to what is asked.
                place = len(stages) - 1 if chunk.link == "'s" and stages else len(stages)
                stages.insert(place, Stage(phrase, picks, given, frozenset(plain)))
            else:
                left += nouns
        return stages, left

    def _speaks(self, word: str) -> bool:
        return self.lexicon.knows(stem(word)) and stem(word) not in IDENTIFIERS

    def picks_out(self, words: Sequence[str], n: int) -> bool:
        """Whether a word picks one of several and is no part of a name (`the last order`, but not `last name`)."""
        word = words[n]
        if word not in PICKING and not (n and words[n - 1] in ("most", "least")):
            return False
        return n + 1 >= len(words) or not self.lexicon.pairs(stem(word), stem(words[n + 1])) or word in _MOST | _LEAST

    def picks(self, words: Sequence[str]) -> Iterator[Pick]:
        for n, word in enumerate(words):
            if not self.picks_out(words, n):
                continue
            following = words[n + 1] if n + 1 < len(words) else ""
            if word in _ORDINALS:
                yield Pick("nth", index=_ORDINALS[word])
            elif word in _LAST or (word == "most" and following == "recent"):
                yield Pick("last")
                return
            elif word in _FIRST:
                yield Pick("first")
            elif word in _MOST | _LEAST:
                yield Pick(
                    "most" if word in _MOST else "least",
                    (stem(following if word in ("most", "least") and following else word),),
                )
