"""A place for a store of either kind, and the scripted agent in a workspace of its own."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a SQLite store that is not there yet."""
    return tmp_path / "home" / "runs.db"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, path: Path) -> Path | str:
    """Where to open a store of either kind: a file, or a database of a real server."""
    return path if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with `spoken_agent.py` in it, importable by that name."""
    shutil.copy(Path(__file__).with_name("spoken_agent.py"), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in (
        "SUREFOOT_HOME",
        "SUREFOOT_STORE",
        "SUREFOOT_MODEL",
        "SUREFOOT_DEBUG",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    sys.modules.pop("spoken_agent", None)
