"""The agent whose saved runs are kept in tests/golden; `golden_agent.py FOLDER` leaves those of this release there.

Three runs: `waits` has an open question, `cut` died in the middle of an irreversible action, `over` has ended.
"""

import os
import signal
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

if "scripted_agent" not in sys.modules:
    _spec = spec_from_file_location("scripted_agent", Path(__file__).with_name("scripted_agent.py"))
    assert _spec and _spec.loader
    sys.modules["scripted_agent"] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["scripted_agent"])

from scripted_agent import Agent, act, plan, subtask

from surefoot.tools import tool_effect

RUNS = ("over", "waits", "cut")


def agent(thread: str, store: Any, did: list[str], *, dies: bool = False) -> Agent:
    @tool_effect("idempotent")
    def put(what: str) -> str:
        """Put it in its place."""
        did.append(f"put {what}")
        return f"put {what}"

    @tool_effect("irreversible")
    def fire(what: str) -> str:
        """Fire it."""
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        did.append(f"fire {what}")
        return f"fired {what}"

    def think(request: Any) -> dict[str, Any]:
        came = sum(message.type == "tool" for message in request.messages)
        calls = [act("put", what=request.task_id), act("fire", what=request.task_id)]
        return calls[came] if came < len(calls) else {"answer": f"{request.task_id} is done"}

    script = {"plan": lambda request: plan(subtask("a"), subtask("b", "a")), "think": think}
    approvals = "auto" if thread == "over" else "ask"
    return Agent(script, [put, fire], store=store, thread=thread, approvals=approvals)


def leave(folder: Path) -> None:
    """Leave the runs in a new store; each in a process of its own, as one of them is killed."""
    for thread in RUNS:
        if (child := os.fork()) == 0:
            left = agent(thread, folder / "runs.db", [], dies=thread == "cut")
            left.run("Put and fire.")
            if thread == "cut":
                left.answer_all(True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    from surefoot.graph import open_store

    target = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as workspace:
        os.chdir(workspace)
        leave(target)
    with open_store(target / "runs.db") as store:
        store.database.scrub()  # makes the file small, and folds its log into it
    (target / "runs.db.files" / "opening.lock").unlink()
    for place in ("locks", "artifacts"):
        for file in (target / "runs.db.files" / place).iterdir():
            file.unlink()
        (target / "runs.db.files" / place).rmdir()
