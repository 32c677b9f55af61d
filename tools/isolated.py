"""Runs a tool in a process of its own, forked from a warm host (`host.py`)."""

import dataclasses
import json
import os
import signal
from collections.abc import Mapping
from typing import Any

from surefoot.tools.deadline import Ended, await_in_thread
from surefoot.tools.errors import ToolError
from surefoot.tools.host import Host, give_up, host_of
from surefoot.tools.isolation import Isolation, Origin
from surefoot.tools.redact import Redactor
from surefoot.tools.secrets import Secrets
from surefoot.tools.shield import Failed, cut
from surefoot.tools.toolbox import Toolbox
from surefoot.tools.wire import GRACE_SECONDS, Stream, Wire

__all__ = ["IsolatedCall", "IsolatedTool", "isolated_tools"]

_LAST_WORDS = 400
"""Characters of what a crashed call wrote that its failure repeats."""


def isolated_tools(toolbox: Toolbox) -> dict[str, "IsolatedTool"]:
    """Find the tools that run in a process of their own, by name; those that get the same variables share a host."""
    isolations = {name: effect for name in toolbox.names if (effect := toolbox.effect(name).isolate)}
    origins = {name: toolbox.origin(name) for name in isolations}
    return {
        name: IsolatedTool(
            name,
            isolation,
            origins[name],
            frozenset(origins[other].module for other, each in isolations.items() if each.env == isolation.env),
            toolbox.secrets,
        )
        for name, isolation in isolations.items()
    }


@dataclasses.dataclass(frozen=True, slots=True)
class IsolatedTool:
    """A tool as a host knows it; `modules` is what the host has imported."""

    name: str
    isolation: Isolation
    origin: Origin
    modules: frozenset[str]
    secrets: Secrets

    def call(self, args: Mapping[str, Any], key: str, seconds: float, *, probe: bool = False) -> "IsolatedCall":
        """Prepare one call; with `probe` its probe is called instead."""
        request = {
            "name": self.name,
            "origin": dataclasses.asdict(self.origin),
            "args": self.secrets.fill(self.name, dict(args)),
            "key": key,
            "seconds": seconds,
            "most": self.isolation.limits.flood_bytes,
            "probe": probe,
        }
        return IsolatedCall(self, json.dumps(request).encode(), seconds)


class IsolatedCall:
    """One call; it ends within its seconds, give or take one, and leaves no process behind."""

    def __init__(self, tool: IsolatedTool, request: bytes, seconds: float) -> None:
        self._tool = tool
        self._request = request
        self._seconds = seconds
        self._wire: Wire | None = None
        self._given_up = False

    def run(self) -> Ended:
        """Call the tool and block."""
        try:
            for _ in range(2):  # a host may have died since its last call
                if ended := self._call(self._host()):
                    return ended
            raise ToolError("the process that should have forked it was killed.")
        except (ToolError, OSError) as error:
            return Ended(error=Failed("exception", f"{self._tool.name} could not be started: {error}"))

    async def arun(self) -> Ended:
        """Call the tool and await it; when its caller is cancelled, the call is ended."""
        ran = await await_in_thread(self.run, None, cancel=self._give_up)
        return ran.result()  # type: ignore[no-any-return]

    def _give_up(self) -> None:
        self._given_up = True
        if self._wire is not None:
            self._wire.hang_up()

    def _host(self) -> Host:
        module = self._tool.origin.module
        host = host_of(self._tool.modules, self._tool.isolation.env)
        if problem := host.problems.get(module):
            raise ToolError(f"in a process of its own the module {module} cannot be used ({problem}).")
        return host

    def _call(self, host: Host) -> Ended | None:
        """Make the call; None = the host was gone before the tool started."""
        isolation = self._tool.isolation
        limits = isolation.limits
        spec = {"cwd": os.path.abspath(isolation.cwd or "."), **limits.spec(self._seconds)}
        rooms = (limits.output_bytes, limits.output_bytes, 2 * limits.flood_bytes)
        with host.call(spec) as wire:
            self._wire = wire
            if self._given_up:
                wire.hang_up()
            patience = self._seconds + GRACE_SECONDS
            report, (_, err, result) = wire.exchange(self._request, rooms, limits.flood_bytes, patience)
        if report["ended"] in ("unbegun", "hung"):
            give_up(host)
        if report["ended"] in ("late", "hung") or self._given_up:
            return Ended(late=True)
        if report["ended"] == "unbegun":
            return None
        redactor = self._tool.secrets.redactor
        answer = _answer(result) if report == {"ended": "itself", "code": 0} else None
        if answer is None:
            return Ended(error=Failed("exception", cut(self._crash(report) + _last_words(err, redactor), redactor)))
        if "kind" in answer:
            return Ended(error=Failed(answer["kind"], cut(answer["message"], redactor)))
        return Ended(redactor.data(answer["value"]))

    def _crash(self, report: Mapping[str, Any]) -> str:
        """Say how a call ended that gave no result."""
        limits, code = self._tool.isolation.limits, report["code"]
        if report["ended"] == "itself":
            how = f"exit code {code}" if code >= 0 else f"signal {_signal_name(-code)}"
            return f"{self._tool.name} ended its process before it gave a result ({how})."
        told = {
            "crowd": f"was stopped: it had started more than {limits.processes} processes.",
            "flood": f"was stopped: it printed more than {limits.flood_bytes:,} bytes.",
            "unstarted": f"could not be started: {str(report.get('why')).lower()}.",
        }
        return f"{self._tool.name} {told.get(report['ended'], 'was lost: its process was killed from outside.')}"


def _answer(result: Stream) -> dict[str, Any] | None:
    try:
        answer = json.loads(result.data())
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.keys() & {"value", "kind"} else None


def _last_words(err: Stream, redactor: Redactor) -> str:
    # Before they are cut out: half a secret is not found any more.
    words = redactor.text(err.data().decode("utf-8", "replace"))[-_LAST_WORDS:].strip("\ufffd \n")
    return f" It last wrote: {words}" if words else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
