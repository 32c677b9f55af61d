"""A small agent for tests: a script for its model, tools that remember what they did, answers by name."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from langgraph.types import Command

from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.tools import tool_effect


class World:
    """Tools of every effect, and what they did."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def tools(self) -> list[Callable[..., Any]]:
        @tool_effect("read_only")
        def look(at: str) -> str:
            """Look at something."""
            self.did.append(f"look {at}")
            return f"saw {at}"

        @tool_effect("idempotent")
        def put(what: str) -> str:
            """Put something in its place."""
            self.did.append(f"put {what}")
            return f"put {what}"

        @tool_effect("irreversible")
        def fire(what: str) -> str:
            """Fire something; it cannot be put back."""
            self.did.append(f"fire {what}")
            return f"fired {what}"

        @tool_effect("read_only")
        def broken(why: str = "it is broken") -> str:
            """Fail."""
            self.did.append(f"broken {why}")
            raise RuntimeError(why)

        def undeclared(what: str) -> str:
            """Do something nobody declared."""
            self.did.append(f"undeclared {what}")
            return f"did {what}"

        return [look, put, fire, broken, undeclared]


def subtask(task_id: str, *needs: str, does: str = "") -> dict[str, Any]:
    return {"task_id": task_id, "description": does or f"Do {task_id}.", "dependencies": list(needs)}


def plan(*subtasks: dict[str, Any], confidence: float | None = 0.9, **more: Any) -> dict[str, Any]:
    return {"subtasks": list(subtasks), "confidence": confidence, **more}


def act(tool: str, confidence: float | None = 0.9, **args: Any) -> dict[str, Any]:
    return {"thought": f"I call {tool}.", "tool": tool, "args": args, "confidence": confidence}


class Agent:
    """One thread of one agent, driven in both colours."""

    def __init__(
        self,
        script: dict[str, Any] | ScriptedModel,
        tools: Iterable[Any] | None = None,
        *,
        store: Any = None,
        thread: str = "t1",
        colour: str = "sync",
        **settings: Any,
    ) -> None:
        model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)
        self.graph = build_graph(model, None if tools is None else list(tools), Settings(**settings), store=store)
        self.config: Any = {"configurable": {"thread_id": thread}}
        self.colour = colour

    def run(self, goal: str = "Do the work.") -> dict[str, Any]:
        return self._invoke({"goal": goal})

    def again(self) -> dict[str, Any]:
        """Go on after the process was gone."""
        return self._invoke(None)

    def answer(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Answer open questions: interrupt id -> answer."""
        return self._invoke(Command(resume=answers))

    def questions(self) -> dict[str, dict[str, Any]]:
        """Open questions: interrupt id -> what is asked."""
        return {i.id: i.value for i in self.graph.get_state(self.config).interrupts}

    def answer_all(self, answer: Any) -> dict[str, Any]:
        return self.answer(dict.fromkeys(self.questions(), answer))

    def _invoke(self, given: Any) -> dict[str, Any]:
        if self.colour == "async":
            return asyncio.run(self.graph.ainvoke(given, self.config))
        return self.graph.invoke(given, self.config)


def asked(question: dict[str, Any]) -> tuple[str, str]:
    """Name and reason of a question."""
    return question["action_requests"][0]["name"], question["reason"]
