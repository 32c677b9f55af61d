"""Reads the numbers in a text, however they are written: 1,234.5, 1.234,5, 1 234.5, ١٢٣."""

import math
import re
import unicodedata

from surefoot.nodes.records import Json

__all__ = ["number_of", "numbers_in"]

_LONGEST = 40
_SPACES = "\u00a0\u202f\u2009'’"
_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:[.,\u066b\u066c\u00a0\u202f\u2009'’]\d+)*(?:[eE][-+]?\d{1,3})?(?![\w])")
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


def numbers_in(text: str) -> set[float]:
    """All numbers in a text, in every way each may be meant: 1,234 is 1234 and 1.234."""
    found: set[float] = set()
    for token in set(_NUMBER.findall(text)):
        if len(token) <= _LONGEST:
            found |= _readings(_plain(token))
    return found


def _readings(token: str) -> set[float]:
    ways = {token.replace(",", ""), token.replace(".", "").replace(",", ".")}
    numbers = (float(way) for way in ways if _PLAIN.fullmatch(way))
    return {number for number in numbers if math.isfinite(number)}


def _plain(text: str) -> str:
    """Digits of any script as ASCII, separators of thousands gone, a minus as a hyphen."""
    if text.isascii() and "'" not in text:
        return text
    text = text.replace("−", "-").replace("\u066b", ".").replace("\u066c", ",")
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text if char not in _SPACES)
