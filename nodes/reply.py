"""Reads a model's reply: the object that was asked for, or thought, tool calls and what was unreadable."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from surefoot.nodes import protocol
from surefoot.nodes.jsontext import calls_in_text, fits, json_values, mend
from surefoot.nodes.state import Json, Usage, digest

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_THOUGHT_START = re.compile(r"\s*<(?:think|thinking|reasoning)>", re.IGNORECASE)
_CUT = {"length", "max_tokens", "model_length"}

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said in one turn."""

    message: AIMessage
    """The reply as it goes into the conversation, with `calls` as its tool calls."""
    calls: list[dict[str, Json]]
    """`{"id", "name", "args"}` each, in the order they were asked for."""
    text: str
    """Thought or answer, without <think> blocks."""
    usage: Usage
    """All tries of this turn together."""
    problem: str = ""
    """What was unreadable, to be told to the model; `calls` then hold what could be read all the same."""


def text_of(message: AIMessage) -> str:
    """Take the text of a reply, without the thoughts some models write in tags."""
    text = _THOUGHT.sub("", str(message.text))
    if end := list(_THOUGHT_END.finditer(text)):
        text = text[end[-1].end() :]
    return "" if _THOUGHT_START.match(text) else text.strip()


def was_cut(message: AIMessage) -> bool:
    """Tell whether the reply ended at the length limit and not where the model wanted."""
    about = message.response_metadata
    return any(str(about.get(key, "")).lower() in _CUT for key in ("finish_reason", "stop_reason", "done_reason"))


def said(message: AIMessage) -> str:
    """Write what the model said as text, calls as their arguments."""
    calls = [call["args"] for call in [*message.tool_calls, *message.invalid_tool_calls]]
    return text_of(message) or "\n".join(call if isinstance(call, str) else json.dumps(call) for call in calls)


def read_object(message: AIMessage, schema: type[S]) -> tuple[S | None, str]:
    """Find an object of the schema in a reply, wherever the model put it; else say what is wrong."""
    whole, trouble, text = not was_cut(message), "", text_of(message)
    values: list[Json] = [call["args"] for call in message.tool_calls] if whole else []
    values += [
        value for call in message.invalid_tool_calls if whole and (value := mend(call["args"] or "")) is not None
    ]
    values += [value for value in json_values(text, whole=whole) if value or text == "{}"]
    for value in values:
        for shape in _shapes(value, schema):
            try:
                return schema.model_validate(shape), ""
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"]) or "the object"
                trouble = trouble or f"{place}: {first['msg']}"
    if not whole:
        return None, "the reply was cut off at its length limit"
    return None, trouble or ("the reply holds no fitting JSON object" if said(message) else "the reply was empty")


def _shapes(value: Json, schema: type[BaseModel]) -> list[Json]:
    """List the ways a value may be meant: as it is, in a wrapper object, or as the bare list of the one list field."""
    if isinstance(value, list):
        required = [name for name, about in schema.model_fields.items() if about.is_required()]
        return [{required[0]: value}] if len(required) == 1 and all(isinstance(item, dict) for item in value) else []
    if not isinstance(value, dict):
        return []
    if schema.model_fields.keys() & value.keys() or not value:
        return [value]
    return [inner for inner in value.values() if isinstance(inner, dict) and schema.model_fields.keys() & inner.keys()]


def native_reply(message: AIMessage, tools: Sequence[Mapping[str, Any]], place: list[Json], usage: Usage) -> Reply:
    """Read a reply with native tool calls, or with calls a weak model wrote into its text."""
    text, cut = text_of(message), was_cut(message)
    calls: list[dict[str, Json]] = [dict(call) for call in message.tool_calls]
    problem = "Your reply was cut off at its length limit: be shorter, in several steps if need be." if cut else ""
    if cut:
        calls = calls if message.invalid_tool_calls else calls[:-1]
    elif message.invalid_tool_calls:
        calls, problem = _mended(message, tools)
    elif not calls:
        calls, text = calls_in_text(text, [tool["function"]["name"] for tool in tools])
    if not calls and not text:
        problem = problem or "Your reply was empty: call a tool, or write the answer."
    return _reply(message, calls, text, place, usage, problem)


def _mended(message: AIMessage, tools: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Json]], str]:
    """Mend calls whose arguments are broken JSON. All or none: their order among intact ones is lost."""
    schemas = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in tools}
    calls = []
    for call in message.invalid_tool_calls:
        args, name = mend(call["args"] or ""), call["name"] or ""
        if message.tool_calls or name not in schemas or not fits(args, schemas[name]):
            return (
                [],
                f"The arguments of your call of {name or 'a tool'} are no valid JSON; nothing was run. Call again.",
            )
        calls.append({"name": name, "args": args, "id": call["id"]})
    return calls, ""


def text_reply(message: AIMessage, place: list[Json], usage: Usage) -> Reply:
    """Read a reply of the text protocol."""
    cut = was_cut(message)
    calls, text, problem = protocol.read(text_of(message), whole=not cut)
    if cut:
        calls, problem = [], "Your reply was cut off at its length limit: be shorter, in several steps if need be."
    return _reply(message, calls, text, place, usage, problem)


def _reply(
    message: AIMessage, calls: list[dict[str, Json]], text: str, place: list[Json], usage: Usage, problem: str
) -> Reply:
    """Give every call an id of its own and the message exactly these calls."""
    ids = Counter(call.get("id") for call in calls)
    named = []
    for index, call in enumerate(calls):
        given = call.get("id")
        unique = given if isinstance(given, str) and given and ids[given] == 1 else f"call_{digest([*place, index])}"
        named.append({"id": unique, "name": call["name"], "args": call["args"]})
    kept = [{"id": call["id"], "name": call["name"], "args": call["args"]} for call in message.tool_calls]
    if kept != named or message.invalid_tool_calls or (isinstance(message.content, str) and message.content != text):
        told, about = message.usage_metadata, message.response_metadata
        message = AIMessage(text, tool_calls=named, id=message.id, usage_metadata=told, response_metadata=about)
    return Reply(message, named, text, usage, problem)
