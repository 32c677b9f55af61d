"""Reads what a tool needs and yields, from its name, description, parameters and output schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from surefoot.nodes.evidence.declared import resolved
from surefoot.nodes.evidence.descriptions import NOISE, YIELDING, Read, read_description, read_name
from surefoot.nodes.evidence.parameters import GENERIC, Need, needs_of, options_of
from surefoot.nodes.evidence.phrases import Phrase, sentences
from surefoot.nodes.evidence.warnings import warnings_of
from surefoot.nodes.evidence.words import (
    FUNCTION,
    IDENTIFIERS,
    RECORD,
    bag,
    key_terms,
    name_terms,
    parts,
    stem,
    stems,
    terms,
)

__all__ = ["Promise", "Yield", "promise_of"]
_DEEPEST = 6
"""Levels of a schema that are read."""
_ACTING = stems(
    "create add insert update set change modify edit delete remove cancel send post put write submit book reserve "
    "order pay refund transfer assign close open start stop restart approve reject register upload notify "
    "schedule reset move archive publish charge issue buy purchase drop purge enable disable execute run"
)
"""Verbs that change the world; what begins with one is never called to find something out."""


@dataclass(frozen=True, slots=True)
class Yield:
    """One thing a tool says it gives."""

    phrase: Phrase
    about: frozenset[str] = frozenset()
    """Other words it is described with."""
    record: bool = False
    """A whole record: it may hold anything that belongs to the thing."""
    sure: float = 1.0
    """1 = a schema or a sentence says so, less = guessed from a name."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What one tool needs and yields."""

    tool: str
    needs: tuple[Need, ...] = ()
    yields: tuple[Yield, ...] = ()
    words: frozenset[str] = frozenset()
    """Stems of what it is about: name, first sentence, parameters, keys of its output."""
    prose: frozenset[str] = frozenset()
    """Stems of the words its descriptions are written in; abbreviations are not among them."""
    warnings: Mapping[str, float] = field(default_factory=dict)
    """What its description warns of, and how grave that is (0 to 1)."""
    acts: bool = False
    """It changes something."""
    order: str = ""
    """`newest` or `oldest` first, where it lists and says so."""

    tells: bool = False
    """It is said to look something up: it reads only, or begins with a verb like get or returns."""
    lists: bool = False
    """It may give several, or none."""
    output: Mapping[str, Any] = field(default_factory=dict)
    """The JSON schema it declares of its results; {} = none."""

    @property
    def required(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.required)

    @property
    def distance(self) -> float:
        """How grave all its warnings are together, 0 to 1."""
        return min(1.0, max(self.warnings.values(), default=0.0) + 0.1 * max(0, len(self.warnings) - 1))


def promise_of(tool: Mapping[str, Any]) -> Promise:
    """Read one tool: `name`, `description`, and where known `parameters` and `output` (JSON schemas), `effect`."""
    name, described = str(tool.get("name", "")), str(tool.get("description") or "")
    schema: Mapping[str, Any] = tool.get("parameters") or {}
    output: Mapping[str, Any] = tool.get("output") or {}
    told, named = read_description(described), read_name(name)
    effect = str(tool.get("effect") or "undeclared")
    acts = effect in ("reversible", "irreversible") or (effect != "read_only" and _acts(name, described))
    needs = tuple(needs_of(schema, told, named))
    yields = tuple(_whole(each, needs) for each in _yields(told, named, output))
    own = [w for phrase, about in told.gives for w in (*phrase, *about)] + [w for p in named.gives for w in p[0]]
    words = {*own, *told.about, *named.about, *(w for p in (*told.takes, *named.takes) for w in p)}
    words |= {w for need in needs if need.required for p in need.phrases for w in p} | set(name_terms(name))
    words |= {w for each in yields for w in each.phrase}
    return Promise(
        tool=name,
        needs=needs,
        yields=yields,
        words=frozenset(words),
        prose=frozenset(terms(described)).union(*(need.about for need in needs)),
        warnings=warnings_of(name, described),
        acts=acts,
        order=_order(described),
        tells=effect == "read_only" or _tells(name, described),
        lists=output.get("type") == "array" or _lists(name, described),
        output=output,
    )


_SEVERAL = re.compile(
    r"\b(?:lists?|all|every|each|any|search(?:es)?|find(?:s|ing)?|filters?|history|matching|available|zero or more|"
    r"[a-z]{2,}[^\Wsu]s(?= (?:of|for|that|which|with|in|by|from|to|at|on|between|belonging|placed|made)\b|\W*$|[.,'\"\]]))",
    re.IGNORECASE,
)


def _tells(name: str, described: str) -> bool:
    words = [word for word in parts(name) if word not in NOISE]
    return any(stem(word) in YIELDING for word in (*words[:1], *parts(described)[:1]))


def _lists(name: str, described: str) -> bool:
    return bool(_SEVERAL.search(" ".join([*parts(name), ".", *sentences(described)[:1]])))


def _order(described: str) -> str:
    first = re.search(
        r"\b(newest|latest|most recent|oldest|earliest)(?: ones?)? first\b|\b(reverse chronological)|\b(chronological)",
        described,
        re.IGNORECASE,
    )
    if not first:
        return ""
    word = next(group for group in first.groups() if group).lower()
    return "oldest" if word in ("oldest", "earliest", "chronological") else "newest"


def _acts(name: str, described: str) -> bool:
    """Whether it is described, or failing that named, by a verb that changes the world."""
    words = [word for word in parts(name) if word not in NOISE]
    verb = stem(words[0]) if words else ""
    first = re.match(
        r"\W*(?:this \w+ |used? to |allows? \w+ to )?([A-Za-z]+)(?:\s+([A-Za-z]+))?", described, re.IGNORECASE
    )
    if re.match(r"\W*(?:POST|PUT|PATCH|DELETE)\s+/", described):
        return True
    if verb in YIELDING or (first and stem(first[1]) in YIELDING):
        return False
    if order := _ORDER.match(described):
        return stem(order[1]) not in YIELDING | _READING and order[1].lower() not in FUNCTION
    if first and first[2]:
        noun = first[2].lower() in _TYING or stem(first[2]) in _FIELDS
        return stem(first[1]) in _ACTING and not noun
    return verb in _ACTING and len(words) > 1 and stem(words[1]) not in _FIELDS | YIELDING


_ORDER = re.compile(r"\W*([A-Za-z]+)\s+(?:an?|the|all|every|another|this|your|new)\s", re.IGNORECASE)
"""A verb and its object: `Reassign a duty to somebody else`."""
_READING = stems(
    "map convert translate turn transform decode encode link match count summarize summarise estimate measure inspect examine "
    "consult peek monitor predict parse extract derive enumerate browse explore ask verify validate confirm test compare "
    "sort filter group aggregate rank score explain detail fetch request access see watch track trace preview sum total "
    "evaluate analyze analyse interpret format normalize normalise render know use call follow name contain include need "
    "take accept query scan observe view visit note mean hold lie stand serve handle belong sit own work collect gather"
)
"""Verbs that leave the world as it is; what another verb does is not known, and not tried out."""
_TYING = bag("of for by in at to with")
_FIELDS = stems("id number date status time total count price name type code history by of for")
"""After such a word a verb is a noun: `order of`, `order id`."""


def _yields(told: Read, named: Read, output: Mapping[str, Any]) -> tuple[Yield, ...]:
    cores = [[word for word in phrase if word not in RECORD | IDENTIFIERS] for phrase, _ in (*told.gives, *named.gives)]
    thing = tuple(next((core for core in cores if core), ()))[-1:]
    found: list[Yield] = [Yield(_owned(phrase, thing), frozenset(thing)) for phrase in _leaves(output)]
    for phrase, about in told.gives:
        found.append(_as_yield(_owned(phrase, thing), about | frozenset(told.about), 1.0))
    for phrase, about in named.gives:
        if not told.gives or not any(set(phrase) <= set(g) for g, _ in told.gives):
            found.append(_as_yield(phrase, about, 0.85 if told.gives else 0.95))
    return tuple(dict.fromkeys(each for each in found if each.phrase))


def _whole(given: Yield, needs: Sequence[Need]) -> Yield:
    """What a tool gives by the thing's own identifier, and calls by the thing's name, is the thing's record."""
    own = {tuple(word for word in phrase if word not in IDENTIFIERS) for need in needs for phrase in need.phrases}
    return replace(given, record=True) if given.phrase in own else given


def _owned(phrase: Phrase, thing: Phrase) -> Phrase:
    """Say whose a field is that does not say so: an `id` among what a tool gives is the id of the thing it gives."""
    return (*thing, *phrase) if phrase and all(word in GENERIC for word in phrase) else phrase


def _as_yield(phrase: Phrase, about: frozenset[str], sure: float) -> Yield:
    bare = tuple(word for word in phrase if word not in RECORD)
    return Yield(bare or phrase, about, record=len(bare) < len(phrase), sure=sure)


def _leaves(output: Mapping[str, Any]) -> Iterator[Phrase]:
    """List the keys an output schema names, with the keys above them."""
    return _fields(output, output, (), _DEEPEST)


def _fields(schema: Any, root: Mapping[str, Any], path: Phrase, depth: int) -> Iterator[Phrase]:
    schema = resolved(schema, root)
    for inner in (*options_of(schema), schema.get("items")) if depth else ():
        yield from _fields(inner, root, path, depth - 1)
    properties = schema.get("properties")
    for key, inner in properties.items() if depth and isinstance(properties, Mapping) else ():
        own = (*path, *key_terms(str(key)))
        yield from list(_fields(inner, root, own, depth - 1)) or [own]
