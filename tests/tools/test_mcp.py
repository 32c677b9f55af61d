"""The tools of MCP servers, on both transports: one session, that outlives its calls and survives its server."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.nodes.evidence.declared import misfit
from surefoot.tools import McpServer, effect_of
from surefoot.tools.errors import ToolError
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.toolbox import Toolbox

SERVER = str(Path(__file__).with_name("mcp_server.py"))

Shop = Callable[..., McpServer]


@pytest.fixture(params=["stdio", "http"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[McpServer]:
    monkeypatch.setenv("PAID", str(tmp_path / "paid"))
    with contextlib.ExitStack() as stack:
        if request.param == "stdio":
            env = {"PAID": str(tmp_path / "paid"), "SHOP_TOKEN": "s3cret-s3cret"}
            server = McpServer("shop", command=[sys.executable, SERVER], env=env)
        else:
            port = stack.enter_context(serving())
            server = McpServer("shop", url=f"http://127.0.0.1:{port}/mcp")
        stack.callback(server.close)
        yield server


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[int]:
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, SERVER, str(port)]) as process:
        try:
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
            yield port
        finally:
            process.kill()


def call(server: McpServer, tool: str, colour: str = "sync", timeout: float = 30, **args: Any) -> Outcome:
    runner = ToolRunner(Toolbox([server]), timeout)
    return runner.run(tool, args) if colour == "sync" else asyncio.run(runner.arun(tool, args))


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The server at a place of its own, by which its processes are told from those of other tests."""
    return shutil.copy(SERVER, tmp_path)


def paid(tmp_path: Path) -> list[str]:
    log = tmp_path / "paid"
    return log.read_text().split() if log.exists() else []


def test_its_tools_have_the_effects_their_hints_say(shop: McpServer) -> None:
    box = Toolbox([shop], {"undeclared": "read_only"})
    effects = {name: box.effect(name).effect for name in box.names}
    assert effects == {
        "look": "read_only",
        "add": "reversible",
        "pay": "irreversible",
        "undeclared": "read_only",
        "fail": "read_only",
        "leave": "read_only",
        "sleep": "read_only",
        "track": "read_only",
    }
    assert [name for name in box.names if not box.effect(name).untrusted] == ["look", "add", "pay", "track"]
    assert effect_of(next(t for t in shop.tools() if t.name == "undeclared")).effect == "undeclared"


def test_one_session_is_kept_over_calls_of_both_colours_and_many_loops(shop: McpServer) -> None:
    assert call(shop, "add", "sync", what="tea").output == "tea added"
    assert call(shop, "add", "async", what="jam").output == "jam added"
    assert call(shop, "look", "async").output == ["tea", "jam"]


def test_calls_side_by_side_share_the_session(shop: McpServer) -> None:
    runner = ToolRunner(Toolbox([shop]), 30)

    async def many() -> list[Outcome]:
        return list(await asyncio.gather(*(runner.arun("add", {"what": str(n)}) for n in range(40))))

    threads = [threading.Thread(target=runner.run, args=("add", {"what": f"t{n}"})) for n in range(8)]
    for thread in threads:
        thread.start()
    assert all(outcome.success for outcome in asyncio.run(many()))
    for thread in threads:
        thread.join()
    assert len(runner.run("look", {}).output) == 48


def test_a_tool_says_what_its_results_are_and_gives_them_as_data(shop: McpServer) -> None:
    schema = Toolbox([shop]).output_schema("track")
    assert (list(schema["properties"]), schema["required"]) == (
        ["tracking_number", "carrier"],
        ["tracking_number", "carrier"],
    )
    parcel = {"tracking_number": "TN-7", "carrier": {"name": "Norfrakt", "phone": "+47 123"}}
    assert [call(shop, "track", colour, order="O-1").output for colour in ("sync", "async")] == [parcel, parcel]
    assert misfit(parcel, schema) == ""


def test_what_is_no_object_is_taken_out_of_the_wrapping_that_mcp_puts_round_it(shop: McpServer) -> None:
    schema = Toolbox([shop]).output_schema("look")
    assert (schema["type"], schema["items"]) == ("array", {"type": "string"})
    assert misfit(call(shop, "look").output, schema) == ""


def test_a_result_that_breaks_the_tools_promise_comes_whole_and_can_be_told(shop: McpServer) -> None:
    outcome = call(shop, "track", order="O-13")
    assert outcome.output == {"tracking_number": "TN-13", "carrier": None}
    assert misfit(outcome.output, Toolbox([shop]).output_schema("track")) == "`carrier` is null and not an object"


def test_a_failing_tool_is_a_failed_call_in_its_own_words(shop: McpServer) -> None:
    outcome = call(shop, "fail")
    assert (outcome.kind, "sold out" in outcome.message) == ("exception", True)


def test_arguments_that_do_not_fit_never_reach_the_server(shop: McpServer, tmp_path: Path) -> None:
    assert call(shop, "pay", amount="a lot").kind == "bad_arguments"
    assert paid(tmp_path) == []


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_call_in_whose_middle_the_server_dies_is_not_repeated_and_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    server = McpServer("shop", command=[sys.executable, SERVER], env={"PAID": str(tmp_path / "paid")})
    outcome = call(server, "pay", colour, amount=13)
    assert (outcome.kind, outcome.message) == (
        "timeout",
        "The MCP server shop was lost in the middle of the call. Whether it took effect is not known.",
    )
    assert paid(tmp_path) == ["13.0"]
    assert call(server, "pay", colour, amount=1).output == "1.0 paid"
    assert paid(tmp_path) == ["13.0", "1.0"]
    server.close()


def test_a_server_that_died_meanwhile_is_opened_anew_before_the_next_call(tmp_path: Path, program: str) -> None:
    server = McpServer("shop", command=[sys.executable, program], env={"PAID": str(tmp_path / "paid")})
    call(server, "add", what="tea")
    [child] = children(program)
    os.kill(child, signal.SIGKILL)
    assert call(server, "pay", amount=2).output == "2.0 paid"
    assert paid(tmp_path) == ["2.0"]
    server.close()


@pytest.mark.slow
def test_a_server_over_http_that_was_restarted_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAID", str(tmp_path / "paid"))
    monkeypatch.setattr("surefoot.tools.mcp.ALIVE_SECONDS", 1.0)
    with serving() as port:
        server = McpServer("shop", url=f"http://127.0.0.1:{port}/mcp")
        assert call(server, "add", what="tea").success
    outcome = call(server, "add", what="jam")
    assert outcome.message.startswith(f"The MCP server shop cannot be reached at http://127.0.0.1:{port}/mcp: ")
    with serving(port):
        assert call(server, "pay", amount=2).output == "2.0 paid"
        server.close()
    assert paid(tmp_path) == ["2.0"]


@pytest.mark.slow
def test_a_server_that_hangs_in_a_call_is_replaced_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.tools.mcp.ALIVE_SECONDS", 1.0)
    server = McpServer("shop", command=[sys.executable, SERVER])
    call(server, "add", what="tea")
    assert call(server, "sleep", timeout=0.5, seconds=600).kind == "timeout"
    assert call(server, "look").success
    server.close()


def test_closing_ends_the_servers_process_and_a_later_call_opens_it_again(program: str) -> None:
    server = McpServer("shop", command=[sys.executable, program])
    assert call(server, "look").success
    assert len(children(program)) == 1
    server.close()
    assert children(program) == []
    assert call(server, "look").success
    server.close()


@pytest.mark.slow
def test_the_servers_process_ends_with_its_user(program: str) -> None:
    code = f"""
import os, sys
from surefoot.tools import McpServer
McpServer("shop", command=[sys.executable, {program!r}]).tools()
print("up", flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
"""
    for how in ("ended", "killed"):
        ended = subprocess.run(
            [sys.executable, "-c", code, how], capture_output=True, text=True, timeout=60, check=False
        )
        assert (ended.stdout, ended.stderr) == ("up\n", "")
        deadline = time.monotonic() + 20
        while running(program):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"command": ["no-such-program"]}, "cannot be started with `no-such-program`: .*No such file"),
        (
            {"command": [sys.executable, "-c", "import sys; sys.exit('no license')"]},
            "cannot be started with .* It last wrote: no license",
        ),
        ({"url": "http://127.0.0.1:9/mcp"}, r"cannot be reached at http://127.0.0.1:9/mcp: "),
        ({}, "needs either a command or a url"),
        ({"command": ["x"], "url": "http://x"}, "needs either a command or a url"),
    ],
)
def test_a_server_that_cannot_be_had_is_said_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said) as refused:
        McpServer("shop", **given).tools()
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_two_servers_with_the_same_tools_are_told_apart_by_their_names() -> None:
    one, other = (McpServer(name, command=[sys.executable, SERVER], prefix=True) for name in ("one", "other"))
    assert {"one_add", "other_add"} <= set(Toolbox([one, other]).names)
    for server in (one, other):
        server.close()


def test_servers_are_read_from_the_form_most_clients_share(tmp_path: Path) -> None:
    entries = {
        "local": {"type": "stdio", "command": sys.executable, "args": [SERVER], "env": {"SHOP_TOKEN": "${SHOP_KEY}"}},
        "far": {"url": "http://127.0.0.1:${SHOP_PORT:-9}/mcp", "headers": {"Authorization": "Bearer ${SHOP_KEY}"}},
    }
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps({"mcpServers": entries}))
    local, far = McpServer.from_file(file, {"SHOP_KEY": "s3cret-s3cret"})
    assert call(local, "undeclared").output == "s3cret-s3cret"
    assert local.known_secrets == {"local SHOP_TOKEN": "s3cret-s3cret"}
    assert far.known_secrets == {"far Authorization": "s3cret-s3cret"}
    with pytest.raises(ToolError, match=r"http://127\.0\.0\.1:9/mcp"):
        far.tools()
    local.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "does not have the form"),
        ("[]", "does not have the form"),
        ('{"mcpServers": {"a": 7}}', "does not have the form"),
        ('{"mcpServers": {"a": {"comand": "x"}}}', "unknown field comand"),
        ('{"mcpServers": {"a": {}}}', "needs either a command or a url"),
    ],
)
def test_a_file_of_servers_that_cannot_be_read_is_said_in_a_sentence(
    tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "mcp.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ToolError, match=said):
        McpServer.from_file(file)


def children(program: str) -> list[int]:
    return [pid for pid in running(program) if _parent(pid) == os.getpid()]


def running(program: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and program in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    return found


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
