"""Runs a command in a child process that can be ended whole, within limits and a deadline.

The command runs under a small supervisor process that adopts whatever the command leaves behind (also daemons in
sessions of their own) and kills it all when the command ends, when the deadline passes, or when this process dies.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.tools.errors import ToolError
from surefoot.tools.limits import Limits
from surefoot.tools.wire import GRACE_SECONDS, Wire

__all__ = ["Ended", "run_child", "supervised"]

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    exit_code: int
    """Negative = ended by that signal."""
    stdout: bytes
    stderr: bytes
    stdout_cut: bool = False
    stderr_cut: bool = False
    timed_out: bool = False


def run_child(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout: float,
    limits: Limits | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
) -> Ended:
    """Run a command to its end and leave nothing of it behind.

    `env` is the child's whole environment (None = empty). Of each output stream its beginning and its end are kept;
    where something was left out between them a line says how much.

    Raises:
        ToolError: the command cannot be started.
    """
    limits = limits or Limits()
    spec = {"argv": list(argv), "env": dict(env or {}), "cwd": str(cwd), **limits.spec(timeout)}
    room = limits.output_bytes
    with supervised(spec, outputs=2) as wire:
        report, (out, err) = wire.exchange(stdin, (room, room), limits.flood_bytes, timeout + GRACE_SECONDS)
    if report["ended"] == "unstarted":
        raise ToolError(f"{argv[0]} cannot be started: {str(report['why']).lower()}.")
    late = report["ended"] == "late"
    return Ended(report["code"], out.data(), err.data(), out.left_out > 0, err.left_out > 0, late)


@contextmanager
def supervised(spec: Mapping[str, Any], *, outputs: int = 0, handed: Sequence[int] = ()) -> Iterator[Wire]:
    """Start a command under a supervisor; at the end of the block its whole tree is ended.

    `spec` is a `supervisor.Spec`. Of the outputs, the first is the command's standard output, the second its errors;
    without them they are lost. `handed` descriptors are the command's too, and stay open here.
    """
    with closing(Wire(outputs)) as wire:
        lifeline, status, stdin, *streams = wire.far
        out, err = streams or (subprocess.DEVNULL, subprocess.DEVNULL)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), str(lifeline), str(status)],
            stdin=stdin,
            stdout=out,
            stderr=err,
            pass_fds=(lifeline, status, *handed),
            env={},
            cwd="/",
            start_new_session=True,
        )
        try:
            wire.handed_over({**spec, "handed": list(handed)})
            yield wire
        finally:
            wire.close()
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
