"""Keeps quoted text, file names, addresses and code whole while a sentence is taken apart.

`protect` puts one private-use character in place of each; `restore` puts the text back.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ATOM = "[\ue000-\uf8ff]"
"""Matches one protected piece in a masked text."""

Kind = Literal["url", "email", "code", "quote", "path", "suffix"]

_QUOTES = r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|(?<!\w)['‘]([^'’\n]+)['’](?!\w)"
_URL = r"https?://[^\s<>\"'\ue000-\uf8ff]*[^\s<>\"'.,;:!?)\]\ue000-\uf8ff]"
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PATH = r"(?<![\w/\ue000-\uf8ff])(?:\.{0,2}/)?[\w*?@+~-][\w.*?@+~-]*(?:/[\w.*?@+~-]+)*/?"
_SUFFIX = r"(?<![\w.])\*?\.([A-Za-z]\w{0,7})\b(?!/)"
_NO_PATH = re.compile(r"and/or|e\.g|i\.e|etc|[A-Z]\.[A-Z]|n/a|[\d./]+|km/h|\w/\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Atom:
    """One protected piece: what it is, what it says, and how it stood in the text."""

    kind: Kind
    value: str
    raw: str

    @property
    def quoted(self) -> bool:
        """Whether it stood in quotes or backticks."""
        return self.raw[:1] in "\"'`“‘«"


class _Masker:
    def __init__(self, known: Iterable[str]) -> None:
        self.atoms: list[Atom] = []
        self.known = frozenset(known)

    def put(self, kind: Kind, value: str, raw: str) -> str:
        self.atoms.append(Atom(kind, value, raw))
        return chr(0xE000 + len(self.atoms) - 1)


def protect(text: str, known_paths: Iterable[str] = ()) -> tuple[str, tuple[Atom, ...]]:
    """Mask every piece that must stay whole; returns the masked text and its atoms, in order of their characters."""
    known_paths = list(known_paths)
    masker = _Masker(known_paths)
    text = "".join(c for c in text if not "\ue000" <= c <= "\uf8ff")
    text = re.sub(r"```(?:\w*\n)?(.+?)```|`([^`]+)`", lambda m: _code(masker, m), text, flags=re.DOTALL)
    text = re.sub(_QUOTES, lambda m: _quoted(masker, m), text)
    text = re.sub(_URL, lambda m: masker.put("url", m[0], m[0]), text)
    text = re.sub(_EMAIL, lambda m: masker.put("email", m[0], m[0]), text)
    for path in sorted((p for p in known_paths if re.search(r"[./ ]", p)), key=len, reverse=True):
        pattern = rf"(?<![\w./-]){re.escape(path)}(?![\w/-]|\.\w)"
        text = re.sub(pattern, lambda m: masker.put("path", m[0], m[0]), text)
    text = re.sub(_SUFFIX, lambda m: masker.put("suffix", f"*.{m[1]}", m[0]), text)
    text = re.sub(_PATH, lambda m: _path(masker, m), text)
    return text, tuple(masker.atoms)


def restore(masked: str, atoms: tuple[Atom, ...]) -> str:
    """Put the protected pieces back as they were written."""
    return re.sub(ATOM, lambda m: restore(atoms[ord(m[0]) - 0xE000].raw, atoms), masked)


def looks_like_path(word: str) -> bool:
    """Tell a file or folder name from a plain word: it has a slash or an extension."""
    if _NO_PATH.fullmatch(word):
        return False
    return "/" in word.rstrip("/") or word.endswith("/") or bool(re.fullmatch(r"[^/]*[\w*]\.[A-Za-z]\w{0,9}", word))


def _code(masker: _Masker, match: re.Match[str]) -> str:
    inner = (match[1] or match[2]).strip()
    return masker.put("path" if looks_like_path(inner) and " " not in inner else "code", inner, match[0])


def _quoted(masker: _Masker, match: re.Match[str]) -> str:
    inner = next(group for group in match.groups() if group is not None)
    is_path = inner in masker.known or (
        looks_like_path(inner) and not re.search(r"\s", inner) and not inner.startswith("http")
    )
    kind: Kind = "url" if re.fullmatch(_URL, inner) else "path" if is_path else "quote"
    return masker.put(kind, inner, match[0])


def _path(masker: _Masker, match: re.Match[str]) -> str:
    word = match[0]
    core = word.rstrip(".?")
    tail = word[len(core) :]
    return masker.put("path", core, core) + tail if looks_like_path(core) else word
