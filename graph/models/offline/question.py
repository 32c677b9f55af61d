"""Reads a question about a table: what is measured, by what, of which rows, in which order."""

import re
from collections.abc import Sequence

from surefoot.graph.models.offline.columns import Column, Token, mark_columns
from surefoot.graph.models.offline.filters import read_filters
from surefoot.graph.models.offline.measures import default_measures, ranks_by, read_measures, read_ranking, use
from surefoot.graph.models.offline.request import Request, Run
from surefoot.graph.models.offline.sqltext import Group
from surefoot.graph.models.offline.terms import (
    AGGREGATES,
    DECISIVE,
    DOWN,
    GROUP_MARKS,
    HARMLESS,
    MERGED,
    NOT,
    PARTS,
    SORT,
    UP,
)
from surefoot.graph.models.offline.words import FILLER, number
from surefoot.nodes.evidence.words import stem


def read_request(sentence: list[Token], columns: Sequence[Column], table_words: frozenset[str]) -> Request:
    """Read what a sentence asks of a table with these columns; `table_words` are stems that name the table itself."""
    request = Request()
    mark_columns(_without_aggregates(sentence, columns), columns, table_words)
    request.filters = read_filters(sentence, columns, table_words)
    _read_rank_verb(sentence, request, table_words)
    _read_sorting(sentence, request)
    _read_groups(sentence, columns, request)
    read_ranking(sentence, columns, request, table_words)
    read_measures(sentence, request, table_words)
    default_measures(sentence, request)
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
        last = sentence[index + 2] if index + 2 < len(sentence) else None
        if token.word in UP | DOWN and following == "to" and last and last.word in UP | DOWN:
            request.order = "down" if token.word in UP else "up"
            token.used = last.used = "sorting"
        elif token.word in UP | DOWN and following == "first" and token.used != "sorting":
            request.order = "down" if token.word in UP else "up"
            token.used = sentence[index + 1].used = "sorting"
        elif token.word in ("descending", "desc"):
            request.order, token.used = "down", "sorting"
        elif token.word in ("ascending", "asc", "alphabetically"):
            request.order, token.used = "up", "sorting"
        elif token.word in SORT and not token.used:
            request.order, token.used = request.order or "up", "sorting"
            marks = sentence[index + 1 : index + 5]
            named = next((t for t in marks if t.column), None)
            if following in ("by", "on") and named:
                sentence[index + 1].used = "sorting"
                request.order_by = named.column
                use(sentence, named.column, "sorting", after=index)


def _read_rank_verb(sentence: list[Token], request: Request, table_words: frozenset[str]) -> None:
    """Read `rank the plans by ...`: what is ranked is the group, what follows `by` is measured."""
    verb = sentence[0] if sentence else None
    by = next((index for index, token in enumerate(sentence) if token.word in ("by", "on")), 0)
    if not verb or verb.word not in ("rank", "sort", "order") or not by:
        return
    ranked = next((t.column for t in sentence[1:by] if t.column), None)
    request.order = request.order or ("down" if verb.word == "rank" else "up")
    verb.used = sentence[by].used = "sorting"
    if ranked:
        request.groups.append(Group(ranked))
        use(sentence, ranked, "group", after=0)
    elif any(stem(token.word) in table_words for token in sentence[1:by]):
        request.order_by = next((t.column for t in sentence[by:] if t.column), None)


def _read_groups(sentence: list[Token], columns: Sequence[Column], request: Request) -> None:
    time = next((column for column in columns if column.is_time), None)
    for index, token in enumerate(sentence):
        part = PARTS.get(token.word)
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
                if not ranks_by(sentence, index):
                    request.groups.append(Group(column))
                    use(sentence, column, "group", after=index)
    request.groups = _without_doubles(request.groups)


def _without_doubles(groups: list[Group]) -> list[Group]:
    """Drop a column that is grouped by a part of it already."""
    parted = {group.column for group in groups if group.part}
    return [group for group in dict.fromkeys(groups) if group.part or group.column not in parted]


def _is_year(column: Column | None) -> bool:
    return column is not None and not column.is_time


def _columns_after(sentence: Sequence[Token], index: int) -> list[Column]:
    found: list[Column] = []
    for token in sentence[index + 1 :]:
        if token.column and token.used == "column":
            if token.column not in found:
                found.append(token.column)
        elif token.word not in ("and", ",", "the", "each", "every", "of", "their"):
            break
    return found


def _read_shown(sentence: list[Token], request: Request) -> None:
    if request.measures:
        request.besides = [token.column for token in sentence if token.column and token.used == "column"]
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
        following = sentence[index + 1] if index + 1 < len(sentence) else None
        if not (_unknown(token, plain, table_words) or _limits(token, following, table_words)):
            if open_run and (token.column or stem(plain) in table_words) and token.used != "aggregate":
                runs[-1].limits = True  # `cancelled orders`: what stands before the thing asked for limits it
            open_run = False
            continue
        if open_run and not token.quoted and token.word not in NOT:
            runs[-1].words.append(plain)
        else:
            before = [t for t in sentence[max(0, index - 2) : index] if t.word in NOT]
            runs = [run for run in runs if run.words != [t.text for t in before]]
            joined = index > 0 and sentence[index - 1].word in ("and", "or", ",", "nor")
            runs.append(Run([plain], negated=bool(before) or (joined and bool(runs) and runs[-1].negated)))
        runs[-1].limits = runs[-1].limits or token.word in DECISIVE | NOT or number(token.text) is not None
        if token.quoted or (token.capital and index > 0):
            runs[-1].names.add(plain)
        open_run = not token.quoted and token.word not in NOT
    return runs


def _unknown(token: Token, plain: str, table_words: frozenset[str]) -> bool:
    if token.quoted:
        return not token.column and not token.used
    if token.used or token.column or not re.search(r"\w", plain):
        return False
    if token.word in NOT:
        return True
    return plain.lower() not in FILLER and stem(plain) not in table_words and stem(plain) not in HARMLESS


def _limits(token: Token, following: Token | None, table_words: frozenset[str]) -> bool:
    """Whether a word such as `returned` in `returned orders` says which rows are meant."""
    if token.used or token.column or not token.word.endswith("ed") or token.word in MERGED or following is None:
        return False
    return following.column is not None or stem(following.word) in table_words
