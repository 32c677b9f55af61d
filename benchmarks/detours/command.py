"""`python -m benchmarks detours MODEL [NAME ...]`: runs the goals against a model, `openai:NAME` at OPENAI_BASE_URL."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.types import Command

from benchmarks.detours.goals import GOALS, Detour
from surefoot.graph import Settings, build_graph

DO_NOT_KNOW = "I do not know; use your judgement."


def main(options: Sequence[str]) -> None:
    """Print for each goal whether it was reached by another way, and at what cost."""
    model, *names = options or [""]
    if not model or (unknown := set(names) - GOALS.keys()):
        wrong = f"There is no goal {', '.join(sorted(unknown))}; " if model else "Name a model, such as openai:gpt-5; "
        sys.exit(f"{wrong}the goals are: {', '.join(GOALS)}.")
    print("| goal | blocked | reached | actions | tokens | questions | new plans |\n|---|---|---|---|---|---|---|")
    reached = 0
    for name in names or GOALS:
        with tempfile.TemporaryDirectory() as folder:
            goal = GOALS[name](Path(folder))
            state, asked = run(goal, model, Path(folder))
        ok = goal.reached(state)
        reached += ok
        used = state["usage"]
        told = [used["steps"], f"{used['tokens']:,}", asked, state["replans"]]
        print("|", " | ".join(map(str, [name, goal.blocked, "yes" if ok else "no", *told])), "|", flush=True)
    print(f"\n{reached} of {len(names or GOALS)} reached.")


def run(goal: Detour, model: str, workspace: Path) -> tuple[dict[str, Any], int]:
    """Run one goal to its end, with a person who answers at once; the last state, and how many questions there were."""
    agent = build_graph(model, goal.tools, Settings(workspace=workspace, **goal.settings))
    config: Any = {"configurable": {"thread_id": "detour"}}
    asked = 0
    state = agent.invoke({"goal": goal.goal}, config)
    while waiting := agent.get_state(config).interrupts:
        asked += len(waiting)
        answers = {each.id: DO_NOT_KNOW if _asks(each.value) else goal.person(each.value) for each in waiting}
        state = agent.invoke(Command(resume=answers), config)
    return state, asked


def _asks(question: dict[str, Any]) -> bool:
    return question["action_requests"][0]["name"] == "ask_human"
