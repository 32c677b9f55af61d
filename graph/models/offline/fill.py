"""Fills a tool's arguments from the words of a clause, its schema and what is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.words import FILLER, alike, bag, best, content, number
from surefoot.graph.models.offline.world import Tool, World
from surefoot.nodes.evidence.words import parts, stem

_CODES = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "yen": "JPY", "franc": "CHF", "rupee": "INR", "yuan": "CNY"}
_FREE = bag(
    "query text question message prompt topic body content q keyword keywords term search subject title name "
    "note description input sentence phrase"
)
_PLACES = bag("city location place town country region address where")
_BEFORE = {
    "in": "place",
    "at": "place",
    "from": "from",
    "to": "to",
    "into": "to",
    "for": "for",
    "of": "of",
    "by": "by",
    "with": "with",
    "on": "date",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something in a clause that could be an argument: its kind, and the words around it."""

    kind: str
    value: Any
    at: int
    before: str = ""
    after: str = ""


def fill(tool: Tool, clause: Clause, world: World) -> tuple[dict[str, Any], list[str]]:
    """Choose a tool's arguments; returns them and the names of required ones that could not be filled."""
    found = candidates(clause)
    args: dict[str, Any] = {}
    wishes = []
    for order, (name, schema) in enumerate(tool.properties.items()):
        if name == "confidence":
            continue
        for candidate in found:
            rating = _rate(name, schema, candidate, name in tool.required)
            if rating > 0:
                wishes.append((rating, -order - candidate.at / 1000, name, candidate))
    taken: set[int] = set()
    for _, _, name, candidate in sorted(wishes, key=lambda wish: wish[:2], reverse=True):
        if name not in args and id(candidate) not in taken:
            args[name] = _typed(candidate.value, tool.properties[name])
            taken.add(id(candidate))
    for name, schema in tool.properties.items():
        if name not in args and name != "confidence":
            value = _otherwise(name, schema, clause, tool, world, name in tool.required)
            if value is not None:
                args[name] = value
    return args, [name for name in tool.required if name not in args and name != "confidence"]


def candidates(clause: Clause) -> list[Candidate]:
    """List what in a clause could be an argument, in order."""
    pattern = rf"{ATOM}|\d{{4}}-\d\d-\d\d|-?\d+(?:[.,]\d+)*|[A-Za-z]*[-_#]?\w*\d[\w-]*|[^\W\d_](?:[\w'’-]*\w)?"
    words = [(match[0], match.start()) for match in re.finditer(pattern, clause.masked)]
    found: list[Candidate] = []
    index = 0
    while index < len(words):
        at = words[index][1]
        before = words[index - 1][0].lower() if index else ""
        if before in ("the", "a", "an", "is") and index > 1:
            before = words[index - 2][0].lower()
        candidate, index = _candidate(words, index, before, at, clause)
        if candidate:
            found.append(candidate)
    return found


def _candidate(
    words: list[tuple[str, int]], index: int, before: str, at: int, clause: Clause
) -> tuple[Candidate | None, int]:
    word = words[index][0]
    after = words[index + 1][0].lower() if index + 1 < len(words) else ""
    if re.fullmatch(ATOM, word):
        atom = clause.atoms[ord(word) - 0xE000]
        return Candidate(atom.kind, atom.value, at, before, after), index + 1
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return Candidate("date", word, at, before, after), index + 1
    if number(word) is not None:
        return Candidate("number", number(word), at, before, after), index + 1
    if re.search(r"\d", word):
        return Candidate("id", word.lstrip("#"), at, before, after), index + 1
    if stem(word) in _CODES:
        return Candidate("code", _CODES[stem(word)], at, before, after), index + 1
    if re.fullmatch(r"[A-Z]{2,4}", word):
        return Candidate("code", word, at, before, after), index + 1
    if word[0].isupper() and index > 0 and word.lower() not in FILLER:
        end = index + 1
        while end < len(words) and words[end][0][0].isupper() and len(words[end][0]) > 1:
            end += 1
        following = words[end][0].lower() if end < len(words) else ""
        return Candidate("name", " ".join(w for w, _ in words[index:end]), at, before, following), end
    if before in _BEFORE and word.lower() not in FILLER:
        return Candidate("word", word, at, before, after), index + 1
    return None, index + 1


def _rate(name: str, schema: Mapping[str, Any], candidate: Candidate, required: bool) -> float:
    kind, words = _type(schema), parts(name)
    hint = max(best(candidate.before, words), best(candidate.after, words)) * 2
    if isinstance(schema.get("enum"), list):
        return 5.0 if any(str(option).lower() == str(candidate.value).lower() for option in schema["enum"]) else 0.0
    if schema.get("pattern") and not re.search(str(schema["pattern"]), str(candidate.value)):
        return 0.0
    if kind in ("integer", "number"):
        whole = candidate.kind == "number" and (kind == "number" or float(candidate.value).is_integer())
        return (hint + (1.0 if required else 0.0)) if whole else 0.0
    if kind not in ("string", "") or (
        candidate.kind == "number" and not hint and not {"id", "number", "no"} & set(words)
    ):
        return 0.0
    return _rate_text(words, candidate, required, hint)


def _rate_text(words: tuple[str, ...], candidate: Candidate, required: bool, hint: float) -> float:
    role = _BEFORE.get(candidate.before, "")
    wanted = {
        "email": {"email", "mail", "to", "recipient", "address", "cc", "sender"}, "url": {"url", "link", "page", "address", "uri", "website"},
        "path": {"path", "file", "filename", "source", "document"}, "code": {"currency", "code", "symbol", "ticker", "language", "unit"},
        "date": {"date", "day", "when", "start", "end", "since", "until"}, "id": {"id", "number", "code", "order", "ref", "reference", "key", "sku", "no"},
        "quote": _FREE, "name": _PLACES | {"name", "person", "customer", "company", "product", "language", "user", "author", "to", "recipient"},
        "word": _PLACES | {"name", "product", "language", "to", "from", "item", "category", "color", "user"}, "number": {"id", "number", "no"},
    }.get(candidate.kind, set())  # fmt: skip
    fits = 1.5 if wanted & set(words) else 0.0
    if candidate.kind in ("email", "url", "path", "date") and not fits:
        return 0.0
    if role and (role in words or (role == "place" and _PLACES & set(words))):
        fits += 1.5
    elif role in ("from", "to") and {"from", "to"} & set(words):
        fits -= 1.0
    if {"from", "source", "base"} & set(words) and candidate.before and number(candidate.before) is not None:
        fits += 1.0
    if candidate.kind in ("name", "word") and {"id", "number", "no", "code", "key"} & set(words):
        return 0.0
    plain = 0.4 if required and candidate.kind in ("name", "code", "id", "quote") else 0.0
    return fits + hint + plain if fits + hint > 0 or plain else 0.0


def _otherwise(name: str, schema: Mapping[str, Any], clause: Clause, tool: Tool, world: World, required: bool) -> Any:
    words, kind = parts(name), _type(schema)
    for option in schema.get("enum") or ():
        if any(alike(word, str(option)) >= 0.9 for word in clause.words):
            return option
    if kind == "boolean":
        return True if all(best(part, clause.words) >= 0.9 for part in words) else (False if required else None)
    if not required:
        return None
    known = from_results(name, schema, world)
    if known is not None:
        return known
    if kind == "array":
        return _several(schema, clause)
    if kind in ("string", "") and _FREE & set(words):
        return _free_text(name, clause, tool, world)
    return None


def _several(schema: Mapping[str, Any], clause: Clause) -> list[Any] | None:
    inner = _type(schema.get("items") or {})
    found = candidates(clause)
    values = [c.value for c in found if (c.kind == "number") == (inner in ("number", "integer"))]
    return [_typed(value, schema.get("items") or {}) for value in values] or None


def from_results(name: str, schema: Mapping[str, Any], world: World) -> Any:
    """Look an argument up in earlier results: `name: value` lines, or a lone number for a number."""
    for text in reversed(list(world.known.values())):
        for key, value in re.findall(r"^\s*([\w ]+?)\s*[:=]\s*(.+?)\s*$", text, re.MULTILINE):
            if parts(key) == parts(name):
                return _typed(value, schema)
        if {"text", "body", "content", "message"} & set(parts(name)):
            return "\n\n".join(world.known.values())
        if _type(schema) in ("number", "integer"):
            found = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w-])", text)
            if found:
                return _typed(found[-1], schema)
    return None


def _free_text(name: str, clause: Clause, tool: Tool, world: World) -> str | None:
    after = re.search(r"\b(?:about|for|that|saying|on|of|:)\s+(.+)$", clause.text)
    if after:
        return after[1].strip(" ?.")
    rest = [word for word in content(clause.plain) if best(word, parts(tool.name)) < 0.8]
    return " ".join(rest) or None


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "")
    if not kind and isinstance(schema.get("anyOf"), list):
        return next((_type(option) for option in schema["anyOf"] if option.get("type") != "null"), "")
    return str(kind or "")


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = _type(schema)
    if kind in ("integer", "number"):
        read = number(str(value)) if not isinstance(value, float) else value
        return value if read is None else int(read) if read.is_integer() else read
    if kind == "string" and isinstance(value, float):
        return f"{value:.15g}"
    return value
