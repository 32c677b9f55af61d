"""Reads a log the way self-reflection needs it: what was done, what came of it, and whether that was news.

Thought text is not read at all. Two entries are the same only if action and result are the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import unquote

from surefoot.nodes.calls import (
    call_of,
    is_known_to_act,
    is_pause,
    is_shell,
    name_words,
    named_like_acting,
    named_like_reading,
    sleeps_first,
    squeezed,
    without_handed,
    without_places,
)
from surefoot.nodes.fold import Fold
from surefoot.nodes.results import (
    denies,
    has_failed,
    holds_items,
    is_hollow,
    items_of,
    refuses,
    says,
    telling,
    tells_of_failure,
    tells_of_nothing,
    tells_of_waiting,
    text_of,
    words,
)
from surefoot.nodes.sameness import bare, gist, leaves, measures, mild, spans, steady, times, unechoed
from surefoot.nodes.state import Json, ReactStep, digest, result_text

__all__ = [
    "REMEMBERED",
    "Sign",
    "read_signs",
    "recent_signs",
]

REMEMBERED = 128
"""Entries of a log that are surely looked at. What is noticed lies close together (see `Thresholds.gap`); what was seen
so long ago and comes again is no circle, and reading it all would make each resume as long as the log."""
_MANY = 10_000
_PROSE = re.compile(r"\w+(?:[\s,.?!'’:-]+\w+)+\W?")
_LATELY = 8
"""Entries in which what was told before is looked for."""
_CONTENT_WORDS = {"looks": 3, "unknown": 6, "acts": 12}
"""Words beyond those from which a result is of substance: who acts acknowledges at more length than who looks answers."""


@dataclass(frozen=True, eq=False)
class Sign:
    """One action of the log and its result, reduced to what can be compared; what is seldom asked is read when it is."""

    index: int
    step: ReactStep
    action: str
    """Identity of tool and arguments."""
    question: str
    """As `action`, but whatever part of the answer is wanted: which page, from which line on."""
    outcome: str
    """Identity of the result, without times and what the server calls the request; of a failure also without addresses and
    ids; of nothing without the call's own words. Of a question asked again with nothing changed since, that of the earlier
    result with the same gist."""
    failed: bool
    """The call failed, or its text begins or ends as an error does."""
    failing: bool
    """It failed, or its result tells of failures (tests, builds)."""
    reads: bool
    """It only looks: so declared, or, where nobody declared it, so named (or a shell command that is)."""
    does: bool
    """It changes something: so declared, or, where nobody declared it, so named."""
    hollow: bool
    """The result says nothing at all but that the call ended."""
    empty: bool
    """The result is that there is nothing."""
    informs: bool
    """Nobody declared or named what it does, and it is answered with more than a receipt, as who looks is."""
    after_pause: bool
    """The call before it only let time pass."""
    told: tuple[ReactStep, ...]
    """The actions right before it."""
    news: bool
    """An outcome never seen before in this log, and not hollow: progress.

    A failure is news if the same call failed otherwise before and something was done about it in between."""
    changed: bool
    """A call with an effect succeeded that was never made before, or with news: the world may be another now."""
    moved: bool
    """A call with an effect that was made before succeeded otherwise than ever: it steps through something."""

    @property
    def turn(self) -> int:
        return self.step.turn

    @property
    def tool(self) -> str:
        return call_of(self.step)[0].tool

    @property
    def args(self) -> dict[str, Json]:
        return call_of(self.step)[0].args

    @property
    def missing(self) -> bool:
        """There is no such tool."""
        return self._kind == "missing_tool"

    @cached_property
    def paused(self) -> bool:
        """The worker let time pass right before."""
        return self.after_pause or sleeps_first(self.step)

    @cached_property
    def asks(self) -> str:
        """As `action`, but without what was only handed out by the results before: a handle, a reference."""
        told = "\n".join(text_of(call_of(step)[1])[:4000] for step in self.told)
        args = without_handed(self.args, told)
        return digest([self.tool, args]) if args != self.args else self.action

    @cached_property
    def gist(self) -> str:
        """Identity of what the result says to who asked the same before, or another part of the same."""
        action, result = call_of(self.step)
        return digest([result.success, self._kind, unechoed(says(action, result), action.args), result.total_chars])

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the result."""
        return frozenset(words(unquote(gist(text_of(call_of(self.step)[1])))))

    @cached_property
    def asked(self) -> frozenset[str]:
        """The words of the arguments."""
        return frozenset(words(result_text(self.args)))

    @cached_property
    def searches(self) -> bool:
        """It is asked in words."""
        return any(_PROSE.fullmatch(value) for value in self.args.values() if isinstance(value, str))

    @cached_property
    def items(self) -> frozenset[str]:
        """What was found."""
        return items_of(call_of(self.step)[1].output)

    @cached_property
    def denies(self) -> bool:
        """The result has words of who gives no answer, among others."""
        return denies(text_of(call_of(self.step)[1]))

    def echoes(self, other: "Sign") -> bool:
        """Whether two calls of a tool were told the same no at some length, but for what each was asked.

        Of what is no refusal, the call's own words are the answer: this one is done, too."""
        if self.tool == other.tool and self.searches and other.searches and len(other.items) > 1:
            return other.items <= self.items
        if self.tool != other.tool or self.failed or other.failed or not (self.denies and other.denies):
            return False
        asked = self.asked | other.asked
        # What was entered before and stands there still is a form that fills.
        entered = (self.asked & self.said) - other.asked
        if entered and entered <= other.said:
            return False
        return self.said ^ other.said <= asked and len((self.said & other.said) - asked) >= _CONTENT_WORDS["unknown"]

    @cached_property
    def times(self) -> tuple[str, ...]:
        """The times in the result."""
        return times(text_of(call_of(self.step)[1]))

    @cached_property
    def spans(self) -> tuple[float, ...]:
        """The lengths of time in the result, which may run down."""
        return spans(text_of(call_of(self.step)[1]))

    @property
    def shell(self) -> bool:
        """It is a command of a shell."""
        return is_shell(self.tool)

    @cached_property
    def shapes(self) -> tuple[str, str]:
        """Of a failure: the kind and text of the error without any number; the same without the call's own words, too."""
        if not self.failed:
            return "", ""
        plain, own = bare(text_of(call_of(self.step)[1]), self.args)
        return digest([self._kind, plain]), digest([self._kind, own])

    @cached_property
    def form(self) -> str:
        """Identity of what was done and what came of it, without any number but the counts of what failed."""
        text = text_of(call_of(self.step)[1])
        return digest([self.asks, bare(text, {})[0], [count for count, _ in self.counts if count < _MANY]])

    def writes(self, other: "Sign") -> bool:
        """Whether it changes what the other call looks at: it names the same, and something more."""
        same = name_words(self.tool) & name_words(other.tool)
        looked_at, named = set(leaves(other.args)), set(leaves(self.args))
        return bool(same) and not (self.reads or self.failed) and bool(looked_at) and looked_at < named

    @property
    def turned_away(self) -> bool:
        """The call failed in words of who gives no answer, not in those of an error."""
        return refuses(call_of(self.step)[1].output)

    @cached_property
    def counts(self) -> tuple[tuple[float, bool], ...]:
        """Of a failure: the counts it tells, which may be counted down."""
        return measures(text_of(call_of(self.step)[1])) if self.failing else ()

    @cached_property
    def answers(self) -> bool:
        """The result says that there is nothing, or what there is: words, or items, and not a mere count of them."""
        action, result = call_of(self.step)
        if self.hollow or self.does or self.empty:
            return self.empty
        return telling(action, result) > 0 or holds_items(result.output)

    @cached_property
    def content(self) -> bool:
        """The result says something of substance, beyond a receipt or an empty answer."""
        action, result = call_of(self.step)
        kind = "looks" if self.reads else "unknown" if result.effect == "undeclared" else "acts"
        return telling(action, result) >= _CONTENT_WORDS[kind]

    @cached_property
    def waiting(self) -> bool:
        """The result says itself that something is under way."""
        action, result = call_of(self.step)
        return (
            result.success and not is_known_to_act(action, result) and tells_of_waiting(text_of(result), result.output)
        )

    @property
    def _kind(self) -> str:
        error = call_of(self.step)[1].error
        return error.kind if error else ""


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
            not isinstance(result.output, str) or telling(action, result) >= _CONTENT_WORDS["looks"]
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
