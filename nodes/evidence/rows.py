"""Picks rows of lists: those a goal's words name (open, Oslo), then the last, the cheapest, the second."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surefoot.nodes.evidence.asked import Asked, Pick
from surefoot.nodes.evidence.derive import Toolset
from surefoot.nodes.evidence.phrases import Phrase, shape
from surefoot.nodes.evidence.provenance import Fact, Ledger, same
from surefoot.nodes.evidence.words import stem

__all__ = ["Rows", "pick_rows"]

_MEASURES = {
    "most": ("pric", "cost", "amount", "total", "valu", "fee"),
    "cheapest": ("pric", "cost", "fee", "amount", "total"),
    "priciest": ("pric", "cost", "fee", "amount", "total"),
    "expensiv": ("pric", "cost", "fee", "amount", "total", "valu", "rat"),
    "longest": ("length", "duration", "distanc"),
    "shortest": ("length", "duration", "distanc"),
    "heaviest": ("weight", "mass"),
    "lightest": ("weight", "mass"),
    "youngest": ("ag",),
    "tallest": ("height",),
}
"""What such words measure where the goal does not say it."""
_IN_TIME = {"oldest": "first", "newest": "last", "latest": "last", "earliest": "first", "youngest": "last"}


@dataclass(frozen=True, slots=True)
class Rows:
    """The facts that are left when lists were picked from, and the picks that found no field to go by."""

    facts: list[Fact]
    picked: frozenset[str] = frozenset()
    """Lists that were narrowed."""
    open: tuple[tuple[str, Pick], ...] = ()
    """Lists that a pick is meant for, with the pick, where no column says what to go by."""
    words: frozenset[str] = field(default_factory=frozenset)
    """Words of the goal that picked rows."""


def pick_rows(ledger: Ledger, asked: Asked, tools: Toolset) -> Rows:
    """Narrow every list of a log to the rows the goal means."""
    kept: dict[str, set[int]] = {}
    words: set[str] = set()
    pending: list[tuple[str, Pick]] = []
    for name, table in _tables(ledger.facts).items():
        if len(table) < 2:
            continue
        rows, by = _by_words(table, asked)
        words |= by
        for pick in asked.picks:
            if len(rows) > 1 and _meant(pick, rows, tools):
                chosen = _choose(pick, rows, ledger, tools)
                if chosen is None:
                    pending.append((name, pick))
                else:
                    rows = {chosen: rows[chosen]}
        if len(rows) < len(table):
            kept[name] = set(rows)
    facts = [fact for fact in ledger.facts if all(index in kept.get(name, {index}) for name, index in fact.rows)]
    return Rows(facts, frozenset(kept), tuple(pending), frozenset(words))


Table = dict[int, list[Fact]]


def _tables(facts: Sequence[Fact]) -> Mapping[str, Table]:
    found: dict[str, Table] = {}
    for fact in facts:
        for name, index in fact.rows:
            found.setdefault(name, {}).setdefault(index, []).append(fact)
    return found


def _by_words(table: Table, asked: Asked) -> tuple[Table, set[str]]:
    """Keep the rows in which a word or value of the goal stands, where it does not stand in all."""
    rows, used = dict(table), set[str]()
    given = [fact.text for fact in asked.given]
    for index in table:
        for fact in table[index]:
            text = fact.text.strip().lower()
            said = isinstance(fact.value, str) and len(text) > 2 and _says(text, asked.words)
            if not said and not any(same(fact.value, value) for value in given):
                continue
            having = {n for n, facts in rows.items() if any(_column(f) == _column(fact) and same(f.value, fact.value) for f in facts)}
            alike = {n for n, facts in rows.items() if any(_column(f) == _column(fact) for f in facts)}
            if having and len(having) < len(alike) and index in rows:
                rows = {n: rows[n] for n in having}
                used.add(text)
    return rows, used


def _says(text: str, words: frozenset[str]) -> bool:
    found = re.findall(r"[^\W_]+", text)
    return 0 < len(found) <= 3 and all(word in words for word in found) and shape(text) not in ("date", "email", "url")


def _meant(pick: Pick, rows: Table, tools: Toolset) -> bool:
    """Whether a pick is meant for this list: the list is one of what it picks among."""
    if not pick.noun:
        return True
    called = {word for facts in rows.values() for fact in facts for word in (*fact.phrase, *_keys(fact))}
    return any(tools.lexicon.alike(pick.noun, word) >= 0.7 for word in called | _source_words(rows, tools))


def _source_words(rows: Table, tools: Toolset) -> set[str]:
    return {word for facts in rows.values() for fact in facts for word in fact.about}


def _keys(fact: Fact) -> Phrase:
    return tuple(stem(str(key)) for key in fact.path if isinstance(key, str))


def _choose(pick: Pick, rows: Table, ledger: Ledger, tools: Toolset) -> int | None:
    """Choose one row; None = no column tells which."""
    kind = pick.kind
    timed = next((_IN_TIME[word] for word in pick.field if word in _IN_TIME), "")
    if kind in ("most", "least") and not timed:
        column = _measured(pick, rows, tools)
        if column is None:
            return None
        best = max if kind == "most" else min
        return best(column, key=lambda index: column[index])
    kind = timed or kind
    dated = _dates(rows, pick)
    order = sorted(dated, key=lambda index: dated[index]) if dated else _order(rows, ledger, tools)
    place = pick.index if kind == "nth" else -1 if kind == "last" else 0
    return order[place] if -len(order) <= place < len(order) else None


def _order(rows: Table, ledger: Ledger, tools: Toolset) -> list[int]:
    """Order rows as they stand, oldest first where the tool says how it lists."""
    steps = {fact.step for facts in rows.values() for fact in facts}
    tool = next((call.tool for call in ledger.calls if call.step == min(steps)), "")
    promise = tools.promises.get(tool)
    return sorted(rows, reverse=bool(promise and promise.order == "newest"))


def _dates(rows: Table, pick: Pick) -> dict[int, str]:
    """Find the column of dates that tells in which order rows come; {} = there is none in every row."""
    columns: dict[tuple[str, ...], dict[int, str]] = {}
    for index, facts in rows.items():
        for fact in facts:
            if shape(fact.text) == "date":
                columns.setdefault(_column(fact), {})[index] = fact.text
    whole = {name: column for name, column in columns.items() if len(column) == len(rows)}
    if not whole:
        return {}
    first = min(whole, key=lambda name: (not any(pick.noun and pick.noun[:4] in key for key in name), len(name), list(whole).index(name)))
    return whole[first]


def _measured(pick: Pick, rows: Table, tools: Toolset) -> dict[int, float] | None:
    """Find the column of numbers a pick goes by."""
    columns: dict[tuple[str, ...], dict[int, float]] = {}
    phrases: dict[tuple[str, ...], Phrase] = {}
    for index, facts in rows.items():
        for fact in facts:
            number = as_number(fact)
            if number is not None and not fact.named:
                columns.setdefault(_column(fact), {})[index] = number
                phrases[_column(fact)] = fact.phrase
            elif number is not None:
                phrases.setdefault(_column(fact), fact.phrase)
                columns.setdefault(_column(fact), {})[index] = number
    whole = {name: column for name, column in columns.items() if len(column) == len(rows) and not _is_identifier(phrases[name])}
    wanted = [word for word in pick.field for word in (*_MEASURES.get(word, ()), word)]
    rated = {name: max((tools.lexicon.alike(word, own) for word in wanted for own in phrases[name]), default=0.0) for name in whole}
    best = max(rated, key=lambda name: rated[name], default=None)
    if best is not None and rated[best] >= 0.7:
        return whole[best]
    general = all(word in ("largest", "biggest", "greatest", "highest", "lowest", "smallest", "most", "least", "top", "best") for word in pick.field)
    return next(iter(whole.values())) if general and len(whole) == 1 else None


def _is_identifier(phrase: Phrase) -> bool:
    return bool(phrase) and phrase[-1] in ("id", "number", "cod", "key", "ref", "year")


def as_number(fact: Fact) -> float | None:
    """Read a value as a number: 12, "12.50", "1,200 EUR"; None = it is none."""
    if isinstance(fact.value, bool):
        return None
    if isinstance(fact.value, int | float):
        return float(fact.value)
    match = re.fullmatch(r"\W{0,3}(-?\d+(?:,\d{3})*(?:\.\d+)?)\s?(?:[A-Za-z%€$£/²³]{0,8})", fact.text.strip())
    return float(match[1].replace(",", "")) if match else None


def _column(fact: Fact) -> tuple[str, ...]:
    return tuple("*" if isinstance(key, int) else key for key in fact.path)
