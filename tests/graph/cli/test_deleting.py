"""`surefoot delete`: a run goes with all its bytes, or nothing does."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surefoot.graph import open_store

Cli = Callable[..., Any]
CANARY = "canary-5f1d0c"


def run_with_large_output(cli: Cli, workspace: Path, thread: str, word: str) -> None:
    sys.modules.pop("own", None)
    (workspace / "own.py").write_text(
        "from surefoot.graph import ScriptedModel\n"
        "from surefoot.tools import tool_effect\n"
        "@tool_effect('read_only')\n"
        "def big(word: str) -> str:\n"
        "    'Give more than is shown at once.'\n"
        "    return word * 5000\n"
        f"THINK = [{{'tool': 'big', 'args': {{'word': '{word}'}}}}, {{'answer': '{word}'}}]\n"
        "PLAN = [{'subtasks': [{'task_id': 'a', 'description': 'Do it.'}], 'confidence': 0.9}]\n"
        "model = lambda: ScriptedModel({'plan': PLAN, 'think': THINK})\n"
    )
    own = ("--tools", "own:big", "--model", "own:model")
    assert cli("run", f"say {word}", "--thread", thread, *own).exit_code == 0


def holding(workspace: Path, word: str) -> list[str]:
    files = (workspace / ".surefoot").rglob("*")
    return [file.name for file in files if file.is_file() and word.encode() in file.read_bytes()]


def test_a_deleted_run_leaves_no_byte_and_the_others_stay(cli: Cli, workspace: Path) -> None:
    run_with_large_output(cli, workspace, "t", CANARY)
    run_with_large_output(cli, workspace, "u", "another")
    artifact = hashlib.sha256((CANARY * 5000).encode()).hexdigest()[:32]
    assert {"runs.db", artifact} <= set(holding(workspace, CANARY))
    deleted = cli("delete", "t", "--yes")
    assert (deleted.exit_code, deleted.stdout) == (0, "Deleted t: its states, log and outputs. Files it wrote stay.\n")
    assert holding(workspace, CANARY) == []
    assert cli("show", "t").exit_code == 2
    assert "another" in cli("show", "u").stdout
    assert cli("delete", "t", "--yes").exit_code == 2


def test_where_nobody_can_be_asked_it_wants_yes(cli: Cli) -> None:
    cli("run", "add 1", "--thread", "t")
    refused = cli("delete", "t")
    assert (refused.exit_code, "--yes" in refused.stderr, refused.stdout) == (2, True, "")
    assert cli("show", "t").exit_code == 0


def test_a_run_somebody_works_on_is_not_deleted(cli: Cli, workspace: Path) -> None:
    cli("run", "wipe x", "--thread", "t")
    with open_store(workspace / ".surefoot" / "runs.db") as store, store.lock("t"):
        for options in ((), ("--yes",)):
            refused = cli("delete", "t", *options)
            assert (refused.exit_code, "is being worked on" in refused.stderr) == (1, True)
    assert cli("resume", "t", "--approve").exit_code == 0


def test_an_unknown_run_is_refused_and_leaves_nothing(cli: Cli, workspace: Path) -> None:
    assert cli("delete", "t", "--yes").exit_code == 2
    assert not (workspace / ".surefoot").exists()
    cli("run", "add 1", "--thread", "u")
    before = sorted((workspace / ".surefoot").rglob("*"))
    refused = cli("delete", "t", "--yes")
    assert (refused.exit_code, "There is no run 't'" in refused.stderr) == (2, True)
    assert sorted((workspace / ".surefoot").rglob("*")) == before


def test_states_that_are_kept_elsewhere_are_said_to_stay(cli: Cli, workspace: Path) -> None:
    with open_store(workspace / ".surefoot" / "runs.db") as store:
        store.upsert_run("t", "t#1", goal="G.", status="done", settings={"elsewhere": True})
    assert "delete them there too" in cli("delete", "t", "--yes").stdout
