"""Finds what a report states although nothing the worker saw shows it: figures, files, addresses.

A flag has little authority. A figure may be worked out rightly and yet stand nowhere, so a flag fails nothing and sends
nothing back; it is noted beside the report, for the person. Not flagged: what was rounded, written in another way,
scaled (1.2 million), or follows from two figures that were seen; small whole numbers, which count things.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from surefoot.nodes.figures import numbers_in, readings
from surefoot.nodes.run import Run
from surefoot.nodes.state import Json, ReactState, result_text
from surefoot.tools.errors import ToolError

__all__ = ["unshown"]

MOST_TOLD = 20
_MOST_READ = 2_000_000
"""Characters of evidence that are read; a report on more is not judged."""
_SMALL = 100
"""Whole numbers under it count, number and date things: nobody looks them up."""
_FEW = 60
"""Figures from which others are worked out, two at a time; of more, something would always fit."""
_SCALES = (1.0, 1e3, 1e6, 1e9, 0.01, 100.0)
_FIGURE = re.compile(r"(?<![\w./:@#-])[-−]?\d+(?:[.,\u00a0\u202f\u2009'’]\d+)*(?![\w/@]|[.-]\w)")
_NAME = re.compile(
    r"(?:https?|ftp)://[^\s<>\"'`)\]|]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w./-])(?:[\w-]+/)*[\w-]+\.[a-z][a-z0-9]{1,4}\b"
)
_KINDS = "csv tsv json jsonl txt md xml html htm pdf png jpg svg py sql yaml yml toml ini log zip gz parquet xlsx docx"
_ENDINGS = frozenset(_KINDS.split())


def unshown(report: str, state: ReactState, run: Run) -> list[str]:
    """List what a report states and nothing shows, as it is written there; blocks where an output has to be read."""
    evidence = _evidence(state, run)
    if evidence is None:
        return []
    low = evidence.lower()
    names = [name for name in dict.fromkeys(_names(report)) if name.lower() not in low]
    bare = _NAME.sub(" ", report)
    figures = [token for token in dict.fromkeys(_FIGURE.findall(bare)) if _matters(token)]
    if figures:
        seen = numbers_in(evidence, loose=True)
        figures = [token for token in figures if not _is_shown(token, sorted(seen))]
        worked_out = sorted(_worked_out(seen)) if figures and len(seen) <= _FEW else []
        figures = [token for token in figures if not _is_shown(token, worked_out)]
    return [*names, *figures][:MOST_TOLD]


def _names(report: str) -> Iterator[str]:
    for found in _NAME.findall(report):
        name = found.rstrip(".,;:!?*_")
        if "://" in name or "@" in name or name.rpartition(".")[2] in _ENDINGS:
            yield name


def _matters(token: str) -> bool:
    return any(abs(number) >= _SMALL or number != int(number) for number in readings(token))


def _is_shown(token: str, seen: Sequence[float]) -> bool:
    """Whether some figure, rounded as the token is, gives the token; told in millions where it can mean but one thing."""
    meant = readings(token)
    scales = _SCALES if len(meant) == 1 else _SCALES[:1]
    return any(
        _near(abs(number) * scale, _half_a_unit(number, decimals) * scale, seen)
        for number, decimals in meant.items()
        for scale in scales
    )


def _half_a_unit(number: float, decimals: int) -> float:
    """Half of the last place that is given: 0.05 of 12.3, 50 of 8,100; two places at the least."""
    if decimals:
        return float(0.5 * 10.0**-decimals)
    digits = f"{abs(number):.0f}"
    return float(0.5 * 10.0 ** max(0, len(digits) - max(2, len(digits.rstrip("0")))))


def _near(number: float, half: float, seen: Sequence[float]) -> bool:
    slack = half * (1 + 1e-9) + abs(number) * 1e-12
    return any(
        (place := bisect_left(seen, sign * number - slack)) < len(seen) and seen[place] <= sign * number + slack
        for sign in (1, -1)
    )


def _worked_out(seen: set[float]) -> Iterator[float]:
    """What two figures give together: sum, difference, product, ratio, share and change."""
    for one, other in combinations(seen, 2):
        yield from (one + other, one - other, one * other)
        for top, bottom in ((one, other), (other, one)):
            if bottom:
                yield from (top / bottom, (top - bottom) / bottom)
    yield sum(seen)


def _evidence(state: ReactState, run: Run) -> str | None:
    """All that was shown to the worker, as text; None = too much."""
    texts: list[str] = []
    room = _MOST_READ
    for text in _texts(state, run):
        room -= len(text)
        if room < 0:
            return None
        texts.append(text)
    return "\n".join(texts)


def _texts(state: ReactState, run: Run) -> Iterator[str]:
    subtask = state["subtask"]
    yield from (state["goal"], state.get("workspace", ""), subtask["description"], subtask.get("acceptance", ""))
    yield from state.get("known", {}).values()
    yield from (each.get("output", "") for found in state.get("found", {}).values() for each in found)
    for step in state.get("log", []):
        seen: Mapping[str, Any] = step.get("observation") or {}
        if seen.get("effect") == "read_only" and seen.get("success"):
            yield result_text(step["action"].get("args", {}))
        yield _output(seen, run)


def _output(seen: Mapping[str, Json], run: Run) -> str:
    if error := seen.get("error"):
        return str(error["message"])
    if artifact := seen.get("artifact"):
        try:
            return run.read_output(artifact, 0, _MOST_READ + 1)
        except ToolError:
            pass
    return result_text(seen.get("output", ""))
