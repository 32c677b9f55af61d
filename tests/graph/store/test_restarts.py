"""A server that is restarted over and over while runs go on: each ends, and nothing happens twice."""

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from scripted_agent import Agent, act, plan, subtask

from surefoot.graph import Door, Store, open_store
from surefoot.tools import tool_effect
from surefoot.tools.errors import StoreError

AT_ONCE = 4
RESTARTS = 20
TASKS = ("a", "b", "c")
CALLS = ("look", "put", "fire")


class World:
    """Tools that take their time, and a record of what they did that no crash can touch."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.asked: list[str] = []

    def tools(self, run: int) -> list[Any]:
        def make(name: str, effect: Any) -> Any:
            def tool(what: str) -> str:
                self.did.append(f"{run} {name} {what}")
                time.sleep(0.2)
                return f"{name} {what}"

            tool.__name__, tool.__doc__ = name, f"{name} something."
            return tool_effect(effect)(tool)

        return [make("look", "read_only"), make("put", "idempotent"), make("fire", "irreversible")]

    def answer(self, run: int, name: str, args: dict[str, Any]) -> Any:
        """What a person says who looks at the record."""
        self.asked.append(name)
        if name == "unfinished_action" and f"{run} fire {args['args']['what']}" in self.did:
            return {"type": "respond", "message": "It was fired."}
        return True


def think(request: Any) -> dict[str, Any]:
    done = sum(message.type == "tool" for message in request.messages)
    return act(CALLS[done], what=request.task_id) if done < len(CALLS) else {"answer": f"{request.task_id} is over"}


def carried_to_its_end(url: str, run: int, world: World) -> str:
    """Work on a run as somebody does who takes it up again whenever it was cut off."""
    script = {"plan": [plan(subtask("a"), subtask("b"), subtask("c", "a"))], "think": think}
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            with open_store(url) as store:
                return worked(store, Door(Agent(script, world.tools(run), store=store).graph, store), run, world)
        except StoreError:
            time.sleep(0.1)
    return "given up"


def worked(store: Store, door: Door, run: int, world: World) -> str:
    name = f"run {run}"
    found = door.resume(name) if store.run(name) else door.start("Do the work.", name)
    while found.status == "waiting":
        question = found.questions[0]
        found = door.resume(name, world.answer(run, question.name, question.args), interrupt_id=question.id)
    return found.status


@pytest.mark.slow
def test_runs_end_with_nothing_done_twice_while_the_server_is_restarted(
    postgres_url: str, postgres_server: Any
) -> None:
    world, numbers = World(), count()
    open_store(postgres_url).close()

    def disturb() -> None:
        for n in range(RESTARTS):
            time.sleep(0.3 * (n % 4))
            postgres_server.stop((signal.SIGQUIT, signal.SIGINT)[n % 2])
            time.sleep(0.3 * (n % 3))
            postgres_server.start()

    def work() -> list[tuple[int, str]]:
        ended = []
        while not ended or not disturbed.done():
            run = next(numbers)
            ended.append((run, carried_to_its_end(postgres_url, run, world)))
        return ended

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        disturbed = pool.submit(disturb)
        works = [pool.submit(work) for _ in range(AT_ONCE)]
        ended = [end for each in works for end in each.result()]
        disturbed.result()
    assert {status for _, status in ended} == {"done"}
    counts = Counter(world.did)
    assert {counts[f"{run} fire {task}"] for run, _ in ended for task in TASKS} == {1}
    assert {f"{run} put {task}" for run, _ in ended for task in TASKS} <= counts.keys()
