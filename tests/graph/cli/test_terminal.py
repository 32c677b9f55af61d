"""Text from outside is shown as text: it cannot move the cursor, hide itself, turn around or start anything."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

HOSTILE = (
    "<script>alert(1)</script> javascript:alert(1) \x1b[2J\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07 "
    "\u202egnp.exe\u2066 \u200bzero\ufeff \x9b31m \x08\x08\r \u2028new line \U000e0041tag"
)
ACTING = {char for char in HOSTILE if not char.isprintable()}
OWN = f"""
from surefoot.graph import ScriptedModel
from surefoot.tools import tool_effect
from surefoot.tools.errors import ModelError

HOSTILE = {HOSTILE!r}

@tool_effect("read_only")
def look(at: str) -> str:
    return HOSTILE

@tool_effect("read_only")
def broken() -> str:
    raise RuntimeError(HOSTILE)

@tool_effect("irreversible")
def fire(what: str, **_: str) -> str:
    return "fired"

def call(tool, **args):
    return {{"thought": f"I think {{HOSTILE}}", "tool": tool, "args": args, "confidence": 0.9}}

THINK = [
    call("look", at=HOSTILE), call("broken"), call("nothing" + HOSTILE), call("fire", what=HOSTILE),
    call("ask_human", question=HOSTILE), ModelError(f"The server said {{HOSTILE}}."), {{"answer": f"It is {{HOSTILE}}"}},
]
PLAN = [{{"subtasks": [{{"task_id": "a" + HOSTILE, "description": f"Do {{HOSTILE}}"}}], "confidence": 0.9}}]
SHARED = ScriptedModel({{"plan": PLAN, "think": THINK}})
model = lambda: SHARED
tools = [look, broken, fire]
"""


@pytest.fixture
def printed(cli: Cli, workspace: Path) -> Callable[..., str]:
    """Run a command; gives all it printed."""
    sys.modules.pop("own", None)
    (workspace / "own.py").write_text(OWN)

    def call(*args: str, code: int) -> str:
        ended = cli(*args)
        assert ended.exit_code == code, ended.output
        return str(ended.stdout + ended.stderr)

    return call


def test_nothing_from_outside_acts_on_the_terminal(printed: Callable[..., str]) -> None:
    own = ("--tools", "own:tools", "--model", "own:model")
    shown = [printed("run", f"Do {HOSTILE}", "--thread", "t", *own, code=3)]
    shown.append(printed("resume", "t", "--reject", HOSTILE, code=3))
    shown.append(printed("resume", "t", "--answer", HOSTILE, code=1))
    shown += [printed("show", "t", code=0), printed("resume", "t", code=0), printed("show", "t", code=0)]
    shown += [printed("runs", code=0), printed("show", HOSTILE, code=2), printed("delete", HOSTILE, "--yes", code=2)]
    for text in shown:
        assert ACTING.intersection(text) <= {"\n"}
        assert r"\u001b[2J" in text or r"\x1b[2J" in text
    whole = "\n".join(shown)
    for place in ("goal: Do <script>", "I think <script>", "-> <script>", "failed: exception: RuntimeError: <script>"):
        assert place in whole
    for place in ("question ", "surefoot: The server said <script>", "It is <script>", "decision: reject"):
        assert place in whole


def test_json_lines_carry_it_whole_and_as_ascii(printed: Callable[..., str]) -> None:
    own = ("--tools", "own:tools", "--model", "own:model")
    text = printed("run", f"Do {HOSTILE}", "--thread", "t", "--json", *own, code=3)
    assert text.isascii() and ACTING.intersection(text) <= {"\n"}
    told = [json.loads(line) for line in text.splitlines()]
    seen = {event["action"]["tool"]: event["result"] for event in told if event["type"] == "observation"}
    assert seen["look"]["output"] == HOSTILE
