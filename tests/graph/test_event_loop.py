"""In async work nothing blocks the event loop: a server would stand still for everyone, and Studio's ends the run."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster, BlockingError
from langgraph.types import Command
from scripted_agent import World, act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, build_graph, open_store

UNWATCHED = ("os.stat", "os.listdir", "os.remove", "threading.Lock.acquire", "os.path.", "io.")
"""What the server of `langgraph dev` lets pass too."""


@pytest.fixture
def watched() -> Iterator[None]:
    """Let every blocking call in the event loop raise, as the server does."""
    guard = BlockBuster()
    for name in [n for n in guard.functions if n.startswith(UNWATCHED)]:
        guard.functions.pop(name)
    guard.activate()
    yield
    guard.deactivate()


@pytest.fixture
def page() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"forty-two")

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


async def test_the_guard_sees_a_blocking_call(watched: None) -> None:
    with pytest.raises(BlockingError):
        Path("/tmp").rename("/nowhere/at/all")


async def test_no_tool_no_question_and_no_resume_blocks_the_event_loop(
    tmp_path: Path, page: str, watched: None
) -> None:
    calls = [
        act("write_file", path="a.csv", content="n\n" + "1\n2\n" * 400),
        act("edit_file", path="a.csv", old_text="n\n1", new_text="n\n3"),
        act("list_files"),
        act("read_file", path="a.csv"),
        act("search_files", text="2"),
        act("query_data", sql="SELECT sum(n) AS total FROM 'a.csv'"),
        act("calculate", expression="6 * 7"),
        act("run_python", code="print(6 * 7)"),
        act("fetch_url", url=page),
        act("move_file", source="a.csv", destination="b.csv"),
        act("delete_file", path="b.csv"),
        act("ask_human", question="Enough?"),
    ]

    def think(request: Any) -> Any:
        done = [m for m in request.messages if m.type == "tool"]
        return calls[len(done)] if len(done) < len(calls) else {"answer": "\n".join(m.status for m in done)}

    script = {"plan": [plan(subtask("a"), confidence=0.1)], "think": think}
    home, workspace = tmp_path / "home", tmp_path / "work"
    await asyncio.to_thread(workspace.mkdir)
    settings = Settings(workspace=workspace, home=home, inline_chars=200, allow_private_addresses=True)
    config: Any = {"configurable": {"thread_id": "t"}}
    given: Any = {"goal": "Use every tool."}
    asked: list[str] = []
    while given:
        # Another process each time, as far as the run can see: all of it comes back from the store.
        agent = await asyncio.to_thread(build_graph, ScriptedModel(script), None, settings, store=home / "runs.db")
        state = await agent.ainvoke(given, config)
        questions = (await agent.aget_state(config)).interrupts
        asked += [q.value["action_requests"][0]["name"] for q in questions]
        given = questions and Command(resume={q.id: "yes" for q in questions})
    # What follows the page is asked for, reversible or not.
    assert asked == ["approve_plan", "move_file", "delete_file", "ask_human"]
    assert (state["status"], state["answer"].split()) == ("done", ["success"] * len(calls))


async def test_no_wait_for_postgres_blocks_the_event_loop(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard does not see psycopg's waiting, which is written in C."""
    store, waited = await asyncio.to_thread(open_store, postgres_url), []
    have = store.database.session

    def watched_session() -> Any:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        waited.append(threading.get_ident())
        return have()

    monkeypatch.setattr(store.database, "session", watched_session)
    world = World()
    script = {"plan": [plan(subtask("a"))], "think": [act("put", what="x"), act("fire", what="x"), {"answer": "ok"}]}
    agent = await asyncio.to_thread(build_graph, ScriptedModel(script), world.tools(), store=store)
    config: Any = {"configurable": {"thread_id": "t"}}
    asked = await agent.ainvoke({"goal": "G."}, config)
    state = await agent.ainvoke(Command(resume={asked["__interrupt__"][0].id: True}), config)
    assert (state["status"], world.did, len(waited) > 50) == ("done", ["put x", "fire x"], True)
    await asyncio.to_thread(store.close)
