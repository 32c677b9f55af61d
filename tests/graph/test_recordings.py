"""Real runs over real feeds, replayed: the whole agent over HTTP, with the replies a thinking reader gave."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replay_endpoint import ReplayEndpoint, unpack_feeds

from surefoot.graph import Settings, build_graph


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Any]:
    """Run the goal of a recording; gives the final state and the endpoint."""
    endpoints: list[ReplayEndpoint] = []

    def run(name: str) -> tuple[dict[str, Any], ReplayEndpoint]:
        endpoint = ReplayEndpoint(name)
        endpoints.append(endpoint)
        workspace = unpack_feeds(tmp_path / "feeds")
        settings = Settings(workspace=workspace, openai_base_url=endpoint.url, openai_api_key="none")
        agent = build_graph("openai:reader", None, settings)
        state = agent.invoke({"goal": endpoint.goal}, {"configurable": {"thread_id": name}})
        assert not endpoint.missed, "a prompt has changed: the recordings have to be made anew"
        return state, endpoint

    yield run
    for endpoint in endpoints:
        endpoint.close()


def test_entries_are_counted_per_language(replay: Any) -> None:
    state, endpoint = replay("entries_per_language")
    assert state["status"] == "done"
    for line in ("| Arabic", "| English", "| Korean"):
        assert line in state["answer"] or line[2:] in state["answer"]
    assert "Build Expensive, Run Cheap" in state["answer"]
    assert len(endpoint.requests) == 3
    assert state["usage"]["estimated"]


def test_what_changed_is_told_and_written(replay: Any, tmp_path: Path) -> None:
    state, endpoint = replay("what_changed")
    assert state["status"] == "done"
    report = (tmp_path / "feeds" / "changes.md").read_text()
    assert "NVIDIA ASPIRE" in report
    assert "Goclone" in report
    assert len(endpoint.requests) == 5


def test_measured_systems_are_tabled_by_readers_side_by_side(replay: Any) -> None:
    state, _ = replay("measured_systems")
    assert state["status"] == "done"
    assert "B200" in state["answer"]
    assert sum(line.startswith("|") for line in state["answer"].splitlines()) > 20
    first, second, last = state["plan"]
    assert not first["dependencies"] and not second["dependencies"]
    assert set(last["dependencies"]) == {first["task_id"], second["task_id"]}
