"""How often an ordinary result is taken for an odd one: AgentDojo's user tasks, carried out as their authors would.

Every call of the ground truth of the 97 tasks runs on its own world, and what it brings is judged as the agent judges it.
All of it is sound, so every word of blame is a false alarm; and so is a blame for what a call gave that was refused.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from surefoot.nodes.act import StepExecutor
from surefoot.nodes.attempt import entry, start_state
from surefoot.nodes.blames import Blames
from surefoot.nodes.state import Action, Blame, SubTask
from surefoot.tools.toolbox import Toolbox


def main(options: Sequence[str] = ()) -> None:
    """Print for each suite how many results were judged, and how many were taken for odd."""
    if options:
        sys.exit("alarms takes no options.")
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "security"))
    from dojo.suite import SUITES, suite

    print("| suite | tasks | results | taken for odd | what for |\n|---|---|---|---|---|")
    for name in SUITES:
        results, found = 0, list[Blame]()
        for task in suite(name).user_tasks.values():
            for blame in judged(suite(name), task):
                results += 1
                found += [blame] if blame else []
        told = ", ".join(f"{tool} ({why})" for tool, why in Counter((b.tool, b.why) for b in found))
        print(f"| {name} | {len(suite(name).user_tasks)} | {results} | {len(found)} | {told} |")


def judged(suite: Any, task: Any) -> Iterator[Blame | None]:
    """Carry out one task, and judge each result with all that came before it."""
    toolbox = Toolbox(suite.tools())
    executor, blames = StepExecutor(toolbox), Blames(toolbox)
    world = suite.world(task)
    state = start_state(SubTask(task_id="t1", description=task.PROMPT), goal=task.PROMPT, known={})
    for n, call in enumerate(task.ground_truth(world.before.model_copy(deep=True))):
        action = Action(tool=call.function, args=dict(call.args), action_id=f"t1.{n}")
        result = executor.execute(action)
        told = entry(state, action.model_dump(mode="json"), result.model_dump(mode="json"))
        yield blames.judge(state, [told])
        state["log"] = [*state["log"], told]
