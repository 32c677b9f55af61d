"""Writes a rule once, as a generator that yields tool calls; each model call replays it up to the first new one.

The model keeps nothing between calls. A rule is deterministic, so feeding it the replies that stand in the messages
brings it back to where it was.
"""

import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from surefoot.nodes import prompts

T = TypeVar("T")

_PAGE = re.compile(r"\n\[characters [\d,]+ to [\d,]+\b[^\]]*\]$")
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
    """The tool's own output, where it came along whole."""

    @property
    def data(self) -> Any:
        """The reply as data: JSON, or `key: value` sections; else its text."""
        if self.output is not None:
            return self.output
        try:
            return json.loads(self.text)
        except ValueError:
            return _sections(self.text) or self.text

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
    cut = _cut().search(reply.text)
    if not cut:
        return reply
    text, total = reply.text[: cut.start()], int(cut["total"].replace(",", ""))
    if total > _LONGEST:
        raise CannotDo(f"The output is too long to work with here ({total:,} characters).")
    while len(text) < total:
        args = {"name": cut["name"], "start": len(text), "length": 12_000}
        more = _PAGE.sub("", checked("read_output", (yield [Ask("read_output", args)])[0]).text)
        if not more:
            raise CannotDo("The rest of an output could not be read.")
        text += more
    return Reply(text)


@cache
def _cut() -> re.Pattern[str]:
    """Match the mark that surefoot leaves at the end of an output it cut."""
    mark = re.escape(prompts.cut(name="NAME", shown=1, total=2))
    mark = mark.replace("NAME", '(?P<name>[^"]+)').replace("2", "(?P<total>[\\d,]+)").replace("1", "[\\d,]+")
    return re.compile(rf"\s*{mark}\s*$")


def _sections(text: str) -> dict[str, Any]:
    """Read `key: value` lines with JSON values, then texts under `key:`."""
    found: dict[str, Any] = {}
    head = re.match(r"(?:\w+: .+(?:\n|$))*", text)
    short = head[0] if head else ""
    for line in short.splitlines():
        name, _, value = line.partition(": ")
        try:
            found[name] = json.loads(value)
        except ValueError:
            return {}
    for name, body in re.findall(r"^(\w+):\n(.*?)(?=^\w+:\n|\Z)", text[len(short) :], re.MULTILINE | re.DOTALL):
        found[name] = body
    return found


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
