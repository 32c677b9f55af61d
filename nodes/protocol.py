"""Offers tools in plain text to a model whose server takes none: the prompt, the history, the reading."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes.jsontext import calls_in, json_values
from surefoot.nodes.state import Json

_RULES = """\
You work through tools, in plain text. Reply with exactly one JSON object and nothing else:
{"thought": "why this comes next", "calls": [{"tool": "NAME", "args": {}}], "answer": null}
To use tools, list the calls; their results come in the next message.
When nothing is left to do, reply with "calls": [] and the complete answer as the text of "answer".

Tools, with the JSON schema of their args:
"""


def with_system(messages: Sequence[BaseMessage], text: str) -> list[BaseMessage]:
    """Add a text to the system message; weak servers take only one, at the start."""
    if messages and isinstance(messages[0], SystemMessage):
        return [SystemMessage(f"{messages[0].text}\n\n{text}"), *messages[1:]]
    return [SystemMessage(text), *messages]


def as_text(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> list[BaseMessage]:
    """Write a conversation with tool calls as one without: calls as the model's JSON, results as messages."""
    lines = [_describe(tool["function"]) for tool in tools]
    names: dict[str, str] = {}
    flat: list[BaseMessage] = []
    for message in with_system(messages, _RULES + "\n".join(lines)):
        if isinstance(message, AIMessage) and message.tool_calls:
            names |= {call["id"] or "": call["name"] for call in message.tool_calls}
            calls = [{"tool": call["name"], "args": call["args"]} for call in message.tool_calls]
            written = {"thought": str(message.text), "calls": calls, "answer": None}
            flat.append(AIMessage(json.dumps(written, ensure_ascii=False)))
        elif isinstance(message, ToolMessage):
            name = message.name or names.get(message.tool_call_id, "the tool")
            _add_human(flat, f"Result of {name}:\n{message.text}")
        elif isinstance(message, HumanMessage):
            _add_human(flat, str(message.text))
        else:
            flat.append(message)
    return flat


def _describe(tool: Mapping[str, Any]) -> str:
    return f"- {tool['name']}: {tool.get('description', '')}\n  {json.dumps(tool.get('parameters', {}))}"


def _add_human(flat: list[BaseMessage], text: str) -> None:
    if flat and isinstance(flat[-1], HumanMessage):
        flat[-1] = HumanMessage(f"{flat[-1].text}\n\n{text}")
    else:
        flat.append(HumanMessage(text))


def read(text: str, *, whole: bool) -> tuple[list[dict[str, Json]], str, str]:
    """Read a reply of the text protocol.

    Args:
        text: the reply.
        whole: it was not cut off.

    Returns:
        The calls (`{"name", "args"}`), the thought or else the answer, and what was wrong with the reply.
    """
    for value in json_values(text, whole=whole):
        if calls := calls_in(value, None):
            thought = value.get("thought") if isinstance(value, dict) else ""
            return calls, thought if isinstance(thought, str) else "", ""
        if isinstance(value, dict) and value.get("answer") not in (None, ""):
            answer = value["answer"]
            return [], answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False), ""
    return [], text, 'The reply was no JSON object with "calls" or an "answer".'
