"""Questions put to tools made up by a test, and answered move by move."""

from collections.abc import Callable
from typing import Any

from evident import called

from surefoot.nodes.quest.quest import Quest
from surefoot.nodes.quest.scene import Move
from surefoot.nodes.state import ReactStep

Tool = tuple[dict[str, Any], Callable[[str], Any]]


def solve(goal: str, *tools: Tool, turns: int = 12) -> tuple[Move, list[str]]:
    """Let it move until it answers or gives up: its last move, and the tools it called."""
    log: list[ReactStep] = []
    offered, functions = [each for each, _ in tools], {each["name"]: run for each, run in tools}
    for _ in range(turns):
        move = Quest(goal, offered, log).move()
        if not move.calls:
            break
        for name, args in move.calls:
            try:
                log.append(called(name, functions[name](*args.values()), **args))
            except (KeyError, RuntimeError) as error:
                log.append(
                    called(name, error=f"no such key: {error}" if isinstance(error, KeyError) else str(error), **args)
                )
    return move, [step.action.tool for step in log if step.action]


def down(_: str) -> Any:
    raise RuntimeError("503 Service Unavailable")


def answer(goal: str, *tools: Tool) -> str:
    return solve(goal, *tools)[0].answer.split("\n")[0]
