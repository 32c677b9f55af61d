"""Processes for tests, forked off one that has made the slow imports: each costs milliseconds.

Such a process is as much alone as one that was executed: it has its own session, environment, folder and pipes, and no
thread or open store has come along with it. Only what it would import is there already.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_FILE = """
import os, runpy, sys
os.dup2(1, 2)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Child:
    """A process of a nursery, in the manner of `subprocess.Popen` with text pipes."""

    def __init__(self, stdin: int, stdout: int, status: int) -> None:
        self.stdin = os.fdopen(stdin, "w")
        self.stdout = os.fdopen(stdout)
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; its exit code, negative for a signal."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a process of the nursery", timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def communicate(self, last: str = "", timeout: float = 120) -> tuple[str, None]:
        """Say a last thing, read all it says, and wait for its end; it is killed when that takes too long."""
        overdue = threading.Timer(timeout, self.kill)
        overdue.start()
        with contextlib.suppress(BrokenPipeError, ValueError):  # it has ended, or has been told that nothing comes
            self.stdin.write(last)
            self.stdin.close()
        said = "" if self.stdout.closed else self.stdout.read()
        self.stdout.close()
        self.wait()
        overdue.cancel()
        return said, None

    def kill(self) -> None:
        """Kill it, at once; harmless when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """Forks processes on request; `modules` are imported once, before."""

    def __init__(self, *modules: str) -> None:
        self._door, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            command = [sys.executable, __file__, str(other.fileno()), *modules]
            self._process = subprocess.Popen(command, pass_fds=[other.fileno()])

    def start(self, code: str, *arguments: str) -> Child:
        """Start what `python -c CODE ARGUMENTS` would."""
        order: dict[str, Any] = {"code": code, "arguments": arguments, "folder": os.getcwd(), "names": dict(os.environ)}
        hears, stdin = os.pipe()
        stdout, says = os.pipe()
        status, ends = os.pipe()
        socket.send_fds(self._door, [json.dumps(order).encode()], [hears, says, ends])
        for handle in (hears, says, ends):
            os.close(handle)
        return Child(stdin, stdout, status)

    def start_file(self, path: Path, *arguments: str) -> Child:
        """Start what `python PATH ARGUMENTS` would; it writes its errors between what it says."""
        return self.start(_FILE, str(path), *arguments)

    def close(self) -> None:
        """Let the nursery end; its processes live on."""
        self._door.close()
        self._process.wait()


def _serve(door: socket.socket) -> dict[str, Any]:
    """Fork a process for each order; in that process, return the order. The one in between tells what becomes of it."""
    while True:
        packed, handles, _, _ = socket.recv_fds(door, 1 << 20, 3)
        if not packed:
            sys.exit()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        if os.fork() == 0:
            break
        for handle in handles:
            os.close(handle)
    door.close()
    hears, says, ends = handles
    if (pid := os.fork()) == 0:
        os.close(ends)
        os.dup2(hears, 0)
        os.dup2(says, 1)
    os.close(hears)
    os.close(says)
    if pid:
        os.write(ends, f"{pid}\n".encode())
        os.write(ends, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
        os._exit(0)
    os.setsid()
    order: dict[str, Any] = json.loads(packed)
    os.environ.clear()
    os.environ.update(order["names"])
    os.chdir(order["folder"])
    sys.argv = ["-c", *order["arguments"]]
    return order


if __name__ == "__main__":
    for _name in sys.argv[2:]:
        __import__(_name)
    exec(_serve(socket.socket(fileno=int(sys.argv[1])))["code"], {"__name__": "__main__"})  # noqa: S102  a test's own
