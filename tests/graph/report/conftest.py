"""The events of a run with three branches side by side, a failure, a new plan, a question, and text that means harm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph.store import SqliteStore

BAD = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> ]]> \x1b[2J \u202egnp.exe \u2028 &lt; 'x\" \ud800"
GOAL = f"Compare the figures. {BAD}"
SCRIPT: dict[str, Any] = {
    "plan": [plan(subtask("a"), subtask("b", does=f"Do b. {BAD}"), subtask("c"), subtask("join", "a", "b", "c"))],
    "think": {
        "a": [act("look", at="sea"), {"answer": f"the sea is blue {BAD}"}],
        "b": [*[act("broken", why=BAD)] * 6],
        "c": [act("put", what="c"), {"answer": "c is there"}],
        "b2": [act("look", at="lake"), {"answer": "the lake will do"}],
        "join": [act("fire", what=f"all {BAD}"), {"answer": f"All is done. {BAD}"}],
    },
    "replan": [plan(subtask("b2"), subtask("join", "a", "b2", "c", does="Join them, without b."))],
}


@pytest.fixture
def waiting(path: Path) -> Iterator[tuple[SqliteStore, Agent]]:
    """The run as far as its question."""
    with SqliteStore(path) as store:
        agent = Agent(SCRIPT, World().tools(), store=store, max_steps=30)
        agent.run(GOAL)
        yield store, agent


@pytest.fixture
def finished(waiting: tuple[SqliteStore, Agent]) -> list[dict[str, Any]]:
    """All its events."""
    store, agent = waiting
    assert agent.answer_all(True)["status"] == "done"
    return store.events("t1#1")
