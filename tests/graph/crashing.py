"""A run that kills its own process: `crashing.py STORE LOG WHEN` runs one goal until it dies or ends."""

import os
import signal
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_spec = spec_from_file_location("scripted_agent", Path(__file__).parent.parent / "scripted_agent.py")
assert _spec and _spec.loader
sys.modules["scripted_agent"] = scripted = module_from_spec(_spec)
_spec.loader.exec_module(scripted)

from surefoot.tools import tool_effect

store, log, when, answer = sys.argv[1:5]


def note(text: str) -> None:
    with Path(log).open("a") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def die(here: str) -> None:
    if when == here:
        os.kill(os.getpid(), signal.SIGKILL)


def make(name: str, effect: str):
    def tool(what: str) -> str:
        die(f"before {name}")
        note(f"{name} {what}")
        die(f"after {name}")
        return f"{name} {what} done"

    tool.__name__ = name
    tool.__doc__ = f"{name} something."
    return tool_effect(effect)(tool)  # type: ignore[arg-type]


script = {
    "plan": [scripted.plan(scripted.subtask("a"), scripted.subtask("b", "a"))],
    "think": lambda request: think(request),
}


def think(request):
    tools = [m for m in request.messages if m.type == "tool"]
    steps = [scripted.act(n, what=request.task_id) for n in ("look", "put", "fire")]
    return steps[len(tools)] if len(tools) < len(steps) else {"answer": f"{request.task_id}: {tools[-1].text}"}


tools = [make("look", "read_only"), make("put", "idempotent"), make("fire", "irreversible")]
agent = scripted.Agent(script, tools, store=store, approvals="ask")
known = agent.graph.get_state(agent.config)
state = agent.run() if not known.created_at else agent.again()
while questions := agent.questions():
    for number, question in questions.items():
        name = question["action_requests"][0]["name"]
        note(f"asked {name}")
        state = agent.answer({number: answer if name == "unfinished_action" else True})
note(f"status {state['status']}")
