"""The command line on a store that SUREFOOT_STORE names: another file, or a Postgres database."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the runs are kept."""
    named = str(workspace / "else" / "where.db")
    named = named if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("SUREFOOT_STORE", named)
    return named


def shown(place: str) -> str:
    """The place as a person may see it."""
    return place.replace(f":{sys.modules['postgres_server'].PASSWORD}", "")


def test_a_run_is_started_listed_shown_and_resumed(cli: Cli, told: Any, workspace: Path, place: str) -> None:
    said = [cli("runs")]
    assert (said[0].exit_code, said[0].stdout) == (0, f"No runs yet in {shown(place)}.\n")
    said.append(cli("resume", "t"))
    assert f"{shown(place)} has no runs yet" in said[-1].stderr
    asked = cli("run", "wipe x", "--thread", "t", "--json")
    assert (asked.exit_code, told(asked)[-1]["status"]) == (3, "waiting")
    said += [
        cli("show", "t"),
        cli("resume", "t", "--approve"),
        cli("show", "nothing"),
        cli("run", "add 1"),
        cli("runs"),
    ]
    assert [result.exit_code for result in said[2:]] == [0, 0, 2, 0, 0]
    assert f"There is no run 'nothing' in {shown(place)}" in said[4].stderr
    assert len(told(cli("runs", "--json"))) == 2
    assert not (workspace / ".surefoot").exists()
    assert sys.modules["postgres_server"].PASSWORD not in json.dumps([[r.stdout, r.stderr] for r in [*said, asked]])


def test_doctor_looks_there_and_leaves_nothing(cli: Cli, workspace: Path, place: str) -> None:
    before = sorted(workspace.rglob("*"))
    for _ in range(2):
        assert f"ok    store: {shown(place)} can be made" in cli("doctor", "--model", "spoken_agent:model").stdout
    assert sorted(p for p in workspace.rglob("*") if "__pycache__" not in p.parts) == before
    cli("run", "add 1")
    assert f"ok    store: {shown(place)}, 1 runs" in cli("doctor", "--model", "spoken_agent:model").stdout


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("postgresql://me:sesame@127.0.0.1:1/runs", "cannot be reached"),
        ("mysql://me:sesame@host/runs", "no store for mysql"),
    ],
)
def test_a_store_that_cannot_be_had_is_one_sentence(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, place: str, says: str
) -> None:
    monkeypatch.setenv("SUREFOOT_STORE", place)
    for args in (("run", "add 1"), ("runs",), ("show", "t"), ("resume", "t"), ("doctor", "--model", "offline")):
        result = cli(*args)
        assert result.exit_code == 1
        assert says in (result.stdout if args[0] == "doctor" else result.stderr)
        assert "sesame" not in result.stdout + result.stderr
