"""A tool in a process of its own: whatever it does, its call ends in time and leaves nothing behind."""

import asyncio
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from surefoot.tools import host
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.secrets import Secrets
from surefoot.tools.toolbox import Toolbox


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module of the tools, where another process can import it."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(Path(__file__).with_name("isolated_tools.py"), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])
        yield importlib.import_module("isolated_tools")
    sys.modules.pop("isolated_tools")


@pytest.fixture(params=["sync", "async", "sync in a loop"])
def colour(request: pytest.FixtureRequest) -> str:
    return request.param


MARK = f"mark-{os.getpid()}-{time.monotonic_ns()}"
"""Is in the environment of every process of a call, its host's and the host's supervisor's, and nowhere else."""


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TEST_MARK", MARK)
    return MARK


@pytest.fixture
def its_mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mark for the processes of another agent."""
    monkeypatch.setenv("TEST_MARK", f"{MARK}-{time.monotonic_ns()}")
    return os.environ["TEST_MARK"]


def alive(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"={mark}\0".encode() in (folder / "environ").read_bytes() and folder.name != str(os.getpid()):
                found.append(folder.name)
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()


def call(tool: Any, colour: str = "sync", timeout: float = 60.0, key: str | None = None, **args: Any) -> Outcome:
    box = Toolbox([tool])
    [name] = box.names
    runner = ToolRunner(box, timeout)
    if colour == "sync":
        return runner.run(name, args, key=key)

    async def inside() -> Outcome:
        return runner.run(name, args, key=key) if colour == "sync in a loop" else await runner.arun(name, args, key=key)

    return asyncio.run(inside())


def test_each_call_has_a_process_of_its_own(shop: Any, colour: str) -> None:
    one, two = call(shop.about, colour, text="ü\0\ud800").output, call(shop.about, colour).output
    assert one["text"] == "ü\ufffd\ufffd"
    assert len({one["pid"], two["pid"], one["imported_by"], os.getpid()}) == 4
    assert one["imported_by"] == two["imported_by"], "the module is imported once"
    assert one["session"] == one["pid"]


def test_a_call_gets_a_clean_process(shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEST_TOKEN", "canary-4417")
    monkeypatch.chdir(tmp_path)
    told = call(shop.about).output
    assert set(told["env"]) <= {"PATH", "HOME", "LANG"}
    assert {line.partition("=")[0] for line in told["real_env"]} <= {"PATH", "HOME", "LANG"}
    assert (told["stdin"], told["cwd"], told["threads"]) == ("", str(tmp_path), 1)
    assert len(told["descriptors"]) == 5, "0 to 2, the result, and the folder that is being listed"
    assert told["handlers"] == [signal.default_int_handler.__name__, "SIG_DFL", "SIG_DFL", "SIG_IGN"]


def test_the_variables_a_tool_names_reach_it_as_they_are_now(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("one", "two"):
        monkeypatch.setenv("TEST_TOKEN", value)
        told = call(shop.told).output
        assert told["env"]["TEST_TOKEN"] == value
        assert set(told["env"]) <= {"PATH", "HOME", "LANG", "TEST_TOKEN"}
        assert told["cwd"] == "/"
    both = ToolRunner(Toolbox([shop.about, shop.told]))
    assert "TEST_TOKEN" not in "".join(both.run("about", {}).output["real_env"])


def test_a_folder_that_is_not_there_is_said(shop: Any) -> None:
    assert call(shop.nowhere).message == "nowhere could not be started: no such file or directory."


def test_tools_of_every_make_are_found(shop: Any, colour: str) -> None:
    assert call(shop.later, colour, text="a").output == "A"
    assert call(shop.shout, colour, text="a").output == "A"
    assert call(shop.in_a_list[0], colour, n=1).output == 2
    assert call(shop.Kept.inner, colour, n=1).output == -1
    assert call(shop.keyed, colour, key="r1:a1").output == "r1:a1"


def test_a_probe_runs_there_too(shop: Any) -> None:
    for tool in (shop.probed, shop.aprobed):
        runner = ToolRunner(Toolbox([tool]))
        [name] = runner._tools
        one, pid = runner.probe(name, {"n": 1}).output
        assert (one, pid != os.getpid()) == (1, True)
        found = asyncio.run(runner.aprobe(name, {"n": 0}))
        assert (found.success, found.output) == (True, None)
    found = ToolRunner(Toolbox([shop.badly_probed])).probe("badly_probed", {"n": 1})
    assert (found.kind, "SIGABRT" in found.message) == ("exception", True)


def test_what_a_tool_prints_does_not_spoil_its_result(
    shop: Any, colour: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(shop.noisy, colour, text="fine").output == "fine"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("stream", [1, 2])
def test_endless_output_ends_the_call(shop: Any, stream: int) -> None:
    outcome = call(shop.endless, to=stream)
    assert outcome.kind == "exception"
    assert outcome.message.startswith("endless was stopped: it printed more than 2,000,000 bytes.")
    assert len(outcome.message) < 1000


def test_a_large_result_comes_back_whole_and_a_larger_one_is_refused(shop: Any) -> None:
    outcome = call(shop.huge)
    assert len(outcome.output) == 50_000_000
    assert outcome.output[-12:] == "890123456789"
    assert len(call(shop.large, size=1_999_000).output) == 1_999_000
    refused = call(shop.large, size=2_000_000)
    assert (refused.kind, "larger than 2,000,000 bytes" in refused.message) == ("unstorable", True)


KINDS = ["ValueError", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration", "StopAsyncIteration"]
KINDS += ["MemoryError", "RecursionError", "CancelledError", "BaseException", "Odd"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_exception_is_the_tools_failure(shop: Any, kind: str) -> None:
    for tool in (shop.raising, shop.araising):
        outcome = call(tool, kind=kind)
        assert outcome.kind == "exception"
        assert kind in outcome.message
    assert call(shop.later, text="a").success


def test_a_tools_own_sentence_stands_alone(shop: Any) -> None:
    assert call(shop.refusing).message == "The file is locked; close it first."
    assert call(shop.remote).message == "so: remote said no"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("exit code", "dying ended its process before it gave a result (exit code 7)."),
        ("exit code 0", "dying ended its process before it gave a result (exit code 0)."),
        ("abort", "dying ended its process before it gave a result (signal SIGABRT). It last wrote: last words"),
        ("null pointer", "dying ended its process before it gave a result (signal SIGSEGV)."),
        ("stack", "dying ended its process before it gave a result (signal SIGSEGV)."),
        ("killed", "dying ended its process before it gave a result (signal SIGKILL)."),
        ("cpu", "dying ended its process before it gave a result (signal SIGXCPU)."),
        ("memory", "MemoryError"),
        ("recursion", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_any_death_is_the_tools_failure(shop: Any, how: str, told: str) -> None:
    for colour in ("sync", "async") if how in ("abort", "exit code") else ("sync",):
        outcome = call(shop.dying, colour, how=how)
        assert (outcome.kind, outcome.message) == ("exception", told)
    assert call(shop.later, text="a").success


SECRET = "canary-77-canary"


@pytest.mark.parametrize("how", ["return", "raise", "last words"])
def test_a_secret_reaches_the_process_of_the_call_and_comes_back_from_it_in_no_way(
    shop: Any, colour: str, how: str
) -> None:
    box = Toolbox([shop.using], secrets=Secrets({"TOKEN": SECRET}, {"TOKEN": ["using"]}))
    runner, args = ToolRunner(box), {"token": "{{secret:TOKEN}}", "how": how}
    outcome = runner.run("using", args) if colour == "sync" else asyncio.run(runner.arun("using", args))
    told = json.dumps(outcome.output) + outcome.message
    assert not any(SECRET[n : n + 6] in told for n in range(len(SECRET) - 5)), told
    if how == "return":
        digest = hashlib.sha256(SECRET.encode()).hexdigest()
        assert outcome.output == {"hash": digest, "told": "[secret TOKEN]", "seen": False}
    probed = runner.probe("using", args) if colour == "sync" else asyncio.run(runner.aprobe("using", args))
    assert probed.output == {"probed": "[secret TOKEN]"}


def test_a_process_of_a_call_gets_no_secret_that_is_not_for_its_tool(shop: Any) -> None:
    box = Toolbox([shop.using], secrets=Secrets({"TOKEN": SECRET}, {"TOKEN": ["another"]}))
    outcome = ToolRunner(box).run("using", {"token": "{{secret:TOKEN}}", "how": "return"})
    assert (outcome.kind, SECRET in outcome.message) == ("bad_arguments", False)


@pytest.mark.parametrize("what", ["lambda", "socket", "generator", "exception", "cycle"])
def test_what_is_no_data_is_unstorable(shop: Any, what: str) -> None:
    outcome = call(shop.returning, what=what)
    assert (outcome.kind, bool(outcome.message)) == ("unstorable", True)


def test_a_tool_that_forks_gives_one_result(shop: Any) -> None:
    assert {call(shop.twice).output for _ in range(5)} == {"parent"}


STUBBORN = ["sleeps", "ignores signals", "leaves a daemon", "closes its descriptors", "is frozen", "ends its group"]
STUBBORN += ["has a thread", pytest.param("freezes its supervisor", marks=pytest.mark.slow)]


@pytest.mark.parametrize("how", STUBBORN)
def test_nothing_outlives_the_deadline(shop: Any, how: str, mark: str) -> None:
    call(shop.leaving, how="returns")  # the host is there
    begun = time.monotonic()
    outcome = call(shop.stubborn, how=how)
    took = time.monotonic() - begun
    if how == "freezes its supervisor":
        until(lambda: alive(mark) == [])
    else:
        assert took < 5
        until(lambda: len(alive(mark)) == 1)  # the host
    assert outcome.kind == "timeout"
    assert "did not end within 1 seconds. Whether it took effect is not known." in outcome.message


@pytest.mark.parametrize("how", ["returns", "killing its supervisor"])
def test_nothing_outlives_a_call_that_ends(shop: Any, how: str, mark: str) -> None:
    outcome = call(shop.leaving, how=how)
    assert outcome.success is (how == "returns")
    until(lambda: len(alive(mark)) == 1)


def test_what_multiplies_is_ended(shop: Any, mark: str) -> None:
    outcome = call(shop.fork_bomb)
    assert outcome.message == "fork_bomb was stopped: it had started more than 40 processes."
    until(lambda: len(alive(mark)) == 1)


AGENT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
sys.path.insert(0, sys.argv[1])
import isolated_tools
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox
runner = ToolRunner(Toolbox([isolated_tools.hang, isolated_tools.leaving, isolated_tools.about]))
"""


def agent(shop: Any, code: str) -> "subprocess.Popen[str]":
    folder = str(Path(shop.__file__).parent)
    return subprocess.Popen([sys.executable, "-c", AGENT + code, folder], stdout=subprocess.PIPE, text=True)


def test_nothing_outlives_an_agent_that_was_killed(shop: Any, its_mark: str) -> None:
    with agent(shop, 'runner.run("hang", {})') as process:
        until(
            lambda: len(alive(its_mark)) >= 6, 60
        )  # the agent, the host, a supervisor, the call, its child and its daemon
        process.kill()
    until(lambda: alive(its_mark) == [])


def test_nothing_outlives_an_agent_that_ended(shop: Any, its_mark: str) -> None:
    with agent(shop, 'print(runner.run("leaving", {"how": "returns"}).success)') as process:
        assert process.communicate(timeout=60)[0] == "True\n"
    assert alive(its_mark) == []


def test_ctrl_c_ends_the_call_and_the_agent(shop: Any, its_mark: str) -> None:
    code = 'try: runner.run("hang", {})\nexcept KeyboardInterrupt: print("interrupted", flush=True); time.sleep(600)'
    with agent(shop, code) as process:
        until(lambda: len(alive(its_mark)) >= 6, 60)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None and process.stdout.readline() == "interrupted\n"
        until(lambda: len(alive(its_mark)) == 2)
        process.kill()


async def test_a_caller_that_is_cancelled_ends_the_call(shop: Any, mark: str) -> None:
    running = asyncio.create_task(ToolRunner(Toolbox([shop.hang])).arun("hang", {}))
    while len(alive(mark)) < 5:
        await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    until(lambda: len(alive(mark)) == 1)


def test_many_calls_run_side_by_side(shop: Any) -> None:
    runner = ToolRunner(Toolbox([shop.napping, shop.dying]))
    runner.run("napping", {"seconds": 0})
    with ThreadPoolExecutor(9) as pool:
        naps = [pool.submit(runner.run, "napping", {"seconds": 1.5}) for _ in range(8)]
        deaths = [pool.submit(runner.run, "dying", {"how": how}) for how in ("abort", "exit code", "killed")]
        spans = [nap.result().output for nap in naps]
        assert [death.result().kind for death in deaths] == ["exception"] * 3
    assert max(begun for begun, _ in spans) < min(ended for _, ended in spans)


async def test_many_calls_are_awaited_side_by_side(shop: Any) -> None:
    runner = ToolRunner(Toolbox([shop.napping]))
    await runner.arun("napping", {"seconds": 0})
    ended = await asyncio.gather(*(runner.arun("napping", {"seconds": 1.5}) for _ in range(8)))
    spans = [outcome.output for outcome in ended]
    assert max(begun for begun, _ in spans) < min(end for _, end in spans)


def test_a_host_that_died_is_replaced_at_the_next_call(shop: Any, mark: str) -> None:
    first = call(shop.leaving, how="returns")
    until(lambda: len(alive(mark)) == 1)
    [pid] = alive(mark)
    os.kill(int(pid), signal.SIGKILL)
    assert call(shop.leaving, how="returns").output == first.output
    until(lambda: len(alive(mark)) == 1)
    assert alive(mark) != [pid]


def test_a_call_whose_host_dies_has_failed(shop: Any, mark: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(call, shop.hang)
        until(lambda: len(alive(mark)) >= 5)
        os.kill(min(map(int, alive(mark))), signal.SIGKILL)
        outcome = running.result(30)
    assert (outcome.kind, outcome.message) == ("exception", "hang was lost: its process was killed from outside.")
    until(lambda: alive(mark) == [])
    assert call(shop.leaving, how="returns").success


def settled(state: Callable[[], Any]) -> Any:
    """What it is once it no longer changes: a thread that has handed over its result still has to end."""
    seen = [state()]
    while len(seen) < 10 or any(one != seen[-1] for one in seen[-10:]):
        time.sleep(0.05)
        seen.append(state())
        assert len(seen) < 400
    return seen[-1]


def test_the_agents_process_stays_as_it_was(shop: Any, mark: str) -> None:
    def state() -> dict[str, Any]:
        return {
            "cwd": os.getcwd(),
            "env": dict(os.environ),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "threads": threading.active_count(),
            "handlers": [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
            "modules": len(sys.modules),
        }

    calls = [
        (shop.leaving, {"how": "returns"}),
        (shop.stubborn, {"how": "ignores signals"}),
        (shop.noisy, {"text": "x"}),
    ]
    for tool, args in calls:
        call(tool, **args)
        call(tool, "async", **args)
    before = settled(state)
    for tool, args in calls:
        call(tool, **args)
        call(tool, "async", **args)
    assert settled(state) == before


def test_a_forked_agent_starts_its_own_host(shop: Any) -> None:
    here = call(shop.about).output["imported_by"]
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(writing, json.dumps(call(shop.about).output["imported_by"]).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    there = json.loads(os.read(reading, 100))
    for fd in (reading, writing):
        os.close(fd)
    assert there != here
    assert call(shop.about).output["imported_by"] == here


DECLARED = """
import os, sys, threading, time
from surefoot.tools import tool_effect
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox
@tool_effect("read_only", isolate=True)
def {name}() -> str:
    "Work."
    return "worked"
if "pytest" not in sys.modules:
    {code}
"""
BROKEN = {
    "raises": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "exits": ("sys.exit(3)", "SystemExit: 3"),
    "runs": (
        "raise RuntimeError(ToolRunner(Toolbox([runs])).run('runs', {}).message)",
        "put what runs it in a function",
    ),
    "works": ("pass", ""),
}
"""What a module does when a host imports it, and what is said about its tool."""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Any]]:
    """Make a tool in a module of its own, which does something when it is not pytest that imports it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    made: list[str] = []

    def one(name: str, code: str) -> Any:
        (tmp_path / f"module_{name}.py").write_text(DECLARED.format(name=name, code=code))
        made.append(f"module_{name}")
        return getattr(importlib.import_module(made[-1]), name)

    yield one
    for name in made:
        sys.modules.pop(name)


def test_a_module_that_cannot_be_used_there_fails_its_own_tools_alone(make: Callable[[str, str], Any]) -> None:
    runner = ToolRunner(Toolbox([make(name, code) for name, (code, _) in BROKEN.items()]))
    for name, (_, told) in BROKEN.items():
        outcome = runner.run(name, {})
        if name == "works":
            assert outcome.output == "worked"
        else:
            assert outcome.kind == "exception"
            assert outcome.message.startswith(f"{name} could not be started: in a process of its own the module")
            assert told in outcome.message


def test_a_module_that_starts_threads_is_refused_for_all_that_share_its_host(make: Callable[[str, str], Any]) -> None:
    code = "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    runner = ToolRunner(Toolbox([make("threads", code), make("works", "pass")]))
    for name in ("threads", "works"):
        assert "module_threads starts threads when it is imported" in runner.run(name, {}).message


def test_a_host_that_dies_or_hangs_at_its_start_is_one_sentence(
    make: Callable[[str, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "could not be started: its process ended while it imported" in call(make("dies", "os._exit(3)")).message
    monkeypatch.setattr(host, "_START_SECONDS", 0.2)
    assert "within 0.2 seconds. Use another tool, or try once more." in call(make("hangs", "time.sleep(600)")).message
