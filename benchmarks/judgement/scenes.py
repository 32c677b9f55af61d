"""Scenes, registered as their modules are imported, and the traces that are made from one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.judgement.trace import Scene, Trace

__all__ = ["REGISTERED", "SEEDS", "Told", "make", "scene"]

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

    @property
    def module(self) -> str:
        """The file it is in."""
        return self.play.__module__.rpartition(".")[2]


REGISTERED: list[Told] = []


def scene(
    family: str, field: str, subtask: str, *, after: int = 0, goal: str = "", acceptance: str = ""
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a scene: `after` = 0 is patient work, else the entries of trouble that prove it."""

    def register(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        about = {"field": field, "subtask": subtask, "goal": goal or subtask, "acceptance": acceptance}
        REGISTERED.append(Told(family, play.__name__, play, after > 0, after, about))
        return play

    return register


def make(told: Told, seed: int, *, apart: str = "") -> Trace:
    """Play a scene; `apart` names the set of those that `traces.jsonl` has not."""
    played = Scene(f"{told.family}/{told.name}/{seed}")
    told.play(played)
    if bool(played.trouble) != told.stuck:
        raise ValueError(f"{told.name}: what is stuck has trouble, and nothing else has.")
    return Trace(
        name="/".join(filter(None, (apart, told.family, told.name, str(seed)))),
        family=told.family,
        stuck=told.stuck,
        held_out=bool(apart) or told.module.startswith("held_out"),
        trouble=played.trouble,
        due=played.trouble[told.after - 1] + 1 if told.stuck else None,
        log=[step.model_dump(mode="json", exclude_defaults=True) for step in played.log],
        **told.about,
    )
