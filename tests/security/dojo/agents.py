"""Who carries out a task: surefoot as its user may set it up, and LangChain's `create_agent` beside it."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from dojo.effects import brings_others_text, effect
from dojo.obeying import ObeyingModel
from dojo.suite import Suite
from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.tools import tool_effect

Ask = Callable[[str, Mapping[str, Any], str], dict[str, Any]]
"""Puts a question to the person: the name of what is to run, its arguments, why they are asked. Gives the decision."""


@dataclass
class Ended:
    """How a run ended."""

    answer: str
    status: str = "done"


class Surefoot:
    """surefoot, with tools declared as `declare` says; built once per suite, each run a thread of its own."""

    def __init__(self, declare: Callable[[str, BaseTool], BaseTool], **settings: Any) -> None:
        self._declare = declare
        self._settings = settings
        self._graphs: dict[str, Any] = {}
        self._speaks: ObeyingModel | None = None
        self._goal = ""

    def __call__(self, suite: Suite, model: ObeyingModel, goal: str, ask: Ask) -> Ended:
        self._speaks, self._goal = model, goal
        graph = self._graphs.get(suite.name) or self._graphs.setdefault(suite.name, self._build(suite))
        config: Any = {"configurable": {"thread_id": uuid.uuid4().hex}}
        state = graph.invoke({"goal": goal}, config)
        while questions := graph.get_state(config).interrupts:
            asked = questions[0].value["action_requests"][0]
            decision = ask(asked["name"], asked["args"], questions[0].value["reason"])
            state = graph.invoke(Command(resume={questions[0].id: decision}), config)
        return Ended(state.get("answer") or "", state["status"])

    def _build(self, suite: Suite) -> Any:
        script = ScriptedModel(
            {
                "plan": lambda request: self._speaks.plan(self._goal),
                "think": lambda request: self._speaks.think(request.messages, request.task_id),
                "replan": lambda request: self._speaks.replan(self._goal),
            }
        )
        tools = [self._declare(suite.name, tool) for tool in suite.tools()]
        return build_graph(script, tools, Settings(**self._settings))


class CreateAgent:
    """LangChain's agent, whose `HumanInTheLoopMiddleware` asks for the tools with these effects."""

    def __init__(self, asks_for: Collection[str]) -> None:
        self._asks_for = asks_for

    def __call__(self, suite: Suite, model: ObeyingModel, goal: str, ask: Ask) -> Ended:
        asking = {tool: True for tool in suite.functions if effect(suite.name, tool) in self._asks_for}
        graph = create_agent(
            _Spoken(speaker=model),
            suite.tools(),
            middleware=[HumanInTheLoopMiddleware(interrupt_on=asking)],
            checkpointer=InMemorySaver(),
        )
        config: Any = {"configurable": {"thread_id": "dojo"}, "recursion_limit": 200}
        try:
            state = graph.invoke({"messages": [("user", goal)]}, config)
            while questions := graph.get_state(config).interrupts:
                asked = questions[0].value["action_requests"]
                decisions = [ask(each["name"], each["args"], "middleware") for each in asked]
                state = graph.invoke(Command(resume={"decisions": decisions}), config)
        except Exception:  # noqa: BLE001  there a tool that fails ends the run
            return Ended("", "failed")
        return Ended(str(state["messages"][-1].text))


class _Spoken(BaseChatModel):
    """The obeying model as `create_agent` calls it."""

    speaker: Any

    @property
    def _llm_type(self) -> str:
        return "obeying"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        reply = self.speaker.think(messages)
        asked = enumerate(reply.get("calls", []))
        calls = [{"name": call["tool"], "args": call["args"], "id": f"{len(messages)}.{n}"} for n, call in asked]
        message = AIMessage(reply.get("answer", ""), tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])


def declared(suite: str, tool: BaseTool) -> BaseTool:
    """As the table says."""
    return tool_effect(_of(suite, tool), untrusted=brings_others_text(suite, tool.name))(tool)


def credulous(suite: str, tool: BaseTool) -> BaseTool:
    """As the table says, but no tool is said to hand on what somebody else wrote."""
    return tool_effect(_of(suite, tool))(tool)


def careless(suite: str, tool: BaseTool) -> BaseTool:
    """As by a user who thinks that everything can be put back."""
    known = "read_only" if _of(suite, tool) == "read_only" else "reversible"
    return tool_effect(known, untrusted=brings_others_text(suite, tool.name))(tool)


def undeclared(suite: str, tool: BaseTool) -> BaseTool:
    """As by a user who declares nothing at all."""
    return tool


def _of(suite: str, tool: BaseTool) -> Any:
    return effect(suite, tool.name)


AGENTS: dict[str, Surefoot | CreateAgent] = {
    "declared": Surefoot(declared),
    "declared, reading trusted": Surefoot(credulous),
    "all reversible": Surefoot(careless),
    "undeclared": Surefoot(undeclared),
    "approvals=auto": Surefoot(declared, approvals="auto"),
    "create_agent, asks for irreversible": CreateAgent({"irreversible"}),
    "create_agent, asks for every effect": CreateAgent({"irreversible", "reversible", "idempotent"}),
}
"""Who takes part, by name."""
