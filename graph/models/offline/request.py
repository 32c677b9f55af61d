"""What a question about a table asks for."""

from dataclasses import dataclass, field
from typing import Literal

from surefoot.graph.models.offline.columns import Column
from surefoot.graph.models.offline.sqltext import Filter, Group, Measure


@dataclass(slots=True)
class Run:
    """Words in a row that name no column."""

    words: list[str]
    limits: bool = False
    """They say which rows are meant: a question in which they mean nothing is not answered."""
    names: set[str] = field(default_factory=set)
    """Those written like a name or in quotes: they must mean something, and a part of a value is enough for them."""
    negated: bool = False


@dataclass(slots=True)
class Request:
    """One question about one table."""

    measures: list[Measure] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    """With no measure: the columns to show; empty = all."""
    order: Literal["", "up", "down"] = ""
    order_by: Column | None = None
    limit: int | None = None
    besides: list[Column] = field(default_factory=list)
    """Columns that are named and neither measured, grouped nor filtered by."""
    guessed: bool = False
    """Nothing said what to measure: rows are counted."""
    leftovers: list["Run"] = field(default_factory=list)
    """Runs of words not understood: perhaps values of some column."""

    @property
    def is_ranking(self) -> bool:
        return self.limit is not None and bool(self.order)
