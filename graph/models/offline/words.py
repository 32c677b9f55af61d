"""Reads words: stems, the parts of an identifier, and how alike two words are."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache


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
_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut a word to a stem: plural, -ing, -ed and a silent e go, so that `deleting` meets `delete`."""
    word = word.lower().replace("’", "'")
    word = re.sub(r"'s$|'$", "", word)
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) > len(suffix) + 1:
            word = word[: -len(suffix)] + instead
            break
    else:
        if len(word) > 3 and word.endswith("s") and word[-2] not in "sui":
            word = word[:-1]
    for suffix in ("ing", "ed"):
        base = word[: -len(suffix)]
        if word.endswith(suffix) and len(base) > 2 and re.search("[aeiouy]", base):
            word = base[:-1] if base[-1] == base[-2] and base[-1] not in "lsz" else base
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


_SYNONYMS = {stem(word): index for index, group in enumerate(_ALIKE) for word in group.split()}


def kin(words: Iterable[str]) -> frozenset[str]:
    """List the stems that mean the same as one of these words."""
    groups = {_SYNONYMS[stem(word)] for word in words if stem(word) in _SYNONYMS}
    return frozenset(word for word, group in _SYNONYMS.items() if group in groups)


@lru_cache(maxsize=8192)
def parts(identifier: str) -> tuple[str, ...]:
    """Split an identifier into lower-case words: `Revenue_EUR`, `orderDate`, `Box Office (M$)`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", identifier)
    return tuple(word.lower() for word in re.findall(r"[^\W_]+", spaced))


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
