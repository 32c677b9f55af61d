"""Runs one command as the root of a process tree that can be ended whole, daemons included.

Run as a script by `child.py`, with nothing but the standard library: `supervisor.py LIFELINE STATUS`, two inherited
descriptors. The command comes as one marshalled dict on the lifeline; when the lifeline closes, its owner is gone
and the tree is ended. What came of the command goes to the status pipe, after the last process of the tree is dead.
"""

import ctypes
import marshal
import os
import resource
import select
import signal
import sys
import time
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SWEEP_SECONDS = 5.0


def main() -> None:
    """Read the command, run it, end its tree, report."""
    lifeline, status = int(sys.argv[1]), int(sys.argv[2])
    for fd in (lifeline, status):
        os.set_inheritable(fd, False)
    wakeup = _listen()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    size = int.from_bytes(_exactly(lifeline, 8), "little")
    spec: dict[str, Any] = marshal.loads(_exactly(lifeline, size))
    report: dict[str, Any] = {}
    try:
        pid = _start(spec)
    except OSError as error:
        report = {"error": error.strerror or str(error)}
    else:
        report = _watch(pid, lifeline, wakeup, spec["timeout"])
        _sweep(pid)
    os.write(status, marshal.dumps(report))


def _listen() -> int:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return reading


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _exactly(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(fd, size - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def _start(spec: dict[str, Any]) -> int:
    reading, writing = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(writing)
        failed = os.read(reading, 16)
        os.close(reading)
        if failed:
            raise OSError(int(failed), os.strerror(int(failed)))
        return pid
    try:
        _become(spec, parent)
    except OSError as error:
        os.write(writing, str(error.errno).encode())
    finally:
        os._exit(127)


def _become(spec: dict[str, Any], parent: int) -> None:
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(127)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    for name, soft, hard in spec["limits"]:
        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        fits = [min(value, most) if most != resource.RLIM_INFINITY else value for value in (soft, hard)]
        resource.setrlimit(kind, (fits[0], fits[1]))
    os.chdir(spec["cwd"])
    os.execvpe(spec["argv"][0], spec["argv"], spec["env"])


def _watch(pid: int, lifeline: int, wakeup: int, timeout: float) -> dict[str, Any]:
    end = time.monotonic() + timeout
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    poll.register(wakeup, select.POLLIN)
    while True:
        code = _reaped(pid)
        if code is not None:
            return {"code": code, "timed_out": False}
        left = end - time.monotonic()
        ready = [fd for fd, _ in poll.poll(max(left, 0) * 1000 + 1)] if left > 0 else []
        asked = lifeline in ready or (wakeup in ready and signal.SIGTERM in os.read(wakeup, 512))
        if left <= 0 or asked:
            return {"code": -signal.SIGKILL, "timed_out": left <= 0}


def _reaped(pid: int) -> int | None:
    try:
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == pid:
                return os.waitstatus_to_exitcode(status)
            if ended == 0:
                return None
    except ChildProcessError:
        return None


def _sweep(pid: int) -> None:
    """Kill until there is nobody left: orphans become children of this process, wherever they fled."""
    end = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < end:
        for victim in [-pid, *_descendants()]:
            try:
                os.kill(victim, signal.SIGKILL)
            except OSError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else []:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            children.setdefault(parent, []).append(int(name))
    found = [os.getpid()]
    for process in found:
        found.extend(children.get(process, []))
    return found[1:]


if __name__ == "__main__":
    main()
