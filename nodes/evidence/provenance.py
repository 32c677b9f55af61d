"""Every value of a log: what it is called, which action produced it, and which values that action was given."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from surefoot.nodes.evidence.parameters import GENERIC
from surefoot.nodes.evidence.phrases import Literal, Phrase, find_literals, sentences, shape
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.values import as_text, leaves, plain, same
from surefoot.nodes.evidence.words import IDENTIFIERS, bag, key_terms, terms
from surefoot.nodes.state import Json, ReactStep

__all__ = ["Call", "Fact", "Ledger", "read_log", "same"]
_MOST = 4_000
"""Values read from one result."""
_ENVELOPE = bag("status code success ok message msg")
_ENDED = re.compile(r"\W*(?:ok|okay|success|successful|true|200|done|completed|found)\W*", re.IGNORECASE)
"""What says only that a call ended, beside what it brought."""
_SENTENCE_KEY = re.compile(r"^\W*(.{2,60}?)(?::|=|\s(?:is|are|was|were)\s(?:the\s)?)\s*(.+?)\s*[.;]?$")


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that is known."""

    value: Json
    phrase: Phrase
    step: int
    """Index of the log entry that produced it; -1 = it stands in the goal."""
    path: tuple[str | int, ...] = ()
    about: frozenset[str] = frozenset()
    covers: frozenset[str] = frozenset()
    """Stems of everything on the way to it: tools, keys, what the goal calls its literals."""
    rows: tuple[tuple[str, int], ...] = ()
    """In which lists, and where, it or what it came from stands."""
    literal: Literal | None = None

    text: str = field(init=False, compare=False)
    named: bool = field(init=False, compare=False)
    """Whether the value looks like an identifier."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", as_text(self.value))
        object.__setattr__(self, "named", not isinstance(self.value, float) and _names(self.text))

    @property
    def own_rows(self) -> tuple[tuple[str, int], ...]:
        """The rows it stands in within the result itself."""
        return tuple(row for row in self.rows if row[0].startswith(f"{self.step}:"))

    @property
    def column(self) -> tuple[int, tuple[str, ...]]:
        """What it shares with its like in the other rows of a list."""
        return self.step, tuple("*" if isinstance(key, int) else key for key in self.path)


@lru_cache(maxsize=16384)
def _names(text: str) -> bool:
    if not re.search(r"\d", text) or re.fullmatch(r"-?\d+\.\d+", text):
        return False
    return shape(text) not in ("date", "text", "email", "url", "phone")


@dataclass(frozen=True, slots=True)
class Call:
    """One action of the log and what came of it."""

    step: int
    tool: str
    args: Mapping[str, Json]
    failed: bool
    kind: str
    """Kind of the error, where it failed."""
    output: Json
    """Its result as data; of a failure the message."""
    sources: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By parameter: the log entries that gave its value, the first one first; -1 = it stands in the goal."""


@dataclass(slots=True)
class Ledger:
    """What a log has shown."""

    facts: list[Fact] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _facts: dict[int, list[Fact]] = field(default_factory=dict)
    _behind: dict[int, frozenset[int]] = field(default_factory=dict)
    _made: dict[str, Call] = field(default_factory=dict)

    def add(self, call: Call, facts: Sequence[Fact]) -> None:
        """Take a call over, and the facts it brought."""
        self.calls.append(call)
        self.facts += facts
        self._facts[call.step] = list(facts)
        before = frozenset(s for sources in call.sources.values() for s in sources[:1] if s >= 0)
        self._behind[call.step] = frozenset({call.step}).union(*(self._behind[step] for step in before))
        self._made[_mark(call.tool, call.args)] = call

    def of(self, step: int) -> list[Fact]:
        """The facts a log entry brought."""
        return self._facts.get(step, [])

    def call(self, step: int) -> Call:
        """The call of a log entry."""
        return next(call for call in self.calls if call.step == step)

    def made(self, tool: str, args: Mapping[str, Json]) -> Call | None:
        """The last call of a tool with these arguments, if there was one."""
        return self._made.get(_mark(tool, args))

    def behind(self, step: int) -> frozenset[int]:
        """All log entries a step rests on, itself included; the goal is none of them."""
        return self._behind.get(step, frozenset())


def _mark(tool: str, args: Mapping[str, Json]) -> str:
    return json.dumps([tool, sorted((key, as_text(value)) for key, value in args.items())])


def read_log(log: Sequence[ReactStep], promises: Mapping[str, Promise], given: Sequence[Fact] = ()) -> Ledger:
    """Read every action of a log; `given` are the facts that stand in the goal."""
    ledger = Ledger(facts=list(given))
    for index, step in enumerate(log):
        if step.action is None or step.observation is None:
            continue
        seen = step.observation
        args = step.action.args
        sources = {name: origin for name, value in args.items() if (origin := _origin(value, ledger.facts))}
        output = plain(seen.output) if seen.success else (seen.error.message if seen.error else "")
        kind = "" if seen.success else seen.error.kind if seen.error else "exception"
        call = Call(index, step.action.tool, args, not seen.success, kind, output, sources)
        promise = promises.get(call.tool) or Promise(call.tool)
        ledger.add(call, list(_facts(call, promise, ledger)) if seen.success else [])
    return ledger


def _origin(value: Json, facts: Sequence[Fact]) -> tuple[int, ...]:
    if isinstance(value, bool | dict | list) or value in (None, ""):
        return ()
    return tuple(dict.fromkeys(fact.step for fact in facts if same(fact.value, value)))


def _facts(call: Call, promise: Promise, ledger: Ledger) -> Iterator[Fact]:
    """List the values of a result, each under the words of its keys, or of what the tool promised."""
    inputs = [fact for name in call.args for fact in ledger.facts if _is_source(fact, call, name)]
    rows = tuple(sorted({row for fact in inputs for row in fact.rows}))
    covers = promise.words.union(
        *(fact.covers for fact in inputs), *(need.phrases[0] for need in promise.needs if need.phrases)
    )
    about = frozenset(word for each in promise.yields for word in (*each.phrase, *each.about))
    entity = _entity(promise)
    for count, (path, value) in enumerate(leaves(call.output)):
        if count >= _MOST:
            return
        if len(path) == 1 and path[0] in _ENVELOPE and len(call.output) > 1 and _ENDED.fullmatch(as_text(value)):
            continue
        keys = tuple(word for key in path if isinstance(key, str) for word in key_terms(key))
        here = tuple(_row(call, path[:n], key) for n, key in enumerate(path) if isinstance(key, int))
        phrase = keys if keys and not all(word in GENERIC for word in keys) else (*entity, *keys)
        more = frozenset(keys) | about
        if not keys:
            yield from _told(call, promise, value, path, more, covers, (*rows, *here))
            continue
        yield Fact(value, phrase, call.step, path, more, covers.union(keys), (*rows, *here))


def _row(call: Call, path: tuple[str | int, ...], index: int) -> tuple[str, int]:
    return f"{call.step}:{'.'.join(map(str, path))}", index


def _is_source(fact: Fact, call: Call, name: str) -> bool:
    return fact.step in call.sources.get(name, ())[:1] and same(fact.value, call.args[name])


def _entity(promise: Promise) -> Phrase:
    """Name the thing a tool tells about: what it gives, without the word for its identifier."""
    for each in promise.yields:
        core = tuple(word for word in each.phrase if word not in IDENTIFIERS)
        if core:
            return core[-1:] if each.record or len(core) > 1 else core
    return ()


def _told(
    call: Call,
    promise: Promise,
    value: Json,
    path: tuple[str | int, ...],
    about: frozenset[str],
    covers: frozenset[str],
    rows: tuple[tuple[str, int], ...],
) -> Iterator[Fact]:
    """Read a value without a key: it is what the tool promised; a sentence is searched for values."""
    # A name is a guess beside a description: `supplier_id_product_id` is both ends of what the tool ties.
    sure = [each for each in promise.yields if each.sure == max(other.sure for other in promise.yields)]
    promised = [each.phrase for each in sure if not each.record] or [each.phrase for each in sure]
    phrases = list(dict.fromkeys(promised[:3])) or [terms(call.tool)]
    if not isinstance(value, str) or len(value.split()) < 4:
        for phrase in phrases:
            yield Fact(value, phrase, call.step, path, about, covers, rows)
        return
    for sentence in sentences(value)[:40]:
        if pair := _SENTENCE_KEY.match(sentence):
            yield Fact(
                pair[2], terms(pair[1])[-4:], call.step, (*path, pair[1]), about, covers.union(terms(pair[1])), rows
            )
    _masked, literals = find_literals(value, promise.words)
    given = [as_text(arg).casefold() for arg in call.args.values()]
    for literal in literals:
        if literal.text.casefold() not in given:
            more = about.union(literal.label)
            for phrase in phrases[:1]:
                yield Fact(literal.text, phrase, call.step, (*path, literal.text), more, covers, rows, literal)
    yield Fact(value, ("text",), call.step, path, about, covers, rows)
