"""Isolated tools in a whole run: what they do to their own process, the run survives and its journal knows."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, act, plan, subtask

from surefoot.graph import open_store
from surefoot.tools import tool_effect

SHELF = '''
import os, sys, threading, time
from pathlib import Path
from surefoot.tools import tool_effect

def note(text):
    with open(os.environ["EFFECTS"], "a") as file:
        file.write(text + "\\n")

@tool_effect("irreversible", isolate=True, timeout=0.5, env=("EFFECTS",))
def fire(what: str) -> str:
    """Fire."""
    note(what)
    time.sleep(600)

@tool_effect("irreversible", isolate=True, timeout=60, env=("EFFECTS",))
def launch(what: str) -> str:
    """Launch."""
    if os.fork():
        note(what)
    time.sleep(600)

@tool_effect("reversible", isolate=True, env=("EFFECTS",))
def end(how: str) -> object:
    """End in a way no tool should."""
    note(how)
    if how == "exit":
        os._exit(3)
    if how == "abort":
        os.abort()
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "lambda":
        return lambda: 1
    return "x" * 50_000_000

@tool_effect("read_only", isolate=True, env=("EFFECTS",))
def look(at: str) -> str:
    """Look."""
    return f"saw {at}"
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("shelf")
    (made / "graph_shelf.py").write_text(SHELF)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(made), *sys.path])
        patch.setenv("EFFECTS", str(made / "effects.log"))
        yield made
    sys.modules.pop("graph_shelf", None)


@pytest.fixture
def shelf(folder: Path) -> Any:
    (folder / "effects.log").write_text("")
    return importlib.import_module("graph_shelf")


def effects(folder: Path) -> list[str]:
    return (folder / "effects.log").read_text().splitlines()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_hanging_tool_is_ended_and_the_same_call_asks_whether_it_happened(
    shelf: Any, folder: Path, tmp_path: Path, colour: str
) -> None:
    store = open_store(tmp_path / "runs.db")
    twice = [act("fire", what="x"), act("fire", what="x"), {"answer": "ok"}]
    script = {"plan": [plan(subtask("a"))], "think": twice}
    agent = Agent(script, [shelf.fire], store=store, approvals="ask", colour=colour)
    agent.run()
    agent.answer_all(True)
    [entry] = store.unfinished("t1#1")
    assert (entry["status"], entry["tool"], entry["result"]["error"]["kind"]) == ("UNKNOWN", "fire", "timeout")
    assert [question["reason"] for question in agent.questions().values()] == ["unfinished"]
    assert effects(folder) == ["x"]
    state = agent.answer_all({"type": "reject", "message": "It did happen."})
    assert (state["status"], effects(folder)) == ("done", ["x"])


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_however_a_tool_ends_its_run_and_its_siblings_go_on(shelf: Any, folder: Path, colour: str) -> None:
    ways = {"exit": "exit code 3", "abort": "SIGABRT", "interrupt": "KeyboardInterrupt", "lambda": "no data"}

    def think(request: Any) -> dict[str, Any]:
        results = [message.text for message in request.messages if message.type == "tool"]
        if results:
            return {"answer": results[-1]}
        way = request.task_id
        return act("end", how=way) if way in ways else act("look", at=way)

    script = {"plan": [plan(*map(subtask, [*ways, "sky", "sea"]))], "think": think}
    state = Agent(script, [shelf.end, shelf.look], approvals="auto", colour=colour).run()
    said = {task["task_id"]: task["result"] for task in state["plan"]}
    assert state["status"] == "done"
    assert (said["sky"], said["sea"]) == ("saw sky", "saw sea")
    for way, told in ways.items():
        assert told in said[way], said[way]
    assert sorted(effects(folder)) == sorted(ways), "none was run again"


@pytest.mark.parametrize("isolate", [True, False])
def test_a_huge_result_is_kept_beside_the_steps(shelf: Any, folder: Path, tmp_path: Path, isolate: bool) -> None:
    @tool_effect("reversible")
    def end(how: str) -> str:
        """End as any tool does."""
        return "x" * 50_000_000

    steps = [act("end", how="huge"), *(act("look", at=str(n)) for n in range(6)), {"answer": "ok"}]
    script = {"plan": [plan(subtask("a"))], "think": steps}
    tools = [shelf.end if isolate else end, shelf.look]
    with open_store(tmp_path / "runs.db") as store:
        state = Agent(script, tools, store=store, approvals="auto").run()
        [artifact] = [
            event["result"]["artifact"]
            for event in store.events("t1#1")
            if event["type"] == "observation" and event["result"].get("artifact")
        ]
        text, total = store.get(artifact, 49_999_990, 100)
        assert (state["status"], text, total) == ("done", "x" * 10, 50_000_000)
    size = sum(file.stat().st_size for file in tmp_path.glob("runs.db*") if file.is_file())
    assert size < 4_000_000, "the states of its 40 steps hold the beginning, not the whole"


AGENT = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import graph_shelf
from scripted_agent import Agent, act, plan, subtask
script = {"plan": [plan(subtask("a"))], "think": [act("launch", what="x"), {"answer": "ok"}]}
Agent(script, [graph_shelf.launch], store=sys.argv[3], approvals="auto").run()
"""


def test_of_an_agent_that_was_killed_no_tool_works_on_and_the_call_is_asked_about(
    shelf: Any, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "runs.db"
    argv = [sys.executable, "-c", AGENT, str(folder), str(Path(__file__).parent.parent), str(store)]
    environment = {**os.environ, "EFFECTS": str(folder / "effects.log")}
    with subprocess.Popen(argv, env=environment, start_new_session=True) as process:
        patience = time.monotonic() + 60
        while effects(folder) != ["x"] and time.monotonic() < patience:
            time.sleep(0.02)
        here = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
    assert len(here) >= 5, "supervisor, host, supervisor, call and its child"
    while any(Path(f"/proc/{pid}").exists() for pid in here) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not [pid for pid in here if Path(f"/proc/{pid}").exists()]
    script = {"plan": [], "think": [{"answer": "ok"}]}
    agent = Agent(script, [shelf.launch], store=store, approvals="ask")
    agent.again()
    [question] = agent.questions().values()
    assert question["action_requests"][0]["name"] == "unfinished_action"
    assert agent.answer_all({"type": "respond", "message": "It is gone."})["status"] == "done"
    assert effects(folder) == ["x"]


def descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found[1:]
