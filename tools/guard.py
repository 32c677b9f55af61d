"""Runs Python code that may read one folder and change nothing. Run as a script by `python.py`, inside the child.

Two lines of defence. The kernel's walls (`walls.py`) hold against any code. The audit hook in front of
them (`hook.py`) says in plain words what to use instead; alone, it is weaker.
"""

import ast
import linecache
import marshal
import os
import runpy
import stat
import sys
import traceback
from typing import Any

_SYSTEM = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"]
_SYSTEM += ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/meminfo", "/proc/cpuinfo"]
_SYSTEM += [
    "/nix/store",
    "/sys/devices/system/cpu",
    "/proc/self/cgroup",
    "/sys/fs/cgroup",
    "/System/Library",
    "/Library/Frameworks",
    "/opt/homebrew",
]


def main() -> None:
    """Take the code from standard input, shut the process in, run it."""
    spec: dict[str, Any] = marshal.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    workspace, scratch, hidden = spec["workspace"], spec["scratch"], spec["hidden"]
    hook, standing = _beside("hook.py"), bool(spec["walls"])
    if not standing:
        hook["blunt"]()
    elif not _walls(workspace, scratch, hidden):
        sys.exit("run_python is shut off: this machine refused to confine it.")
    sys.addaudithook(hook["make_hook"](workspace, scratch, hidden, libraries(), strict=not standing))
    sys.exit(_run(spec["code"]))


def libraries() -> list[str]:
    """Name what any code may read: the interpreter, its packages, the system's libraries."""
    return [*_SYSTEM, *(os.path.realpath(path) for path in (*_SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix))]


def _beside(name: str) -> dict[str, Any]:
    return runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), name))


def _walls(workspace: str, scratch: str, hidden: str) -> bool:
    entries = [f"{workspace}/{name}" for name in os.listdir(workspace) if name.casefold() != hidden]
    readable = [*libraries(), *filter(_own, entries)]
    return bool(_beside("walls.py")["raise_walls"](readable, [workspace], [scratch, "/dev/null"]))


def _own(path: str) -> bool:
    """Whether a name in the workspace leads to nothing outside: the kernel's rules hold for files, under every name."""
    about = os.lstat(path)
    return not stat.S_ISLNK(about.st_mode) and (stat.S_ISDIR(about.st_mode) or about.st_nlink == 1)


def _run(code: str) -> int:
    """Run the code as a script; when its last line is an expression, show its value as a notebook would."""
    linecache.cache["<code>"] = (len(code), None, code.splitlines(keepends=True), "<code>")
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        tree = ast.parse(code, "<code>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<code>", "exec"), names)  # noqa: S102  the purpose of this file
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<code>", "eval"), names)
            if value is not None:
                print(repr(value))
    except SystemExit as end:
        return _exit_code(end)
    except BaseException as error:  # noqa: BLE001  whatever the code raises is its output
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
