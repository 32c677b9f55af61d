"""The command line, called in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from surefoot.graph.cli.commands import app

Cli = Callable[..., Result]
OWN = ("--tools", "spoken_agent:tools", "--model", "spoken_agent:model")


@pytest.fixture
def cli(workspace: Path) -> Cli:
    """`cli("runs", "--json")`: what it prints and its exit code; `run` gets the scripted agent."""

    def call(*args: str, **kwargs: Any) -> Result:
        own = OWN if args[0] == "run" and "--model" not in args and "--tools" not in args else ()
        return CliRunner().invoke(app, [*args, *own], catch_exceptions=False, **kwargs)

    return call


@pytest.fixture
def told() -> Callable[[Result], list[dict[str, Any]]]:
    """Reads the JSON lines of a result."""
    return lambda result: [json.loads(line) for line in result.stdout.splitlines()]
