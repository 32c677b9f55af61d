"""Finds which columns a sentence means, however loosely it names them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.words import alike, bag
from surefoot.nodes.evidence.words import parts, stem

_WEAK = bag(
    "id no nr num number eur usd gbp name value amount total avg m k pct percent code c f kg g cm in of the "
    "per full first last count sum mean max min"
)
_LITTLE = bag("of the a an in on at by per for to and or is are was from with who which what how all each every")
_TOKEN = re.compile(rf"{ATOM}|\d{{4}}-\d\d(?:-\d\d)?|\d+(?:[.,]\d+)*|[<>!=]=|[<>=]|[^\W\d_](?:[\w]|['’](?=\w))*|[,?:]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `type` is DuckDB's name for it, empty while unknown."""

    name: str
    type: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return parts(self.name) or (self.name.lower(),)

    @property
    def is_number(self) -> bool:
        return bool(re.match(r"(?:U?(?:TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT|REAL)", self.type))

    @property
    def is_text(self) -> bool:
        return self.type == "VARCHAR"

    @property
    def is_year(self) -> bool:
        """Whether it holds a year as a number, by its name."""
        return bool({"year", "published", "released", "founded", "born"} & set(self.words)) and not self.is_time

    @property
    def is_time(self) -> bool:
        if self.type:
            return self.type.startswith(("DATE", "TIMESTAMP"))
        return bool({"date", "day", "time", "timestamp", "datetime", "at", "on", "when"} & set(self.words))


@dataclass(slots=True)
class Token:
    """One word, number, sign or protected piece of a sentence; `used` says what it was taken for."""

    text: str
    column: Column | None = None
    used: str = ""
    quoted: bool = False

    @property
    def word(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()


def tokens(clause: Clause) -> list[Token]:
    """List the tokens of a clause; quoted text is one token, file names are left out."""
    found = []
    for text in _TOKEN.findall(clause.masked):
        if re.match(ATOM, text):
            atom = clause.atoms[ord(text) - 0xE000]
            if atom.kind in ("quote", "code"):
                found.append(Token(atom.value, quoted=True))
        else:
            found.append(Token(text))
    return found


def mark_columns(sentence: Sequence[Token], columns: Sequence[Column], taken: Collection[str] = ()) -> None:
    """Note on each token the column it names; words in `taken` (the table's own name) name one only in full."""
    candidates = []
    for start in range(len(sentence)):
        for order, column in enumerate(columns):
            end, quality, coverage = _match(sentence, start, column, taken)
            if end:
                candidates.append((quality, coverage, -start, -order, start, end, column))
    free = set(range(len(sentence)))
    for *_, start, end, column in sorted(candidates, key=lambda c: c[:4], reverse=True):
        span = set(range(start, end))
        if span <= free:
            free -= span
            for index in span:
                sentence[index].column = column
                sentence[index].used = "column"


def _match(sentence: Sequence[Token], start: int, column: Column, taken: Collection[str]) -> tuple[int, float, float]:
    first = sentence[start]
    if first.word == column.name.lower():
        return start + 1, 9.0, 1.0
    if first.quoted:
        return 0, 0.0, 0.0
    strong = [word for word in column.words if word not in _WEAK] or list(column.words)
    left, quality, end, has_strong = list(column.words), 0.0, start, False
    for token in sentence[start : start + len(left)]:
        if token.used or token.word in _LITTLE or not left:
            break
        rating, part = max((alike(token.word, part), part) for part in left)
        if rating < 0.8:
            break
        if stem(token.word) in taken and len(column.words) > 1:
            break
        left.remove(part)
        quality += rating * (1.0 if part in strong else 0.3)
        has_strong = has_strong or part in strong
        end += 1
    return (end, quality, 1 - len(left) / len(column.words)) if has_strong else (0, 0.0, 0.0)
