"""Where the home can be read and not written, its runs are listed and shown, and nothing is worked on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from surefoot.graph import open_store

Cli = Callable[..., Any]
AS_NOBODY = """
import json, os, sys
from typer.testing import CliRunner
from surefoot.graph.cli import commands, history, work
if os.geteuid() == 0: os.setuid(65534)  # root may write anywhere
results = [CliRunner().invoke(commands.app, args) for args in json.loads(sys.argv[1])]
print(json.dumps([[result.exit_code, result.stdout, result.stderr] for result in results]))
"""


def read(folder: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    """What each command says to somebody who may only read."""
    given = json.dumps([[*command, "--workspace", str(folder)] for command in commands])
    run = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, given], cwd="/", stdout=subprocess.PIPE, text=True, check=True
    )
    return [tuple(result) for result in json.loads(run.stdout)]


@contextmanager
def not_writable(home: Path) -> Iterator[None]:
    places = [home, *home.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    yield
    for place in places:
        if place.exists():
            place.chmod(0o755 if place.is_dir() else 0o644)


@pytest.mark.parametrize("open_elsewhere", [False, True], ids=["closed", "in use"])
def test_runs_are_listed_and_shown_and_nothing_is_written(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, open_elsewhere: bool
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        assert cli("run", "wipe x", "--thread", "t", "--workspace", name).exit_code == 3
        home = folder / ".surefoot"
        store = open_store(home / "runs.db") if open_elsewhere else None
        if store:
            store.upsert_run("other", "other#1", goal="only in the log", status="running")
        with not_writable(home):
            before = {place: place.stat().st_mtime_ns for place in home.rglob("*")}
            listed, shown, resumed = read(folder, ["runs"], ["show", "t"], ["resume", "t", "--approve"])
            assert (listed[0], listed[2], shown[0], shown[2]) == (0, "", 0, "")
            assert "wipe x" in listed[1] and "waiting" in listed[1] and "status: waiting" in shown[1]
            assert ("only in the log" in listed[1]) is open_elsewhere
            assert resumed[0] == 1 and "permission denied" in resumed[2]
            assert {place: place.stat().st_mtime_ns for place in home.rglob("*")} == before
        if store:
            store.close()
        assert os.access(home, os.W_OK)
        assert cli("resume", "t", "--approve", "--workspace", name).exit_code == 0
