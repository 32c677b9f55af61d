"""Does one piece of work at the root of a process tree that can be ended whole, daemons included.

Run as a script by `child.py` and `host.py`, with nothing but the standard library: `supervisor.py LIFELINE STATUS`, two
inherited descriptors. The work comes as one marshalled dict on the lifeline; when the lifeline says anything more, or
closes, the tree is ended. The status pipe gets BEGUN before the work starts, and what came of it after the last process
of the tree is dead.
A warm host (`warm.py`) forks such a supervisor for each call instead, and gives it a function in place of a command.
"""

import ctypes
import marshal
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Collection
from typing import Any

BEGUN = b"+"
Spec = dict[str, Any]
"""timeout in seconds, limits as (name, soft, hard), processes at most or None, cwd, handed: descriptors for the work
alone; for a command argv and env too."""
Report = dict[str, Any]
"""ended: itself | late | asked | crowd | unstarted (and then why); code: its exit code, negative = a signal."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SWEEP_SECONDS = 5.0
_LOOK_SECONDS = 0.25
"""How often the tree is counted, and the parent looked for."""


def main() -> None:
    """Supervise the command that comes on the lifeline."""
    lifeline, status = int(sys.argv[1]), int(sys.argv[2])
    for fd in (lifeline, status):
        os.set_inheritable(fd, False)
    supervise(lifeline, status)


def supervise(lifeline: int, status: int, work: Callable[[Spec], None] | None = None) -> None:
    """Read what to do, do it in a child, end its tree, report; without a function a command is run."""
    owner = os.getppid()
    ears = listen()
    adopt()
    spec: Spec = marshal.loads(_exactly(lifeline, int.from_bytes(_exactly(lifeline, 8), "little")))
    os.write(status, BEGUN)
    try:
        pid = _start(spec, work, (lifeline, status, *ears))
    except OSError as error:
        report: Report = {"ended": "unstarted", "code": 127, "why": error.strerror or str(error)}
    else:
        for fd in spec["handed"]:
            os.close(fd)
        report = _watch(pid, lifeline, ears[0], owner, spec)
        sweep(pid)
    os.write(status, marshal.dumps(report))


def listen() -> tuple[int, int]:
    """Have signals of ended children and SIGTERM written to a pipe; its two ends."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return reading, writing


def adopt() -> None:
    """Become the parent of whatever is orphaned below this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _exactly(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(fd, size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def _start(spec: Spec, work: Callable[[Spec], None] | None, own: tuple[int, ...]) -> int:
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
        _begin(spec, work, parent, writing, (*own, reading, writing))
    finally:
        os._exit(127)


def _begin(spec: Spec, work: Callable[[Spec], None] | None, parent: int, failing: int, others: tuple[int, ...]) -> None:
    try:
        _become(spec, parent)
        if work is None:
            os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    except OSError as error:
        os.write(failing, str(error.errno).encode())
        return
    for fd in others:  # no program is executed here, which would close them
        os.close(fd)
    assert work is not None
    work(spec)


def _become(spec: Spec, parent: int) -> None:
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


def _watch(pid: int, lifeline: int, wakeup: int, owner: int, spec: Spec) -> Report:
    """Wait until the work ends, or until there is a reason to end it."""
    begun, most = time.monotonic(), spec["processes"]
    end, look = begun + spec["timeout"], begun + _LOOK_SECONDS
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    poll.register(wakeup, select.POLLIN)
    while True:
        code = reap()[0].get(pid)
        if code is not None:
            return {"ended": "itself", "code": code}
        now = time.monotonic()
        if most is not None and now >= look:
            look = now + _LOOK_SECONDS
            if len(_descendants()) > most:
                return {"ended": "crowd", "code": -signal.SIGKILL}
        ready = [fd for fd, _ in poll.poll(max(min(end - now, _LOOK_SECONDS), 0) * 1000 + 1)]
        asked = lifeline in ready or (wakeup in ready and signal.SIGTERM in os.read(wakeup, 512))
        if asked or os.getppid() != owner:
            return {"ended": "asked", "code": -signal.SIGKILL}
        if time.monotonic() >= end:
            return {"ended": "late", "code": -signal.SIGKILL}


def reap() -> tuple[dict[int, int], bool]:
    """Take the exit codes of the children that have ended, and tell whether any child is left."""
    ended: dict[int, int] = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        return ended, False
    return ended, True


def sweep(group: int | None = None, spare: Collection[int] = ()) -> None:
    """Kill until there is nobody left: orphans become children of this process, wherever they fled.

    `group`: a process group to begin with. `spare`: children that are left alone, with all that is below them.
    """
    end = time.monotonic() + _SWEEP_SECONDS
    victims = [-group] if group else []
    while time.monotonic() < end:
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except OSError:
                continue
        if not reap()[1]:
            return
        victims = _descendants(spare)
        if spare and not victims:
            return
        time.sleep(0.002)


def _descendants(spare: Collection[int] = ()) -> list[int]:
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
        found.extend(child for child in children.get(process, []) if child not in spare)
    return found[1:]


if __name__ == "__main__":
    main()
