"""Reads a stated confidence, however it was written."""

import math
import re


def as_confidence(value: object) -> float | None:
    """Read 0.85, 85, "85%", "0.85" as 0.85; anything that is no share of one (1.5, -1, "high") is None."""
    if isinstance(value, bool):
        return None
    percent = False
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", value)
        if not match:
            return None
        value, percent = float(match[1]), bool(match[2])
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    if percent or (value >= 2 and value == int(value)):
        value /= 100
    share = float(value)
    return share if share <= 1 else None
