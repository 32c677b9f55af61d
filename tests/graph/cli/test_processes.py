"""The installed `surefoot` in processes of its own: killed, interrupted, two at once, at a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Start = Callable[..., "subprocess.Popen[str]"]

SUREFOOT = str(Path(sys.executable).with_name("surefoot"))
OWN = ("--tools", "spoken_agent:tools", "--model", "spoken_agent:model")


@pytest.fixture
def start(workspace: Path) -> Iterator[Start]:
    """Start a process; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def call(*args: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen([SUREFOOT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()


def until(there: Callable[[], Any]) -> Any:
    """Wait for something to be so; the time limit only ends a test that hangs."""
    for _ in range(6000):
        if found := there():
            return found
        time.sleep(0.01)
    raise TimeoutError


def effects() -> list[str]:
    log = Path("effects.log")
    return log.read_text().splitlines() if log.exists() else []


def test_a_killed_run_is_cut_off_and_goes_on_where_it_was(start: Start, cli: Cli, workspace: Path) -> None:
    process = start("run", "wipe x then hold y", "--thread", "t", "--approvals", "auto", *OWN)
    until(lambda: effects() == ["wipe x", "hold y"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads(cli("runs", "--json").stdout)["status"] == "cut off"
    assert cli("run", "add 1", "--thread", "t").exit_code == 2
    assert cli("resume", "t", "--approve").exit_code == 2
    (workspace / "go").touch()
    assert cli("resume", "t").exit_code == 0
    assert effects() == ["wipe x", "hold y"]


def test_an_action_cut_in_the_middle_is_asked_about(start: Start, cli: Cli, workspace: Path) -> None:
    process = start("run", "hold y", "--thread", "t", *OWN)
    until(effects)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = cli("resume", "t", "--json")
    (question,) = json.loads(asked.stdout.splitlines()[-1])["interrupts"]
    assert (asked.exit_code, question["value"]["action_requests"][0]["name"]) == (3, "unfinished_action")
    (workspace / "go").touch()
    assert cli("resume", "t", "--answer", "it was held").exit_code == 0
    assert effects() == ["hold y"]


def test_of_two_processes_on_one_run_one_works_and_one_is_refused(start: Start, cli: Cli, workspace: Path) -> None:
    process = start("run", "hold x", "--thread", "t", "--json", *OWN)
    until(effects)
    assert json.loads(cli("runs", "--json").stdout)["status"] == "running"
    for args in (("resume", "t"), ("resume", "t", "--abort"), ("run", "add 1", "--thread", "t")):
        refused = cli(*args)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert f"is being worked on by process {process.pid}" in refused.stderr
    (workspace / "go").touch()
    stdout, _ = process.communicate()
    assert (process.returncode, json.loads(stdout.splitlines()[-1])["status"]) == (0, "done")
    assert effects() == ["hold x"]


STOPS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


@STOPS
def test_a_signal_lets_the_action_under_way_end_and_pauses_the_run(
    start: Start, cli: Cli, workspace: Path, number: int, code: int
) -> None:
    process = start("run", "hold y then hold z; add 1", "--thread", "my run", "--json", *OWN)
    until(lambda: effects() == ["hold y"])
    process.send_signal(number)
    until(lambda: "Pausing once what is under way has ended" in process.stderr.readline())  # type: ignore[union-attr]
    (workspace / "go").touch()
    stdout, stderr = process.communicate()
    assert process.returncode == code
    said = [line for line in stderr.splitlines() if line != "a tool that prints"]  # `add` may still have run
    assert said == ["surefoot: Interrupted. Go on with: surefoot resume 'my run'"]
    assert json.loads(stdout.splitlines()[-1])["status"] == "cut off"
    assert json.loads(cli("runs", "--json").stdout)["status"] == "cut off"
    assert effects() == ["hold y"]
    assert cli("resume", "my run").exit_code == 0
    assert effects() == ["hold y", "hold z"]


@STOPS
def test_a_second_signal_ends_the_process_at_once(
    start: Start, cli: Cli, workspace: Path, number: int, code: int
) -> None:
    process = start("run", "wipe x; hold y", "--thread", "my run", "--approvals", "auto", "--json", *OWN)
    until(lambda: sorted(effects()) == ["hold y", "wipe x"])
    process.send_signal(number)
    until(lambda: "Pausing" in process.stderr.readline())  # type: ignore[union-attr]
    process.send_signal(number)
    stdout, stderr = process.communicate()
    assert process.returncode == code
    assert stderr.endswith("surefoot: Interrupted. Go on with: surefoot resume 'my run'\n")
    assert json.loads(stdout.splitlines()[-1])["status"] == "cut off"
    assert json.loads(cli("runs", "--json").stdout)["status"] == "cut off"


def test_a_signal_nobody_hears_of_pauses_the_run_all_the_same(workspace: Path, cli: Cli) -> None:
    """Python drops a KeyboardInterrupt that comes up in a finalizer."""
    code = (
        "import os, signal, sys\n"
        "from surefoot.graph.cli import main, loading\n"
        "class Finalized:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT)\n"
        "open_runs = loading.open_runs\n"
        "def interrupted(settings):\n"
        "    Finalized()\n"
        "    return open_runs(settings)\n"
        "loading.open_runs = interrupted\n"
        f"sys.argv = ['surefoot', 'run', 'wipe x', '--thread', 't', '--approvals', 'auto', *{OWN!r}]\n"
        "main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 130
    assert "surefoot: Interrupted. Go on with: surefoot resume t" in run.stderr
    assert effects() == []
    assert cli("resume", "t").exit_code == 0
    assert effects() == ["wipe x"]


def test_what_a_tool_starts_does_not_write_between_the_json_lines(start: Start, workspace: Path) -> None:
    (workspace / "loud.py").write_text(
        "import subprocess\n"
        "def add(what: str) -> str:\n"
        "    'Add one.'\n"
        "    subprocess.run(['echo', 'a loud child'])\n"
        "    return what\n"
        "tools = [add]\n"
    )
    process = start("run", "add 1", "--json", "--approvals", "auto", "--tools", "loud:tools", *OWN[2:])
    stdout, stderr = process.communicate()
    assert [json.loads(line)["type"] for line in stdout.splitlines()][-1] == "result"
    assert "a loud child" in stderr


def test_at_a_terminal_questions_are_answered_in_place(workspace: Path) -> None:
    typed = iter(["perhaps\n", "modify {broken\n", 'modify {"what": "y"}\n', "blue\n"])
    shown = at_a_terminal(["run", "wipe x then ask colour", "--thread", "t", *OWN], lambda: next(typed))
    assert shown.count(" | abort > ") == 4
    assert "The answer cannot be read: use approve, edit, reject, abort." in shown
    assert "What you typed is not JSON" in shown
    assert effects() == ["wipe y"]
    assert "\r\nask: blue\r\n" in shown


def test_at_a_terminal_a_plan_is_changed_in_the_persons_editor(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "ed.sh").write_text("sed -i 's/description: add 1/description: add 41/' \"$1\"\n")
    monkeypatch.setenv("EDITOR", "sh ed.sh")
    monkeypatch.delenv("VISUAL", raising=False)
    typed = iter(["modify remove nobody\n", "modify\n"])
    shown = at_a_terminal(["run", "unsure add 1 then wipe x", "--approvals", "ask", *OWN], lambda: next(typed, "y\n"))
    shown = " ".join(shown.split())  # a line knows its room
    assert "no subtask 'nobody' in the plan; there are add_1, wipe_x." in shown
    assert "a person's plan: modified add_1; kept wipe_x" in shown
    assert "changed by the person: changed add_1" in shown
    assert effects() == ["wipe x"]


def test_leaving_the_prompt_leaves_the_question_open(workspace: Path, cli: Cli) -> None:
    shown = at_a_terminal(["run", "wipe x", "--thread", "t", *OWN], lambda: "\x04")
    assert "answer with: surefoot resume t" in shown
    assert cli("resume", "t", "--approve").exit_code == 0


def test_at_a_terminal_a_run_is_deleted_once_a_person_says_so(workspace: Path, cli: Cli) -> None:
    cli("run", "add 1", "--thread", "t")
    for typed, said in (("\x04", "Nothing was deleted."), ("y\n", "Deleted t: ")):
        shown = at_a_terminal(["delete", "t"], lambda typed=typed: typed, prompt="[y/N] ")  # type: ignore[misc]
        assert "t: add 1\r\nDelete it for good? [y/N] " in shown
        assert said in shown
    assert cli("runs", "--json").stdout == ""


def at_a_terminal(args: list[str], type_line: Callable[[], str], prompt: str = " > ") -> str:
    """Run surefoot on a terminal of its own, typing a line at each prompt; what it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SUREFOOT, [SUREFOOT, *args])
    shown, answered = "", 0
    try:
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part.decode()
            if shown.count(prompt) > answered and shown.endswith(prompt):
                answered = shown.count(prompt)
                os.write(terminal, type_line().encode())
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return shown


def test_help_does_not_import_the_graph() -> None:
    code = (
        "import sys; sys.argv = ['surefoot', '--help']\n"
        "from surefoot.graph.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('langgraph', 'langchain_core', 'pydantic', 'duckdb', 'httpx') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Commands:" in shown
    assert shown.splitlines()[-1] == "[]"


def test_loading_does_not_look_for_garbage_again_and_again_and_afterwards_it_is_found(workspace: Path) -> None:
    code = (
        "import gc, sys, weakref; sys.argv = ['surefoot', 'graph']\n"
        "before = gc.get_stats()[2]['collections']\n"
        "from surefoot.graph.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(gc.get_stats()[2]['collections'] - before)\n"
        "class Ring: pass\n"
        "def ring():\n"
        "    one = Ring(); one.itself = one\n"
        "    return weakref.ref(one)\n"
        "lost = ring()\n"
        "kept = [[] for _ in range(100_000)]\n"
        "print(lost())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("---\n") or "graph TD" in shown
    assert shown.splitlines()[-2:] == ["0", "None"]


def test_a_reader_that_leaves_does_not_leave_the_run_hanging(start: Start, cli: Cli, workspace: Path) -> None:
    process = start("run", "hold x then wipe y", "--thread", "t", "--approvals", "auto", *OWN)
    until(effects)
    assert process.stdout is not None
    process.stdout.close()
    (workspace / "go").touch()
    assert process.wait() == 130
    assert process.stderr is not None
    assert "Go on with: surefoot resume t" in process.stderr.read()
    assert cli("resume", "t").exit_code in (0, 3)
    assert effects().count("wipe y") == 1
