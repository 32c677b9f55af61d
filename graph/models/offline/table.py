"""Finds the table a clause is about, its columns, and runs queries on it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline import text_tables
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.columns import Column, mark_columns, tokens
from surefoot.graph.models.offline.read import text_of
from surefoot.graph.models.offline.sqltext import literal, quoted
from surefoot.graph.models.offline.steps import CannotDo, Steps, call
from surefoot.graph.models.offline.terms import PARTS
from surefoot.graph.models.offline.words import kin
from surefoot.graph.models.offline.world import File, World
from surefoot.nodes.evidence.words import parts, stem


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
        mark_columns(sentence, [Column(name) for name in file.columns], table_words_of(file))
        columns = {token.column.name for token in sentence if token.column and token.word not in PARTS}
        periods = {token.column.name for token in sentence if token.column} - columns
        names = table_words_of(file) & (clause.stems | kin(clause.words))
        in_goal = file.path in world.goal or file.name in world.goal
        rated.append(
            (10.0 * (file.path in named) + 2 * len(names) + len(columns) + 0.4 * len(periods) + 0.5 * in_goal, file)
        )
    rated = sorted((entry for entry in rated if entry[0] >= 0.9), key=lambda entry: -entry[0])
    if not rated:
        return None, 0.0
    if len(rated) > 1 and rated[0][0] == rated[1][0]:
        return None, 0.0
    return rated[0][1], rated[0][0]


def table_words_of(file: File) -> frozenset[str]:
    """Stems that name the rows of a file: the words of its name, and words that mean the same."""
    own = parts(PurePosixPath(file.path).stem)
    return frozenset(stem(word) for word in own) | kin(own)


def listed(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def read_as_text(file: File) -> Steps[Table]:
    text = yield from text_of(file.path, World())
    columns, rows = text_tables.read_table(text, file.path)
    return Table(file.path, "t", tuple(Column(name) for name in columns), (columns, rows))


def described(file: File, clause: Clause) -> Steps[Table]:
    source = literal(file.path)
    columns = tuple(Column(name) for name in file.columns)
    sentence = tokens(clause)
    mark_columns(sentence, columns, table_words_of(file))
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


def typed(table: Table) -> Steps[Table]:
    """Look the types of a table's columns up."""
    return replace(table, columns=(yield from _describe(f"SELECT * FROM {table.source}")))


def queried(sql: str, table: Table) -> Steps[tuple[list[str], list[list[Any]]]]:
    if table.local:
        return text_tables.query(*table.local, sql)
    reply = yield from call("query_data", sql=sql)
    found = reply.data
    if not isinstance(found, dict) or "rows" not in found:
        raise CannotDo("The query's result could not be read: it is cut or no table.")
    return list(found["columns"]), [_cells(row) for row in found["rows"]]


def _cells(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else list(row)
