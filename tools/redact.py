"""Takes secrets out of text: values that are known, however they are written, and text that has the shape of a key.

A known value leaves the mark `[secret NAME]`, a shape `[secret key]`, `[secret token]`, `[secret password]` or
`[secret private-key]`. A mark is never turned back into what it stands for.

Known values are found as they are and as JSON, Python, HTML, URLs, hex and base64 write them, base64 also in the middle
of something longer. One that is shorter than `MIN_CHARS` cannot be told from ordinary text and stays.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["MARK", "MIN_CHARS", "Redactor", "says_secret"]

Json = Any
"""str | int | float | bool | None | list[Json] | dict[str, Json]."""

MIN_CHARS = 8
"""A shorter value is not looked for."""
MARK = re.compile(r"\[secret [A-Za-z_][\w-]*\]")
"""What stands where something was taken out."""
_SECRET_NAME = re.compile(
    r"(?:(?:API|ACCESS|SECRET|PRIVATE)[-_]?KEY|TOKEN|SECRET|AUTHORIZATION)$|PASSW(?:OR)?D(?!.*[-_](?:FILE|PATH|DIR)$)",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def says_secret(name: str) -> bool:
    """Tell whether the name of a variable, an option or a header says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None


class Redactor:
    """Takes out the values of `known` (name -> value) and, with `shapes`, what looks like a key whoever it belongs to."""

    def __init__(self, known: Mapping[str, str] | None = None, *, shapes: bool = True) -> None:
        self.known = {name: value.strip() for name, value in (known or {}).items() if len(value.strip()) >= MIN_CHARS}
        marks = {form: f"[secret {name}]" for name, value in reversed(self.known.items()) for form in _forms(value)}
        # The longest first: a value may be part of another one.
        self._marks = sorted(marks.items(), key=lambda item: -len(item[0]))
        self._bytes = [form.encode("utf-8", "surrogatepass") for form in marks]
        # What no way of writing changes, however often it is applied: JSON may hold a text that holds JSON.
        self._cores = {max(re.findall(r"[A-Za-z0-9]+", form), key=len, default="") for form in marks}
        self._shapes = _SHAPES if shapes else ()

    @cached_property
    def exact(self) -> "Redactor":
        """The same without shapes: for text that is to stay as it is unless it holds a known value."""
        return Redactor(self.known, shapes=False) if self._shapes else self

    def knowing(self, more: Mapping[str, str]) -> "Redactor":
        """The same with further values; a name that is known already keeps its value."""
        return Redactor({**more, **self.known}, shapes=bool(self._shapes))

    def text(self, text: str) -> str:
        """Return the text without secrets; the very same object where it has none."""
        for form, mark in self._marks:
            if form in text:
                text = text.replace(form, mark)
        for shape in self._in_question(text):
            text = shape.pattern.sub(shape.marked, text)
        return text

    def settled(self, text: str) -> str:
        """Return the beginning of a text that is still being written, without secrets, up to where one may begin."""
        text = self.exact.text(text)
        longest = max((len(form) for form, _ in self._marks), default=1)
        starts = range(max(0, len(text) - longest + 1), len(text))
        end = next((n for n in starts if any(form.startswith(text[n:]) for form, _ in self._marks)), len(text))
        return text[:end]

    def data(self, value: Json) -> Json:
        """Return plain JSON data without secrets; mostly the very same object where it has none."""
        if isinstance(value, str):
            return self.text(value)
        # Most data holds none, and one search of all of it is quicker than one for each text in it.
        whole = json.dumps(value, ensure_ascii=False, default=str)
        suspect = any(map(whole.__contains__, self._cores)) or any(self._in_question(whole))
        return self._inside(value) if suspect else value

    def _in_question(self, text: str) -> Iterator["_Shape"]:
        """The shapes a text may hold; mostly none, which is soon told."""
        if not any(map(text.__contains__, _ANCHORS)):
            return iter(())
        return (shape for shape in self._shapes if shape.in_question(text))

    def finds(self, data: bytes) -> bool:
        """Tell whether written data (UTF-8, MessagePack, a database file) holds a known value."""
        return any(form in data for form in self._bytes)

    def _inside(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self._inside(key): self._inside(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._inside(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = str(value)
            return value if self.text(written) == written else self.text(written)
        return value


def _forms(value: str) -> set[str]:
    """All the ways a value is looked for."""
    data = value.encode("utf-8", "surrogatepass")
    forms = {value, repr(value)[1:-1], html.escape(value), json.dumps(value)[1:-1]}
    for quoted in (quote(data), quote(data, safe=""), quote_plus(data)):
        forms |= {quoted, re.sub(r"%..", lambda match: match[0].lower(), quoted)}
    forms |= {data.hex(), data.hex().upper(), *_base64_forms(data)}
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    return forms


def _base64_forms(data: bytes) -> set[str]:
    """What base64 makes of the data at each of the three places it can have in a longer text."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode("ascii")
        whole = encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of text that is a secret whoever it belongs to; its first group is what is taken out."""

    kind: str
    anchors: tuple[str, ...]
    """One of these is in every match: looking for them is what keeps the search quick."""
    pattern: re.Pattern[str]
    judge: Callable[["re.Match[str]"], bool]

    def in_question(self, text: str) -> bool:
        """Tell whether a text may hold one; it may also be a false alarm."""
        return any(anchor in text for anchor in self.anchors) and self.pattern.search(text) is not None

    def marked(self, match: "re.Match[str]") -> str:
        """Put the mark in place of a match that is really meant."""
        if not self.judge(match):
            return match[0]
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return f"{match[0][:start]}[secret {self.kind}]{match[0][end:]}"


def _stands_alone(match: "re.Match[str]") -> bool:
    before = match.string[max(0, match.start() - 2) : match.start()]
    return not re.search(r"[\w-]\Z", before) or before in (r"\n", r"\r", r"\t")  # as JSON writes line ends


def _begins_word(match: "re.Match[str]") -> bool:
    return not match.string[max(0, match.start() - 1) : match.start()].isalnum()


def _is_key(match: "re.Match[str]") -> bool:
    return _stands_alone(match) and bool(re.search(r"[A-Za-z0-9_]{16}", match[1])) and _is_random(match)


def _is_random(match: "re.Match[str]") -> bool:
    """Tell a token from words put together: it has digits and letters."""
    return bool(re.search(r"\d", match[1]) and re.search(r"[A-Za-z]", match[1]))


def _is_credentials(match: "re.Match[str]") -> bool:
    try:
        return b":" in base64.b64decode(match[1], validate=True)
    except ValueError:
        return False


def _is_password(match: "re.Match[str]") -> bool:
    """Tell a password from what examples write in its place."""
    user, password = match.string[match.start() + 3 : match.start(1) - 1], match[1]
    return password not in (user, user.upper()) and not _EXAMPLE.fullmatch(password) and password[0] not in "${*%("


_EXAMPLE = re.compile(
    r"(?:(?:your|my|the|some|db|user)[-_]?)?(?:password|passwd|pass|pwd|secret|token|api[-_]?key|key|pw)"
    r"|change[-_]?me|example|test|x{3,}|\.{3,}",
    re.IGNORECASE,
)
_END = r"PRIVATE KEY(?: BLOCK)?-----"
_SHAPES = (
    _Shape(
        "private-key",
        ("PRIVATE KEY",),
        # The end may be missing: results are cut.
        re.compile(
            rf"(-----BEGIN [A-Z ]{{0,30}}{_END}(?:[\w+/=\s\\:,.]|-(?!----))*(?:-----END [A-Z ]{{0,30}}{_END})?)"
        ),
        lambda match: bool(re.search(r"[A-Za-z0-9+/]{40}", match[1])),
    ),
    _Shape("key", ("sk-",), re.compile(r"(sk-[\w-]{20,250})"), _is_key),
    _Shape(
        "key",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gsk_", "xai-", "hf_", "k_live_", "k_test_"),
        re.compile(
            r"((?:gh[pousr]_|gsk_|hf_|xai-)[A-Za-z0-9]{30,255}|github_pat_\w{50,255}|glpat-[\w-]{20,255}"
            r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,255})"
        ),
        _is_key,
    ),
    _Shape("key", ("xox", "xapp-"), re.compile(r"((?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,255})"), _is_random),
    _Shape("key", ("AKIA", "ASIA"), re.compile(r"(A(?:KIA|SIA)[A-Z2-7]{16})(?<!EXAMPLE)(?!\w)"), _stands_alone),
    _Shape("key", ("AIza",), re.compile(r"(AIza[\w-]{35})(?![\w-])"), _is_key),
    _Shape("token", ("earer ",), re.compile(r"[Bb]earer {1,5}([\w.~+/=-]{16,4000})"), _is_random),
    _Shape("password", ("asic ",), re.compile(r"[Bb]asic {1,5}([A-Za-z0-9+/]{8,500}={0,2})"), _is_credentials),
    _Shape(
        "token",
        ("uthorization",),
        re.compile(
            r"[Aa]uthorization[\"']?\s{0,3}:\s{0,3}[\"']?(?:[A-Za-z]{1,20} {1,5})?([\w.~+/=-]{16,4000})(?![\w(])"
        ),
        lambda match: _begins_word(match) and _is_random(match),
    ),
    _Shape("password", ("://",), re.compile(r"://[^\s/:@\"'<>[\]{}]{0,200}:([^\s/@\"'<>[\]]{1,200})@"), _is_password),
)
_ANCHORS = tuple(anchor for shape in _SHAPES for anchor in shape.anchors)
