"""Writes SQL that both DuckDB and SQLite understand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.graph.models.offline.columns import Column

Part = Literal["", "year", "month", "day", "quarter"]
_LENGTHS = {"year": 4, "month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Measure:
    """What is computed over rows: sum, avg, median, min, max of a column, count of rows, distinct values."""

    function: str
    column: Column | None

    @property
    def label(self) -> str:
        if self.column is None:
            return "count"
        return f"{'number of different' if self.function == 'distinct' else self.function} {self.column.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """What rows are put together by: a column, or a part of a date column."""

    column: Column
    part: Part = ""

    @property
    def label(self) -> str:
        return self.part or self.column.name


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows count: `value` holds one value, or several for `in`."""

    column: Column
    operator: str
    values: tuple[str | float, ...]
    part: Part = ""

    @property
    def label(self) -> str:
        joint = " and " if self.operator == "BETWEEN" else " or "
        shown = joint.join(v if isinstance(v, str) else f"{v:.15g}" for v in self.values)
        name = f"{self.part} of {self.column.name}" if self.part else self.column.name
        words = {
            "in": "is",
            "not in": "is not",
            "like": "contains",
            "not like": "does not contain",
            "BETWEEN": "between",
        }
        return f"{name} {words.get(self.operator, self.operator)} {shown}"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else f"{value:.15g}"


def part_of(column: Column, part: Part) -> str:
    """Take a part of a date that is written or shown as YYYY-MM-DD."""
    text = f"CAST({quoted(column.name)} AS VARCHAR)"
    if part == "quarter":
        month = f"(CAST(substr({text}, 6, 2) AS INTEGER) - 1)"
        return f"substr({text}, 1, 4) || '-Q' || CAST(({month} - {month} % 3) / 3 + 1 AS INTEGER)"
    return f"substr({text}, 1, {_LENGTHS[part]})" if part else quoted(column.name)


def measured(measure: Measure) -> str:
    """Write one measure."""
    if measure.column is None:
        return "count(*)"
    if measure.function == "distinct":
        return f"count(DISTINCT {quoted(measure.column.name)})"
    return f"{measure.function}({numeric(measure.column)})"


def numeric(column: Column) -> str:
    """Write a column as a number: out of text such as `1.200,50 EUR` or `$1,200.50` where it is no number yet."""
    if not column.is_text:
        return quoted(column.name)
    text = f"regexp_replace({quoted(column.name)}, '[^0-9.,\\-]', '', 'g')"
    comma = f"replace(replace({text}, '.', ''), ',', '.')"
    return f"TRY_CAST(CASE WHEN regexp_matches({text}, ',[0-9]{{1,2}}$') THEN {comma} ELSE replace({text}, ',', '') END AS DOUBLE)"


def condition(test: Filter) -> str:
    """Write one filter; text is compared without regard to case."""
    column = part_of(test.column, test.part)
    if test.operator in ("in", "not in"):
        listed = ", ".join(literal(str(value).lower()) for value in test.values)
        return f"lower(CAST({column} AS VARCHAR)) {test.operator.upper()} ({listed})"
    if test.operator in ("like", "not like"):
        return f"lower(CAST({column} AS VARCHAR)) {test.operator.upper()} {literal('%' + str(test.values[0]).lower() + '%')}"
    if test.part:
        return f"{column} {test.operator} {literal(str(test.values[0]))}"
    if test.operator == "BETWEEN":
        return f"{numeric(test.column)} BETWEEN {literal(test.values[0])} AND {literal(test.values[1])}"
    side = numeric(test.column) if isinstance(test.values[0], float) else column
    return f"{side} {test.operator} {literal(test.values[0])}"


def where(filters: Sequence[Filter]) -> str:
    return " WHERE " + " AND ".join(condition(test) for test in filters) if filters else ""
