"""Reads the numbers in a text, however they are written: 1,234.5, 1.234,5, 1 234.5, ١٢٣."""

import math
import re
import unicodedata

from surefoot.nodes.records import Json

__all__ = ["number_of", "numbers_in", "readings"]

_LONGEST = 40
_SPACES = "\u00a0\u202f\u2009'’"
_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:[.,\u066b\u066c\u00a0\u202f\u2009'’]\d+)*(?:[eE][-+]?\d{1,3})?(?![\w])")
_LOOSE = re.compile(r"\d+(?:[.,\u066b\u066c\u00a0\u202f\u2009'’]\d+)*")
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+")


def number_of(value: Json) -> float | None:
    """Read a value that is one number, as such or as text; None = it is none, or no finite one.

    Text with a leading zero, such as an article number, is none.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 and math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = _plain(value.strip())
    if re.match(r"[-+]?0\d", text):
        return None
    bare = text.replace(",", "") if _GROUPS.fullmatch(text.lstrip("-+").partition(".")[0]) else text
    number = float(bare) if _PLAIN.fullmatch(bare) else None
    return number if number is not None and math.isfinite(number) else None


def numbers_in(text: str, *, loose: bool = False) -> set[float]:
    """All numbers in a text, in every way each may be meant: 1,234 is 1234 and 1.234.

    `loose`: also digits that stand within a word, such as 183ms or v12.
    """
    found: set[float] = set()
    for token in set((_LOOSE if loose else _NUMBER).findall(text)):
        found |= readings(token).keys()
    return found


def readings(token: str) -> dict[float, int]:
    """All ways a written number may be meant, each with its decimals: 1,234 is 1234 with none, or 1.234 with three."""
    found: dict[float, int] = {}
    token = _plain(token) if len(token) <= _LONGEST else ""
    for thousands, point in (",.", ".,"):
        whole, _, decimals = token.partition(point)
        first, *groups = whole.lstrip("-+").split(thousands)
        if all(len(group) == 3 for group in groups) and (not groups or 1 <= len(first) <= 3):
            plain = whole.replace(thousands, "") + (f".{decimals}" if decimals else "")
            if _PLAIN.fullmatch(plain) and math.isfinite(number := float(plain)):
                found[number] = len(decimals)
    return found


def _plain(text: str) -> str:
    """Digits of any script as ASCII, separators of thousands gone, a minus as a hyphen."""
    if text.isascii() and "'" not in text:
        return text
    text = text.replace("−", "-").replace("\u066b", ".").replace("\u066c", ",")
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text if char not in _SPACES)
