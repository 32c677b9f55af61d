"""Knows when two results say the same, though a clock, a counter of requests or an address in them went on."""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from surefoot.nodes.state import Json

__all__ = [
    "bare",
    "counts_on",
    "gist",
    "leaves",
    "measures",
    "mild",
    "numberless",
    "spans",
    "steady",
    "times",
    "unechoed",
]

_Change = tuple[Callable[[str], object], re.Pattern[str], str]
"""What is replaced by what, and before it something quicker that tells of most texts that it is not in them."""


def _has(*parts: str) -> Callable[[str], bool]:
    return lambda text: any(part in text for part in parts)


def _says(*parts: str) -> Callable[[str], bool]:
    """As `_has`, in capitals or not."""
    has = _has(*parts)
    return lambda text: has(text.casefold())


_NOISE: list[_Change] = [
    (
        _says("ms", "_seconds", "duration", "elapsed", "took", "latency"),
        re.compile(r"(?i)\b(?:ms|\w*(?:_ms|_seconds|duration|elapsed|took|latency)\w*)\W{1,3}\d+(?:\.\d+)?"),
        "<duration>",
    ),
    (_has("<!--"), re.compile(r"<!--.*?-->"), ""),
    (_has("-"), re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (_has("0x"), re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (_has("ref="), re.compile(r"\bref=\w+"), "<ref>"),
    # So finely only computing is timed.
    (
        re.compile(r"\d\s?[nuµm]?s").search,
        re.compile(r"\b(?:\d+(?:\.\d+)?\s?(?:ns|us|µs|ms)|\d+\.\d+\s?s(?:ec(?:ond)?s?)?)\b"),
        "<duration>",
    ),
]
_CLOCKS: list[_Change] = [
    (
        _has("-", "/", "."),
        re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?\s?(?:Z|[+-]\d\d:?\d\d)?)?"),
        "<time>",
    ),
    (
        _has(*["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
        re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* [ \d]\d(?=\W)"),
        "<time>",
    ),
    (_has(":"), re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"1[5-9]\d{8}").search, re.compile(r"\b1[5-9]\d{8}(?:\d{3})?(?:\.\d+)?\b"), "<time>"),
]
_HEX = re.compile(r"[0-9a-fA-F]{6}")
"""As `_HANDLE` needs at the least."""
_HANDLE = re.compile(r"(?i)(\b[a-z][\w-]*\W{1,5})(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b(?!\.\w)")
"""A handle the server made up: a request, a session, a form's token; with the word before it."""
_TELLS = re.compile(
    r"(?i)sha|hash|sum|md5|etag|commit|digest|revision|version|head|blob|tree|colou?r|#|name|file|path|cursor|next|after"
)
"""Words before what looks like a handle and is the news itself: what a thing holds, what it is called, what comes next."""
_LONG = re.compile(r"\d{4}")
"""As errors and ids that are numbers need at the least."""
_NAMES: list[_Change] = [
    (_has("."), re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (_has("/"), re.compile(r"/(?:tmp|var/folders)/[\w./-]+"), "<temporary>"),
    (_HEX.search, re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b"), "<id>"),
    (_has("[", "#"), re.compile(r"\[\d+\]|\b\d+#\d+|(?m:^#\d+ \d+\.\d+)"), "<id>"),
    (
        _says("id", "port", "attempt", "try", "request", "trace", "ray", "process", "thread", "session", "job"),
        re.compile(
            r"(?i)\b(id|pid|port|attempt|try|request|trace|ray|process|thread|session|job)(\W{1,3}|_id\W{1,3})\w*\d\w*"
        ),
        r"\1",
    ),
]
_AMOUNTS: list[_Change] = [
    (_LONG.search, re.compile(r"(?i)\b(error|err|code|fehler|erreur|errore?|ошибка)(\W{1,3})\d{4,}\b"), r"\1"),
    (
        re.compile(r"\d\s?[nuµmsh]").search,
        re.compile(r"\b\d+(?:[.,]\d+)?\s?(?:ns|us|µs|ms|s|sec|secs|seconds?|min|minutes?|h|hours?)\b"),
        "<duration>",
    ),
    (_LONG.search, re.compile(r"\b\d{5,}\b"), "<id>"),
]
_UNITS = {
    86400: "d|days?|tagen?|jours?|días?",
    3600: "h|hrs?|hours?|stunden?|heures?|horas?|ore|час\\w*|小时",
    60: "m|min|minutes?|minuten?|minutos?|minuti|минут\\w*|分钟?",
    1: "s|secs?|seconds?|sekunden?|secondes?|segundos?|secondi|секунд\\w*|秒",
}
_SPAN_PART = re.compile(rf"(?i)(\d+(?:\.\d+)?)\s?(?:{'|'.join(f'({unit})' for unit in _UNITS.values())})(?![^\W\d_])")
_UNIT = rf"(?:\.\d+)?\s?(?:{'|'.join(_UNITS.values())})(?![^\W\d_])"
# What must not stand before it is looked at after its first digit: so the search leaps from digit to digit.
_SPAN = re.compile(rf"(?i)\d(?<![\w.]\d)\d*{_UNIT}(?:\d+{_UNIT})*")
_SPANS: _Change = (re.compile(r"\d").search, _SPAN, "<span>")
_COUNTERS: list[_Change] = [
    (
        _says("pid", "turn", "tick", "try", "tries", "attempt", "quota", "credits", "calls", "moves", "uptime"),
        re.compile(
            r"(?i)\b((?:[a-z]+_)?(?:pid|turns?|ticks?|tries|try|attempts?|retries|quota|credits|calls|moves|uptime)"
            r"(?:_[a-z]+)?\W{1,4})\d[\w.]*"
        ),
        r"\1",
    ),
    (_has("/tmp/", "/var/"), re.compile(r"(?<=/)(?:tmp|var/folders)/[\w./-]+"), "<temporary>"),
]
"""What counts the asking itself, and names that are made up anew for each run."""
_NUMBERED = re.compile(r"\b\w*\d[\w.,]*")
_ARGUMENTS = re.compile(r"(?:\W*<(?:argument|number)>)+\W*")
_MEASURE = re.compile(
    r"(\d(?<![\w.,:#/-]\d)\d{0,5}(?:\.\d+(?!\d|\s?s))?)(\s?%|\s?(?:/|of|von|de|из|sur)\s?\d+)?(?![\w:-]|[.,]\d|\s?[mµn]s\b)"
)
"""What is measured to a fraction of a second is how long something took."""
_WORD = re.compile(r"[\w.@-]*\w")
_ENDS = 2000
_LATEST = 64
"""Texts of which is remembered what was made of them: each is compared in several ways, one right after the other."""
_LEAST = 3
"""Values from which on a row of them may be a count and not chance."""


def steady(text: str) -> str:
    """A result without what only the clock or the server's own book-keeping changed; counts and names stay, they may
    be the news."""
    return _nameless(_line(_still(_ends(text))))


def gist(text: str) -> str:
    """As `steady`, and without spans of time, counters of the asking itself and temporary names: what it says to who asked
    the same before, and did nothing since."""
    return _nameless(_line(_without([_SPANS, *_COUNTERS], _still(_ends(text)))))


def unechoed(text: str, args: Json) -> str:
    """A text without what its own call had asked."""
    asked = sorted(
        {v.casefold() for v in leaves(args) if 2 <= len(v) <= 200 and not v.isdigit()}, key=len, reverse=True
    )
    text = text.casefold()
    for value in asked:
        text = text.replace(value, "")
    return text


def times(text: str) -> tuple[str, ...]:
    """The clocks and spans of time in a text: what tells the time is looked at to see it pass."""
    text = _line(_without(_NOISE, _ends(text)))
    told = (pattern for may_be_in, pattern, _ in [*_CLOCKS, _SPANS] if may_be_in(text))
    return tuple(found[0] for pattern in told for found in pattern.finditer(text))


def spans(text: str) -> tuple[float, ...]:
    """The spans of time in a text, in seconds."""
    return tuple(sum(map(_seconds, _SPAN_PART.finditer(span[0]))) for span in _SPAN.finditer(text[:_ENDS]))


def _seconds(part: re.Match[str]) -> float:
    return float(part[1]) * next(size for size, unit in zip(_UNITS, part.groups()[1:], strict=True) if unit)


@lru_cache(maxsize=_LATEST)
def mild(text: str) -> str:
    """A failure without times, addresses, durations and ids. Small counts stay: "3 failed" is not "2 failed"."""
    return _line(_without([*_NAMES, *_AMOUNTS], _still(_ends(text))))


def numberless(text: str) -> str:
    """A failure without any word that holds a number."""
    return _NUMBERED.sub("<number>", mild(text)).casefold()


def bare(text: str, args: Json) -> tuple[str, str]:
    """A failure without any word that holds a number; and the same without the words of its own call, too.

    Two failures are alike if one of the two is: what a call was asked may be told in its error, or just be a word of it.
    """
    plain = numberless(text)
    told = sorted(
        {v for v in [*map(str, [args]), *leaves(args)] if 2 <= len(v) <= 200 and v in text}, key=len, reverse=True
    )
    for value in told:
        text = text.replace(value, "<argument>")
    text = mild(text)
    if own := {word.casefold() for value in leaves(args) for word in _WORD.findall(value)} if not told else None:
        text = _WORD.sub(lambda word: "<argument>" if word[0].casefold() in own else word[0], text)
    return plain, _ARGUMENTS.sub(" <argument> ", _NUMBERED.sub("<number>", text)).casefold()


def measures(text: str) -> tuple[tuple[float, bool], ...]:
    """The figures in a text, in order, and which of them are shares of a whole ("40 %", "3 of 9")."""
    found = _MEASURE.finditer(_line(_without(_NAMES, _still(_ends(text)))))
    return tuple((float(m[1]), bool(m[2])) for m in found)


def counts_on(rows: Sequence[tuple[tuple[float, bool], ...]]) -> bool:
    """Whether something is counted down, or a share grows, from each text to the next: it will come to its end."""
    if len(rows) < _LEAST or len({len(row) for row in rows}) > 1:
        return False
    for column in zip(*rows, strict=True):
        falls = all(a[0] > b[0] for a, b in pairwise(column))
        grows = all(a[0] < b[0] and b[1] for a, b in pairwise(column))
        if falls or grows:
            return True
    return False


def leaves(value: Json) -> list[str]:
    """All values inside a JSON value as texts, in the order of their keys."""
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in leaves(value[key])]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value if isinstance(value, str) else json.dumps(value)]


def _nameless(text: str) -> str:
    if not _HEX.search(text):
        return text
    return _HANDLE.sub(lambda found: found[0] if _TELLS.search(found[1]) else f"{found[1]}<id>", text)


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _ENDS else text[:_ENDS] + text[-_ENDS:]


def _line(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=_LATEST)
def _still(text: str) -> str:
    """A text without what only the clock or the server's own book-keeping changed: where each comparison begins."""
    return _without([*_NOISE, *_CLOCKS], text)


def _without(changes: Sequence[_Change], text: str) -> str:
    for may_be_in, pattern, name in changes:
        if may_be_in(text):
            text = pattern.sub(name, text)
    return text
