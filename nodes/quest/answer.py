"""Tells what was found, and by which calls."""

from collections.abc import Sequence

from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.values import as_text
from surefoot.nodes.quest.asked import Target
from surefoot.nodes.quest.rows import as_number
from surefoot.nodes.quest.scene import Reached, Scene

__all__ = ["folded", "told"]


def told(scene: Scene, ends: Sequence[Reached]) -> str:
    lines = [each.text for each in ends]
    if len(ends) > 1:
        lines = [f"{target.text}: {each.text}" for target, each in zip(scene.asked.targets, ends, strict=True)]
    steps = sorted({step for each in ends for fact in each.facts for step in scene.ledger.behind(fact.step)})
    calls = [call for call in scene.ledger.calls if call.step in steps]
    told = [f"- {call.tool}({', '.join(f'{k}={as_text(v)}' for k, v in call.args.items())})" for call in calls[:12]]
    return "\n".join([*lines, "", "Found by:", *told, *_cautions(scene, {call.tool for call in calls})])


def _cautions(scene: Scene, tools: set[str]) -> list[str]:
    """Say which of the tools an answer rests on warn of themselves: nothing better told it."""
    grave = {
        tool: scene.tools.promises[tool].warnings for tool in sorted(tools) if scene.tools.promises[tool].distance >= 1
    }
    said = [f"- {tool} says of itself: {', '.join(word for word in warnings)}" for tool, warnings in grave.items()]
    return ["", "Not certain:", *said] if said else []


def folded(facts: Sequence[Fact], target: Target) -> str:
    """Make one value of several: their number, their sum, or all of them."""
    values = list({(fact.rows, fact.text): fact for fact in facts}.values())
    numbers = [number for fact in values if (number := as_number(fact)) is not None]
    if target.fold == "count":
        return _count(values, bool(numbers))
    if target.fold and len(numbers) == len(values) > 1:
        folds = {"sum": sum(numbers), "average": sum(numbers) / len(numbers), "max": max(numbers), "min": min(numbers)}
        return as_text(round(folds[target.fold], 6))
    return ", ".join(dict.fromkeys(_shown(fact) for fact in values))


def _count(values: Sequence[Fact], numbers: bool) -> str:
    fact = values[0]
    counted = {"count", "number", "num", "total", "quantity", "qty", "n"} & set(fact.phrase)
    if len(values) == 1 and numbers and (counted or not fact.rows):
        return _shown(fact)
    return str(len({fact.rows for fact in values} if fact.rows else values))


def _shown(fact: Fact) -> str:
    return {True: "yes", False: "no"}[fact.value] if isinstance(fact.value, bool) else fact.text
