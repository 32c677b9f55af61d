"""Reads a question about a table: what is measured, by what, of which rows, in which order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from surefoot.graph.models.offline.columns import Column, Token, mark_columns
from surefoot.graph.models.offline.filters import read_filters
from surefoot.graph.models.offline.sqltext import Filter, Group, Measure, Part
from surefoot.graph.models.offline.words import FILLER, number, stem

AGGREGATES = {
    "total": "sum", "sum": "sum", "totals": "sum", "summed": "sum", "overall": "sum",
    "average": "avg", "mean": "avg", "avg": "avg", "averages": "avg",
    "median": "median",
    "minimum": "min", "min": "min", "maximum": "max", "max": "max",
}  # fmt: skip
UP = frozenset(
    [
        "highest",
        "largest",
        "biggest",
        "maximum",
        "max",
        "most",
        "top",
        "best",
        "greatest",
        "longest",
        "latest",
        "newest",
        "oldest",
        "priciest",
        "richest",
        "tallest",
        "heaviest",
    ]
)
DOWN = frozenset(
    [
        "lowest",
        "smallest",
        "minimum",
        "min",
        "least",
        "bottom",
        "worst",
        "cheapest",
        "fewest",
        "shortest",
        "earliest",
        "youngest",
        "slowest",
        "lightest",
    ]
)
GROUP_MARKS = frozenset(["by", "per", "each", "every", "across"])
_PARTS: dict[str, Part] = {
    "year": "year", "yearly": "year", "annual": "year", "annually": "year", "years": "year",
    "month": "month", "monthly": "month", "months": "month",
    "day": "day", "daily": "day", "days": "day",
    "quarter": "quarter", "quarterly": "quarter", "quarters": "quarter",
}  # fmt: skip
_NOT_ADDED = frozenset(
    stem(w)
    for w in [
        "price",
        "rating",
        "score",
        "age",
        "temperature",
        "temp",
        "rate",
        "salary",
        "wage",
        "percent",
        "percentage",
        "year",
        "height",
        "weight",
        "grade",
        "rank",
        "speed",
        "pressure",
        "humidity",
        "distance",
        "lat",
        "lon",
        "level",
        "margin",
    ]
)
_COUNTED = frozenset(
    stem(w)
    for w in [
        "unit",
        "quantity",
        "qty",
        "piece",
        "item",
        "stock",
        "seat",
        "guest",
        "visitor",
        "passenger",
        "vote",
        "point",
        "goal",
        "hour",
    ]
)
_SORT = frozenset(
    ["sorted", "sort", "ordered", "ranked", "rank", "arranged", "descending", "ascending", "alphabetically"]
)
HARMLESS = frozenset(
    stem(w)
    for w in [
        "sold",
        "sell",
        "made",
        "make",
        "brought",
        "bring",
        "earn",
        "earned",
        "earning",
        "work",
        "works",
        "working",
        "live",
        "lives",
        "came",
        "come",
        "place",
        "placed",
        "happen",
        "happened",
        "exist",
        "existing",
        "total",
        "overall",
        "combined",
        "together",
        "respectively",
        "altogether",
        "breakdown",
        "split",
        "grouped",
        "group",
        "different",
        "distinct",
        "unique",
        "often",
        "times",
        "time",
        "first",
        "highest",
        "lowest",
        "sorted",
        "descending",
        "ascending",
        "order",
        "ordered",
        "list",
        "count",
        "calculate",
        "compute",
        "determine",
        "work",
        "sum",
        "average",
        "mean",
        "add",
        "up",
        "down",
        "per",
        "euro",
        "dollar",
        "eur",
        "usd",
        "gbp",
        "pound",
        "percent",
        "using",
        "query_data",
        "run_python",
        "read_file",
        "result",
        "answer",
        "according",
        "based",
        "contain",
        "csv",
        "json",
        "worth",
        "size",
        "overview",
        "statistics",
        "summary",
        "report",
        "spread",
        "whole",
        "entire",
        "single",
        "individual",
        "respective",
        "show",
        "display",
        "print",
        "name",
        "title",
        "called",
        "following",
        "produce",
        "return",
        "extract",
        "person",
        "people",
        "thing",
        "kind",
        "type",
        "sort",
        "look",
        "into",
        "within",
        "inside",
        "using",
        "use",
        "biggest",
        "largest",
        "smallest",
        "best",
        "worst",
        "top",
        "bottom",
        "most",
        "year",
        "month",
        "day",
        "quarter",
        "monthly",
        "yearly",
        "daily",
        "annual",
        "quarterly",
        "date",
    ]
)


@dataclass(slots=True)
class Run:
    """Words in a row that name no column; `named` = written like a name or in quotes, so they must mean something."""

    words: list[str]
    named: bool = False
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
    leftovers: list["Run"] = field(default_factory=list)
    """Runs of words not understood: perhaps values of some column."""

    @property
    def is_ranking(self) -> bool:
        return self.limit is not None and bool(self.order)


def read_request(sentence: list[Token], columns: Sequence[Column], table_words: frozenset[str]) -> Request:
    """Read what a sentence asks of a table with these columns; `table_words` are stems that name the table itself."""
    request = Request()
    mark_columns(_without_aggregates(sentence, columns), columns, table_words)
    request.filters = read_filters(sentence, columns)
    _read_sorting(sentence, request)
    _read_groups(sentence, columns, request)
    _read_ranking(sentence, request, table_words)
    _read_measures(sentence, request, table_words)
    _default_measures(sentence, request)
    _read_shown(sentence, request)
    request.leftovers = _leftovers(sentence, table_words)
    return request


def _without_aggregates(sentence: list[Token], columns: Sequence[Column]) -> list[Token]:
    """Set aside words that say how to aggregate, unless a column is called just that and another word says it."""
    names = {column.name.lower() for column in columns}
    for index, token in enumerate(sentence):
        if token.word in AGGREGATES or token.word in UP | DOWN:
            before = [t.word for t in sentence[max(0, index - 3) : index]]
            if not (token.word in names and any(word in AGGREGATES for word in before)):
                token.used = "aggregate"
    return sentence


def _read_sorting(sentence: list[Token], request: Request) -> None:
    for index, token in enumerate(sentence):
        following = sentence[index + 1].word if index + 1 < len(sentence) else ""
        if token.word in UP | DOWN and following == "first":
            request.order = "down" if token.word in UP else "up"
            token.used = sentence[index + 1].used = "sorting"
        elif token.word in ("descending", "desc"):
            request.order, token.used = "down", "sorting"
        elif token.word in ("ascending", "asc", "alphabetically"):
            request.order, token.used = "up", "sorting"
        elif token.word in _SORT and not token.used:
            request.order, token.used = request.order or "up", "sorting"
            marks = sentence[index + 1 : index + 5]
            named = next((t for t in marks if t.column), None)
            if following in ("by", "on") and named:
                sentence[index + 1].used = "sorting"
                request.order_by = named.column
                _use(sentence, named.column, "sorting", after=index)


def _read_groups(sentence: list[Token], columns: Sequence[Column], request: Request) -> None:
    time = next((column for column in columns if column.is_time), None)
    for index, token in enumerate(sentence):
        part = _PARTS.get(token.word)
        marked = index > 0 and sentence[index - 1].word in GROUP_MARKS
        if (
            part
            and time
            and (token.word.endswith("ly") or token.word == "annual" or (marked and not _is_year(token.column)))
        ):
            request.groups.append(Group(time, part))
            token.used, token.column = "group", None
        elif token.word in GROUP_MARKS and not token.used:
            for column in _columns_after(sentence, index):
                if not _ranks_by(sentence, index):
                    request.groups.append(Group(column))
                    _use(sentence, column, "group", after=index)


def _is_year(column: Column | None) -> bool:
    return column is not None and not column.is_time


def _ranks_by(sentence: Sequence[Token], index: int) -> bool:
    """Whether this `by` follows `top 3 ...` and so names what is ranked on, not a group."""
    before = {token.word for token in sentence[:index]}
    aggregated = any(AGGREGATES.get(word) in ("sum", "avg", "median") for word in before)
    return sentence[index].word == "by" and bool(before & (UP | DOWN)) and not aggregated


def _columns_after(sentence: Sequence[Token], index: int) -> list[Column]:
    found: list[Column] = []
    for token in sentence[index + 1 :]:
        if token.column and token.used == "column":
            if token.column not in found:
                found.append(token.column)
        elif token.word not in ("and", ",", "the", "each", "every", "of", "their"):
            break
    return found


def _use(sentence: Sequence[Token], column: Column | None, as_what: str, after: int) -> None:
    for token in sentence[after + 1 :]:
        if token.column is column and token.used == "column":
            token.used = as_what
        elif token.used == as_what or token.word in ("the", "and", ","):
            continue
        else:
            break


def _read_ranking(sentence: list[Token], request: Request, table_words: frozenset[str]) -> None:
    for index, token in enumerate(sentence):
        if token.word not in UP | DOWN or token.used != "aggregate":
            continue
        near = [*sentence[max(0, index - 2) : index], *sentence[index + 1 : index + 2]]
        count = next(
            (number(t.word) for t in near if number(t.word) is not None and not t.column and t.used != "filter"), None
        )
        asks = any(t.word in ("which", "who", "whose", "where") for t in sentence[:index]) or _with_the(
            sentence, index, table_words
        )
        if count is None and not asks and token.word not in ("top", "bottom"):
            continue
        for t in near:
            if count is not None and number(t.word) == count:
                t.used = "ranking"
        request.limit = int(count or 1)
        request.order = "down" if token.word in UP else "up"
        token.used = "ranking"
        entity = _entity(sentence, index)
        if entity and all(group.column is not entity for group in request.groups):
            request.groups.append(Group(entity))
            for t in sentence:
                t.used = "group" if t.column is entity else t.used
        return


def _with_the(sentence: Sequence[Token], index: int, table_words: frozenset[str]) -> bool:
    """Whether the words before say `the film with the [highest]`: asks for the row, not for the value."""
    before = [token.word for token in sentence[max(0, index - 3) : index]]
    return "with" in before and any(t.column or stem(t.word) in table_words for t in sentence[:index])


def _entity(sentence: Sequence[Token], index: int) -> Column | None:
    """Find the column whose values are ranked: after `which`, after `top 3`, or before `with the`."""
    for at, token in enumerate(sentence):
        if token.word in ("which", "what", "whose") and at < index:
            named = [t.column for t in sentence[at + 1 : at + 3] if t.column]
            if named:
                return named[0]
        if token.word == "with" and at < index and sentence[at - 1].column:
            return sentence[at - 1].column
    following = [t for t in sentence[index + 1 : index + 3] if number(t.word) is None]
    by = any(t.word in ("by", "in", "with", "for", "of") for t in sentence[index + 1 :])
    return following[0].column if following and by else None


def _read_measures(sentence: list[Token], request: Request, table_words: frozenset[str]) -> None:
    waiting: list[str] = []
    for index, token in enumerate(sentence):
        function = AGGREGATES.get(token.word)
        if token.used == "aggregate":
            waiting.append(function or ("max" if token.word in UP else "min"))
        elif _counts(sentence, index):
            _read_count(sentence, index, request, table_words)
        elif token.used == "column" and token.column and waiting:
            request.measures += [Measure(name, token.column) for name in waiting]
            _use(sentence, token.column, "measure", after=index - 1)
            waiting = []
    if waiting:
        free = [t.column for t in sentence if t.column and t.used == "column"]
        measured = free[0] if free else (request.measures[-1].column if request.measures else None)
        request.measures += [Measure(name, measured) for name in waiting if measured]
        for t in sentence:
            t.used = "measure" if measured and t.column is measured and t.used == "column" else t.used


def _counts(sentence: Sequence[Token], index: int) -> bool:
    word, following = sentence[index].word, sentence[index + 1].word if index + 1 < len(sentence) else ""
    return (word, following) in (("how", "many"), ("number", "of")) or (
        word in ("count", "counts") and not sentence[index].column
    )


def _read_count(sentence: list[Token], index: int, request: Request, table_words: frozenset[str]) -> None:
    sentence[index].used = "count"
    following = sentence[index + 1 : index + 6]
    distinct = any(t.word in ("different", "distinct", "unique") for t in following)
    counted = next((t for t in following if t.used == "column" or stem(t.word) in table_words), None)
    column = counted.column if counted and not (stem(counted.word) in table_words and not distinct) else None
    if column is None:
        request.measures.append(Measure("count", None))
        return
    added = stem(column.words[0]) in _COUNTED and (column.is_number or not column.type) and not distinct
    request.measures.append(Measure("sum" if added else "distinct", column))
    for t in following:
        t.used = "measure" if t.column is column and t.used == "column" else t.used


def _default_measures(sentence: list[Token], request: Request) -> None:
    if request.measures or not (request.groups or request.is_ranking):
        return
    free = [t.column for t in sentence if t.column and t.used == "column" and (t.column.is_number or not t.column.type)]
    if not request.groups:
        request.order_by = free[0] if free else request.order_by
    elif free:
        request.measures.append(Measure(_natural(free[0], request), free[0]))
    else:
        request.measures.append(Measure("count", None))
    for token in sentence:
        token.used = "measure" if token.column and free and token.column is free[0] else token.used


def _natural(column: Column, request: Request) -> str:
    """Choose how a column is put together where nobody said: amounts are added, prices and ratings are not."""
    if not {stem(word) for word in column.words} & _NOT_ADDED:
        return "sum"
    if request.is_ranking:
        return "max" if request.order == "down" else "min"
    return "avg"


def _read_shown(sentence: list[Token], request: Request) -> None:
    if request.measures:
        return
    filtered = {f.column.name for f in request.filters}
    for token in sentence:
        column = token.column
        if column and token.used == "column" and column not in request.columns and column.name not in filtered:
            request.columns.append(column)


def _leftovers(sentence: list[Token], table_words: frozenset[str]) -> list[Run]:
    runs: list[Run] = []
    open_run = False
    for index, token in enumerate(sentence):
        plain = re.sub(r"['’]s$", "", token.text)
        if not _unknown(token, plain, table_words):
            open_run = False
            continue
        named = token.quoted or (token.capital and index > 0)
        if open_run and not token.quoted:
            runs[-1].words.append(plain)
            runs[-1].named = runs[-1].named or named
        else:
            before = {t.word for t in sentence[max(0, index - 2) : index]}
            runs.append(Run([plain], named, bool(before & {"not", "except", "excluding", "without"})))
        open_run = not token.quoted
    return runs


def _unknown(token: Token, plain: str, table_words: frozenset[str]) -> bool:
    if token.quoted:
        return not token.column and not token.used
    if token.used or token.column or not re.search(r"\w", plain):
        return False
    return plain.lower() not in FILLER and stem(plain) not in table_words and stem(plain) not in HARMLESS
