"""A run in which a greedy subtask and its like are held to their share: `sharing.py STORE WHERE` kills itself there."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripted_agent import Agent, act, plan, subtask

from surefoot.tools import tool_effect

USED = {"usage": {"input_tokens": 90, "output_tokens": 10}}
WAYS = [plan(subtask(f"way{n}", does=f"Way{n} of it."), subtask("after", f"way{n}")) for n in range(3)]


def goal(store: Path, die: str = "") -> dict[str, Any]:
    """Begin the run or go on with it; its status and what was spent."""

    @tool_effect("read_only")
    def look(at: str) -> str:
        """Look."""
        if at == die:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"saw {at}"

    def think(request: Any) -> dict[str, Any]:
        done = sum(message.type == "tool" for message in request.messages)
        greedy = request.task_id in ("way0", "way1")
        return {**(act("look", at=f"{request.task_id} {done}") if greedy else {"answer": "done"}), **USED}

    def replan(request: Any) -> dict[str, Any]:
        return WAYS[1 + any("Way1 of it." in message.text for message in request.messages)]

    script = {"plan": WAYS[:1], "replan": replan, "think": think}
    agent = Agent(script, [look], store=store, max_steps=16, react_max_steps=100)
    state = agent.again() if agent.graph.get_state(agent.config).created_at else agent.run()
    usage = {key: state["usage"][key] for key in ("steps", "tokens")}
    return {"status": state["status"], **usage, "by subtask": agent.graph.journal.spent_by_subtask("t1#1")}


if __name__ == "__main__":
    goal(Path(sys.argv[1]), sys.argv[2])
