"""Answers SQL from the text of a CSV or JSON file, where no query tool is to be used."""

import csv
import io
import json
import sqlite3
import statistics
from collections.abc import Sequence
from typing import Any

from surefoot.graph.models.offline.sqltext import quoted
from surefoot.graph.models.offline.steps import CannotDo


class _Median:
    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        return statistics.median(self.values) if self.values else None


def read_table(text: str, path: str) -> tuple[list[str], list[list[Any]]]:
    """Read the columns and rows of a file's text.

    Raises:
        CannotDo: the text is no table.
    """
    try:
        records = _json(text) if path.endswith(("json", "jsonl")) else None
    except ValueError:
        raise CannotDo(f"{path} is no whole JSON as it was read.") from None
    if records is not None:
        columns = list(dict.fromkeys(key for record in records for key in record))
        return columns, [[_plain(record.get(column)) for column in columns] for record in records]
    try:
        rows = list(csv.reader(io.StringIO(text), csv.Sniffer().sniff(text[:4096], ",;\t|")))
    except csv.Error as error:
        raise CannotDo(f"{path} cannot be read as a table: {error}.") from None
    if len(rows) < 2:
        raise CannotDo(f"{path} is no table with a heading and rows.")
    return rows[0], [[_number(cell) for cell in row] for row in rows[1:] if len(row) == len(rows[0])]


def query(columns: Sequence[str], rows: Sequence[Sequence[Any]], sql: str) -> tuple[list[str], list[list[Any]]]:
    """Run SQL over rows in memory; the table is called `t`.

    Raises:
        CannotDo: the SQL does not fit the rows.
    """
    with sqlite3.connect(":memory:") as base:
        base.create_aggregate("median", 1, _Median)  # type: ignore[arg-type]
        try:
            base.execute(f"CREATE TABLE t ({', '.join(quoted(column) for column in columns)})")
            base.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(columns))})", rows)
            cursor = base.execute(sql)
            found = [list(row) for row in cursor.fetchall()]
            return [entry[0] for entry in cursor.description], found
        except sqlite3.Error as error:
            raise CannotDo(f"The rows could not be queried: {error}.") from None
        finally:
            base.rollback()


def _json(text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        value = [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(value, dict):
        inner = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
        value = inner[0] if inner else [value]
    return [item for item in value if isinstance(item, dict)]


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _number(cell: str) -> Any:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell or None
