"""Uses tools nobody wrote a rule for: the best match by its schema, with missing values fetched from other tools."""

import re
from collections.abc import Mapping
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.fill import fill
from surefoot.graph.models.offline.match import ENOUGH, named_outright, rate
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps, call
from surefoot.graph.models.offline.words import best, content
from surefoot.graph.models.offline.world import Tool, World
from surefoot.nodes.evidence.words import parts

_DEEPEST = 2
_ASKS = re.compile(r"\W*(?:what|which|who|whose|where|when|how)\b", re.IGNORECASE)
"""A question changes nothing."""


def ranked(clause: Clause, world: World, besides: frozenset[str]) -> list[tuple[float, Tool]]:
    """Rate the tools that have no rule of their own, best first."""
    asks = bool(_ASKS.match(clause.text))
    others = {
        name: tool
        for name, tool in world.tools.items()
        if name not in besides and not (asks and tool.effect in ("reversible", "irreversible"))
    }
    rated = []
    for tool in others.values():
        _, missing = fill(tool, clause, world)
        lacking = len(missing) / max(1, len(tool.required))
        rated.append((rate(clause, tool, others) + 0.5 * named_outright(clause, tool) - 0.25 * lacking, tool))
    return sorted((entry for entry in rated if entry[0] >= ENOUGH), key=lambda entry: (-entry[0], entry[1].name))


def use(tool: Tool, clause: Clause, world: World, besides: frozenset[str]) -> Steps[str]:
    """Call a tool with what the clause says; what is missing comes from other tools.

    Raises:
        CannotDo: a required argument stands nowhere.
    """
    args = yield from _arguments(tool, clause, world, besides, 0)
    reply = yield from call(tool.name, **args)
    if reply.data in (None, "", [], {}):
        raise Failed(f"{tool.name} gave an empty result.")
    given = ", ".join(
        f"{name} {say.figure(value) if not isinstance(value, list | dict) else value}" for name, value in args.items()
    )
    return f"{tool.name} ({given}):\n{say.data(reply.data)}" if given else say.data(reply.data)


def _arguments(tool: Tool, clause: Clause, world: World, besides: frozenset[str], depth: int) -> Steps[dict[str, Any]]:
    args, missing = fill(tool, clause, world)
    for name in missing:
        value = yield from _derived(name, tool, clause, world, besides, depth)
        if value is None:
            raise CannotDo(f"{tool.name} needs {name!r}, and nothing says what it is.")
        args[name] = value
    return args


def _derived(name: str, wanting: Tool, clause: Clause, world: World, besides: frozenset[str], depth: int) -> Steps[Any]:
    if depth >= _DEEPEST:
        return None
    for tool in _sources(name, wanting, world, besides):
        try:
            args = yield from _arguments(tool, clause, world, besides, depth + 1)
            value = _picked(name, (yield from call(tool.name, **args)).data)
        except CannotDo:
            continue
        if value not in (None, ""):
            return value
    return None


def _sources(name: str, wanting: Tool, world: World, besides: frozenset[str]) -> list[Tool]:
    """List tools that promise a value of this name, best first."""
    words = [part for part in parts(name) if part not in ("id", "code", "name")] or list(parts(name))
    rated = []
    for tool in world.tools.values():
        if tool.name in besides or tool.name == wanting.name or name in tool.properties:
            continue
        told = [*parts(tool.name), *content(tool.description)]
        exact = all(best(part, told) >= 0.9 for part in parts(name))
        if exact or all(best(part, parts(tool.name)) >= 0.9 for part in words):
            rated.append((-int(exact), tool.name, tool))
    return [tool for *_, tool in sorted(rated, key=lambda entry: entry[:2])][:3]


def _picked(name: str, value: Any) -> Any:
    """Take the value of a name out of a result: the key most like it, or a lone plain value."""
    if isinstance(value, list):
        return _picked(name, value[0]) if value else None
    if not isinstance(value, Mapping):
        return value
    wanted = parts(name)
    for key, item in value.items():
        if parts(str(key)) == wanted:
            return item
    last = [item for key, item in value.items() if parts(str(key)) and parts(str(key))[-1] == wanted[-1]]
    inner = [
        found for item in value.values() if isinstance(item, Mapping) and (found := _picked(name, item)) is not None
    ]
    return last[0] if last else inner[0] if inner else None
