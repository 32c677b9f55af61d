"""Builds what the model sees at each turn of the loop, within a bounded size.

The newest turns are shown whole. Before them, turns are shown with their outputs shortened; before those, a line a
step. A border between two of these moves only when its room is used up, and then leaves half of it free: the beginning
of the messages stays the same for many turns, which prompt caches need. Every shortened output can be read again with
`read_output`, by the name of its step.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes import prompts, rules
from surefoot.nodes.attempt import steps_of
from surefoot.nodes.fold import Fold
from surefoot.nodes.memo import Memo
from surefoot.nodes.quest.scene import Move
from surefoot.nodes.state import Action, ReactState, ReactStep, StepResult, SubTask, result_text

CHARS_PER_TOKEN = 4
"""Close enough for every script: surefoot bounds the context, the endpoint counts it."""
SHORTENED = 800
"""Characters left of an output that is shortened."""

_NOWHERE = Move()

Step = tuple[str, ReactStep]
"""A step of the log with its name."""
Turn = list[Step]


def messages(
    state: ReactState,
    *,
    asking: Sequence[str],
    confident: bool,
    secrets: Mapping[str, Sequence[str]],
    context_tokens: int,
    inline_chars: int,
    wrap_up: bool,
    turns_left: int,
    route: Move = _NOWHERE,
) -> list[BaseMessage]:
    """Write the conversation of one subtask so far.

    Args:
        state: The ReAct state.
        asking: Names of offered tools that ask a person by themselves.
        confident: Whether some of the offered tools take a confidence.
        secrets: Secrets that offered tools may use, each with those tools.
        context_tokens: Room for the turns, in tokens.
        inline_chars: Characters at which tool results are cut; told to the model.
        wrap_up: The budget is nearly used up.
        turns_left: So many more replies than this one the loop's step limit allows.
        route: What code has found to lead on; without a way nothing is said.
    """
    request = prompts.think_request(
        goal=state["goal"],
        subtask=SubTask.model_validate(state["subtask"]),
        known=state.get("known", {}),
        workspace=state.get("workspace", ""),
        found=state.get("found", {}),
        taint=state.get("taint", {}),
    )
    told = _told(steps_of(state))
    turns = told.turns
    room = context_tokens * CHARS_PER_TOKEN
    whole = _first_within(told.sizes, room)
    short = _first_within(told.shortened[:whole], room // 4)
    system = prompts.think_system(asking=asking, confident=confident, inline=inline_chars, room=room, secrets=secrets)
    result: list[BaseMessage] = [SystemMessage(system), HumanMessage(request)]
    if short:
        result.append(HumanMessage(prompts.condensed(lines=_lines(turns[:short], room // 8))))
    for n, turn in enumerate(turns[short:], start=short):
        result += _turn(turn, SHORTENED if n < whole else max(SHORTENED, room // len(turn)))
    notes = [rules.WRAP_UP] * wrap_up + [rules.ONE_LEFT] * (turns_left == 1) if turns_left else [rules.LAST_TURN]
    if route.way and not notes:
        notes = [prompts.route(calls=route.calls, way=route.way)]
    return [*result, HumanMessage(" ".join(notes))] if notes else result


class _Told:
    """A log as turns, with the characters each takes, whole and shortened."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.sizes: list[int] = []
        self.shortened: list[int] = []
        self._places: Counter[int] = Counter()

    def add(self, _: int, step: ReactStep) -> None:
        """Take in one more step."""
        if not self.turns or self.turns[-1][0][1].turn != step.turn:
            self.turns.append([])
            self.sizes.append(0)
            self.shortened.append(0)
        self._places[step.turn] += 1
        self.turns[-1].append((f"{step.turn}.{self._places[step.turn]}", step))
        said, output = _measured(step)
        self.sizes[-1] += said + output
        self.shortened[-1] += said + min(output, SHORTENED)


_told = Fold[ReactStep, _Told](_Told, _Told.add)


def _first_within(sizes: Sequence[int], room: int) -> int:
    """Index of the first turn on this side of the border."""
    first, used = 0, 0
    for n, size in enumerate(sizes):
        used += size
        if used > room:
            while used > room // 2 and first < n:
                used -= sizes[first]
                first += 1
    return first


def _measured(step: ReactStep) -> tuple[int, int]:
    """Characters of what was said and done, and of what came back."""
    args = len(json.dumps(step.action.args, ensure_ascii=False)) if step.action else 0
    output = len(result_text(step.observation.output)) if step.observation else 0
    return len(step.thought) + len(_note(step)) + args + 80, output


_written = Memo[ReactStep, dict[tuple[str, int, int], list[BaseMessage]]](lambda step: {})
"""By the first step of a turn: the messages of the turn, by its name, its length so far and how it was shortened."""


def _turn(turn: Turn, shorten: int) -> list[BaseMessage]:
    """The messages of a turn, the same objects each time: what is made of a message is remembered, too."""
    (name, first), *_ = turn
    written, key = _written(first), (name, len(turn), shorten)
    if key not in written:
        written[key] = _messages(turn, shorten)
    return written[key]


def _messages(turn: Turn, shorten: int) -> list[BaseMessage]:
    acted = [(name, s.action, s.observation) for name, s in turn if s.action and s.observation]
    calls = [{"name": a.tool, "args": a.args, "id": a.call_id, "type": "tool_call"} for _, a, _ in acted]
    thought = turn[0][1].thought
    result: list[BaseMessage] = [AIMessage(thought, tool_calls=calls)] if calls or thought else []
    result += [_tool_message(name, action, seen, shorten) for name, action, seen in acted]
    result += [HumanMessage(prompts.blame(blame=step.blame)) for _, step in turn if step.blame]
    result += [HumanMessage(note) for _, step in turn if (note := _note(step))]
    return result


def _note(step: ReactStep) -> str:
    return prompts.unmet(results=step.unmet) if step.unmet else step.note


def _tool_message(name: str, action: Action, observed: StepResult, shorten: int) -> ToolMessage:
    text = observation_text(observed, name, shorten)
    status = "success" if observed.success else "error"
    return ToolMessage(
        text, tool_call_id=action.call_id, name=action.tool, status=status, artifact={"output": observed.output}
    )


def observation_text(observed: StepResult, name: str = "", shorten: int | None = None) -> str:
    """Write what came of an action as the model reads it."""
    sources = [observed.outside] if observed.outside else []
    if observed.error:
        return f"ERROR {observed.error.kind}: {prompts.outside(text=observed.error.message, sources=sources)}"
    text = result_text(observed.output)
    if shorten is not None and len(text) > shorten:
        return prompts.shortened(name=name, text=text, chars=shorten, sources=sources)
    shown = prompts.outside(text=text, sources=sources)
    if observed.total_chars is None:
        return shown
    return (
        f"{shown}\n{prompts.cut(name=name if observed.artifact else '', shown=len(text), total=observed.total_chars)}"
    )


def _lines(turns: Sequence[Turn], room: int) -> list[str]:
    """A line each for the newest of the steps, as room allows; the ones before are only counted."""
    steps = [step for turn in turns for step in turn]
    lines: list[str] = []
    for n, (name, step) in enumerate(reversed(steps)):
        line = _line(name, step)
        room -= len(line)
        if room < 0:
            counts = Counter(s.action.tool for _, s in steps[: len(steps) - n] if s.action)
            told = ", ".join(f"{tool} x{count}" for tool, count in counts.items())
            lines.append(f"({len(steps) - n} steps before these: {told})")
            break
        lines.append(line)
    return lines[::-1]


_lined = Memo[ReactStep, dict[str, str]](lambda step: {})


def _line(name: str, step: ReactStep) -> str:
    lined = _lined(step)
    if name not in lined:
        lined[name] = _condensed(name, step)
    return lined[name]


def _condensed(name: str, step: ReactStep) -> str:
    thought = f"{prompts.clip(step.thought, 400)}\n" if step.thought else ""
    if not step.action or not step.observation:
        return thought + prompts.clip(_note(step), 160)
    args = prompts.clip(json.dumps(step.action.args, ensure_ascii=False), 120)
    observed = step.observation
    text = prompts.clip(observation_text(observed.model_copy(update={"outside": ""}), name), 240)
    told = prompts.outside(text=text, sources=[observed.outside] if observed.outside else [])
    return f"{thought}{name} {step.action.tool}({args}) -> {told}"
