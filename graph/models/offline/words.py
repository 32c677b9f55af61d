"""Reads words: which mean the same, which carry none, and how alike two are."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

from surefoot.nodes.evidence.words import stem


def bag(text: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(text.split())


def row(text: str) -> list[str]:
    """List the words of a text."""
    return text.split()


NUMBERS = {
    word: value
    for value, word in enumerate(
        row(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen twenty"
        )
    )
}
"""Number words up to twenty."""

FILLER = bag(
    "a an the this that these those of to in on at for from with by as and or but is are was were be been "
    "being am do does did done has have had it its they them their there here i me my we us our you your he "
    "she his her who whom whose which what when where why how will would can could shall should may might "
    "must please just only also too very much many more most less least any some every each all both no not "
    "than then so such into onto out up down over under about between within across per if whether let need "
    "want like know tell give show get make find see say says said please kindly now new data dataset table "
    "file files row rows record records entry entries line lines column columns field fields value values "
    "number numbers amount amounts figure figures"
)
"""Words that carry no content of their own."""

_ALIKE = (
    "revenue turnover sale income earning",
    "employee staff worker person people colleague",
    "pay salary wage earn",
    "cost price expense expensive costly",
    "quantity unit piece qty",
    "country nation",
    "category type kind",
    "customer client buyer",
    "film movie",
    "weight mass weigh weighing heavy",
    "date day",
    "folder directory",
    "delete remove erase",
    "find search look",
    "get fetch retrieve",
    "mail email",
    "picture image photo",
)
_SYNONYMS = {stem(word): index for index, group in enumerate(_ALIKE) for word in group.split()}


def kin(words: Iterable[str]) -> frozenset[str]:
    """List the stems that mean the same as one of these words."""
    groups = {_SYNONYMS[stem(word)] for word in words if stem(word) in _SYNONYMS}
    return frozenset(word for word, group in _SYNONYMS.items() if group in groups)


@lru_cache(maxsize=65536)
def alike(one: str, other: str) -> float:
    """Rate how alike two words are: 1 same stem, 0 strangers."""
    a, b = stem(one), stem(other)
    if a == b:
        return 1.0
    if min(len(a), len(b)) >= 4 and (a.startswith(b) or b.startswith(a)):
        return 0.9
    if a in _SYNONYMS and _SYNONYMS.get(b) == _SYNONYMS[a]:
        return 0.8
    if min(len(a), len(b)) >= 5 and a[0] == b[0]:
        ratio = SequenceMatcher(None, a, b).ratio()
        return ratio * 0.9 if ratio >= 0.85 else 0.0
    return 0.0


def best(word: str, among: Iterable[str]) -> float:
    """Rate a word against the most alike of several."""
    return max((alike(word, other) for other in among), default=0.0)


def content(text: str) -> list[str]:
    """List the words of a text that carry content, lower case, in order."""
    return [word for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.lower()) if word not in FILLER]


def number(word: str) -> float | None:
    """Read a number from digits or from a word up to twenty."""
    if word.lower() in NUMBERS:
        return float(NUMBERS[word.lower()])
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", word)
    return float(plain) if re.fullmatch(r"-?\d+(?:\.\d+)?", plain) else None
