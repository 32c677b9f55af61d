"""Counts what was seen, and how often it may be."""

from collections import Counter

from surefoot.nodes.sameness import counts_on
from surefoot.nodes.signals import Sign
from surefoot.nodes.thresholds import Thresholds

__all__ = ["ends", "indices", "most", "occasions", "patience"]


def patience(evidence: list[Sign], t: Thresholds) -> int:
    """How many times as often this may be seen: who waits for something has to look again.

    Who lets time pass each time, and sees it pass in what comes back, does what waiting takes.
    """
    waited = sum(sign.waiting or sign.paused for sign in evidence) * 2 >= len(evidence)
    paused = sum(sign.paused for sign in evidence) * 2 >= len(evidence)
    last = evidence[-1]
    one = len({sign.action for sign in evidence}) == 1
    ticking = (
        one
        and len({sign.times for sign in evidence}) > 1
        and not (last.failing or last.does or (last.hollow and not last.reads))
    )
    return t.patience + 1 if paused and ticking else t.patience if waited or ticking else 1


def ends(failures: list[Sign]) -> bool:
    """Whether the failures themselves count towards an end."""
    return counts_on([sign.counts for sign in failures])


def most(evidence: list[Sign]) -> int:
    """How often the call was made that was made most often."""
    return max(Counter(sign.action for sign in evidence).values(), default=0)


def indices(signs: list[Sign]) -> list[int]:
    """The entries of the log."""
    return [sign.index for sign in signs]


def occasions(signs: list[Sign]) -> int:
    """Count signs, those of one thought once; in a log without turn numbers each counts."""
    turns = {sign.turn for sign in signs}
    return len(turns) if any(turns) else len(signs)
