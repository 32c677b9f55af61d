"""Runs a command in a child process that can be ended whole, within limits and a deadline.

The command runs under a small supervisor process that adopts whatever the command leaves behind (also daemons in
sessions of their own) and kills it all when the command ends, when the deadline passes, or when this process dies.
The deadline is kept by waiting for the process, never for the end of its output.
"""

import marshal
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from surefoot.tools.errors import ToolError

__all__ = ["Ended", "Limits", "run_child"]

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_GRACE_SECONDS = 8.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use; None = no limit of our own."""

    cpu_seconds: int | None = None
    memory_mb: int | None = None
    """Address space of each process of the tree."""
    file_mb: int | None = None
    """Size of each file it writes."""
    processes: int | None = None
    """Processes and threads of this user, others included."""
    output_bytes: int = 100_000
    """Kept of each stream: its beginning and its end."""
    flood_bytes: int = 64_000_000
    """Written to one stream: a child that writes more is ended."""


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


@dataclass(slots=True)
class _Kept:
    """The beginning and the end of a stream."""

    room: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        taken = max(self.room // 2 - len(self.head), 0)
        self.head += data[:taken]
        self.tail += data[taken:]
        del self.tail[: max(len(self.tail) - self.room // 2, 0)]

    @property
    def left_out(self) -> int:
        return self.total - len(self.head) - len(self.tail)

    def data(self) -> bytes:
        note = f"\n[... {self.left_out} bytes left out ...]\n".encode() if self.left_out else b""
        return bytes(self.head + note + self.tail)


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
    spec = {
        "argv": list(argv),
        "env": dict(env or {}),
        "cwd": str(cwd),
        "timeout": float(timeout),
        "limits": _rlimits(limits),
    }
    supervised = _Supervised(spec)
    try:
        report, out, err = _exchange(supervised, stdin, limits, timeout + _GRACE_SECONDS)
    finally:
        supervised.end()
    if "error" in report:
        raise ToolError(f"{argv[0]} cannot be started: {str(report['error']).lower()}.")
    code, timed_out = int(str(report.get("code", -9))), bool(report.get("timed_out", False))
    return Ended(code, out.data(), err.data(), out.left_out > 0, err.left_out > 0, timed_out)


class _Supervised:
    """A supervisor process and the pipes to it."""

    def __init__(self, spec: dict[str, object]) -> None:
        given, self.lifeline = os.pipe()
        self.status, reporting = os.pipe()
        try:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), str(given), str(reporting)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(given, reporting),
                env={},
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            os.close(self.lifeline)
            os.close(self.status)
            raise
        finally:
            os.close(given)
            os.close(reporting)
        payload = marshal.dumps(spec)
        with suppress(BrokenPipeError):
            _write_all(self.lifeline, len(payload).to_bytes(8, "little") + payload)

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        return self.process.stdin, self.process.stdout, self.process.stderr

    def end(self) -> None:
        """Close the lifeline, upon which the supervisor ends the tree and itself."""
        os.close(self.lifeline)
        os.close(self.status)
        for pipe in self.pipes:
            with suppress(OSError):
                pipe.close()
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _exchange(
    supervised: _Supervised, stdin: bytes, limits: Limits, patience: float
) -> tuple[dict[str, object], _Kept, _Kept]:
    into, out, err = supervised.pipes
    into_fd = into.fileno()
    kept = {out.fileno(): _Kept(limits.output_bytes), err.fileno(): _Kept(limits.output_bytes)}
    streams = (kept[out.fileno()], kept[err.fileno()])
    for fd in (into_fd, *kept):
        os.set_blocking(fd, False)
    end = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for fd in (*kept, supervised.status):
            selector.register(fd, selectors.EVENT_READ)
        selector.register(into_fd, selectors.EVENT_WRITE)
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if key.fd == supervised.status:
                    _drain(kept)
                    report = os.read(supervised.status, 4096)
                    return (marshal.loads(report) if report else {}), *streams
                if key.fd == into_fd:
                    stdin = _feed(selector, into, stdin)
                elif not _take(key.fd, kept[key.fd]):
                    selector.unregister(key.fd)
            if any(stream.total > limits.flood_bytes for stream in streams):
                break
    return {}, *streams


def _feed(selector: selectors.BaseSelector, into: IO[bytes], data: bytes) -> bytes:
    try:
        data = data[os.write(into.fileno(), data[:_CHUNK]) :] if data else b""
    except BlockingIOError:
        return data
    except OSError:
        data = b""
    if not data:
        selector.unregister(into.fileno())
        with suppress(OSError):
            into.close()
    return data


def _take(fd: int, stream: _Kept) -> bool:
    try:
        data = os.read(fd, _CHUNK)
    except BlockingIOError:
        return True
    stream.add(data)
    return bool(data)


def _drain(kept: Mapping[int, _Kept]) -> None:
    for fd, stream in kept.items():
        before = -1
        while stream.total != before:
            before = stream.total
            _take(fd, stream)


def _rlimits(limits: Limits) -> list[tuple[str, int, int]]:
    megabyte = 1 << 20
    table = [
        ("RLIMIT_CPU", limits.cpu_seconds, 1, 1),
        ("RLIMIT_AS", limits.memory_mb, megabyte, 0),
        ("RLIMIT_FSIZE", limits.file_mb, megabyte, 0),
        ("RLIMIT_NPROC", limits.processes, 1, 0),
        ("RLIMIT_CORE", 0, 1, 0),
    ]
    return [(name, value * unit, value * unit + more) for name, value, unit, more in table if value is not None]
