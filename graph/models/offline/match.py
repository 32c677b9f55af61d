"""Rates how well a clause matches a tool nobody wrote a rule for, by its name, description and arguments."""

import math
import re
from collections.abc import Mapping

from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.words import alike, bag, best, content
from surefoot.graph.models.offline.world import Tool
from surefoot.nodes.evidence.words import parts

ENOUGH = 0.5
"""A tool rated lower is not tried."""

_PLAIN = bag(
    "get fetch do run tool find lookup look up search query call api v1 v2 the of for by to make compute "
    "calculate show tell give is"
)
_WARNING = re.compile(
    r"\b(?:deprecated|obsolete|do not use|sample data|test data|fake|mock|may be stale|outdated|unreliable|legacy)\b",
    re.IGNORECASE,
)


def rate(clause: Clause, tool: Tool, tools: Mapping[str, Tool]) -> float:
    """Rate a tool from 0 to 1; a warning in its description counts against it."""
    asked = [word for word in content(clause.plain) if not word.isdigit()]
    if not asked:
        return 0.0
    name = [part for part in parts(tool.name) if part not in _PLAIN] or list(parts(tool.name))
    named = sum(best(part, clause.words) for part in name) / len(name)
    hits = {word: _hit(word, tool) for word in asked}
    weights = {word: _rarity(word, tools) for word in asked}
    met = sum(weights[word] * hit for word, hit in hits.items())
    about = sum(weight for word, weight in weights.items() if any(_hit(word, other) for other in tools.values()))
    coverage = met / about if about else 0.0
    understood = sum(hit > 0 for hit in hits.values()) / len(hits)
    rating = 0.5 * named + 0.35 * coverage + 0.15 * understood
    if not any(best(part, clause.words) >= 0.8 for part in name):
        rating *= 0.6
    return rating * (0.5 if _WARNING.search(tool.description) else 1.0)


def named_outright(clause: Clause, tool: Tool) -> bool:
    """Whether the clause says the tool's name, as it is or in its words."""
    return tool.name.lower() in clause.text.lower() or (
        len(parts(tool.name)) > 1 and " ".join(parts(tool.name)) in clause.plain
    )


def _hit(word: str, tool: Tool) -> float:
    name = best(word, parts(tool.name))
    arguments = 0.8 * max((best(word, parts(argument)) for argument in tool.properties), default=0.0)
    told = 0.7 * max((alike(word, other) for other in content(tool.description)), default=0.0)
    return max(name, arguments, told)


def _rarity(word: str, tools: Mapping[str, Tool]) -> float:
    having = sum(_hit(word, tool) > 0 for tool in tools.values())
    return math.log(1 + (len(tools) + 1) / (having + 0.5))
