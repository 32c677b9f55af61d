"""Keeps spending inside its limits: steps, tokens, active seconds, and money where a price is known."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from surefoot.nodes.reservations import Cost, Grant, Outstanding, Reservation
from surefoot.nodes.state import BudgetStatus, Json, Usage
from surefoot.tools.errors import SettingsError, StoreError

__all__ = ["LIMITS", "BudgetManager"]

LIMITS = {"max_steps": "steps", "max_tokens": "tokens", "max_time_seconds": "seconds", "max_usd": "usd"}
"""Name of each limit -> what it limits. A limit of None is no limit."""

_SNAPSHOT_VERSION = 1


class BudgetManager:
    """Counts what a run spends, sets tokens aside for calls under way, and says when to stop.

    Args:
        max_steps: actions and model turns; None = unlimited, here and below.
        max_tokens: prompt and completion tokens together.
        max_time_seconds: active time, see `active`.
        max_usd: money. Only what has a known price counts.
        warning_fraction: WARNING once at most this share of some limit is left.
        clock: seconds that never run backward.
        wrap_up_fraction: share of max_tokens and max_usd kept back for the closing summary.

    Raises:
        SettingsError: a limit is negative or no number, or a fraction is outside 0 to 1.
    """

    def __init__(
        self,
        max_steps: int | None,
        max_tokens: int | None,
        max_time_seconds: float | None,
        max_usd: float | None = None,
        warning_fraction: float = 0.2,
        *,
        clock: Callable[[], float] = time.monotonic,
        wrap_up_fraction: float = 0.1,
    ) -> None:
        limits = (max_steps, max_tokens, max_time_seconds, max_usd)
        self._limits = {name: _limit(name, value) for name, value in zip(LIMITS, limits, strict=True)}
        self._warning_fraction = _fraction("warning_fraction", warning_fraction)
        self._wrap_up_fraction = _fraction("wrap_up_fraction", wrap_up_fraction)
        self._clock = clock
        self._lock = threading.RLock()
        self._spent: dict[str, float] = dict.fromkeys(LIMITS.values(), 0)
        self._estimated = False
        self._unpriced = False
        self._outstanding = Outstanding()
        self._refused = 0
        self._windows = 0
        self._opened = 0.0

    def charge(
        self,
        steps: int = 0,
        tokens: int = 0,
        seconds: float = 0.0,
        usd: float | None = None,
        estimated: bool = False,
    ) -> None:
        """Count what was spent; tokens without `usd` are tokens of unknown price.

        Raises:
            ValueError: an amount is negative or no finite number.
        """
        amounts = {"steps": steps, "tokens": tokens, "seconds": seconds, "usd": usd or 0}
        for name, amount in amounts.items():
            if not math.isfinite(amount) or amount < 0:
                raise ValueError(f"Spent {name} must be a number from 0 up, not {amount}.")
        with self._lock:
            for name, amount in amounts.items():
                self._spent[name] += amount
            self._estimated |= estimated
            self._unpriced |= usd is None and tokens > 0

    def reserve(self, cost: Cost, *, wrap_up: bool = False) -> Grant:
        """Set aside what a call about to be made may cost; None = do not make it, `wait` = not now.

        What is spent, set aside and asked for must stay under each limit minus the share kept back for the summary; only
        a `wrap_up` call may go into that share. Every reservation must be followed by one `settle` or `abandon`.
        """
        with self._lock:
            granted = self._outstanding.grant(cost, self._room(wrap_up))
            self._refused = cost.tokens if granted is None else 0
            return granted

    def settle(self, reserved: Reservation, usage: Usage) -> None:
        """Give back a reservation and charge what the call really used."""
        with self._lock:
            self.charge(usage.steps, usage.tokens, usage.seconds, usage.usd, usage.estimated)
            self._outstanding.end(reserved)

    def abandon(self, reserved: Reservation) -> None:
        """Charge what was set aside for a call that was cut off: nobody knows what it cost."""
        cost = reserved.cost
        self.settle(reserved, Usage(tokens=cost.tokens, usd=cost.usd or None, estimated=True))

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let time count: it passes while at least one window is open in any thread, and never while none is.

        Open one around work and none around a wait for a person. Windows may nest and overlap.
        """
        with self._lock:
            if self._windows == 0:
                self._opened = self._clock()
            self._windows += 1
        try:
            yield
        finally:
            with self._lock:
                self._windows -= 1
                if self._windows == 0:
                    self._spent["seconds"] += max(0.0, self._clock() - self._opened)

    @property
    def limits(self) -> dict[str, float | None]:
        """The limits by name as they are now; None = no limit."""
        return dict(self._limits)

    def usage(self) -> Usage:
        """Say what was spent so far; `usd` is None as soon as some tokens had no known price."""
        with self._lock:
            spent = self._now()
            return Usage(
                steps=int(spent["steps"]),
                tokens=int(spent["tokens"]),
                seconds=spent["seconds"],
                usd=None if self._unpriced else float(spent["usd"]),
                estimated=self._estimated,
            )

    def remaining(self) -> dict[str, float | None]:
        """Say what is left of steps, tokens, seconds and usd: from 0 up, None = unlimited."""
        with self._lock:
            spent = self._now()
            return {
                what: None if limit is None else max(0, limit - spent[what]) for what, limit in self._limited().items()
            }

    def status(self) -> BudgetStatus:
        """Say how the spending stands. Money of unknown price is not counted, see `explain`."""
        with self._lock:
            spent = self._now()
            limits = [(limit, spent[what]) for what, limit in self._limited().items() if limit is not None]
        if any(used >= limit for limit, used in limits):
            return BudgetStatus.EXCEEDED
        # The slack keeps 80 of 100 on the warning side for every fraction that floats cannot hold exactly.
        if any(limit - used <= limit * self._warning_fraction * (1 + 1e-9) for limit, used in limits):
            return BudgetStatus.WARNING
        return BudgetStatus.OK

    def exceeded(self) -> list[str]:
        """Name the limits that are used up, for example `["max_steps"]`."""
        with self._lock:
            spent = self._now()
            return [n for n, limit in self._limits.items() if limit is not None and spent[LIMITS[n]] >= limit]

    def in_the_way(self) -> list[str]:
        """Name the limits that are used up; if none is, the nearest of those that calls are held to."""
        with self._lock:
            held = {name: what for name, what in LIMITS.items() if what in self._room(wrap_up=True)}
            used = {name: self._spent[what] / (self._limits[name] or 1) for name, what in held.items()}
            return self.exceeded() or [name for name in used if used[name] == max(used.values())]

    def explain(self) -> str:
        """Describe the spending in one sentence for a person."""
        with self._lock:
            spent, limits, refused = self._now(), self._limited(), self._refused
        parts = [_of(f"{int(spent['steps']):,}", limits["steps"], "steps used", ",.0f")]
        about = " (estimated)" if self._estimated else ""
        parts.append(_of(f"{int(spent['tokens']):,}", limits["tokens"], f"tokens{about}", ",.0f"))
        parts.append(_of(f"{spent['seconds']:,.1f}", limits["seconds"], "seconds", ",g"))
        if self._unpriced and limits["usd"] is not None:
            parts.append(
                f"the price of some tokens is not known, so the limit of ${limits['usd']:,.2f} is not enforced"
            )
        elif limits["usd"] is not None or spent["usd"] > 0:
            parts.append(_of(f"${spent['usd']:,.4f}", limits["usd"], "", ",.2f", "$"))
        if refused:
            parts.append(f"a call of {refused:,} tokens was refused because it would not have left enough to sum up")
        return "; ".join(parts) + "."

    def raise_limits(self, **limits: float | None) -> None:
        """Allow more: limits by name (`max_tokens=90_000`); None lifts one.

        Raises:
            SettingsError: a name is unknown, or the new limit is lower than the old. Nothing is changed then.
        """
        with self._lock:
            raised = dict(self._limits)
            for name, value in limits.items():
                if name not in LIMITS:
                    raise SettingsError(f"There is no limit {name!r}; the limits are {', '.join(LIMITS)}.")
                old, new = self._limits[name], _limit(name, value)
                if new is not None and (old is None or new < old):
                    raise SettingsError(f"{name} can only be raised: it is {_said(old)}, and {_said(new)} is less.")
                raised[name] = new
            self._limits = raised
            self._refused = 0

    def snapshot(self) -> dict[str, Json]:
        """Write limits and spending as plain JSON. Reservations are not in it: they end with the process."""
        with self._lock:
            return {
                "schema_version": _SNAPSHOT_VERSION,
                "limits": dict(self._limits),
                "warning_fraction": self._warning_fraction,
                "wrap_up_fraction": self._wrap_up_fraction,
                "spent": self._now(),
                "estimated": self._estimated,
                "unpriced": self._unpriced,
            }

    @classmethod
    def restore(
        cls,
        snapshot: Mapping[str, Any],
        *,
        clock: Callable[[], float] = time.monotonic,
        **limits: float | None,
    ) -> "BudgetManager":
        """Take spending up again from a snapshot; `limits` by name replace the saved ones.

        Raises:
            StoreError: the snapshot is damaged or of a newer release.
        """
        try:
            if snapshot["schema_version"] > _SNAPSHOT_VERSION:
                raise StoreError("The saved budget was written by a newer release: update surefoot to resume this run.")
            fractions = {name: snapshot[name] for name in ("warning_fraction", "wrap_up_fraction")}
            budget = cls(**{**snapshot["limits"], **limits}, **fractions, clock=clock)
            budget._spent = {what: snapshot["spent"][what] for what in LIMITS.values()}
            budget._estimated, budget._unpriced = bool(snapshot["estimated"]), bool(snapshot["unpriced"])
        except (KeyError, TypeError) as error:
            raise StoreError(f"The saved budget is damaged: {error} is missing or wrong.") from error
        return budget

    def _room(self, wrap_up: bool) -> dict[str, float]:
        """What is left of the limits that calls are held to, with nothing set aside."""
        kept = 0.0 if wrap_up else self._wrap_up_fraction
        limits = {what: limit for what, limit in self._limited().items() if what in ("tokens", "usd")}
        # Whole tokens: what is kept back is never rounded up.
        kept_back = {
            what: int(limit * kept) if what == "tokens" else limit * kept for what, limit in limits.items() if limit
        }
        return {
            what: limit - kept_back.get(what, 0) - self._spent[what]
            for what, limit in limits.items()
            if limit is not None
        }

    def _now(self) -> dict[str, float]:
        running = max(0.0, self._clock() - self._opened) if self._windows else 0.0
        return {**self._spent, "seconds": self._spent["seconds"] + running}

    def _limited(self) -> dict[str, float | None]:
        return {LIMITS[name]: limit for name, limit in self._limits.items()}


def _limit(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise SettingsError(f"{name} must be a number from 0 up, or None for no limit, not {value!r}.")
    return value


def _fraction(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingsError(f"{name} must be between 0 and 1, not {value!r}.")
    return value


def _said(limit: float | None) -> str:
    return "unlimited" if limit is None else f"{limit:,g}"


def _of(used: str, limit: float | None, unit: str, form: str, sign: str = "") -> str:
    ceiling = "(no limit)" if limit is None else f"of {sign}{format(limit, form)}"
    return f"{used} {unit} {ceiling}" if limit is None else " ".join(f"{used} {ceiling} {unit}".split())
