"""What a tool declares about itself: how its effect may be repeated.

read_only      changes nothing; may run side by side and again
idempotent     running it twice is running it once; may run again after a crash
reversible     changes something a person can put back; is not run again unasked
irreversible   cannot be put back; a person approves it first
undeclared     nobody said: asked for before its first use, never run again after a crash
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, cast, get_args

from langchain_core.tools import BaseTool

from surefoot.tools.isolation import USUAL_LIMITS, Isolation, Origin
from surefoot.tools.limits import Limits

__all__ = ["Effect", "ToolEffect", "effect_of", "found_at", "tool_effect"]

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
    isolate: Isolation | None = None
    """How each call runs in a process of its own; None = in a thread of the agent's process."""

    @property
    def repeatable(self) -> bool:
        """Whether running it once more does no harm."""
        return self.effect in ("read_only", "idempotent")


def tool_effect(
    effect: Declarable,
    *,
    timeout: float | None = None,
    probe: Callable[..., Any] | None = None,
    isolate: bool = False,
    env: Sequence[str] = (),
    cwd: str | None = None,
    limits: Limits | None = None,
) -> Callable[[T], T]:
    """Declare the effect of a plain function or a LangChain tool.

    Isolate a tool that can hang, crash or start programs: what calls native code on foreign data, a network without a
    deadline of its own, a subprocess. At the deadline such a call is ended with everything it started; otherwise it is
    left behind in a thread, and its effect may still happen later. In turn the call sees nothing of the agent's
    process: no closures, no context variables, no `interrupt`. Each starts from its module as it was imported, nothing
    that it starts or changes in memory outlives it, and what it prints is lost. It costs the import of its module at
    the first call (a second or more), about 20 milliseconds at each later one, and the memory of one more Python
    process. The tool must be found by import: at the top level of a module that starts no threads when it is imported,
    or of a script with a `__name__` guard.

    Args:
        effect: How the effect may be repeated.
        timeout: Seconds one call may take; None = the executor's own limit.
        probe: Told an action's arguments after a crash: the result if the effect happened, None if it did not.
        isolate: Run each call (and the probe) in a process of its own.
        env: Names of the environment variables an isolated call gets beside PATH, HOME and LANG.
        cwd: The current folder of an isolated call; None = the agent's.
        limits: What an isolated call may use; None = 500 processes.

    Raises:
        ValueError: `effect` is none of the four names, `timeout` is not positive, or something is said about the
            process of a tool that has none.
        TypeError: `env` is one name.
    """
    if effect not in get_args(Declarable):
        raise ValueError(f"effect must be read_only, idempotent, reversible or irreversible, not {effect!r}.")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"timeout must be positive, not {timeout}.")
    if not isolate and (env or cwd is not None or limits is not None):
        raise ValueError("env, cwd and limits are for a tool in a process of its own: say isolate=True too.")
    if isinstance(env, str):
        raise TypeError(f"env is a tuple of names, such as ({env!r},).")
    process = Isolation(tuple(env), cwd, limits or USUAL_LIMITS) if isolate else None
    declared = ToolEffect(effect, timeout, probe, "declared", process)
    return lambda tool: _mark(tool, declared)


def found_at(tool: T, origin: Origin) -> T:
    """Say where an isolated tool is found again by import, for one that a function makes; others stay as they are."""
    declared = _declared(tool)
    if declared is None or declared.isolate is None:
        return tool
    return _mark(tool, replace(declared, isolate=replace(declared.isolate, origin=origin)))


def _mark(tool: T, declared: ToolEffect) -> T:
    if isinstance(tool, BaseTool):
        tool.metadata = {**(tool.metadata or {}), _MARK: declared}
    else:
        setattr(tool, _MARK, declared)
    return tool


def effect_of(tool: Any, overrides: Mapping[str, Effect] | None = None) -> ToolEffect:
    """Read a tool's effect: settings first, then its own declaration, then MCP hints.

    `overrides` maps tool names to effects. MCP hints are read in both shapes in the field: flat
    (`readOnlyHint`) and nested under `mcp.tool.annotations` (`read_only_hint`).
    """
    declared = _declared(tool) or _from_hints(getattr(tool, "metadata", None))
    name = str(getattr(tool, "name", None) or getattr(tool, "__name__", ""))
    if overrides and name in overrides:
        return replace(declared or ToolEffect(), effect=overrides[name], source="settings")
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
