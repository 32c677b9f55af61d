"""What it means for a tool to run in a process of its own: where that process finds it, and what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surefoot.tools.limits import Limits

__all__ = ["USUAL_LIMITS", "Isolation", "Origin"]

USUAL_LIMITS = Limits(processes=500)
"""Room for a parallel build, and an end to what multiplies by itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a tool is found again by import."""

    module: str
    name: str
    """What the module calls the tool, or a list that holds it, or a function that makes it; nested with dots."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON that the function which makes the tool is called with."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """A process of its own for each call."""

    env: tuple[str, ...] = ()
    """Names of environment variables it gets beside PATH, HOME and LANG."""
    cwd: str | None = None
    """Its current folder; None = that of the agent."""
    limits: Limits = USUAL_LIMITS
    origin: Origin | None = None
    """Where it is found; None = where the toolbox finds it."""
