"""Reads words: stems, the parts of an identifier, and which words are kin. No word of any trade is known here."""

import re
from functools import lru_cache

__all__ = [
    "FUNCTION",
    "IDENTIFIERS",
    "bag",
    "key_terms",
    "kindred",
    "name_terms",
    "parts",
    "short_for",
    "stem",
    "stems",
    "terms",
]


def bag(text: str) -> frozenset[str]:
    """Take the words of a text as a set."""
    return frozenset(text.split())


FUNCTION = bag(
    "a an the this that these those some any each every all both no not of to in on at for from with without by "
    "as and or but nor if than then so such into onto out up down over under about between within across per via "
    "through during after before since until is are was were be been being am do does did done has have had "
    "having will would can could shall should may might must it its it's they them their theirs there here i me "
    "my mine we us our you your he him his she her hers who whom whose which what when where why how please "
    "kindly just only also too very let s e g whether many much including includes plus containing contains "
    "exactly currently right now given using based own one incl"
)
"""Words that carry no concept of their own."""

_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"))
_DERIVED = {
    **dict.fromkeys(["er", "or", "ee", "ment", "ing", "ed", "en", "ness", "ship", "al", "ly"], 3),
    **dict.fromkeys(["age", "ery"], 4),
    **dict.fromkeys(["s", "d", "r", "t", "y", "th", "ion", "ive", "ity", "ance", "ence", "ation", "ure"], 5),
}
"""Endings that make a kindred word, and how long the word before them must be: state is no kin of station."""
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINED = re.compile(r"\b([A-Za-z])-(?=[A-Za-z]{3})")
"""`e-mail` is one word, `order-id` two."""


@lru_cache(maxsize=32768)
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


@lru_cache(maxsize=32768)
def parts(identifier: str) -> tuple[str, ...]:
    """Split an identifier into lower-case words: `Revenue_EUR`, `orderDate`, `Box Office (M$)`."""
    return tuple(word.lower() for word in _WORD.findall(_CAMEL.sub(" ", identifier)))


@lru_cache(maxsize=32768)
def terms(text: str) -> tuple[str, ...]:
    """List the stems of the words of a text that carry a concept, in order."""
    return tuple(stem(word) for word in parts(_JOINED.sub(r"\1", text)) if word not in FUNCTION)


def stems(text: str) -> frozenset[str]:
    """Take the stems of the words of a text as a set."""
    return frozenset(stem(word) for word in text.split())


@lru_cache(maxsize=32768)
def is_participle(word: str) -> bool:
    """Whether a word looks like what was done: placed, stored; but bed, shed and speed are things."""
    return word.endswith("ed") and not word.endswith("eed") and stem(word) != word


RECORD = stems(
    "record details detail information info data profile object entry summary document overview card sheet "
    "everything full whole list listing row rows set result results file attributes fields master resource particulars dossier"
)
"""Words that say all of a thing is given, not what."""
IDENTIFIERS = stems("id identifier ident key code number num numb nbr nr ref reference uid uuid guid")
"""Stems of words that say a thing is named, not what it is."""


def name_terms(identifier: str) -> tuple[str, ...]:
    """List the stems of an identifier's words: in `flight_no` the last word is `number`."""
    words = parts(identifier)
    words = (*words[:-1], "number") if len(words) > 1 and words[-1] == "no" else words
    return tuple(stem(word) for word in words if word not in FUNCTION)


_WRAPPERS = bag("data result item response payload value output content record object body row hit match entry list")
"""Keys that say nothing of what stands under them."""


def key_terms(key: str) -> tuple[str, ...]:
    """List the stems of a key of a result; () = it only wraps what stands under it."""
    words = name_terms(key)
    return () if all(word in _WRAPPERS for word in words) else words


@lru_cache(maxsize=131072)
def kindred(one: str, other: str) -> bool:
    """Whether one stem is made from the other: ship and shipment, manage and manager."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and len(short) >= _DERIVED.get(long[len(short) :], 99)


@lru_cache(maxsize=131072)
def short_for(short: str, long: str) -> bool:
    """Whether a short word may stand for a long one: cust and customer, qty and quantity."""
    if not 3 <= len(short) <= 4 or len(long) <= len(short) or short[0] != long[0]:
        return False
    if long.startswith(short):
        return True
    if len(long) < len(short) + 2:
        return False
    rest = iter(long)
    bare = sum(letter in "aeiou" for letter in short) <= 1 and short[-1] not in "aeiou"
    return bare and all(letter in rest for letter in short)
