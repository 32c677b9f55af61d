"""Builds what the model sees at each turn of the loop, within a bounded size.

The newest turns are shown whole. When the messages outgrow `context_tokens`, the oldest turns are condensed to a line
each until half the room is free again: the beginning then stays the same for many turns, which prompt caches need.
"""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes import prompts
from surefoot.nodes.state import Action, ReactState, ReactStep, StepResult, SubTask, result_text

CHARS_PER_TOKEN = 4
"""Close enough for every script: surefoot bounds the context, the endpoint counts it."""


def messages(
    state: ReactState, *, asking: Sequence[str], context_tokens: int, wrap_up: bool, last_turn: bool
) -> list[BaseMessage]:
    """Write the conversation of one subtask so far.

    Args:
        state: The ReAct state.
        asking: Names of offered tools that ask a person by themselves.
        context_tokens: Room for the turns, in tokens.
        wrap_up: The budget is nearly used up.
        last_turn: The loop's step limit allows only this reply.
    """
    subtask = SubTask.model_validate(state["subtask"])
    request = prompts.think_request(
        goal=state["goal"], subtask=subtask, known=state.get("known", {}), workspace=state.get("workspace", "")
    )
    steps = [ReactStep.model_validate(s) for s in state.get("log", [])]
    turns = [list(group) for _, group in groupby(steps, key=lambda s: s.turn)]
    first = _first_whole(turns, context_tokens * CHARS_PER_TOKEN)
    result: list[BaseMessage] = [SystemMessage(prompts.think_system(asking=asking)), HumanMessage(request)]
    if first:
        earlier = [step for turn in turns[:first] for step in turn]
        result.append(HumanMessage(prompts.condensed(lines=_condensed(earlier, context_tokens))))
    for turn in turns[first:]:
        result += _turn(turn, context_tokens * CHARS_PER_TOKEN)
    note = _note(wrap_up, last_turn)
    return [*result, HumanMessage(note)] if note else result


def _first_whole(turns: Sequence[Sequence[ReactStep]], room: int) -> int:
    """Index of the first turn that is shown whole."""
    sizes = [sum(_size(step) for step in turn) for turn in turns]
    first, used = 0, 0
    for n, size in enumerate(sizes):
        used += size
        if used > room:
            while used > room // 2 and first < n:
                used -= sizes[first]
                first += 1
    return first


def _size(step: ReactStep) -> int:
    args = len(json.dumps(step.action.args, ensure_ascii=False)) if step.action else 0
    output = len(result_text(step.observation.output)) if step.observation else 0
    return len(step.thought) + len(step.note) + args + output + 80


def _turn(turn: Sequence[ReactStep], room: int) -> list[BaseMessage]:
    """Write a turn whole; only where it asked for more at once than there is room for, each result is clipped."""
    acted = [(s.action, s.observation) for s in turn if s.action and s.observation]
    most = max(400, room // max(1, len(acted)))
    calls = [{"name": a.tool, "args": a.args, "id": a.call_id, "type": "tool_call"} for a, _ in acted]
    result: list[BaseMessage] = []
    if calls or turn[0].thought:
        result.append(AIMessage(turn[0].thought, tool_calls=calls))
    result += [_tool_message(a, o, most) for a, o in acted]
    result += [HumanMessage(s.note) for s in turn if s.note]
    return result


def _tool_message(action: Action, observed: StepResult, most: int) -> ToolMessage:
    status = "success" if observed.success else "error"
    text = prompts.clip(observation_text(observed), most)
    return ToolMessage(text, tool_call_id=action.call_id, name=action.tool, status=status)


def observation_text(observed: StepResult) -> str:
    """Write what came of an action as the model reads it."""
    if observed.error:
        return f"ERROR {observed.error.kind}: {observed.error.message}"
    text = result_text(observed.output)
    if observed.total_chars is None:
        return text
    return f"{text}\n{prompts.cut(name=observed.artifact or '', shown=len(text), total=observed.total_chars)}"


def _condensed(steps: Sequence[ReactStep], context_tokens: int) -> list[str]:
    """A line each for the newest of the steps, in a quarter of the room; the ones before are only counted."""
    room = context_tokens * CHARS_PER_TOKEN // 4
    lines: list[str] = []
    for n, step in enumerate(reversed(steps)):
        line = _line(step)
        room -= len(line)
        if room < 0:
            counts = Counter(s.action.tool for s in steps[: len(steps) - n] if s.action)
            told = ", ".join(f"{tool} x{count}" for tool, count in counts.items())
            lines.append(f"- ({len(steps) - n} steps before these: {told})")
            break
        lines.append(line)
    return lines[::-1]


def _line(step: ReactStep) -> str:
    if not step.action or not step.observation:
        return f"- {prompts.clip(step.thought or step.note, 160)}"
    args = prompts.clip(json.dumps(step.action.args, ensure_ascii=False), 120)
    return f"- {step.action.tool}({args}) -> {prompts.clip(observation_text(step.observation), 240)}"


def _note(wrap_up: bool, last_turn: bool) -> str:
    if last_turn:
        return prompts.LAST_TURN
    return prompts.WRAP_UP if wrap_up else ""
