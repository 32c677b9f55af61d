"""Names the tools that lead away from the thing something is asked of.

The doctor of an appointment's patient is another one than the doctor of the appointment. Where a tool promises what is
asked of the thing itself, a way over a third thing tells something else, and is none even where that tool fails.
"""

from collections.abc import Mapping, Sequence
from math import inf

from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.quest.fitting import fit_fact
from surefoot.nodes.quest.ways import Wanted

__all__ = ["strays"]

_STRAY = 4.0
"""What it costs to call such a tool: more than to hope that a record of the thing itself holds what nobody said it does."""
_PROMISED, _TAKES = 0.75, 0.7
"""How well a tool must fit to promise something of the thing itself, and how well what it needs, to be asked about it."""


def strays(tools: Toolset, wanted: Wanted, roots: Sequence[Fact], learned: Mapping[str, object]) -> Mapping[str, float]:
    """Say for every tool that leads astray what it costs; infinity = it is no way at all.

    Args:
        tools: What can be called.
        wanted: What is to be had, and of what.
        roots: The facts about that thing.
        learned: The tools that have answered.
    """
    of = [tools.lexicon.near(word) for word in wanted.of]
    away = [tool for tool, promise in tools.promises.items() if any(promise.words.isdisjoint(near) for near in of)]
    if not of or len(away) == len(tools.promises):
        return {}
    own = [promise for tool, promise in tools.promises.items() if tool not in set(away)]
    price = inf if _promised(tools, wanted, own) or _unread(tools, wanted, own, roots, learned) else _STRAY
    return {**dict.fromkeys(away, price), **dict.fromkeys(_back(tools, wanted, own, roots), _STRAY)}


def _promised(tools: Toolset, wanted: Wanted, own: Sequence[Promise]) -> bool:
    phrases = tuple(phrase for phrase, extra in wanted.phrases if phrase and extra < 0.3)
    names = {promise.tool for promise in own}
    return any(
        fit >= _PROMISED and tool in names and not each.record
        for tool, each, fit in tools.suppliers(phrases, wanted.about)
    )


def _unread(
    tools: Toolset, wanted: Wanted, own: Sequence[Promise], roots: Sequence[Fact], learned: Mapping[str, object]
) -> bool:
    """Whether there are records of the thing itself, which may hold anything, and none has been read so far."""
    heads = {word for stem in wanted.of for word in tools.lexicon.near(stem)}
    records = [
        promise.tool
        for promise in own
        if any(each.record and each.phrase[-1] in heads for each in promise.yields)
        and all(
            any(fit_fact(tools.lexicon, need, fact, promise.words) >= _TAKES for fact in roots)
            for need in promise.required
        )
    ]
    return bool(records) and learned.keys().isdisjoint(records)


def _back(tools: Toolset, wanted: Wanted, own: Sequence[Promise], roots: Sequence[Fact]) -> list[str]:
    """Name the tools that lead from another thing back to such things: to others of its kind, most of the time."""
    kind = tuple(sorted(wanted.of))
    if not any(tools.lexicon.fit((*kind, "id"), fact.phrase, named=fact.named) >= _PROMISED for fact in roots):
        return []
    names = {tool for tool, each, fit in tools.suppliers(((*kind, "id"), kind)) if fit >= _PROMISED}
    return [
        promise.tool
        for promise in own
        if promise.tool in names
        and not any(
            tools.lexicon.fit((*kind, "id"), phrase) >= _PROMISED for need in promise.needs for phrase in need.phrases
        )
    ]
