"""Picks rows of lists: those a goal's words name (open, Oslo), then the last, the cheapest, the second."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.nodes.evidence.phrases import Phrase, shape
from surefoot.nodes.evidence.provenance import Fact, Ledger
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.evidence.values import as_text, same
from surefoot.nodes.quest.asked import Pick

__all__ = ["Narrowed", "Table", "as_number", "joined", "measures", "narrow", "table_of"]

_MEASURES = {
    "most": ("pric", "cost", "amount", "total", "valu", "fee"),
    "cheapest": ("pric", "cost", "fee", "amount", "total"),
    "priciest": ("pric", "cost", "fee", "amount", "total"),
    "expensiv": ("pric", "cost", "fee", "amount", "total", "valu", "rat"),
    "longest": ("length", "duration", "distanc", "minut", "hour", "day"),
    "shortest": ("length", "duration", "distanc", "minut", "hour", "day"),
    "heaviest": ("weight", "mass"),
    "lightest": ("weight", "mass"),
    "youngest": ("ag",),
    "tallest": ("height",),
}
"""What such words measure where the goal does not say it."""
_IN_TIME = {"oldest": "first", "newest": "last", "latest": "last", "earliest": "first", "youngest": "last"}


Table = dict[int, list[Fact]]
"""The facts of a list by row."""


def joined(table: Table, named: Mapping[str, int], within: Sequence[Fact], ledger: Ledger) -> Table:
    """Add to each row what was told of its thing elsewhere: by calls that were given it, and in rows of other lists.

    What the row says itself stands: the doctor of an appointment is not the doctor of its patient.

    Args:
        table: A list, by row.
        named: The row of each identifier of the things listed.
        within: Facts to take from.
        ledger: The log.
    """
    own = {id(fact) for facts in table.values() for fact in facts}
    beside: dict[tuple[object, ...], int] = {}
    for fact in within:
        if fact.rows and fact.text in named:
            beside.setdefault((fact.step, fact.rows), named[fact.text])
    found = {index: list(facts) for index, facts in table.items()}
    for fact in within:
        if fact.step < 0 or id(fact) in own:
            continue
        asked = () if fact.own_rows else (as_text(value) for value in ledger.call(fact.step).args.values())
        index = next((named[text] for text in asked if text in named), beside.get((fact.step, fact.rows)))
        if index in found:
            found[index].append(fact)
    return {index: _own_first(facts) for index, facts in found.items()}


def _own_first(facts: list[Fact]) -> list[Fact]:
    """Leave out what was told elsewhere of a field that the row itself has."""
    first = min(fact.step for fact in facts)
    own = {fact.path[-1] for fact in facts if fact.step == first and fact.path}
    return [fact for fact in facts if fact.step == first or not fact.path or fact.path[-1] not in own]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A list narrowed to the rows that are meant."""

    rows: frozenset[int]
    open: Pick | None = None
    """A pick that no column says how to make: the rows are a guess by their order, or all."""


def table_of(name: str, facts: Sequence[Fact], lists: frozenset[str]) -> Table:
    """Collect the facts of a list by row; what stands in further lists below it is another thing's."""
    table: Table = {}
    for fact in facts:
        if lists.issuperset(each for each, _ in fact.rows):
            for each, index in fact.rows:
                if each == name:
                    table.setdefault(index, []).append(fact)
    return table


def narrow(
    table: Table, words: frozenset[str], given: Sequence[str], picks: Sequence[Pick], ledger: Ledger, tools: Toolset
) -> Narrowed:
    """Narrow a list: to the rows in which words or values stand that are not in all, then to the one that is picked.

    Args:
        table: The list.
        words: The words that speak of it, lower case.
        given: The values the goal gives.
        picks: Which row is meant.
        ledger: The log, for how the tool says it sorts.
        tools: The tools it came from.
    """
    rows = _by_words(table, words, given)
    for pick in picks:
        if len(rows) > 1:
            chosen, sure = _choose(pick, rows, ledger, tools)
            if chosen is not None:
                rows = {chosen: rows[chosen]}
            if not sure:
                return Narrowed(frozenset(rows), pick)
    return Narrowed(frozenset(rows))


def _alike(one: Fact, other: Fact) -> bool:
    """Whether two facts are the same field of two rows: what was told of a row elsewhere may stand at any place there."""
    return _column(one) == _column(other) and one.phrase == other.phrase


def _by_words(table: Table, words: frozenset[str], given: Sequence[str]) -> Table:
    rows = dict(table)
    for index in table:
        for fact in table[index]:
            text = fact.text.strip().lower()
            said = isinstance(fact.value, str) and len(text) > 2 and _says(text, words)
            if not said and not any(same(fact.value, value) for value in given):
                continue
            having = {
                n for n, facts in rows.items() if any(_alike(f, fact) and same(f.value, fact.value) for f in facts)
            }
            alike = {n for n, facts in rows.items() if any(_alike(f, fact) for f in facts)}
            if having and len(having) < len(alike) and index in rows:
                rows = {n: rows[n] for n in having}
    return rows


def _says(text: str, words: frozenset[str]) -> bool:
    found = re.findall(r"[^\W_]+", text)
    return 0 < len(found) <= 3 and all(word in words for word in found) and shape(text) not in ("date", "email", "url")


def _choose(pick: Pick, rows: Table, ledger: Ledger, tools: Toolset) -> tuple[int | None, bool]:
    """Choose one row, and say whether a column tells so; None = not even their order does."""
    kind = pick.kind
    timed = next((_IN_TIME[word] for word in pick.field if word in _IN_TIME), "")
    if kind in ("most", "least") and not timed:
        column = _measured(pick, rows, tools)
        if column is None:
            return None, False
        best = max if kind == "most" else min
        return best(column, key=lambda index: column[index]), True
    dated = _dates(rows)
    order, told = (sorted(dated, key=lambda index: dated[index]), True) if dated else _order(rows, ledger, tools)
    place = pick.index if kind == "nth" else -1 if (timed or kind) == "last" else 0
    return order[place] if -len(order) <= place < len(order) else None, told


def _order(rows: Table, ledger: Ledger, tools: Toolset) -> tuple[list[int], bool]:
    """Order rows as they stand, oldest first, and say whether the tool says how it lists."""
    first = min(fact.step for facts in rows.values() for fact in facts)
    promise = tools.promises.get(ledger.call(first).tool)
    order = promise.order if promise else ""
    return sorted(rows, reverse=order == "newest"), bool(order)


def _dates(rows: Table) -> dict[int, str]:
    """Find the column of dates that tells in which order rows come; {} = there is none in every row."""
    columns: dict[tuple[str, ...], dict[int, str]] = {}
    for index, facts in rows.items():
        for fact in facts:
            if shape(fact.text) == "date":
                columns.setdefault(_column(fact), {})[index] = fact.text
    whole = {name: column for name, column in columns.items() if len(column) == len(rows)}
    if not whole:
        return {}
    return whole[min(whole, key=lambda name: (len(name), list(whole).index(name)))]


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
    whole = {
        name: column
        for name, column in columns.items()
        if len(column) == len(rows) and not _is_identifier(phrases[name])
    }
    wanted = [word for word in pick.field for word in (*_MEASURES.get(word, ()), word)]
    rated = {
        name: max((tools.lexicon.alike(word, own) for word in wanted for own in phrases[name]), default=0.0)
        for name in whole
    }
    best = max(rated, key=lambda name: rated[name], default=None)
    if best is not None and rated[best] >= 0.7:
        return whole[best]
    general = all(
        word in ("largest", "biggest", "greatest", "highest", "lowest", "smallest", "most", "least", "top", "best")
        for word in pick.field
    )
    return next(iter(whole.values())) if general and len(whole) == 1 else None


def measures(pick: Pick) -> tuple[str, ...]:
    """Name the stems a pick may go by: `last` by a date, `cheapest` by a price."""
    if pick.kind in ("last", "first", "nth"):
        return ("dat", "tim")
    return tuple(dict.fromkeys(each for word in pick.field for each in (*_MEASURES.get(word, ()), word)))


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
