"""Keeps one subtask from using up what the others need: what each has spent, and how much of the budget that may be."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from surefoot.nodes.records import BudgetStatus, Json

__all__ = ["Shares", "replaced"]

Spending = Mapping[str, float]
"""Amounts of steps, tokens and usd."""


class Shares:
    """What the subtasks of a run have spent, each held to its share while others are unfinished.

    A subtask may use `share` of what is left and what it has used itself: at 0.75 it stops once it has used three times
    what it leaves to the others. It is asked between turns, so it passes its share by one turn at the most. Time is not
    shared out: subtasks side by side pass it together.

    Args:
        share: over 0, up to 1 = a subtask may use up all there is.
        spent: what each had spent before, by subtask id.
        warning_fraction: WARNING once at most this share of its share is left.
    """

    def __init__(self, share: float, spent: Mapping[str, Spending], warning_fraction: float) -> None:
        self._share = share
        self._spent = {task_id: dict(amounts) for task_id, amounts in spent.items()}
        self._warning_fraction = warning_fraction
        self._lock = threading.Lock()
        self.unfinished: Callable[[], Collection[str]] = tuple
        """Names the subtasks that still need something of the budget."""
        self.replaced: Mapping[str, Collection[str]] = {}
        """By subtask id: those it stands in for, see `replaced`."""
        self.earlier: Mapping[str, Spending] = {}
        """By subtask id: what failed attempts at it had used; a new one counts as one that stands in for them."""

    def charge(self, task_id: str, **amounts: float) -> None:
        """Count what a subtask has spent."""
        with self._lock:
            spent = self._spent.setdefault(task_id, {})
            for what, amount in amounts.items():
                spent[what] = spent.get(what, 0) + amount

    def spent(self, task_id: str) -> dict[str, float]:
        """What a subtask has spent in all."""
        with self._lock:
            return dict(self._spent.get(task_id, {}))

    def stands(self, task_id: str, left: Mapping[str, float | None]) -> tuple[BudgetStatus, str]:
        """How a subtask stands against its share, and in a sentence; `left` of the run's limits, None = no limit."""
        unfinished = self.unfinished()
        others = len(unfinished) - (task_id in unfinished)
        if self._share >= 1 or not others:
            return BudgetStatus.OK, ""
        spent, own = self.spent(task_id), self.earlier.get(task_id, {})
        earlier = [self.spent(old) for old in self.replaced.get(task_id, ())] + [own] * bool(own)
        even = min(self._share, 1 / (others + 1 + len(earlier)))
        short = False
        for what, total in spent.items():
            used, rest = total - own.get(what, 0), left.get(what)
            if rest is None or not used:
                continue
            before = sum(amounts.get(what, 0) for amounts in earlier)
            allowed = self._share * (rest + used + before) - before
            if before:
                allowed = max(allowed, even * (rest + used))
            if used >= allowed:
                in_all = f" ({_said(what, used + before)} with what it replaces)" if before else ""
                return BudgetStatus.EXCEEDED, (
                    f"It has used {_said(what, used)}{in_all}, its share of the budget while {others} other "
                    f"{'subtask is' if others == 1 else 'subtasks are'} unfinished."
                )
            short |= allowed - used <= allowed * self._warning_fraction
        return (BudgetStatus.WARNING if short else BudgetStatus.OK), ""


def replaced(revisions: Sequence[Mapping[str, Json]]) -> dict[str, set[str]]:
    """By id of a subtask that a later plan added: all that this and the plans before it took out for it."""
    found: dict[str, set[str]] = {}
    for diff in (revision["diff"] for revision in revisions):
        gone = set(diff["removed"]).union(*(found.get(old, ()) for old in diff["removed"]))
        found |= dict.fromkeys(diff["added"], gone)
    return found


def _said(what: str, used: float) -> str:
    return f"${used:,.4f}" if what == "usd" else f"{used:,.0f} {what}"
