"""Knows what a call does by the names it bears: whether it looks, acts, or only lets time pass."""

import re
from functools import lru_cache
from typing import cast

from surefoot.nodes.results import words
from surefoot.nodes.sameness import leaves
from surefoot.nodes.state import Action, Json, ReactStep, StepResult

__all__ = [
    "call_of",
    "is_known_to_act",
    "is_pause",
    "is_shell",
    "named_like_acting",
    "named_like_reading",
    "names_in",
    "sleeps_first",
    "squeezed",
    "without_handed",
    "without_places",
]

_READING = frozenset(
    words(
        "read get list search find fetch query show view cat ls grep open browse look lookup describe inspect head "
        "tail select retrieve scan"
    )
)
_ACTING = frozenset(
    words(
        "send post put create add insert write append delete remove submit upload book pay edit set apply run exec execute "
        "start stop restart move go rename copy deploy update change replace patch modify commit push merge click press type "
        "fill tap turn switch toggle install upgrade migrate convert train make build save store undo redo lock unlock enable "
        "disable reset execute scroll order reserve cancel close approve reject archive tag mark play step do process"
    )
)
_SAID_BACK = frozenset(words("send post put create add insert write append delete remove submit upload book pay"))
_SHELLS = frozenset(words("bash shell sh terminal command cmd"))
_READING_COMMANDS = _READING | frozenset(
    words(
        "pwd wc echo diff log stat du df ps which file status uptime date whoami hostname id uname free w env arch mailq type "
        "tree lsof netstat ss dig host ping printenv history top egrep rg zcat less more"
    )
)
_PAUSES = frozenset(
    words("sleep wait pause delay warten warte attendre attends esperar aguardar attendi подождать 等待 待つ")
)
_PLACES = frozenset(
    re.findall(
        r"\w+",
        "page p offset start skip limit size from line lines cursor y index position per_page page_size start_line end_line",
    )
)
"""Arguments that say which part of one answer is wanted."""
_NAMED = re.compile(r"[\w-]*\d[\w-]+|[\w-]+\d")
_TOKEN = re.compile(r"\w[\w.@-]*")
_FRAME = re.compile(r"(?i)\[[^\[\]\n]*\bexit (?:code|status)\W{1,3}(-?\d+)[^\[\]\n]*\](?:\s*\[[^\[\]\n]*\])*\s*\Z")
"""What a shell adds below each output: how the command ended, where it is, who it is."""
_SLEEP = re.compile(r"\s*sleep +[\d.]+\w?\s*(?:;|&&)")


def call_of(step: ReactStep) -> tuple[Action, StepResult]:
    """The action and result of a step that has both; of what a shell adds to each output only a failure's code is left."""
    action, result = cast(Action, step.action), cast(StepResult, step.observation)
    framed = _FRAME.search(result.output) if isinstance(result.output, str) else None
    if framed is None or not isinstance(result.output, str):
        return action, result
    ended = "" if framed[1] == "0" else f"[exit code: {framed[1]}]"
    return action, result.model_copy(update={"output": result.output[: framed.start()] + ended})


def without_places(args: dict[str, Json]) -> dict[str, Json]:
    """Leave out the arguments that only say which part of an answer is wanted."""
    return {name: value for name, value in args.items() if not (name.lower() in _PLACES and str(value).isdigit())}


def is_pause(step: ReactStep) -> bool:
    """Whether the call only let time pass."""
    action, result = call_of(step)
    if not result.success or len(leaves(action.args)) > 2:
        return False
    named = name_words(action.tool)
    if named & _SHELLS:
        named = {
            word.lower() for value in leaves(action.args) for word in re.findall(r"^\W*(\w+) +[\d.]+\w?\W*$", value)
        }
    return bool(named & _PAUSES)


def sleeps_first(step: ReactStep) -> bool:
    """Whether a shell command lets time pass and then looks."""
    return any(_SLEEP.match(value) for value in leaves(call_of(step)[0].args))


def is_known_to_act(action: Action, result: StepResult) -> bool:
    """Whether the call is known to change something, so that "queued" is its receipt and no state of affairs."""
    if result.effect != "undeclared":
        return result.effect != "read_only"
    return bool(name_words(action.tool) & _SAID_BACK)


@lru_cache(maxsize=512)
def name_words(tool: str) -> set[str]:
    """The words in the name of a tool; not to be changed."""
    return words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool))


def named_like_reading(action: Action) -> bool:
    named = name_words(action.tool)
    if not named & _SHELLS:
        return bool(named & _READING)
    command = next(iter(leaves(action.args)), "")
    return not re.search(r"[>;&`$]", command) and bool(words(*command.split()[:2]) & _READING_COMMANDS)


def without_handed(args: Json, told: str) -> Json:
    """Arguments without the names that hold a digit and were in the results before."""
    if isinstance(args, dict):
        return {key: without_handed(value, told) for key, value in args.items()}
    if not isinstance(args, str):
        return args
    return _NAMED.sub(lambda name: "<handed>" if name[0] in told else name[0], args)


def names_in(text: str) -> set[str]:
    """The names in a text, whole and by their parts: `sales/r1.csv` also names `r1.csv`, `sales` and `r1`."""
    found = {token.rstrip(".-") for token in _TOKEN.findall(text)}
    return found | {part for token in found for part in re.split(r"[.@-]", token) if part}


def squeezed(value: Json) -> Json:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: squeezed(inner) for key, inner in value.items()}
    return [squeezed(inner) for inner in value] if isinstance(value, list) else value


def is_shell(tool: str) -> bool:
    """Whether a tool is a shell."""
    return bool(name_words(tool) & _SHELLS)


def named_like_acting(tool: str) -> bool:
    """Whether a tool bears the name of a deed."""
    return bool(name_words(tool) & _ACTING)
