"""Answers a question over tools nobody has seen: each reply is the next move of a quest, decided from the messages alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from surefoot.graph.models.offline.steps import Ask, CannotDo
from surefoot.graph.models.offline.words import bag
from surefoot.graph.models.offline.world import Tool
from surefoot.nodes.quest.quest import Quest, asks_for_something
from surefoot.nodes.state import Action, ReactStep, StepError, StepResult

__all__ = ["asks", "move", "without"]

_FEWEST = 3
"""With fewer tools of their own the rules do, which match one by its schema."""
_MANY = 15
"""Among so many, some tool always looks as if it matched."""
_NOT_BY = re.compile(r" \(not by ([\w, ]+)\)$")
_ERROR = re.compile(r"ERROR (\w+): ")
_KINDS = bag("missing_tool bad_arguments exception timeout unstorable refused rejected unfinished")


def asks(goal: str, tools: Mapping[str, Tool], besides: frozenset[str]) -> bool:
    """Whether a goal asks for a value of something it names, and there are enough tools that may tell it."""
    offers = _offers(tools, besides)
    return len(offers) >= _FEWEST and asks_for_something(_NOT_BY.sub("", goal), offers)


def move(
    goal: str, tools: Mapping[str, Tool], besides: frozenset[str], messages: Sequence[BaseMessage], *, hurry: bool
) -> list[Ask] | str | None:
    """Decide what to call next, or the answer; None = this is no question for these tools.

    Raises:
        CannotDo: no way is left.
    """
    offers, banned = _offers(tools, besides), _NOT_BY.search(goal)
    goal = _NOT_BY.sub("", goal)
    if not _is_question(goal, offers):
        return None
    avoid = frozenset(banned[1].split(", ") if banned else ())
    found = Quest(goal, offers, list(_log(messages)), hurry=hurry, avoid=avoid).move()
    if found.calls:
        return [Ask(tool, args) for tool, args in found.calls]
    if found.answer:
        return found.answer
    raise CannotDo(found.gave_up)


def _is_question(goal: str, offers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a quest will do better than a rule that matches one tool: it knows the way, or there are too many to match."""
    if len(offers) >= _MANY:
        return asks_for_something(goal, offers)
    return len(offers) >= _FEWEST and Quest(goal, offers, []).move().sure


def without(goal: str, blamed: Sequence[str]) -> str:
    """Ask the same again, but not by tools that were to blame."""
    before = _NOT_BY.search(goal)
    names = dict.fromkeys([*(before[1].split(", ") if before else ()), *blamed])
    return f"{_NOT_BY.sub('', goal)} (not by {', '.join(names)})" if names else goal


def _offers(tools: Mapping[str, Tool], besides: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
            "output": dict(tool.output),
            "effect": tool.effect,
        }
        for name, tool in tools.items()
        if name not in besides
    ]


def _log(messages: Sequence[BaseMessage]) -> Iterator[ReactStep]:
    """Read the calls and their results back out of the conversation."""
    results = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            if (seen := results.get(str(call["id"]))) is not None:
                args = {name: value for name, value in call["args"].items() if name != "confidence"}
                yield ReactStep(action=Action(tool=call["name"], args=args), observation=_observed(seen))


def _observed(message: ToolMessage) -> StepResult:
    text = message.text
    if message.status == "error" or text.startswith("ERROR "):
        named = _ERROR.match(text)
        kind: Any = named[1] if named and named[1] in _KINDS else "exception"
        return StepResult(success=False, error=StepError(kind=kind, message=_ERROR.sub("", text, count=1)))
    whole = isinstance(message.artifact, dict) and "output" in message.artifact
    return StepResult(success=True, output=message.artifact["output"] if whole else text)
