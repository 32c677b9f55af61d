"""A secret goes through a whole run, by every way it can take, and comes to rest nowhere."""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command
from scripted_agent import act, plan, subtask
from typer.testing import CliRunner

from surefoot.graph import Door, ScriptedModel, Settings, Store, build_graph, open_store
from surefoot.graph.cli.commands import app
from surefoot.graph.cli.output import Output, explain
from surefoot.nodes.state import AgentState
from surefoot.tools import tool_effect
from surefoot.tools.errors import ModelError

SECRET = "canary/8f2+A9&z0Q=x1"
KEY = "sk-canary7K3p9Zt2Wq8Lm4Xv6Bn1Yc5Rd"
UNNAMED = "ghp_" + "c4N4rY" * 6
"""Nobody told surefoot of this one: its shape gives it away."""
REF = "{{secret:DEPLOY_TOKEN}}"
BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


def ways(value: str) -> set[bytes]:
    """What a value is found by: itself, for an address, in hex, and the middle of it in base64 at any place."""
    data = value.encode()
    shifted = {base64.b64encode(b"x" * n + data)[4:-4] for n in range(3)}
    plain = {data, json.dumps(value)[1:-1].encode(), quote(value, safe="").encode(), data.hex().encode()}
    return plain | shifted | {way.replace(b"+", b"-").replace(b"/", b"_") for way in shifted}


def traces(data: bytes, *values: str) -> list[bytes]:
    return [way for value in values for way in ways(value) if way in data]


@dataclass
class Kept:
    """A place runs are kept in, what is in its rows, and all its bytes."""

    open: Callable[[], Store]
    rows: Callable[[], bytes]
    bytes: Callable[[], bytes]


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "postgres":
        url, server = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_server")
        folders = (server.folder / "data", server.folder / "log")
        return Kept(lambda: open_store(url), lambda: _rows(server), lambda: _rows(server) + _files(*folders))
    home = tmp_path / "home"
    return Kept(lambda: open_store(home / "runs.db"), lambda: _files(home), lambda: _files(home))


def _files(*places: Path) -> bytes:
    found = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    return b"\n".join(file.read_bytes() for file in found)


def _rows(server: Any) -> bytes:
    """All rows as text, bytes in hex: in its files a server keeps long values packed."""
    tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'surefoot'", database="runs")
    assert len(tables) > 5
    rows = [server.execute(f'SELECT t::text FROM surefoot."{name}" t', database="runs") for (name,) in tables]
    shown = "\n".join(text for table in rows for (text,) in table)
    unpacked = b"\n".join(bytes.fromhex(found) for found in re.findall(r"\\x((?:[0-9a-f]{2})+)", shown))
    return shown.encode() + unpacked


@tool_effect("idempotent")
def push(token: str) -> dict[str, Any]:
    """Push with a token."""
    return {
        "got": hashlib.sha256(token.encode()).hexdigest(),
        "echo": token,
        "header": base64.b64encode(token.encode()),
    }


@tool_effect("read_only")
def broken(token: str) -> str:
    """Fail, and say with what."""
    raise RuntimeError(f"401 for {token}, or {UNNAMED}")


@tool_effect("read_only")
def big() -> str:
    """Give more than is shown at once."""
    return f"{SECRET} {UNNAMED} {quote(SECRET, safe='')} {SECRET.encode().hex()}\n" * 2000


@tool_effect("irreversible")
def release(token: str) -> str:
    """Release it for good."""
    return f"released with {token}"


TOOLS = [push, broken, big, release]
CALLS = [
    act("push", token=REF),
    act("broken", token=REF),
    act("big"),
    act("ask_human", question=f"Is {SECRET} right?"),
    act("release", token=REF),
    {"answer": f"Pushed with {SECRET}."},
]


def settings(tmp_path: Path) -> Settings:
    bound = {"DEPLOY_TOKEN": {"value": SECRET, "tools": ["push", "broken", "release"]}}
    return Settings.checked({"workspace": tmp_path, "secrets": bound, "openai_api_key": KEY})


def model() -> ScriptedModel:
    def think(request: Any) -> Any:
        return CALLS[sum(message.type == "tool" for message in request.messages)]

    return ScriptedModel({"plan": [plan(subtask("a", does=f"Push with {SECRET}."))], "think": think})


def seen(agent: Any, config: Any) -> str:
    return json.dumps(agent.get_state(config, subgraphs=True), default=str)


@BOTH
def test_a_run_through_langgraph_leaves_no_trace_in_the_store_or_the_state(
    kept: Kept, tmp_path: Path, colour: str
) -> None:
    config: Any = {
        "configurable": {"thread_id": "t", "api_key": KEY, "model_token": "plain-but-named-so", "user": SECRET},
        "metadata": {"password": "plain-but-named-so", "note": f"with {UNNAMED}"},
    }

    def invoke(agent: Any, given: Any) -> Any:
        return asyncio.run(agent.ainvoke(given, config)) if colour == "async" else agent.invoke(given, config)

    with kept.open() as store:
        agent = build_graph(model(), TOOLS, settings(tmp_path), store=store)
        said = [invoke(agent, {"goal": f"Push with {SECRET}, {UNNAMED} and http://me:{SECRET[:6]}@host."})]
        while questions := agent.get_state(config).interrupts:
            answer = {"ask_human": f"Yes, {SECRET} and {UNNAMED}.", "release": {"type": "approve", "message": SECRET}}
            name = questions[0].value["action_requests"][0]["name"]
            said += [seen(agent, config), invoke(agent, Command(resume={questions[0].id: answer[name]}))]
        history = [*agent.get_state_history(config)]
        assert said[-1]["status"] == "done"
        told = json.dumps([*said, *store.events("t#1"), *store.runs(), *history], default=str)
        stored = kept.bytes()
    stored += kept.bytes()
    assert hashlib.sha256(SECRET.encode()).hexdigest() in told  # the tool itself had it
    assert {"[secret DEPLOY_TOKEN]", "[secret key]"} <= {mark for mark in _marks(told)}
    for place in (told.encode(), stored):
        assert traces(place, SECRET, KEY, UNNAMED, "plain-but-named-so", f"me:{SECRET[:6]}") == []
    assert REF.encode() in stored and b"[secret DEPLOY_TOKEN]" in stored


def _marks(text: str) -> Iterator[str]:
    for mark in ("[secret DEPLOY_TOKEN]", "[secret key]", "[secret OPENAI_API_KEY]"):
        if mark in text:
            yield mark


def test_a_person_is_asked_about_the_reference_and_the_answer_is_for_it(kept: Kept, tmp_path: Path) -> None:
    got: list[str] = []

    @tool_effect("irreversible")
    def release(token: str) -> str:
        """Release it for good."""
        got.append(token)
        return "released"

    script = {"plan": [plan(subtask("a"))], "think": [act("release", token=REF), {"answer": "ok"}]}
    with kept.open() as store:
        door = Door(build_graph(ScriptedModel(script), [release], settings(tmp_path), store=store), store)
        [question] = door.start("Release.", "t").questions
        assert question.args == {"token": REF}
        assert door.resume("t", True).status == "done"
    assert got == [SECRET]


@pytest.mark.parametrize("moment", ["plan", "think"])
def test_what_a_failing_endpoint_says_is_told_without_the_key(
    kept: Kept, tmp_path: Path, fake_endpoint: Any, moment: str
) -> None:
    refusal = (422, f"no: {KEY}, {base64.b64encode(SECRET.encode()).decode()}, {UNNAMED}, Authorization: Bearer {KEY}")
    planned = json.dumps({"subtasks": [{"task_id": "a", "description": "Push."}], "confidence": 0.9})
    fake_endpoint.says(*([planned] if moment == "think" else []), refusal)
    own = settings(tmp_path).model_copy(update={"openai_base_url": fake_endpoint.url})
    with kept.open() as store:
        door = Door(build_graph("openai:x", TOOLS, own, store=store), store)
        with pytest.raises(ModelError, match="refused the request") as error:
            door.start("Push.", "t")
        assert store.events("t#1")[-1]["type"] == "error"
        stored = kept.bytes()
    assert "[secret OPENAI_API_KEY]" in str(error.value)
    assert traces(str(error.value).encode() + stored + kept.bytes(), SECRET, KEY, UNNAMED) == []


@pytest.mark.slow
@BOTH
def test_an_exception_of_50_mb_with_a_secret_in_it_leaves_a_line(kept: Kept, tmp_path: Path, colour: str) -> None:
    @tool_effect("idempotent")
    def push(token: str) -> str:
        """Push with a token."""
        raise RuntimeError(f"\x00 {token} \ud800 " + f"{token}\x00" * 2_500_000)

    script = {"plan": [plan(subtask("a"))], "think": [act("push", token=REF), {"answer": "ok"}]}
    config: Any = {"configurable": {"thread_id": "t"}}
    with kept.open() as store:
        agent = build_graph(ScriptedModel(script), [push], settings(tmp_path), store=store)
        goal = {"goal": "Push."}
        asyncio.run(agent.ainvoke(goal, config)) if colour == "async" else agent.invoke(goal, config)
        [seen] = [event["result"]["error"] for event in store.events("t#1") if event["type"] == "observation"]
        assert seen["kind"] == "exception" and len(seen["message"]) == 2000
        assert seen["message"].startswith(
            "RuntimeError: \ufffd [secret DEPLOY_TOKEN] \ufffd [secret DEPLOY_TOKEN]\ufffd"
        )
        stored, rows = kept.bytes(), kept.rows()
    assert len(rows) < 2_000_000  # a server's own files are tens of megabytes from the start
    assert traces(stored + kept.bytes(), SECRET) == []


def test_what_the_workspace_shows_of_itself_has_no_secret(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"password {SECRET}\n")
    (tmp_path / "env.txt").write_text(f"TOKEN={UNNAMED}\n")
    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}
    with kept.open() as store:
        agent = build_graph(ScriptedModel(script), None, settings(tmp_path), store=store)
        state = agent.invoke({"goal": "Push."}, {"configurable": {"thread_id": "t"}})
        assert "env.txt" in state["workspace"] and "[secret key]" in state["workspace"]
        assert traces(kept.bytes() + json.dumps(state, default=str).encode(), SECRET, UNNAMED) == []


PLAN = {"subtasks": [{"task_id": "a", "description": f"Push with {SECRET}."}], "confidence": 0.9}
OWN = """
import base64, hashlib, os
from pathlib import Path
from surefoot.tools import tool_effect

@tool_effect("idempotent")
def push(token: str) -> str:
    "Push with a token."
    Path("got").write_text(hashlib.sha256(token.encode()).hexdigest())
    return f"pushed with {token} and {os.environ['OPENAI_API_KEY']}"

@tool_effect("read_only")
def broken(token: str) -> str:
    "Fail, and say with what."
    raise RuntimeError(f"401 for {base64.b64encode(token.encode()).decode()}")

@tool_effect("read_only")
def big() -> str:
    "Give more than is shown at once."
    return os.environ["DEPLOY_TOKEN"] * 5000

tools = [push, broken, big]
"""


def called(tool: str, **args: Any) -> dict[str, Any]:
    return {"text": f"I call {tool}.", "calls": [{"name": tool, "arguments": args}]}


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["lines", "json"])
def test_the_command_line_prints_and_keeps_no_trace(
    workspace: Path, fake_endpoint: Any, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    (workspace / "own.py").write_text(OWN)
    environ = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": fake_endpoint.url.replace("//", f"//me:{SECRET[:6]}@"),
        "DEPLOY_TOKEN": SECRET,
        "SUREFOOT_SECRETS": '{"DEPLOY_TOKEN": ["push", "broken"]}',
        "SUREFOOT_MODEL": "openai:x",
        "SUREFOOT_DEBUG": "1",
    }
    monkeypatch.delitem(sys.modules, "own", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    printed = b""

    def surefoot(*args: str, code: int = 0) -> bytes:
        nonlocal printed
        ended = CliRunner().invoke(app, args)
        printed += ended.stdout_bytes + ended.stderr_bytes
        assert ended.exit_code == code, ended.output
        return ended.stdout_bytes

    def kept() -> bytes:
        return b"\n".join(file.read_bytes() for file in (workspace / ".surefoot").rglob("*") if file.is_file())

    calls = [
        called("push", token=REF),
        called("broken", token=REF),
        called("big"),
        called("ask_human", question=SECRET),
    ]
    fake_endpoint.says(json.dumps(PLAN), *calls)
    goal = f"Push with {SECRET}, {base64.b64encode(SECRET.encode()).decode()} and {UNNAMED}."
    surefoot("run", goal, "--thread", "t", "--tools", "own:tools", *options, code=3)
    fake_endpoint.says((422, f"no: {KEY} {SECRET}"))
    surefoot("resume", "t", "--answer", f"Yes, {SECRET}", *options, code=1)
    stored = kept()
    fake_endpoint.says(f"Pushed with {SECRET}.")
    surefoot("resume", "t", *options)
    story = json.loads(surefoot("show", "t", "--json"))
    surefoot("show", "t")
    surefoot("runs")
    surefoot("doctor")
    assert (workspace / "got").read_text() == hashlib.sha256(SECRET.encode()).hexdigest()
    assert story["answer"] == "Pushed with [secret DEPLOY_TOKEN]."
    assert len(story["steps"]) > 6 and story["report"]["summary"]
    assert b"Traceback" in printed and b"[secret OPENAI_API_KEY]" in printed
    prompts = json.dumps(fake_endpoint.requests).encode()
    assert REF.encode() in prompts
    for place in (printed, stored, kept(), prompts):
        assert traces(place, SECRET, KEY, UNNAMED, f"me:{SECRET[:6]}") == []


def test_at_a_terminal_the_table_of_runs_has_no_trace(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from surefoot.graph.cli import history, output

    monkeypatch.setenv("DEPLOY_TOKEN", SECRET)
    with open_store(workspace / ".surefoot" / "runs.db") as store:
        store.upsert_run("t", "t#1", goal=f"Push {SECRET}.", status="done")  # as an older release may have written it
    read, write = os.pipe()
    monkeypatch.setattr(sys, "stdout", os.fdopen(write, "w"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert output.Output(as_json=False).redactor.exact.text(SECRET) == "[secret DEPLOY_TOKEN]"
    with contextlib.closing(sys.stdout):
        history.runs(None, as_json=False)
    with os.fdopen(read, "rb") as told:
        shown = told.read()
    assert b"Push [secret" in shown and traces(shown, SECRET) == []


def test_the_log_takes_no_known_secret_whoever_writes_it(kept: Kept, tmp_path: Path) -> None:
    with kept.open() as store:
        build_graph(model(), TOOLS, settings(tmp_path), store=store)
        build_graph(model(), [], Settings(), store=store)  # another agent on the same store makes it forget nothing
        store.append("r", {"type": "note", SECRET: [f"with {SECRET}", {"key": KEY}], "number": 7})
        [event] = store.events("r")
        assert event["[secret DEPLOY_TOKEN]"] == ["with [secret DEPLOY_TOKEN]", {"key": "[secret OPENAI_API_KEY]"}]
        assert event["number"] == 7
        assert traces(kept.bytes(), SECRET, KEY) == []


def test_what_cuts_a_run_off_is_logged_without_secrets(kept: Kept, tmp_path: Path) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [ModelError(f"{'x' * 9_990}{SECRET} {UNNAMED}")]}
    with kept.open() as store:
        door = Door(build_graph(ScriptedModel(script), TOOLS, settings(tmp_path), store=store), store)
        with pytest.raises(ModelError):
            door.start("Push.", "t")
        message = store.events("t#1")[-1]["message"]
        assert len(message) == 10_000 and SECRET[:6] not in message
        assert traces(kept.bytes(), SECRET, UNNAMED) == []


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_known_leaves_through_the_output_of_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", SECRET)
    monkeypatch.setenv("SUREFOOT_DEBUG", "1")
    output = Output(as_json)
    output.tell({"type": "started", "goal": f"Push {SECRET}."})
    output.say(quote(SECRET, safe=""))
    output.complain("It failed.", RuntimeError(f"{SECRET} {UNNAMED}"))
    output.complain(explain(RuntimeError("x" * 295 + SECRET)))
    told = capsys.readouterr()
    assert told.out.count("[secret DEPLOY_TOKEN]") == 2 and "RuntimeError: [secret DEPLOY_TOKEN]" in told.err
    assert traces((told.out + told.err).encode(), SECRET, UNNAMED) == [] and SECRET[:5] not in told.err


@BOTH
def test_a_goal_and_an_answer_reach_no_checkpointer_with_a_secret(tmp_path: Path, colour: str) -> None:
    """Also one that is somebody else's: it saves what comes in before any node of the agent has seen it."""
    script = {"plan": [plan(subtask("a"))], "think": [act("ask_human", question="Well?"), {"answer": "ok"}]}
    config: Any = {"configurable": {"thread_id": "t"}}
    saver = InMemorySaver()

    def invoke(given: Any) -> Any:
        return asyncio.run(agent.ainvoke(given, config)) if colour == "async" else agent.invoke(given, config)

    home = settings(tmp_path).model_copy(update={"home": tmp_path / "home"})
    agent = build_graph(ScriptedModel(script), [], home, checkpointer=saver)
    invoke({"goal": f"With {SECRET} and {UNNAMED}."})
    [question] = agent.get_state(config).interrupts
    assert invoke(Command(resume={question.id: f"Yes, {SECRET} and {UNNAMED}."}))["status"] == "done"
    told = repr([*saver.list(config)])
    assert "With [secret DEPLOY_TOKEN] and [secret key]." in told
    assert "Yes, [secret DEPLOY_TOKEN] and [secret key]." in told
    assert traces(told.encode(), SECRET, UNNAMED) == []


@BOTH
def test_a_graph_of_somebody_elses_gives_the_agent_no_secret_either(tmp_path: Path, colour: str) -> None:
    """There the outer graph is the way in, and the agent's first node and its checkpoint are its doors."""
    script = {"plan": [plan(subtask("a"))], "think": [act("ask_human", question="Well?"), {"answer": "ok"}]}
    home = settings(tmp_path).model_copy(update={"home": tmp_path / "home"})
    outer = StateGraph(AgentState)
    outer.add_node("agent", build_graph(ScriptedModel(script), [], home, store=tmp_path / "runs.db"))
    outer.add_edge(START, "agent")
    graph = outer.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}

    def invoke(given: Any) -> Any:
        return asyncio.run(graph.ainvoke(given, config)) if colour == "async" else graph.invoke(given, config)

    invoke({"goal": f"With {SECRET}."})
    [question] = graph.get_state(config).interrupts
    state = invoke(Command(resume={question.id: f"Yes, {SECRET} and {UNNAMED}."}))
    assert state["decisions"][0]["message"] == "Yes, [secret DEPLOY_TOKEN] and [secret key]."
    stored = b"\n".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"With [secret DEPLOY_TOKEN]." in stored
    assert traces(stored, SECRET, UNNAMED) == []
