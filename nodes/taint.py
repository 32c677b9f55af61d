"""Follows text by strangers through a run, so that an action it may have asked for is not taken unasked.

A result of an untrusted tool carries the name of its source. The sources in a worker's log, those its dependencies'
reports rest on, and those its plan was made after are its taint; all of it is in the checkpointed state.

Not followed: what a person has let a tool write into the workspace, for they were shown it. Where tools put there what
strangers wrote and nobody saw, `Settings.untrusted_tools` should name the tools that read it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from surefoot.nodes import control
from surefoot.nodes.fold import Fold
from surefoot.nodes.state import Json, ReactState
from surefoot.tools.toolbox import Toolbox

MOST_SOURCES = 20
"""So many sources are kept by name; a person is not helped by more."""
_LONGEST = 200
_ADDRESS = re.compile(r"\s*[\w+.-]{1,20}://")
_FILE = re.compile(r"(?:file_?)?(?:path|name)|file", re.IGNORECASE)
"""Names of parameters that say which file."""


def source_of(tool: str, args: Mapping[str, Json]) -> str:
    """Name where a result comes from: the tool, and the address where an argument is one, or the file it names."""
    texts = {name: a for name, a in args.items() if isinstance(a, str)}
    address = next((a for a in texts.values() if _ADDRESS.match(a)), "")
    address = address or next((a for name, a in texts.items() if _FILE.fullmatch(name)), "")
    return " ".join(f"{tool} {address[:_LONGEST]}".split())


def merged(groups: Iterable[Iterable[str]]) -> list[str]:
    """Join lists of sources into one, each named once, in the order they came."""
    return list(dict.fromkeys(source for group in groups for source in group))[:MOST_SOURCES]


def taint_of(state: ReactState) -> list[str]:
    """All sources an attempt has read from so far, before it began or in its own log."""
    return merged([inherited(state), [source for _, source in _read(state.get("log", []))]])


def taint_of_next(state: ReactState) -> list[str]:
    """The sources the calls in the queue may come from: what the same thought has brought back since came after them."""
    turn = state.get("turn", 0)
    return merged([inherited(state), [source for when, source in _read(state.get("log", [])) if when < turn]])


def asks(state: ReactState, tool: str, toolbox: Toolbox) -> bool:
    """Whether a call in the queue has to be asked for because of text by strangers, unless a person trusts the tool."""
    harmless = tool in control.CONTROL_TOOLS or toolbox.effect(tool).effect == "read_only"
    return not harmless and bool(taint_of_next(state))


def inherited(state: ReactState) -> list[str]:
    """The sources an attempt had read from before it began: through its dependencies' reports and its plan."""
    return merged([*state.get("taint", {}).values(), state.get("plan_taint", [])])


def _add(found: list[tuple[int, str]], _: int, step: Mapping[str, Any]) -> None:
    if source := (step.get("observation") or {}).get("outside"):
        found.append((step.get("turn", 0), source))


_read = Fold[dict[str, Json], list[tuple[int, str]]](list, _add)
"""The sources named in a log, each with its turn."""
