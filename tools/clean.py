"""Turns every value from outside into plain JSON data, or says that it is none.

The one normaliser for what tools, models, people and exception texts hand over. What comes out can be stored by
any checkpointer and read back the same: text without NUL or lone surrogates, integers within 64 bits, finite
floats, bool, None, lists, and dicts with text keys.
"""

import base64
import dataclasses
import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel

__all__ = ["MAX_DEPTH", "MAX_VALUES", "Json", "Unstorable", "clean", "clean_text"]

Json = Any
"""str | int | float | bool | None | list[Json] | dict[str, Json]."""

MAX_DEPTH = 50
"""Containers inside containers, at most."""
MAX_VALUES = 10_000_000
"""Values in one result, at most: a few shared lists can stand for more values than there is memory."""

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_BASE64_CHARS = 96


class Unstorable(ValueError):
    """The value is no data: a function, a socket, a cycle, too deep. The message names the type."""


def clean(value: Any) -> Json:
    """Return the plain JSON meaning of a value; data that is plain already comes back equal.

    Raises:
        Unstorable: the value, or something in it, has no such meaning.
    """
    return _Cleaner().value(value)


def clean_text(text: str) -> str:
    """Replace NUL and lone surrogates, which databases refuse, by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


class _Cleaner:
    """Walks one value; recursion is safe because the depth is bounded before each step down."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._count = 0

    def value(self, value: Any) -> Json:
        self._count += 1
        if self._count > MAX_VALUES:
            raise Unstorable(f"The result holds more than {MAX_VALUES:,} values; return less at a time.")
        plain = _PLAIN.get(type(value))
        if plain is not None:
            return plain(value)
        if type(value) is dict or type(value) is list:
            return self._inside(value)
        return self._rich(value)

    def _rich(self, value: Any) -> Json:
        for kinds, convert in _SCALARS:
            if isinstance(value, kinds):
                return self.value(_converted(value, convert))
        return self._inside(value)

    def _inside(self, value: Any) -> Json:
        if id(value) in self._open:
            raise Unstorable(f"The result contains itself: a {_name(value)} is inside the same {_name(value)}.")
        if len(self._open) >= MAX_DEPTH:
            raise Unstorable(f"The result is nested deeper than {MAX_DEPTH} levels (a {_name(value)} in the last).")
        self._open.add(id(value))
        try:
            return self._container(value)
        finally:
            self._open.discard(id(value))

    def _container(self, value: Any) -> Json:
        if isinstance(value, Mapping):
            return self._dict(_converted(value, lambda mapping: list(mapping.items())))
        if isinstance(value, (list, tuple, deque)):
            return [self.value(item) for item in _converted(value, list)]
        if isinstance(value, (set, frozenset)):
            return sorted((self.value(item) for item in _converted(value, list)), key=_sort_key)
        if isinstance(value, BaseModel):
            return self.value(_converted(value, lambda model: model.model_dump(mode="json", warnings=False)))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dict(_converted(value, _fields))
        raise Unstorable(f"A {_name(value)} is no data that can be stored.")

    def _dict(self, items: list[tuple[Any, Any]]) -> dict[str, Json]:
        cleaned: dict[str, Json] = {}
        for key, value in items:
            text = clean_text(key) if type(key) is str else self._key(key)
            if text in cleaned:
                raise Unstorable(f"Two keys of a dict read the same once they are text: {text!r}.")
            cleaned[text] = self.value(value)
        return cleaned

    def _key(self, key: Any) -> str:
        plain = self.value(key)
        if plain is None or isinstance(plain, bool):
            return {None: "null", True: "true", False: "false"}[plain]
        if isinstance(plain, (str, int, float)):
            return str(plain)
        raise Unstorable(f"A {_name(key)} cannot be the key of a dict.")


def _fields(value: Any) -> list[tuple[Any, Any]]:
    return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]


def _converted(value: Any, convert: Callable[[Any], Any]) -> Any:
    try:
        return convert(value)
    except Unstorable:
        raise
    except Exception as error:
        raise Unstorable(f"A {_name(value)} cannot be stored: reading it raised {type(error).__name__}.") from error


def _name(value: Any) -> str:
    return clean_text(type(value).__qualname__)


def _sort_key(plain: Json) -> tuple[str, str]:
    return type(plain).__name__, str(plain)


def _integer(value: int) -> Json:
    if -(2**63) <= value < 2**63:
        return value
    try:
        return str(value)
    except ValueError:
        return hex(value)


def _float(value: float) -> Json:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _bytes(value: bytes) -> str:
    try:
        return clean_text(value.decode())
    except UnicodeDecodeError:
        encoded = base64.b64encode(value[:_BASE64_CHARS]).decode("ascii")
    if len(encoded) <= _BASE64_CHARS:
        return f"base64:{encoded}"
    return f"base64:{encoded[:_BASE64_CHARS]}... ({len(value)} bytes)"


_PLAIN: dict[type, Callable[[Any], Json]] = {
    str: clean_text,
    int: _integer,
    float: _float,
    bool: lambda value: value,
    type(None): lambda value: value,
    bytes: _bytes,
}
_SCALARS: list[tuple[Any, Callable[[Any], Any]]] = [
    (Enum, lambda value: value.value),
    (str, str.__str__),
    (Decimal, str),
    (Integral, int),
    (Real, float),
    ((bytearray, memoryview, bytes), bytes),
    ((datetime, date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    ((PurePath, UUID), str),
]
