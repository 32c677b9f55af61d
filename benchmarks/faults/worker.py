"""A worker as the driver holds it: a forked process in a group of its own, that can be heard, answered and killed."""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.faults.leg import Answer, OpenHand, Order, work


class Late(Exception):
    """The worker has said nothing until the deadline."""


class Worker:
    """Forks a worker and lets it work.

    The caller has imported everything, runs no thread and holds no store open: so a worker costs milliseconds, and
    shares nothing with those before it but files.
    """

    def __init__(self, open_hand: OpenHand, order: Order) -> None:
        self._reports, report = os.pipe()
        hear, self._answers = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.setpgid(0, 0)
                os.close(self._reports)
                os.close(self._answers)
                errors = os.open(order.folder / "stderr.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.dup2(errors, 1)
                os.dup2(errors, 2)
                work(open_hand, order, report, hear)
            finally:
                os._exit(1)
        os.setpgid(self._pid, self._pid)
        os.close(report)
        os.close(hear)

    def reports(self, deadline: float) -> Iterator[dict[str, Any]]:
        """All it says, until it has ended.

        Raises:
            Late: `deadline` (of `time.monotonic`) comes first.
        """
        buffer = b""
        while True:
            if not select.select([self._reports], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Late
            piece = os.read(self._reports, 65536)
            if not piece:
                return
            *lines, buffer = (buffer + piece).split(b"\n")
            yield from map(json.loads, lines)

    def answer(self, answers: dict[str, Answer]) -> None:
        """Answer what it has asked, if it still lives."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answers, (json.dumps(answers) + "\n").encode())

    def kill(self) -> None:
        """Kill it with all it has started; at once, and whatever it is doing."""
        os.killpg(self._pid, signal.SIGKILL)

    def close(self) -> int:
        """Wait until it is gone; how it ended, negative for a signal."""
        os.close(self._answers)
        os.close(self._reports)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
