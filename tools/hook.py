"""Says no, in plain words, to what code under `run_python` may not do: an audit hook.

Run by `guard.py` inside the child, with nothing but the standard library. Behind the kernel's walls it only explains.
Where there are none it is the only line and stricter: no native modules but the standard library's, no change of
folder. It then stops mistakes and the usual tricks, but no hook written in Python holds against code made to break
it; so `python.py` lets a person decide there.
"""

import os
import posix
import signal
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["blunt", "make_hook"]

_WRITES = (
    "run_python may only read the workspace: print the result and use write_file, edit_file, move_file or delete_file"
)
_NETWORK = "run_python has no network: use fetch_url"
_PROGRAMS = "run_python starts no other programs and sends no signals"
_INSIDES = "run_python has no ctypes and no look at the interpreter's insides"


def blunt() -> None:
    """Take away what no audit event covers."""
    import subprocess
    from importlib import _bootstrap

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(_PROGRAMS)

    for name in [*sys.builtin_module_names, "asyncio"]:
        __import__(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]
    uncovered = ["mkfifo", "mknod", "posix_spawn", "posix_spawnp", "chroot", "kill", "killpg", "pidfd_open"]
    table: list[tuple[Any, list[str]]] = [
        (sys.modules["_posixsubprocess"], ["fork_exec"]),
        (subprocess, ["_fork_exec", "_posixsubprocess"]),
        (os, uncovered),
        (posix, uncovered),
        (signal, ["pidfd_send_signal"]),
        (sys.modules["_signal"], ["pidfd_send_signal"]),
        (vars(_bootstrap)["_imp"], ["create_builtin"]),
    ]
    for module, names in table:
        for name in names:
            if hasattr(module, name):
                setattr(module, name, refuse)


def make_hook(workspace: str, scratch: str, hidden: str, libraries: list[str], *, strict: bool) -> Callable[..., None]:
    """Build the audit hook.

    It and its parts keep all they use in their own cells, as immutable values or copies, because the code that is
    run can reach and change this module's globals, the builtins and what the frames of a refusal show.
    """
    check_read, check_write = _read_check(workspace, hidden, (scratch, *libraries)), _write_check(scratch, strict)
    check_open, check_event = _open_check(check_read, check_write, strict), _event_check(strict)
    check_import = _import_check() if strict else None
    changes, changing, length = frozenset(_CHANGING), tuple(_CHANGING.items()), len

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            check_open(args[0], args[2])
        elif event in ("os.listdir", "os.scandir"):
            check_read("." if args[0] is None else args[0])
        elif event in changes:
            for name, places in changing:
                for path, folder in places if name == event else ():
                    check_write(args[path], args[folder] if folder < length(args) else None)
        elif event == "import":
            if check_import is not None:
                check_import(args[0], args[1])
        else:
            check_event(event, args)

    return hook


def _open_check(
    check_read: Callable[[Any], None], check_write: Callable[..., None], strict: bool
) -> Callable[[Any, Any], None]:
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    plain, type_of, has, integer, error = (str, bytes, int), type, isinstance, int, PermissionError

    def check(path: Any, flags: Any) -> None:
        if strict and type_of(path) not in plain:
            raise error("run_python opens files by plain text paths")
        if has(path, integer):
            return
        if not has(flags, integer) or flags & writing:
            check_write(path)
        else:
            check_read(path)

    return check


def _read_check(workspace: str, hidden: str, others: tuple[str, ...]) -> Callable[[Any], None]:
    place, lstat, error, os_error = _placer(), posix.lstat, PermissionError, OSError
    roots = (workspace, *others)
    below, own, home = tuple(f"{root}/" for root in roots), f"{workspace}/", f"{workspace}/{hidden}"

    def check(path: Any) -> None:
        found = place(path, None)
        if found is None:
            return
        folded = f"{found}/"
        at_home = folded.startswith(own) and f"{own}{folded[own_length:].casefold()}".startswith(f"{home}/")
        if at_home or not (found in roots or found.startswith(below)):
            raise error(f"run_python reads only the workspace and the Python libraries, not {found}")
        if found.startswith(own):
            try:
                linked = lstat(found)
            except os_error:
                return
            if linked.st_nlink != 1 and linked.st_mode & 0o170000 == 0o100000:
                raise error(f"run_python reads no hard links such as {found}")

    own_length = len(own)
    return check


def _write_check(scratch: str, strict: bool) -> Callable[..., None]:
    place, error, writes, below = _placer(), PermissionError, _WRITES, f"{scratch}/"

    def check(path: Any, folder: Any = None) -> None:
        found = place(path, folder)
        if found is None and not strict:
            return
        if found is None or (found != "/dev/null" and not f"{found}/".startswith(below)):
            raise error(writes)

    return check


def _import_check() -> Callable[[Any, Any], None]:
    natives, error, has, text = f"{os.path.dirname(os.__file__)}/lib-dynload/", ImportError, isinstance, str
    forbidden = frozenset(
        [
            "_ctypes",
            "_sqlite3",
            "_dbm",
            "_gdbm",
            "_posixsubprocess",
            "readline",
            "_curses",
            "_tkinter",
            "syslog",
            "nis",
            "spwd",
        ]
    )

    def check(name: Any, path: Any) -> None:
        outside = has(path, text) and not path.startswith(natives)
        if name in forbidden or name.startswith(("_test", "_xx")) or outside:
            raise error(f"run_python has only the standard library's own native modules here, not {name}")

    return check


def _event_check(strict: bool) -> Callable[[str, tuple[Any, ...]], None]:
    table, error, network = _refused_events(strict), PermissionError, _NETWORK
    refused, reasons = frozenset(table), tuple(table.items())

    def check(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.__new__" and args[1] != 1:
            raise error(network)
        if event in refused and not (event == "ctypes.dlopen" and args[0] is None):
            for name, reason in reasons:
                if name == event:
                    raise error(reason)

    del table
    return check


_CHANGING: dict[str, tuple[tuple[int, int], ...]] = {
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.truncate": ((0, 9),),
    "os.setxattr": ((0, 9),),
    "os.removexattr": ((0, 9),),
    "os.chflags": ((0, 9),),
}
"""Audit events that change a path: where in their arguments the path and its folder descriptor stand."""


def _refused_events(strict: bool) -> dict[str, str]:
    network = ["connect", "bind", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo"]
    programs = ["subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"]
    programs += ["os.startfile", "os.kill", "os.killpg", "pty.spawn", "resource.setrlimit", "resource.prlimit"]
    insides = ["dlopen", "dlsym", "dlsym/handle", "call_function", "string_at", "wstring_at", "cdata", "cdata/buffer"]
    table = {f"socket.{name}": _NETWORK for name in network}
    table |= dict.fromkeys(programs, _PROGRAMS)
    table |= {f"ctypes.{name}": _INSIDES for name in insides}
    table |= dict.fromkeys(["gc.get_objects", "gc.get_referrers", "gc.get_referents"], _INSIDES)
    if strict:
        table |= dict.fromkeys(["code.__new__", "sqlite3.connect"], _INSIDES)
        table |= dict.fromkeys(["os.chdir", "os.fchdir"], "run_python stays in the workspace's top folder")
    return table


def _placer() -> Callable[[Any, Any], str | None]:
    """Build the function that says where a path leads, following links itself; None = it cannot be told."""
    readlink, getcwd, fspath = posix.readlink, posix.getcwd, posix.fspath
    os_error, has, number, most = OSError, isinstance, int, 40
    encoding, as_bytes = sys.getfilesystemencoding(), bytes

    def place(path: Any, dir_fd: Any) -> str | None:
        if has(path, number):
            return None
        raw = fspath(path)
        text = raw.decode(encoding, "surrogateescape") if has(raw, as_bytes) else raw
        try:
            start = getcwd() if dir_fd is None or dir_fd == -1 else readlink(f"/proc/self/fd/{dir_fd}")
        except os_error:
            return None
        todo = (text if text.startswith("/") else f"{start}/{text}").split("/")[::-1]
        done: list[str] = []
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                done = done[:-1]
            elif part and part != ".":
                try:
                    target = readlink("/" + "/".join([*done, part]))
                except os_error:
                    done.append(part)
                    continue
                links += 1
                if links > most:
                    return "/"
                done = [] if target.startswith("/") else done
                todo.extend(target.split("/")[::-1])
        return "/" + "/".join(done)

    return place
