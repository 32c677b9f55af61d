"""Makes folders and files that only their owner can read, whatever the umask."""

import contextlib
import os
import tempfile
from pathlib import Path

from surefoot.tools.errors import StoreError


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each with mode 0700; those that exist stay as they are.

    Raises:
        StoreError: a file is in the way, or the place cannot be written.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        for place in reversed(missing):
            with contextlib.suppress(FileExistsError):
                place.mkdir(mode=0o700)
                place.chmod(0o700)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {error.strerror}; choose another place.") from error
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder: move it away or choose another place.")


def write_private(path: Path, data: bytes) -> None:
    """Put a whole file in place at once, mode 0600, on the disk when this returns.

    Raises:
        StoreError: it cannot be written.
    """
    try:
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
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from error


def sync_folder(folder: Path) -> None:
    """Make sure that new names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
