"""Answers questions about the rows of a file: finds the table, reads the question, asks, says."""

import re
from collections.abc import Sequence
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.columns import Column, tokens
from surefoot.graph.models.offline.question import read_request
from surefoot.graph.models.offline.request import Request
from surefoot.graph.models.offline.sqltext import Group, measured, numeric, part_of, quoted, where
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps
from surefoot.graph.models.offline.table import (
    Table,
    described,
    listed,
    queried,
    read_as_text,
    table_for,
    table_words_of,
    typed,
)
from surefoot.graph.models.offline.values import find_values
from surefoot.graph.models.offline.world import File, World

_MAX_ROWS = 200
_MAX_IGNORED = 1
"""So many runs of words that mean nothing to a table are passed over, and said so; more, and the question is not taken."""


def fits(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a question about a table."""
    if clause.values("url"):
        return 0.0
    file, rating = table_for(clause, world)
    if file is None:
        return 0.0
    columns = [Column(name) for name in file.columns]
    request = read_request(tokens(clause), columns, table_words_of(file))
    if request.measures or request.groups or request.filters or request.is_ranking or request.order:
        return 0.85
    if clause.says("column schema header") and rating >= 2:
        return 0.85
    asked = re.search(
        r"\b(?:how many|total|average|mean|median|sum|count|highest|lowest|maximum|minimum)\b", clause.plain
    )
    if asked and rating >= 2:
        return 0.8
    named = any(run.names for run in request.leftovers)
    if rating >= 2 and clause.family == "show" and re.search(r"\b(?:all|every|each)\b", clause.plain):
        return 0.72
    return 0.55 if request.columns or (rating >= 2 and named and not clause.says("mention contain")) else 0.1


def answer(clause: Clause, world: World) -> Steps[str]:
    """Answer a question about a table."""
    file, _ = table_for(clause, world)
    if file is None:
        raise CannotDo("No data file fits this; name the file.")
    if "query_data" not in world.tools or re.search(r"\busing read_file\b", clause.text):
        table = yield from read_as_text(file)
    else:
        table = yield from described(file, clause)
    try:
        return (yield from _answered(clause, file, table))
    except Failed:
        if table.local or all(column.type for column in table.columns):
            raise
    return (yield from _answered(clause, file, (yield from typed(table))))


def _answered(clause: Clause, file: File, table: Table) -> Steps[str]:
    request = read_request(tokens(clause), table.columns, table_words_of(file))
    if clause.says("column schema header") and not (request.measures or request.groups or request.filters):
        return f"Columns of {file.path}: {listed(table)}"
    if not table.local and _compares(request) and not all(column.type for column in table.columns):
        table = yield from typed(table)
        request = read_request(tokens(clause), table.columns, table_words_of(file))
    ignored = yield from find_values(request, table, clause)
    filtered = {test.column for test in request.filters}
    if not request.is_ranking:
        grouped = {group.column for group in request.groups}
        request.groups += [
            Group(column) for column in dict.fromkeys(request.besides) if column not in filtered | grouped
        ]
    if len(ignored) > _MAX_IGNORED or (ignored and (request.guessed or not (request.measures or request.filters))):
        raise CannotDo(f"Too much of this is not understood as a question to {file.path}: {', '.join(ignored)}.")
    if request.is_ranking and not request.measures and not request.order_by:
        raise CannotDo(f"Nothing says by which column of {file.path} to rank; its columns are {listed(table)}.")
    if not (request.measures or request.columns or request.filters or request.is_ranking):
        raise CannotDo(f"No column of {file.path} fits this; its columns are {listed(table)}.")
    columns, rows = yield from queried(_sql(request, table.source), table)
    return _said(request, table, columns, rows, ignored)


def _compares(request: Request) -> bool:
    """Whether values are compared with each other: text that looks like numbers would be compared letter by letter."""
    extremes = any(measure.function in ("min", "max") for measure in request.measures)
    return extremes or (request.order_by is not None and not request.order_by.is_time)


def _sql(request: Request, source: str) -> str:
    groups = [part_of(group.column, group.part) for group in request.groups]
    named = [f"{sql} AS {quoted(group.label)}" for sql, group in zip(groups, request.groups, strict=True)]
    computed = [f"{measured(m)} AS {quoted(m.label)}" for m in request.measures]
    if computed:
        shown = ", ".join([*named, *computed])
    else:
        shown = (
            "*"
            if not request.columns or request.is_ranking
            else ", ".join(quoted(column.name) for column in request.columns)
        )
    sql = f"SELECT {shown} FROM {source}{where(request.filters)}"
    if groups:
        sql += " GROUP BY " + ", ".join(groups)
    return sql + _order(request, groups) + f" LIMIT {(request.limit + 5) if request.limit else _MAX_ROWS}"


def _order(request: Request, groups: Sequence[str]) -> str:
    direction = " DESC" if request.order == "down" else ""
    if request.order and request.order_by and not request.measures:
        return f" ORDER BY {numeric(request.order_by)}{direction} NULLS LAST"
    if request.order and request.measures and (request.order_by is None or groups):
        by_group = [g for g in request.groups if g.column == request.order_by]
        key = quoted(by_group[0].label) if by_group else quoted(request.measures[-1].label)
        return f" ORDER BY {key}{direction} NULLS LAST"
    return " ORDER BY " + ", ".join(groups) if groups else ""


def _said(request: Request, table: Table, columns: list[str], rows: list[list[Any]], ignored: Sequence[str]) -> str:
    shown = _keep_ties(request, columns, rows)
    lead = _lead(request, table)
    note = f"\n\nNot taken into account: {', '.join(ignored)}." if ignored else ""
    texts = [m.column.name for m in request.measures if m.column and m.column.is_text and m.function != "distinct"]
    note += f"\n\nThe numbers were read out of text in {', '.join(texts)}." if texts else ""
    if not shown:
        return f"{lead}: no rows.{note}"
    if request.measures and not request.groups and len(shown) == 1:
        pairs = [
            f"{name} in {table.path}{_conditions(request)}: {say.figure(v)}"
            for name, v in zip(columns, shown[0], strict=True)
        ]
        return "\n".join(pairs) + note
    more = f"\n\nOnly the first {_MAX_ROWS} rows are shown." if not request.limit and len(rows) == _MAX_ROWS else ""
    return f"{lead}:\n\n{say.table(columns, shown)}{more}{note}"


def _keep_ties(request: Request, columns: Sequence[str], rows: list[list[Any]]) -> list[list[Any]]:
    if not request.limit or len(rows) <= request.limit:
        return rows
    key = len(columns) - 1 if request.measures else (columns.index(request.order_by.name) if request.order_by else -1)
    last = rows[request.limit - 1][key]
    return [*rows[: request.limit], *(row for row in rows[request.limit :] if key >= 0 and row[key] == last)]


def _lead(request: Request, table: Table) -> str:
    what = ", ".join(measure.label for measure in request.measures) or "Rows"
    by = " by " + ", ".join(group.label for group in request.groups) if request.groups else ""
    rank = (
        f", {'highest' if request.order == 'down' else 'lowest'} {request.limit}"
        if request.limit and request.order
        else ""
    )
    return f"{what}{by} in {table.path}{_conditions(request)}{rank}"


def _conditions(request: Request) -> str:
    return " where " + " and ".join(test.label for test in request.filters) if request.filters else ""


__all__ = ["answer", "fits", "table_for"]
