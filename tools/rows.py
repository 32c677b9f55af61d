"""Writes database values as plain JSON."""

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

__all__ = ["plain_row"]

_LARGEST = 2**63 - 1


def plain_row(row: Iterable[Any]) -> list[Any]:
    """Write one row as plain JSON: nothing is rounded, what JSON cannot hold becomes text.

    Times become ISO text; decimals numbers where a float holds them exactly as written; whole numbers beyond 64 bits,
    NaN and infinities text; bytes their text or their hex digits.
    """
    return [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return _text(value) if isinstance(value, bytes | bytearray) else str(value)


def _number(value: float | Decimal) -> int | float | str:
    if isinstance(value, int):
        return value if -_LARGEST <= value <= _LARGEST else str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float):
        return value
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _text(value: bytes | bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
