"""Reads a log the way self-reflection needs it: what was done, what came of it, and whether that was news.

Thought text is not read at all. Two entries are the same only if action and result are the same.
"""

from collections.abc import Sequence

from surefoot.nodes.calls import is_pause
from surefoot.nodes.fold import Fold
from surefoot.nodes.results import says
from surefoot.nodes.sameness import mild, steady, unechoed
from surefoot.nodes.signals import Sign
from surefoot.nodes.state import ReactStep, digest

__all__ = ["REMEMBERED", "read_signs", "recent_signs"]

REMEMBERED = 128
"""Entries of a log that are surely looked at. What is noticed lies close together (see `Thresholds.gap`); what was seen
so long ago and comes again is no circle, and reading it all would make each resume as long as the log."""
_LATELY = 8
"""Entries in which what was told before is looked for."""


def read_signs(log: Sequence[ReactStep]) -> list[Sign]:
    """Read the actions of a log that have a result, in order.

    A pause is no action of its own but a mark on the next one, unless pause follows pause.
    """
    return list(_reading(log, 0).signs)


def recent_signs(log: Sequence[ReactStep]) -> list[Sign]:
    """Read the end of a log as if nothing had been before it: `REMEMBERED` entries at least, at most twice as many.

    It begins at a multiple of `REMEMBERED`, so that each entry is read once or twice however long the log becomes.
    """
    start = max(0, (len(log) // REMEMBERED - 1) * REMEMBERED)
    return list(_reading(log[start:], start).signs)


class _Reading:
    """A log as far as it is read."""

    def __init__(self) -> None:
        self.signs: list[Sign] = []
        self._outcomes: set[str] = set()
        self._earlier: dict[str, list[Sign]] = {}
        """By action."""
        self._asked: dict[str, list[Sign]] = {}
        """By question."""
        self._acted, self._changed, self._paused = -1, -1, False

    def add(self, index: int, step: ReactStep, start: int) -> None:
        """Read one more entry of a log that begins at the index `start` of the whole one."""
        if step.action is None or step.observation is None:
            return
        if not self._paused and is_pause(step):
            self._paused = True
            return
        here = index + start
        sign = Sign(here, step, tuple(self.signs[-3:]), self._paused)
        name, question, outcome = sign.action, sign.question, _outcome(sign)
        asked, before = self._asked.setdefault(question, []), self._earlier.setdefault(name, [])
        if asked and self._changed <= asked[-1].index and not _runs_down([*before, sign]):
            outcome = next((b.outcome for b in asked if b.gist == sign.gist), outcome)
        fails_anew = bool(before) and self._acted > before[-1].index and all(outcome != b.outcome for b in before)
        if outcome not in self._outcomes and not asked:
            outcome = next((b.outcome for b in self.signs[-_LATELY:] if b.echoes(sign)), outcome)
        news = outcome not in self._outcomes and (not sign.failed or fails_anew) and not sign.hollow
        # The same for one after the other is a receipt after all.
        acts = not (sign.reads or sign.failing or (sign.informs and news))
        sign.outcome, sign.news = outcome, news
        sign.changed, sign.moved = acts and (news or not before), acts and news and bool(before)
        self.signs.append(sign)
        self._outcomes.add(outcome)
        before.append(sign)
        asked.append(sign)
        self._acted, self._paused = self._acted if sign.reads or sign.failed else here, False
        self._changed = here if sign.changed else self._changed


def _outcome(sign: Sign) -> str:
    """Identity of a result by itself."""
    if sign.empty:
        what = unechoed(says(sign.call, sign.result), sign.args)
    else:
        what = mild(sign.text) if sign.failing else steady(sign.text)
    return digest([sign.result.success, sign.kind, what, sign.result.total_chars])


def _runs_down(asked: list[Sign]) -> bool:
    """Whether a length of time in the last of some results is shorter than ever before, and has not grown lately."""
    if len(asked) < 3 or not asked[-1].spans:
        return False
    columns = [sign.spans for sign in asked]
    if len({len(spans) for spans in columns}) > 1:
        return False
    return any(c[-1] < min(c[:-1]) and c[-2] <= c[-3] for c in zip(*columns, strict=True))


_reading = Fold[ReactStep, _Reading](_Reading, _Reading.add)
