"""One writer for a run: in threads, in processes, after a kill, and in forked children."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore, open_store
from surefoot.tools.errors import RunBusy

HOLD = """
s = open_store(path)
try:
    with s.lock('t'):
        print('got', flush=True)
        input()
except RunBusy as e:
    print('busy', flush=True)
"""


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_second_writer_in_this_process_is_refused_at_once(path: Path, in_memory: bool) -> None:
    store = open_store(None if in_memory else path)
    with store.lock("t"):
        with pytest.raises(RunBusy, match="this process already"), store.lock("t"):
            pass
        with store.lock("u"):
            pass
    with store.lock("t"):
        pass
    store.close()


def test_the_lock_is_free_again_after_an_error(store: SqliteStore) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), store.lock("t"):
            raise KeyError


def test_one_of_eight_processes_gets_the_run(store: SqliteStore, start: Any) -> None:
    children = [start(HOLD) for _ in range(8)]
    said = [child.stdout.readline() for child in children]
    assert Counter(said) == {"got\n": 1, "busy\n": 7}
    holder = children[said.index("got\n")]
    with pytest.raises(RunBusy, match=f"process {holder.pid}:"), store.lock("t"):
        pass
    holder.kill()
    holder.wait()
    with store.lock("t"):
        pass


def test_a_stopped_holder_keeps_its_run(store: SqliteStore, start: Any) -> None:
    child = start(HOLD)
    assert child.stdout.readline() == "got\n"
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(RunBusy), store.lock("t"):
        pass
    os.kill(child.pid, signal.SIGCONT)


FORK = """
s = open_store(path)
lock = s.lock('t'); lock.__enter__()
child = os.fork()
if child == 0:
    lock.__exit__(None, None, None)  # not its own to give back
    print('forked', os.getpid(), flush=True); signal.pause()
signal.pause()
"""


def test_a_forked_child_does_not_keep_its_dead_parents_run(store: SqliteStore, start: Any) -> None:
    parent = start(FORK)
    child = int(parent.stdout.readline().split()[1])
    with pytest.raises(RunBusy), store.lock("t"):
        pass
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    try:
        with store.lock("t"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_lock_file_that_was_removed_is_no_second_lock(store: SqliteStore, path: Path) -> None:
    store.upsert_run("t", "r")
    with store.lock("t"), pytest.raises(RunBusy):
        store.delete_run("t")
    assert store.delete_run("t")
    assert list((path.parent / "runs.db.files" / "locks").iterdir()) == []
    with store.lock("t"), pytest.raises(RunBusy), store.lock("t"):
        pass
