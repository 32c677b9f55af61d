"""Lets one writer at a time work on a run, and refuses the next one at once."""

import contextlib
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from surefoot.graph.store.private import explained
from surefoot.tools.errors import RunBusy


class Locks(Protocol):
    """One lock per thread id; refused at once when taken, also by this process."""

    def hold(self, thread_id: str) -> contextlib.AbstractContextManager[None]: ...

    def forget(self, thread_id: str) -> None:
        """Remove what is left of the lock; call it while holding it."""
        ...


class MemoryLocks:
    """Locks for a store that lives and dies with this process."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held: set[str] = set()

    @contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run."""
        with self._mutex:
            if thread_id in self._held:
                raise busy(thread_id, str(os.getpid()))
            self._held.add(thread_id)
        try:
            yield
        finally:
            with self._mutex:
                self._held.discard(thread_id)

    def forget(self, thread_id: str) -> None: ...


class FileLocks:
    """One flock file per thread id, with the holder's process id in it; the kernel frees it when the holder dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Become the only writer of a run."""
        with explained(self.folder):
            handle = self._open(thread_id)
        _inherited_by_forks.add(handle)
        try:
            yield
        finally:
            if handle in _inherited_by_forks:  # not so in a forked child, where the number may be another file's by now
                _inherited_by_forks.discard(handle)
                os.close(handle)

    def forget(self, thread_id: str) -> None:
        """Remove the lock file; call it while holding it."""
        with contextlib.suppress(FileNotFoundError):
            self._path(thread_id).unlink()

    def _path(self, thread_id: str) -> Path:
        return self.folder / f"{hashlib.sha256(thread_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.lock"

    def _open(self, thread_id: str) -> int:
        path = self._path(thread_id)
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(handle, path):  # not a file that `forget` has removed since
                    os.ftruncate(handle, 0)
                    os.pwrite(handle, str(os.getpid()).encode(), 0)
                    return handle
            except BlockingIOError:
                holder = os.pread(handle, 20, 0).decode("ascii", "replace")
                os.close(handle)
                raise busy(thread_id, holder) from None
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)


class SeenLocks(FileLocks):
    """The locks of a store that cannot be written here: told from outside, and never left."""

    def _open(self, thread_id: str) -> int:
        try:
            handle = os.open(self._path(thread_id), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)  # nobody has ever worked on it
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace")
            os.close(handle)
            raise busy(thread_id, holder) from None
        return handle


_inherited_by_forks: set[int] = set()


def _let_go() -> None:
    # A forked child shares the parent's lock and would hold it on after the parent's death.
    for handle in _inherited_by_forks:
        with contextlib.suppress(OSError):
            os.close(handle)
    _inherited_by_forks.clear()


os.register_at_fork(after_in_child=_let_go)


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def busy(thread_id: str, holder: str, host: str = "") -> RunBusy:
    """Say who works on a run: the number of the process, and its machine if that is another one."""
    who = f"process {holder}" if holder.isdecimal() else "another process"
    if host:
        who += f" on {host}"
    elif holder == str(os.getpid()):
        who = "this process already"
    return RunBusy(f"The run {short(thread_id)!r} is being worked on by {who}: wait until it is done, or end it.")


def short(thread_id: str) -> str:
    """Cut a name for a message."""
    return thread_id if len(thread_id) <= 80 else f"{thread_id[:80]}..."
