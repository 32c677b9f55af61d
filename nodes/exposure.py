"""Says when reading an address could carry something of the person's to a stranger.

A worker that has read text by strangers, and something of the person's own, can be told by the one to write the other
into an address. A mailbox holds both; only what was read from an address is a stranger's alone. Following a link that stands in what was read is not that, nor is an address on a host that was named
before any stranger had a say: in the goal, by the person, in the plan, in an earlier call. What is left asks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from surefoot.nodes import control
from surefoot.nodes.state import Json, ReactState, result_text
from surefoot.nodes.taint import inherited, taint_of_next
from surefoot.tools.toolbox import Toolbox

_ADDRESS = re.compile(
    r"\s*(?:(?:https?|wss?|ftps?):)?//|\s*www\.|\s*(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+(?::\d+)?[/?#]", re.IGNORECASE
)
"""With its scheme, or as people write it without: many tools take `example.org/?q=...` as well."""


_SCHEME = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


def is_exposing(state: ReactState, action: Mapping[str, Json], toolbox: Toolbox) -> bool:
    """Whether a read-only call in the queue goes to an address that a stranger may have had the worker make up."""
    effect = toolbox.effect(action["tool"])
    if effect.effect != "read_only" or not effect.untrusted or not taint_of_next(state):
        return False
    before = [step for step in state.get("log", []) if step.get("turn", 0) < state.get("turn", 0)]
    if not state.get("private") and not any(map(_is_own, before)):
        return False
    found = [_result(step) for step in before if _source(step)]
    named = "\n".join(_named(state, before)).lower()
    return any(
        not any(_bare(address) in text for text in found) and not _is_named(address, named)
        for address in _texts(action.get("args", {}))
        if _ADDRESS.match(address)
    )


def has_read_own(state: ReactState) -> bool:
    """Whether an attempt has read something of the person's own: a file, a table, their answer, a report on such."""
    return bool(state.get("private")) or any(map(_is_own, state.get("log", [])))


def _is_own(step: Mapping[str, Any]) -> bool:
    tool = (step.get("action") or {}).get("tool")
    own_tool = tool not in control.CONTROL_TOOLS or tool == "ask_human"
    if not (tool and own_tool and (step.get("observation") or {}).get("success")):
        return False
    return not _source(step) or not any(map(_ADDRESS.match, _texts(step["action"].get("args", {}))))


def _named(state: ReactState, before: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every text in which a host may have been named before strangers had a say."""
    yield from (state["goal"], state.get("workspace", ""))
    if not state.get("plan_taint"):
        yield f"{state['subtask']['description']}\n{state['subtask'].get('acceptance', '')}"
    yield from (text for name, text in state.get("known", {}).items() if not state.get("taint", {}).get(name))
    read_at = [0] if inherited(state) else [step.get("turn", 0) for step in before if _source(step)]
    for step in before:
        if not (action := step.get("action")):
            continue
        unswayed = step.get("turn", 0) <= min(read_at)
        if unswayed:
            yield from _texts(action.get("args", {}))
        if not _source(step) and (unswayed or action["tool"] == "ask_human"):
            yield _result(step)


def _is_named(address: str, named: str) -> bool:
    try:
        host = urlsplit(f"//{_bare(address)}").hostname or ""
    except ValueError:
        return False
    # A named host stands for those below it, never for its neighbours: pages of strangers share many a domain.
    labels = host.removeprefix("www.").split(".")
    hosts = [host] if _is_ip(host) else [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]
    return any(name and re.search(rf"(?<![\w.-])(?:www\.)?{re.escape(name)}(?![\w-]|\.\w)", named) for name in hosts)


def _is_ip(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _bare(address: str) -> str:
    """The address without what may differ where it stands as a link: scheme, fragment, closing slash."""
    return _SCHEME.sub("", address.strip(), count=1).partition("#")[0].rstrip("/")


def _source(step: Mapping[str, Any]) -> str:
    return str((step.get("observation") or {}).get("outside") or "")


def _result(step: Mapping[str, Any]) -> str:
    observation = step.get("observation") or {}
    error = observation.get("error") or {}
    return str(error["message"]) if error else result_text(observation.get("output"))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
