"""All scenes by family, and the traces that are made from them."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.judgement.trace import Scene, Trace

__all__ = ["SEEDS", "make_all", "scene"]

SEEDS = 2
"""Traces per scene: other names, times, lengths, a worker that talks or not, tools that declare their effect or not."""


@dataclass(frozen=True)
class Told:
    """A registered scene."""

    family: str
    name: str
    play: Callable[[Scene], None]
    stuck: bool
    after: int
    """Of a stuck scene: entries of trouble after which a careful reader could say so."""
    about: dict[str, Any]


_SCENES: list[Told] = []


def scene(
    family: str, field: str, subtask: str, *, after: int = 0, goal: str = "", acceptance: str = ""
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a scene: `after` = 0 is patient work, else the entries of trouble that prove it."""

    def register(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        about = {"field": field, "subtask": subtask, "goal": goal or subtask, "acceptance": acceptance}
        _SCENES.append(Told(family, play.__name__, play, after > 0, after, about))
        return play

    return register


def make_all() -> list[Trace]:
    """Make every trace. Of each family every second scene, in an order drawn by its name, is held out."""
    from benchmarks.judgement import patient_asking, patient_doing, stuck_asking, stuck_doing  # noqa: F401  they register

    traces: list[Trace] = []
    for _, group in itertools.groupby(sorted(_SCENES, key=_order), key=lambda told: told.family):
        for place, told in enumerate(group):
            traces += [_make(told, seed, held_out=place % 2 == 1) for seed in range(SEEDS)]
    return traces


def _order(told: Told) -> tuple[bool, str, str]:
    return told.stuck, told.family, hashlib.sha256(told.name.encode()).hexdigest()


def _make(told: Told, seed: int, *, held_out: bool) -> Trace:
    played = Scene(f"{told.family}/{told.name}/{seed}")
    told.play(played)
    if bool(played.trouble) != told.stuck:
        raise ValueError(f"{told.name}: what is stuck has trouble, and nothing else has.")
    return Trace(
        name=f"{told.family}/{told.name}/{seed}",
        family=told.family,
        stuck=told.stuck,
        held_out=held_out,
        trouble=played.trouble,
        due=played.trouble[told.after - 1] + 1 if told.stuck else None,
        log=[step.model_dump(mode="json", exclude_defaults=True) for step in played.log],
        **told.about,
    )
