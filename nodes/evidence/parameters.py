"""Reads what a tool's parameters are to be given, from their schema and from what its description says of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.nodes.evidence.descriptions import Read, without
from surefoot.nodes.evidence.phrases import Phrase, chunks
from surefoot.nodes.evidence.words import IDENTIFIERS, RECORD, name_terms, stems, terms

GENERIC = (
    stems(
        "value input query q arg argument param parameter x s n text item object entity term keyword search lookup "
        "what subject target string data element name title"
    )
    | IDENTIFIERS
)
"""Parameter names that say nothing about whose value they take."""
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


# --- parameters and output --------------------------------------------------------------------------------------------


def needs_of(schema: Mapping[str, Any], told: Read, named: Read) -> Iterator[Need]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    required = set(schema.get("required") or ())
    alone = len(required or properties) == 1
    for name, raw in properties.items():
        each: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        if name == "confidence" and each.get("description") == "0 to 1":
            continue
        described = str(each.get("description") or each.get("title") or "")
        options = tuple(each.get("enum") or next((o["enum"] for o in options_of(each) if o.get("enum")), ()))
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


def _wordings(name: str, described: str, alone: bool, told: Read, named: Read) -> tuple[Phrase, ...]:
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
        bare = [tuple(word for word in phrase if word not in RECORD) for phrase in whose]
        found += [_named(phrase[-1:], last) for phrase in bare if phrase and phrase[-1] not in GENERIC]
    return tuple(dict.fromkeys(found)) or ((own,) if own else ())


def _named(phrase: Phrase, last: str) -> Phrase:
    return phrase if not last or phrase[-1] in IDENTIFIERS else (*phrase, last)


def _noun(described: str) -> Phrase:
    """Take the noun a parameter's description begins with: `The id of the customer to look up` is (customer, id)."""
    row = chunks(described.split(".")[0])
    head: Phrase = ()
    for n, chunk in enumerate(row):
        phrase = without(chunk.phrase, _FILLERS)
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


_FILLERS = stems("unique exact full given valid existing string integer value look search find want")


def options_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return [option for option in found if isinstance(option, Mapping)]


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "")
    if not kind:
        kind = next((_kind(option) for option in options_of(schema) if option.get("type") != "null"), "")
    return str(kind or "")
