"""surefoot on one run, by each of its ways in: `graph.invoke` in both colours, the door, the command line."""

import asyncio
import contextlib
import io
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from langgraph.types import Command

from benchmarks.faults.leg import Answer, Hand, Order, Question, Standing
from benchmarks.faults.script import EFFECTS, delay, surefoot_script
from benchmarks.faults.world import World
from surefoot.graph import ScriptedModel, build_graph, open_store
from surefoot.graph.cli import history, work
from surefoot.graph.cli.commands import app
from surefoot.graph.door import Door
from surefoot.graph.live_run import LiveRun
from surefoot.nodes.state import Action, StepResult
from surefoot.tools import tool_effect
from surefoot.tools.errors import ResumeError

GOAL = "Do all of it."
WAYS = ("invoke", "ainvoke", "door", "cli")
_IMPORTED_BY_COMMANDS = (history, work)
"""Before the workers are forked, so that not each of them pays for it."""
_ENDED = ("done", "stopped", "aborted", "failed")

_model: ScriptedModel
_tools: list[Callable[..., str]]


def model() -> ScriptedModel:
    """The model of this process's run; the command line finds it by name."""
    return _model


def tools() -> list[Callable[..., str]]:
    """The tools of this process's run; the command line finds them by name."""
    return _tools


def open_hand(order: Order, held: Callable[[str], None]) -> Hand:
    """Open the store and make the agent, for the way in that was ordered."""
    global _model, _tools
    world = World(order.script, order.oracle, order.hold, held)
    _tools = [_declared(name, function, world) for name, function in world.tools().items()]

    def called(node: str, task: str, turn: int) -> None:
        order.oracle.write("called", node=node, task=task, turn=turn)
        time.sleep(delay(order.script.seed, node, task, turn))

    _listen(world)
    if order.store != "sqlite":
        os.environ["SUREFOOT_STORE"] = order.store  # for the command line
    _model = ScriptedModel(surefoot_script(order.script, called))
    hands = {"invoke": Invoke, "ainvoke": Invoke, "door": AtDoor, "cli": CommandLine}
    return hands[order.way](order)


def _listen(world: World) -> None:
    """Let the world hear of every record, in this process: between it and the next checkpoint is a place to die."""
    finish = LiveRun.finish

    def heard(self: LiveRun, action: Action, result: StepResult) -> None:
        finish(self, action, result)
        world.recorded(action.args["what"])

    LiveRun.finish = heard  # type: ignore[method-assign]


def _declared(name: str, function: Callable[..., str], world: World) -> Callable[..., str]:
    if EFFECTS[name] == "undeclared":
        return function
    return tool_effect(EFFECTS[name], probe=world.happened if name == "move" else None)(function)  # type: ignore[arg-type]


class Invoke:
    """A program that uses nothing but the compiled graph, in one of its colours."""

    takes: Literal["one", "some", "all"] = "some"

    def __init__(self, order: Order) -> None:
        self._way = order.way
        self.thread = f"faults-{order.folder.name}"
        self.home = order.folder
        self.store = open_store(_address(order))
        self.graph = build_graph(_model, _tools, store=self.store)
        self._rejoining = True  # after a death a run is gone on with before it is answered
        self._config: Any = {"configurable": {"thread_id": self.thread}}

    def look(self) -> Standing:
        snapshot = self.graph.get_state(self._config)
        if not snapshot.created_at:
            return Standing("new")
        if snapshot.interrupts and not self._rejoining:
            return Standing("asked", {i.id: _question(i.value) for i in snapshot.interrupts})
        return Standing("open" if snapshot.tasks else "ended")

    def begin(self) -> None:
        try:
            self._run({"goal": GOAL})
        except ResumeError:  # entered, but killed before its first checkpoint: it says to resume it
            self._run(None)

    def go_on(self) -> None:
        self._run(None)

    def answer(self, answers: Mapping[str, Answer]) -> None:
        self._run(Command(resume={number: _said(answer) for number, answer in answers.items()}))

    def _run(self, given: Any) -> None:
        self._rejoining = False
        if self._way == "ainvoke":
            asyncio.run(self.graph.ainvoke(given, self._config))
        else:
            self.graph.invoke(given, self._config)

    def recorded(self) -> list[str]:
        return [what for what, (status, _) in self._journal().items() if status in ("DONE", "FAILED")]

    def facts(self) -> dict[str, Any]:
        state = self.graph.get_state(self._config).values
        row = self.store.run(self.thread)
        assert row is not None
        steps, tokens = self._read("SELECT SUM(steps), SUM(tokens) FROM spending WHERE run_id = ?", row["run_id"])[0]
        cut_off = self._read("SELECT COUNT(*) FROM reservations WHERE run_id = ?", row["run_id"])[0][0]
        actions = self._read("SELECT COUNT(*) FROM actions WHERE run_id = ?", row["run_id"])[0][0]
        answers = [json.loads(t["result"]) for t in state["plan"] if t["status"] == "completed"]
        return {
            "status": state["status"] if row["status"] == state["status"] else f"{state['status']}, {row['status']}",
            "reason": state.get("reason", ""),
            "answers": {what: text for answer in answers for what, text in answer.items()},
            "completed": [t["task_id"] for t in state["plan"] if t["status"] == "completed"],
            "journal": {w: text for w, (status, text) in self._journal().items() if status in ("DONE", "FAILED")},
            "actions": int(actions),
            "steps": int(steps),
            "tokens": int(tokens),
            "cut_off": int(cut_off),
        }

    def _journal(self) -> dict[str, tuple[str, str]]:
        """Every action's status and recorded text, by the name of its call."""
        rows = self._read("SELECT args, status, result FROM actions WHERE run_id LIKE ?", f"{self.thread}#%")
        return {json.loads(args)["what"]: (status, _recorded(result)) for args, status, result in rows}

    def _read(self, query: str, about: str) -> list[Any]:
        with self.store.database.transaction(write=False) as cursor:  # type: ignore[attr-defined]
            cursor.execute(query, (about,))
            return list(cursor.fetchall())


class AtDoor(Invoke):
    """A program that comes in by the door, as the command line does."""

    takes = "one"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.door = Door(self.graph, self.store)

    def look(self) -> Standing:
        try:
            found = self.door.look(self.thread)
        except ResumeError:
            return Standing("new")
        if found.questions:
            return Standing("asked", {q.id: _question(q.value) for q in found.questions})
        return Standing("ended" if found.status in _ENDED else "open")

    def begin(self) -> None:
        self.door.start(GOAL, self.thread)

    def go_on(self) -> None:
        self.door.resume(self.thread)

    def answer(self, answers: Mapping[str, Answer]) -> None:
        for number, answer in answers.items():
            self.door.resume(self.thread, _said(answer), interrupt_id=number)


class CommandLine(Invoke):
    """A person who types commands."""

    takes = "one"

    def look(self) -> Standing:
        code, story = self._type("show", self.thread)
        if code:
            return Standing("new")
        if story["questions"]:
            return Standing("asked", {q["id"]: _question(q["value"]) for q in story["questions"]})
        return Standing("ended" if story["status"] in _ENDED else "open")

    def begin(self) -> None:
        self._work("run", GOAL, "--thread", self.thread, "--model", f"{__name__}:model", "--tools", f"{__name__}:tools")

    def go_on(self) -> None:
        self._resume()

    def answer(self, answers: Mapping[str, Answer]) -> None:
        for number, answer in answers.items():
            self._resume("--interrupt", number, "--answer", json.dumps(_said(answer)))

    def _resume(self, *reply: str) -> None:
        # The names again: the run may have been begun by a program, which leaves none behind.
        named = ("--model", f"{__name__}:model", "--tools", f"{__name__}:tools")
        self._work("resume", self.thread, *named, *reply)

    def _work(self, *command: str) -> None:
        code, told = self._type(*command)
        if code not in (0, 3):
            raise RuntimeError(f"`surefoot {' '.join(command)}` ended with {code}: {told}")

    def _type(self, *command: str) -> tuple[int, dict[str, Any]]:
        """Give a command in this process; its exit code and the last object it printed."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = app([*command, "--workspace", str(self.home), "--json"], prog_name="surefoot", standalone_mode=False)
        lines = out.getvalue().splitlines()
        return int(code or 0), json.loads(lines[-1]) if lines else {}


def _address(order: Order) -> str | Path:
    """Where the command line looks, so that a run can be taken up by any way in."""
    return order.folder / ".surefoot" / "runs.db" if order.store == "sqlite" else order.store


def _question(value: Mapping[str, Any]) -> Question:
    request = value["action_requests"][0]
    args = request["args"]
    named = args.get("args", args) if request["name"] == "unfinished_action" else args
    return Question(request["name"], value["reason"], named.get("what", ""), value["digest"])


def _said(answer: Answer) -> dict[str, str]:
    if answer["verdict"] == "trust":
        return {"type": "approve", "scope": "run"}
    if answer["verdict"] == "respond":
        return {"type": "respond", "message": answer["message"]}
    return {"type": "approve"}


def _recorded(result: str | None) -> str:
    found = json.loads(result or "{}")
    return str(found.get("output") or (found.get("error") or {}).get("message", ""))
