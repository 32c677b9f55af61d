"""A run whose process dies: nothing is lost, nothing irreversible happens twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

CRASHING = Path(__file__).with_name("crashing.py")


def leg(folder: Path, when: str, answer: str = "approve") -> tuple[int, list[str]]:
    """One process on the run; its exit code and all that was noted so far."""
    log = folder / "effects.log"
    command = [sys.executable, str(CRASHING), str(folder / "runs.db"), str(log), when, answer]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode in (0, -9), ended.stderr[-2000:]
    return ended.returncode, log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize("tool", ["look", "put", "fire"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, place: str, tool: str) -> None:
    code, before = leg(tmp_path, f"{place} {tool}")
    assert code == -9
    code, noted = leg(tmp_path, "never", "it did happen" if place == "after" else "approve")
    assert (code, noted[-1]) == (0, "status done")
    done = Counter(noted)
    assert done["fire a"] == done["fire b"] == 1
    assert done["put a"] == (2 if (place, tool) == ("after", "put") else 1)
    assert ("asked unfinished_action" in noted) is (tool == "fire")


def test_an_unfinished_action_that_is_left_alone_is_not_run(tmp_path: Path) -> None:
    leg(tmp_path, "before fire")
    _, noted = leg(tmp_path, "never", "reject")
    assert "fire a" not in noted
    assert noted[-1] == "status done"
