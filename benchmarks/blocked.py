"""How many goals are reached over blocked tools: the offline model beside greedy search and beside itself without evidence."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.worlds.blocks import MODES, block
from benchmarks.worlds.domains import ALL
from benchmarks.worlds.world import Goal, Tool, World
from surefoot.nodes.quest.quest import Quest
from surefoot.nodes.state import Action, ReactStep, StepError, StepResult

STYLES = ("snake", "camel", "rest", "terse")


def make(
    seed: int, mode: str, *, domains: dict[str, str] = ALL, styles: tuple[str, ...] = STYLES
) -> tuple[Goal, list[Tool]]:
    """Make a world from a seed: one domain the goal is of, others around it, blocked in a mode."""
    rng = random.Random(seed)
    names = rng.sample(list(domains), rng.randint(1, len(domains)))
    style = rng.choice(styles)
    main = World(names[0], domains[names[0]], rng, style, copies=rng.randint(2, 4))
    goal = None
    while goal is None:
        goal = main.goal(rng.randint(2, 6))
    block(main, goal, mode)
    tools = {tool.name: tool for tool in main.tools}
    for name in names[1:]:
        for tool in World(name, domains[name], rng, rng.choice(styles), copies=2).tools:
            tools.setdefault(tool.name, tool)
    found = list(tools.values())
    rng.shuffle(found)
    return goal, found


def solve(
    goal: Goal, tools: list[Tool], decide: Callable[..., Any] = Quest, *, turns: int = 24, verbose: bool = False
) -> tuple[str, int, Any]:
    """Let something decide turn by turn; returns solved, wrong or gave up, the number of calls, and the last move."""
    by_name = {tool.name: tool for tool in tools}
    offered = [tool.schema for tool in tools]
    log: list[ReactStep] = []
    for turn in range(turns):
        move = decide(goal.text, offered, log, hurry=turn >= turns - 2).move()
        if verbose:
            print(f"  {turn}: {move.calls or move.answer or move.gave_up}  [{move.why}]")
        if not move.calls:
            break
        for name, args in move.calls:
            result = _run(by_name[name], args)
            if verbose:
                print(
                    "      ",
                    name,
                    by_name[name].sound,
                    "|",
                    by_name[name].description,
                    "->",
                    result.output if result.success else result.error.message,
                )
            log.append(ReactStep(action=Action(tool=name, args=args), observation=result, turn=turn + 1))
    if not move.answer:
        return "gave up", len(log), move
    said = move.answer.split("\n\n")[0].strip()
    return ("solved" if said.casefold() == goal.answer.casefold() else "wrong"), len(log), move


def _run(tool: Tool, args: dict[str, Any]) -> StepResult:
    try:
        return StepResult(success=True, output=tool.run(args[tool.parameter]))
    except Exception as error:  # noqa: BLE001  a tool may fail in any way
        return StepResult(success=False, error=StepError(kind="exception", message=f"{type(error).__name__}: {error}"))


def main(options: Sequence[str] = ()) -> None:
    """Print what became of the goals, mode by mode."""
    count = int(options[0]) if options else 60
    print("| mode | solved | wrong | gave up | calls | tools |\n|---|---|---|---|---|---|")
    for mode in MODES:
        ends: Counter[str] = Counter()
        calls = sizes = 0
        for seed in range(count):
            goal, tools = make(seed, mode)
            end, used, _ = solve(goal, tools)
            ends[end] += 1
            calls += used
            sizes += len(tools)
        print(
            f"| {mode} | {ends['solved'] / count:.0%} | {ends['wrong'] / count:.0%} | {ends['gave up'] / count:.0%} | {calls / count:.1f} | {sizes / count:.0f} |"
        )
