"""Runs inside OpenHands' environment: `openhands_worker.py < LOGS` prints where its detector speaks up in each log.

Every step is written as the events that the SDK would have recorded for it, and after each its conversation's own
check is made: a nudge first, else the verdict.
"""

import json
import sys
from typing import Any

from openhands.sdk.conversation.stuck_detector import StuckDetector
from openhands.sdk.event import ActionEvent, AgentErrorEvent, MessageEvent, ObservationEvent
from openhands.sdk.llm import Message, MessageToolCall, TextContent
from openhands.sdk.mcp.definition import MCPToolAction, MCPToolObservation

NO_ACTION = ("missing_tool", "bad_arguments")
"""The SDK records these calls without a parsed action."""


class Conversation:
    """The part of a conversation's state that the detector reads."""

    def __init__(self) -> None:
        self.events: list[Any] = [_message("user", "Please do the task.")]

    def active_branch(self, limit: int | None = None) -> list[Any]:
        return self.events[-limit:] if limit else list(self.events)


def first_alarm(log: list[dict[str, Any]], *, thoughts: bool) -> int | None:
    """Entries of the log after which the detector nudges or says stuck; None = it never does."""
    state = Conversation()
    detector = StuckDetector(state)  # type: ignore[arg-type]
    for number, step in enumerate(log, 1):
        state.events += _events(step, number, thoughts=thoughts)
        beside = number < len(log) and log[number]["turn"] == step["turn"]
        if not beside and (detector.get_action_error_nudge() or detector.is_stuck()):
            return number
    return None


def _events(step: dict[str, Any], number: int, *, thoughts: bool) -> list[Any]:
    action, result = step.get("action"), step.get("observation")
    if action is None:
        return [_message("agent", step["thought"])]
    name, call_id = action["tool"], f"call_{number}"
    error = result["error"]
    acted = ActionEvent(
        thought=[TextContent(text=step["thought"])] if thoughts and step["thought"] else [],
        action=None if error and error["kind"] in NO_ACTION else MCPToolAction(data=action["args"]),
        tool_name=name,
        tool_call_id=call_id,
        tool_call=MessageToolCall(id=call_id, name=name, arguments=json.dumps(action["args"]), origin="completion"),
        llm_response_id=f"response_{step['turn']}",
    )
    if error:
        told = f"Error executing tool '{name}': {error['message']}"
        return [acted, AgentErrorEvent(error=told, tool_name=name, tool_call_id=call_id)]
    output = result["output"]
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    seen = MCPToolObservation(content=[TextContent(text=text)], tool_name=name)
    return [acted, ObservationEvent(observation=seen, action_id=acted.id, tool_name=name, tool_call_id=call_id)]


def _message(source: Any, text: str) -> MessageEvent:
    role: Any = "user" if source == "user" else "assistant"
    return MessageEvent(source=source, llm_message=Message(role=role, content=[TextContent(text=text)]))


if __name__ == "__main__":
    found = [
        {
            "as recorded": first_alarm(log, thoughts=True),
            "thoughts left out": first_alarm(log, thoughts=False),
        }
        for log in json.load(sys.stdin)
    ]
    print(json.dumps(found))
