import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.tools import walls
from surefoot.tools.effects import effect_of
from surefoot.tools.guard import libraries
from surefoot.tools.python import python_tool, run_code
from surefoot.tools.workspace import Workspace

CANARY = "canary-4417"
WALLS = [pytest.param(True, id="kernel"), pytest.param(False, id="hook-alone")]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "ws"
    (root / "sub").mkdir(parents=True)
    (root / ".surefoot").mkdir()
    (root / ".surefoot" / "runs.db").write_text(CANARY)
    (root / "a.txt").write_text("hello")
    (root / "sub" / "rows.csv").write_text("id,n\n1,10\n2,32\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(CANARY)
    (root / "leak").symlink_to(tmp_path / "outside")
    os.link(tmp_path / "outside" / "secret.txt", root / "hard.txt")
    return Workspace(root)


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[list[socket.socket]]:
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix.bind(str(tmp_path / "s"))
    sockets = [tcp, udp, unix]
    for one in sockets:
        one.setblocking(False)
    yield sockets
    for one in sockets:
        one.close()


def run(code: str, workspace: Workspace, walls: bool = True, timeout: float = 30, memory_mb: int = 1024) -> Any:
    return run_code(code, workspace, timeout=timeout, memory_mb=memory_mb, kernel_walls=walls)


def state(folder: Path) -> list[tuple[Any, ...]]:
    found = []
    for path in sorted([folder, *folder.rglob("*")]):
        info = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found.append((str(path), info.st_mode, info.st_uid, info.st_mtime_ns, info.st_nlink, content))
    return found


def test_it_is_a_read_only_tool_with_plain_results(workspace: Workspace) -> None:
    tool = python_tool(workspace, timeout=20)
    assert tool.name == "run_python"
    assert effect_of(tool).effect == "read_only"
    result = tool.invoke({"code": "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"})
    assert result == {"stdout": "out\n", "stderr": "err\n", "exit_code": 3}
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("walls", WALLS)
def test_it_reads_the_workspace_and_the_libraries(workspace: Workspace, walls: bool) -> None:
    code = """
import asyncio, csv, decimal, os, pathlib, statistics, tempfile, threading, time, zoneinfo
rows = list(csv.DictReader(open("sub/rows.csv")))
print(sum(int(row["n"]) for row in rows), pathlib.Path("a.txt").read_text(), sorted(os.listdir("sub")))
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "x.txt")
    path.write_text("scratch")
    path.rename(path.with_suffix(".md"))
    print(os.listdir(folder))
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
asyncio.run(asyncio.sleep(0))
sum(range(10))
"""
    result = run(code, workspace, walls)
    assert result == {
        "stdout": "42 hello ['rows.csv']\n['x.md']\nthread\n45\n",
        "stderr": "",
        "exit_code": 0,
    }


def test_installed_packages_with_native_parts_work_behind_the_walls(workspace: Workspace) -> None:
    code = "import duckdb, sqlite3; duckdb.sql(\"select sum(n) from 'sub/rows.csv'\").fetchall()"
    assert run(code, workspace)["stdout"] == "[(42,)]\n"


def test_an_error_shows_the_code_and_nothing_of_the_machinery(workspace: Workspace) -> None:
    result = run("def f():\n    return 1 / 0\n\nf()\n", workspace)
    assert result["exit_code"] == 1
    assert "return 1 / 0" in result["stderr"]
    assert result["stderr"].endswith("ZeroDivisionError: division by zero\n")
    assert "guard" not in result["stderr"]
    assert run("print(", workspace)["stderr"].endswith("SyntaxError: '(' was never closed\n")


@pytest.mark.parametrize("walls", WALLS)
@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("open('new.txt', 'w')", "use write_file"),
        ("import os; os.remove('a.txt')", "delete_file"),
        ("import shutil; shutil.rmtree('sub')", "delete_file"),
        ("import urllib.request as u; u.urlopen('http://127.0.0.1:1')", "use fetch_url"),
        ("import subprocess; subprocess.run(['ls'])", "starts no other programs"),
        ("import os; os.system('ls')", "starts no other programs"),
        ("open('/etc/passwd')", "reads only the workspace"),
    ],
)
def test_what_is_shut_off_says_what_to_use_instead(code: str, advice: str, workspace: Workspace, walls: bool) -> None:
    result = run(code, workspace, walls)
    assert result["exit_code"] == 1
    assert advice in result["stderr"]


ATTEMPTS = {
    "os.open": "os.write(os.open(ws + '/a.txt', os.O_WRONLY), b'x')",
    "os.open truncate": "os.open('a.txt', os.O_RDONLY | os.O_TRUNC)",
    "os.open create": "os.open('new', os.O_RDONLY | os.O_CREAT)",
    "os.open by folder": "os.write(os.open('a.txt', os.O_RDWR, dir_fd=os.open(ws, os.O_RDONLY)), b'x')",
    "os.open from scratch": "os.chdir(tmp); os.open('a.txt', os.O_RDWR, dir_fd=os.open(ws, os.O_RDONLY))",
    "os.open up from scratch": "os.open(os.path.relpath(ws + '/a.txt', tmp), os.O_RDWR, dir_fd=os.open(tmp, 0))",
    "pathlib": "pathlib.Path('a.txt').write_text('x')",
    "touch": "pathlib.Path('a.txt').touch()",
    "io": "io.open('a.txt', 'r+').write('x')",
    "io.FileIO": "io.FileIO('a.txt', 'a').write(b'x')",
    "_io": "__import__('_io').open(b'a.txt', 'ab').write(b'x')",
    "opener": "open('a.txt', 'w', opener=lambda p, f: posix.open(p, f)).write('x')",
    "codecs": "__import__('codecs').open('a.txt', 'w').write('x')",
    "path that changes": "class P:\\n n=0\\n def __fspath__(s):\\n  P.n+=1\\n  return tmp+'/q' if P.n<2 else ws+'/a.txt'\\n"
    "os.write(os.open(P(), os.O_RDWR|os.O_CREAT), b'x'); os.write(os.open(P(), os.O_RDWR), b'x')",
    "text that lies": "class S(str):\\n def startswith(s, *a): return True\\n def split(s, *a): return [tmp]\\n"
    "open(S(ws + '/a.txt'), 'w').write('x')",
    "symlink": "os.symlink(ws + '/a.txt', tmp + '/l'); open(tmp + '/l', 'w').write('x')",
    "symlinked folder": "os.symlink(ws, tmp + '/d'); open(tmp + '/d/a.txt', 'w').write('x')",
    "hard link": "os.link(ws + '/a.txt', tmp + '/h'); open(tmp + '/h', 'w').write('x')",
    "reopened": "f = open('a.txt'); open(f'/proc/self/fd/{f.fileno()}', 'w').write('x')",
    "reopened /dev/fd": "f = open('a.txt'); open(f'/dev/fd/{f.fileno()}', 'r+').write('x')",
    "dots": "open(tmp + '/../' + os.path.relpath(ws + '/a.txt', os.path.dirname(tmp)), 'w').write('x')",
    "remove": "os.remove('a.txt')",
    "unlink by folder": "os.unlink('a.txt', dir_fd=os.open(ws, os.O_RDONLY))",
    "rename": "os.rename('a.txt', 'b.txt')",
    "rename away": "os.rename('a.txt', tmp + '/b.txt')",
    "rename over": "open(tmp + '/r', 'w').write('x'); os.replace(tmp + '/r', ws + '/a.txt')",
    "shutil.move": "shutil.move('a.txt', tmp)",
    "shutil.copy": "open(tmp + '/c', 'w').write('x'); shutil.copyfile(tmp + '/c', 'a.txt')",
    "mkdir": "os.mkdir('new')",
    "rmtree": "shutil.rmtree('sub')",
    "mkfifo": "os.mkfifo('fifo')",
    "mknod": "os.mknod('node')",
    "bind a name": "socket.socket(socket.AF_UNIX).bind('sock')",
    "chmod": "os.chmod('a.txt', 0o777)",
    "fchmod": "os.fchmod(os.open('a.txt', os.O_RDONLY), 0o777)",
    "utime": "os.utime('a.txt', (1, 1))",
    "utime by descriptor": "os.utime(os.open('a.txt', os.O_RDONLY), (1, 1))",
    "truncate": "os.truncate('a.txt', 0)",
    "setxattr": "os.setxattr('a.txt', 'user.x', b'1')",
    "chown": "os.chown('a.txt', 12345, 12345)",
    "sqlite": "import sqlite3; sqlite3.connect('new.db').execute('create table t(x)')",
    "sqlite attach": "import sqlite3; sqlite3.connect(':memory:').execute(\"attach 'new.db' as n\").execute('create table n.t(x)')",
    "dbm": "import dbm; dbm.open('new', 'c')['a'] = 'b'",
    "duckdb copy": "import duckdb; duckdb.sql(\"copy (select 1) to 'new.csv'\")",
    "logging": "import logging; logging.FileHandler('new.log').emit(logging.makeLogRecord({}))",
    "zip": "import zipfile; zipfile.ZipFile('new.zip', 'w').writestr('a', 'b')",
    "mmap": "import mmap; mmap.mmap(os.open('a.txt', os.O_RDWR), 0)[:1] = b'x'",
    "memory": "open('/proc/self/mem', 'r+b', buffering=0).write(b'x')",
    "memory of the parent": "open(f'/proc/{os.getppid()}/mem', 'r+b', buffering=0).write(b'x')",
    "ctypes": "import ctypes; ctypes.CDLL(None).unlink(b'a.txt')",
    "ctypes pythonapi": "import ctypes; ctypes.pythonapi.PySys_AddAuditHook",
    "ctypes named": "import ctypes; ctypes.CDLL('libc.so.6').unlink(b'a.txt')",
    "_ctypes": "import _ctypes; _ctypes.dlsym(_ctypes.dlopen(None, 2), 'unlink')",
    "_ctypes again": "import importlib.util as u; s = u.find_spec('_ctypes'); m = u.module_from_spec(s); m.dlopen('libc.so.6', 2)",
    "machine code": "import ctypes; ctypes.cast(ctypes.memmove, ctypes.c_void_p); ctypes.string_at(id(0), 8)",
    "gc": "import gc; [f for f in gc.get_objects() if getattr(f, '__name__', '') == 'hook'][0].__code__ = (lambda *a: 0).__code__;"
    "os.remove('a.txt')",
    "module globals": "try: os.remove('a.txt')\\nexcept Exception as e:\\n t = e.__traceback__\\n while t:\\n"
    "  if 'hook' in t.tb_frame.f_code.co_filename: t.tb_frame.f_globals.clear()\\n  t = t.tb_next\\nos.remove('a.txt')",
    "builtins": "import builtins; builtins.isinstance = lambda *a: True; builtins.len = lambda a: 0; os.remove('a.txt')",
    "os.path patched": "os.path.realpath = os.lstat = posix.readlink = lambda *a, **k: tmp; open('a.txt', 'w').write('x')",
    "frames": "f = sys._getframe()\\nwhile f:\\n for v in list(f.f_locals.values()):\\n"
    "  if isinstance(v, list): v.append('/')\\n  if isinstance(v, dict) and 'scratch' in v: v['scratch'] = '/'\\n f = f.f_back\\n"
    "open('a.txt', 'w').write('x')",
    "frames of the refusal": "try: os.remove('a.txt')\\nexcept Exception as e:\\n t = e.__traceback__\\n while t:\\n"
    "  for v in t.tb_frame.f_locals.values() if 'hook' in t.tb_frame.f_code.co_filename else ():\\n   if type(v) in (dict, list): v.clear()\\n  t = t.tb_next\\nos.remove('a.txt')",
    "second hook": "sys.addaudithook(lambda *a: None); os.remove('a.txt')",
    "trace": "sys.settrace(lambda *a: None); os.remove('a.txt')",
    "thread": "import threading; t = threading.Thread(target=os.remove, args=('a.txt',)); t.start(); t.join()",
    "at exit": "import atexit; atexit.register(os.remove, ws + '/a.txt')",
    "at exit write": "import atexit; atexit.register(lambda: posix.open(ws + '/new', 66))",
    "finaliser": "class D:\\n def __del__(s): posix.unlink(ws + '/a.txt')\\nsys.keep = D()",
    "subprocess": "import subprocess; subprocess.run(['rm', 'a.txt'])",
    "os.system": "os.system('rm a.txt')",
    "popen": "os.popen('rm a.txt').read()",
    "exec": "import threading; os.execv('/bin/rm', ['rm', 'a.txt'])",
    "spawn": "os.posix_spawn('/bin/rm', ['rm', 'a.txt'], {})",
    "fork": "pid = os.fork(); (os.remove('a.txt') if pid == 0 else os.wait())",
    "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=os.remove, args=('a.txt',)); p.start()",
    "_posixsubprocess": "import _posixsubprocess as p; p.fork_exec(['rm', 'a.txt'], [b'/bin/rm'], True, (), ws, None, -1, -1, -1, -1,"
    " -1, -1, 3, 4, False, False, -1, None, None, None, -1, None, False)",
    "_posixsubprocess again": "sys.modules.pop('_posixsubprocess'); import _posixsubprocess as p; p.fork_exec.__self__.x",
    "memfd": "fd = os.memfd_create('x'); os.write(fd, open('/bin/rm', 'rb').read()); os.execv(f'/proc/self/fd/{fd}', ['rm', 'a.txt'])",
    "kill the parent": "os.kill(os.getppid(), 9)",
    "kill the group": "os.killpg(os.getpgid(os.getppid()), 9)",
    "pidfd": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    "raise limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); open('a.txt', 'w')",
    "tcp": "socket.create_connection(('127.0.0.1', tcp), 2).send(b'x')",
    "_socket": "s = __import__('_socket').socket(2, 1); s.connect(('127.0.0.1', tcp)); s.send(b'x')",
    "udp": "socket.socket(2, 2).sendto(b'x', ('127.0.0.1', udp))",
    "unix": "socket.socket(1, 2).sendto(b'x', unix)",
    "unix pair": "a, b = socket.socketpair(1, 2); a.sendto(b'x', unix)",
    "unix pair connect": "a, b = socket.socketpair(1, 2); a.connect(unix); a.send(b'x')",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', tcp))",
    "urllib": "import urllib.request as u; u.urlopen(f'http://127.0.0.1:{tcp}', timeout=2)",
    "dns": "socket.getaddrinfo('example.invalid', 80)",
}
"""Ways to change the workspace, start something or send something. `\\n` stands for a line end."""

READS = {
    "outside": "print(open(out).read())",
    "dots": "print(open('../outside/secret.txt').read())",
    "link": "print(open('leak/secret.txt').read())",
    "own link": "os.symlink(out, tmp + '/o'); print(open(tmp + '/o').read())",
    "home": "print(open('.surefoot/runs.db').read())",
    "home listed": "print('canary-4417' if os.listdir('.surefoot') else 0)",
    "home by descriptor": "print(os.read(os.open('runs.db', 0, dir_fd=os.open('.surefoot', 0)), 99))",
    "by descriptor": "d = os.open(ws, 0); print(os.read(os.open('../outside/secret.txt', 0, dir_fd=d), 99))",
    "hard link": "print(open('hard.txt').read())",
    "sqlite": "import sqlite3; print(sqlite3.connect('file:' + out + '?mode=ro', uri=True).execute('select 1 from t'))",
    "duckdb": "import duckdb; print(duckdb.sql(f\"select * from read_text('{out}')\").fetchall())",
    "environment of the parent": "print(open(f'/proc/{os.getppid()}/environ').read())",
    "environment": "print(open('/proc/self/environ').read(), os.environ)",
    "passwords": "print('canary-4417', open('/etc/passwd').read())",
    "root's files": "print('canary-4417', os.listdir(os.path.expanduser('~root')))",
    "memory": "print('canary-4417', open('/proc/self/mem', 'rb'))",
}


def batch(attempts: dict[str, str], values: dict[str, Any]) -> str:
    lines = ["import io, os, pathlib, posix, shutil, signal, socket, sys, tempfile"]
    lines += [f"{name} = {value!r}" for name, value in values.items()]
    lines += [
        "tmp = tempfile.mkdtemp()",
        "keep = (exec, print, str, Exception, type, os.lstat, posix.readlink, os.path.realpath)",
    ]
    lines += ["import builtins", "kept = dict(vars(builtins))"]
    for name, attempt in attempts.items():
        lines += ["try:", f"    exec({attempt.encode().decode('unicode_escape')!r})", f"    print('PASSED', {name!r})"]
        lines += [
            "except BaseException as e:",
            f"    kept['print']('refused', {name!r}, kept['type'](e).__name__, str(e)[:90])",
        ]
        lines += [
            "vars(builtins).update(kept)",
            "os.lstat, posix.readlink, os.path.realpath = keep[5:]",
            "sys.settrace(None)",
        ]
        lines += ["try: os.chdir(ws)", "except PermissionError: pass"]
    return "\n".join([*lines, "print('END')"])


@pytest.mark.parametrize("walls", WALLS)
def test_no_code_changes_the_workspace_or_sends_anything(
    workspace: Workspace, listeners: list[socket.socket], tmp_path: Path, walls: bool
) -> None:
    tcp, udp, unix = (one.getsockname() for one in listeners)
    values = {"ws": str(workspace.root), "tcp": tcp[1], "udp": udp[1], "unix": unix}
    before = state(tmp_path)
    result = run(batch(ATTEMPTS, values), workspace, walls, timeout=60)
    assert state(tmp_path) == before, result["stdout"]
    assert "END" in result["stdout"], result
    for one in listeners:
        with pytest.raises(BlockingIOError):
            one.accept() if one.type == socket.SOCK_STREAM else one.recv(10)
    seen = {line.split(" ", 1)[1] for line in result["stdout"].splitlines() if line.startswith("PASSED")}
    assert seen <= HARMLESS, result["stdout"]


HARMLESS = {"at exit", "at exit write", "finaliser", "thread", "os.system", "ctypes pythonapi"}
"""Attempts that raise nothing where they stand; that they change nothing is what counts."""


@pytest.mark.parametrize("walls", WALLS)
def test_no_code_reads_what_is_not_the_workspace(workspace: Workspace, tmp_path: Path, walls: bool) -> None:
    values = {"ws": str(workspace.root), "out": str(tmp_path / "outside" / "secret.txt")}
    os.environ["SUREFOOT_TEST_SECRET"] = CANARY
    try:
        result = run(batch(READS, values), workspace, walls)
    finally:
        del os.environ["SUREFOOT_TEST_SECRET"]
    assert "END" in result["stdout"], result
    told = [line for line in result["stdout"].splitlines() if not line.startswith("refused")]
    assert not [line for line in told if CANARY in line], result["stdout"]


KERNEL_ALONE = """
import runpy, sys
sys.argv = ["x"]
raised = runpy.run_path({walls!r})["raise_walls"]({readable!r}, [{ws!r}], [{scratch!r}])
print("WALLS", raised)
"""


def test_the_walls_hold_without_the_hook(
    workspace: Workspace, listeners: list[socket.socket], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tcp, udp, unix = (one.getsockname() for one in listeners)
    scratch = str(tmp_path_factory.mktemp("scratch"))
    values = {"ws": str(workspace.root), "tcp": tcp[1], "udp": udp[1], "unix": unix}
    readable = [*libraries(), *(f"{workspace.root}/{name}" for name in ("a.txt", "sub"))]
    start = KERNEL_ALONE.format(walls=walls.__file__, readable=readable, ws=str(workspace.root), scratch=scratch)
    reads = {
        f"read {name}": code for name, code in READS.items() if name not in ("hard link", "home listed", "environment")
    }
    code = start + batch(ATTEMPTS | reads, values | {"out": str(tmp_path / "outside" / "secret.txt")})
    before = state(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code],
        cwd=workspace.root,
        env={"TMPDIR": scratch},
        capture_output=True,
        text=True,
        check=False,
    )
    if "WALLS False" in ended.stdout:
        pytest.skip("this kernel has no Landlock")
    assert state(tmp_path) == before, ended.stdout
    assert "END" in ended.stdout, ended
    told = [line for line in ended.stdout.splitlines() if not line.startswith("refused")]
    assert not [line for line in told if CANARY in line], ended.stdout
    for one in listeners:
        with pytest.raises(BlockingIOError):
            one.accept() if one.type == socket.SOCK_STREAM else one.recv(10)


def test_the_scratch_folder_is_gone_afterwards(workspace: Workspace) -> None:
    code = "import tempfile, pathlib; d = tempfile.mkdtemp(); pathlib.Path(d, 'x').write_text('y'); print(tempfile.gettempdir())"
    scratch = Path(run(code, workspace)["stdout"].strip())
    assert scratch.name.startswith("surefoot-")
    assert not scratch.exists()


def test_time_memory_and_output_are_limited(workspace: Workspace) -> None:
    late = run("import time; print('begun', flush=True); time.sleep(600)", workspace, timeout=1)
    assert late["stdout"] == "begun\n"
    assert "stopped: it ran longer than 1 seconds" in late["stderr"]
    assert late["exit_code"] == -signal.SIGKILL
    assert "MemoryError" in run("x = bytearray(2 << 30)", workspace)["stderr"]
    much = run("print('first'); print('x' * 1_000_000); print('last')", workspace)["stdout"]
    assert len(much) < 50_000
    assert much.startswith("first\n")
    assert much.endswith("last\n")
    assert "bytes left out" in much


def test_odd_ends_are_results(workspace: Workspace) -> None:
    assert run("import os; os._exit(7)", workspace)["exit_code"] == 7
    assert run("raise KeyboardInterrupt", workspace)["exit_code"] == 1
    assert run("raise SystemExit('why')", workspace) == {"stdout": "", "stderr": "why\n", "exit_code": 1}
    assert "signal 6" in run("import os; os.abort()", workspace)["stderr"]
    assert run("print('a\\x00b\\udcff'.encode('utf-8', 'surrogateescape'))", workspace)["exit_code"] == 0
    assert run("import sys; sys.stdout.buffer.write(b'\\xff\\x00')", workspace)["stdout"].startswith("\ufffd\ufffd")
    assert run("print('\ud800')", workspace)["stdout"] == "\ufffd\n"
