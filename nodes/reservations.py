"""Sets aside what calls under way may cost, so that side by side they pass no limit by more than one of them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Cost", "Grant", "Outstanding", "Reservation"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model call is expected to cost, and what it may cost at the most."""

    tokens: int
    most_tokens: int = 0
    usd: float = 0.0
    most_usd: float = 0.0

    def __post_init__(self) -> None:
        if min(self.tokens, self.usd) < 0:
            raise ValueError(f"What is set aside must be from 0 up, not {self.tokens} tokens, ${self.usd}.")

    @property
    def expected(self) -> dict[str, float]:
        """By what it is spent."""
        return {"tokens": self.tokens, "usd": self.usd}

    @property
    def most(self) -> dict[str, float]:
        """By what it is spent; never less than expected."""
        return {"tokens": max(self.tokens, self.most_tokens), "usd": max(self.usd, self.most_usd)}


@dataclass(frozen=True, eq=False, slots=True)
class Reservation:
    """What is set aside for one call; every one is settled or abandoned once."""

    cost: Cost
    number: str = field(default_factory=lambda: uuid.uuid4().hex)


Grant = Reservation | Literal["wait"] | None
"""A reservation; `wait` = not beside the calls under way, ask again; None = it would pass a limit, do not call."""


class Outstanding:
    """The reservations of the calls under way."""

    def __init__(self) -> None:
        self._held: set[Reservation] = set()

    def grant(self, cost: Cost, room: Mapping[str, float]) -> Grant:
        """Set a cost aside where there is room for it.

        Calls go side by side while even all of them at their dearest stay inside; nearer to a limit one at a time.
        `room`: what is left of each limit by what it limits, with nothing set aside; a limit that is not there is none.
        """
        held = {what: sum(r.cost.expected[what] for r in self._held) for what in room}
        if any(held[what] + cost.expected[what] > room[what] for what in room):
            return None
        dearest = {what: sum(r.cost.most[what] for r in self._held) for what in room}
        if self._held and any(dearest[what] + cost.most[what] > room[what] for what in room):
            return "wait"
        reservation = Reservation(cost)
        self._held.add(reservation)
        return reservation

    def end(self, reservation: Reservation) -> None:
        """Give back what was set aside; harmless when it was."""
        self._held.discard(reservation)
