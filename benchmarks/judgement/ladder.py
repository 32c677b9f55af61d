"""The ladder in whole runs: what each rung is worth where the obvious way is blocked, and the ladder without it."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from langgraph.types import Command

from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.nodes import prompts
from surefoot.nodes.ladder import RUNGS
from surefoot.nodes.react import ReactLoop
from surefoot.tools import tool_effect

__all__ = ["BLOCKS", "MINDS", "WITHOUT", "main", "run"]

BLOCKS = ("missing", "failing", "slow", "silent", "misleading")
"""How the obvious way is blocked; the second way is sound."""
MINDS = ("heeds a word", "needs a stronger model", "needs a new plan", "needs a person", "never")
"""What it takes until the worker tries the second way."""
WITHOUT = ("", "nudge", "model", "replan", "human", "judge")
"""The rung that is taken away; `judge`: nothing is noticed, only the limit of turns ends an attempt."""
NUDGE = prompts.nudge.__name__
CONFIG: Any = {"configurable": {"thread_id": "ladder"}}
FIGURE = "4711"
REPLANS = 2


def main(*, quick: bool) -> None:
    """Run every mind against every block, with the whole ladder and, if not quick, with one rung less; print tables."""
    print("\n### The ladder: 25 runs, five blocks by five minds\n")
    print(f"| ladder | goals reached | actions | model calls | tokens | calls of the blocked way |\n|{'---|' * 6}")
    ladders = {missing: _total(missing) for missing in WITHOUT[: 1 if quick else None]}
    for missing, (total, _) in ladders.items():
        name = f"without {missing}" if missing else "whole"
        figures = (total["reached"], total["actions"], total["thoughts"], f"{total['tokens']:,}", total["blocked"])
        print(f"| {name} | {' | '.join(map(str, figures))} |")
    print(f"\n| rung of the whole ladder | used | it helped | tokens |\n|{'---|' * 4}")
    for rung in RUNGS:
        used = [use for use in ladders[""][1] if use["rung"] == rung]
        sums = [sum(use[key] for use in used) for key in ("uses", "helped", "tokens")]
        print(f"| {rung} | {sums[0]} | {sums[1]} | {sums[2]:,} |")


def _total(missing: str) -> tuple[Counter[str], list[dict[str, Any]]]:
    total, rungs = Counter[str](), list[dict[str, Any]]()
    for block, mind in itertools.product(BLOCKS, MINDS):
        figures, used = run(block, mind, missing)
        total.update(figures)
        rungs += used
    return total, rungs


def run(block: str, mind: str, missing: str = "") -> tuple[dict[str, int], list[dict[str, Any]]]:
    """One goal from its plan to its end, a person answering; the figures, and the ladder from its report."""
    tally = Counter[str]()
    weak = ScriptedModel({"plan": [_plan("first")], "replan": _new_plan, "think": _worker(mind, tally)})
    strong = ScriptedModel({"think": _worker("stronger" if mind == "needs a stronger model" else mind, tally)})
    settings = Settings(
        max_replans=0 if missing == "replan" else REPLANS, approvals="deny" if missing == "human" else "ask"
    )
    with ExitStack() as stack:
        if missing == "nudge":
            stack.enter_context(patch.object(prompts, NUDGE, lambda **_: "Go on."))
        if missing == "judge":
            stack.enter_context(patch.object(ReactLoop, "reflect", _blind))
        graph = build_graph(weak, _tools(block, tally), settings, strong_model=None if missing == "model" else strong)
        state = graph.invoke({"goal": "Get the figure for the north."}, CONFIG)
        answers = _person()
        while asked := graph.get_state(CONFIG).interrupts:
            state = graph.invoke(Command(resume={question.id: next(answers) for question in asked}), CONFIG)
    figures = {
        "reached": int(state["status"] == "done" and FIGURE in state["answer"]),
        "actions": state["usage"]["steps"],
        "tokens": state["usage"]["tokens"],
        **tally,
    }
    return figures, state["report"]["ladder"]


def _plan(task_id: str) -> dict[str, Any]:
    return {"subtasks": [{"task_id": task_id, "description": f"Get the figure, way {task_id}."}], "confidence": 0.9}


def _new_plan(request: Any) -> dict[str, Any]:
    """Another plan each time, as far as its words tell."""
    failed = sum(message.text.count("way new") for message in request.messages)
    return _plan(f"new{failed}")


def _person() -> Iterator[dict[str, Any]]:
    """Asked about a plan, the person gives one of their own; asked again, they end the run."""
    yield {"type": "modify", "plan": _plan("person")["subtasks"]}
    while True:
        yield {"type": "abort"}


def _worker(mind: str, tally: Counter[str]) -> Callable[[Any], dict[str, Any]]:
    """A worker that takes the obvious way until what it takes has come."""

    def convinced(request: Any) -> bool:
        return {
            "heeds a word": any("Stop and think" in message.text for message in request.messages),
            "stronger": True,
            "needs a new plan": request.task_id.startswith("new"),
            "needs a person": request.task_id == "person",
        }.get(mind, False)

    def think(request: Any) -> dict[str, Any]:
        tally["thoughts"] += 1
        found = [message.text for message in request.messages if message.type == "tool"]
        if any(FIGURE in text for text in found):
            return {"answer": f"The figure is {FIGURE}."}
        if convinced(request):
            return {"tool": "second_way", "args": {"region": "north"}, "confidence": 0.9}
        return {"tool": "first_way", "args": {"region": "north", "page": len(found) + 1}, "confidence": 0.9}

    return think


def _tools(block: str, tally: Counter[str]) -> list[Callable[..., Any]]:
    @tool_effect("read_only")
    def second_way(region: str) -> str:
        """Give the figure for a region, the long way."""
        return f"{region}: {FIGURE}"

    @tool_effect("read_only", timeout=0.05)
    def first_way(region: str, page: int) -> Any:
        """Give the figure for a region."""
        tally["blocked"] += 1
        if block == "slow":
            time.sleep(0.1)
        if block == "failing":
            raise RuntimeError(f"502 from node {tally['blocked']} at {time.time():.3f}")
        return [] if block == "silent" else f"Figures for the {region} are on the page after this one, see there."

    return [second_way] if block == "missing" else [second_way, first_way]


def _blind(self: Any, state: Any, run: Any) -> Any:
    return {}
    yield
