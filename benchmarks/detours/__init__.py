"""Goals whose obvious way is blocked, for a model that thinks: `python -m benchmarks detours MODEL`."""

from benchmarks.detours.command import main

__all__ = ["main"]
