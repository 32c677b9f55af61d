"""`surefoot doctor` and `surefoot graph`."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> Iterator[dict[str, Any]]:
    """A server that answers GET /v1/models as the test says, and is OPENAI_BASE_URL."""
    says: dict[str, Any] = {"status": 200, "body": {"data": [{"id": "little"}]}, "keys": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            says["keys"].append(self.headers.get("Authorization"))
            content = json.dumps(says["body"]).encode()
            self.send_response(says["status"] if self.path == "/v1/models" else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    yield says
    server.shutdown()
    server.server_close()
    thread.join()


def line(result: Any, about: str) -> str:
    return next(text for text in result.stdout.splitlines() if f"  {about}: " in text)


def test_a_sound_setup_passes_and_is_left_as_it_was(cli: Cli, workspace: Path) -> None:
    result = cli("doctor", "--model", "spoken_agent:model")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {text.split()[0] for text in result.stdout.splitlines()} <= {"ok", "warn"}
    assert line(result, "store").startswith("ok")
    assert not [path for path in workspace.iterdir() if path.name.startswith(".surefoot")]


def test_a_store_with_runs_is_opened(cli: Cli) -> None:
    cli("run", "add 1")
    assert "1 runs" in line(cli("doctor", "--model", "spoken_agent:model"), "store")


def test_a_damaged_store_fails(cli: Cli, workspace: Path) -> None:
    (workspace / ".surefoot").mkdir()
    (workspace / ".surefoot" / "runs.db").write_text("no database" * 1000)
    result = cli("doctor", "--model", "spoken_agent:model")
    assert (result.exit_code, line(result, "store").startswith("fail")) == (1, True)


def test_a_missing_workspace_fails(cli: Cli) -> None:
    result = cli("doctor", "--model", "spoken_agent:model", "--workspace", "nowhere")
    assert (result.exit_code, "--workspace" in line(result, "workspace")) == (1, True)


def test_a_bad_setting_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_MAX_STEPS", "many")
    result = cli("doctor")
    assert (result.exit_code, "SUREFOOT_MAX_STEPS" in line(result, "settings")) == (1, True)


@pytest.mark.parametrize(
    ("status", "body", "level", "says"),
    [
        (200, {"data": [{"id": "little"}]}, "ok", "openai:little at"),
        (200, {"data": [{"id": "other"}]}, "fail", "there is no little"),
        (401, {"error": "no"}, "fail", "OPENAI_API_KEY"),
        (200, ["odd"], "warn", "does not list its models"),
        (500, {}, "warn", "does not list its models"),
    ],
)
def test_the_endpoint_is_asked_for_its_models(
    cli: Cli, models: dict[str, Any], status: int, body: Any, level: str, says: str
) -> None:
    models.update(status=status, body=body)
    result = cli("doctor", "--model", "openai:little")
    assert line(result, "model").startswith(level)
    assert says in line(result, "model")
    assert result.exit_code == (level == "fail")


def test_the_key_is_sent_and_never_shown(cli: Cli, models: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    result = cli("doctor", "--model", "openai:little")
    assert models["keys"] == ["Bearer sk-secret-of-mine"]
    assert "secret" not in result.output


def test_what_an_endpoint_calls_its_models_does_not_act_on_the_terminal(cli: Cli, models: dict[str, Any]) -> None:
    models["body"] = {"data": [{"id": "\x1b[2J\u202eelttil"}]}
    shown = line(cli("doctor", "--model", "openai:little"), "model")
    assert r"(\u001b[2J\u202eelttil)" in shown


def test_an_endpoint_that_is_down_fails(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    result = cli("doctor", "--model", "openai:little")
    assert (result.exit_code, "OPENAI_BASE_URL" in line(result, "model")) == (1, True)


def test_a_model_without_a_key_fails(cli: Cli) -> None:
    result = cli("doctor", "--model", "openai:little")
    assert (result.exit_code, "OPENAI_API_KEY" in line(result, "model")) == (1, True)


def test_the_drawing_has_both_graphs(cli: Cli) -> None:
    drawn = cli("graph").stdout
    assert "graph TD" in drawn
    for node in ("plan", "budget", "checkpoint", "reflect", "replan", "finish", "think", "act", "observe"):
        assert node in drawn
