"""The pipes between this process and a supervised one (`supervisor.py`), and the talk over them.

The deadline is kept by the supervisor, which waits for its process, and again here, by the clock: never by waiting for
the end of an output, which a grandchild may hold open.
"""

import io
import marshal
import os
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from surefoot.tools.supervisor import BEGUN

__all__ = ["GRACE_SECONDS", "Stream", "Wire"]

GRACE_SECONDS = 8.0
"""How long a supervisor may take, past the deadline, to end a tree and say so."""
_CHUNK = 1 << 16


@dataclass(slots=True)
class Stream:
    """The beginning and the end of what was written to an output."""

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


class Wire:
    """Our ends of the pipes, and `far`, the supervised process's, until they are handed over.

    far: lifeline, status, standard input, then the outputs. To close a wire is to hang up: the tree is ended.
    """

    def __init__(self, outputs: int) -> None:
        self._near, self._far = ExitStack(), ExitStack()
        self.far: list[int] = []
        try:
            self._lifeline, lifeline = socket.socketpair()
            self._near.callback(self._lifeline.close)
            self._give(lifeline.detach())
            self._status = self._pipe("r")
            self._input = self._pipe("w")
            self._outputs = [self._pipe("r") for _ in range(outputs)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close both ends."""
        self._far.close()
        self._near.close()

    def handed_over(self, spec: Mapping[str, Any]) -> None:
        """Close the far ends, which somebody else has now, and tell them what to do."""
        self._far.close()
        payload = marshal.dumps(dict(spec))
        with suppress(OSError):
            self._lifeline.sendall(len(payload).to_bytes(8, "little") + payload)

    def hang_up(self) -> None:
        """Have the tree ended; may be called from any thread, at any time."""
        with suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_RDWR)

    def exchange(
        self, data: bytes, rooms: Sequence[int], flood: int, patience: float
    ) -> tuple[dict[str, Any], list[Stream]]:
        """Feed the input and read the outputs until the supervisor reports.

        Returns:
            The report, and the outputs. `ended` is also `flood` for an output of more than `flood` bytes, `hung` where
            no report came within `patience` seconds, and for a supervisor that is gone `lost`, or `unbegun` if it went
            before the work started.
        """
        streams = [Stream(room) for room in rooms]
        sources = dict(zip(self._outputs, streams, strict=True))
        rest, end, said = memoryview(data), time.monotonic() + patience, b""
        with selectors.DefaultSelector() as selector:
            for file in (*sources, self._status):
                selector.register(file, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_WRITE)
            while (left := end - time.monotonic()) > 0:
                ready = [key.fileobj for key, _ in selector.select(left)]
                if self._status in ready:
                    more = self._status.read(4096) or b""
                    said += more
                    if said != BEGUN or not more:
                        self._drain(sources)
                        return _report(said), streams
                if self._input in ready:
                    rest = self._feed(selector, rest)
                for source in sources.keys() & ready:
                    if _take(source, sources[source]) is False:
                        selector.unregister(source)
                if max(stream.total for stream in streams) > flood:
                    return {"ended": "flood", "code": -9}, streams
        return {"ended": "hung", "code": -9}, streams

    def _drain(self, sources: Mapping[io.FileIO, Stream]) -> None:
        for source, stream in sources.items():
            while _take(source, stream):
                pass

    def _feed(self, selector: selectors.BaseSelector, rest: memoryview) -> memoryview:
        try:
            rest = rest[self._input.write(rest[:_CHUNK]) or 0 :]
        except OSError:
            rest = rest[:0]
        if not rest:
            selector.unregister(self._input)
            self._input.close()
        return rest

    def _give(self, fd: int) -> None:
        self._far.callback(os.close, fd)
        self.far.append(fd)

    def _pipe(self, mode: Literal["r", "w"]) -> io.FileIO:
        reading, writing = os.pipe()
        near, far = (reading, writing) if mode == "r" else (writing, reading)
        self._give(far)
        os.set_blocking(near, False)
        return self._near.enter_context(io.FileIO(near, mode))


def _take(source: io.FileIO, stream: Stream) -> bool | None:
    """Read a piece: False at the end of the output, None if there is nothing at the moment."""
    data = source.read(_CHUNK)
    if data:
        stream.add(data)
    return None if data is None else bool(data)


def _report(said: bytes) -> dict[str, Any]:
    """Read what a supervisor said until it reported or went."""
    report = said.removeprefix(BEGUN)
    if report:
        return dict(marshal.loads(report))
    return {"ended": "lost" if said else "unbegun", "code": -9}
