"""What a run keeps grows with its work, not with the square of it, and every moment of it can still be had."""

from pathlib import Path
from typing import Any

import pytest
from mortal_store import Fate
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph.store import SqliteStore, open_store


def looking(steps: int) -> dict[str, Any]:
    said = [act("look", at=f"place {n} {'with a long name ' * 20}") for n in range(steps)]
    return {"plan": [plan(subtask("a"))], "think": [*said, {"answer": "Seen."}]}


def agent_of(place: Path | str, steps: int, colour: str = "sync") -> Agent:
    return Agent(looking(steps), World().tools(), store=place, thread=f"t{steps}", colour=colour, react_max_steps=99)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_the_database_grows_with_the_work_alone(place: Path | str, colour: str) -> None:
    def kept(steps: int) -> int:
        """Bytes of all values of a run's checkpoints and writes."""
        agent_of(place, steps, colour).run()
        with open_store(place) as store, store.database.transaction(write=False) as cursor:
            sums = []
            for table in store.checkpoint_tables:
                cursor.execute(f"SELECT * FROM {table} WHERE thread_id = ?", (f"t{steps}",))
                sums += [len(str(v) if not isinstance(v, bytes) else v) for row in cursor.fetchall() for v in row]
        return sum(sums)

    few, many = kept(8), kept(32)
    assert many < 4.2 * few


def test_every_moment_of_a_loop_has_the_log_of_its_time(place: Path | str) -> None:
    agent_of(place, 6).run()
    with open_store(place) as store:
        found = [c for c in store.checkpointer.list({"configurable": {"thread_id": "t6"}}) if _space(c).count("|") == 1]
        histories = [
            store.checkpointer.get_delta_channel_history(config=moment.config, channels=["log"])["log"]["writes"]
            for moment in reversed(found)
        ]
    logs = [[step for _, _, steps in history for step in steps] for history in histories]
    assert [step["turn"] for step in logs[-1]] == [1, 2, 3, 4, 5, 6]
    assert sorted({len(log) for log in logs}) == list(range(7))
    assert all(log == logs[-1][: len(log)] for log in logs)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_step_that_only_reads_costs_three_commits(path: Path, colour: str) -> None:
    """One before the model is called, one before the tool is, and one after it; all else of a run costs seven."""
    with SqliteStore(path) as store:
        fate, counts = Fate(store), list[int]()
        for steps in (4, 20):
            before = fate.writes
            agent = Agent(
                looking(steps), World().tools(), store=store, thread=f"t{steps}", colour=colour, react_max_steps=99
            )
            agent.run()
            counts.append(fate.writes - before)
    assert round((counts[1] - counts[0]) / 16) == 3  # what the main graph saves may join one of them
    assert counts[0] - 4 * 3 <= 7


def _space(moment: Any) -> str:
    return str(moment.config["configurable"]["checkpoint_ns"])
