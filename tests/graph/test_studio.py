"""LangGraph Studio: the real server of `langgraph dev`, offline, driven through its client.

Studio's pages are hosted; what is tested here is all that they can see and do.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "notebooks" / "data"


class StudioServer:
    """`langgraph dev` in a child process; all it says goes to `log`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "workspace"
        self.log = folder / "server.log"
        self.log.touch()
        shutil.copy(ROOT / "langgraph.json", folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it serves."""
        self.workspace.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self._serves():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as Ctrl-C does, or for good when it does not listen."""
        os.killpg(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def complaints(self) -> list[dict[str, Any]]:
        """What it has said so far at the levels of warnings and errors."""
        said = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [entry for entry in said if entry.get("level") not in ("info", "debug")]

    def _environment(self) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("SUREFOOT_", "OPENAI_", "LANG"))}
        return ours | {
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGGRAPH_NO_VERSION_CHECK": "true",
            "LANGSMITH_TRACING": "false",
            "LOG_JSON": "true",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",  # nobody listens there
            "SUREFOOT_WORKSPACE": str(self.workspace),
            "SUREFOOT_HOME": str(self.folder / "home"),
        }

    def _serves(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ok").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    one = StudioServer(tmp_path_factory.mktemp("studio"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def client(server: StudioServer) -> Iterator[SyncLangGraphClient]:
    """A client of the server, whose workspace has fresh files; what the server says is shown where a test fails."""
    shutil.copytree(DATA, server.workspace, dirs_exist_ok=True)
    said = len(server.log.read_text())
    with get_sync_client(url=server.url, api_key=None) as opened:
        yield opened
    print(server.log.read_text()[said:])


def ask(client: SyncLangGraphClient, goal: str) -> tuple[str, list[Any]]:
    """Give a goal to a new thread; its id, and the questions it asks."""
    thread = client.threads.create()["thread_id"]
    client.runs.wait(thread, "agent", input={"goal": goal}, raise_error=True)
    return thread, questions(client, thread)


def questions(client: SyncLangGraphClient, thread: str) -> list[Any]:
    return list(client.threads.get_state(thread)["interrupts"])


def answer(client: SyncLangGraphClient, thread: str, question: Any, reply: Any) -> Any:
    command: Any = {"resume": {question["id"]: reply}}
    return client.runs.wait(thread, "agent", command=command, raise_error=True)


def yes(**more: Any) -> dict[str, Any]:
    """The answer that LangChain's clients send."""
    return {"decisions": [{"type": "approve", **more}]}


def test_the_graph_is_listed_with_what_it_does(client: SyncLangGraphClient) -> None:
    [assistant] = client.assistants.search()
    assert (assistant["graph_id"], assistant["name"]) == ("agent", "surefoot")
    assert assistant["description"].startswith("Plans a goal")


def test_the_form_asks_for_the_goal_and_says_what_it_is(client: SyncLangGraphClient) -> None:
    [assistant] = client.assistants.search()
    schemas = client.assistants.get_schemas(assistant["assistant_id"])
    given, got = schemas["input_schema"], schemas["output_schema"]
    assert given is not None and got is not None
    assert (list(given["properties"]), given["required"]) == (["goal"], ["goal"])
    assert "in their own words" in given["properties"]["goal"]["description"]
    assert {"plan", "status", "answer", "report", "usage"} <= got["properties"].keys()


def test_the_drawing_has_the_nodes_of_both_graphs(client: SyncLangGraphClient) -> None:
    [assistant] = client.assistants.search()
    drawn = {node["id"] for node in client.assistants.get_graph(assistant["assistant_id"], xray=True)["nodes"]}
    main = {"plan", "budget", "checkpoint", "reflect", "replan", "finish"}
    inner = {f"execute:{name}" for name in ("budget", "think", "checkpoint", "act", "observe", "reflect")}
    assert main | inner <= drawn


def test_a_run_streams_its_steps_its_events_and_its_result(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    goal = "average body_mass_g by species in penguins.csv and total wounds in crimea.json"
    modes: Any = ["values", "updates", "messages-tuple", "custom", "debug"]
    parts = list(client.runs.stream(thread, "agent", input={"goal": goal}, stream_mode=modes, stream_subgraphs=True))
    assert "error" not in {part.event for part in parts}
    steps = {(part.event.partition("|")[2].partition(":")[0], node) for part in parts for node in _nodes(part)}
    assert {("", "plan"), ("", "finish"), ("execute", "think"), ("execute", "act")} <= steps
    events = [part.data for part in parts if part.event.startswith("custom")]
    assert {"plan", "thought", "observation", "finished"} <= {event["type"] for event in events}
    assert len({event["task_id"] for event in events if event["type"] == "observation"}) == 2
    result = [part.data for part in parts if part.event == "values"][-1]
    assert result["status"] == "done"
    assert "5076.01" in result["answer"]
    assert "3770" in result["answer"]


def _nodes(part: Any) -> list[str]:
    return list(part.data) if part.event.startswith("updates") else []


def test_a_question_stands_in_the_thread_and_is_answered_by_its_id(
    server: StudioServer, client: SyncLangGraphClient
) -> None:
    thread, [question] = ask(client, "delete crimea.json")
    shown = client.threads.get(thread)
    assert shown["status"] == "interrupted"
    assert [i["id"] for asked in shown["interrupts"].values() for i in asked] == [question["id"]]
    [request], [review] = question["value"]["action_requests"], question["value"]["review_configs"]
    assert (request["name"], request["args"]) == ("delete_file", {"path": "crimea.json"})
    assert "It cannot be put back." in request["description"]
    assert review == {"action_name": "delete_file", "allowed_decisions": ["approve", "edit", "reject"]}
    assert (server.workspace / "crimea.json").exists()
    assert answer(client, thread, question, yes())["status"] == "done"
    assert not (server.workspace / "crimea.json").exists()
    assert (client.threads.get(thread)["status"], questions(client, thread)) == ("idle", [])


def test_two_questions_at_once_are_answered_one_by_one(server: StudioServer, client: SyncLangGraphClient) -> None:
    thread, [first, second] = ask(client, "delete crimea.json and delete iowa-electricity.csv")
    answer(client, thread, second, yes())
    assert [q["id"] for q in questions(client, thread)] == [first["id"]]
    assert _files(server) == {"crimea.json", "penguins.csv"}
    state = answer(client, thread, first, yes())
    assert (state["status"], _files(server)) == ("done", {"penguins.csv"})


def test_an_answer_nobody_can_read_asks_again_and_an_edit_runs_as_edited(
    server: StudioServer, client: SyncLangGraphClient
) -> None:
    thread, [question] = ask(client, "delete crimea.json")
    answer(client, thread, question, {"decisions": [{"type": "perhaps"}]})
    [again] = questions(client, thread)
    assert "Answer with a type" in again["value"]["action_requests"][0]["description"]
    edited = {"name": "delete_file", "args": {"path": "iowa-electricity.csv"}}
    answer(client, thread, again, {"decisions": [{"type": "edit", "edited_action": edited}]})
    assert _files(server) == {"crimea.json", "penguins.csv"}


def test_a_run_chooses_its_limits_in_a_form_and_keeps_them_over_its_questions(
    server: StudioServer, client: SyncLangGraphClient
) -> None:
    [assistant] = client.assistants.search()
    offered = client.assistants.get_schemas(assistant["assistant_id"])["context_schema"]
    assert offered is not None
    steps = offered["properties"]["max_steps"]
    assert (steps["default"], steps["anyOf"][0]["minimum"], bool(steps["description"])) == (200, 1, True)
    thread = client.threads.create()["thread_id"]
    goal = {"goal": "delete crimea.json and delete iowa-electricity.csv"}
    client.runs.wait(thread, "agent", input=goal, context={"max_steps": 1}, raise_error=True)
    answer(client, thread, questions(client, thread)[0], yes())
    state = answer(client, thread, questions(client, thread)[0], yes())
    assert (state["status"], state["usage"]["steps"]) == ("stopped", 1)
    assert len(_files(server)) == 2


def test_a_model_that_cannot_be_had_is_refused_in_a_sentence(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    # The second can be had, but does not answer; only then is there a run.
    for model, why in (("nothing", "Unknown model 'nothing': give "), ("openai:x", "cannot be reached: start it")):
        context = {"model": model}
        state: Any = client.runs.wait(thread, "agent", input={"goal": "g"}, context=context, raise_error=False)
        assert why in state["__error__"]["message"]


def test_a_question_has_the_form_that_chat_clients_draw(client: SyncLangGraphClient) -> None:
    _, [question] = ask(client, "delete crimea.json")
    value = question["value"]
    assert value["action_requests"] and value["review_configs"]
    for request in value["action_requests"]:
        assert isinstance(request["name"], str) and isinstance(request["args"], dict)
    for review in value["review_configs"]:
        assert review["action_name"] in {request["name"] for request in value["action_requests"]}
        assert set(review["allowed_decisions"]) <= {"approve", "edit", "reject", "respond"}


def test_a_fork_from_an_earlier_step_does_nothing_again_that_cannot_be_put_back(
    server: StudioServer, client: SyncLangGraphClient
) -> None:
    thread, [question] = ask(client, "delete crimea.json")
    answer(client, thread, question, yes())
    shutil.copy(DATA / "crimea.json", server.workspace)
    client.runs.wait(thread, "agent", input=None, checkpoint=_before(client, thread, "execute"), raise_error=True)
    [again] = questions(client, thread)
    assert again["value"]["action_requests"][0]["name"] == "delete_file"
    state = answer(client, thread, again, {"decisions": [{"type": "reject", "message": "not again"}]})
    assert (questions(client, thread), state["status"]) == ([], "failed")  # the model gives up where it may not
    assert "crimea.json" in _files(server)


def test_an_edited_plan_is_followed_from_there(client: SyncLangGraphClient) -> None:
    thread, _ = ask(client, "total wounds in crimea.json")
    state = client.threads.get_state(thread)
    plan = state["values"]["plan"]
    assert "3770" in state["values"]["answer"]
    edited = [{**plan[0], "description": plan[0]["description"].replace("wounds", "other"), "status": "pending"}]
    assert edited[0]["description"] != plan[0]["description"]
    place = client.threads.update_state(
        thread, {"plan": edited}, checkpoint=_before(client, thread, "execute"), as_node="checkpoint"
    )
    again: Any = client.runs.wait(thread, "agent", input=None, checkpoint=place["checkpoint"], raise_error=True)
    assert (again["status"], "3770" in again["answer"]) == ("done", False)


def _before(client: SyncLangGraphClient, thread: str, node: str) -> Any:
    return next(s["checkpoint"] for s in client.threads.get_history(thread, limit=100) if s["next"] == [node])


def test_an_edited_goal_in_the_same_thread_is_a_run_of_its_own(client: SyncLangGraphClient) -> None:
    thread, _ = ask(client, "total wounds in crimea.json")
    start = client.threads.get_history(thread, limit=100)[-1]["checkpoint"]
    state: Any = client.runs.wait(thread, "agent", input={"goal": "total other in crimea.json"}, checkpoint=start)
    assert (state["run_id"], state["status"], state["goal"]) == (f"{thread}#2", "done", "total other in crimea.json")


def test_an_empty_goal_is_refused_in_a_sentence(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    state: Any = client.runs.wait(thread, "agent", input={"goal": " "}, raise_error=False)
    assert state["__error__"]["message"].startswith("The goal is empty")


def test_a_question_outlasts_the_server(server: StudioServer, client: SyncLangGraphClient) -> None:
    thread, [question] = ask(client, "delete crimea.json")
    server.stop()
    server.start()
    assert questions(client, thread) == [question]
    state = answer(client, thread, question, yes())
    assert (state["status"], state["usage"]["steps"]) == ("done", 1)
    assert not (server.workspace / "crimea.json").exists()


def test_the_server_complained_of_nothing_but_what_was_wrong(server: StudioServer) -> None:
    """No call that blocked its event loop, no schema it could not read, no type it did not know."""
    expected = ("GoalError", "SettingsError", "ModelError", "elapsed_seconds")  # the last: this machine is busy
    complaints = [json.dumps(c) for c in server.complaints()]
    assert complaints
    assert [c for c in complaints if not any(known in c for known in expected)] == []
    assert "BlockingError" not in server.log.read_text()


def _files(server: StudioServer) -> set[str]:
    return {path.name for path in server.workspace.iterdir() if path.suffix != ".md"}
