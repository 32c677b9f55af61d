"""Shows a query engine the plain files of one folder and nothing else.

Every open walks down from the folder one name at a time without following links, and looks at what it really
opened. So neither a link, nor a `..`, nor a file swapped in the middle of a query leads anywhere else.
"""

import errno
import io
import os
import posixpath
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

from surefoot.tools.entries import only_name
from surefoot.tools.errors import OutsideWorkspace

__all__ = ["SealedFiles"]

_HIDDEN = ".surefoot"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # NONBLOCK: opening a fifo must not wait


class SealedFiles(AbstractFileSystem):  # type: ignore[misc]
    """A read-only file system of scheme `workspace://` over the folder `root`.

    Links, files with a second name (hard links), devices, pipes and the folder `.surefoot` do not exist in it.
    """

    protocol = "workspace"
    cachable = False

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.folder = Path(root).absolute()

    def relative(self, path: str) -> str:
        """Write a path as one relative to the folder.

        Raises:
            OutsideWorkspace: it leaves the folder, or names surefoot's own files.
        """
        path = path.removeprefix(f"{self.protocol}://")
        if posixpath.isabs(path):
            base = next((str(b) for b in (self.folder, self.folder.resolve()) if Path(path).is_relative_to(b)), None)
            if base is None:
                raise OutsideWorkspace(f"{path} is outside the workspace; name a file by its path inside it.")
            path = posixpath.relpath(path, base)
        path = posixpath.normpath(path)
        first = path.split("/", 1)[0]
        if first == ".." or "\0" in path:
            raise OutsideWorkspace(f"{path} is outside the workspace; name a file by its path inside it.")
        if first.casefold() == _HIDDEN:
            raise OutsideWorkspace(f"{path} belongs to surefoot itself and is not readable.")
        return path

    def open(  # pyright: ignore[reportIncompatibleMethodOverride]  the engine passes path and mode alone
        self, path: str, mode: str = "rb", **_: Any
    ) -> io.FileIO:
        """Open a plain file for reading.

        Raises:
            FileNotFoundError: there is no such file.
            OutsideWorkspace: the path passes a link or ends in no plain file.
        """
        if mode != "rb":
            raise PermissionError(f"{path} can only be read.")
        return _Plain(self._descriptor(self.relative(path)), "rb")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell name, size in bytes and type (`file`, `directory`) of one path."""
        name = self.relative(path)
        descriptor = self._descriptor(name, folders=True)
        try:
            return _entry(name, os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List the plain files and folders of one folder."""
        name = self.relative(path)
        descriptor = self._walk([] if name == "." else name.split("/"))
        try:
            with os.scandir(descriptor) as entries:
                inside = [(e.name, e.stat(follow_symlinks=False)) for e in entries]
        finally:
            os.close(descriptor)
        at_top = name == "."
        found = [
            _entry(inner if at_top else f"{name}/{inner}", status)
            for inner, status in sorted(inside)
            if _is_open(status) and not (at_top and inner.casefold() == _HIDDEN)
        ]
        return found if detail else [entry["name"] for entry in found]

    def glob(self, path: str, *_: Any, **__: Any) -> list[Any]:
        """List the files a pattern stands for."""
        found: Any = super().glob(path, detail=True)
        return sorted(name for name, entry in found.items() if entry["type"] == "file")

    def modified(self, path: str) -> datetime:
        """Tell when the file was last changed."""
        return datetime.fromtimestamp(self.info(path)["mtime"], UTC)

    def paths(self) -> Iterator[str]:
        """Go through the relative paths of all files."""
        for folder, _, names in self.walk("."):
            yield from (posixpath.normpath(f"{folder}/{name}") for name in names)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return posixpath.normpath(str(path).removeprefix(f"{cls.protocol}://") or ".")

    def _walk(self, parts: list[str]) -> int:
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts:
            try:
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
            except OSError as error:
                raise _refusal(error, "/".join(parts)) from None
            finally:
                os.close(descriptor)
            descriptor = inner
        return descriptor

    def _descriptor(self, path: str, *, folders: bool = False) -> int:
        if path == ".":
            return self._walk([])
        *parents, last = path.split("/")
        parent = self._walk(parents)
        try:
            descriptor = os.open(last, _FILE, dir_fd=parent)
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                plain = folders
            else:
                plain = _is_open(os.fstat(descriptor)) and only_name(parent, last, descriptor)
        except OSError as error:
            raise _refusal(error, path) from None
        finally:
            os.close(parent)
        if plain:
            return descriptor
        os.close(descriptor)
        raise OutsideWorkspace(f"{path} is not readable: it is no plain file, or it has a second name somewhere else.")


class _Plain(io.FileIO):
    @property
    def size(self) -> int:
        return os.fstat(self.fileno()).st_size

    def __del__(self) -> None:
        self.close()  # the engine drops its files without closing them


def _is_open(status: os.stat_result) -> bool:
    """Say whether a path may be seen: a folder, or a plain file of one name."""
    return stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)


def _entry(name: str, status: os.stat_result) -> dict[str, Any]:
    kind = "directory" if stat.S_ISDIR(status.st_mode) else "file"
    return {"name": name, "size": status.st_size, "type": kind, "mtime": status.st_mtime}


def _refusal(error: OSError, path: str) -> Exception:
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
        return OutsideWorkspace(f"{path} is not readable: it passes a link, or something that is no plain file.")
    if error.errno == errno.EACCES:
        return PermissionError(f"{path} is not readable: permission denied.")
    return FileNotFoundError(f"There is no file {path}.")
