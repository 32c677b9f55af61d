"""`surefoot calibration`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
Told = Callable[[Any], list[dict[str, Any]]]


def test_the_table_is_over_all_runs(cli: Cli, told: Told) -> None:
    cli("run", "add 1", "--thread", "first")
    cli("run", "add 2", "--thread", "second")
    [found] = told(cli("calibration", "--json"))
    assert found["plan"]["count"] == 2
    assert found["threshold"] is None
    shown = cli("calibration", "--precision", "0.9").stdout
    assert "plans: 2 stated, Brier" in shown
    assert "No threshold gives 90% for certain" in shown


def test_looking_makes_no_home(cli: Cli, workspace: Path) -> None:
    assert "none was stated" in cli("calibration").stdout
    assert not (workspace / ".surefoot").exists()
