"""Runs Python code that may read one folder and change nothing. Run as a script by `python.py`, inside the child.

Two lines of defence. The kernel's walls (`walls.py`) hold against any code. The audit hook in front of them says in
plain words what to use instead; where the kernel has no such walls it is the only line, so it is stricter there: no
native modules but the standard library's, no change of folder, no look at the interpreter's insides.
"""

import ast
import linecache
import marshal
import os
import posix
import runpy
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

_SYSTEM = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"]
_SYSTEM += ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/meminfo", "/proc/cpuinfo"]
_SYSTEM += ["/sys/devices/system/cpu", "/System/Library", "/Library/Frameworks", "/opt/homebrew"]
_WRITES = (
    "run_python may only read the workspace: print the result and use write_file, edit_file, move_file or delete_file"
)
_NETWORK = "run_python has no network: use fetch_url"
_PROGRAMS = "run_python starts no other programs and sends no signals"
_INSIDES = "run_python has no ctypes and no look at the interpreter's insides"


def main() -> None:
    """Take the code from standard input, shut the process in, run it."""
    spec: dict[str, Any] = marshal.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    workspace, scratch = spec["workspace"], spec["scratch"]
    entries = [f"{workspace}/{name}" for name in os.listdir(workspace) if name.casefold() != spec["hidden"]]
    libraries = [os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, sys.exec_prefix)]
    readable = [*_SYSTEM, *libraries, *(path for path in entries if not os.path.islink(path))]
    standing = spec["walls"] and _walls(readable, workspace, scratch)
    if not standing:
        _blunt()
    allowed = [workspace, scratch, *(os.path.realpath(path) for path in _SYSTEM), *_SYSTEM, *libraries]
    sys.addaudithook(_hook(allowed, scratch, f"{workspace}/{spec['hidden']}", workspace, strict=not standing))
    sys.exit(_run(spec["code"]))


def _walls(readable: list[str], workspace: str, scratch: str) -> bool:
    walls = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "walls.py"))
    return bool(walls["raise_walls"](readable, [workspace], [scratch, "/dev/null"]))


def _blunt() -> None:
    """Take away what no audit event covers."""
    import subprocess
    from importlib import _bootstrap

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(_PROGRAMS)

    for name in sys.builtin_module_names:
        __import__(name)
    for module, names in {
        sys.modules["_posixsubprocess"]: ["fork_exec"],
        subprocess: ["_fork_exec", "_posixsubprocess"],
        os: ["mkfifo", "mknod", "posix_spawn", "posix_spawnp", "chroot", "kill", "killpg", "setxattr", "removexattr"],
        posix: [
            "mkfifo",
            "mknod",
            "posix_spawn",
            "posix_spawnp",
            "chroot",
            "kill",
            "killpg",
            "setxattr",
            "removexattr",
        ],
        _bootstrap._imp: ["create_builtin"],  # type: ignore[attr-defined]
    }.items():
        for name in names:
            if hasattr(module, name):
                setattr(module, name, refuse)


def _hook(allowed: list[str], scratch: str, hidden: str, workspace: str, *, strict: bool) -> Callable[..., None]:
    """Build the audit hook. It keeps all it uses in its own cells: nothing the code can reach changes it."""
    place = _placer()
    refused = _refused_events(strict)
    changing = _CHANGING
    o_write = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    natives = (f"{os.path.dirname(os.__file__)}/lib-dynload/",)
    forbidden_natives = frozenset({"_ctypes", "_sqlite3", "_dbm", "_gdbm", "_posixsubprocess", "readline", "_curses"})
    lstat, error, text_of, kinds, length = posix.lstat, PermissionError, str, (str, bytes), len
    has, bad_import, type_of, os_error, integer = isinstance, ImportError, type, OSError, int
    writes, native = _WRITES, "run_python has no native modules here"

    def inside(path: str, roots: list[str]) -> bool:
        for root in roots:
            if path == root or path.startswith(root + "/"):
                return True
        return False

    def check_read(path: Any) -> None:
        found = place(path, None)
        if found is None:
            return
        if not inside(found, allowed) or found.casefold() == hidden or found.casefold().startswith(hidden + "/"):
            raise error(f"run_python reads only the workspace and the Python libraries, not {found}")
        if inside(found, [workspace]):
            try:
                linked = lstat(found)
            except os_error:
                return
            if linked.st_nlink != 1 and linked.st_mode & 0o170000 == 0o100000:
                raise error(f"run_python reads no hard links such as {found}")

    def check_write(path: Any, dir_fd: Any = None) -> None:
        if dir_fd is not None and dir_fd != -1 and not strict:
            return
        found = place(path, dir_fd)
        if found is None or not (inside(found, [scratch]) or found == "/dev/null"):
            raise error(writes)

    def check_import(name: Any, path: Any) -> None:
        if name in forbidden_natives:
            raise bad_import(f"{native}: {name}")
        if has(path, text_of) and not path.startswith(natives):
            raise bad_import(f"{native}: {name}")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if strict and type_of(path) not in kinds and not has(path, integer):
                raise error("run_python opens files by plain text paths")
            if has(flags, integer) and flags & o_write:
                if not has(path, integer):
                    check_write(path)
            else:
                check_read(path)
        elif event in ("os.listdir", "os.scandir"):
            check_read("." if args[0] is None else args[0])
        elif event in changing:
            for position, dir_position in changing[event]:
                check_write(args[position], args[dir_position] if dir_position < length(args) else None)
        elif event == "import" and strict:
            check_import(args[0], args[1])
        elif event == "socket.__new__":
            if args[1] != 1:
                raise error(refused["socket.connect"])
        elif event in refused and not (event == "ctypes.dlopen" and args[0] is None):
            raise error(refused[event])

    return hook


_CHANGING: dict[str, list[tuple[int, int]]] = {
    "os.remove": [(0, 1)],
    "os.rmdir": [(0, 1)],
    "os.mkdir": [(0, 2)],
    "os.rename": [(0, 2), (1, 3)],
    "os.link": [(0, 2), (1, 3)],
    "os.symlink": [(1, 2)],
    "os.chmod": [(0, 2)],
    "os.chown": [(0, 3)],
    "os.utime": [(0, 3)],
    "os.truncate": [(0, 9)],
    "os.setxattr": [(0, 9)],
    "os.removexattr": [(0, 9)],
    "os.chflags": [(0, 9)],
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
    """Build the function that says where a path leads, following links itself; None = a descriptor, already open."""
    readlink, getcwd, fspath, fsdecode = posix.readlink, posix.getcwd, posix.fspath, os.fsdecode
    os_error, has, number, most = OSError, isinstance, int, 40
    encoding = sys.getfilesystemencoding()
    as_bytes = bytes

    def place(path: Any, dir_fd: Any) -> str | None:
        if has(path, number):
            return None
        raw = fspath(path)
        text = raw.decode(encoding, "surrogateescape") if has(raw, as_bytes) else raw
        try:
            start = getcwd() if dir_fd is None or dir_fd == -1 else readlink(f"/proc/self/fd/{dir_fd}")
        except os_error:
            return "/"
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

    del fsdecode
    return place


def _run(code: str) -> int:
    """Run the code as a script; when its last line is an expression, show its value as a notebook would."""
    linecache.cache["<code>"] = (len(code), None, code.splitlines(keepends=True), "<code>")
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        tree = ast.parse(code, "<code>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<code>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<code>", "eval"), names)
            if value is not None:
                print(repr(value))
    except SystemExit as end:
        return _exit_code(end)
    except BaseException as error:
        _show(error)
        return 1
    return 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return int(end.code or 0) & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def _show(error: BaseException) -> None:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    own = [frame for frame in traceback.extract_tb(frames) if frame.filename != __file__]
    sys.stdout.flush()
    if own:
        sys.stderr.write("Traceback (most recent call last):\n" + "".join(traceback.format_list(own)))
    sys.stderr.write("".join(traceback.format_exception_only(error)))


if __name__ == "__main__":
    main()
