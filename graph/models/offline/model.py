"""The embedded default model: answers every call of the agent by rules, with no key and no network."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from surefoot.graph.models.offline import say, unseen
from surefoot.graph.models.offline.clauses import read_clause
from surefoot.graph.models.offline.plan import plan
from surefoot.graph.models.offline.replan import replan
from surefoot.graph.models.offline.steps import Ask, CannotDo, Reply, replay
from surefoot.graph.models.offline.work import RULED, ruled, work
from surefoot.graph.models.offline.world import Tool, World, read_overview
from surefoot.nodes import prompts

_CONDENSED = prompts.condensed(lines=())
_SHORTENED = prompts.shortened(name="", text="..", chars=1).split("\n")[1][: len("[shortened")]
_BUILT_IN = RULED - {"ask_human", "give_up", "find_tools", "read_output"}


class OfflineModel(BaseChatModel):
    """A chat model that follows rules and is no language model.

    Which node asks, and about what, is read from the call's metadata (`surefoot`); without it the last human message
    is the goal. The same request always gets the same reply.
    """

    structured_methods: ClassVar = ("text",)
    """Plans come as JSON text."""
    reads_every_tool: ClassVar = True
    """It needs no choice of tools made for it: reading them costs nothing."""

    @property
    def _llm_type(self) -> str:
        return "surefoot-offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": "offline"}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; `tool_choice` makes no difference to rules."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        metadata = (run_manager.metadata if run_manager else None) or {}
        request = metadata.get("surefoot") or {"node": "think", "goal": _last_human(messages)}
        message = _NODES[str(request["node"])](request, messages, _offered(kwargs.get("tools") or (), request))
        message.usage_metadata = _usage(messages, message)
        return ChatResult(generations=[ChatGeneration(message=message)])


def _plan(request: Mapping[str, Any], messages: Sequence[BaseMessage], tools: Mapping[str, Tool]) -> AIMessage:
    return AIMessage(json.dumps(plan(_world(request, tools)), ensure_ascii=False))


def _replan(request: Mapping[str, Any], messages: Sequence[BaseMessage], tools: Mapping[str, Tool]) -> AIMessage:
    made = replan(request.get("plan") or [], request.get("failed") or [], _world(request, tools))
    return AIMessage(json.dumps(made, ensure_ascii=False))


def _reflect(request: Mapping[str, Any], messages: Sequence[BaseMessage], tools: Mapping[str, Tool]) -> AIMessage:
    return AIMessage(json.dumps({"drift": False, "explanation": "No judgement: the offline model follows rules."}))


def _finish(request: Mapping[str, Any], messages: Sequence[BaseMessage], tools: Mapping[str, Tool]) -> AIMessage:
    return AIMessage(say.merged(request.get("plan") or []) or str(request.get("why") or "Nothing was done."))


def _think(request: Mapping[str, Any], messages: Sequence[BaseMessage], tools: Mapping[str, Tool]) -> AIMessage:
    world = _world(request, tools)
    description = str((request.get("subtask") or {}).get("description") or request.get("goal") or "")
    clause = read_clause(description, [*world.paths, *world.folders], {name.split("_")[0].lower() for name in tools})
    turns, searched = _turns(messages)
    world = replace(world, searched=searched)
    unruled = not ruled(clause, world)
    try:
        if any(_is_shortened(message) for message in messages):
            raise CannotDo("Earlier results were condensed and cannot be worked with; set a larger context_tokens.")
        found = (
            unseen.move(description, tools, RULED, messages, hurry=bool(request.get("wrap_up"))) if unruled else None
        )
        step: list[Ask] | str = found if found is not None else replay(work(clause, world), turns)
    except CannotDo as error:
        if "give_up" not in tools:
            return AIMessage(str(error))
        step = [Ask("give_up", {"reason": str(error)})]
    if isinstance(step, str):
        return AIMessage(step)
    number = sum(isinstance(message, AIMessage) for message in messages)
    return AIMessage(_thought(step), tool_calls=[_call(ask, number, i, tools) for i, ask in enumerate(step)])


_NODES = {"plan": _plan, "replan": _replan, "think": _think, "reflect": _reflect, "finish": _finish}


def _world(request: Mapping[str, Any], tools: Mapping[str, Tool]) -> World:
    told = [(str(t["name"]), t) for t in request.get("tools") or ()]
    named = {n: Tool(n, str(t.get("description", "")), effect=str(t.get("effect", "undeclared"))) for n, t in told}
    return World(
        goal=str(request.get("goal") or ""),
        files=read_overview(str(request.get("workspace") or "")),
        tools={**named, **tools},
        known={str(key): str(text) for key, text in (request.get("known") or {}).items()},
    )


def _offered(tools: Sequence[Mapping[str, Any]], request: Mapping[str, Any]) -> dict[str, Tool]:
    """Collect the tools on offer, with what they declare of their results and effects: no schema of a chat says that."""
    declared = {str(offer["name"]): offer for offer in request.get("offers") or ()}
    functions = [tool.get("function") or tool for tool in tools]
    return {
        (name := str(f["name"])): Tool(
            name,
            str(f.get("description") or ""),
            f.get("parameters") or {},
            declared.get(name, {}).get("output") or {},
            str(declared.get(name, {}).get("effect") or "undeclared"),
        )
        for f in functions
    }


def _turns(messages: Sequence[BaseMessage]) -> tuple[list[list[Reply]], bool]:
    """Collect what came back, turn by turn, in the order it was asked for, and whether tools were looked for.

    Looking for tools is no step of a rule: which rules there are depends on what it found.
    """
    replies = {
        message.tool_call_id: Reply(message.text, _failed(message), _output(message))
        for message in messages
        if isinstance(message, ToolMessage)
    }
    asked = [message.tool_calls for message in messages if isinstance(message, AIMessage) and message.tool_calls]
    steps = [calls for calls in asked if calls[0]["name"] != "find_tools"]
    turns = [[replies[str(call["id"])] for call in calls if str(call["id"]) in replies] for calls in steps]
    return turns, len(steps) < len(asked)


def _failed(message: ToolMessage) -> bool:
    return message.status == "error" or message.text.startswith("ERROR ")


def _output(message: ToolMessage) -> Any:
    """Take a tool's own output from beside its text; a text may be cut, so it is not taken."""
    output = message.artifact.get("output") if isinstance(message.artifact, dict) else None
    return None if isinstance(output, str) else output


def _is_shortened(message: BaseMessage) -> bool:
    """Whether earlier results stand here in part only."""
    if isinstance(message, ToolMessage):
        return message.text.rpartition("\n")[2].startswith(_SHORTENED)
    return isinstance(message, HumanMessage) and message.text.startswith(_CONDENSED)


def _thought(asks: Sequence[Ask]) -> str:
    if asks[0].tool == "give_up":
        return "No rule leads further."
    return "By rule: " + ", ".join(dict.fromkeys(ask.tool for ask in asks)) + "."


def _call(ask: Ask, turn: int, index: int, tools: Mapping[str, Tool]) -> ToolCall:
    args = dict(ask.args)
    tool = tools.get(ask.tool)
    if tool and "confidence" in tool.properties and "confidence" not in args:
        args["confidence"] = 0.9 if ask.tool in _BUILT_IN else 0.7
    return ToolCall(name=ask.tool, args=args, id=f"offline-{turn}-{index}", type="tool_call")


def _last_human(messages: Sequence[BaseMessage]) -> str:
    return next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")


def _usage(messages: Sequence[BaseMessage], reply: AIMessage) -> UsageMetadata:
    read, written = count_tokens_approximately(messages), count_tokens_approximately([reply])
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
