"""The ledger of failed approaches: which calls a later attempt does not make again, and what lifts that.

A call is barred where trying again cannot help: it failed in itself, with nothing changed since. What may have been a
passing trouble (a time-out, a server too busy) stays open, and so does what did not fail but was left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surefoot.nodes.control import CONTROL_TOOLS
from surefoot.nodes.records import Json, digest
from surefoot.tools.toolbox import Toolbox

__all__ = ["SKIPPED", "Approach", "approach", "barred", "changed", "failed_before", "still_barred"]

Approach = dict[str, Json]
"""A call that failed: tool, args, action_id, error (`kind: message`), and where its text came from outside, `outside`."""

SKIPPED = "Not run, because a call asked for before it was rejected."

_AT_MOST = 100
"""Calls one attempt can bar; the latest count."""
_PASSING_KINDS = frozenset({"refused", "timeout", "unfinished", "deferred", "expired"})
"""What of these kinds went wrong says nothing about the next time; what was refused is barred already."""
_LASTING_KINDS = frozenset({"missing_tool", "bad_arguments"})
"""No change in the world mends these."""
_PASSING = re.compile(
    r"time[d ]?-?\s?out|temporar|unavailable|try again|retry|rate.?limit|too many requests|overload|throttl|"
    r"connection (?:was |is )?(?:refused|reset|aborted|closed|lost)|reset by peer|broken pipe|unreachable|"
    r"\b(?:busy|locked|deadlock|in use)\b|(?:http|status|error|code)\W{0,3}(?:code\W{0,3})?(?:408|425|429|50[0234])\b",
    re.IGNORECASE,
)


def approach(step: Mapping[str, Any]) -> Approach:
    """Note a log entry of a failed call."""
    observation, action = step["observation"], step["action"]
    source = observation.get("outside")
    return {
        "tool": action["tool"],
        "args": action.get("args", {}),
        "action_id": action["action_id"],
        "error": f"{observation['error']['kind']}: {observation['error']['message']}",
        **({"outside": source} if source else {}),
    }


def barred(log: Sequence[Mapping[str, Any]]) -> list[Approach]:
    """The calls of a failed attempt that failed for good, and after which it changed nothing itself."""
    found: dict[str, Approach] = {}
    for step in (s for s in log if s.get("observation") and s.get("action")):
        mark = digest([step["action"]["tool"], step["action"].get("args", {})])
        found.pop(mark, None)
        if _changes(step):
            found = {mark: failed for mark, failed in found.items() if _kind(failed) in _LASTING_KINDS}
        elif _for_good(step):
            found[mark] = approach(step)
    return list(found.values())[-_AT_MOST:]


def still_barred(avoid: Iterable[Approach], something_changed: bool) -> list[Approach]:
    """What stays barred: after a change only what no change mends."""
    return [failed for failed in avoid if not something_changed or _kind(failed) in _LASTING_KINDS]


def changed(log: Iterable[Mapping[str, Any]]) -> bool:
    """Whether something may be otherwise since: an action took effect, or a person had something to say."""
    return any(map(_changes, log))


def _changes(step: Mapping[str, Any]) -> bool:
    observation = step.get("observation") or {}
    told = (step.get("action") or {}).get("tool") == "ask_human"
    return bool(observation.get("success")) and (told or observation.get("effect", "undeclared") != "read_only")


def failed_before(action: Mapping[str, Json], avoid: Iterable[Approach], toolbox: Toolbox) -> Approach | None:
    """The approach this call would repeat: the same tool with arguments that come to the same."""
    tool = action["tool"]
    for failed in avoid:
        there_now = _kind(failed) == "missing_tool" and toolbox.get(tool) is not None
        if failed["tool"] == tool and not there_now and _meant(failed, toolbox) == _meant(action, toolbox):
            return failed
    return None


def _for_good(step: Mapping[str, Any]) -> bool:
    error = step["observation"].get("error")
    if not error or error["kind"] in _PASSING_KINDS or step["action"]["tool"] in CONTROL_TOOLS:
        return False
    return error["message"] != SKIPPED and not (error["kind"] == "exception" and _PASSING.search(error["message"]))


def _kind(failed: Approach) -> str:
    return str(failed.get("error", "")).partition(":")[0]


def _meant(call: Mapping[str, Any], toolbox: Toolbox) -> dict[str, Json]:
    """The arguments that matter: without those that say what holds anyway, and without what does not count in them."""
    tool = call["tool"]
    known = toolbox.schema(tool)["function"]["parameters"].get("properties", {}) if toolbox.get(tool) else {}
    usual = {
        name: _plain(said["default"]) for name, said in known.items() if isinstance(said, dict) and "default" in said
    }
    plain = {name: _plain(value) for name, value in (call.get("args") or {}).items()}
    return {name: value for name, value in plain.items() if value not in (None, usual.get(name))}


def _plain(value: Json) -> Json:
    return value.strip().removeprefix("./") if isinstance(value, str) else value
