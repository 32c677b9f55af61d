"""What a tool declares about itself: how its effect may be repeated.

read_only      changes nothing; may run side by side and again
idempotent     running it twice is running it once; may run again after a crash
reversible     changes something a person can put back; is not run again unasked
irreversible   cannot be put back; a person approves it first
undeclared     nobody said: asked for before its first use, never run again after a crash

And whether it is untrusted: whether its results may carry text by strangers, such as a web page or a mail.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
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
    untrusted: bool = True
    """Whether its results may carry text by strangers: what follows them is asked for."""
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
    untrusted: bool = False,
    isolate: bool = False,
    env: Sequence[str] = (),
    cwd: str | None = None,
    limits: Limits | None = None,
) -> Callable[[T], T]:
    """Declare the effect of a plain function or a LangChain tool.

    Isolate a tool that can hang, crash or start programs: what calls native code on foreign data, a network without a
    deadline of its own, a subprocess. At the deadline such a call is ended with everything it started; otherwise it is
    left behind in a thread, and its effect may still happen later. In turn the call sees nothing of the agent's
    process: no closures, no context variables, no `interrupt`, and nothing of what it starts or changes in memory
    outlives it; what it prints is lost. It costs about as long as the import of its module at the first call, a few
    milliseconds at each later one, and the memory of one more Python process. The tool must be found by import: at the
    top level of a module that starts no threads when it is imported, or of a script with a `__name__` guard.

    Args:
        effect: How the effect may be repeated.
        timeout: Seconds one call may take; None = the executor's own limit.
        probe: Told an action's arguments after a crash: the result if the effect happened, None if it did not.
        untrusted: Its results may carry text by strangers (pages, mails, tickets): once a worker has read one, every
            further action of its that changes something asks a person.
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
    declared = ToolEffect(effect, timeout, probe, "declared", untrusted, process)
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


def effect_of(tool: Any, overrides: Mapping[str, Effect] | None = None, untrusted: Collection[str] = ()) -> ToolEffect:
    """Read a tool's effect: settings first, then its own declaration, then MCP hints.

    `overrides` maps tool names to effects; `untrusted` names tools whose results may carry text by strangers, whatever
    they say themselves. An undeclared tool is untrusted, and so is an MCP tool unless it says that it works in a closed
    world. MCP hints are read in both shapes in the field: flat
    (`readOnlyHint`) and nested under `mcp.tool.annotations` (`read_only_hint`).
    """
    known = _declared(tool) or _from_hints(getattr(tool, "metadata", None))
    name = str(getattr(tool, "name", None) or getattr(tool, "__name__", ""))
    if overrides and name in overrides:
        known = replace(known, effect=overrides[name], source="settings")
    return replace(known, untrusted=True) if name in untrusted else known


def _declared(tool: Any) -> ToolEffect | None:
    if isinstance(tool, BaseTool):
        marked = (tool.metadata or {}).get(_MARK)
        wrapped = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
        return cast(ToolEffect | None, marked or getattr(wrapped, _MARK, None))
    return cast(ToolEffect | None, getattr(tool, _MARK, None))


def _from_hints(metadata: Mapping[str, Any] | None) -> ToolEffect:
    hints: Any = metadata or {}
    for key in ("mcp", "tool", "annotations"):
        nested = hints.get(key)
        if isinstance(nested, Mapping):
            hints = nested
    read = hints.get("readOnlyHint", hints.get("read_only_hint"))
    destructive = hints.get("destructiveHint", hints.get("destructive_hint"))
    idempotent = hints.get("idempotentHint", hints.get("idempotent_hint"))
    untrusted = hints.get("openWorldHint", hints.get("open_world_hint")) is not False
    effect: Effect = "reversible" if destructive is False else "irreversible"
    if (read, destructive, idempotent) == (None, None, None):
        effect = "undeclared"
    elif read is True:
        effect = "read_only"
    elif idempotent is True and destructive is False:
        effect = "idempotent"
    return ToolEffect(effect, source="nobody" if effect == "undeclared" else "mcp", untrusted=untrusted)
