"""How many goals are reached over blocked tools: the whole agent with the offline model, on worlds nobody has tuned it on."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from benchmarks.worlds.blocks import MODES, block
from benchmarks.worlds.domains import ALL
from benchmarks.worlds.world import Goal, Tool, World
from surefoot.graph import Settings, build_graph
from surefoot.tools import tool_effect

STYLES = ("snake", "camel", "rest", "terse")
FRESH = 10_000
"""Worlds from here on were never looked at while the code was written."""


@dataclass(frozen=True)
class Ended:
    """What came of one goal."""

    how: str
    """solved, wrong or gave up."""
    calls: int
    replans: int
    blames: int
    tools: int
    said: str


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


def solve(goal: Goal, tools: list[Tool]) -> Ended:
    """Let the agent loose on a goal, as anybody would: plan, loop, replan, journal and budget."""
    with TemporaryDirectory() as folder:
        settings = Settings(workspace=folder, approvals="auto", context_tokens=200_000)
        agent = build_graph("offline", [as_tool(tool) for tool in tools], settings)
        state: Any = agent.invoke({"goal": goal.text}, {"configurable": {"thread_id": "t1"}})
    said = str(state["answer"]).split("\n\n")[0].strip()
    right = said.casefold() == goal.answer.casefold()
    how = "gave up" if state["status"] != "done" else "solved" if right else "wrong"
    report = state["report"]
    return Ended(how, state["usage"]["steps"], state.get("replans", 0), len(report["blames"]), len(tools), said)


def as_tool(tool: Tool) -> BaseTool:
    """Offer a tool of a world to the agent."""

    def run(**args: Any) -> Any:
        return tool.run(args[tool.parameter])

    schema = tool.schema
    made = StructuredTool.from_function(
        run, name=tool.name, description=tool.description or tool.name, args_schema=schema["parameters"]
    )
    return tool_effect("read_only")(made)


def main(options: Sequence[str] = ()) -> None:
    """Print what became of the goals, mode by mode; `[GOALS [FIRST SEED]]`."""
    count, first = int((*options[:1], "60")[0]), int((*options[1:], str(FRESH))[0])
    print("| mode | solved | wrong | gave up | calls | replans | blames | tools |\n|---|---|---|---|---|---|---|---|")
    for mode in MODES:
        ends = [solve(*make(seed, mode)) for seed in range(first, first + count)]
        how = Counter(end.how for end in ends)
        shares = [f"{how[name] / count:.0%}" for name in ("solved", "wrong", "gave up")]
        means = [sum(getattr(end, name) for end in ends) / count for name in ("calls", "replans", "blames", "tools")]
        print(f"| {mode} | {' | '.join(shares)} | {' | '.join(f'{mean:.1f}' for mean in means)} |", flush=True)
