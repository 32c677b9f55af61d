"""Works on the entries of an open folder by its descriptor, never through a link.

The steps `Workspace` is made of: enter a folder, list what is below, put a file in place, and say in one sentence
what the file system answered.
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from typing import BinaryIO

from surefoot.tools.errors import OutsideWorkspace, ToolError

__all__ = [
    "FILE_FLAGS",
    "FOLDER_FLAGS",
    "HOME_NAME",
    "below",
    "enter",
    "hidden",
    "is_folder",
    "must_be_plain",
    "only_name",
    "plain_file",
    "put",
    "reason",
    "saying",
]

HOME_NAME = ".surefoot"
"""The folder at the top of a workspace where runs are kept; not there for tools."""
_TEMPORARY = ".surefoot-*.tmp"
_MAX_DEPTH = 60
_TRIES = 20
"""Opens of a file that is replaced each time in between, before it is given up."""
_NOISE = frozenset({"node_modules", "__pycache__"})
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def hidden(parts: list[str]) -> bool:
    """Tell whether a path belongs to surefoot itself."""
    return bool(parts) and (parts[0].casefold() == HOME_NAME or fnmatchcase(parts[-1], _TEMPORARY))


def enter(folder: int, part: str, *, create: bool, flags: int) -> int:
    """Open one entry of an open folder; with `create` a missing folder is made."""
    try:
        return os.open(part, flags, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(part, 0o700 if part == HOME_NAME else 0o777, dir_fd=folder)
    return os.open(part, flags, dir_fd=folder)


def is_folder(fd: int) -> bool:
    """Tell whether a descriptor is a folder."""
    return stat.S_ISDIR(os.fstat(fd).st_mode)


def below(fd: int, name: str, recursive: bool, look: Callable[[], object]) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes) of the plain files below an open folder, sorted; what cannot be read is left out.

    `look` is called at every entry, and ends it all by raising.
    """
    prefix = "" if name == "." else f"{name}/"
    with os.scandir(fd) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        look()
        parts = f"{prefix}{entry.name}".split("/")
        with suppress(OSError):
            info = entry.stat(follow_symlinks=False)
            if hidden(parts) or not entry.name.isprintable():
                continue
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 1:
                yield "/".join(parts), info.st_size
            elif stat.S_ISDIR(info.st_mode) and recursive and len(parts) < _MAX_DEPTH and not _noise(entry.name):
                deeper = os.open(entry.name, FOLDER_FLAGS, dir_fd=fd)
                try:
                    yield from below(deeper, "/".join(parts), recursive, look)
                finally:
                    os.close(deeper)


def _noise(name: str) -> bool:
    return name.startswith(".") or name in _NOISE


def must_be_plain(found: os.stat_result, name: str, *, folder: bool = False) -> None:
    """Refuse what is neither a plain file with one name nor, with `folder`, a folder."""
    if folder and stat.S_ISDIR(found.st_mode):
        return
    if stat.S_ISDIR(found.st_mode):
        raise ToolError(f"{name} is a folder, not a file; list_files shows what is in it.")
    if not stat.S_ISREG(found.st_mode):
        raise OutsideWorkspace(f"{name} is a link or a device, no plain file.")
    if found.st_nlink > 1:
        raise OutsideWorkspace(f"{name} has a second name elsewhere (a hard link), so it is closed to tools.")


def plain_file(folder: int, name: str, shown: str) -> BinaryIO:
    """Open a plain file in an open folder for reading; `shown` is the path to name in a refusal."""
    for _ in range(_TRIES):
        fd = os.open(name, FILE_FLAGS, dir_fd=folder)
        try:
            must_be_plain(os.fstat(fd), shown)
            if only_name(folder, name, fd):
                return os.fdopen(os.dup(fd), "rb")
        finally:
            os.close(fd)
    raise ToolError(f"{shown} is being replaced again and again; try later.")


def only_name(folder: int, name: str, fd: int) -> bool:
    """Tell whether an open file has this name in this folder and no other name anywhere, at one and the same moment.

    A count of names taken from the open file alone does not tell which name it is: a second one, a hard link to a file
    outside, may have been removed since it was opened by it.
    """
    try:
        entry = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return os.path.samestat(entry, os.fstat(fd)) and entry.st_nlink == 1


def put(folder: int, name: str, data: bytes, mode: int | None) -> None:
    """Put a whole file in place in one step, on the disk when this returns; `mode` None = the usual one."""
    temporary = _TEMPORARY.replace("*", secrets.token_hex(8))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o666 if mode is None else 0o600, dir_fd=folder), "wb") as file:
            file.write(data)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


@contextmanager
def saying(name: str) -> Iterator[None]:
    """Turn what the file system answers into one sentence about the path."""
    try:
        yield
    except FileNotFoundError as error:
        raise ToolError(f"There is no {name} in the workspace; list_files shows what there is.") from error
    except OSError as error:
        if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and error.filename is not None):
            raise OutsideWorkspace(f"The path {name} passes through a link or a file, not only folders.") from error
        if error.errno == errno.ENXIO:
            raise OutsideWorkspace(f"{name} is a link or a device, no plain file.") from error
        raise ToolError(f"{name}: {reason(error)}.") from error


def reason(error: OSError) -> str:
    """Say what the operating system answered."""
    return (error.strerror or str(error)).lower()
