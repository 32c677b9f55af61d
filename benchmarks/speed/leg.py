"""One run of one agent in a process of its own: `python -m benchmarks.speed.leg AGENT ORDER`, both from `measure.py`.

ORDER is JSON: `url, warm_url, steps, folder` and optional `die_at` (the step at which the process kills
itself), `resume` with how many steps were `taken` before, `colour`, `recall`.
Prints JSON: CPU seconds of the work, after a short run to warm up and without construction; peak memory; when it began;
how long the construction took.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed.payload import seen
from benchmarks.speed.reader import told

Order = dict[str, Any]
Work = Callable[[], Any]

GOAL = "Look at every place and report."


def tool(order: Order) -> Callable[[str], str]:
    """The one tool of all agents: 600 characters that are new at every place."""

    def look(at: str) -> str:
        """Look at a place."""
        if at.rsplit(" ", 1)[-1] == str(order.get("die_at")):
            os.kill(os.getpid(), signal.SIGKILL)
        return told(at) if order.get("recall") else seen(at)

    return look


def floor(order: Order) -> Work:
    """A loop written by hand: http.client, json, and a log in SQLite with a commit a step."""
    import http.client
    import sqlite3
    from urllib.parse import urlsplit

    look, url = tool(order), urlsplit(order["url"])
    log = sqlite3.connect(Path(order["folder"]) / "floor.db", isolation_level=None)
    log.execute("PRAGMA journal_mode=WAL")
    log.execute("CREATE TABLE log (n INTEGER PRIMARY KEY, step TEXT)")
    parameters = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
    offered = [{"type": "function", "function": {"name": "look", "description": "Look.", "parameters": parameters}}]

    def work() -> None:
        connection = http.client.HTTPConnection(url.hostname or "", url.port)
        messages: list[dict[str, Any]] = [{"role": "user", "content": GOAL}]
        while True:
            body = json.dumps({"model": "bench", "messages": messages, "tools": offered})
            connection.request("POST", f"{url.path}/chat/completions", body, {"Content-Type": "application/json"})
            said = json.load(connection.getresponse())["choices"][0]["message"]
            messages.append(said)
            if not said.get("tool_calls"):
                return
            for call in said["tool_calls"]:
                text = look(**json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
            log.execute("INSERT INTO log (step) VALUES (?)", (json.dumps(messages[-2:]),))

    return work


def surefoot(order: Order) -> Work:
    """surefoot as it is, with all it guarantees: SQLite, journal, every step durable."""
    from surefoot.graph import Settings, build_graph
    from surefoot.tools import tool_effect

    settings = Settings(
        workspace=Path(order["folder"]),
        openai_base_url=order["url"],
        openai_api_key="none",
        react_max_steps=order.get("taken", 0) + order["steps"] + 20,
        max_steps=None,
        max_tokens=None,
        max_time_seconds=None,
    )
    look = tool_effect("read_only")(tool(order))
    agent = build_graph("openai:bench", [look], settings, store=Path(order["folder"]) / "runs.db")
    given = None if order.get("resume") else {"goal": GOAL}
    config = {"configurable": {"thread_id": "t"}}
    if order.get("colour") == "ainvoke":
        return lambda: asyncio.run(agent.ainvoke(given, config))
    return lambda: agent.invoke(given, config)


def empty_nodes(order: Order) -> Work:
    """LangGraph alone: six nodes in a ring that do nothing, joined by conditional edges, with its own SQLite saver."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    connection = sqlite3.connect(Path(order["folder"]) / "peer.db", check_same_thread=False)
    ring = _ring(order["steps"]).compile(checkpointer=SqliteSaver(connection))
    return lambda: ring.invoke(*_once_round("t"), durability="sync")


def empty_nodes_many(order: Order) -> Work:
    """As many such rings at once, with LangGraph's asynchronous SQLite saver."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async def work() -> None:
        async with AsyncSqliteSaver.from_conn_string(str(Path(order["folder"]) / "peer.db")) as saver:
            ring = _ring(order["steps"]).compile(checkpointer=saver)
            await _all(lambda name: ring.ainvoke(*_once_round(name), durability="sync"), order["runs"])

    return lambda: asyncio.run(work())


def _ring(turns: int) -> Any:
    from typing import TypedDict

    from langgraph.graph import END, START, StateGraph

    names = ["budget", "think", "checkpoint", "act", "observe", "reflect"]
    shape = TypedDict("shape", {"turn": int, **{f"field{n}": str for n in range(18)}})  # type: ignore[misc]
    graph = StateGraph(shape)
    for name, following in zip(names, [*names[1:], "budget"], strict=True):
        last = following == "budget"
        graph.add_node(name, lambda state, last=last: {"turn": state["turn"] + last})  # type: ignore[arg-type]
        ended = (lambda state: END if state["turn"] >= turns else "budget") if last else None
        graph.add_conditional_edges(name, ended or (lambda state, to=following: to), [following, END])  # type: ignore[arg-type]
    graph.add_edge(START, "budget")
    return graph


def _once_round(name: str) -> tuple[Any, Any]:
    given = {"turn": 0, **{f"field{n}": "as long as a short goal" for n in range(18)}}
    return given, {"configurable": {"thread_id": name}, "recursion_limit": 100_000}


def create_agent(order: Order) -> Work:
    """LangChain's agent with LangGraph's SQLite saver, as their documentation has it."""
    from langchain.agents import create_agent as create

    return _langchain(order, create)


def deepagents(order: Order) -> Work:
    """deepagents with LangGraph's SQLite saver."""
    from deepagents import create_deep_agent

    return _langchain(order, create_deep_agent)


def _langchain(order: Order, create: Callable[..., Any]) -> Work:
    import sqlite3

    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.sqlite import SqliteSaver

    model = ChatOpenAI(model="bench", base_url=order["url"], api_key="none")
    connection = sqlite3.connect(Path(order["folder"]) / "peer.db", check_same_thread=False)
    agent = create(model, tools=[tool(order)], checkpointer=SqliteSaver(connection))
    given = None if order.get("resume") else {"messages": [("user", GOAL)]}
    return lambda: agent.invoke(given, {"configurable": {"thread_id": "t"}, "recursion_limit": 10_000})


def pydantic_ai(order: Order) -> Work:
    """pydantic-ai, which keeps nothing on the disk."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.usage import UsageLimits

    model = OpenAIChatModel("bench", provider=OpenAIProvider(base_url=order["url"], api_key="none"))
    agent = Agent(model, tools=[tool(order)])
    return lambda: agent.run_sync(GOAL, usage_limits=UsageLimits(request_limit=None))


def floor_many(order: Order) -> Work:
    """As many loops by hand at once, which only wait for the model."""
    look = tool(order)

    async def one(name: str) -> None:
        for turn in range(order["steps"] + 1):
            await asyncio.sleep(MODEL_SECONDS)
            look(f"{name} {turn}")

    return lambda: asyncio.run(_all(one, order["runs"]))


def surefoot_many(order: Order) -> Work:
    """Runs of one surefoot agent at once, all in one SQLite file, every step durable."""
    from surefoot.graph import Settings, build_graph
    from surefoot.tools import tool_effect

    limits: dict[str, Any] = {"max_steps": None, "max_tokens": None, "max_time_seconds": None}
    settings = Settings(workspace=Path(order["folder"]), react_max_steps=order["steps"] + 5, **limits)
    model = _waiting_model(order, "surefoot")
    agent = build_graph(
        model, [tool_effect("read_only")(tool(order))], settings, store=Path(order["folder"]) / "runs.db"
    )

    async def one(name: str) -> None:
        state = await agent.ainvoke({"goal": GOAL}, {"configurable": {"thread_id": name}})
        assert state["status"] == "done", state["report"]

    return lambda: asyncio.run(_all(one, order["runs"]))


def create_agent_many(order: Order) -> Work:
    """Runs of one LangChain agent at once, with LangGraph's asynchronous SQLite saver."""
    from langchain.agents import create_agent as create
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    model = _waiting_model(order, "langchain")

    async def work() -> None:
        async with AsyncSqliteSaver.from_conn_string(str(Path(order["folder"]) / "peer.db")) as saver:
            agent = create(model, tools=[tool(order)], checkpointer=saver)
            await _all(
                lambda name: agent.ainvoke(
                    {"messages": [("user", GOAL)]}, {"configurable": {"thread_id": name}, "recursion_limit": 10_000}
                ),
                order["runs"],
            )

    return lambda: asyncio.run(work())


MODEL_SECONDS = 0.05


async def _all(one: Callable[[str], Any], count: int) -> None:
    await asyncio.gather(*(one(f"run{number}") for number in range(count)))


def _waiting_model(order: Order, kind: str) -> Any:
    """A model in the process that waits, calls the tool as often as it is to, and reports."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    plan = json.dumps({"subtasks": [{"task_id": "a", "description": "Look.", "dependencies": []}], "confidence": 0.9})

    class Waiting(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return kind

        def bind_tools(self, tools: Any, **options: Any) -> Any:
            return self.bind(tools=tools, **options)

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            raise NotImplementedError

        async def _agenerate(self, messages: list[BaseMessage], *_: Any, **options: Any) -> ChatResult:
            await asyncio.sleep(MODEL_SECONDS)
            turn = sum(message.type == "tool" for message in messages)
            if options.get("tool_choice") == "any":  # asked for an object of a schema
                said = AIMessage(plan)
            elif turn < order["steps"]:
                call = {"name": "look", "args": {"at": f"north {turn}"}, "id": f"call_{turn}", "type": "tool_call"}
                said = AIMessage("I look.", tool_calls=[call])
            else:
                said = AIMessage("All was seen.")
            return ChatResult(generations=[ChatGeneration(message=said)])

    return Waiting()


AGENTS = {work.__name__: work for work in (floor, surefoot, empty_nodes, create_agent, deepagents, pydantic_ai)}
AGENTS |= {work.__name__: work for work in (floor_many, empty_nodes_many, surefoot_many, create_agent_many)}


def main(name: str, order: Order) -> None:
    """Run once and print what it took."""
    with tempfile.TemporaryDirectory() as folder:  # what happens once in a process is no cost of a step
        AGENTS[name]({"url": order["warm_url"], "steps": 3, "runs": 1, "folder": folder})()
    built = time.monotonic()
    work = AGENTS[name](order)
    opened = time.monotonic() - built
    before = time.process_time()
    began = time.time()
    work()
    cpu, seconds = time.process_time() - before, time.time() - began
    print(json.dumps({"cpu": cpu, "peak_mb": _peak_mb(), "began": began, "seconds": seconds, "opened": opened}))


def _peak_mb() -> float:
    """The most memory so far; `getrusage` would count what the parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
