"""Tools for test_isolated.py, kind and unkind; copied to where another process can import them."""

import asyncio
import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException

from surefoot.tools import tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.limits import Limits

IMPORTED_BY = os.getpid()
isolated = tool_effect("irreversible", isolate=True)


def _name(handler: Any) -> str:
    return handler.name if isinstance(handler, signal.Handlers) else handler.__name__


@isolated
def about(text: str = "") -> dict[str, Any]:
    """Tell of the process."""
    return {
        "text": text,
        "pid": os.getpid(),
        "imported_by": IMPORTED_BY,
        "cwd": os.getcwd(),
        "env": dict(os.environ),
        "real_env": open("/proc/self/environ").read().rstrip("\0").split("\0"),
        "session": os.getsid(0),
        "stdin": sys.stdin.read(),
        "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
        "handlers": [
            _name(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)
        ],
        "threads": threading.active_count(),
    }


@tool_effect("read_only", isolate=True, env=("TEST_TOKEN", "TEST_NOWHERE"), cwd="/")
def told() -> dict[str, Any]:
    """Tell of a process with variables and a folder of its own."""
    return {"env": dict(os.environ), "cwd": os.getcwd()}


@tool_effect("read_only", isolate=True, cwd="/no/such/folder")
def nowhere() -> None:
    """Work in a folder that is not there."""


@isolated
async def later(text: str) -> str:
    """Answer after a while."""
    await asyncio.sleep(0.01)
    return text.upper()


@isolated
def keyed(idempotency_key: str) -> str:
    """Tell the key."""
    return idempotency_key


def happened(n: int) -> list[int] | None:
    return [n, os.getpid()] if n > 0 else None


async def ahappened(n: int) -> list[int] | None:
    return happened(n)


@tool_effect("reversible", isolate=True, probe=happened)
def probed(n: int) -> int:
    """Be asked about afterwards."""
    return n


@tool_effect("reversible", isolate=True, probe=ahappened)
def aprobed(n: int) -> int:
    """Be asked about afterwards."""
    return n


@tool_effect("reversible", isolate=True, probe=lambda n: os.abort())
def badly_probed(n: int) -> int:
    """Be asked about in vain."""
    return n


class Shout(BaseTool):
    name: str = "shout"
    description: str = "Shout."

    def _run(self, text: str) -> str:
        return text.upper()


shout = isolated(Shout())
in_a_list = [isolated(StructuredTool.from_function(lambda n: n + 1, name="one_more", description="d"))]


class Kept:
    @staticmethod
    @isolated
    def inner(n: int) -> int:
        """Be nested."""
        return -n


@isolated
def noisy(text: str) -> str:
    """Print whatever spoils a line of data."""
    print('{"value": "wrong"}', flush=True)
    print("\0\xff" * 100, file=sys.stderr, flush=True)
    os.write(1, b"\xff\xfe{")
    os.system("echo '{}'; echo no >&2")
    return text


@tool_effect("irreversible", isolate=True, limits=Limits(flood_bytes=2_000_000))
def endless(to: int) -> None:
    """Write without end."""
    while True:
        os.write(to, b"x" * 65536)


@tool_effect("irreversible", isolate=True, limits=Limits(flood_bytes=2_000_000))
def large(size: int) -> str:
    """Give a long text."""
    return "x" * size


@isolated
def huge() -> str:
    """Give fifty megabytes."""
    return "0123456789" * 5_000_000


class Odd(BaseException):
    pass


KINDS = [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration, MemoryError]
KINDS += [RecursionError, asyncio.CancelledError, BaseException, Odd]


@isolated
def raising(kind: str) -> None:
    """Raise something."""
    raise next(each for each in KINDS if each.__name__ == kind)("no good")


@isolated
async def araising(kind: str) -> None:
    """Raise something, later."""
    await asyncio.sleep(0)
    raise next(each for each in KINDS if each.__name__ == kind)("no good")


@isolated
def refusing() -> None:
    """Refuse."""
    raise ToolError("The file is locked; close it first.")


def _worded(error: ToolException) -> str:
    return f"so: {error}"


def _remote() -> None:
    """Fail remotely."""
    raise ToolException("remote said no")


remote = isolated(StructuredTool.from_function(_remote, name="remote", handle_tool_error=_worded))


def _deeper() -> None:
    _deeper()


class Bottomless:
    def __getattr__(self, name: str) -> Any:
        return getattr(self, name)


def _aborts() -> None:
    print("last words", file=sys.stderr)
    os.abort()


def _overflows() -> None:
    sys.setrecursionlimit(10**7)
    print(Bottomless().x)


def _spins() -> None:
    while True:
        pass


DEATHS: dict[str, Any] = {
    "exit code": lambda: os._exit(7),
    "exit code 0": lambda: os._exit(0),
    "abort": _aborts,
    "null pointer": lambda: ctypes.string_at(0),
    "stack": _overflows,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": lambda: len(bytearray(8_000_000_000)),
    "recursion": _deeper,
    "cpu": _spins,
}


@tool_effect("irreversible", isolate=True, limits=Limits(memory_mb=4000, cpu_seconds=1))
def dying(how: str) -> Any:
    """End in some way."""
    return DEATHS[how]()


def used(token: str, how: str) -> dict[str, Any] | None:
    return {"probed": token}


@tool_effect("irreversible", isolate=True, probe=used)
def using(token: str, how: str) -> dict[str, Any]:
    """Use a secret, and let it be seen in some way."""
    if how == "raise":
        raise RuntimeError("x" * 1_990 + token)
    if how == "last words":
        os.write(2, f"{'x' * 100}{token}{'y' * 390}".encode())
        os.abort()
    own = [Path(f"/proc/self/{name}").read_text() for name in ("cmdline", "environ")]
    return {"hash": hashlib.sha256(token.encode()).hexdigest(), "told": token, "seen": token in "".join(own)}


RETURNED = {
    "lambda": lambda: lambda: 1,
    "socket": socket.socket,
    "generator": lambda: (n for n in range(3)),
    "exception": lambda: ValueError("x"),
    "cycle": lambda: (loop := [], loop.append(loop)) and loop,
}


@isolated
def returning(what: str) -> Any:
    """Return what is no data."""
    return RETURNED[what]()


def daemon() -> None:
    """Leave a process behind that nothing but SIGKILL ends, in a session of its own, that holds all descriptors."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            code = "import time; time.sleep(600)"
            os.execv(sys.executable, [sys.executable, "-S", "-c", code, os.environ["TEST_MARK"]])
        os._exit(0)
    os.wait()


def sleeper() -> None:
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", os.environ["TEST_MARK"]])


def _ignores_signals() -> None:
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _ends_its_group() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


STUBBORN: dict[str, Any] = {
    "sleeps": lambda: None,
    "ignores signals": _ignores_signals,
    "leaves a daemon": daemon,
    "closes its descriptors": lambda: os.closerange(0, 100),
    "is frozen": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "freezes its supervisor": lambda: os.kill(os.getppid(), signal.SIGSTOP),
    "ends its group": _ends_its_group,
    "has a thread": lambda: threading.Thread(target=time.sleep, args=(600,)).start(),
}


@tool_effect("irreversible", isolate=True, timeout=1, env=("TEST_MARK",))
def stubborn(how: str) -> None:
    """Not end."""
    sleeper()
    STUBBORN[how]()
    while True:
        time.sleep(600)


@tool_effect("irreversible", isolate=True, timeout=60, env=("TEST_MARK",))
def leaving(how: str) -> str:
    """End, and leave processes behind."""
    sleeper()
    daemon()
    if how == "killing its supervisor":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return {"returns": str}[how]()


@tool_effect("irreversible", isolate=True, timeout=60, env=("TEST_MARK",))
def hang() -> None:
    """Hang, with a daemon and a child."""
    sleeper()
    daemon()
    while True:
        time.sleep(600)


@tool_effect("irreversible", isolate=True, timeout=60, limits=Limits(processes=40), env=("TEST_MARK",))
def fork_bomb() -> None:
    """Multiply, in ever new sessions; to 512, lest a test that fails takes the machine with it."""
    for _ in range(9):
        if os.fork() == 0:
            os.setsid()
        time.sleep(0.02)
    time.sleep(600)


@isolated
def twice() -> str:
    """Fork, and come back in both processes."""
    return "child" if os.fork() == 0 else "parent"


@tool_effect("read_only", isolate=True)
def napping(seconds: float) -> list[float]:
    """Sleep; tell when it began and ended."""
    begun = time.time()
    time.sleep(seconds)
    return [begun, time.time()]
