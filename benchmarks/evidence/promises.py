"""Reads what a tool needs and yields, from its name, description, parameters and output schema."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from benchmarks.evidence.phrases import Chunk, Phrase, chunks, sentences
from benchmarks.evidence.warnings import warnings_of
from benchmarks.evidence.words import FUNCTION, IDENTIFIERS, name_terms, parts, stem, terms

__all__ = ["GENERIC", "Need", "Promise", "Yield", "promise_of"]

_YIELDING = frozenset(
    stem(word)
    for word in [
        "return",
        "get",
        "fetch",
        "find",
        "look",
        "lookup",
        "list",
        "retrieve",
        "give",
        "provide",
        "show",
        "tell",
        "report",
        "compute",
        "calculate",
        "determine",
        "read",
        "query",
        "search",
        "output",
        "produce",
        "yield",
        "obtain",
        "identify",
        "describe",
        "check",
        "say",
        "answer",
        "supply",
        "display",
        "load",
        "locate",
        "resolve",
        "respond",
        "trace",
        "view",
        "pull",
        "grab",
        "fetches",
        "gets",
        "obtains",
        "getter",
        "is",
    ]
)
_MAPPING = frozenset(
    stem(word) for word in ["map", "convert", "translate", "resolve", "turn", "transform", "decode", "link", "match"]
)
_ACTING = frozenset(
    stem(word)
    for word in [
        "create",
        "add",
        "insert",
        "update",
        "set",
        "change",
        "modify",
        "edit",
        "delete",
        "remove",
        "cancel",
        "send",
        "post",
        "put",
        "write",
        "submit",
        "book",
        "reserve",
        "order",
        "pay",
        "refund",
        "transfer",
        "assign",
        "close",
        "open",
        "start",
        "stop",
        "restart",
        "approve",
        "reject",
        "register",
        "upload",
        "notify",
        "schedule",
        "reset",
        "move",
        "archive",
        "publish",
        "charge",
        "issue",
        "buy",
        "purchase",
        "drop",
        "purge",
        "enable",
        "disable",
        "execute",
        "run",
    ]
)
"""Verbs that change the world; what begins with one is never called to find something out."""
_NOISE = frozenset(
    [
        "api",
        "rest",
        "http",
        "https",
        "endpoint",
        "service",
        "tool",
        "v1",
        "v2",
        "v3",
        "v4",
        "req",
        "request",
        "call",
        "func",
        "function",
        "do",
        "op",
    ]
)
_RECORD = frozenset(
    stem(word)
    for word in [
        "record",
        "details",
        "detail",
        "information",
        "info",
        "data",
        "profile",
        "object",
        "entry",
        "summary",
        "document",
        "overview",
        "card",
        "sheet",
        "everything",
        "full",
        "whole",
        "list",
        "listing",
        "row",
        "rows",
        "set",
        "result",
        "results",
        "file",
        "attributes",
        "fields",
        "master",
    ]
)
"""Words that say all of a thing is given, not what."""
GENERIC = (
    frozenset(
        stem(word)
        for word in [
            "value",
            "input",
            "query",
            "q",
            "arg",
            "argument",
            "param",
            "parameter",
            "x",
            "s",
            "n",
            "text",
            "item",
            "object",
            "entity",
            "term",
            "keyword",
            "search",
            "lookup",
            "what",
            "subject",
            "target",
            "string",
            "data",
            "element",
            "name",
            "title",
        ]
    )
    | IDENTIFIERS
)
"""Parameter names that say nothing about whose value they take."""
_GIVEN = frozenset(
    [
        "for",
        "by",
        "from",
        "given",
        "using",
        "based",
        "via",
        "per",
        "with",
        "in",
        "on",
        "at",
        "to",
        "about",
        "as",
        "under",
    ]
)
_ASIDE = frozenset(
    ["that", "which", "who", "whom", "whose", "where", "when", "while", "if", "since", "after", "before", "during"]
)
_SAMPLE = re.compile(
    r"(?:e\.?g\.?|for example|for instance|such as|like|example|format(?:ted)?(?: as)?|looks like)[:,]?\s+['\"`]?([\w@./:+#-]*[\w#])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Need:
    """One parameter: what it is to be given, in several wordings."""

    name: str
    phrases: tuple[Phrase, ...]
    kind: str = ""
    """JSON type; empty = not said."""
    required: bool = True
    options: tuple[Any, ...] = ()
    samples: tuple[str, ...] = ()
    """Values its description or schema shows."""
    pattern: str = ""
    default: Any = None
    about: frozenset[str] = frozenset()


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

    @property
    def required(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.required)

    @property
    def distance(self) -> float:
        """How grave all its warnings are together, 0 to 1."""
        return min(1.0, max(self.warnings.values(), default=0.0) + 0.1 * max(0, len(self.warnings) - 1))


@dataclass(slots=True)
class _Read:
    """What a text says: things given, things they are given for, and the words around."""

    gives: list[tuple[Phrase, frozenset[str]]] = field(default_factory=list)
    takes: list[Phrase] = field(default_factory=list)
    owners: list[Phrase] = field(default_factory=list)
    """Whose the given things are: mostly what the tool is asked about."""
    about: set[str] = field(default_factory=set)


def promise_of(tool: Mapping[str, Any]) -> Promise:
    """Read one tool: `name`, `description`, and where known `parameters` and `output` (JSON schemas), `effect`."""
    name, described = str(tool.get("name", "")), str(tool.get("description") or "")
    schema: Mapping[str, Any] = tool.get("parameters") or {}
    output: Mapping[str, Any] = tool.get("output") or {}
    told, named = _read_description(described), _read_name(name)
    effect = str(tool.get("effect") or "undeclared")
    acts = effect in ("reversible", "irreversible") or (effect != "read_only" and _acts(name, described))
    needs = tuple(_needs(schema, told, named))
    yields = _yields(told, named, output)
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
    )


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
    words = [word for word in parts(name) if word not in _NOISE]
    verb = stem(words[0]) if words else ""
    first = re.match(
        r"\W*(?:this \w+ |used? to |allows? \w+ to )?([A-Za-z]+)(?:\s+([A-Za-z]+))?", described, re.IGNORECASE
    )
    if verb in _YIELDING or (first and stem(first[1]) in _YIELDING):
        return False
    if first and first[2]:
        noun = first[2].lower() in _TYING or stem(first[2]) in _FIELDS
        return stem(first[1]) in _ACTING and not noun
    return verb in _ACTING and len(words) > 1 and stem(words[1]) not in _FIELDS | _YIELDING


_TYING = frozenset(["of", "for", "by", "in", "at", "to", "with"])
_FIELDS = frozenset(
    stem(word)
    for word in [
        "id",
        "number",
        "date",
        "status",
        "time",
        "total",
        "count",
        "price",
        "name",
        "type",
        "code",
        "history",
        "by",
        "of",
        "for",
    ]
)
"""After such a word a verb is a noun: `order of`, `order id`."""


# --- descriptions -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _read_description(text: str) -> _Read:
    read = _Read()
    for place, sentence in enumerate(sentences(text)[:6]):
        row = chunks(sentence)
        if not row:
            continue
        says = bool(re.search(r"\b(?:returns?|yields?|outputs?|gives?|result|->|→)", sentence, re.IGNORECASE))
        if place == 0 or says:
            _read_sentence(row, read, whole=place == 0)
    return read


def _read_sentence(row: tuple[Chunk, ...], read: _Read, *, whole: bool) -> None:
    """Read one sentence: what stands before the verb is given to the tool, what stands after it is what it gives."""
    arrow = next((n for n, chunk in enumerate(row) if chunk.link in ("->", "=>", "→")), None)
    if arrow is not None:
        read.takes += [_without(chunk.phrase, _YIELDING | _MAPPING) for chunk in row[:arrow] if chunk.phrase]
        _read_object(row[arrow:], read)
        return
    row = _parted_at_verb(row)
    verb = next((n for n, c in enumerate(row) if stem(c.words[0]) in _YIELDING | _MAPPING), None)
    if verb is None:
        if whole:
            _read_object(row, read)
        return
    for chunk in row[:verb]:
        if chunk.link in _GIVEN:
            read.takes.append(chunk.phrase)
        else:
            read.about.update(chunk.phrase)
    first, rest = row[verb], row[verb + 1 :]
    words = first.words
    mapping = stem(words[0]) in _MAPPING
    while words and stem(words[0]) in _YIELDING | _MAPPING | {"back", "detail"}:
        words = words[1:]
    into = next((n for n, c in enumerate(rest) if c.link in ("to", "into")), None)
    if mapping and into is not None:
        source = ([Chunk((), words)] if words else []) + list(rest[:into])
        read.takes += [chunk.phrase for chunk in source if chunk.phrase]
        _read_object(rest[into:], read)
        return
    _read_object(((Chunk((), words),) if words else ()) + tuple(rest), read)


def _parted_at_verb(row: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Part `endpoint returns` before the verb, so that it begins a chunk."""
    found: list[Chunk] = []
    for chunk in row:
        at = next((n for n, word in enumerate(chunk.words) if n and word.endswith("s") and stem(word) in _YIELDING), 0)
        found += [Chunk(chunk.ties, chunk.words[:at]), Chunk((), chunk.words[at:])] if at else [chunk]
    return tuple(found)


def _read_object(row: tuple[Chunk, ...], read: _Read) -> None:  # noqa: C901
    """Read what a sentence says is given: `the name and city of a customer, by e-mail` gives two things for one."""
    gives: list[Phrase] = []
    owner: Phrase = ()
    about: set[str] = set()
    zone = "gives"
    for n, chunk in enumerate(row):
        phrase, link = chunk.phrase, chunk.link
        phrase, aside = _without_verb(chunk, asked=n == 0 and link in _ASIDE | {"what"})
        about.update(aside)
        if n and link in _GIVEN and not (link == "with" and zone == "gives"):
            zone = "takes"
        elif n and (link in _ASIDE or link in ("(", ";", ")")):
            zone = "about"
        elif n and zone == "gives" and (aside or link in _ARTICLES):
            zone = "takes"
        if not phrase:
            continue
        if zone == "takes":
            read.takes.append(phrase)
        elif zone == "about":
            about.update(phrase)
        elif link == "of" and gives:
            owner = (*phrase, *owner)
            gives[-1] = (*phrase, *gives[-1])
        elif link == "'s" and gives:
            owner = gives.pop()
            gives.append((*owner, *phrase))
        elif gives and owner:
            gives.append((*owner, *phrase))
        else:
            gives.append(phrase)
    if owner:
        # `the name and city of a customer`: what stands before `of` shares the owner.
        gives = [g if g[: len(owner)] == owner else (*owner, *g) for g in gives]
        read.owners.append(owner)
    every = {word for phrase in gives for word in phrase}
    read.gives += [(phrase, frozenset((about | every) - set(phrase))) for phrase in gives]
    read.about |= about


_ARTICLES = frozenset(["a", "an", "the"])


def _without_verb(chunk: Chunk, *, asked: bool) -> tuple[Phrase, Phrase]:
    """Set a verb at the end of a run aside: `orders placed`, `which carrier handles`."""
    words = chunk.words
    verb = len(words) > 1 and (words[-1].endswith("ed") or (asked and words[-1].endswith("s")))
    if not verb:
        return chunk.phrase, ()
    return Chunk((), words[:-1]).phrase, (stem(words[-1]),)


def _without(phrase: Phrase, dropped: frozenset[str]) -> Phrase:
    return tuple(word for word in phrase if word not in dropped)


# --- names ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _read_name(name: str) -> _Read:  # noqa: C901
    """Read `get_customer_id_by_email`, `emailToCustomerId`, `orders_list`, `shipment_of_order`."""
    words = [word for word in parts(name.replace("2", " to ") if re.search("[a-z]2[a-z]", name) else name)]
    words = [word for word in words if word not in _NOISE]
    led = False
    while len(words) > 1 and stem(words[0]) in _YIELDING | {"post", "put"}:
        words, led = words[1:], True
    while len(words) > 1 and stem(words[-1]) in _YIELDING:
        words = words[:-1]
    runs: list[tuple[str, Phrase]] = []
    link, run = "", list[str]()
    for word in [*words, ""]:
        if word and word not in FUNCTION:
            run.append(stem(word))
            continue
        if run:
            runs.append((link, tuple(run)))
            run = []
        link = word
    read = _Read()
    for n, (link, phrase) in enumerate(runs):
        if n == 0:
            read.gives.append((phrase, frozenset()))
        elif link in ("to", "into") and not led:
            read.takes += [given for given, _ in read.gives]
            read.gives = [(phrase, frozenset())]
        elif link == "of" and read.gives:
            read.gives = [((*phrase, *read.gives[-1][0]), frozenset())]
        elif link in ("and", "or"):
            (read.takes if read.takes else read.gives).append(phrase if read.takes else (phrase, frozenset()))  # type: ignore[arg-type]
        else:
            read.takes.append(phrase)
    return read


# --- parameters and output --------------------------------------------------------------------------------------------


def _needs(schema: Mapping[str, Any], told: _Read, named: _Read) -> Iterator[Need]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    required = set(schema.get("required") or ())
    alone = len(required or properties) == 1
    for name, raw in properties.items():
        each: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        if name == "confidence" and each.get("description") == "0 to 1":
            continue
        described = str(each.get("description") or each.get("title") or "")
        options = tuple(each.get("enum") or next((o["enum"] for o in _options(each) if o.get("enum")), ()))
        samples = [str(v) for v in each.get("examples") or ()] + _SAMPLE.findall(str(each.get("description") or ""))
        yield Need(
            name=name,
            phrases=_wordings(name, described, alone, told, named),
            kind=_kind(each),
            required=name in required,
            options=options,
            samples=tuple(s for s in samples if re.search(r"\d|@|-", s)),
            pattern=str(each.get("pattern") or each.get("format") or ""),
            default=each.get("default"),
            about=frozenset(terms(described)),
        )


def _wordings(name: str, described: str, alone: bool, told: _Read, named: _Read) -> tuple[Phrase, ...]:
    """Say in several ways what a parameter takes: by its name, its description, and what the tool is given."""
    own = name_terms(name)
    said = _noun(re.sub(r"\([^)]*\)", " ", described))
    found: list[Phrase] = []
    if said and not all(word in GENERIC for word in said):
        found.append(said)
    if own and not all(word in GENERIC or len(word) < 3 for word in own):
        found.append(own)
    else:
        last = own[-1] if own and own[-1] in IDENTIFIERS else ""
        given = [phrase for phrase in (*told.takes, *named.takes) if phrase]
        given = [g for g in given if alone or set(g) & set(said) or (own and g[-1][0] == own[-1][0])]
        whose = told.owners or [g for g, _ in (*named.gives, *told.gives) if g]
        whose = whose if alone and not given and not found else []
        found += [_named(phrase, last) for phrase in given]
        bare = [tuple(word for word in phrase if word not in _RECORD) for phrase in whose]
        found += [_named(phrase[-1:], last) for phrase in bare if phrase and phrase[-1] not in GENERIC]
    return tuple(dict.fromkeys(found)) or ((own,) if own else ())


def _named(phrase: Phrase, last: str) -> Phrase:
    return phrase if not last or phrase[-1] in IDENTIFIERS else (*phrase, last)


def _noun(described: str) -> Phrase:
    """Take the noun a parameter's description begins with: `The id of the customer to look up` is (customer, id)."""
    row = chunks(described.split(".")[0])
    head: Phrase = ()
    for n, chunk in enumerate(row):
        phrase = _without(chunk.phrase, _FILLERS)
        if not phrase:
            continue
        if not head:
            head = phrase
        elif chunk.link == "of":
            return (*phrase, *head)
        elif chunk.link == "'s":
            head = (*head, *phrase)
        elif n:
            break
    return head


_FILLERS = frozenset(
    stem(w)
    for w in [
        "unique",
        "exact",
        "full",
        "given",
        "valid",
        "existing",
        "string",
        "integer",
        "value",
        "look",
        "search",
        "find",
        "want",
        "string",
    ]
)


def _yields(told: _Read, named: _Read, output: Mapping[str, Any]) -> tuple[Yield, ...]:
    found: list[Yield] = [Yield(phrase) for phrase in _leaves(output)]
    for phrase, about in told.gives:
        found.append(_as_yield(phrase, about | frozenset(told.about), 1.0))
    for phrase, about in named.gives:
        if not told.gives or not any(set(phrase) <= set(g) for g, _ in told.gives):
            found.append(_as_yield(phrase, about, 0.85 if told.gives else 0.95))
    return tuple(dict.fromkeys(each for each in found if each.phrase))


def _as_yield(phrase: Phrase, about: frozenset[str], sure: float) -> Yield:
    bare = tuple(word for word in phrase if word not in _RECORD)
    return Yield(bare or phrase, about, record=len(bare) < len(phrase), sure=sure)


def _leaves(schema: Mapping[str, Any], path: Phrase = ()) -> Iterator[Phrase]:
    """List the keys an output schema names, with the keys above them."""
    for option in (schema, *_options(schema)):
        if isinstance(items := option.get("items"), Mapping):
            yield from _leaves(items, path)
        for key, inner in (option.get("properties") or {}).items():
            own = (*path, *(stem(word) for word in parts(str(key)) if word not in FUNCTION))
            deeper = list(_leaves(inner, own)) if isinstance(inner, Mapping) else []
            yield from deeper or [own]


def _options(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return [option for option in found if isinstance(option, Mapping)]


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "")
    if not kind:
        kind = next((_kind(option) for option in _options(schema) if option.get("type") != "null"), "")
    return str(kind or "")


def promises_of(tools: Iterable[Mapping[str, Any]]) -> tuple[Promise, ...]:
    """Read every tool."""
    return tuple(promise_of(tool) for tool in tools)
