"""An agent whose goal is its script: `add 1; wipe x` is a plan of two subtasks, one call each.

add N (read-only) | wipe X (irreversible) | hold X (reversible, lasts until the file `go` is there) | ask X (asks the
person) | broken X (the model fails until the file `up` is there). `unsure` anywhere makes the plan ask first, `then`
in place of `;` makes the next subtask wait for the one before. Every effect is a line in `effects.log`.
"""

import os
import re
import time
from pathlib import Path
from typing import Any

from surefoot.graph import ScriptedModel
from surefoot.tools import tool_effect


def _note(text: str) -> None:
    with open("effects.log", "a", encoding="utf-8") as log:
        log.write(f"{text}\n")
        log.flush()
        os.fsync(log.fileno())


@tool_effect("read_only")
def add(what: str) -> str:
    """Add one to a number."""
    print("a tool that prints")
    return str(int(what) + 1)


@tool_effect("irreversible")
def wipe(what: str) -> str:
    """Wipe it for good."""
    _note(f"wipe {what}")
    return f"wiped {what}"


@tool_effect("reversible")
def hold(what: str) -> str:
    """Hold it."""
    _note(f"hold {what}")
    while not Path("go").exists():
        time.sleep(0.01)
    return f"held {what}"


def _plan(request: Any) -> dict[str, Any]:
    subtasks = []
    for part in request.goal.split(";"):
        before: list[str] = []
        for clause in part.replace("unsure", "").split(" then "):
            name = re.sub(r"\W+", "_", clause.strip())
            subtasks.append({"task_id": name, "description": clause.strip(), "dependencies": before})
            before = [name]
    return {"subtasks": subtasks, "confidence": 0.3 if "unsure" in request.goal else 0.9}


def _think(request: Any) -> Any:
    verb, _, what = request.subtask["description"].partition(" ")
    if verb == "broken":
        return {"answer": "mended"} if Path("up").exists() else ConnectionError("the line is dead")
    results = [message for message in request.messages if message.type == "tool"]
    if results:
        return {"answer": f"{verb}: {results[-1].text}"}
    if verb == "ask":
        return {"thought": "only you know", "tool": "ask_human", "args": {"question": what}}
    return {"thought": f"I {verb}", "tool": verb, "args": {"what": what}, "confidence": 0.9}


def model() -> ScriptedModel:
    return ScriptedModel({"plan": _plan, "think": _think})


tools = [add, wipe, hold]


def make_tools() -> list[Any]:
    return tools
