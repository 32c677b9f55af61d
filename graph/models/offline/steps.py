"""Writes a rule once, as a generator that yields tool calls; each model call replays it up to the first new one.

The model keeps nothing between calls. A rule is deterministic, so feeding it the replies that stand in the messages
brings it back to where it was.
"""

import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

_CUT = re.compile(
    r"\n\[characters 0 to [\d,]+ of ([\d,]+); read on with read_output\(name=\"([^\"]+)\", start=\d+\)\]$"
)
_PAGE = re.compile(r"\n\[characters [\d,]+ to [\d,]+; (?:the end|[\d,]+ in all)\]$")
_LONGEST = 80_000
"""Characters of one output the rules read on in; more would push earlier steps out of the messages."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One tool call a rule wants made."""

    tool: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text the model sees."""

    text: str
    failed: bool = False
    output: Any = None
    """The tool's output as data, where the message carries it."""

    @property
    def data(self) -> Any:
        """The reply as JSON data, or as text where it is none."""
        if self.output is not None:
            return self.output
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text

    @property
    def reason(self) -> str:
        """The error without its marks."""
        return re.sub(r"^ERROR\s*(?:\w+:\s*)?", "", self.text).strip()


Steps = Generator[list[Ask], list[Reply], T]
"""A rule: yields calls to make side by side, is sent their replies, returns a T."""


class CannotDo(Exception):
    """The rules know no way; `str(error)` says why."""


class Failed(CannotDo):
    """A tool call gave an error; another rule may still do it."""


class Refused(CannotDo):
    """A person or the agent did not allow the call: no other way round it may be tried."""


def call(tool: str, /, **args: Any) -> Steps[Reply]:
    """Make one call and return its reply.

    Raises:
        Failed: the tool gave an error.
        Refused: a person did not allow the call.
    """
    reply = checked(tool, (yield [Ask(tool, args)])[0])
    return (yield from _whole(reply))


def _whole(reply: Reply) -> Steps[Reply]:
    """Read the rest of a reply that was cut."""
    cut = _CUT.search(reply.text)
    if not cut:
        return reply
    text, total = reply.text[: cut.start()], int(cut[1].replace(",", ""))
    if total > _LONGEST:
        raise CannotDo(f"The output is too long to work with here ({cut[1]} characters).")
    while len(text) < total:
        more = checked("read_output", (yield [Ask("read_output", {"name": cut[2], "start": len(text)})])[0])
        text += _PAGE.sub("", more.text)
    return Reply(text)


def checked(tool: str, reply: Reply) -> Reply:
    """Pass a good reply on, raise for a bad one."""
    if not reply.failed:
        return reply
    if re.match(r"ERROR\s+rejected\b", reply.text):
        raise Refused(f"{tool} was not allowed: {reply.reason}")
    raise Failed(f"{tool} failed: {reply.reason}")


def replay(steps: Steps[T], turns: Sequence[Sequence[Reply]]) -> list[Ask] | T:
    """Run a rule over the replies there are: the calls it wants next, or what it returns."""
    try:
        asks = next(steps)
        for replies in turns:
            missing = [Reply("ERROR no result came back", failed=True)] * (len(asks) - len(replies))
            asks = steps.send([*replies[: len(asks)], *missing])
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    return asks
