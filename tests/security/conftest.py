"""What AgentDojo's tasks and attacks came to, played once for all tests here."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # a folder with nothing in it but `dojo`

from dojo.rounds import play

Runs = list[dict[str, Any]]


@pytest.fixture(scope="session")
def some_runs() -> Runs:
    """Every user task once, and each attack once against several settings."""
    return play(("declared", "once"), ("declared", "sample"), ("undeclared", "sample"), ("approvals=auto", "sample"))


@pytest.fixture(scope="session")
def all_runs() -> Runs:
    """Every user task in every form, every attack on every task, and each attack once against two more settings."""
    return play(
        ("declared", "tasks"),
        ("declared", "attacks"),
        ("all reversible", "sample"),
        ("declared, reading trusted", "sample"),
    )
