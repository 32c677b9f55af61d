"""What the model says in one run, drawn from a seed: parallel subtasks, a join, a chain, sometimes a second plan.

The script is a function of the seed and of what a request shows, so it says the same after any crash. It knows nothing
of an agent: surefoot and its rival are driven by the same one.
"""

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

EFFECTS = {
    "look": "read_only",
    "put": "idempotent",
    "move": "reversible",
    "send": "reversible",
    "fire": "irreversible",
    "push": "undeclared",
}
"""The tools, and what each declares. `move` has a probe, `put` takes a key, some calls of `send` fail."""

USAGE = {"input_tokens": 100, "output_tokens": 10}
TOKENS = sum(USAGE.values())
"""Tokens every model call reports as spent."""

_WEIGHTS = {"look": 4, "put": 4, "move": 3, "send": 3, "fire": 2, "push": 3}


@dataclass(frozen=True)
class Call:
    """One tool call; `what` names it in the whole run and is all its tool is told."""

    tool: str
    what: str
    confidence: float = 0.9


@dataclass(frozen=True)
class Task:
    """A subtask: its thoughts, each with the calls made at once, and whether it gives up after them."""

    name: str
    needs: tuple[str, ...]
    thoughts: tuple[tuple[Call, ...], ...]
    gives_up: bool = False

    @property
    def calls(self) -> list[Call]:
        """All calls, in the order they are asked for."""
        return [call for thought in self.thoughts for call in thought]


@dataclass(frozen=True)
class Script:
    """All that is said in one run."""

    seed: int
    plan: tuple[Task, ...]
    revision: tuple[Task, ...]
    """What is planned after a subtask of the first plan has given up; empty = none does."""
    confidence: float
    """In the first plan: under 0.7 a person is asked."""
    failing: frozenset[str]
    """Calls that fail, each time."""

    @property
    def tasks(self) -> dict[str, Task]:
        """Every subtask that comes to be carried out, by name."""
        return {task.name: task for task in (*self.plan, *self.revision)}

    @property
    def calls(self) -> dict[str, Call]:
        """Every call by its name."""
        return {call.what: call for task in self.tasks.values() for call in task.calls}

    @property
    def model_calls(self) -> int:
        """How often the model is called where nothing dies: to plan, replan and think, and to join several reports."""
        tasks = self.tasks.values()
        ends = {t.name for t in tasks if not t.gives_up} - {need for t in tasks for need in t.needs}
        return 1 + bool(self.revision) + sum(len(task.thoughts) + 1 for task in tasks) + (len(ends) > 1)

    def next_thought(self, task: str, seen: int) -> tuple[Call, ...] | None:
        """The calls to make once `seen` calls of the subtask have their results; None = none is left."""
        for thought in self.tasks[task].thoughts:
            if seen == 0:
                return thought
            seen -= len(thought)
        return None


def delay(seed: int, *what: object) -> float:
    """Seconds, 0 to 0.01, that something takes: always the same for the same thing of a seed."""
    number = hashlib.sha256(repr((seed, what)).encode()).digest()
    return int.from_bytes(number[:2]) / 0xFFFF * 0.01


def make_script(seed: int) -> Script:
    """Draw a script: two to four branches, a join of them, a chain after it; sometimes a strand beside, or a revision."""
    rng = random.Random(f"script {seed}")
    failing: set[str] = set()

    def task(name: str, *needs: str) -> Task:
        return Task(name, needs, tuple(_thoughts(name, rng, failing)))

    branches = [task(name) for name in "abcd"[: rng.randint(2, 4)]]
    plan = [*branches, task("j", *(b.name for b in branches)), task("k", "j"), task("m", "k")]
    plan += [task("n", "a")] if seed % 2 else []
    revision: list[Task] = []
    if seed % 3 == 0:
        lame = rng.choice(["b", "k"])
        place = next(n for n, t in enumerate(plan) if t.name == lame)
        instead = task("r", *plan[place].needs)
        later = [replace(t, needs=tuple("r" if n == lame else n for n in t.needs)) for t in plan if _after(t, lame)]
        plan[place] = replace(plan[place], gives_up=True)
        revision = [instead, *later]
    return Script(seed, tuple(plan), tuple(revision), 0.5 if seed % 4 == 1 else 0.9, frozenset(failing))


def _after(task: Task, lame: str) -> bool:
    return task.name in {"b": "jkm", "k": "m"}[lame]


def _thoughts(name: str, rng: random.Random, failing: set[str]) -> Iterator[tuple[Call, ...]]:
    number = 0

    def call(tool: str) -> Call:
        nonlocal number
        number += 1
        unsure = EFFECTS[tool] == "idempotent" and rng.random() < 0.1
        return Call(tool, f"{name}/{number}", 0.5 if unsure else 0.9)

    for _ in range(rng.randint(1, 2)):
        tools = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=rng.choice((1, 2, 2, 3)))
        calls = tuple(call(tool) for tool in tools)
        yield calls
        if failed := [c.what for c in calls if c.tool == "send" and rng.random() < 0.4]:
            failing.update(failed)
            yield tuple(call("send") for _ in failed)


def observed(messages: Sequence[Any]) -> dict[str, str]:
    """What a conversation shows of its calls: name -> the text that came back."""
    names = {c["id"]: c["args"]["what"] for m in messages for c in getattr(m, "tool_calls", None) or ()}
    return {names[m.tool_call_id]: str(m.text) for m in messages if m.type == "tool"}


def surefoot_script(script: Script, called: Callable[[str, str, int], None]) -> dict[str, Callable[[Any], Any]]:
    """The script in the form of surefoot's ScriptedModel.

    `called(node, task, turn)` hears of every call, `turn` being the number of results the request shows.
    """

    def drafted(tasks: Sequence[Task]) -> list[dict[str, Any]]:
        return [{"task_id": t.name, "description": f"Do {t.name}.", "dependencies": list(t.needs)} for t in tasks]

    def plan(request: Any) -> dict[str, Any]:
        called("plan", "", 0)
        return {"subtasks": drafted(script.plan), "confidence": script.confidence, "usage": USAGE}

    def replan(request: Any) -> dict[str, Any]:
        called("replan", "", 0)
        return {"subtasks": drafted(script.revision), "confidence": 0.9, "usage": USAGE}

    def think(request: Any) -> dict[str, Any]:
        seen = observed(request.messages)
        called("think", request.task_id, len(seen))
        thought = script.next_thought(request.task_id, len(seen))
        if thought is None and script.tasks[request.task_id].gives_up:
            return {"tool": "give_up", "args": {"reason": "It leads nowhere."}, "usage": USAGE}
        if thought is None:
            return {"answer": json.dumps(seen), "usage": USAGE}
        calls = [{"tool": c.tool, "args": {"what": c.what}, "confidence": c.confidence} for c in thought]
        return {"thought": "On with it.", "calls": calls, "usage": USAGE}

    def finish(request: Any) -> Any:
        from langchain_core.messages import AIMessage

        called("finish", "", 0)
        return AIMessage("All is done.", usage_metadata={**USAGE, "total_tokens": TOKENS})

    return {"plan": plan, "replan": replan, "think": think, "finish": finish}
