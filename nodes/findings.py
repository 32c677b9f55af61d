"""What an attempt that failed has found out, in short: for the next plan, and for the workers that take its place."""

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.nodes.control import CONTROL_TOOLS
from surefoot.nodes.records import Json, digest
from surefoot.nodes.state import result_text

__all__ = ["findings"]

_MOST = 8
_LONGEST = 300
"""Characters of each."""


def findings(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Json]]:
    """The last facts it wrote (`said`) and results it got (`tool`, `args`, `output`), oldest first, the same one once.

    A result that was put in doubt is none.
    """
    doubted = {step["blame"]["step"] for step in log if step.get("blame")}
    found: dict[str, dict[str, Json]] = {}
    for index, step in enumerate(log):
        for each in _of(step, index in doubted):
            mark = digest(each)
            found.pop(mark, None)
            found[mark] = each
    return list(found.values())[-_MOST:]


def _of(step: Mapping[str, Any], doubted: bool) -> list[dict[str, Json]]:
    said: list[dict[str, Json]] = [{"said": step["thought"][:_LONGEST]}] if step.get("thought") else []
    action, observation = step.get("action") or {}, step.get("observation") or {}
    if doubted or not observation.get("success") or action["tool"] in CONTROL_TOOLS:
        return said
    output = result_text(observation.get("output"))[:_LONGEST]
    return [*said, {"tool": action["tool"], "args": action.get("args", {}), "output": output}]
