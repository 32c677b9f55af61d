"""A reader that knows only what is before it and, at the end of its work, needs what it was told at its beginning.

It looks for the fact in its prompt; where that is not there any more, for the name of the step that had it; and where
that is not there either, in the list of its oldest steps, page by page.
"""

import re
from collections.abc import Sequence
from typing import Any

from benchmarks.speed.payload import seen

__all__ = ["FACT", "TOLD_AT", "recalled", "told"]

TOLD_AT = 3
"""The turn at whose place the fact is told."""
FACT = re.compile(r"The gate opens with (\d+)")
_LIST = re.compile(r'read_output\(name="(\d+-\d+)", start=0\) lists them')
_PAGE = re.compile(r"\[characters [\d,]+ to ([\d,]+); [\d,]+ in all\]\s*$")


def told(place: str) -> str:
    """Describe a place as `seen` does; at that turn's place the fact is in the middle of it."""
    text = seen(place)
    if not place.endswith(f" {TOLD_AT}"):
        return text
    return f"{text[:300]} The gate opens with {sum(map(ord, text))}. {text[300:]}"


def recalled(prompt: Sequence[str], asked: Sequence[dict[str, Any]]) -> dict[str, Any] | str | None:
    """Decide what to do next: arguments for `read_output`, or the fact; None = it cannot be found.

    Args:
        prompt: The texts of the messages, in order.
        asked: The arguments of the calls of `read_output` this reader has made so far.
    """
    if found := [match[1] for text in prompt for match in FACT.finditer(text)]:
        return found[-1]
    step = re.compile(rf'^(\d+\.\d+) look\(\{{"at": "[a-z]+ {TOLD_AT}"\}}\)', re.MULTILINE)
    if named := [match[1] for text in prompt for match in step.finditer(text)]:
        return {"name": named[-1], "start": 0}
    if asked and (page := _PAGE.search(prompt[-1])):
        return {"name": asked[-1]["name"], "start": int(page[1].replace(",", ""))}
    lists = [match[1] for text in prompt for match in _LIST.finditer(text)]
    return {"name": lists[-1], "start": 0} if lists and not asked else None
