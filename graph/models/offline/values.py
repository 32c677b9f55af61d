"""Finds which values of a table the words of a question mean."""

import re
from collections.abc import Sequence

from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.columns import Column
from surefoot.graph.models.offline.request import Request, Run
from surefoot.graph.models.offline.sqltext import Filter, literal, quoted
from surefoot.graph.models.offline.steps import CannotDo, Steps
from surefoot.graph.models.offline.table import Table, listed, queried
from surefoot.graph.models.offline.words import content, parts, stem


def find_values(request: Request, table: Table, clause: Clause) -> Steps[list[str]]:
    """Look the words that name no column up among the values; returns those that are no value either."""
    if not request.leftovers:
        return []
    grams = {gram for run in request.leftovers for gram in _grams(run)}
    texts = [column for column in table.columns if not column.is_number and not column.is_time][:40]
    if not texts:
        return [" ".join(run.words) for run in request.leftovers]
    _, rows = yield from queried(_probe(texts, grams, request.leftovers, table.source), table)
    values = [(str(row[0]), str(row[1])) for row in rows]
    by_name = {column.name: column for column in table.columns}
    ignored = []
    for run in request.leftovers:
        found = _value_filter(run, values, by_name, clause)
        if found:
            _add(request, found)
        elif run.named:
            raise CannotDo(
                f"No column and no value of {table.path} is called {' '.join(run.words)!r}; its columns are {listed(table)}."
            )
        else:
            ignored.append(" ".join(run.words))
    return ignored


def _add(request: Request, found: Filter) -> None:
    for index, other in enumerate(request.filters):
        if other.column == found.column and other.operator == found.operator == "in":
            request.filters[index] = Filter(found.column, "in", (*other.values, *found.values))
            return
    request.filters.append(found)
    request.columns = [column for column in request.columns if column != found.column]


def _grams(run: Run) -> list[str]:
    words = [word.lower() for word in run.words]
    found = [" ".join(words[a:b]) for b in range(1, len(words) + 1) for a in range(max(0, b - 3), b)]
    return sorted(
        {*found, *(gram[:-1] for gram in found if gram.endswith("s") and len(gram) > 3)}, key=lambda g: (-len(g), g)
    )


def _probe(columns: Sequence[Column], grams: set[str], runs: Sequence[Run], source: str) -> str:
    listed = ", ".join(literal(gram) for gram in sorted(grams))
    parts_of_names = sorted({gram for run in runs if run.named for gram in _grams(run) if len(gram) > 2})
    selects = []
    for column in columns:
        text = f"lower(CAST({quoted(column.name)} AS VARCHAR))"
        like = "".join(f" OR {text} LIKE {literal(f'%{gram}%')}" for gram in parts_of_names)
        shown = f"CAST({quoted(column.name)} AS VARCHAR)"
        selects.append(
            f"SELECT DISTINCT {literal(column.name)} AS col, {shown} AS val FROM {source} WHERE {text} IN ({listed}){like}"
        )
    return " UNION ALL ".join(selects)


def _value_filter(
    run: Run, values: Sequence[tuple[str, str]], columns: dict[str, Column], clause: Clause
) -> Filter | None:
    said = {stem(word) for word in content(clause.plain)}

    def nearness(entry: tuple[str, str]) -> tuple[int, int]:
        return -len(said & {stem(word) for word in parts(entry[0])}), list(columns).index(entry[0])

    for gram in _grams(run):
        exact = sorted((entry for entry in values if entry[1].lower() == gram), key=nearness)
        if exact:
            return Filter(columns[exact[0][0]], "not in" if run.negated else "in", (exact[0][1],))
    if run.named and not run.negated:
        for gram in _grams(run):
            within = sorted(
                (entry for entry in values if re.search(rf"\b{re.escape(gram)}", entry[1].lower())), key=nearness
            )
            if within:
                return Filter(columns[within[0][0]], "like", (gram,))
    return None
