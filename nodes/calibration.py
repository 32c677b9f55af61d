"""Compares what a model said it was sure of with what came of it.

The pairs are read from the logs of runs. An action went well if its tool did what it was called for, and badly if it
failed or a person rejected it; what surefoot itself did not run says nothing. A plan went well if the run was done
with it, without another plan after it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from surefoot.nodes.records import Record

__all__ = ["Bin", "Pair", "Reliability", "pairs", "reliability", "threshold_for"]

_SAYS_NOTHING = frozenset({"refused", "unfinished"})
_ENOUGH = 30
"""Pairs under which a threshold would rest on chance."""


class Pair(NamedTuple):
    """One stated confidence and what came of it."""

    kind: Literal["plan", "action"]
    confidence: float
    """0 to 1."""
    went_well: bool


class Bin(Record):
    """What was stated with about the same confidence."""

    low: float
    high: float
    count: int
    stated: float
    """Mean of the confidences."""
    went_well: float
    """Share of it that went well."""


class Reliability(Record):
    """How far stated confidences can be believed."""

    count: int = 0
    brier: float | None = None
    """Mean squared distance of confidence and outcome: 0 is perfect, always saying 0.5 gives 0.25. None = no pairs."""
    ece: float | None = None
    """Expected calibration error: mean distance of stated and found, over the bins, by their size."""
    bins: list[Bin] = Field(default_factory=list)
    """Ten of equal width, the empty ones left out."""


def pairs(events: Iterable[Mapping[str, Any]]) -> list[Pair]:
    """Read the pairs from one run's log, oldest event first."""
    found: list[Pair] = []
    plan: float | None = None
    for event in events:
        if event["type"] in ("plan", "revision"):
            found += [Pair("plan", plan, False)] if plan is not None else []
            plan = event.get("confidence")
        elif event["type"] == "finished" and plan is not None:
            found.append(Pair("plan", plan, event["status"] == "done"))
            plan = None
        elif event["type"] == "observation" and (stated := event["action"].get("confidence")) is not None:
            result = event["result"]
            if (result.get("error") or {}).get("kind") not in _SAYS_NOTHING:
                found.append(Pair("action", stated, bool(result["success"])))
    return found


def reliability(found: Sequence[Pair], *, bins: int = 10) -> Reliability:
    """Sum pairs up in a reliability table."""
    if not found:
        return Reliability()
    groups: dict[int, list[Pair]] = {}
    for pair in found:
        groups.setdefault(min(int(pair.confidence * bins), bins - 1), []).append(pair)
    table = [_bin(number, group, bins) for number, group in sorted(groups.items())]
    return Reliability(
        count=len(found),
        brier=sum((p.confidence - p.went_well) ** 2 for p in found) / len(found),
        ece=sum(b.count * abs(b.stated - b.went_well) for b in table) / len(found),
        bins=table,
    )


def threshold_for(found: Sequence[Pair], precision: float) -> float | None:
    """Find the lowest confidence from which on at least this share went well, beyond doubt (95 %, Wilson).

    None = too few pairs, or no confidence is worth that much.
    """
    ordered = sorted(found, key=lambda p: -p.confidence)
    best, well = None, 0
    for count, pair in enumerate(ordered, start=1):
        well += pair.went_well
        last_of_its_kind = count == len(ordered) or ordered[count].confidence < pair.confidence
        if last_of_its_kind and count >= _ENOUGH and _at_least(well, count) >= precision:
            best = pair.confidence
    return best


def _bin(number: int, group: Sequence[Pair], bins: int) -> Bin:
    return Bin(
        low=number / bins,
        high=(number + 1) / bins,
        count=len(group),
        stated=sum(p.confidence for p in group) / len(group),
        went_well=sum(p.went_well for p in group) / len(group),
    )


def _at_least(well: int, count: int) -> float:
    """Lower end of the Wilson interval: what a share seen in a sample is worth with 95 % certainty."""
    z = 1.645
    share = well / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count)
