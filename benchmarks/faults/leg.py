"""One leg of a run: a forked worker process that takes the run up and works until it ends, is told to leave, or is killed.

The driver hears of it, and answers, through two pipes with a JSON object a line.
"""

import json
import os
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from benchmarks.faults.oracle import Oracle
from benchmarks.faults.script import Script

Answer = dict[str, str]
"""`verdict`: approve, trust (for the whole run) or respond; `message`: what to respond."""


@dataclass(frozen=True)
class Order:
    """What a leg is to do."""

    script: Script
    folder: Path
    """Holds the effect log and, where the store is a file, the database."""
    store: str
    """`sqlite`, or the address of a server."""
    way: str
    """Which of its agent's ways in it takes."""
    hold: tuple[int, str] | None = None
    """See `World`."""

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.folder / "effects.log")


@dataclass
class Question:
    """An open question, as the driver needs it."""

    name: str
    reason: str
    what: str
    """The call it is about; empty = a plan."""
    digest: str
    """Of all that is asked: the same question has the same."""


@dataclass
class Standing:
    """Where a run stands when its worker stops."""

    status: Literal["new", "open", "asked", "ended"]
    questions: dict[str, Question] = field(default_factory=dict)


class Hand(Protocol):
    """One agent on one run, through one of its ways in."""

    takes: Literal["one", "some", "all"]
    """How many of the open questions it takes answers to at once."""

    def look(self) -> Standing:
        """Say where the run stands."""
        ...

    def begin(self) -> None:
        """Give the goal."""
        ...

    def go_on(self) -> None:
        """Take a run up that was cut off."""
        ...

    def answer(self, answers: Mapping[str, Answer]) -> None:
        """Answer questions by their ids."""
        ...

    def recorded(self) -> list[str]:
        """The calls whose results are kept, by name: none of them may ever run again."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the ended run says of itself, see `check.Facts`."""
        ...


Tell = Callable[[dict[str, Any]], None]
OpenHand = Callable[[Order, Callable[[str], None]], Hand]
"""Opens the store and makes the agent; the second argument is `World`'s `held`."""


def work(open_hand: OpenHand, order: Order, report: int, hear: int) -> None:
    """Be a worker, in a process that was forked for it; does not return.

    `report` and `hear` are the descriptors to write reports to and to read answers from.
    """
    tell = _teller(report)
    try:
        hand = open_hand(order, lambda what: tell({"held": what}))
        tell({"recorded": hand.recorded()})
        _lead(hand, tell, lambda: _line(hear))
    except Exception as error:  # noqa: BLE001  a leg that ends by itself is what the driver wants to know of
        tell({"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()})
        os._exit(1)
    os._exit(0)


def _lead(hand: Hand, tell: Tell, hear: Callable[[], dict[str, Answer] | None]) -> None:
    stuck = 0
    while (standing := hand.look()).status != "ended":
        if standing.status == "asked":
            asked = {number: vars(question) for number, question in standing.questions.items()}
            tell({"asked": asked, "takes": hand.takes})
            answers = hear()
            if answers is None:
                return
            hand.answer(answers)
        elif standing.status == "new":
            hand.begin()
        elif stuck < 3:
            stuck += 1
            hand.go_on()
        else:
            raise RuntimeError("the run neither ends nor asks, however often it is resumed")
    tell({"ended": hand.facts()})


def _teller(handle: int) -> Tell:
    lock = threading.Lock()

    def tell(report: dict[str, Any]) -> None:
        with lock:
            rest = (json.dumps(report) + "\n").encode()
            while rest:
                rest = rest[os.write(handle, rest) :]

    return tell


def _line(handle: int) -> dict[str, Answer] | None:
    """Read one line; None = the driver has closed its end."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(handle, 1)
        if not piece:
            return None
        line += piece
    return dict(json.loads(line))
