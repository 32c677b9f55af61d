"""Writes earlier steps of a subtask a line each: what was thought, done and seen, with the name that brings it back."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from surefoot.nodes import prompts
from surefoot.nodes.memo import Memo
from surefoot.nodes.state import ReactStep, StepResult, result_text

__all__ = ["Step", "listed", "newest", "note_of", "observation_text", "turns_named"]

Step = tuple[str, ReactStep]
"""A step of the log with its name."""
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")


def newest(steps: Sequence[Step], room: int) -> list[str]:
    """A line each for the newest of some steps, as many characters as there is room; those before are only counted."""
    lines: list[str] = []
    for n, (name, step) in enumerate(reversed(steps)):
        line = _line(step, name)
        room -= len(line)
        if room < 0:
            older = steps[: len(steps) - n]
            counts = Counter(step.action.tool for _, step in older if step.action)
            told = ", ".join(f"{tool} x{count}" for tool, count in counts.items())
            turns = f"{older[0][1].turn}-{older[-1][1].turn}"
            lines.append(prompts.older(steps=len(older), tools=told, name=turns))
            break
        lines.append(line)
    return lines[::-1]


def turns_named(name: str) -> range | None:
    """The turns that a name like `3-40` means; None = it is no such name."""
    found = _RANGE.fullmatch(name)
    return range(int(found[1]), int(found[2]) + 1) if found else None


def listed(steps: Iterable[Step]) -> tuple[str, list[str]]:
    """All of some steps, a line each and not marked; with whose text is in it."""
    sources = dict[str, None]()
    lines = []
    for name, step in steps:
        lines.append(_written(step, name, marked=False))
        if step.observation and step.observation.outside:
            sources[step.observation.outside] = None
    return "\n".join(lines), [*sources]


_lined = Memo[ReactStep, dict[str, str]](lambda step: {})


def _line(step: ReactStep, name: str) -> str:
    lined = _lined(step)
    if name not in lined:
        lined[name] = _written(step, name, marked=True)
    return lined[name]


def _written(step: ReactStep, name: str, *, marked: bool) -> str:
    thought = f"{prompts.clip(step.thought, 400)}\n" if step.thought else ""
    if not step.action or not step.observation:
        return thought + prompts.clip(note_of(step), 160)
    args = prompts.clip(json.dumps(step.action.args, ensure_ascii=False), 120)
    observed = step.observation
    text = prompts.clip(observation_text(observed.model_copy(update={"outside": ""}), name), 240)
    sources = [observed.outside] if observed.outside and marked else []
    return f"{thought}{name} {step.action.tool}({args}) -> {prompts.outside(text=text, sources=sources)}"


def note_of(step: ReactStep) -> str:
    """What surefoot has to say after a step."""
    return prompts.unmet(results=step.unmet) if step.unmet else step.note


def observation_text(observed: StepResult, name: str = "", shorten: int | None = None) -> str:
    """Write what came of an action as the model reads it."""
    sources = [observed.outside] if observed.outside else []
    if observed.error:
        return f"ERROR {observed.error.kind}: {prompts.outside(text=observed.error.message, sources=sources)}"
    text = result_text(observed.output)
    if shorten is not None and len(text) > shorten:
        return prompts.shortened(name=name, text=text, chars=shorten, sources=sources)
    shown = prompts.outside(text=text, sources=sources)
    if observed.total_chars is None:
        return shown
    return (
        f"{shown}\n{prompts.cut(name=name if observed.artifact else '', shown=len(text), total=observed.total_chars)}"
    )
