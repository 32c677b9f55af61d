"""What an attempt that failed has found out, in short: for the next plan, and for the workers that take its place."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.nodes.control import CONTROL_TOOLS
from surefoot.nodes.records import Json, digest
from surefoot.nodes.state import result_text

__all__ = ["findings"]

_MOST = 8
_LONGEST = 300
"""Characters of each."""
_WORD = re.compile(r"[\w.-]+")


def findings(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Json]]:
    """The last facts it wrote (`said`) and results it got (`tool`, `args`, `output`), oldest first, the same one once.

    A result that was put in doubt is none, and what it meant to do next is no fact: one names a figure it has seen.
    """
    doubted = {step["blame"]["step"] for step in log if step.get("blame")}
    found: dict[str, dict[str, Json]] = {}
    seen = set[str]()
    for index, step in enumerate(log):
        result = None if index in doubted else _result(step)
        for each in (_fact(step, seen), result):
            if each:
                mark = digest(each)
                found.pop(mark, None)
                found[mark] = each
        if result:
            seen |= _figures(result_text(step["observation"]["output"]))
    return list(found.values())[-_MOST:]


def _fact(step: Mapping[str, Any], seen: set[str]) -> dict[str, Json] | None:
    thought = step.get("thought") or ""
    return {"said": thought[:_LONGEST]} if _figures(thought) & seen else None


def _figures(text: str) -> set[str]:
    """Numbers and names with one in them."""
    return {word.strip(".-") for word in _WORD.findall(text) if any(map(str.isdigit, word))}


def _result(step: Mapping[str, Any]) -> dict[str, Json] | None:
    action, observation = step.get("action") or {}, step.get("observation") or {}
    if not observation.get("success") or action["tool"] in CONTROL_TOOLS:
        return None
    output = result_text(observation.get("output"))[:_LONGEST]
    return {"tool": action["tool"], "args": action.get("args", {}), "output": output}
