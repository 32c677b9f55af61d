"""Answers questions about the rows of a file: finds the table, reads the question, asks, says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline import say, tables
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.columns import Column, Token, mark_columns, tokens
from surefoot.graph.models.offline.question import read_request
from surefoot.graph.models.offline.read import text_of
from surefoot.graph.models.offline.request import Request, Run
from surefoot.graph.models.offline.sqltext import Filter, literal, measured, part_of, quoted, where
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps, call
from surefoot.graph.models.offline.words import content, kin, parts, stem
from surefoot.graph.models.offline.world import File, World

_MAX_ROWS = 200
_MAX_IGNORED = 1
"""So many runs of words that mean nothing to a table are passed over, and said so; more, and the question is not taken."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as SQL sees it."""

    path: str
    source: str
    columns: tuple[Column, ...]
    local: tuple[Sequence[str], Sequence[Sequence[Any]]] | None = None
    """Columns and rows, where the file was read as text."""


def table_for(clause: Clause, world: World) -> tuple[File | None, float]:
    """Choose the data file a clause is about; the rating is 0 for none, 10 and more where it is named."""
    named = [world.resolve(path) for path in clause.paths]
    if named and not any(File(path).is_data for path in named):
        return None, 0.0
    rated = []
    unlisted = [File(path) for path in named if path not in world.paths and File(path).is_data and "*" not in path]
    for file in [*world.files, *unlisted]:
        if not file.is_data:
            continue
        sentence = tokens(clause)
        mark_columns(sentence, [Column(name) for name in file.columns], _table_words(file))
        columns = {token.column.name for token in sentence if token.column}
        names = _table_words(file) & (clause.stems | kin(clause.words))
        in_goal = file.path in world.goal or file.name in world.goal
        rated.append((10.0 * (file.path in named) + 2 * len(names) + len(columns) + 0.5 * in_goal, file))
    rated = sorted((entry for entry in rated if entry[0] >= 1), key=lambda entry: -entry[0])
    if not rated:
        return None, 0.0
    if len(rated) > 1 and rated[0][0] == rated[1][0]:
        return None, 0.0
    return rated[0][1], rated[0][0]


def fits(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a question about a table."""
    if clause.values("url"):
        return 0.0
    file, rating = table_for(clause, world)
    if file is None:
        return 0.0
    columns = [Column(name) for name in file.columns]
    request = read_request(tokens(clause), columns, _table_words(file))
    if request.measures or request.groups or request.filters or request.is_ranking or request.order:
        return 0.85
    if clause.says("column schema header") and rating >= 2:
        return 0.85
    asked = re.search(
        r"\b(?:how many|total|average|mean|median|sum|count|highest|lowest|maximum|minimum)\b", clause.plain
    )
    if asked and rating >= 2:
        return 0.8
    named = any(run.named for run in request.leftovers)
    if rating >= 2 and clause.family == "show" and re.search(r"\b(?:all|every|each)\b", clause.plain):
        return 0.72
    return 0.55 if request.columns or (rating >= 2 and named and not clause.says("mention contain")) else 0.1


def answer(clause: Clause, world: World) -> Steps[str]:
    """Answer a question about a table."""
    file, _ = table_for(clause, world)
    if file is None:
        raise CannotDo("No data file fits this; name the file.")
    if "query_data" not in world.tools or re.search(r"\busing read_file\b", clause.text):
        table = yield from _read(file)
    else:
        table = yield from _described(file, clause)
    request = read_request(tokens(clause), table.columns, _table_words(file))
    if clause.says("column schema header") and not (request.measures or request.groups or request.filters):
        return f"Columns of {file.path}: {_listed(table)}"
    ignored = yield from _find_values(request, table, clause)
    if len(ignored) > _MAX_IGNORED:
        raise CannotDo(f"Too much of this is not understood as a question to {file.path}: {', '.join(ignored)}.")
    if request.is_ranking and not request.measures and not request.order_by:
        raise CannotDo(f"Nothing says by which column of {file.path} to rank; its columns are {_listed(table)}.")
    if not (request.measures or request.columns or request.filters or request.is_ranking):
        raise CannotDo(f"No column of {file.path} fits this; its columns are {_listed(table)}.")
    columns, rows = yield from _ask(request, table)
    return _said(request, table, columns, rows, ignored)


def _table_words(file: File) -> frozenset[str]:
    """Stems that name the rows of a file: the words of its name, and words that mean the same."""
    own = parts(PurePosixPath(file.path).stem)
    return frozenset(stem(word) for word in own) | kin(own)


def _listed(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _read(file: File) -> Steps[Table]:
    text = yield from text_of(file.path, World())
    columns, rows = tables.read_table(text, file.path)
    return Table(file.path, "t", tuple(Column(name) for name in columns), (columns, rows))


def _described(file: File, clause: Clause) -> Steps[Table]:
    source = literal(file.path)
    columns = tuple(Column(name) for name in file.columns)
    sentence = tokens(clause)
    mark_columns(sentence, columns, _table_words(file))
    if columns and (any(token.column for token in sentence) or not file.path.endswith("json")):
        return Table(file.path, source, columns)
    columns = yield from _describe(f"SELECT * FROM {source}")
    nested = [column for column in columns if re.match(r"STRUCT\(.*\)\[\]$", column.type)]
    if nested and not any(column.is_number for column in columns):
        inner = quoted(nested[0].name)
        source = f"(SELECT * EXCLUDE ({inner}), unnest({inner}, recursive := true) FROM {source})"
        columns = yield from _describe(f"SELECT * FROM {source}")
    return Table(file.path, source, columns)


def _describe(select: str) -> Steps[tuple[Column, ...]]:
    reply = yield from call("query_data", sql=f"DESCRIBE {select}")
    rows = reply.data["rows"] if isinstance(reply.data, dict) else []
    return tuple(Column(str(row[0]), str(row[1])) for row in (_cells(row) for row in rows))


def _run(sql: str, table: Table) -> Steps[tuple[list[str], list[list[Any]]]]:
    if table.local:
        return tables.query(*table.local, sql)
    reply = yield from call("query_data", sql=sql)
    found = reply.data
    if not isinstance(found, dict) or "rows" not in found:
        raise CannotDo("The query's result could not be read: it is cut or no table.")
    return list(found["columns"]), [_cells(row) for row in found["rows"]]


def _cells(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else list(row)


def _find_values(request: Request, table: Table, clause: Clause) -> Steps[list[str]]:
    """Look the words that name no column up among the values; returns those that are no value either."""
    if not request.leftovers:
        return []
    grams = {gram for run in request.leftovers for gram in _grams(run)}
    texts = [column for column in table.columns if not column.is_number and not column.is_time][:40]
    if not texts:
        return [" ".join(run.words) for run in request.leftovers]
    _, rows = yield from _run(_probe(texts, grams, request.leftovers, table.source), table)
    values = [(str(row[0]), str(row[1])) for row in rows]
    by_name = {column.name: column for column in table.columns}
    ignored = []
    for run in request.leftovers:
        found = _value_filter(run, values, by_name, clause)
        if found:
            _add(request, found)
        elif run.named:
            raise CannotDo(
                f"No column and no value of {table.path} is called {' '.join(run.words)!r}; its columns are {_listed(table)}."
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


def _ask(request: Request, table: Table) -> Steps[tuple[list[str], list[list[Any]]]]:
    try:
        return (yield from _run(_sql(request, table.source, cast=False), table))
    except Failed:
        if not request.measures or table.local:
            raise
        return (yield from _run(_sql(request, table.source, cast=True), table))


def _sql(request: Request, source: str, cast: bool) -> str:
    """Write the query of a request; with `cast`, numbers are read out of text."""
    groups = [part_of(group.column, group.part) for group in request.groups]
    named = [f"{sql} AS {quoted(group.label)}" for sql, group in zip(groups, request.groups, strict=True)]
    computed = [f"{measured(m, cast)} AS {quoted(m.label)}" for m in request.measures]
    if computed:
        shown = ", ".join([*named, *computed])
    else:
        shown = (
            "*"
            if not request.columns or request.is_ranking
            else ", ".join(quoted(column.name) for column in request.columns)
        )
    sql = f"SELECT {shown} FROM {source}{where(request.filters, cast)}"
    if groups:
        sql += " GROUP BY " + ", ".join(groups)
    return sql + _order(request, groups) + f" LIMIT {(request.limit + 5) if request.limit else _MAX_ROWS}"


def _order(request: Request, groups: Sequence[str]) -> str:
    direction = " DESC" if request.order == "down" else ""
    if request.order and request.order_by and not request.measures:
        return f" ORDER BY {quoted(request.order_by.name)}{direction} NULLS LAST"
    if request.order and request.measures and (request.order_by is None or groups):
        by_group = [g for g in request.groups if g.column == request.order_by]
        key = quoted(by_group[0].label) if by_group else quoted(request.measures[-1].label)
        return f" ORDER BY {key}{direction} NULLS LAST"
    return " ORDER BY " + ", ".join(groups) if groups else ""


def _said(request: Request, table: Table, columns: list[str], rows: list[list[Any]], ignored: Sequence[str]) -> str:
    shown = _keep_ties(request, columns, rows)
    lead = _lead(request, table)
    note = f"\n\nNot taken into account: {', '.join(ignored)}." if ignored else ""
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


__all__ = ["Token", "answer", "fits", "table_for"]
