"""A labelled trace: the log of one worker on one subtask, and what is known about it because a simulator made it."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from surefoot.nodes.state import Action, ReactStep, StepError, StepResult, SubTask

__all__ = ["Scene", "Trace", "load", "save"]

THOUGHTS = (
    "Let me try that.",
    "I'll check this once more to be sure.",
    "Next step.",
    "Good, continuing.",
    "That did not give me everything I need yet.",
    "I should look at this before I go on.",
    "Okay, going on with it.",
    "Let me see what comes back this time.",
    "This should bring me further.",
    "I want to be certain about it.",
)


@dataclass
class Trace:
    """One log and its label."""

    name: str
    """`family/scene/seed`."""
    family: str
    stuck: bool
    """True: from `trouble[0]` on the worker gets nowhere, and would not without being stopped."""
    held_out: bool
    field: str
    """coding | data | web | ops | office; in the fresh and sealed scenes also home | science | law | money | travel | games | language"""
    goal: str
    subtask: str
    acceptance: str = ""
    trouble: list[int] = field(default_factory=list)
    """Indices of the entries that are the trouble; empty = patient work."""
    due: int | None = None
    """Entries after which a careful reader could say so for the first time; None = patient work."""
    log: list[dict[str, Any]] = field(default_factory=list)
    """ReactStep dicts."""

    @property
    def steps(self) -> list[ReactStep]:
        return [ReactStep.model_validate(step) for step in self.log]

    @property
    def task(self) -> SubTask:
        return SubTask(task_id="t", description=self.subtask, acceptance=self.acceptance)


class Scene:
    """Writes a trace while a worker's policy acts on a simulated world with a clock of its own."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.log: list[ReactStep] = []
        self.trouble: list[int] = []
        self.turn = 0
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(minutes=self.rng.randrange(400_000))
        self._talks = self.rng.random() < 0.5
        """Half of the workers say something with each call, half call in silence, as models do."""
        self._declared = self.rng.random() < 0.5
        """Half of the tool sets declare what their tools do."""
        self._beside = False
        self._thought = ""

    # -- the world's clock and its names

    def passes(self, low: float, high: float) -> float:
        """Let time pass; seconds."""
        seconds = self.rng.uniform(low, high)
        self.now += timedelta(seconds=seconds)
        return round(seconds, 2)

    def stamp(self, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
        self.passes(0.4, 9)
        return self.now.strftime(form)

    def hexa(self, length: int = 8) -> str:
        return "".join(self.rng.choices("0123456789abcdef", k=length))

    def uuid(self) -> str:
        return f"{self.hexa(8)}-{self.hexa(4)}-4{self.hexa(3)}-9{self.hexa(3)}-{self.hexa(12)}"

    def number(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def pick(self, *options: Any) -> Any:
        return self.rng.choice(options)

    # -- what the worker does

    def did(self, tool: str, args: Mapping[str, Any], output: Any, *, effect: str = "", bad: bool = False) -> None:
        """A call that returned."""
        self._add(tool, args, StepResult(success=True, output=output, effect=self._effect(effect)), bad)

    def failed(
        self, tool: str, args: Mapping[str, Any], message: str, kind: Any = "exception", *, bad: bool = False
    ) -> None:
        """A call that raised."""
        self._add(tool, args, StepResult(success=False, error=StepError(kind=kind, message=message)), bad)

    def sh(self, command: str, output: str = "", code: int = 0, *, bad: bool = False) -> None:
        """A shell command, in the form in which most agents have a shell."""
        shown = output if code == 0 else f"{output}\n[exit code: {code}]"
        self.did("bash", {"command": command}, shown, bad=bad)

    def looked(self, tool: str, args: Mapping[str, Any], output: Any, *, bad: bool = False) -> None:
        self.did(tool, args, output, effect="read_only", bad=bad)

    def said(self, text: str, *, bad: bool = False) -> None:
        """A turn without a call."""
        self.turn += 1
        self.log.append(ReactStep(thought=text, turn=self.turn, note="Call a tool, or give your report."))
        if bad:
            self.trouble.append(len(self.log) - 1)

    def thinks(self, thought: str) -> None:
        """What the worker says with the next call, instead of one of the common phrases or silence."""
        self._thought = thought

    def together(self) -> None:
        """The next call belongs to the same thought as the last one."""
        self._beside = True

    def _effect(self, effect: str) -> Any:
        return effect if effect and self._declared else "undeclared"

    def _add(self, tool: str, args: Mapping[str, Any], result: StepResult, bad: bool) -> None:
        self.turn += not self._beside
        self._beside = False
        self.passes(0.5, 6)
        action = Action(tool=tool, args=dict(args))
        common = self.rng.choice(THOUGHTS) if self._talks else ""
        thought, self._thought = self._thought or common, ""
        self.log.append(ReactStep(thought=thought, action=action, observation=result, turn=self.turn))
        if bad:
            self.trouble.append(len(self.log) - 1)


def save(traces: Iterable[Trace], path: Path) -> None:
    """Write one trace a line."""
    lines = (json.dumps(asdict(trace), ensure_ascii=False, separators=(",", ":")) for trace in traces)
    path.write_text("".join(f"{line}\n" for line in lines))


def load(path: Path) -> list[Trace]:
    """Read them back."""
    return [Trace(**json.loads(line)) for line in path.read_text().splitlines()]
