"""Reads a goal: what is asked for, which values it gives, and which words the way there should meet."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal as OneOf

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.phrases import ATOM, WEAK, Chunk, Literal, Phrase, chunks, find_literals, sentences
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.words import stem

__all__ = ["Asked", "Pick", "Target", "read_goal"]

Form = OneOf["", "date", "number", "person", "place"]
Fold = OneOf["", "count", "sum", "average", "max", "min"]

_TELLING = frozenset("tell give show report say list know provide return output print display answer".split())
_SEEKING = frozenset(
    "find get fetch look search determine retrieve identify check calculate compute work locate obtain establish discover "
    "want need like figure see read lookup learn".split()
)
_WH = ("what", "which", "who", "whom", "whose", "where", "when", "how")
_UNITS = re.compile(r"\d")
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4}
_LAST = frozenset("last latest newest recent final".split())
_FIRST = frozenset("first earliest oldest initial original".split())
_MOST = frozenset("highest largest biggest greatest maximum max most longest heaviest tallest priciest top best strongest".split())
_LEAST = frozenset("lowest smallest minimum min least fewest cheapest shortest lightest youngest worst".split())
_FOLDS: dict[str, Fold] = {
    "total": "sum", "sum": "sum", "combined": "sum", "altogether": "sum", "overall": "sum", "average": "average", "mean": "average",
    "maximum": "max", "minimum": "min",
}  # fmt: skip
_FORMS: dict[str, Form] = {"when": "date", "who": "person", "whom": "person", "whose": "person", "where": "place", "how": "number"}
_FAMILIAR = {
    "date": ("date", "time", "day"),
    "person": ("name",),
    "place": ("location", "address", "place", "city"),
    "number": ("amount", "price", "cost", "total", "quantity"),
}
"""What people mean by when, who, where and how much, where a goal names no field."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is asked for."""

    phrases: tuple[tuple[Phrase, float], ...]
    """What it may be called, and what each costs: 0 = in the goal's own words. An empty phrase is anything."""
    about: frozenset[str] = frozenset()
    """Whose it is, in stems."""
    form: Form = ""
    fold: Fold = ""
    """How several values become one; empty = the goal says nothing of that."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """Which of several is meant: the last order, the cheapest item, the second one."""

    kind: OneOf["last", "first", "nth", "most", "least"]
    noun: str
    """Stem of what is picked among; empty = not said."""
    field: Phrase = ()
    """By what: `with the highest total`."""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A goal, read."""

    targets: tuple[Target, ...] = ()
    given: tuple[Fact, ...] = ()
    """The values it gives, as facts of step -1."""
    units: dict[str, float] = field(default_factory=dict)
    """Stems the way to the answer should meet, and what it costs to meet one not."""
    picks: tuple[Pick, ...] = ()
    words: frozenset[str] = frozenset()
    """All its words, lower case."""


def read_goal(goal: str, lexicon: Lexicon, known: frozenset[str]) -> Asked:
    """Read a goal; `known` are the stems tools speak of: with a capital they are still no names."""
    masked, literals = find_literals(goal, known)
    rows = [row for sentence in sentences(masked) for row in _clauses(chunks(sentence))]
    targets = list(_targets(rows, lexicon))
    picks = tuple(pick for row in rows for pick in _picks(row, lexicon))
    words = [w for row in rows for chunk in row for w in chunk.words if not re.match(ATOM, w)]
    aside = _TELLING | _SEEKING | _LAST | _FIRST | _MOST | _LEAST | set(_ORDINALS) | {"find", "out", "back", "up"}
    units = {stem(w): lexicon.weight(stem(w)) for w in words if w not in aside and lexicon.knows(stem(w))}
    given = tuple(Fact(each.text, each.label, -1, (each.at,), covers=frozenset(each.label), literal=each) for each in literals)
    lower = frozenset(re.findall(r"[^\W_]+", goal.lower()))
    return Asked(tuple(targets), given, units, picks, lower)


def _clauses(row: tuple[Chunk, ...]) -> Iterator[tuple[Chunk, ...]]:
    """Part a sentence where `and` or a comma begins another request."""
    start = 0
    for n, chunk in enumerate(row):
        begins = chunk.words[0] in _TELLING | _SEEKING and (chunk.link in ("and", "then", ",", "or") or "then" in chunk.ties)
        asks = n and set(chunk.ties) & set(_WH) and set(chunk.ties) & {"and", ","} and chunk.ties[-1] not in ("which", "who", "where")
        if n > start and (begins or asks):
            yield row[start:n]
            start = n
    if row[start:]:
        yield row[start:]


def _targets(rows: Sequence[tuple[Chunk, ...]], lexicon: Lexicon) -> Iterator[Target]:
    """Take what is told or asked; what is only to be found on the way (`find the customer, then tell me`) is none."""
    asking = [ask for row in rows if (ask := _asks(row))]
    if not asking and rows:
        asking = [("ask", rows[-1], "")]
    telling = [ask for ask in asking if ask[0] != "seek"]
    for _, row, wh in telling or asking[-1:]:
        yield from _read_target(row, wh, lexicon)


def _asks(row: tuple[Chunk, ...]) -> tuple[str, tuple[Chunk, ...], str] | None:
    """Say how a clause asks (by telling, seeking or a question word), what follows, and the question word."""
    for n, chunk in enumerate(row):
        wh = next((tie for tie in chunk.ties if tie in _WH), "")
        if wh and (n == 0 or not _relative(chunk)):
            return "ask", row[n:], wh
        if chunk.words[0] not in _TELLING | _SEEKING or (n and chunk.link in ("of", "for", "by")):
            continue
        words = chunk.words
        while words and words[0] in _TELLING | _SEEKING | {"back"}:
            words = words[1:]
        kind = "tell" if chunk.words[0] in _TELLING else "seek"
        rest = row[n + 1 :]
        if words:
            return kind, (Chunk((), words), *rest), ""
        inner = next((tie for tie in rest[0].ties if tie in _WH), "") if rest else ""
        return ("ask" if inner else kind, rest, inner) if rest else None
    return None


def _relative(chunk: Chunk) -> bool:
    """Whether a question word only ties a relative clause: `the customer who ordered`."""
    return chunk.ties[0] in ("which", "who", "whose", "where", "when", "that") or (chunk.ties[0] == "," and len(chunk.ties) == 2)


def _read_target(row: Sequence[Chunk], wh: str, lexicon: Lexicon) -> Iterator[Target]:
    """Read what follows the question word or verb: the thing itself, whose it is, and how it is folded into one."""
    form: Form = _FORMS.get(wh, "")
    many = "many" in row[0].ties
    copula = bool(set(row[0].ties) & {"is", "are", "was", "were"})
    if form and not many and not (form == "person" and (copula or wh == "whose")):
        yield _implied(row, form)
        return
    heads, owner, rest = _heads(row, wh)
    about = [w for chunk in rest for w in _nouns(chunk)][:4] + owner
    of = rest[0] if rest and rest[0].link == "of" else None
    for head in heads:
        if of is not None and head and head[-1] in _COUNTING:
            yield _counted(head, _nouns(of), [w for chunk in rest[1:] for w in _nouns(chunk)][:4])
        elif head:
            yield _target(head, about, form, "count" if many else "", lexicon)


_COUNTING = frozenset("number count amount total sum average list names ids".split())


def _heads(row: Sequence[Chunk], wh: str) -> tuple[list[list[str]], list[str], Sequence[Chunk]]:
    """Part what is asked for (`name and phone`), whose it is where that stands before, and the rest."""
    words = [w for w in row[0].words if not re.match(ATOM, w)]
    owner: list[str] = []
    if wh in ("which", "what", "whose") and row[0].ties[-1] == wh:
        words, owner = _before_verb(words)
    heads = [words]
    place = 1
    while place < len(row) and row[place].link in ("'s", "and", ",", "or") and not set(row[place].ties) & set(_WH):
        more = [w for w in row[place].words if not re.match(ATOM, w)]
        if not more or (row[place].link != "'s" and len(more) < len(row[place].words)):
            break
        owner += heads.pop() if row[place].link == "'s" else []
        heads.append(more)
        place += 1
    return heads, owner, row[place:]


def _implied(row: Sequence[Chunk], form: Form) -> Target:
    """Read `when was it delivered`, `where does it ship`, `who manages it`, `how much does it cost`: no field is named."""
    words = [w for chunk in row for w in _nouns(chunk)]
    verbs = [w for w in words if w.endswith(("ed", "s"))] + words[-1:] + (words[:1] if form in ("number", "person") else [])
    subject = _stems(_nouns(row[0])[-1:])
    phrases: list[tuple[Phrase, float]] = [((stem(word),), 0.3) for word in dict.fromkeys(verbs) if stem(word) not in subject or form != "date"]
    phrases += [((*subject, stem(word)), 0.2) for word in _FAMILIAR[form]]
    phrases += [((stem(word),), 0.6) for word in _FAMILIAR[form]]
    return Target((*dict.fromkeys(phrases), ((), 1.2)), frozenset(_stems(words)), form, text=" ".join(words))


def _counted(head: list[str], things: list[str], about: list[str]) -> Target:
    """Read `the number of items`, `the total of the invoice`, `the sum of the prices`, `the list of ids`."""
    fold: Fold = "count" if head[-1] in ("number", "count") else _FOLDS.get(head[-1], "")
    phrase = _stems(things)
    direct = (*phrase, *_stems(head))
    both = ((direct, 0.0), (phrase if fold else (*phrase, *_stems(head[:-1])), 0.2))
    return Target(both, frozenset(_stems(about)) | frozenset(phrase[:-1]), "", fold, " ".join([*head, "of", *things]))


def _target(words: list[str], about: list[str], form: Form, fold: Fold, lexicon: Lexicon) -> Target:
    kept = [w for n, w in enumerate(words) if not _picks_out(words, n, lexicon)]
    phrase = _stems(kept)
    phrases: list[tuple[Phrase, float]] = [(phrase, 0.0)]
    folding = next((w for w in kept if w in _FOLDS), "")
    if folding and len(kept) > 1:
        phrases.append((_stems([w for w in kept if w != folding]), 0.2))
        fold = fold or _FOLDS[folding]
    if form == "person":
        phrases = [((*phrase, "nam"), 0.0), (phrase, 0.1)]
    return Target(tuple(phrases), frozenset(_stems(about)), form, fold, " ".join(words))


def _before_verb(words: list[str]) -> tuple[list[str], list[str]]:
    """Part `carrier delivers order` before its verb."""
    at = next((n for n, w in enumerate(words) if n and re.search(r"(?:[^s]s|ed)$", w) and n + 1 <= len(words)), len(words))
    plural = at == len(words) - 1 and words[at].endswith("s") and len(words) == 2
    return (words, []) if plural and at == len(words) else (words[:at], words[at:])


def _nouns(chunk: Chunk) -> list[str]:
    return [word for word in chunk.words if not re.match(ATOM, word) and word not in _LAST | _FIRST | _MOST | _LEAST]


def _stems(words: Sequence[str]) -> Phrase:
    return tuple(stem(word) for word in words)


def _picks_out(words: Sequence[str], n: int, lexicon: Lexicon) -> bool:
    """Whether a word picks one of several and is no part of a name (`the last order`, but not `last name`)."""
    if words[n] not in _LAST | _FIRST | _MOST | _LEAST and words[n] not in _ORDINALS:
        return False
    return n + 1 >= len(words) or not lexicon.pairs(stem(words[n]), stem(words[n + 1]))


def _picks(row: Sequence[Chunk], lexicon: Lexicon) -> Iterator[Pick]:
    for place, chunk in enumerate(row):
        for n, word in enumerate(chunk.words):
            rest = [w for w in chunk.words[n + 1 :] if not re.match(ATOM, w) and w not in _LAST | _FIRST | _MOST | _LEAST]
            noun = stem(rest[-1]) if rest else ""
            if word in _ORDINALS and word not in _FIRST:
                yield Pick("nth", noun, index=_ORDINALS[word])
            elif word in _LAST or word in _FIRST:
                yield Pick("last" if word in _LAST else "first", noun)
            elif word in _MOST | _LEAST and not (word in _FOLDS and not rest):
                tied = chunk.link in ("with", "having", "has", "have", "had", "whose", "by")
                before = next((nouns for each in row[:place][::-1] if (nouns := _nouns(each))), []) if tied else []
                kind: OneOf["most", "least"] = "most" if word in _MOST else "least"
                measured = _stems(rest if before else rest[:1] if word in ("most", "least") else [word])
                yield Pick(kind, stem(before[-1]) if before else noun, measured)
                break
