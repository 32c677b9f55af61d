"""Writes the log of each run on as a file of JSON lines, for other programs to follow.

A file is a copy of the log as far as it goes, in its order: whoever writes goes on behind the last whole line, so that
no event is missing or there twice, whatever process died in the middle of a line.
"""

import fcntl
import hashlib
import itertools
import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from surefoot.graph.store.private import explained, make_folder

__all__ = ["EventFiles", "Lines"]

Lines = Callable[[str, int], Iterable[str]]
"""(run id, number of an event) -> the events after it, each as one JSON object with `seq` in front."""

_TAIL = 4096
_KNOWN = 4096
"""Runs of which it is remembered how far their files go; the end of another one's is read again."""


class EventFiles:
    """The files of a folder, one for each run; mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._known: dict[str, tuple[int, int]] = {}
        """By run: the file's size when this process last wrote, and the number of its last event."""
        self._asked = itertools.count(1)
        self._served: dict[str, int] = {}
        """By run: all that was in its log when this was asked is in its file."""

    def path(self, run_id: str) -> Path:
        """Where the events of a run are."""
        return self.folder / _name(run_id)

    def follow(self, run_id: str, lines: Lines) -> None:
        """Write what the log has and the file has not.

        Where many ask at once, as the branches of a wide plan do, one of them writes for all who wait.

        Raises:
            StoreError: the file cannot be written.
        """
        path, asked = self.path(run_id), next(self._asked)
        with self._mutex, explained(path):
            if self._served.get(run_id, 0) > asked:
                return
            serving = next(self._asked)
            if run_id not in self._known:
                make_folder(self.folder)
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                size, last = os.fstat(handle).st_size, 0
                if self._known.get(run_id, (0, 0))[0] == size:
                    last = self._known.get(run_id, (0, 0))[1]
                else:
                    size, last = _cut_to_whole_lines(handle, size)
                for line in lines(run_id, last):
                    data = f"{line}\n".encode("ascii")
                    while data:
                        written = os.write(handle, data)
                        size, data = size + written, data[written:]
                    last = _number(line)
                if len(self._known) >= _KNOWN:
                    self._known, self._served = {}, {}
                self._known[run_id] = size, last
                self._served[run_id] = serving
            finally:
                os.close(handle)

    def forget(self, run_id: str) -> None:
        """Delete the file of a run."""
        path = self.path(run_id)
        with self._mutex, explained(path):
            self._known.pop(run_id, None)
            self._served.pop(run_id, None)
            path.unlink(missing_ok=True)


@lru_cache(maxsize=1024)
def _name(run_id: str) -> str:
    name = re.sub(r"[^\w-]", "_", run_id)[:50]
    return f"{name}-{hashlib.sha256(run_id.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}.jsonl"


def _cut_to_whole_lines(handle: int, size: int) -> tuple[int, int]:
    """Take off a line that was cut short; the size that is left, and the number of the last event."""
    tail = b""
    start = size
    while start and tail.count(b"\n") < 2:
        start = max(0, start - max(_TAIL, len(tail)))
        tail = os.pread(handle, size - start, start)
    whole, _, torn = tail.rpartition(b"\n")
    size -= len(torn)
    if not whole:
        os.ftruncate(handle, 0)
        return 0, 0
    try:
        last = _number(whole.rpartition(b"\n")[2].decode("ascii"))
    except ValueError:  # no line of ours: a lost file system block, or somebody else's text
        size, last = 0, 0
    os.ftruncate(handle, size)
    return size, last


def _number(line: str) -> int:
    found = re.match(r'\{"seq":(\d+),', line)
    if not found or not line.endswith("}"):
        raise ValueError(json.dumps(line[:80]))
    return int(found[1])
