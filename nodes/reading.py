"""Reads a log the way self-reflection needs it: what was done, what came of it, and whether that was news.

Thought text is not read at all. Two entries are the same only if action and result are the same.
"""

from collections.abc import Sequence
from dataclasses import replace

from surefoot.nodes.calls import (
    call_of,
    is_pause,
    is_shell,
    named_like_acting,
    named_like_reading,
    squeezed,
    without_places,
)
from surefoot.nodes.fold import Fold
from surefoot.nodes.results import (
    has_failed,
    is_hollow,
    says,
    telling,
    tells_of_failure,
    tells_of_nothing,
    text_of,
)
from surefoot.nodes.sameness import mild, steady, unechoed
from surefoot.nodes.signals import CONTENT_WORDS, Sign
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
        action, result = call_of(step)
        text, kind = text_of(result), result.error.kind if result.error else ""
        failed = has_failed(result)
        reads = result.effect == "read_only" or (result.effect == "undeclared" and named_like_reading(action))
        # A text that is read may be about failures.
        of_others = reads and isinstance(result.output, str)
        failing = failed or (not of_others and tells_of_failure(text, result.output))
        does = result.effect not in ("undeclared", "read_only") or (not reads and named_like_acting(action.tool))
        hollow = is_hollow(action, result)
        empty = not failed and tells_of_nothing(action, result, reads=reads, does=does, hollow=hollow)
        known = result.effect != "undeclared" or does or is_shell(action.tool)
        informs = not (hollow or known) and (
            not isinstance(result.output, str) or telling(action, result) >= CONTENT_WORDS["looks"]
        )
        name = digest([action.tool, squeezed(action.args)])
        question = digest([action.tool, without_places(action.args)])
        what = unechoed(says(action, result), action.args) if empty else mild(text) if failing else steady(text)
        outcome = digest([result.success, kind, what, result.total_chars])
        here, told = index + start, tuple(sign.step for sign in self.signs[-3:])
        sign = Sign(
            here, step, name, question, outcome, failed, failing, reads, does, hollow, empty, informs,
            after_pause=self._paused, told=told, news=False, changed=False, moved=False,
        )  # fmt: skip
        asked, before = self._asked.setdefault(question, []), self._earlier.setdefault(name, [])
        if asked and self._changed <= asked[-1].index and not _runs_down([*before, sign]):
            outcome = next((b.outcome for b in asked if b.gist == sign.gist), outcome)
        fails_anew = bool(before) and self._acted > before[-1].index and all(outcome != b.outcome for b in before)
        if outcome not in self._outcomes and not asked:
            outcome = next((b.outcome for b in self.signs[-_LATELY:] if b.echoes(sign)), outcome)
        news = outcome not in self._outcomes and (not failed or fails_anew) and not hollow
        # The same for one after the other is a receipt after all.
        acts = not (reads or failing or (informs and news))
        changed, moved = acts and (news or not before), acts and news and bool(before)
        sign = replace(sign, outcome=outcome, news=news, changed=changed, moved=moved)
        self.signs.append(sign)
        self._outcomes.add(outcome)
        before.append(sign)
        asked.append(sign)
        self._acted, self._paused = self._acted if reads or failed else here, False
        self._changed = here if changed else self._changed


def _runs_down(asked: list[Sign]) -> bool:
    """Whether a length of time in the last of some results is shorter than ever before, and has not grown lately."""
    columns = [sign.spans for sign in asked]
    if len({len(spans) for spans in columns}) > 1:
        return False
    return any(len(c) > 2 and c[-1] < min(c[:-1]) and c[-2] <= c[-3] for c in zip(*columns, strict=True))


_reading = Fold[ReactStep, _Reading](_Reading, _Reading.add)
