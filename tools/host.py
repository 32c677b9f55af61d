"""Keeps warm processes that have imported the modules of isolated tools, and has them fork for each call.

A host is started at its first call and shared by all toolboxes of this process; one that has died is replaced. It runs
under a supervisor, which ends it, and whatever its calls left behind, when this process ends.
"""

import json
import math
import os
import select
import socket
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

from surefoot.tools.child import supervised
from surefoot.tools.errors import ToolError
from surefoot.tools.finding import SCRIPT
from surefoot.tools.limits import Limits
from surefoot.tools.wire import Wire

__all__ = ["Host", "forbid", "host_of"]

_START_SECONDS = 120.0
_BASE = ("PATH", "HOME", "LANG")
_BEGIN = """\
import json, sys
fd, sys.path[:], modules, script = json.loads(sys.argv[1])
from surefoot.tools.warm import main
main(fd, modules, script)
"""

Key = tuple[frozenset[str], tuple[str, ...]]


class Host:
    """One warm process; `modules` is what it imports, `env` all of its environment."""

    def __init__(self, modules: frozenset[str], env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: dict[str, str] = {}
        """Why a module cannot be used, by its name; known once the host is ready."""
        self._starting = threading.Lock()
        self._failure: str | None = None
        self._modules = ", ".join(sorted(modules))
        path = [os.path.abspath(each) for each in sys.path]
        script = getattr(sys.modules.get(SCRIPT, sys.modules["__main__"]), "__file__", None)
        self._control, far = socket.socketpair()
        tree = ExitStack()
        tree.callback(self._control.close)
        weakref.finalize(self, tree.close)
        with far:
            given = json.dumps([far.fileno(), path, sorted(modules), script])
            argv = [sys.executable, "-X", "utf8", "-P", "-c", _BEGIN, given]
            spec = {"argv": argv, "env": dict(env), "cwd": os.getcwd(), **Limits().spec(math.inf)}
            tree.enter_context(supervised(spec, handed=[far.fileno()]))

    def get_ready(self) -> None:
        """Wait until it has imported its modules.

        Raises:
            ToolError: it ended meanwhile, or it takes too long.
        """
        with self._starting:
            if self._failure is None:
                told = self._line(_START_SECONDS)
                if told is None:
                    self._failure = f"its process did not import {self._modules} within {_START_SECONDS:g} seconds"
                elif not told.endswith(b"\n"):
                    self._failure = f"its process ended while it imported {self._modules}"
                else:
                    self._failure, self.problems = "", json.loads(told)
            if self._failure:
                raise ToolError(f"{self._failure}. Use another tool, or try once more.")

    def _line(self, seconds: float) -> bytes | None:
        """What it says, up to the end of a line or its own; None = neither came in time."""
        end, told, poll = time.monotonic() + seconds, b"", select.poll()
        poll.register(self._control, select.POLLIN)
        while not told.endswith(b"\n") and (left := end - time.monotonic()) > 0:
            if poll.poll(left * 1000):
                piece = self._control.recv(1 << 16)
                if not piece:
                    return told
                told += piece
        return told if told.endswith(b"\n") else None

    @contextmanager
    def call(self, spec: Mapping[str, Any]) -> Iterator[Wire]:
        """Have it fork for one call: outputs are standard output, errors, and the result."""
        with closing(Wire(3)) as wire:
            with suppress(ConnectionError):  # it is gone: the exchange will say so
                socket.send_fds(self._control, [b"c"], wire.far)
            wire.handed_over({**spec, "handed": []})
            yield wire


_hosts: dict[Key, Host] = {}
_lock = threading.Lock()
_forbidden = ""


def host_of(modules: frozenset[str], names: tuple[str, ...]) -> Host:
    """Give the running host of these modules and environment variables, or start one.

    Raises:
        ToolError: it cannot be started.
    """
    if _forbidden:
        raise ToolError(_forbidden)
    env = {name: os.environ[name] for name in (*_BASE, *names) if name in os.environ}
    key = (modules, names)
    with _lock:
        host = _hosts.get(key)
        if host is None or host.env != env:
            host = _hosts[key] = Host(modules, env)
    try:
        host.get_ready()
    except BaseException:
        give_up(host)
        raise
    return host


def give_up(host: Host) -> None:
    """Use another one from now on; this one ends with the last of its calls."""
    with _lock:
        for key in [key for key, known in _hosts.items() if known is host]:
            del _hosts[key]


def forbid(why: str) -> None:
    """Refuse to start hosts; an empty reason allows it again."""
    global _forbidden
    _forbidden = why


def _forget() -> None:
    """After a fork: the hosts are the parent's."""
    global _lock
    _lock = threading.Lock()
    _hosts.clear()


os.register_at_fork(after_in_child=_forget)
