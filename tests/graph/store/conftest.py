"""A store on a real file or a real server, and real processes that work on it."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nursery import Child, Nursery

from surefoot.graph.store import SqliteStore, Store, open_store

PREAMBLE = """
import os, signal, sys
from surefoot.graph.store import open_store
from surefoot.tools.errors import RunBusy, StoreError
path = sys.argv[1]
def die(): os.kill(os.getpid(), signal.SIGKILL)
def fork(count, work):
    # Runs work(n) in that many processes, past the slow imports; exits with the number that failed.
    gate, opened = os.pipe()
    if children := [pid for n in range(count) if (pid := os.fork() or _work(n, work, gate, opened))]:
        os.close(opened)
        sys.exit(sum(os.waitpid(pid, 0)[1] != 0 for pid in children))
def _work(n, work, gate, opened):
    os.close(opened)
    os.read(gate, 1)  # all begin when the parent has closed its end
    try: work(n); sys.stdout.flush(); os._exit(0)
    except BaseException as error: os.write(2, repr(error).encode()); os._exit(1)
"""

Start = Callable[..., Child]


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    """An empty store of either kind."""
    with open_store(place) as opened:
        yield opened


@pytest.fixture
def file_store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as opened:
        yield opened


@pytest.fixture
def start(path: Path, nursery: Nursery) -> Iterator[Start]:
    """Start a process that runs Python code on a place, the file if none is named; all are ended with the test."""
    started: list[Child] = []

    def run(code: str, *arguments: str, at: Path | str = path) -> Child:
        started.append(nursery.start(PREAMBLE + code, str(at), *arguments))
        return started[-1]

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
