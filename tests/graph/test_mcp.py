"""An agent with the tools of an MCP server: asked, journalled and redacted like any other's."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, act, asked, plan, subtask

from surefoot.graph import open_store
from surefoot.tools import McpServer
from surefoot.tools.errors import ToolError

SERVER = str(Path(__file__).parents[1] / "tools" / "mcp_server.py")
TOKEN = "s3cret-s3cret"

pytestmark = pytest.mark.parametrize("colour", ["sync", "async"])


def served(script: list[dict[str, Any]], tmp_path: Path, colour: str, **more: Any) -> Agent:
    """An agent whose tools come from the file its settings name."""
    entry = {"command": sys.executable, "args": [SERVER], "env": {"PAID": str(tmp_path / "paid"), "SHOP_TOKEN": TOKEN}}
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"shop": entry}}))
    whole = {"plan": [plan(subtask("a"))], "think": script}
    return Agent(whole, [], store=tmp_path / "runs.db", colour=colour, mcp_servers=file, **more)


def paid(tmp_path: Path) -> list[str]:
    log = tmp_path / "paid"
    return log.read_text().split() if log.exists() else []


def outputs(tmp_path: Path) -> list[Any]:
    with open_store(tmp_path / "runs.db") as store:
        return [event["result"].get("output") for event in store.events("t1#1") if event["type"] == "observation"]


def test_what_cannot_be_undone_waits_for_a_person_and_the_session_with_it(tmp_path: Path, colour: str) -> None:
    steps = [act("add", what="tea"), act("pay", amount=5), act("look"), {"answer": "bought"}]
    agent = served(steps, tmp_path, colour)
    agent.run()
    assert ([asked(q) for q in agent.questions().values()], paid(tmp_path)) == ([("pay", "irreversible")], [])
    state = agent.answer_all(True)
    assert (state["status"], paid(tmp_path)) == ("done", ["5.0"])
    assert outputs(tmp_path) == ["tea added", "5.0 paid", ["tea"]]


def test_a_payment_in_whose_middle_the_server_died_is_begun_again_on_a_persons_word_only(
    tmp_path: Path, colour: str
) -> None:
    agent = served([act("pay", amount=13), act("pay", amount=13), {"answer": "ok"}], tmp_path, colour)
    agent.run()
    agent.answer_all(True)
    assert paid(tmp_path) == ["13.0"]
    assert [asked(q) for q in agent.questions().values()] == [("pay", "unfinished")]
    state = agent.answer_all({"type": "reject", "message": "it is paid"})
    assert (state["status"], paid(tmp_path)) == ("done", ["13.0"])


def test_what_a_servers_environment_keeps_is_seen_nowhere(tmp_path: Path, colour: str) -> None:
    state = served([act("undeclared"), {"answer": "ok"}], tmp_path, colour, undeclared_tools="trust").run()
    assert outputs(tmp_path) == ["[secret shop SHOP_TOKEN]"]
    assert TOKEN not in json.dumps(state)


def test_servers_may_be_given_among_the_tools(tmp_path: Path, colour: str) -> None:
    server = McpServer("shop", command=[sys.executable, SERVER])
    script = {"plan": [plan(subtask("a"))], "think": [act("add", what="tea"), act("own"), {"answer": "ok"}]}

    def own() -> str:
        """A tool of the user's own."""
        return "mine"

    Agent(script, [server, own], store=tmp_path / "runs.db", colour=colour, undeclared_tools="trust").run()
    assert outputs(tmp_path) == ["tea added", "mine"]
    server.close()


def test_a_server_that_cannot_be_had_stops_the_agent_before_it_begins(tmp_path: Path, colour: str) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"mcpServers": {"shop": {"command": "no-such-program"}}}')
    with pytest.raises(ToolError, match="The MCP server shop cannot be started with `no-such-program`"):
        Agent({}, [], colour=colour, mcp_servers=file)
