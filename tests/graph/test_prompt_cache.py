"""What a provider's prompt cache needs: each request begins with the bytes of the one before it."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint, method_of

from surefoot.graph import Settings, build_graph
from surefoot.tools import tool_effect

TURNS = 24


def look(at: str) -> str:
    """Look at a place."""
    return f"{at}: " + "stones " * 60


def answer(turn: int) -> Any:
    if turn == TURNS:
        return "All was seen."
    return {"text": f"On to {turn}.", "calls": [{"name": "look", "arguments": {"at": f"place {turn}"}}]}


@pytest.mark.parametrize(("context_tokens", "context_turns"), [(48_000, 32), (1000, 32), (48_000, 8)])
def test_a_request_begins_with_the_bytes_of_the_one_before(
    tmp_path: Path, context_tokens: int, context_turns: int
) -> None:
    endpoint = FakeEndpoint()
    turns = iter(range(TURNS + 1))
    first = {"subtasks": [{"task_id": "a", "description": "Look around.", "dependencies": []}], "confidence": 0.9}
    endpoint.behaves(lambda body: json.dumps(first) if method_of(body) != "tools" else answer(next(turns)))
    settings = Settings(
        workspace=tmp_path,
        openai_base_url=endpoint.url,
        openai_api_key="none",
        context_tokens=context_tokens,
        context_turns=context_turns,
        react_max_steps=TURNS + 5,
    )
    agent = build_graph("openai:m", [tool_effect("read_only")(look)], settings)
    state = agent.invoke({"goal": "Look."}, {"configurable": {"thread_id": "t"}})
    endpoint.close()
    assert state["status"] == "done"
    thinking = [body for body in endpoint.requests if method_of(body) == "tools"]
    heads = {json.dumps([body["tools"], body["messages"][:2]]) for body in thinking}
    assert len(thinking) == TURNS + 1 and len(heads) == 1  # rules, tools, goal and subtask: the same in all
    kept = [
        json.dumps(later["messages"]).startswith(json.dumps(earlier["messages"])[:-1])
        for earlier, later in pairwise(thinking)
    ]
    # Where the room is small the oldest turns are condensed now and then: half of it at a time, not at every step.
    whole = context_tokens > 1000 and context_turns > TURNS
    assert all(kept) if whole else 2 * TURNS // 3 <= sum(kept) < TURNS
