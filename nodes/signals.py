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
    named_like_acting,
    named_like_reading,
    names_in,
    sleeps_first,
    squeezed,
    without_handed,
    without_places,
)
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
from surefoot.nodes.sameness import bare, gist, leaves, measures, numberless, spans, times, unechoed
from surefoot.nodes.state import ReactStep, digest, result_text

__all__ = ["CONTENT_WORDS", "Sign"]

_MANY = 10_000
_PROSE = re.compile(r"\w+(?:[\s,.?!'’:-]+\w+)+\W?")
CONTENT_WORDS = {"looks": 3, "unknown": 6, "acts": 12}
"""Words beyond those from which a result is of substance: who acts acknowledges at more length than who looks answers."""


@dataclass(eq=False)
class Sign:
    """One action of the log and its result, reduced to what can be compared; each form of it is made when it is asked for.

    What depends on the entries before it is set by who reads the log, before anyone else sees it."""

    index: int
    step: ReactStep
    told: tuple["Sign", ...]
    """The actions right before it."""
    after_pause: bool
    """The call before it only let time pass."""
    outcome: str = ""
    """Identity of the result, without times and what the server calls the request; of a failure also without addresses and
    ids; of nothing without the call's own words. Of a question asked again with nothing changed since, that of the earlier
    result with the same gist."""
    news: bool = False
    """An outcome never seen before in this log, and not hollow: progress.

    A failure is news if the same call failed otherwise before and something was done about it in between."""
    changed: bool = False
    """A call with an effect succeeded that was never made before, or with news: the world may be another now."""
    moved: bool = False
    """A call with an effect that was made before succeeded otherwise than ever: it steps through something."""

    def __post_init__(self) -> None:
        self.call, self.result = call_of(self.step)
        self.turn, self.tool, self.args = self.step.turn, self.call.tool, self.call.args
        self.text = text_of(self.result)

    @cached_property
    def action(self) -> str:
        """Identity of tool and arguments."""
        return digest([self.tool, squeezed(self.args)])

    @cached_property
    def question(self) -> str:
        """As `action`, but whatever part of the answer is wanted: which page, from which line on."""
        return digest([self.tool, without_places(self.args)])

    @cached_property
    def failed(self) -> bool:
        """The call failed, or its text begins or ends as an error does."""
        return has_failed(self.result)

    @cached_property
    def failing(self) -> bool:
        """It failed, or its result tells of failures (tests, builds)."""
        # A text that is read may be about failures.
        of_others = self.reads and isinstance(self.result.output, str)
        return self.failed or (not of_others and tells_of_failure(self.text, self.result.output))

    @cached_property
    def reads(self) -> bool:
        """It only looks: so declared, or, where nobody declared it, so named (or a shell command that is)."""
        effect = self.result.effect
        return effect == "read_only" or (effect == "undeclared" and named_like_reading(self.call))

    @cached_property
    def does(self) -> bool:
        """It changes something: so declared, or, where nobody declared it, so named."""
        declared = self.result.effect not in ("undeclared", "read_only")
        return declared or (not self.reads and named_like_acting(self.tool))

    @cached_property
    def hollow(self) -> bool:
        """The result says nothing at all but that the call ended."""
        return is_hollow(self.call, self.result)

    @cached_property
    def empty(self) -> bool:
        """The result is that there is nothing."""
        if self.failed:
            return False
        return tells_of_nothing(self.call, self.result, reads=self.reads, does=self.does, hollow=self.hollow)

    @cached_property
    def informs(self) -> bool:
        """Nobody declared or named what it does, and it is answered with more than a receipt, as who looks is."""
        if self.hollow or self.does or self.shell or self.result.effect != "undeclared":
            return False
        return not isinstance(self.result.output, str) or self._telling >= CONTENT_WORDS["looks"]

    @property
    def missing(self) -> bool:
        """There is no such tool."""
        return self.kind == "missing_tool"

    @cached_property
    def paused(self) -> bool:
        """The worker let time pass right before."""
        return self.after_pause or sleeps_first(self.step)

    @cached_property
    def asks(self) -> str:
        """As `action`, but without what was only handed out by the results before: a handle, a reference."""
        told = "\n".join(sign.text[:4000] for sign in self.told)
        args = without_handed(self.args, told)
        return digest([self.tool, args]) if args != self.args else self.action

    @cached_property
    def gist(self) -> str:
        """Identity of what the result says to who asked the same before, or another part of the same."""
        said = unechoed(says(self.call, self.result), self.args)
        return digest([self.result.success, self.kind, said, self.result.total_chars])

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the result."""
        return frozenset(words(unquote(gist(self.text))))

    @cached_property
    def asked(self) -> frozenset[str]:
        """The words of the arguments."""
        return frozenset(words(result_text(self.args)))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in the arguments."""
        return frozenset(name for value in leaves(self.args) for name in names_in(value))

    @cached_property
    def searches(self) -> bool:
        """It is asked in words."""
        return any(_PROSE.fullmatch(value) for value in self.args.values() if isinstance(value, str))

    @cached_property
    def items(self) -> frozenset[str]:
        """What was found."""
        return items_of(self.result.output)

    @cached_property
    def denies(self) -> bool:
        """The result has words of who gives no answer, among others."""
        return denies(self.text)

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
        return times(self.text)

    @cached_property
    def spans(self) -> tuple[float, ...]:
        """The lengths of time in the result, which may run down."""
        return spans(self.text)

    @property
    def shell(self) -> bool:
        """It is a command of a shell."""
        return is_shell(self.tool)

    @cached_property
    def shapes(self) -> tuple[str, str]:
        """Of a failure: the kind and text of the error without any number; the same without the call's own words, too."""
        if not self.failed:
            return "", ""
        plain, own = bare(self.text, self.args)
        return digest([self.kind, plain]), digest([self.kind, own])

    def fails_like(self, other: "Sign", way: int) -> bool:
        """Whether both failed, in one shape."""
        return self.failed and other.failed and self.shapes[way] == other.shapes[way]

    @cached_property
    def form(self) -> str:
        """Identity of what was done and what came of it, without any number but the counts of what failed."""
        return digest([self.asks, numberless(self.text), [count for count, _ in self.counts if count < _MANY]])

    def writes(self, other: "Sign") -> bool:
        """Whether it changes what the other call looks at: it names the same, and something more."""
        if self.reads or self.failed or name_words(self.tool).isdisjoint(name_words(other.tool)):
            return False
        looked_at = set(leaves(other.args))
        return bool(looked_at) and looked_at < set(leaves(self.args))

    @property
    def turned_away(self) -> bool:
        """The call failed in words of who gives no answer, not in those of an error."""
        return refuses(self.result.output)

    @cached_property
    def counts(self) -> tuple[tuple[float, bool], ...]:
        """Of a failure: the counts it tells, which may be counted down."""
        return measures(self.text) if self.failing else ()

    @cached_property
    def answers(self) -> bool:
        """The result says that there is nothing, or what there is: words, or items, and not a mere count of them."""
        if self.hollow or self.does or self.empty:
            return self.empty
        return self._telling > 0 or holds_items(self.result.output)

    @cached_property
    def content(self) -> bool:
        """The result says something of substance, beyond a receipt or an empty answer."""
        kind = "looks" if self.reads else "unknown" if self.result.effect == "undeclared" else "acts"
        return self._telling >= CONTENT_WORDS[kind]

    @cached_property
    def waiting(self) -> bool:
        """The result says itself that something is under way."""
        known = not self.result.success or is_known_to_act(self.call, self.result)
        return not known and tells_of_waiting(self.text, self.result.output)

    @cached_property
    def _telling(self) -> int:
        return telling(self.call, self.result)

    @property
    def kind(self) -> str:
        """Of an error; empty where the call did not fail."""
        return self.result.error.kind if self.result.error else ""
