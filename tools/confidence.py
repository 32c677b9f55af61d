"""Reads a stated confidence, however it was written."""

import math


def as_confidence(stated: object) -> float | None:
    """Read 0.85, 85, "85%", "0.85" as 0.85; anything that is no share of one (1.5, -1, "high", nan) is None."""
    if isinstance(stated, bool) or not isinstance(stated, int | float | str):
        return None
    try:
        text = str(stated).strip()
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    # Between 1 and 2 it is neither a share nor, in any likelihood, a percentage.
    if text.endswith("%") or 2 <= number <= 100:
        number /= 100
    return number if math.isfinite(number) and 0 <= number <= 1 else None
