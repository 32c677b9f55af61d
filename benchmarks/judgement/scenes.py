"""All scenes by family, and the traces that are made from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.judgement.trace import Scene, Trace

__all__ = ["SEEDS", "make_all", "make_fresh", "make_plain", "make_sealed", "scene"]

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
    """Make every trace, by family; the modules whose names say so are the held-out half."""
    from benchmarks.judgement import (  # noqa: F401  they register their scenes
        held_out_patient,
        held_out_stuck,
        patient_asking,
        patient_doing,
        stuck_asking,
        stuck_doing,
    )

    return _make_those("")


def make_fresh() -> list[Trace]:
    """Make the traces of the scenes that were written without sight of the detector; `traces.jsonl` has none of them."""
    from benchmarks.judgement import (  # noqa: F401  they register their scenes
        fresh_patient,
        fresh_patient_doing,
        fresh_stuck,
        fresh_stuck_doing,
    )

    return _make_those("fresh")


def make_plain() -> list[Trace]:
    """Make the traces of an outside tester, short and bland for the most part; `traces.jsonl` has none of them."""
    from benchmarks.judgement import (  # noqa: F401  they register their scenes
        plain_patient,
        plain_patient_doing,
        plain_stuck,
        plain_stuck_doing,
    )

    return _make_those("plain")


def make_sealed() -> list[Trace]:
    """Make the traces that were written for one first measurement; `traces.jsonl` has none of them."""
    from benchmarks.judgement import (  # noqa: F401  they register their scenes
        sealed_patient,
        sealed_patient_doing,
        sealed_stuck,
        sealed_stuck_doing,
    )

    return _make_those("sealed")


_APART = ("fresh", "plain", "sealed")
"""How the names of the modules begin whose scenes are not in `traces.jsonl`."""


def _set_of(told: Told) -> str:
    module = told.play.__module__.rpartition(".")[2]
    return next((name for name in _APART if module.startswith(name)), "")


def _make_those(name: str) -> list[Trace]:
    wanted = [told for told in _SCENES if _set_of(told) == name]
    wanted.sort(key=lambda told: (told.stuck, told.family))
    return [_make(told, seed) for told in wanted for seed in range(SEEDS)]


def _make(told: Told, seed: int) -> Trace:
    played = Scene(f"{told.family}/{told.name}/{seed}")
    told.play(played)
    if bool(played.trouble) != told.stuck:
        raise ValueError(f"{told.name}: what is stuck has trouble, and nothing else has.")
    return Trace(
        name="/".join(filter(None, (_set_of(told), told.family, told.name, str(seed)))),
        family=told.family,
        stuck=told.stuck,
        held_out="held_out" in told.play.__module__ or bool(_set_of(told)),
        trouble=played.trouble,
        due=played.trouble[told.after - 1] + 1 if told.stuck else None,
        log=[step.model_dump(mode="json", exclude_defaults=True) for step in played.log],
        **told.about,
    )
