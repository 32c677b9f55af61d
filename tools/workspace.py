"""Opens the files of one folder, and of no other: the only door tools have to the file system.

Every open walks from a descriptor of the root, one component at a time, without following links; what is opened
must be a plain file with one name. So neither a path, nor a link, nor a swap between check and use leads outside.
`.surefoot/`, where runs are kept, is not there for tools.
"""

import errno
import hashlib
import os
import stat
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from surefoot.tools.columns import HEAD_BYTES, beginning, columns, has_columns, is_object
from surefoot.tools.entries import (
    FILE_FLAGS,
    FOLDER_FLAGS,
    HOME_NAME,
    below,
    enter,
    hidden,
    is_folder,
    must_be_plain,
    plain_file,
    put,
    reason,
    saying,
)
from surefoot.tools.errors import OutsideWorkspace, ToolError
from surefoot.tools.markup import text_chars

__all__ = ["HOME_NAME", "Workspace"]

_REPLACED = "replaced"

_SHOWN_BEGINNINGS = 20
_BEGINNING_BYTES = 400
_COUNTED_BYTES = 4_000_000
"""So much is read in all to count characters of text."""
_SMALL = 10_000
"""Bytes of a file anybody can read as it is."""


class Workspace:
    """One folder and the files in it; paths are relative to it, or absolute and inside it.

    Every method raises OutsideWorkspace for a path that leads out or is no plain file or folder, and ToolError
    where the file system says no; both say so in one sentence.
    """

    def __init__(self, root: str | Path) -> None:
        self._given = Path(os.path.abspath(root))
        self.root = Path(os.path.realpath(root))
        try:
            self._fd = os.open(self.root, FOLDER_FLAGS)
        except OSError as error:
            raise ToolError(f"The workspace {root} is no folder that can be opened ({reason(error)}).") from error
        weakref.finalize(self, os.close, self._fd)
        self._writing = threading.Lock()

    def relative(self, path: str) -> str:
        """Name a path as seen from the root, with `/` between its parts; the root itself is `.`."""
        if "\x00" in path:
            raise OutsideWorkspace("A path cannot contain the character NUL.")
        if os.path.isabs(path):
            path = self._below(path)
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise OutsideWorkspace(f"The path {path} contains '..'; name files as seen from the workspace.")
        if hidden(parts):
            raise OutsideWorkspace(f"{HOME_NAME}/ belongs to surefoot and is closed to tools.")
        return "/".join(parts) or "."

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO]:
        """Open a plain file for reading."""
        name = self.relative(path)
        with saying(name), self._parent(name) as (folder, last), plain_file(folder, last, name) as file:
            yield file

    def exists(self, path: str) -> bool:
        """Tell whether anything stands at the path, plain or not."""
        name = self.relative(path)
        try:
            with saying(name), self._parent(name) as (folder, last):
                os.lstat(last or ".", dir_fd=folder)
        except ToolError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return False
            raise
        return True

    def read(self, path: str, limit: int = -1) -> bytes:
        """Read a plain file, whole or its first `limit` bytes."""
        with self.reading(path) as file:
            return file.read(limit)

    def walk(
        self,
        path: str = ".",
        *,
        pattern: str = "*",
        recursive: bool = True,
        look: Callable[[], object] = lambda: None,
    ) -> Iterator[tuple[str, int]]:
        """Yield (path, bytes) of the plain files at or below a path, sorted by path.

        `pattern` is a glob for the file's name, or for its whole path if it contains `/`. Folders whose name begins
        with a dot, `node_modules` and `__pycache__` are left out unless `path` names one. `look` is called at every
        entry passed, and ends the walk by raising.
        """
        name = self.relative(path)
        with saying(name), self._folder(name, or_file=True) as fd:
            found = [(name, os.fstat(fd).st_size)] if not is_folder(fd) else below(fd, name, recursive, look)
            for file, size in found:
                if fnmatchcase(file if "/" in pattern else file.rsplit("/", 1)[-1], pattern):
                    yield file, size

    def write(self, path: str, data: bytes, *, overwrite: bool = False) -> str | None:
        """Write a whole file at once: complete or not at all, also when the machine stops.

        Returns:
            The name what was there before is kept by, None if there was nothing.
        """
        name = self.relative(path)
        with self._writing, saying(name), self._parent(name, create=True) as (folder, last):
            before = self._before(folder, last, name)
            if before is not None and not overwrite:
                raise ToolError(f"{name} exists already; pass overwrite=true to replace it.")
            kept = None if before is None else self._keep(last, before[0])
            put(folder, last, data, before[1] if before else None)
            return kept

    def change(self, path: str, edit: Callable[[bytes], bytes]) -> str:
        """Replace a plain file's content by what `edit` makes of it; returns the name the old content is kept by."""
        name = self.relative(path)
        with self._writing, saying(name), self._parent(name) as (folder, last):
            before = self._before(folder, last, name)
            if before is None:
                raise FileNotFoundError(errno.ENOENT, "no such file", name)
            after = edit(before[0])
            kept = self._keep(last, before[0])
            put(folder, last, after, before[1])
            return kept

    def move(self, source: str, destination: str) -> None:
        """Give a plain file or a folder another place; never over something else."""
        old, new = self.relative(source), self.relative(destination)
        if "." in (old, new):
            raise ToolError("The workspace itself cannot be moved or replaced.")
        with self._writing, saying(old), self._parent(old) as (from_fd, from_name):
            must_be_plain(os.lstat(from_name, dir_fd=from_fd), old, folder=True)
            with saying(new), self._parent(new, create=True) as (to_fd, to_name):
                with suppress(FileNotFoundError):
                    os.lstat(to_name, dir_fd=to_fd)
                    raise ToolError(f"{new} exists already; choose another destination.")
                os.rename(from_name, to_name, src_dir_fd=from_fd, dst_dir_fd=to_fd)
                os.fsync(to_fd)

    def delete(self, path: str) -> None:
        """Delete one plain file or one empty folder."""
        name = self.relative(path)
        if name == ".":
            raise ToolError("The workspace itself cannot be deleted.")
        with self._writing, saying(name), self._parent(name) as (folder, last):
            found = os.lstat(last, dir_fd=folder)
            must_be_plain(found, name, folder=True)
            (os.rmdir if stat.S_ISDIR(found.st_mode) else os.unlink)(last, dir_fd=folder)
            os.fsync(folder)

    def overview(self, limit_files: int = 60) -> str:
        """Tell what is here: a line a file, `path (N bytes[; M characters of text][; columns a, b | ; keys a, b | ; begins ...])`, and how
        many more. The characters are told where they are far fewer than the bytes.
        """
        found = list(self.walk())
        lines = []
        left = _COUNTED_BYTES
        for n, (name, size) in enumerate(found[:limit_files]):
            head = self._head(name)
            known = columns(name, head)
            about = f"; {'keys' if is_object(name, head) else 'columns'} {', '.join(known)}" if known else ""
            if not about and n < _SHOWN_BEGINNINGS and (text := beginning(head)):
                about = f"; begins {text}"
            if _SMALL < size <= left:
                left -= size
                about = f"{self._text(name, size)}{about}"
            lines.append(f"{name} ({size} bytes{about})")
        if len(found) > limit_files:
            lines.append(f"... and {len(found) - limit_files} more")
        return "\n".join(lines)

    def kept(self, path: str) -> Iterator[bytes]:
        """Yield every earlier content of a file that was kept when it was replaced."""
        ending = f"-{_short(self.relative(path).rsplit('/', 1)[-1])}"
        with suppress(FileNotFoundError), self._replaced() as folder:
            for name in sorted(os.listdir(folder)):
                if name.endswith(ending):
                    with plain_file(folder, name, name) as file:
                        yield file.read()

    def _head(self, name: str) -> bytes:
        with suppress(ToolError):
            return self.read(name, HEAD_BYTES if has_columns(name) else _BEGINNING_BYTES)
        return b""

    def _text(self, name: str, size: int) -> str:
        with suppress(ToolError):
            chars = text_chars(name, self.read(name, size))
            if chars is not None and chars < 0.9 * size:
                return f"; {chars:,} characters of text"
        return ""

    def _below(self, path: str) -> str:
        clean = os.path.normpath(path) if ".." not in path.split("/") else path
        for root in (self.root, self._given):
            with suppress(ValueError):
                return str(Path(clean).relative_to(root))
        raise OutsideWorkspace(f"{path} is outside the workspace; name files as seen from the workspace.")

    @contextmanager
    def _folder(self, name: str, *, create: bool = False, or_file: bool = False) -> Iterator[int]:
        parts = [] if name == "." else name.split("/")
        fd = os.dup(self._fd)
        try:
            for index, part in enumerate(parts):
                last = or_file and index == len(parts) - 1
                deeper = enter(fd, part, create=create, flags=FILE_FLAGS if last else FOLDER_FLAGS)
                os.close(fd)
                fd = deeper
            if or_file:
                must_be_plain(os.fstat(fd), name, folder=True)
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _parent(self, name: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        parent, _, last = name.rpartition("/")
        with self._folder(parent or ".", create=create) as fd:
            yield fd, last

    @contextmanager
    def _replaced(self, *, create: bool = False) -> Iterator[int]:
        with self._folder(f"{HOME_NAME}/{_REPLACED}", create=create) as fd:
            yield fd

    def _before(self, folder: int, last: str, name: str) -> tuple[bytes, int] | None:
        try:
            with plain_file(folder, last, name) as file:
                return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        except FileNotFoundError:
            return None

    def _keep(self, last: str, data: bytes) -> str:
        name = f"{hashlib.sha256(data).hexdigest()[:16]}-{_short(last)}"
        with self._replaced(create=True) as folder:
            put(folder, name, data, 0o600)
        return f"{HOME_NAME}/{_REPLACED}/{name}"


def _short(name: str) -> str:
    return name[-80:]
