"""What the report says of the ladder and of confidences is the same whether or not a process died over the run."""

from pathlib import Path
from typing import Any

import pytest
from mortal_store import Fate, Killed
from scripted_agent import act, plan, subtask

from surefoot.graph import Door, ScriptedModel, Settings, build_graph, open_store
from surefoot.tools import tool_effect

CONFIG: Any = {"configurable": {"thread_id": "t"}}


@tool_effect("read_only")
def look(at: str) -> str:
    """Look."""
    return "nothing new"


def circling(request: Any) -> dict[str, Any]:
    if request.task_id == "person":
        return {"answer": "as the person said"}
    return {**act("look", confidence=0.8, at=request.task_id), "usage": {"input_tokens": 10, "output_tokens": 1}}


def new_plan(request: Any) -> dict[str, Any]:
    failed = sum(str(message.text).count("Way new") for message in request.messages)
    return plan(subtask(f"new{failed}", does=f"Way new{failed}."))


def climb(folder: Path, *, kill_at: int = 0) -> tuple[dict[str, Any], list[Any], int]:
    """Run to the end, dying once: the report, the distinct verdicts, and the number of writes."""
    for leg in range(2):
        store = open_store(folder / f"{kill_at}.db")
        fate = Fate(store)
        if leg == 0 and kill_at:
            fate.kill(kill_at)
        script = {"plan": [plan(subtask("a"))], "think": circling, "replan": new_plan}
        strong = ScriptedModel({"think": circling})
        graph = build_graph(ScriptedModel(script), [look], Settings(max_replans=1), store=store, strong_model=strong)
        try:
            door = Door(graph, store)
            found = door.resume("t") if store.run("t") else door.start("Find it.", "t")
            while found.status == "waiting":
                answer = {"type": "modify", "plan": [subtask("person", does="As the person says.")]}
                found = door.resume("t", answer, interrupt_id=found.questions[0].id)
            told = [e for e in store.events("t#1") if e["type"] == "verdict"]
            verdicts = [(e["task_id"], e["attempt"], e["rung"], e["diagnosis"], e["evidence"]) for e in told]
            return graph.get_state(CONFIG).values["report"], verdicts, fate.writes
        except Killed:
            continue
        finally:
            if not fate.dead:
                store.close()
    raise AssertionError("two legs are enough")


@pytest.mark.parametrize("deaths", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_every_rung_is_in_the_report_and_a_death_changes_no_figure(tmp_path: Path, deaths: int) -> None:
    report, verdicts, writes = climb(tmp_path)
    rungs = {use["rung"]: (use["uses"], use["helped"]) for use in report["ladder"]}
    assert rungs == {"nudge": (2, 0), "model": (2, 0), "replan": (2, 0), "human": (1, 1)}
    for kill_at in range(2, writes, max(1, writes // deaths)):
        again, same, _ = climb(tmp_path, kill_at=kill_at)
        assert {use["rung"]: (use["uses"], use["helped"]) for use in again["ladder"]} == rungs, kill_at
        assert same == verdicts, kill_at
        assert again["calibration"] == report["calibration"], kill_at
