"""Reads a log the way self-reflection needs it: what was done, what came of it, and whether that was news.

Thought text is not read at all. Two entries are the same only if action and result are the same.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

from surefoot.nodes.memo import Memo
from surefoot.nodes.state import Action, Json, ReactStep, StepResult, digest, result_text

__all__ = ["Sign", "free_words", "identifiers", "read_signs", "words"]

_VOLATILE = [
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b"), "<id>"),
    (re.compile(r"\b\d+(?:[.,]\d+)?\s?(?:ns|us|µs|ms|s|sec|secs|seconds?|min|minutes?|h|hours?)\b"), "<duration>"),
    (
        re.compile(r"(?i)\b(id|pid|port|attempt|try|request|process|thread|session|job)(\W{1,3}|_id\W{1,3})\w*\d\w*"),
        r"\1",
    ),
    (re.compile(r"\b\d{5,}\b"), "<id>"),
]
"""What changes between two tellings of the same thing. Small counts stay: "3 failed" is not "2 failed"."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W_]+")
_READS_AS_ERROR = re.compile(r"(?i)^\W*(?:error|exception|traceback|fatal|failed|failure)\b")
_FAILS = re.compile(
    r"(?i)(?<!\b0 )(?<!\bno )\b(?:fail(?:s|ed|ing|ures?)?|errors?|exception|traceback|denied|refused)\b"
    r"(?!\W{1,4}(?:0\b|\[\]|null|none|false))"
)
_WAITS = re.compile(
    r"(?i)\b(?:pending|running|queued|waiting|in[ _-]progress|processing|not (?:yet )?ready|starting)\b"
)
_READING = frozenset(
    _WORD.findall(
        "read get list search find fetch query show view cat ls grep open browse look lookup describe inspect head "
        "tail select retrieve scan"
    )
)
_SHELLS = frozenset(_WORD.findall("bash shell sh terminal command cmd"))
_READING_COMMANDS = _READING | frozenset(_WORD.findall("pwd wc echo diff log stat du df ps which file status"))
_RECEIPT = frozenset(
    _WORD.findall(
        "about again any available could data find here info information query relevant search there try your a accepted added all and applied are at been bytes byte change changed changes check checked checks code "
        "complete completed converted copied created deleted done downloaded empty entries entry error errors exit "
        "false file files finished for found has have in inserted installed into is it item items line lines match "
        "matches matching message missing moved new no none not nothing null of ok okay on output page passed "
        "processed queued record records removed replaced result results row rows saved sent skipped status stored "
        "success successful successfully test tests that the to true unchanged updated uploaded valid value was "
        "were with without words warnings warning written wrote yes"
    )
)
"""Words of acknowledgements and of empty results: they say that a call ended, not what the world is like."""
_CONTENT_WORDS, _CONTENT_WORDS_OF_ACTING = 3, 12


@dataclass(frozen=True, slots=True)
class Sign:
    """One action of the log and its result, reduced to what can be compared."""

    index: int
    turn: int
    tool: str
    args: dict[str, Json]
    action: str
    """Identity of tool and arguments."""
    result: str
    """Identity of the exact result."""
    outcome: str
    """As `result`; of a failure without times, addresses and ids."""
    shape: str
    """Of a failure: the kind and text of the error without any number and without the call's own arguments."""
    failed: bool
    """The call failed, or its text begins as an error does."""
    failing: bool
    """It failed, or its result tells of failures (tests, builds)."""
    missing: bool
    """There is no such tool."""
    reads: bool
    """It only looks: so declared, or, where nobody declared it, so named (or a shell command that is)."""
    content: bool
    """The result says something of substance, beyond a receipt or an empty answer."""
    hollow: bool
    """The result says nothing at all but that the call ended."""
    waiting: bool
    """The result says itself that something is under way."""
    news: bool
    """An outcome never seen before in this log, and not hollow: progress.

    A failure is news if the same call failed otherwise before and something was done about it in between."""
    changed: bool
    """A call with an effect succeeded that was never made before: the world may be another now."""


def read_signs(log: Iterable[ReactStep]) -> list[Sign]:
    """Read the actions of a log that have a result, in order."""
    signs: list[Sign] = []
    outcomes: set[str] = set()
    earlier: dict[str, list[Sign]] = {}
    acted = -1
    for index, step in enumerate(log):
        if step.action is None or step.observation is None:
            continue
        sign = _read_alone(step)
        before = earlier.setdefault(sign.action, [])
        fails_anew = bool(before) and acted > before[-1].index and all(sign.outcome != b.outcome for b in before)
        news = sign.outcome not in outcomes and not sign.hollow and (not sign.failed or fails_anew)
        sign = replace(sign, index=index, news=news, changed=not (sign.reads or sign.failing or before))
        signs.append(sign)
        outcomes.add(sign.outcome)
        before.append(sign)
        acted = acted if sign.reads or sign.failed else index
    return signs


_read_alone = Memo[ReactStep, Sign](
    lambda step: _read(0, step.turn, cast(Action, step.action), cast(StepResult, step.observation))
)
"""What a step says without the others; its index is not known yet."""


def words(*texts: str) -> set[str]:
    """Split texts into words in lower case, numbers included."""
    return {word for text in texts for word in _WORD.findall(text.lower())}


def free_words(args: Json) -> list[str]:
    """List the words of the arguments that are written as text (with spaces), in order."""
    return [word for value in _leaves(args) if " " in value.strip() for word in _WORD.findall(value.lower())]


def identifiers(args: Json) -> list[str]:
    """List the arguments that name something: paths, ids, numbers, single words."""
    return [value for value in _leaves(args) if " " not in value.strip()]


def _read(index: int, turn: int, action: Action, result: StepResult) -> Sign:
    text = _text(result)
    failed = not result.success or _reads_as_error(result.output)
    failing = failed or bool(_FAILS.search(text[:4000]))
    said = words(text[:4000])
    # Keys of an object are its form; what it says is in the values.
    values = said if isinstance(result.output, str) or failed else words(" ".join(_leaves(result.output))[:4000])
    telling = {word for word in values - _RECEIPT if not word.isdigit()}
    reads = result.effect == "read_only" or (result.effect == "undeclared" and _named_like_reading(action))
    kind = result.error.kind if result.error else ""
    exact = digest([result.success, kind, text, result.total_chars])
    return Sign(
        index=index,
        turn=turn,
        tool=action.tool,
        args=action.args,
        action=digest([action.tool, _squeezed(action.args)]),
        result=exact,
        outcome=digest([kind, _mild(text)]) if failing else exact,
        shape=digest([kind, _bare(text, action.args)]) if failed else "",
        failed=failed,
        failing=failing,
        missing=kind == "missing_tool",
        reads=reads,
        content=len(telling) >= (_CONTENT_WORDS if reads else _CONTENT_WORDS_OF_ACTING),
        hollow=not said - _RECEIPT - {"0", "200"} and not (said and all(word.isdigit() for word in said)),
        waiting=not failed and bool(_WAITS.search(text[:1000])),
        news=False,
        changed=False,
    )


def _text(result: StepResult) -> str:
    return result.error.message if result.error else result_text(result.output)


def _reads_as_error(output: Json) -> bool:
    if isinstance(output, str):
        return bool(_READS_AS_ERROR.match(output))
    return isinstance(output, dict) and bool(output.get("error") or output.get("exit_code") or output.get("returncode"))


def _named_like_reading(action: Action) -> bool:
    named = words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action.tool))
    if not named & _SHELLS:
        return bool(named & _READING)
    command = next(iter(_leaves(action.args)), "")
    return not re.search(r"[>;&`$]", command) and bool(words(*command.split()[:2]) & _READING_COMMANDS)


def _mild(text: str) -> str:
    ends = text if len(text) <= 4000 else text[:2000] + text[-2000:]
    for pattern, name in _VOLATILE:
        ends = pattern.sub(name, ends)
    return " ".join(ends.split())


def _bare(text: str, args: Json) -> str:
    for value in sorted({v for v in _leaves(args) if 2 <= len(v) <= 200}, key=len, reverse=True):
        text = text.replace(value, "<argument>")
    return _NUMBER.sub("<number>", _mild(text)).casefold()


def _squeezed(value: Json) -> Json:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: _squeezed(inner) for key, inner in value.items()}
    return [_squeezed(inner) for inner in value] if isinstance(value, list) else value


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value if isinstance(value, str) else json.dumps(value)]
