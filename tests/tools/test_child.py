import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from surefoot.tools.child import Ended, run_child
from surefoot.tools.errors import ToolError
from surefoot.tools.limits import Limits


def python(code: str, *, timeout: float = 20, limits: Limits | None = None, stdin: bytes = b"", **env: str) -> Ended:
    argv = [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]
    return run_child(argv, timeout=timeout, limits=limits, stdin=stdin, env=env)


def alive(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_exit_code_streams_environment_and_folder_come_back(tmp_path: Path) -> None:
    ended = run_child(
        ["/bin/sh", "-c", 'cat; pwd; echo "$A$HOME" >&2; exit 3'],
        stdin=b"in\n",
        timeout=20,
        env={"A": "a"},
        cwd=tmp_path,
    )
    assert ended == Ended(3, f"in\n{tmp_path}\n".encode(), b"a\n")


def test_large_input_and_output_pass_each_other() -> None:
    data = os.urandom(3_000_000)
    ended = run_child(["/bin/cat"], stdin=data, timeout=20, limits=Limits(output_bytes=10_000_000))
    assert ended.stdout == data
    assert run_child(["/bin/true"], stdin=data, timeout=20).exit_code == 0


def test_a_long_stream_keeps_its_beginning_and_its_end() -> None:
    ended = python("print('first'); print('x' * 500_000); print('last')", limits=Limits(output_bytes=1000))
    assert ended.stdout_cut
    assert not ended.stderr_cut
    assert ended.stdout.startswith(b"first\n")
    assert ended.stdout.endswith(b"last\n")
    assert b"499012 bytes left out" in ended.stdout
    assert len(ended.stdout) < 1100


def test_endless_output_ends_the_child() -> None:
    ended = run_child(["/usr/bin/yes"], timeout=60, limits=Limits(flood_bytes=1_000_000))
    assert ended.exit_code == -signal.SIGKILL
    assert not ended.timed_out


def test_a_command_that_cannot_start_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="cannot be started: no such file"):
        run_child(["/no/such/program"], timeout=5)
    with pytest.raises(ToolError, match="cannot be started"):
        run_child(["/bin/true"], timeout=5, cwd="/no/such/folder")


STUBBORN = {
    "sleeps": "time.sleep(600)",
    "ignores every signal": "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(600)",
    "leaves a daemon": "daemon(); time.sleep(600)",
    "closes its output": "os.close(1); os.close(2); time.sleep(600)",
    "waits for a frozen child": "fork_frozen(); os.wait()",
    "kills its group": "daemon(); signal.signal(15, signal.SIG_IGN); os.killpg(0, 15); time.sleep(600)",
}
PRELUDE = """
import os, signal, sys, time
MARK = sys.argv[-1]
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            signal.signal(15, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(600)", MARK])
        os._exit(0)
    os.wait()
def fork_frozen():
    if os.fork() == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.mark.parametrize("way", STUBBORN)
def test_nothing_outlives_the_deadline(way: str) -> None:
    mark = f"mark-{os.getpid()}-{abs(hash(way))}"
    argv = [sys.executable, "-I", "-S", "-c", PRELUDE + STUBBORN[way], mark]
    ended = run_child(argv, timeout=0.5)
    assert ended.timed_out
    assert ended.exit_code == -signal.SIGKILL
    assert alive(mark) == []


def test_nothing_outlives_a_command_that_ended_by_itself() -> None:
    mark = f"mark-{os.getpid()}-daemon"
    ended = run_child([sys.executable, "-I", "-S", "-c", PRELUDE + "daemon(); sys.exit(4)", mark], timeout=30)
    assert ended.exit_code == 4
    assert alive(mark) == []


def test_nothing_outlives_an_agent_that_was_killed() -> None:
    mark = f"mark-{os.getpid()}-orphan"
    code = "daemon(); print('up', flush=True); time.sleep(600)"
    agent = f"""
import sys
from surefoot.tools.child import run_child
run_child([sys.executable, "-I", "-S", "-c", {PRELUDE + code!r}, {mark!r}], timeout=600)
"""
    with subprocess.Popen([sys.executable, "-c", agent]) as process:
        until(lambda: len(alive(mark)) >= 2)
        process.kill()
    until(lambda: not alive(mark))
    assert alive(mark) == []


def test_a_process_the_agent_forked_does_not_keep_a_tree_alive(tmp_path: Path) -> None:
    mark, forked = f"mark-{os.getpid()}-inherited", tmp_path / "forked"
    code = "print('up', flush=True); time.sleep(600)"
    agent = f"""
import os, pathlib, sys, threading, time
from surefoot.tools.child import run_child
argv = [sys.executable, "-I", "-S", "-c", {PRELUDE + code!r}, {mark!r}]
threading.Thread(target=lambda: run_child(argv, timeout=600), daemon=True).start()
time.sleep(1)
if (pid := os.fork()) == 0:
    time.sleep(600)
pathlib.Path({str(forked)!r}).write_text(str(pid) + "\\n")
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", agent]) as process:
        until(lambda: forked.exists() and forked.read_text().endswith("\n") and len(alive(mark)) == 3)
        process.kill()
    heir = forked.read_text().strip()
    try:
        until(lambda: alive(mark) == [heir])
        assert alive(mark) == [heir], "its code has the mark in it too"
    finally:
        os.kill(int(heir), signal.SIGKILL)


def until(holds: object, patience: float = 20) -> None:
    assert callable(holds)
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)


def test_limits_hold(tmp_path: Path) -> None:
    assert b"MemoryError" in python("x = bytearray(900 << 20)", limits=Limits(memory_mb=300)).stderr
    assert python("while True: pass", limits=Limits(cpu_seconds=1)).exit_code == -signal.SIGXCPU
    big = f"open({str(tmp_path / 'big')!r}, 'wb').write(b'x' * (3 << 20))"
    assert b"File too large" in python(big, limits=Limits(file_mb=1)).stderr


def test_a_tree_that_grows_too_large_is_ended() -> None:
    mark = f"mark-{os.getpid()}-crowd"
    code = "for _ in range(8): os.fork()\ntime.sleep(600)"
    ended = run_child([sys.executable, "-I", "-S", "-c", PRELUDE + code, mark], timeout=60, limits=Limits(processes=30))
    assert (ended.exit_code, ended.timed_out) == (-signal.SIGKILL, False)
    assert alive(mark) == []


def test_children_side_by_side_do_not_end_each_other() -> None:
    ended: dict[int, Ended] = {}

    def one(number: int) -> None:
        ended[number] = python(f"import time; time.sleep({number % 3} * 0.2); print({number})")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: end.stdout for number, end in ended.items()} == {n: f"{n}\n".encode() for n in range(6)}


def test_no_descriptor_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        run_child(["/bin/true"], timeout=10)
    assert len(os.listdir("/proc/self/fd")) <= before


def test_the_child_inherits_no_descriptor() -> None:
    ended = python("import os; print(sorted(os.listdir('/proc/self/fd')))")
    assert ended.stdout == b"['0', '1', '2', '3']\n"
