"""Reads a goal: what is asked for, of what, and which values it gives.

`The shipping city of the last order of ann@example.com` asks for a target (shipping city) over a chain of stages, the
nearest first: an order, the last one; and an anchor, whose value is given. Questions without such a chain have none,
and all their words are units that the way to the answer should meet.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.phrases import ATOM, Chunk, Phrase, chunks, find_literals, sentences
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.words import bag, is_participle, stem
from surefoot.nodes.quest.asked import Asked, Fold, Form, Stage, Target
from surefoot.nodes.quest.stages import PICKING, SEEKING, TELLING, Stages, plain_words, stems_of

__all__ = ["read_goal"]
_WH = ("what", "which", "who", "whom", "whose", "where", "when", "how")
_FOLDS: dict[str, Fold] = {
    "total": "sum", "sum": "sum", "combined": "sum", "altogether": "sum", "overall": "sum", "average": "average", "mean": "average",
    "maximum": "max", "minimum": "min",
}  # fmt: skip
_FORMS: dict[str, Form] = {
    "when": "date",
    "who": "person",
    "whom": "person",
    "whose": "person",
    "where": "place",
    "how": "number",
}
_FAMILIAR = {
    "date": ("date", "time", "day"),
    "person": ("name",),
    "place": ("location", "address", "place", "city"),
    "number": ("amount", "price", "cost", "total", "quantity"),
}
"""What people mean by when, who, where and how much, where a goal names no field."""
_COUNTING = bag("number count amount total sum average list names ids")


def read_goal(goal: str, lexicon: Lexicon, known: frozenset[str]) -> Asked:
    """Read a goal; `known` are the stems tools speak of: with a capital they are still no names."""
    masked, literals = find_literals(goal, known)
    given = tuple(
        Fact(each.text, each.label, -1, (each.at,), covers=frozenset(each.label), literal=each) for each in literals
    )
    rows = [row for sentence in sentences(masked) for row in _clauses(chunks(sentence))]
    reader = _Reader(lexicon, given)
    words = [w for row in rows for chunk in row for w in plain_words(chunk)]
    aside = TELLING | SEEKING | PICKING | {"out", "back", "up"}
    units = {stem(w): lexicon.weight(stem(w)) for w in words if w not in aside and lexicon.knows(stem(w))}
    lower = frozenset(re.findall(r"[^\W_]+", goal.lower()))
    return Asked(tuple(reader.targets(rows)), given, units, lower)


def _clauses(row: tuple[Chunk, ...]) -> Iterator[tuple[Chunk, ...]]:
    """Part a sentence where `and` or a comma begins another request."""
    start = 0
    for n, chunk in enumerate(row):
        begins = chunk.words[0] in TELLING | SEEKING and (
            chunk.link in ("and", "then", ",", "or") or "then" in chunk.ties
        )
        wh = [tie for tie in chunk.ties if tie in _WH]
        asks = (
            wh
            and set(chunk.ties) & {"and", ","}
            and (chunk.ties[-1] != wh[-1] or "and" in chunk.ties or wh[-1] == "what")
        )
        if n > start and (begins or asks):
            yield row[start:n]
            start = n
    if row[start:]:
        yield row[start:]


@dataclass(frozen=True, slots=True)
class _Ask:
    """A clause that asks: how, what follows the question word or verb, the word, and what stands before it."""

    kind: OneOf["tell", "seek", "ask"]
    row: tuple[Chunk, ...]
    wh: str
    before: tuple[Chunk, ...]
    place: int = 0
    """Number of the clause."""


class _Reader:
    """Reads targets and their chains."""

    def __init__(self, lexicon: Lexicon, given: Sequence[Fact]) -> None:
        self.lexicon, self.given = lexicon, given
        self.stages = Stages(lexicon, given)

    def targets(self, rows: Sequence[tuple[Chunk, ...]]) -> Iterator[Target]:
        """Take what is told or asked; what is only to be found on the way (`find the customer, then tell me`) is none."""
        asking = [replace(ask, place=n) for n, row in enumerate(rows) if (ask := _asks(row))]
        if not asking and rows:
            asking = [_Ask("ask", rows[-1], "", (), len(rows) - 1)]
        chosen = [ask for ask in asking if ask.kind != "seek"] or asking[-1:]
        last: tuple[Stage, ...] = ()
        for ask in chosen:
            earlier = [
                self._context(row, n, asking)
                for n, row in enumerate(rows[: ask.place])
                if not any(c.place == n for c in chosen)
            ]
            context = [stage for stages in reversed(earlier) for stage in stages]
            for target in self._read(ask, context):
                chain = target.chain if any(stage.given for stage in target.chain) else (*target.chain, *last)
                last = chain
                yield replace(target, chain=chain)

    def _context(self, row: tuple[Chunk, ...], place: int, asking: Sequence[_Ask]) -> list[Stage]:
        ask = next((each for each in asking if each.place == place), None)
        return self.stages.read((*ask.row, *ask.before) if ask else row)[0]

    def _read(self, ask: _Ask, context: list[Stage]) -> Iterator[Target]:
        form: Form = _FORMS.get(ask.wh, "")
        row = ask.row
        many = "many" in row[0].ties
        copula = bool(set(row[0].ties) & {"is", "are", "was", "were"})
        if form and not many and not (form == "person" and (copula or ask.wh == "whose")):
            target, rest = self._implied(row, form), row
            stages, left = self.stages.read(rest)
            yield self._with(target, stages, left, ask, context)
            return
        heads, owners, rest = self._heads(row, ask.wh)
        for head in heads:
            target, used = self._headed(head, rest, form, many)
            stages, left = self.stages.read((*owners[::-1], *rest[used:]))
            yield self._with(target, stages, left, ask, context)

    def _with(self, target: Target, stages: list[Stage], left: list[str], ask: _Ask, context: list[Stage]) -> Target:
        """Give a target its chain: what follows it, what stands before it in its clause, then what earlier clauses say."""
        stages = [*stages, *self.stages.read(ask.before)[0]]
        if not any(stage.given for stage in stages):
            stages = [*stages, *context]
        for n, stage in enumerate(stages):
            if stage.given and stage.picks and n == 0:
                target = replace(target, picks=(*target.picks, *stage.picks))
            elif stage.given and stage.picks:
                stages[n - 1] = replace(stages[n - 1], picks=(*stages[n - 1].picks, *stage.picks))
        stages = [replace(stage, picks=()) if stage.given else stage for stage in stages]
        nouns = {word for stage in stages[:1] for word in stage.phrase}
        return replace(target, chain=tuple(stages), about=target.about | nouns | {stem(w) for w in left})

    def _heads(self, row: Sequence[Chunk], wh: str) -> tuple[list[list[str]], list[Chunk], tuple[Chunk, ...]]:
        """Part what is asked for (`name and phone`), whose it is where that stands before, and the rest."""
        first, rest = row[0], tuple(row[1:])
        owners = list[Chunk]()
        if rest and rest[0].link == "'s" and re.match(ATOM, first.words[-1]):
            owners, first, rest = [Chunk(("of",), first.words)], rest[0], rest[1:]
        words = plain_words(first)
        if any(re.match(ATOM, w) for w in first.words) or (wh in ("which", "what", "whose") and first.ties[-1] == wh):
            words, tail = _before_verb(first.words)
            rest = (Chunk(("",), tail), *rest) if tail else rest
        heads = [words]
        while rest and rest[0].link in ("'s", "and", ",", "or") and not set(rest[0].ties) & set(_WH):
            more = plain_words(rest[0])
            if not more or (rest[0].link != "'s" and len(more) < len(rest[0].words)):
                break
            if rest[0].link == "'s":
                owners.append(Chunk(("of",), (*heads.pop(), *[w for w in first.words if re.match(ATOM, w)])))
                first = rest[0]
            heads.append(more)
            rest = rest[1:]
        return [head for head in heads if head] or [[]], owners, rest

    def _headed(self, head: list[str], rest: Sequence[Chunk], form: Form, many: bool) -> tuple[Target, int]:
        """Read a target that is named; also how many of the chunks after it belong to it."""
        of = rest[0] if rest and rest[0].link == "of" else None
        called = len(head) > 1 and self.lexicon.pairs(stem(head[-2]), stem(head[-1]))
        if of is not None and head and head[-1] in _COUNTING and not called and plain_words(of):
            return self._counted(head, plain_words(of)), 1
        picks = tuple(self.stages.picks(head))
        kept = [w for n, w in enumerate(head) if not self.stages.picks_out(head, n)]
        phrase = stems_of(kept)
        phrases: list[tuple[Phrase, float]] = [(phrase, 0.0)] if phrase else [((), 1.2)]
        fold: Fold = "count" if many else ""
        folding = next((w for w in kept if w in _FOLDS), "")
        if folding and len(kept) > 1:
            phrases.append((stems_of([w for w in kept if w != folding]), 0.2))
            fold = fold or _FOLDS[folding]
        if form == "person":
            phrases = [((*phrase, "nam"), 0.0), (phrase, 0.1)]
        return Target(tuple(phrases), frozenset(), form, fold, picks, frozenset(head), (), " ".join(head)), 0

    def _counted(self, head: list[str], things: list[str]) -> Target:
        """Read `the number of items`, `the total of the invoice`, `the sum of the prices`, `the list of ids`."""
        fold: Fold = "count" if head[-1] in ("number", "count") else _FOLDS.get(head[-1], "")
        phrase = stems_of([w for w in things if w not in PICKING])
        direct = (*phrase, *stems_of(head))
        both = ((direct, 0.0), (phrase if fold else (*phrase, *stems_of(head[:-1])), 0.2))
        return Target(both, frozenset(), "", fold, (), frozenset(things), (), " ".join([*head, "of", *things]))

    def _implied(self, row: Sequence[Chunk], form: Form) -> Target:
        """Read `when was it delivered`, `where does it ship`, `who manages it`, `how much does it cost`: no field is named."""
        words = [w for chunk in row for w in plain_words(chunk) if w not in PICKING]
        verbs = (
            [w for w in words if w.endswith(("ed", "s"))]
            + words[-1:]
            + (words[:1] if form in ("number", "person") else [])
        )
        atom = next((n for n, w in enumerate(row[0].words) if re.match(ATOM, w)), len(row[0].words))
        subject = stems_of([w for w in row[0].words[:atom] if w not in PICKING][-1:])
        labels = {word for fact in self.given for word in fact.phrase[-1:]}
        named = [
            ((stem(w),), 0.3)
            for w in dict.fromkeys(verbs)
            if stem(w) not in labels and (stem(w) not in subject or form == "person")
        ]
        phrases: list[tuple[Phrase, float]] = [*named, *(((*subject, stem(word)), 0.2) for word in _FAMILIAR[form])]
        phrases += [((stem(word),), 0.6) for word in _FAMILIAR[form]]
        return Target((*dict.fromkeys(phrases), ((), 1.2)), frozenset(stems_of(words)), form, text=" ".join(words))


def _asks(row: tuple[Chunk, ...]) -> _Ask | None:
    """Say how a clause asks: by telling, seeking or a question word."""
    for n, chunk in enumerate(row):
        wh = next((tie for tie in chunk.ties if tie in _WH), "")
        if wh and (n == 0 or not _relative(chunk)):
            return _Ask("ask", row[n:], wh, row[:n])
        if chunk.words[0] not in TELLING | SEEKING or (
            n and chunk.link in ("of", "for", "by", "in", "on", "with", "the", "'s", "a", "(")
        ):
            continue
        words = chunk.words
        while words and words[0] in TELLING | SEEKING | {"back"}:
            words = words[1:]
        kind: OneOf["tell", "seek"] = "tell" if chunk.words[0] in TELLING else "seek"
        rest = row[n + 1 :]
        if words:
            return _Ask(kind, (Chunk((), words), *rest), "", row[:n])
        inner = next((tie for tie in rest[0].ties if tie in _WH), "") if rest else ""
        if rest:
            return _Ask("ask" if inner else kind, rest, inner, row[:n])
    return None


def _relative(chunk: Chunk) -> bool:
    """Whether a question word only ties a relative clause: `the customer who ordered`."""
    return chunk.ties[0] in ("which", "who", "whose", "where", "when", "that") or (
        chunk.ties[0] == "," and len(chunk.ties) == 2
    )


def _before_verb(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Part `carrier delivers order` before its verb."""
    ends = [n for n, w in enumerate(words) if n and (re.search(r"(?:[^s]s|ed)$", w) or re.match(ATOM, w))]
    at = ends[0] if ends else len(words)
    if at == len(words) - 1 and not is_participle(words[at]) and not re.match(ATOM, words[at]):
        at = len(words)
    return [w for w in words[:at] if not re.match(ATOM, w)], tuple(words[at:])
