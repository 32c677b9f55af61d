"""Makes folders and files that only their owner can read, whatever the umask."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.tools.errors import StoreError


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn what the file system refuses at a place into a StoreError of one sentence."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StoreError(
            f"{place} cannot be used ({why}): make it readable and writable, or choose another."
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each with mode 0700; those that exist stay as they are."""
    for place in reversed((folder, *folder.parents)):
        if not place.exists():
            with contextlib.suppress(FileExistsError):
                place.mkdir(mode=0o700)


def write_private(path: Path, data: bytes) -> None:
    """Put a whole file in place at once, mode 0600, on the disk when this returns."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that new names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
