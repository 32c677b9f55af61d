"""Finds which values of a table the words of a question mean."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.columns import Column
from surefoot.graph.models.offline.request import Request, Run
from surefoot.graph.models.offline.sqltext import Filter, literal, quoted
from surefoot.graph.models.offline.steps import CannotDo, Steps
from surefoot.graph.models.offline.table import Table, listed, queried
from surefoot.graph.models.offline.words import content, number
from surefoot.nodes.evidence.words import parts, stem

_PARTIAL = 20
"""So many values that hold a name as a part are looked at per column."""


def find_values(request: Request, table: Table, clause: Clause) -> Steps[list[str]]:
    """Look the words that name no column up among the values; returns those that are no value either."""
    if not request.leftovers:
        return []
    texts = [column for column in table.columns if not column.is_number and not column.is_time][:40]
    if not texts:
        return [" ".join(run.words) for run in request.leftovers]
    _, rows = yield from queried(_probe(texts, request.leftovers, table.source), table)
    values = [(str(row[0]), str(row[1])) for row in rows]
    by_name = {column.name: column for column in table.columns}
    folders = {stem(word) for folder in PurePosixPath(table.path).parts[:-1] for word in parts(folder)}
    ignored = []
    for run in request.leftovers:
        filters, rest = _value_filters(run, values, by_name, clause)
        for found in filters:
            _add(request, found)
        rest = [word for word in rest if stem(word) not in folders]
        unknown = " ".join(word for word in rest if run.limits or word in run.names)
        if unknown:
            raise CannotDo(
                f"No column and no value of {table.path} is called {unknown!r}; its columns are {listed(table)}."
            )
        ignored += [" ".join(rest)] if rest else []
    return ignored


def _add(request: Request, found: Filter) -> None:
    for index, other in enumerate(request.filters):
        if other.column == found.column and other.operator == found.operator == "in":
            request.filters[index] = Filter(found.column, "in", (*other.values, *found.values))
            return
    request.filters.append(found)
    request.columns = [column for column in request.columns if column != found.column]


def _variants(words: Sequence[str]) -> list[str]:
    """Write words as a value could be written: as they are, or in the singular."""
    text = " ".join(words).lower()
    singular = [text[:-3] + "y"] if text.endswith("ies") else [text[:-1]] if text.endswith("s") else []
    return [text, *(variant for variant in singular if len(variant) > 2)]


def _spans(run: Run) -> list[tuple[int, int]]:
    return [(start, start + length) for start in range(len(run.words)) for length in (3, 2, 1)]


def _probe(columns: Sequence[Column], runs: Sequence[Run], source: str) -> str:
    """Write the query that finds which columns hold these words as values; names also as part of a value."""
    grams = {variant for run in runs for a, b in _spans(run) for variant in _variants(run.words[a:b])}
    names = sorted({variant for run in runs for name in run.names if len(name) > 2 for variant in _variants([name])})
    exact = ", ".join(literal(gram) for gram in sorted(grams))
    selects = []
    for column in columns:
        shown = f"CAST({quoted(column.name)} AS VARCHAR)"
        select = f"SELECT DISTINCT {literal(column.name)} AS col, {shown} AS val FROM {source} WHERE lower({shown})"
        selects.append(f"{select} IN ({exact})")
        if names:
            like = " OR ".join(f"lower({shown}) LIKE {literal(f'%{name}%')}" for name in names)
            part = select.replace(f"WHERE lower({shown})", f"WHERE {like}")
            selects.append(f"SELECT * FROM ({part} LIMIT {_PARTIAL})")
    return " UNION ".join(selects)


def _value_filters(
    run: Run, values: Sequence[tuple[str, str]], columns: dict[str, Column], clause: Clause
) -> tuple[list[Filter], list[str]]:
    """Turn the words of a run into filters, longest value first; returns also the words that are no value."""
    said = {stem(word) for word in content(clause.plain)}
    order = list(columns)
    ranked = sorted(
        values, key=lambda entry: (-len(said & {stem(word) for word in parts(entry[0])}), order.index(entry[0]))
    )
    filters, rest, at = [], [], 0
    while at < len(run.words):
        if number(run.words[at]) is not None and run.words[at] not in run.names:
            rest.append(run.words[at])
            at += 1
            continue
        for length in (3, 2, 1):
            found = _value_filter(run, run.words[at : at + length], ranked, columns)
            if found and at + length <= len(run.words):
                filters.append(found)
                at += length
                break
        else:
            rest.append(run.words[at])
            at += 1
    return filters, rest


def _value_filter(
    run: Run, words: Sequence[str], ranked: Sequence[tuple[str, str]], columns: dict[str, Column]
) -> Filter | None:
    variants = _variants(words)
    for column, value in ranked:
        if value.lower() in variants:
            return Filter(columns[column], "not in" if run.negated else "in", (value,))
    if not set(words) <= run.names:
        return None
    for column, value in ranked:
        for variant in variants:
            if re.search(rf"\b{re.escape(variant)}", value.lower()):
                return Filter(columns[column], "not like" if run.negated else "like", (variant,))
    return None
