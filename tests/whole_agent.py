"""A whole agent whose tools keep a record of their own, outside the store, and whose script depends on its goal alone.

The tools learn which action they run from their idempotency key, so that the record can be held against the journal.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from langchain_core.tools import StructuredTool
from langgraph.types import Command

from surefoot.graph import Door, ScriptedModel, Store
from surefoot.nodes.state import digest
from surefoot.tools import tool_effect

THREAD = "t"
TOKENS = 10
"""What each reply of the model costs."""

EFFECTS = {
    "look": "read_only",
    "put": "idempotent",
    "move": "reversible",
    "fire": "irreversible",
    "launch": "irreversible",  # has a probe
    "wild": None,
}
REPEATABLE = ("look", "put")
FATES = ("ok", "dies after", "dies before", "raises after", "raises", "odd value")
ODD = {"text": "a\0b\ud800", "number": float("nan"), "big": 2**64}


@dataclass(frozen=True)
class Effect:
    """One time a tool did something."""

    key: str
    tool: str
    args: dict[str, Any]

    @property
    def run(self) -> str:
        return self.key.partition(":")[0]

    @property
    def digest(self) -> str:
        return digest([self.tool, self.args])


@dataclass
class World:
    """What really happened; `die` ends the process that is at work."""

    effects: list[Effect] = field(default_factory=list)
    returned: dict[str, Any] = field(default_factory=dict)
    fates: deque[str] = field(default_factory=deque)
    calls: int = 0
    die: Callable[[], None] = lambda: None
    _lock: Any = field(default_factory=threading.Lock)

    def count(self) -> Counter[str]:
        """How often each action had its effect."""
        return Counter(effect.key for effect in self.effects)

    @cached_property
    def tools(self) -> list[StructuredTool]:
        """Made once: to describe a function takes as long as a leg of a run."""
        return [self._tool(name, effect) for name, effect in EFFECTS.items()]

    def _tool(self, name: str, effect: str | None) -> StructuredTool:
        def tool(what: str, idempotency_key: str) -> Any:
            with self._lock:
                return self._happen(name, what, idempotency_key)

        made = StructuredTool.from_function(tool, name=name, description=f"{name.title()} something.")
        if effect is None:
            return made
        return tool_effect(effect, probe=self._probe if name == "launch" else None)(made)  # type: ignore[arg-type]

    def _happen(self, name: str, what: str, key: str) -> Any:
        fate = self.fates.popleft() if self.fates else "ok"
        if fate == "raises":
            raise RuntimeError(f"{name} has failed")
        if fate == "dies before":
            self.die()
            return None
        self.effects.append(Effect(key, name, {"what": what}))
        if fate == "dies after":
            self.die()
        if fate == "raises after":
            raise RuntimeError(f"{name} has failed in the end")
        self.returned[key] = {**ODD, "of": what} if fate == "odd value" else f"{name} {what} done"
        return self.returned[key]

    def _probe(self, what: str) -> str | None:
        done = any(e.tool == "launch" and e.args == {"what": what} for e in self.effects)
        return f"launch {what} done" if done else None


Thought = Sequence[str]
"""Names of the tools called in one thought."""


@dataclass(frozen=True)
class Work:
    """What the model does with one subtask."""

    thoughts: Sequence[Thought]
    after: Sequence[int] = ()
    gives_up: bool = False
    asks: bool = False


@dataclass(frozen=True)
class Scenario:
    """A goal's script: its subtasks by place, and whether the model is sure of its plan."""

    work: Sequence[Work]
    sure: bool = True
    second: Sequence[Thought] = (("put",),)
    """What is done in the subtask a new plan has."""


def model(scenarios: Mapping[str, Scenario], world: World) -> ScriptedModel:
    """Make a model without a memory: what it says depends on what it is asked alone, in any process."""

    def counted(answer: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
        def reply(request: Any) -> dict[str, Any]:
            with world._lock:
                world.calls += 1
            return {**answer(request), "usage": {"input_tokens": TOKENS - 1, "output_tokens": 1}}

        return reply

    def plan(request: Any) -> dict[str, Any]:
        scenario = scenarios[request.goal]
        tasks = [
            {"task_id": f"s{n}", "description": f"Do part {n}.", "dependencies": [f"s{d}" for d in work.after]}
            for n, work in enumerate(scenario.work)
        ]
        return {"subtasks": tasks, "confidence": 0.9 if scenario.sure else 0.2}

    def replan(request: Any) -> dict[str, Any]:
        way = digest([message.text for message in request.messages])[:6]
        return {"subtasks": [{"task_id": "r", "description": f"Go way {way}.", "dependencies": []}], "confidence": 0.9}

    def think(request: Any) -> dict[str, Any]:
        scenario = scenarios[request.goal]
        number = request.task_id.removeprefix("s")
        work = scenario.work[int(number)] if number.isdecimal() else Work(scenario.second)
        return _next(work, request)

    answers = {"plan": plan, "replan": replan, "think": think, "finish": lambda request: {"summary": "It is over."}}
    return ScriptedModel({node: counted(answer) for node, answer in answers.items()})


def _next(work: Work, request: Any) -> dict[str, Any]:
    came = sum(message.type == "tool" for message in request.messages)
    for number, thought in enumerate(work.thoughts):
        if came <= 0:
            calls = [_call(tool, f"{request.task_id}.{number}.{n}") for n, tool in enumerate(thought)]
            return {"thought": f"thought {number}", "calls": calls, "confidence": 0.9}
        came -= len(thought)
    if work.asks and came <= 0:
        return {"thought": "I ask", "tool": "ask_human", "args": {"question": "Which one?"}}
    if work.gives_up:
        return {"thought": "no", "tool": "give_up", "args": {"reason": "It cannot be done."}}
    return {"answer": f"{request.task_id} is done"}


def _call(tool: str, place: str) -> dict[str, Any]:
    # Some calls are alike, so that their digests are too; what has a probe is told apart by its arguments.
    return {"tool": tool, "args": {"what": place if tool == "launch" else place[-1]}}


class ByDoor:
    """Into the run by the door."""

    def __init__(self, graph: Any, store: Store) -> None:
        self._door = Door(graph, store)

    def start(self, goal: str) -> None:
        self._door.start(goal, THREAD)

    def answer(self, number: str, answer: Any) -> None:
        self._door.resume(THREAD, answer, interrupt_id=number)

    def go_on(self) -> None:
        self._door.resume(THREAD)


class ByInvoke:
    """Into the run by `invoke`, or by its async twin."""

    def __init__(self, graph: Any, awaited: bool) -> None:
        self._graph, self._awaited = graph, awaited

    def start(self, goal: str) -> None:
        self._invoke({"goal": goal})

    def answer(self, number: str, answer: Any) -> None:
        self._invoke(Command(resume={number: answer}))

    def go_on(self) -> None:
        self._invoke(None)

    def _invoke(self, given: Any) -> None:
        config: Any = {"configurable": {"thread_id": THREAD}}
        if self._awaited:
            asyncio.run(self._graph.ainvoke(given, config))
        else:
            self._graph.invoke(given, config)


Way = ByDoor | ByInvoke


def ways(graph: Any, store: Store) -> dict[str, Way]:
    """Every way into a run."""
    return {"door": ByDoor(graph, store), "invoke": ByInvoke(graph, False), "ainvoke": ByInvoke(graph, True)}
