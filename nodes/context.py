"""Builds what the model sees at each turn of the loop, within a bounded size.

The newest turns are shown whole. Before them, turns are shown with their outputs shortened; before those, a line a
step, and of what is older than these how much there is. Turns become lines by their age: after `context_turns` of them, so
that what a long subtask sends grows with its length and not with the square of it; the others only where the room for
all is used up, so that a few large results are there for as long as small ones. A border between two of these leaves half of
its room free when it moves: the beginning of the messages stays the same for many turns, which prompt caches need. Every
output can be read again with `read_output`, by the name of its step, and the list of the oldest steps by their range.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from surefoot.nodes import prompts, rules
from surefoot.nodes.attempt import steps_of
from surefoot.nodes.fold import Fold
from surefoot.nodes.lines import Step, newest, note_of, observation_text
from surefoot.nodes.memo import Memo
from surefoot.nodes.quest.scene import Move
from surefoot.nodes.state import Action, Json, ReactState, ReactStep, StepResult, SubTask, result_text

CHARS_PER_TOKEN = 4
"""Close enough for every script: surefoot bounds the context, the endpoint counts it."""
SHORTENED = 800
"""Characters left of an output that is shortened."""

_NOWHERE = Move()

LISTED = 8000
"""Characters of steps that are told a line each, at most an eighth of the room: some twenty; the others are listed on
demand."""
Turn = list[Step]


def messages(
    state: ReactState,
    *,
    asking: Sequence[str],
    searching: bool,
    confident: bool,
    secrets: Mapping[str, Sequence[str]],
    context_tokens: int,
    context_turns: int | None = None,
    inline_chars: int,
    wrap_up: bool,
    turns_left: int,
    route: Move = _NOWHERE,
) -> list[BaseMessage]:
    """Write the conversation of one subtask so far.

    Args:
        state: The ReAct state.
        asking: Names of offered tools that ask a person by themselves.
        searching: Whether there are tools that are not offered.
        confident: Whether some of the offered tools take a confidence.
        secrets: Secrets that offered tools may use, each with those tools.
        context_tokens: Room for the turns, in tokens.
        context_turns: So many of the newest turns are shown whole, at least half of them; None = however old.
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
    aged = _first_of_age(len(turns), context_turns)
    sizes = told.sizes(aged)
    whole = aged + _first_within([size for size, _ in sizes], room)
    short = aged + _first_within([size for _, size in sizes[: whole - aged]], room // 4)
    system = prompts.think_system(
        asking=asking,
        searching=searching,
        confident=confident,
        inline=inline_chars,
        room=room,
        turns=state.get("turn", 0) + turns_left + 1,
        secrets=secrets,
    )
    result: list[BaseMessage] = [_said(SystemMessage, system), _said(HumanMessage, request)]
    if short:
        result.append(_condensed(turns[:short], min(LISTED, room // 8)))
    for n, turn in enumerate(turns[short:], start=short):
        result += _turn(turn, SHORTENED if n < whole else max(SHORTENED, room // len(turn)))
    notes = [rules.WRAP_UP] * wrap_up + [rules.ONE_LEFT] * (turns_left == 1) if turns_left else [rules.LAST_TURN]
    if route.way and not notes:
        notes = [prompts.route(calls=route.calls, way=route.way)]
    return [*result, _said(HumanMessage, " ".join(notes))] if notes else result


@lru_cache(maxsize=64)
def _said(kind: type[BaseMessage], text: str) -> BaseMessage:
    """A message of a text, the same object each time: what is made of a message is remembered, too."""
    return kind(text)


class _Told:
    """A log as turns; what they take is measured of those that may be shown."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._places: Counter[int] = Counter()
        self._known: dict[int, tuple[int, int, int]] = {}
        """By index of a turn: how many steps it had, and the characters they take, whole and shortened."""

    def add(self, _: int, step: ReactStep) -> None:
        """Take in one more step."""
        if not self.turns or self.turns[-1][0][1].turn != step.turn:
            self.turns.append([])
        self._places[step.turn] += 1
        self.turns[-1].append((f"{step.turn}.{self._places[step.turn]}", step))

    def sizes(self, first: int) -> list[tuple[int, int]]:
        """The characters each turn from an index on takes, whole and shortened."""
        return [self._size(index)[1:] for index in range(first, len(self.turns))]

    def _size(self, index: int) -> tuple[int, int, int]:
        turn, known = self.turns[index], self._known.get(index)
        if known is None or known[0] != len(turn):
            measured = [_measured(step) for _, step in turn]
            whole = sum(said + output for said, output in measured)
            known = len(turn), whole, sum(said + min(output, SHORTENED) for said, output in measured)
            self._known[index] = known
        return known


_told = Fold[ReactStep, _Told](_Told, _Told.add)


def _first_of_age(count: int, most: int | None) -> int:
    """Index of the first turn that is young enough: half as many as may be, or more, are."""
    half = max(1, (most or count) // 2)
    return 0 if most is None or count <= most else (count - half - 1) // half * half


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
    return len(step.thought) + len(note_of(step)) + args + 80, output


_summed = Memo[ReactStep, dict[int, HumanMessage]](lambda step: {})
"""By the last step of the turns that are lines: the message, by its room."""


def _condensed(turns: Sequence[Turn], room: int) -> HumanMessage:
    """The turns as lines, the same object until there are more of them."""
    (*_, (_, last)) = turns[-1]
    summed = _summed(last)
    if room not in summed:
        summed[room] = HumanMessage(prompts.condensed(lines=newest([step for turn in turns for step in turn], room)))
    return summed[room]


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
    calls = [{"name": a.tool, "args": _as_said(a), "id": a.call_id, "type": "tool_call"} for _, a, _ in acted]
    thought = turn[0][1].thought
    result: list[BaseMessage] = [AIMessage(thought, tool_calls=calls)] if calls or thought else []
    result += [_tool_message(name, action, seen, shorten) for name, action, seen in acted]
    result += [HumanMessage(prompts.blame(blame=step.blame)) for _, step in turn if step.blame]
    result += [HumanMessage(note) for _, step in turn if (note := note_of(step))]
    return result


def _as_said(action: Action) -> dict[str, Json]:
    """The arguments with the confidence that came with them."""
    return action.args if action.confidence is None else {**action.args, "confidence": action.confidence}


def _tool_message(name: str, action: Action, observed: StepResult, shorten: int) -> ToolMessage:
    text = observation_text(observed, name, shorten)
    status = "success" if observed.success else "error"
    return ToolMessage(
        text, tool_call_id=action.call_id, name=action.tool, status=status, artifact={"output": observed.output}
    )
