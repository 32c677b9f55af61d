"""What a tool declares about itself: how its effect may be repeated.

read_only      changes nothing; may run side by side and again
idempotent     running it twice is running it once; may run again after a crash
reversible     changes something a person can put back; is not run again unasked
irreversible   cannot be put back; a person approves it first
undeclared     nobody said: asked for before its first use, never run again after a crash
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args

from langchain_core.tools import BaseTool

__all__ = ["Effect", "ToolEffect", "effect_of", "tool_effect"]

Declarable = Literal["read_only", "idempotent", "reversible", "irreversible"]
Effect = Declarable | Literal["undeclared"]

_MARK = "surefoot_effect"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToolEffect:
    """What is known of a tool's effect, and who said so."""

    effect: Effect = "undeclared"
    timeout: float | None = None
    """Seconds one call may take; None = the executor's own limit."""
    probe: Callable[..., Any] | None = None
    """Called with the action's arguments after a crash: the result if the effect happened, None if it did not."""
    source: Literal["declared", "mcp", "settings", "nobody"] = "nobody"

    @property
    def repeatable(self) -> bool:
        """Whether running it once more does no harm."""
        return self.effect in ("read_only", "idempotent")


def tool_effect(
    effect: Declarable,
    *,
    timeout: float | None = None,
    probe: Callable[..., Any] | None = None,
) -> Callable[[T], T]:
    """Declare the effect of a plain function or a LangChain tool.

    Raises:
        ValueError: `effect` is none of the four names, or `timeout` is not positive.
    """
    if effect not in get_args(Declarable):
        raise ValueError(f"effect must be read_only, idempotent, reversible or irreversible, not {effect!r}.")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"timeout must be positive, not {timeout}.")
    declared = ToolEffect(effect, timeout, probe, "declared")

    def mark(tool: T) -> T:
        if isinstance(tool, BaseTool):
            tool.metadata = {**(tool.metadata or {}), _MARK: declared}
        else:
            setattr(tool, _MARK, declared)
        return tool

    return mark


def effect_of(tool: Any, overrides: Mapping[str, Effect] | None = None) -> ToolEffect:
    """Read a tool's effect: settings first, then its own declaration, then MCP hints.

    `overrides` maps tool names to effects. MCP hints are read in both shapes in the field: flat
    (`readOnlyHint`) and nested under `mcp.tool.annotations` (`read_only_hint`).
    """
    declared = _declared(tool) or _from_hints(getattr(tool, "metadata", None))
    name = str(getattr(tool, "name", None) or getattr(tool, "__name__", ""))
    if overrides and name in overrides:
        known = declared or ToolEffect()
        return ToolEffect(overrides[name], known.timeout, known.probe, "settings")
    return declared or ToolEffect()


def _declared(tool: Any) -> ToolEffect | None:
    if isinstance(tool, BaseTool):
        marked = (tool.metadata or {}).get(_MARK)
        wrapped = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
        return cast(ToolEffect | None, marked or getattr(wrapped, _MARK, None))
    return cast(ToolEffect | None, getattr(tool, _MARK, None))


def _from_hints(metadata: Mapping[str, Any] | None) -> ToolEffect | None:
    hints: Any = metadata or {}
    for key in ("mcp", "tool", "annotations"):
        nested = hints.get(key)
        if isinstance(nested, Mapping):
            hints = nested
    read = hints.get("readOnlyHint", hints.get("read_only_hint"))
    destructive = hints.get("destructiveHint", hints.get("destructive_hint"))
    idempotent = hints.get("idempotentHint", hints.get("idempotent_hint"))
    if (read, destructive, idempotent) == (None, None, None):
        return None
    if read is True:
        return ToolEffect("read_only", source="mcp")
    if idempotent is True and destructive is False:
        return ToolEffect("idempotent", source="mcp")
    return ToolEffect("reversible" if destructive is False else "irreversible", source="mcp")
