"""Reads which rows a sentence means: comparisons, years and dates, `column is value`."""

import re
from collections.abc import Sequence

from surefoot.graph.models.offline.columns import Column, Token
from surefoot.graph.models.offline.sqltext import Filter
from surefoot.graph.models.offline.words import FILLER, bag, number, row
from surefoot.nodes.evidence.words import stem

_COMPARE = {
    ("more", "than"): ">", ("greater", "than"): ">", ("higher", "than"): ">", ("larger", "than"): ">", ("bigger", "than"): ">",
    ("longer", "than"): ">", ("older", "than"): ">", ("at", "least"): ">=", ("less", "than"): "<", ("fewer", "than"): "<",
    ("lower", "than"): "<", ("smaller", "than"): "<", ("cheaper", "than"): "<", ("shorter", "than"): "<", ("younger", "than"): "<",
    ("at", "most"): "<=", ("over",): ">", ("above",): ">", ("exceeding",): ">", ("exceeds",): ">", ("exceed",): ">", ("beyond",): ">",
    ("under",): "<", ("below",): "<", (">",): ">", ("<",): "<", (">=",): ">=", ("<=",): "<=", ("=",): "=", ("==",): "=", ("!=",): "<>",
}  # fmt: skip
_WHEN = {
    "in": "=", "from": "=", "for": "=", "during": "=", "of": "=", "since": ">=", "after": ">", "before": "<", "until": "<=",
    "by": "=", "starting": ">=",
}  # fmt: skip
MONTHS = {
    name: f"{index:02d}"
    for index, name in enumerate(
        row("january february march april may june july august september october november december"),
        1,
    )
}
_LINKS = bag("is are was were = == : equals equal to named called being exactly")


def read_filters(sentence: list[Token], columns: Sequence[Column], table_words: frozenset[str]) -> list[Filter]:
    """Read the filters a sentence states outright, and mark their tokens as used."""
    found = []
    for index in range(len(sentence)):
        read = _between(sentence, index) or _comparison(sentence, index) or _period(sentence, index, columns)
        read = read or _equality(sentence, index) or _numbered(sentence, index, columns, table_words)
        if read:
            found.append(read)
    return found


def _comparison(sentence: list[Token], index: int) -> Filter | None:
    for length in (2, 1):
        words = tuple(token.word for token in sentence[index : index + length])
        at = index + length
        if words in _COMPARE and at < len(sentence):
            value = number(sentence[at].word)
            if value is None or sentence[at].used:
                return None
            column = _column_near(sentence, index, at)
            if column is None:
                return None
            operator = _COMPARE[words]
            if [t.word for t in sentence[at + 1 : at + 3]] in (["or", "more"], ["or", "less"]):
                operator = operator.rstrip("=") + "="
            _take(sentence[index : at + 1])
            return Filter(column, operator, (value,))
    return _or_more(sentence, index)


def _or_more(sentence: list[Token], index: int) -> Filter | None:
    following = [t.word for t in sentence[index + 1 : index + 3]]
    value = number(sentence[index].word)
    if value is None or sentence[index].used or following[:1] != ["or"] or len(following) < 2:
        return None
    operator = {"more": ">=", "higher": ">=", "above": ">=", "less": "<=", "fewer": "<=", "lower": "<="}.get(
        following[1]
    )
    column = _column_near(sentence, index, index + 2)
    if not operator or not column:
        return None
    _take(sentence[index : index + 3])
    return Filter(column, operator, (value,))


def _between(sentence: list[Token], index: int) -> Filter | None:
    words = sentence[index : index + 4]
    if len(words) < 4 or words[0].word != "between" or words[2].word != "and":
        return None
    low, high = number(words[1].word), number(words[3].word)
    column = _column_near(sentence, index, index + 3)
    if low is None or high is None or column is None:
        return None
    _take(words)
    return Filter(column, "BETWEEN", (low, high))


def _period(sentence: list[Token], index: int, columns: Sequence[Column]) -> Filter | None:
    token = sentence[index]
    before = sentence[index - 1].word if index else ""
    if token.used or (before not in _WHEN and before not in MONTHS):
        return None
    time = next((column for column in columns if column.is_time), None)
    if re.fullmatch(r"(?:1[5-9]|20)\d\d", token.text):
        year = next((c for c in columns if c.is_year), None)
        if year or time:
            _take([*sentence[index - 1 : index], token])
        if year:
            return Filter(year, _WHEN.get(before, "="), (float(token.text),))
        return Filter(time, _WHEN.get(before, "="), (token.text,), "year") if time else None
    if re.fullmatch(r"\d{4}-\d\d(?:-\d\d)?", token.text) and time:
        _take([token])
        return Filter(time, _WHEN[before], (token.text,), "day" if len(token.text) == 10 else "month")
    if token.word in MONTHS and time and before in _WHEN:
        following = sentence[index + 1] if index + 1 < len(sentence) else None
        if following and re.fullmatch(r"(?:1[5-9]|20)\d\d", following.text):
            _take([token, following])
            return Filter(time, _WHEN[before], (f"{following.text}-{MONTHS[token.word]}",), "month")
        _take([token])
        return Filter(time, "like", (f"-{MONTHS[token.word]}-",))
    return None


def _equality(sentence: list[Token], index: int) -> Filter | None:
    column = sentence[index].column
    if column is None or sentence[index].used != "column":
        return None
    at, linked, negated = index + 1, False, False
    while at < len(sentence) and (sentence[at].word in _LINKS or sentence[at].word in ("not", "n't", "isn't")):
        negated = negated or sentence[at].word not in _LINKS
        linked, at = True, at + 1
    values = _values(sentence, at, linked, column)
    if not values:
        return None
    _take(sentence[index:at])
    numeric = number(values[0].word)
    _take(values)
    if numeric is not None and len(values) == 1:
        return Filter(column, "<>" if negated else "=", (numeric,))
    return Filter(column, "not in" if negated else "in", (" ".join(t.text for t in values),))


def _numbered(
    sentence: list[Token], index: int, columns: Sequence[Column], table_words: frozenset[str]
) -> Filter | None:
    """Read `customer 104`: a row by its number."""
    following = sentence[index + 1] if index + 1 < len(sentence) else None
    column = next((c for c in columns if {"id", "no", "number", "nr"} & set(c.words)), None)
    if not following or not column or following.used or stem(sentence[index].word) not in table_words:
        return None
    value = number(following.text) if following.text.isdigit() else None
    if value is None:
        return None
    _take([following])
    return Filter(column, "=", (value,))


def _values(sentence: Sequence[Token], at: int, linked: bool, column: Column) -> list[Token]:
    values: list[Token] = []
    for token in sentence[at : at + 4]:
        if token.used or not re.match(r"\w", token.text) or (token.word in FILLER and not token.quoted):
            break
        is_number = number(token.word) is not None
        named = is_number and bool({"year", "id", "no", "number", "code", "nr"} & set(column.words))
        if values and not (token.capital and values[-1].capital):
            break
        if linked or token.quoted or named or (token.capital and at > 0):
            values.append(token)
            if is_number or token.quoted:
                break
        else:
            break
    return values


def _column_near(sentence: Sequence[Token], start: int, end: int) -> Column | None:
    """Find the column a comparison is about: the nearest before it, else the first after it."""
    before = [t for t in sentence[max(0, start - 4) : start] if t.column]
    after = [t for t in sentence[end + 1 : end + 5] if t.column]
    direct = [t for t in sentence[max(0, start - 2) : start] if t.column]
    return next(
        (group[-1 if group is not after else 0].column for group in (direct, after, before) if group), None
    ) or next((t.column for t in sentence if t.column and (t.column.is_number or not t.column.type)), None)


def _take(used: Sequence[Token]) -> None:
    for token in used:
        token.used = "filter"
