"""One writer for a run: in threads, in processes, after a kill, and in forked children."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore, Store, locks, open_store
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
def test_a_second_writer_in_this_process_is_refused_at_once(place: Any, in_memory: bool) -> None:
    store = open_store(None if in_memory else place)
    with store.lock("t"):
        with pytest.raises(RunBusy, match="this process already"), store.lock("t"):
            pass
        with store.lock("u"):
            pass
    with store.lock("t"):
        pass
    store.close()


def test_the_lock_is_free_again_after_an_error(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), store.lock("t"):
            raise KeyError


RACE = """
def work(n):
    try: lock = open_store(path).lock('t'); lock.__enter__()
    except RunBusy: os.write(1, b'busy 0\\n')
    else: os.write(1, b'got %d\\n' % os.getpid()); signal.pause()
fork(8, work)
"""


def test_one_of_eight_processes_gets_the_run(store: Store, place: Any, start: Any) -> None:
    race = start(RACE, at=place)
    said = [race.stdout.readline().split() for _ in range(8)]
    assert Counter(word for word, _ in said) == {"got": 1, "busy": 7}
    holder = max(int(number) for _, number in said)
    with pytest.raises(RunBusy, match=f"process {holder}:"), store.lock("t"):
        pass
    os.kill(holder, signal.SIGKILL)
    assert race.wait() == 1
    with store.lock("t"):
        pass


def test_a_stopped_holder_keeps_its_run(store: Store, place: Any, start: Any) -> None:
    child = start(HOLD, at=place)
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
    if sys.argv[2] == 'leaves the block':
        files = [os.open('/dev/null', os.O_RDONLY) for _ in range(9)]
        lock.__exit__(None, None, None)
        for file in files: os.fstat(file)
    print('forked', os.getpid(), flush=True)
signal.pause()
"""


@pytest.mark.parametrize("then", ["stays in the block", "leaves the block"])
def test_a_forked_child_does_not_keep_its_dead_parents_run(store: Store, place: Any, start: Any, then: str) -> None:
    parent = start(FORK, then, at=place)
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


def test_a_lock_file_removed_while_waiting_for_it_is_not_held(
    file_store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, times = locks.fcntl.flock, []

    def removed_first(handle: int, operation: int) -> None:
        if not times:
            next((path.parent / "runs.db.files" / "locks").iterdir()).unlink()
        times.append(handle)
        flock(handle, operation)

    monkeypatch.setattr(locks.fcntl, "flock", removed_first)
    with file_store.lock("t"), pytest.raises(RunBusy), file_store.lock("t"):
        pass
    assert len(times) == 3


def test_a_lock_file_that_was_removed_is_no_second_lock(file_store: SqliteStore, path: Path) -> None:
    file_store.upsert_run("t", "r")
    with file_store.lock("t"), pytest.raises(RunBusy):
        file_store.delete_run("t")
    assert file_store.delete_run("t")
    assert list((path.parent / "runs.db.files" / "locks").iterdir()) == []
    with file_store.lock("t"), pytest.raises(RunBusy), file_store.lock("t"):
        pass
