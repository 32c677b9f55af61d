"""Reads what a question about a table measures or ranks."""

from collections.abc import Sequence

from surefoot.graph.models.offline.columns import Column, Token
from surefoot.graph.models.offline.request import Request
from surefoot.graph.models.offline.sqltext import Group, Measure
from surefoot.graph.models.offline.terms import AGGREGATES, COUNTED, DOWN, IMPLIED, IN_TIME, NAMES, NOT_ADDED, UP
from surefoot.graph.models.offline.words import best, number
from surefoot.nodes.evidence.words import stem


def ranks_by(sentence: Sequence[Token], index: int) -> bool:
    """Whether this `by` follows `top 3 ...` and so names what is ranked on, not a group."""
    before = {token.word for token in sentence[:index]}
    aggregated = any(AGGREGATES.get(word) in ("sum", "avg", "median") for word in before)
    return sentence[index].word == "by" and bool(before & (UP | DOWN)) and not aggregated


def use(sentence: Sequence[Token], column: Column | None, as_what: str, after: int) -> None:
    for token in sentence[after + 1 :]:
        if token.column is column and token.used == "column":
            token.used = as_what
        elif token.used == as_what or token.word in ("the", "and", ","):
            continue
        else:
            break


def read_ranking(
    sentence: list[Token], columns: Sequence[Column], request: Request, table_words: frozenset[str]
) -> None:
    """Read `top 3`, `which ... has the most`, `the oldest film`: how many rows or groups, sorted by what."""
    for index, token in enumerate(sentence):
        if token.word not in UP | DOWN or token.used != "aggregate":
            continue
        near = [*sentence[max(0, index - 2) : index], *sentence[index + 1 : index + 2]]
        counts = [t for t in near if number(t.word) is not None and not t.column and t.used != "filter"]
        if not counts and not _asks_for_rows(sentence, index, table_words):
            continue
        request.limit = int(number(counts[0].word) or 1) if counts else 1
        request.order = "down" if token.word in UP else "up"
        for used in [token, *counts[:1]]:
            used.used = "ranking"
        _sort_as_implied(token, columns, request)
        entity = _entity(sentence, index)
        if entity and all(group.column is not entity for group in request.groups):
            request.groups.append(Group(entity))
            for t in sentence:
                t.used = "group" if t.column is entity else t.used
        return


def _asks_for_rows(sentence: Sequence[Token], index: int, table_words: frozenset[str]) -> bool:
    """Whether the superlative at `index` asks for rows: `which has the most`, `the film with the best`, `oldest film`."""
    before, following = sentence[:index], sentence[index + 1 : index + 2]
    if any(t.word in ("which", "who", "whose", "where") for t in before) or sentence[index].word in ("top", "bottom"):
        return True
    if any(stem(t.word) in table_words and not t.column for t in following):
        return True
    if _is_of_the_most(sentence, index):
        return True
    named = any(t.column or stem(t.word) in table_words for t in before)
    return named and "with" in [t.word for t in before[-3:]]


def _is_of_the_most(sentence: Sequence[Token], index: int) -> bool:
    """Whether it says `most expensive item`: a word for a column between the superlative and what is ranked."""
    first, second = [*sentence[index + 1 : index + 3], Token(""), Token("")][:2]
    return sentence[index].word in ("most", "least") and bool(
        first.column and second.column is not first.column and second.column
    )


def _sort_as_implied(token: Token, columns: Sequence[Column], request: Request) -> None:
    """Choose the column that a superlative says by itself: the date for `oldest`, the price for `cheapest`."""
    time = next((column for column in columns if column.is_time or column.is_year), None)
    aged = any("age" in column.words for column in columns)
    if token.word in IN_TIME and time and not aged:
        request.order, request.order_by = ("up" if IN_TIME[token.word] == "up" else "down"), time
    for meant in IMPLIED.get(token.word, ()):
        request.order_by = request.order_by or next((c for c in columns if best(meant, c.words) >= 0.9), None)


def _entity(sentence: Sequence[Token], index: int) -> Column | None:
    """Find the column whose values are ranked: after `which`, after `top 3`, or before `with the`."""
    for at, token in enumerate(sentence):
        if token.word in ("which", "what", "whose") and at < index:
            named = [t.column for t in sentence[at + 1 : at + 2] if t.column]
            if named:
                return named[0]
        if token.word == "with" and at < index and sentence[at - 1].column:
            return sentence[at - 1].column
    following = [t for t in sentence[index + 1 : index + 3] if number(t.word) is None]
    if _is_of_the_most(sentence, index):
        return following[1].column
    by = any(t.word in ("by", "in", "with", "for", "of") for t in sentence[index + 1 :])
    return following[0].column if following and by else None


def read_measures(sentence: list[Token], request: Request, table_words: frozenset[str]) -> None:
    waiting: list[str] = []
    last: list[str] = []
    for index, token in enumerate(sentence):
        function = AGGREGATES.get(token.word)
        if token.used == "aggregate":
            waiting.append(function or ("max" if token.word in UP else "min"))
        elif _counts(sentence, index):
            _read_count(sentence, index, request, table_words)
        elif _how_much(sentence, index):
            waiting.append("sum")
        elif token.used == "column" and token.column and (waiting or _goes_on(sentence, index)):
            last = waiting or last
            request.measures += [Measure(name, token.column) for name in last]
            use(sentence, token.column, "measure", after=index - 1)
            waiting = []
    if waiting:
        free = [t.column for t in sentence if t.column and t.used == "column"]
        measured = free[0] if free else (request.measures[-1].column if request.measures else None)
        request.measures += [Measure(name, measured) for name in waiting if measured]
        for t in sentence:
            t.used = "measure" if measured and t.column is measured and t.used == "column" else t.used


def _goes_on(sentence: Sequence[Token], index: int) -> bool:
    """Whether the column at `index` is measured like the one before: `average salary and age`."""
    before = [token.used for token in sentence[:index] if token.word not in ("and", ",", "the", "of")][-1:]
    joined = {token.word for token in sentence[max(0, index - 2) : index]} & {"and", ","}
    return before == ["measure"] and bool(joined)


def _how_much(sentence: Sequence[Token], index: int) -> bool:
    """Whether `how much`, or `what was the` at the beginning, asks for the sum of a column that can be added up."""
    words = [token.word for token in sentence[index : index + 2]]
    if words != ["how", "much"] and (index or words not in (["what", "was"], ["what", "is"], ["what's", "the"])):
        return False
    column = next((token.column for token in sentence[index + 1 :] if token.column), None)
    told = any(token.used in ("aggregate", "ranking", "group") for token in sentence)
    return bool(column and not told and not {stem(word) for word in column.words} & (NOT_ADDED | NAMES))


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
    added = stem(column.words[0]) in COUNTED and (column.is_number or not column.type) and not distinct
    request.measures.append(Measure("sum" if added else "distinct", column))
    for t in following:
        t.used = "measure" if t.column is column and t.used == "column" else t.used


def default_measures(sentence: list[Token], request: Request) -> None:
    if request.measures or not (request.groups or request.is_ranking):
        return
    named = [t.column for t in sentence if t.column and t.used == "column"]
    free = [column for column in named if column.is_number or not column.type] or named
    if not request.groups:
        request.order_by = request.order_by or (free[0] if free else None)
    elif free:
        request.measures.append(Measure(_natural(free[0], request), free[0]))
    else:
        request.measures.append(Measure("count", None))
        request.guessed = True
    for token in sentence:
        token.used = "measure" if token.column and free and token.column is free[0] else token.used


def _natural(column: Column, request: Request) -> str:
    """Choose how a column is put together where nobody said: amounts are added, prices and ratings are not."""
    if not {stem(word) for word in column.words} & NOT_ADDED:
        return "sum"
    if request.is_ranking:
        return "max" if request.order == "down" else "min"
    return "avg"
