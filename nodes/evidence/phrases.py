"""Takes prose apart: noun phrases with the word that ties each to what stands before, and the literals among them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal as OneOf

from surefoot.nodes.evidence.words import FUNCTION, bag, parts, stem

__all__ = [
    "ATOM",
    "WEAK",
    "Chunk",
    "Kind",
    "Literal",
    "Phrase",
    "chunks",
    "find_literals",
    "form",
    "sentences",
    "shape",
]

Phrase = tuple[str, ...]
"""Stems, the head last: ("customer", "id")."""
ATOM = "[\ue000-\uf8ff]"
"""Stands for one literal in a masked text."""

Kind = OneOf["email", "url", "date", "id", "number", "quote", "name"]

_LITERALS: tuple[tuple[Kind, str], ...] = (
    ("quote", r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\w)['‘]([^'’\n]+)['’](?!\w)"),
    ("url", r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]"),
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("date", r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?(?:Z|[+-]\d\d:\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{4}"),
    ("id", r"(?<![\w.-])(?!(?:USD|EUR|GBP|CHF|JPY|NOK|SEK|DKK|PLN)\b)[A-Z]{2,3} \d{3,}(?![\w.,-]*\d)(?!\w)"),
    (
        "id",
        r"(?<![\w.-])(?!\d+(?:st|nd|rd|th)\b)#?(?=[\w./:-]*\d)(?=[\w./:-]*[A-Za-z_])[A-Za-z0-9_]+(?:[-./:][A-Za-z0-9_]+)*",
    ),
    ("id", r"(?<![\w.])#\d+|(?<![\w.-])\d+(?:-\d+)+|(?<![\w.])(?:0\d+|\d{7,})(?![\w.])"),
    ("number", r"(?<![\w.])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.])-?\d+(?:\.\d+)?(?!\w)"),
)
_NAME = re.compile(
    r"(?<![\w'’])[A-ZÀ-ÖØ-Þ][\w'’-]*(?:\s+(?:(?:de|da|van|von|der|den|la|le|du|del|di|al|bin|of the|of)\s+)?[A-ZÀ-ÖØ-Þ][\w'’-]*)*"
)
_TOKEN = re.compile(rf"{ATOM}|[^\W_]+(?:['’][^\W\d_]+)?|->|=>|→|[,;:()]")
_EMAIL_LIKE = re.compile(r"\b([A-Za-z])-(?=[A-Za-z]{3})")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!\bincl\.)(?<!\be\.g\.)(?<!\bi\.e\.)\s+(?=\S)|\n+\s*(?:[-*•]\s+)?")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in a text."""

    kind: Kind
    text: str
    at: int
    """Number of its atom."""
    label: Phrase = ()
    """Stems of the nouns right before it, or after: what the text calls it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of words that carry concepts, and what ties it to the one before."""

    ties: tuple[str, ...]
    """The function words and signs before it, in order: (what, is, the)."""
    words: tuple[str, ...]
    """Lower-case words; atoms stand as they are."""

    @property
    def link(self) -> str:
        """The tie that counts: the last that is no determiner (of, for, and, which ...); empty where there is none."""
        strong = [tie for tie in self.ties if tie not in WEAK]
        return strong[-1] if strong else self.ties[-1] if self.ties else ""

    @property
    def phrase(self) -> Phrase:
        return tuple(stem(word) for word in self.words if not re.match(ATOM, word))


def sentences(text: str) -> list[str]:
    """Split a text into sentences and lines."""
    return [piece.strip() for piece in _SENTENCE.split(text) if piece and piece.strip()]


@lru_cache(maxsize=16384)
def chunks(sentence: str) -> tuple[Chunk, ...]:
    """Split a sentence into runs of content words; identifiers come apart, `the customer's id` is `customer` of `id`."""
    found: list[Chunk] = []
    ties, run = list[str](), list[str]()

    def close(tie: str) -> None:
        nonlocal ties, run
        if run:
            found.append(Chunk(tuple(ties), tuple(run)))
            ties, run = [], []
        ties += [tie] if tie else []

    for token in _tokens(sentence):
        if token == "'s" or token in FUNCTION or not (token[0].isalnum() or re.match(ATOM, token)):
            close(token)
        elif "'" in token or "’" in token:
            owner, _, ending = re.sub("’", "'", token).partition("'")
            if owner in FUNCTION:
                close(owner)
            else:
                run.append(owner)
                close("'s" if ending in ("s", "") else "")
        else:
            run.append(token)
    close("")
    return tuple(found)


WEAK = bag("a an the its their his her your all each every any some this these those")
"""Determiners: they part two runs but tie nothing."""


def _tokens(sentence: str) -> Iterator[str]:
    for token in _TOKEN.findall(_EMAIL_LIKE.sub(r"\1", sentence.replace("_", " "))):
        if token[0].isalnum() and token != "s" and "'" not in token and "’" not in token:
            yield from parts(token) or (token.lower(),)
        else:
            yield "'s" if token == "s" else token.lower()


def find_literals(text: str, known: frozenset[str] = frozenset()) -> tuple[str, list[Literal]]:
    """Put an atom in place of every literal; returns the masked text and the literals, in order of their atoms.

    `known` are stems that are no proper names, even where they are written with a capital.
    """
    found: list[Literal] = []

    def put(kind: Kind, value: str) -> str:
        found.append(Literal(kind, value, len(found)))
        return f" {chr(0xE000 + len(found) - 1)} "

    text = re.sub(ATOM, "", text)
    for kind, pattern in _LITERALS:
        text = re.sub(pattern, lambda m, k=kind: put(k, next((g for g in m.groups() if g), m[0])), text)  # type: ignore[misc]
    text = _NAME.sub(lambda m: _named(m, text, known, put), text)
    return text, _labelled(text, found)


def _named(match: re.Match[str], text: str, known: frozenset[str], put: object) -> str:
    """Mask a run of capitalised words, less what begins a sentence or is a word of the tools."""
    words = match[0].split(" ")
    before = text[: match.start()].rstrip()
    begins = not before or before[-1] in ".!?:\n"
    skipped = 0
    while words and (
        words[0].lower() in FUNCTION
        or all(stem(word) in known for word in words)
        or (begins and skipped == 0 and (stem(words[0]) in known or len(words) == 1 or words[0].lower() in _OPENERS))
    ):
        words.pop(0)
        skipped += 1
        if not begins:
            continue
    if not words or (len(words) == 1 and len(words[0]) == 1):
        return match[0]
    possessive = re.search(r"['’]s$", words[-1])
    bare = " ".join(words)[: -2 if possessive else None]
    head = " ".join(match[0].split(" ")[:skipped])
    return f"{head}{put('name', bare)}{possessive[0] if possessive else ''}"  # type: ignore[operator]


_OPENERS = bag(
    "find get give tell show fetch look report determine return list name say check compute calculate retrieve "
    "identify work need want search count add sum see provide state"
)
"""Words that begin a request; with a capital they are no names."""


def _labelled(masked: str, found: list[Literal]) -> list[Literal]:
    labels: dict[int, Phrase] = {}
    for sentence in sentences(masked):
        row = chunks(sentence)
        for n, chunk in enumerate(row):
            for place, word in enumerate(chunk.words):
                if not re.match(ATOM, word):
                    continue
                before = _until_atom(chunk.words[:place][::-1])[::-1]
                if not before and n and chunk.link in ("'s", "", "is", "whose", "are", ":", "(", *WEAK):
                    before = _until_atom(row[n - 1].words[::-1])[::-1]
                at = ord(word) - 0xE000
                aside = (
                    row[n + 1]
                    if n + 1 < len(row) and "(" in row[n + 1].ties[:1] and place == len(chunk.words) - 1
                    else None
                )
                if aside and len(aside.words) <= 3 and not any(re.match(ATOM, w) for w in aside.words):
                    before = (*before, *aside.words)
                after = _until_atom(chunk.words[place + 1 :]) if found[at].kind in ("id", "quote", "name") else ()
                labels[at] = tuple(stem(w) for w in (before[-2:] or after[:2]))
    return [Literal(each.kind, each.text, each.at, labels.get(each.at, ())) for each in found]


def _until_atom(words: tuple[str, ...]) -> tuple[str, ...]:
    end = next((n for n, word in enumerate(words) if re.match(ATOM, word)), len(words))
    return words[:end]


@lru_cache(maxsize=16384)
def shape(text: str) -> str:
    """Write the form of a value: `C-104` is `C-9`, `ann@example.com` is an e-mail, a text of several words is text."""
    if re.fullmatch(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text):
        return "email"
    if re.fullmatch(r"https?://\S+", text):
        return "url"
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return "date"
    if re.fullmatch(r"[+(]?[\d\s().-]{7,}", text) and text[:1] in "+(":
        return "phone"
    if prefixed := re.fullmatch(r"([A-Za-z]{1,6}[-_#:/ ]?)\d+", text):
        return f"{prefixed[1]}9"
    if len(text) > 60 or len(text.split()) > 1:
        return "text"
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "9", text)))


def form(text: str) -> str:
    """Write the form of a value whose letters may be any: `PL 4264` and `KN 6478` have the same."""
    found = shape(text)
    return found if found in ("email", "url", "date", "phone", "text") else re.sub("[A-Za-z]+", "A", found)
