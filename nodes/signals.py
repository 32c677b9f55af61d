"""What one action of a log and its result come to, so that they can be compared with others."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from surefoot.nodes.calls import (
    call_of,
    is_known_to_act,
    is_shell,
    name_words,
    sleeps_first,
    without_handed,
)
from surefoot.nodes.results import (
    denies,
    holds_items,
    items_of,
    refuses,
    says,
    telling,
    tells_of_waiting,
    text_of,
    words,
)
from surefoot.nodes.sameness import bare, gist, leaves, measures, spans, times, unechoed
from surefoot.nodes.state import Json, ReactStep, digest, result_text

__all__ = ["CONTENT_WORDS", "Sign"]

_MANY = 10_000
_PROSE = re.compile(r"\w+(?:[\s,.?!'’:-]+\w+)+\W?")
CONTENT_WORDS = {"looks": 3, "unknown": 6, "acts": 12}
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
        return self.said ^ other.said <= asked and len((self.said & other.said) - asked) >= CONTENT_WORDS["unknown"]

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
        return telling(action, result) >= CONTENT_WORDS[kind]

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
