"""Reads what a tool's name and description say it gives, for what, and whose that is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from surefoot.nodes.evidence.phrases import Chunk, Phrase, chunks, sentences
from surefoot.nodes.evidence.words import FUNCTION, RECORD, bag, is_participle, parts, stem, stems

YIELDING = stems(
    "return get fetch find look lookup list retrieve give provide show tell report compute calculate determine "
    "read query search output produce yield obtain identify describe check say answer supply display load locate "
    "resolve respond trace view pull grab fetches gets obtains getter is"
)
_MAPPING = stems("map convert translate resolve turn transform decode link match")
NOISE = bag("api rest http https endpoint service tool v1 v2 v3 v4 req request call func function do op")
_GIVEN = bag("for by from given using based via per with in on at to about as under")
_ASIDE = bag("that which who whom whose where when while if since after before during")
_ABOUT = bag("about on for concerning regarding")
_HELD = RECORD | stems("know hold store keep record have available")
"""`Everything we know about a member` names no thing before `about`."""
_HOLDERS = stems("dict dictionary json object tuple mapping key field column")
"""What values are given in, before them: `a dict with keys name and city`."""
_LISTING = stems("response fields keys columns result results output returned")
"""What a list of fields begins with: `Response: {id, state}`."""
_REQUEST = re.compile(r"^\W*(?:GET|POST|PUT|PATCH|DELETE)\s+/\S*\s*")
"""`GET /beds/{id}`: the path is no prose."""
_SAYS = re.compile(
    r"\b(?:returns?|yields?|outputs?|gives?|result|respon(?:ds?|se)|fields|keys|columns)\b|->|→", re.IGNORECASE
)


@dataclass(slots=True)
class Read:
    """What a text says: things given, things they are given for, and the words around."""

    gives: list[tuple[Phrase, frozenset[str]]] = field(default_factory=list)
    takes: list[Phrase] = field(default_factory=list)
    owners: list[Phrase] = field(default_factory=list)
    """Whose the given things are: mostly what the tool is asked about."""
    about: set[str] = field(default_factory=set)


# --- descriptions -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def read_description(text: str) -> Read:
    read = Read()
    prose = _REQUEST.sub("", text) or text
    for place, sentence in enumerate(sentences(prose)[:6]):
        row = chunks(sentence)
        if row and (place == 0 or _SAYS.search(sentence)):
            _read_sentence(row, read, whole=place == 0)
    return read


def _read_sentence(row: tuple[Chunk, ...], read: Read, *, whole: bool) -> None:
    """Read one sentence: what stands before the verb is given to the tool, what stands after it is what it gives."""
    arrow = next((n for n, chunk in enumerate(row) if chunk.link in ("->", "=>", "→")), None)
    if arrow is not None:
        read.takes += [without(chunk.phrase, YIELDING | _MAPPING) for chunk in row[:arrow] if chunk.phrase]
        _read_object(row[arrow:], read)
        return
    row = _parted_at_verb(row)
    verb = next((n for n, c in enumerate(row) if stem(c.words[0]) in YIELDING | _MAPPING), None)
    if verb is None:
        listing = stem(row[0].words[0]) in _LISTING
        if whole or listing:
            _read_object(_without_first(row) if listing else row, read)
        return
    for chunk in row[:verb]:
        if chunk.link in _GIVEN:
            read.takes.append(chunk.phrase)
        else:
            read.about.update(chunk.phrase)
    first, rest = row[verb], row[verb + 1 :]
    words = first.words
    mapping = stem(words[0]) in _MAPPING
    while words and stem(words[0]) in YIELDING | _MAPPING | {"back", "detail"}:
        words = words[1:]
    into = next((n for n, c in enumerate(rest) if c.link in ("to", "into")), None)
    if mapping and into is not None:
        source = ([Chunk((), words)] if words else []) + list(rest[:into])
        read.takes += [chunk.phrase for chunk in source if chunk.phrase]
        _read_object(rest[into:], read)
        return
    _read_object(((Chunk((), words),) if words else ()) + tuple(rest), read)


def _without_first(row: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    return (*((Chunk((), row[0].words[1:]),) if row[0].words[1:] else ()), *row[1:])


def _parted_at_verb(row: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Part `endpoint returns` before the verb, so that it begins a chunk."""
    found: list[Chunk] = []
    for chunk in row:
        at = next((n for n, word in enumerate(chunk.words) if n and word.endswith("s") and stem(word) in YIELDING), 0)
        found += [Chunk(chunk.ties, chunk.words[:at]), Chunk((), chunk.words[at:])] if at else [chunk]
    return tuple(found)


def _read_object(row: tuple[Chunk, ...], read: Read) -> None:
    """Read what a sentence says is given: `the name and city of a customer, by e-mail` gives two things for one."""
    gives: list[Phrase] = []
    fields: list[Phrase] = []
    owner: Phrase = ()
    about: set[str] = set()
    zone = "takes" if row and row[0].link == "given" else "gives"
    for n, chunk in enumerate(row):
        begins = n == 0 or (zone == "takes" and not gives and "," in chunk.ties)
        phrase, verb = _without_verb(chunk, asked=begins and chunk.link in _ASIDE | {"what"})
        about.update(verb)
        zone = "gives" if begins and n else _zone(zone, chunk, bool(verb)) if n else zone
        if not phrase:
            continue
        if zone == "fields":
            fields.append(phrase)
        elif n and chunk.link in _ABOUT and gives and all(word in _HELD for each in gives for word in each):
            gives, zone = [(*phrase, "record")], "takes"
            read.takes.append(phrase)
        elif zone == "takes":
            read.takes.append(phrase)
        elif zone == "about":
            about.update(phrase)
        else:
            owner = _joined(gives, owner, phrase, chunk.link)
    if owner:
        # `the name and city of a customer`: what stands before `of` shares the owner.
        gives = [g if g[: len(owner)] == owner else (*owner, *g) for g in gives]
        read.owners.append(owner)
    gives += [(*gives[0][-1:], *each) for each in fields if gives and any(word.isalpha() for word in each)]
    gives = [held for phrase in gives if (held := _out_of_holder(phrase))]
    every = {word for phrase in gives for word in phrase}
    read.gives += [(phrase, frozenset((about | every) - set(phrase))) for phrase in gives]
    read.about |= about


def _out_of_holder(phrase: Phrase) -> Phrase:
    while phrase and phrase[0] in _HOLDERS:
        phrase = phrase[1:]
    return phrase


def _zone(zone: str, chunk: Chunk, verb: bool) -> str:
    """Say what a chunk tells by what ties it to the one before: what is given, for what, or what surrounds it.

    What stands in brackets after what is given are its fields: `the tariff (unit rate and standing charge)`.
    """
    link = chunk.link
    if "(" in chunk.ties and chunk.ties[-1] == "(":
        return "fields" if zone in ("gives", "fields") else "about"
    if zone == "fields" and ")" not in chunk.ties:
        return "fields" if link in (",", "and", "or") else "about"
    if zone == "fields":
        zone = "gives"
    if link in _GIVEN and not (link == "with" and zone == "gives"):
        return "takes"
    if link in _ASIDE or link in ("(", ";", ")"):
        return "about"
    return "takes" if zone == "gives" and (verb or link in _ARTICLES) else zone


def _joined(gives: list[Phrase], owner: Phrase, phrase: Phrase, link: str) -> Phrase:
    """Add a phrase to what is given, under its owner where it has one; returns whose the following ones are."""
    if link == "of" and gives:
        gives.append((*phrase, *gives.pop()))
        return (*phrase, *owner)
    if link == "'s" and gives:
        owner = gives.pop()
    gives.append((*owner, *phrase))
    return owner


_ARTICLES = frozenset(["a", "an", "the"])


def _without_verb(chunk: Chunk, *, asked: bool) -> tuple[Phrase, Phrase]:
    """Set a verb at the end of a run aside: `orders placed`, `which carrier handles`."""
    words = chunk.words
    last = words[-1] if len(words) > 1 else ""
    if not (is_participle(last) or (asked and last.endswith("s"))):
        return chunk.phrase, ()
    return Chunk((), words[:-1]).phrase, (stem(last),)


def without(phrase: Phrase, dropped: frozenset[str]) -> Phrase:
    return tuple(word for word in phrase if word not in dropped)


# --- names ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def read_name(name: str) -> Read:
    """Read `get_customer_id_by_email`, `emailToCustomerId`, `orders_list`, `shipment_of_order`."""
    words = [word for word in parts(name.replace("2", " to ") if re.search("[a-z]2[a-z]", name) else name)]
    words = [word for word in words if word not in NOISE]
    led = False
    while len(words) > 1 and stem(words[0]) in YIELDING | {"post", "put"}:
        words, led = words[1:], True
    while len(words) > 1 and stem(words[-1]) in YIELDING:
        words = words[:-1]
    read = Read()
    for link, phrase in _runs(words):
        if not read.gives and not read.takes:
            read.gives.append((phrase, frozenset()))
        elif link in ("to", "into") and not led:
            read.takes += [given for given, _ in read.gives]
            read.gives = [(phrase, frozenset())]
        elif link == "of" and read.gives:
            read.gives = [((*phrase, *read.gives[-1][0]), frozenset())]
        elif link in ("and", "or") and not read.takes:
            read.gives.append((phrase, frozenset()))
        else:
            read.takes.append(phrase)
    return read


def _runs(words: Sequence[str]) -> Iterator[tuple[str, Phrase]]:
    """Part the words of a name where a function word ties two: the word, and the stems after it."""
    link, run = "", list[str]()
    for word in words:
        if word not in FUNCTION:
            run.append(stem(word))
            continue
        if run:
            yield link, tuple(run)
        link, run = word, []
    if run:
        yield link, tuple(run)
