"""Holds what a detector says after each step against the labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.judgement.trace import Trace

__all__ = ["Alarm", "Score", "Verdict", "early", "grounded", "score"]


@dataclass(frozen=True)
class Verdict:
    """What a detector said about a trace, at the first step at which it said anything."""

    after: int
    """Entries of the log it had seen."""
    evidence: tuple[int, ...] = ()
    """Entries it pointed at; empty = it points at none."""


Alarm = Verdict | None


@dataclass(frozen=True)
class Score:
    """Figures over some traces."""

    stuck: int
    patient: int
    found: int
    """Stuck traces on which the alarm came, and not before there was trouble."""
    false: int
    """Patient traces with an alarm at any step, and stuck ones with an alarm before there was trouble."""
    wasted: float | None
    """Median of entries between the earliest defensible verdict and the alarm; negative = earlier. None = none found."""
    late: int
    """Found, but more than two entries after the earliest defensible verdict."""
    grounded: int
    """Found, and at least two entries of the trouble are pointed at, and they are at least half of what is."""

    @property
    def recall(self) -> float:
        return self.found / self.stuck if self.stuck else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def score(traces: Sequence[Trace], alarms: Sequence[Alarm]) -> Score:
    """Sum up alarms over their traces, in the same order."""
    pairs = list(zip(traces, alarms, strict=True))
    found = [(t, a) for t, a in pairs if t.stuck and a and not early(t, a)]
    distances = [a.after - t.due for t, a in found if t.due is not None]
    return Score(
        stuck=sum(t.stuck for t in traces),
        patient=sum(not t.stuck for t in traces),
        found=len(found),
        false=sum(a is not None and (not t.stuck or early(t, a)) for t, a in pairs),
        wasted=median(distances) if distances else None,
        late=sum(distance > 2 for distance in distances),
        grounded=sum(grounded(t, a.evidence) for t, a in found),
    )


def early(trace: Trace, alarm: Verdict) -> bool:
    """Whether an alarm on a stuck trace came before anything had happened twice."""
    return alarm.after <= trace.trouble[1]


def grounded(trace: Trace, evidence: Iterable[int]) -> bool:
    """Whether the entries pointed at are the trouble."""
    pointed = set(evidence)
    right = pointed & set(trace.trouble)
    return len(right) >= 2 and 2 * len(right) >= len(pointed)
