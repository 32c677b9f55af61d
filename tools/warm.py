"""Imports the modules of isolated tools once and forks for each call. Runs as the process that `host.py` starts.

It stays single-threaded, so that a fork is whole. Each call gets a supervisor of its own (`supervisor.py`), forked
from here, and below it the process the tool runs in.
"""

import asyncio
import functools
import gc
import importlib
import importlib.util
import inspect
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import FunctionType
from typing import Any, NoReturn

from langchain_core.tools import BaseTool

from surefoot.tools import host
from surefoot.tools.effects import effect_of
from surefoot.tools.errors import ToolError
from surefoot.tools.finding import SCRIPT, find
from surefoot.tools.isolation import Origin
from surefoot.tools.redact import Redactor
from surefoot.tools.secrets import Secrets
from surefoot.tools.shield import ShieldedTool, failed, plain
from surefoot.tools.supervisor import Spec, adopt, listen, reap, supervise, sweep
from surefoot.tools.toolbox import as_tool

__all__ = ["main"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
_DESCRIPTORS = 6
_LONGEST_MESSAGE = 50_000
_NO_SECRETS = Secrets(redactor=Redactor(shapes=False))
"""Here they are in their places already; who asked takes them out of what comes back."""
Handlers = dict[int, Any]

_prepared: dict[int, ShieldedTool] = {}
"""By the identity of the tools of the imported modules, which live as long as this process."""


def main(fd: int, modules: Sequence[str], script: str | None) -> NoReturn:
    """Import the modules, tell over the control socket what is wrong with them, then fork for each request."""
    control = socket.socket(fileno=fd)
    control.set_inheritable(False)
    host.forbid("An agent cannot run while its own module is imported for its tools: put what runs it in a function.")
    problems = _import(modules, script)
    host.forbid("")
    _rehearse()
    for module in sys.modules.keys() & set(modules):
        _prepare(vars(sys.modules[module]).values())
    sys.stdout.flush()
    gc.collect()
    gc.freeze()
    control.sendall(json.dumps(problems).encode() + b"\n")
    _serve(control)


def _import(modules: Sequence[str], script: str | None) -> dict[str, str]:
    """Import the modules and say what is wrong with which; a thread is wrong for all, as no fork is whole any more."""
    problems: dict[str, str] = {}
    threaded = ""
    for name in modules:
        try:
            _import_script(script) if name == SCRIPT and script else importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001  whatever a foreign module does
            problems[name] = f"{type(error).__name__}: {error}"
        if threading.active_count() > 1:
            threaded = threaded or name
    if threaded:
        why = f"{threaded} starts threads when it is imported, which no fork has; start them in the tool"
        problems = dict.fromkeys(modules, why)
    return problems


def _import_script(path: str) -> None:
    spec = importlib.util.spec_from_file_location(SCRIPT, path)
    assert spec is not None and spec.loader is not None
    sys.modules[SCRIPT] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[SCRIPT])


def _rehearse() -> None:
    """Call a tool in both colours: what LangChain imports at a first call is then there for every one."""

    def nothing() -> None: ...

    async def anothing() -> None: ...

    ShieldedTool(as_tool(nothing), _NO_SECRETS).call({}, "", 1.0)
    asyncio.run(ShieldedTool(as_tool(anothing), _NO_SECRETS).acall({}, ""))


def _prepare(values: Iterable[Any]) -> None:
    """Make what each call of an isolated tool would make anew."""
    for value in values:
        if isinstance(value, BaseTool | FunctionType) and effect_of(value).isolate:
            with suppress(ToolError):  # no toolbox takes it, so nobody will call it
                _prepared[id(value)] = ShieldedTool(as_tool(value), _NO_SECRETS)


def _serve(control: socket.socket) -> NoReturn:
    handlers: Handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    ears = listen()
    adopt()
    supervisors: set[int] = set()
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(ears[0], select.POLLIN)
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if ears[0] in ready:
            os.read(ears[0], 512)
        if control.fileno() in ready:
            fds = socket.recv_fds(control, 1, _DESCRIPTORS)[1]
            if not fds:
                os._exit(0)  # the owner is gone; the supervisor above ends whatever is left
            with suppress(OSError):  # no room for one more: its caller sees the descriptors closed
                pid = os.fork()
                if pid == 0:
                    _attend(fds, (control.detach(), *ears), handlers)
                supervisors.add(pid)
            for fd in fds:
                os.close(fd)
        ended = reap()[0]
        broken = any(code != 0 for pid, code in ended.items() if pid in supervisors)
        supervisors.difference_update(ended)
        if broken:  # what it would have ended is now a child of this process
            sweep(spare=supervisors)


def _attend(fds: Sequence[int], own: Sequence[int], handlers: Handlers) -> NoReturn:
    """Be the supervisor of one call."""
    code = 1
    try:
        for fd in own:
            os.close(fd)
        lifeline, status, *streams, result = fds
        for standard, fd in enumerate(streams):
            os.dup2(fd, standard)
            os.close(fd)
        os.set_inheritable(result, False)
        supervise(lifeline, status, functools.partial(_work, result, handlers))
        code = 0
    finally:
        os._exit(code)


def _work(result: int, handlers: Handlers, spec: Spec) -> None:
    """Be the process of one call: read the request from standard input, write the answer to `result`."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for number, handler in handlers.items():
        if handler is not None:
            signal.signal(number, handler)
    me = os.getpid()
    with open(0, "rb", closefd=False) as source:
        request = json.load(source)
    answer = json.dumps(_answer(request), ensure_ascii=False).encode()
    if len(answer) > request["most"]:
        problem = f"The result is larger than {request['most']:,} bytes; return less, or write it to a file."
        answer = json.dumps({"kind": "unstorable", "message": problem}).encode()
    if os.getpid() != me:
        os._exit(1)  # the tool forked, and its child came back here too
    with open(result, "wb") as sink:
        sink.write(answer)
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    tool: ShieldedTool | None = None
    try:
        given = find(Origin(**request["origin"]), request["name"])
        tool = _shielded(given)
        if request["probe"]:
            return {"value": _probed(effect_of(given).probe, request["args"])}
        if tool.is_sync:
            return {"value": tool.call(request["args"], request["key"], request["seconds"])}
        return {"value": asyncio.run(tool.acall(request["args"], request["key"]))}
    except BaseException as error:  # noqa: BLE001  whatever a tool throws is its result
        failure = failed(error, tool, most=_LONGEST_MESSAGE)
        return {"kind": failure.kind, "message": str(failure)}


def _shielded(given: Any) -> ShieldedTool:
    return _prepared.get(id(given)) or ShieldedTool(as_tool(given), _NO_SECRETS)


def _probed(probe: Any, args: dict[str, Any]) -> Any:
    value = asyncio.run(probe(**args)) if inspect.iscoroutinefunction(probe) else probe(**args)
    return plain(value, _NO_SECRETS.redactor)
