"""The rival on one run: LangChain's `create_agent` with LangGraph's SQLite saver, as their documentation has it.

The same calls by the same tools; those of subtasks that are ready together are asked for in one message, so that they
run side by side. A person approves each irreversible call (`HumanInTheLoopMiddleware`); a tool that fails says so to
the model; the key of an idempotent tool is the id of its call. After a death it is resumed with `invoke(None)`.

`peer.py FIRST COUNT DURABILITY JOBS FOLDER`, in the rival's own environment, prints a JSON object for each run.
"""

import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from benchmarks.faults.driver import drive_all
from benchmarks.faults.leg import Answer, Order, Question, Standing
from benchmarks.faults.script import Call, Script, delay, observed
from benchmarks.faults.world import World

_CONFIG: Any = {"configurable": {"thread_id": "faults"}, "recursion_limit": 10_000}


def next_calls(script: Script, seen: Mapping[str, str]) -> Iterator[Call]:
    """The next thoughts of all subtasks that are ready; none = all is done."""
    first = {task.name for task in script.plan}
    done = {name for name, task in script.tasks.items() if all(call.what in seen for call in task.calls)}
    revised = all(task.name in done for task in script.plan if task.gives_up)
    for task in script.tasks.values():
        if done.issuperset(task.needs) and (task.name in first or revised):
            yield from script.next_thought(task.name, sum(call.what in seen for call in task.calls)) or ()


class Model(BaseChatModel):
    """Says what the script says."""

    reply: Callable[[Sequence[BaseMessage]], AIMessage]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.reply(messages))])


class Peer:
    """`create_agent` on one run; its ways in are the durabilities of LangGraph."""

    takes = "all"

    def __init__(self, order: Order, held: Callable[[str], None]) -> None:
        hold = order.hold and (order.hold[0], order.hold[1].replace("recorded", "after"))  # it keeps no records
        world = World(order.script, order.oracle, hold, held)

        def reply(messages: Sequence[BaseMessage]) -> AIMessage:
            seen = observed(messages)
            order.oracle.write("called", node="think", task="", turn=len(seen))
            time.sleep(delay(order.script.seed, "think", len(seen)))
            thought = next_calls(order.script, seen)
            calls = [{"name": c.tool, "args": {"what": c.what}, "id": uuid.uuid4().hex} for c in thought]
            return AIMessage("On with it." if calls else "All is done.", tool_calls=calls)

        connection = sqlite3.connect(order.folder / "checkpoints.db", check_same_thread=False)
        self._agent = create_agent(
            Model(reply=reply),
            [_tool(name, function) for name, function in world.tools().items()],
            middleware=[HumanInTheLoopMiddleware(interrupt_on={"fire": True})],
            checkpointer=SqliteSaver(connection),
        )
        self._options: Any = {} if order.way == "default" else {"durability": order.way}
        self._rejoining = True

    def look(self) -> Standing:
        snapshot = self._agent.get_state(_CONFIG)
        if not snapshot.created_at:
            return Standing("new")
        if snapshot.interrupts and not self._rejoining:
            asked = snapshot.interrupts[0]
            requests = enumerate(asked.value["action_requests"])
            return Standing("asked", {f"{asked.id}.{n:02}": _question(request) for n, request in requests})
        return Standing("open" if snapshot.tasks else "ended")

    def begin(self) -> None:
        self._run({"messages": [("user", "Do all of it.")]})

    def go_on(self) -> None:
        self._run(None)

    def answer(self, answers: Mapping[str, Answer]) -> None:
        self._run(Command(resume={"decisions": [{"type": "approve"} for _ in answers]}))

    def _run(self, given: Any) -> None:
        self._rejoining = False
        self._agent.invoke(given, _CONFIG, **self._options)

    def recorded(self) -> list[str]:
        return list(self._observed())

    def facts(self) -> dict[str, Any]:
        return {"status": "done", "answers": self._observed()}

    def _observed(self) -> dict[str, str]:
        return observed(self._agent.get_state(_CONFIG).values.get("messages", []))


def _tool(name: str, function: Callable[..., str]) -> BaseTool:
    if name != "put":
        return StructuredTool.from_function(function, handle_tool_error=True)

    def put(what: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Put something in its place."""
        return function(what, tool_call_id)

    return StructuredTool.from_function(put, handle_tool_error=True)


def _question(request: Mapping[str, Any]) -> Question:
    return Question(request["name"], "irreversible", request["args"]["what"], json.dumps(request["args"]))


def main() -> None:
    """Run the seeds and print what came of each."""
    first, count, durability, jobs, folder = sys.argv[1:]
    seeds = range(int(first), int(first) + int(count))
    for result in drive_all(seeds, Path(folder), "sqlite", Peer, (durability,), int(jobs)):
        print(json.dumps(result.dump()), flush=True)


if __name__ == "__main__":
    main()
