"""How well stuck detection tells grinding from patient work, and what the ladder does about trouble."""

from benchmarks.judgement.command import main

__all__ = ["main"]
