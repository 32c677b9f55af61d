"""Holds the tools of a run: what each is called, takes, does to the world, and which ones fit a task."""

import copy
import inspect
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import get_fields

from surefoot.tools.effects import Effect, ToolEffect, effect_of
from surefoot.tools.errors import ToolError
from surefoot.tools.finding import origin_of
from surefoot.tools.isolation import Origin
from surefoot.tools.mcp import McpServer
from surefoot.tools.outputs import fields, output_schema
from surefoot.tools.retrieval import ToolIndex
from surefoot.tools.secrets import Secrets

__all__ = ["KEY_PARAMETER", "Toolbox", "as_tool", "parameter_names"]

KEY_PARAMETER = "idempotency_key"
"""A parameter of this name is hidden from the model and given the action's key when the tool runs."""

_ARGUMENTS = re.compile(r"^\s*Args:\s*$", re.MULTILINE)
"""The section of a docstring that goes into the schema, parameter by parameter."""

_SENTENCES = re.compile(r"[^.]*(?:\.(?! )[^.]*)*\.?(?:.{0,110}\.(?= |$))?")
"""The first sentence, and those after it that fit in another hundred characters or so."""

_CONFIDENCE = {"type": "number", "description": "0 to 1"}


class Toolbox:
    """The tools of a run, by name, in the order they were given.

    `tools`: LangChain tools and plain functions, sync or async, and MCP servers, which stand for their tools.
    `effects`: overrides by tool name of what the tools declare themselves.
    `untrusted`: names of tools whose results may carry text by strangers, whatever they declare themselves.
    `secrets`: what some of the tools may be given, and what is taken out of all their results.

    Raises:
        ToolError: two tools share a name, an MCP server cannot be reached, something is neither a tool nor a named function, parameters cannot be
            written as a JSON schema, or a tool that is to run in a process of its own cannot be found by import.
    """

    def __init__(
        self,
        tools: Iterable[BaseTool | Callable[..., Any] | McpServer],
        effects: Mapping[str, Effect] | None = None,
        untrusted: Collection[str] = (),
        secrets: Secrets | None = None,
    ) -> None:
        self.secrets = secrets or Secrets()
        raw = [tool for one in tools for tool in (one.tools() if isinstance(one, McpServer) else [one])]
        given = [as_tool(tool) for tool in raw]
        doubled = [name for name, count in Counter(tool.name for tool in given).items() if count > 1]
        if doubled:
            raise ToolError(f"More than one tool is named {', '.join(doubled)}; give each its own name.")
        self._tools = {tool.name: tool for tool in given}
        self._effects = {tool.name: effect_of(tool, effects, untrusted) for tool in given}
        self._origins = {
            tool.name: origin_of(one, tool.name)
            for one, tool in zip(raw, given, strict=True)
            if self._effects[tool.name].isolate
        }
        self._schemas = {name: self._offer(name) for name in self._tools}
        self._index = ToolIndex({name: self._document(name) for name in self._tools})

    @property
    def names(self) -> list[str]:
        """All names, in the toolbox's own order."""
        return list(self._tools)

    def get(self, name: str) -> BaseTool | None:
        """Give the tool of that name, if there is one."""
        return self._tools.get(name)

    def effect(self, name: str) -> ToolEffect:
        """Say what is known of a tool's effect; an unknown tool's is undeclared."""
        return self._effects.get(name, ToolEffect())

    def origin(self, name: str) -> Origin:
        """Say where an isolated tool is found again by import.

        Raises:
            KeyError: there is no such tool, or it is not isolated.
        """
        return self._origins[name]

    def schema(self, name: str) -> dict[str, Any]:
        """Describe a tool as the model sees it, in OpenAI's function form; one object, not to be changed.

        Raises:
            KeyError: there is no such tool.
        """
        return self._schemas[name]

    def output_schema(self, name: str) -> dict[str, Any]:
        """Say what a tool declares of its results, as a JSON schema; {} = nothing.

        Raises:
            KeyError: there is no such tool.
        """
        return output_schema(self._tools[name])

    def takes_confidence(self, name: str) -> bool:
        """Whether `confidence` among a call's arguments is surefoot's own, to be taken out before the tool runs."""
        return self._asks_confidence(name) and name in self._tools

    def describe(self, name: str) -> dict[str, str]:
        """Sum a tool up for a prompt: its name, the beginning of its description, its effect."""
        text = inspect.cleandoc(self._tools[name].description).partition("\n\n")[0]
        short = _SENTENCES.match(" ".join(text.split()))[0].strip()  # type: ignore[index]
        return {"name": name, "description": short, "effect": self.effect(name).effect}

    def outline(self, name: str) -> dict[str, str]:
        """Sum a tool up for a planner: as `describe`, and where it only reads what it takes, and gives if it says so."""
        told = self.describe(name)
        if told["effect"] != "read_only":
            return told
        parameters = self.schema(name)["function"]["parameters"]
        required = parameters.get("required", ())
        args = [each if each in required else f"{each}?" for each in parameters["properties"]]
        gives = fields(self.output_schema(name))
        return {**told, "args": ", ".join(args)} | ({"gives": ", ".join(gives)} if gives else {})

    def search(self, query: str, k: int) -> list[str]:
        """Name up to `k` tools that share words with the query, best first."""
        return self._index.search(query, k)

    def select(self, query: str, k: int, always: Iterable[str] = ()) -> list[str]:
        """Choose the tools to offer: all where there are at most `k`, else the best `k` and those in `always`.

        The order is the toolbox's own, so that equal choices give equal prompts. Where fewer than `k` share a word
        with the query, the first of the others fill up.
        """
        if len(self._tools) <= k:
            return self.names
        chosen = self.search(query, k)
        chosen += [name for name in self._tools if name not in chosen][: max(0, k) - len(chosen)]
        wanted = {*chosen, *always}
        return [name for name in self._tools if name in wanted]

    def _offer(self, name: str) -> dict[str, Any]:
        tool = self._tools[name]
        try:
            offer = copy.deepcopy(convert_to_openai_tool(tool))
        except Exception as error:
            raise ToolError(f"The parameters of {name} cannot be described to a model: {error}") from error
        function = offer["function"]
        function["description"] = inspect.cleandoc(str(function.get("description", "")))
        parameters = function.setdefault("parameters", {})
        parameters.setdefault("type", "object")
        properties = parameters.setdefault("properties", {})
        properties.pop(KEY_PARAMETER, None)
        if KEY_PARAMETER in parameters.get("required", ()):
            parameters["required"] = [each for each in parameters["required"] if each != KEY_PARAMETER]
        if self._asks_confidence(name):
            properties["confidence"] = dict(_CONFIDENCE)
        return offer

    def _asks_confidence(self, name: str) -> bool:
        return self.effect(name).effect != "read_only" and "confidence" not in parameter_names(self._tools.get(name))

    def _document(self, name: str) -> str:
        function = self.schema(name)["function"]
        properties = function["parameters"]["properties"]
        own = [key for key in properties if not (key == "confidence" and self._asks_confidence(name))]
        told = [str(properties[key].get("description", "")) for key in own if isinstance(properties[key], dict)]
        return " ".join([name, name, str(function.get("description", "")), *own, *told])


def parameter_names(tool: BaseTool | None) -> set[str]:
    """Name a tool's parameters, the hidden ones too."""
    if tool is None:
        return set()
    if isinstance(tool.args_schema, dict):
        return set(tool.args_schema.get("properties", {}))
    return set(get_fields(tool.get_input_schema()))


def as_tool(given: BaseTool | Callable[..., Any]) -> BaseTool:
    """Make a LangChain tool of a plain function; a tool stays as it is.

    Raises:
        ToolError: it is neither, or its parameters cannot be described.
    """
    if isinstance(given, BaseTool):
        return given
    name = getattr(given, "__name__", "")
    if not callable(given) or isinstance(given, type) or not name.isidentifier():
        raise ToolError(f"{str(given)[:100]} is no tool; give a LangChain tool or a function that has a name.")
    func, coroutine = (None, given) if inspect.iscoroutinefunction(given) else (given, None)
    told = inspect.getdoc(given) or ""
    described = _ARGUMENTS.split(told, maxsplit=1)[0].strip() or name.replace("_", " ")
    try:
        return StructuredTool.from_function(func, coroutine, description=described, parse_docstring=bool(told))
    except Exception as error:
        raise ToolError(f"The function {name} cannot be made a tool: {error}") from error
