"""Runs one tool call: looks the tool up, checks the arguments, keeps the deadline, makes plain data of what comes."""

import asyncio
import copy
import difflib
import inspect
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from surefoot.tools.arguments import Arguments
from surefoot.tools.deadline import (
    Ended,
    await_in_thread,
    await_on_this_loop,
    run_in_thread,
    run_on_background_loop,
)
from surefoot.tools.errors import ToolError
from surefoot.tools.isolated import isolated_tools
from surefoot.tools.shield import ShieldedTool, cut, failed, innermost, plain
from surefoot.tools.toolbox import KEY_PARAMETER, Toolbox, parameter_names

__all__ = ["Outcome", "ToolRunner"]

Failure = Literal["missing_tool", "bad_arguments", "exception", "timeout", "unstorable"]

_MAX_NAMES = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call."""

    success: bool
    output: Any = None
    """Plain JSON, whole; None on failure."""
    kind: Failure | None = None
    """Why there is no output."""
    message: str = ""
    duration_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Job:
    """A call that is ready to go, in both colours."""

    name: str
    seconds: float
    run: Callable[[], Ended]
    arun: Callable[[], Awaitable[Ended]]


class ToolRunner:
    """Runs the tools of a toolbox; a tool's own failure is an Outcome, never an exception.

    `timeout`: seconds one call may take, unless the tool declares its own. An isolated tool that is late is ended with
    its process, a blocking one is left behind in its thread, an async one is cancelled. Exceptions in `passthrough` are
    no failure of the tool and are raised.
    """

    def __init__(
        self, toolbox: Toolbox, timeout: float = 60.0, *, passthrough: tuple[type[BaseException], ...] = ()
    ) -> None:
        self._timeout = timeout
        self._toolbox = toolbox
        self._passthrough = passthrough
        tools = {name: tool for name in toolbox.names if (tool := toolbox.get(name))}
        self._arguments = {name: Arguments(tool, {KEY_PARAMETER}) for name, tool in tools.items()}
        self._tools = {name: ShieldedTool(tool, toolbox.secrets) for name, tool in tools.items()}
        self._isolated = isolated_tools(toolbox)
        self._keyed = {name for name, tool in tools.items() if KEY_PARAMETER in parameter_names(tool)}

    def run(
        self, name: str, args: Mapping[str, Any], *, key: str | None = None, at_most: float | None = None
    ) -> Outcome:
        """Run a tool and block for it; `key` is what a parameter named `idempotency_key` gets.

        `at_most`: seconds it may take, whatever it declares; None = no bound but its own.
        """
        return self._perform(self._job(name, args, key, at_most))

    async def arun(
        self, name: str, args: Mapping[str, Any], *, key: str | None = None, at_most: float | None = None
    ) -> Outcome:
        """Run a tool and await it; `key` is what a parameter named `idempotency_key` gets.

        `at_most`: seconds it may take, whatever it declares; None = no bound but its own.
        """
        return await self._aperform(self._job(name, args, key, at_most))

    def refusal(self, name: str, args: Mapping[str, Any]) -> Outcome | None:
        """Say why a call cannot be run at all (`missing_tool`, `bad_arguments`); None = it can."""
        job = self._job(name, args, None)
        return job if isinstance(job, Outcome) else None

    def probe(self, name: str, args: Mapping[str, Any]) -> Outcome:
        """Ask a tool's own probe for the result of an earlier call; an output of None = that call had no effect."""
        return self._perform(self._probe(name, args))

    async def aprobe(self, name: str, args: Mapping[str, Any]) -> Outcome:
        """Ask a tool's own probe for the result of an earlier call; an output of None = that call had no effect."""
        return await self._aperform(self._probe(name, args))

    def _perform(self, job: _Job | Outcome) -> Outcome:
        if isinstance(job, Outcome):
            return job
        begun = time.monotonic()
        return self._outcome(job, job.run(), begun)

    async def _aperform(self, job: _Job | Outcome) -> Outcome:
        if isinstance(job, Outcome):
            return job
        begun = time.monotonic()
        ended = await job.arun()
        # An exception may say as much as it likes, and all of it is searched: not on the loop.
        judge = partial(self._outcome, job, ended, begun)
        return await asyncio.to_thread(judge) if ended.error else judge()

    def _job(self, name: str, args: Mapping[str, Any], key: str | None, at_most: float | None = None) -> _Job | Outcome:
        tool = self._tools.get(name)
        if tool is None:
            return Outcome(False, kind="missing_tool", message=self._missing(name))
        key = key or uuid.uuid4().hex
        given = {**args, KEY_PARAMETER: key} if name in self._keyed else dict(args)
        try:
            fitting = self._arguments[name].fit(given)
            self._check_secrets(name, fitting)
        except ToolError as error:
            return Outcome(False, kind="bad_arguments", message=self._cut(str(error)))
        seconds = self._seconds(name, at_most)
        if isolated := self._isolated.get(name):
            apart = isolated.call(fitting, key, seconds)
            return _Job(name, seconds, apart.run, apart.arun)
        call = partial(tool.call, fitting, key, seconds) if tool.is_sync else None
        acall = partial(tool.acall, fitting, key) if tool.is_async else None
        return _in_process(name, seconds, call, acall)

    def _probe(self, name: str, args: Mapping[str, Any]) -> _Job | Outcome:
        probe = self._toolbox.effect(name).probe
        if probe is None:
            return Outcome(False, kind="missing_tool", message=f"{name} has no probe.")
        secrets, seconds = self._toolbox.secrets, self._seconds(name)
        try:
            self._check_secrets(name, args)
        except ToolError as error:
            return Outcome(False, kind="bad_arguments", message=self._cut(str(error)))
        if isolated := self._isolated.get(name):
            apart = isolated.call(args, "", seconds, probe=True)
            return _Job(name, seconds, apart.run, apart.arun)
        asked = partial(probe, **secrets.fill(name, copy.deepcopy(dict(args))))
        if not inspect.iscoroutinefunction(probe):
            return _in_process(name, seconds, lambda: plain(asked(), secrets.redactor), None)

        async def acall() -> Any:
            return plain(await asked(), secrets.redactor)

        return _in_process(name, seconds, None, acall)

    def _check_secrets(self, name: str, args: Mapping[str, Any]) -> None:
        self._toolbox.secrets.check(name, args, changes=self._toolbox.effect(name).effect != "read_only")

    def _seconds(self, name: str, at_most: float | None = None) -> float:
        declared = self._toolbox.effect(name).timeout
        seconds = self._timeout if declared is None else declared
        return seconds if at_most is None else min(seconds, at_most)

    def _missing(self, name: str) -> str:
        known = self._toolbox.names
        close = difflib.get_close_matches(name, known, n=3) + self._toolbox.search(name, 3)
        if close:
            return self._cut(f"There is no tool named {name!r}; did you mean {' or '.join(dict.fromkeys(close))}?")
        some = ", ".join(known[:_MAX_NAMES]) + (", ..." if len(known) > _MAX_NAMES else "")
        return self._cut(f"There is no tool named {name!r}; there are: {some or 'none'}.")

    def _outcome(self, job: _Job, ended: Ended, begun: float) -> Outcome:
        seconds = time.monotonic() - begun
        if ended.late:
            doubt = (
                "" if self._toolbox.effect(job.name).effect == "read_only" else " Whether it took effect is not known."
            )
            message = f"{job.name} did not end within {job.seconds:g} seconds.{doubt}"
            return Outcome(False, kind="timeout", message=message, duration_seconds=seconds)
        if ended.error is None:
            return Outcome(True, ended.value, duration_seconds=seconds)
        if isinstance(error := innermost(ended.error), self._passthrough):
            raise error
        failure = failed(error, self._tools[job.name], self._toolbox.secrets.redactor)
        return Outcome(False, kind=failure.kind, message=str(failure), duration_seconds=seconds)

    def _cut(self, message: str) -> str:
        return cut(message, self._toolbox.secrets.redactor)


def _in_process(
    name: str, seconds: float, call: Callable[[], Any] | None, acall: Callable[[], Awaitable[Any]] | None
) -> _Job:
    """A call in this process: each colour in its own way, or in the way of the one there is."""
    if call is None:
        assert acall is not None
        waits = partial(await_on_this_loop, acall, seconds)
        return _Job(name, seconds, partial(run_on_background_loop, acall, seconds), waits)
    waits = partial(await_on_this_loop, acall, seconds) if acall else partial(await_in_thread, call, seconds)
    return _Job(name, seconds, partial(run_in_thread, call, seconds), waits)
