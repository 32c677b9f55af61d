"""`surefoot runs` and `surefoot show`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
Told = Callable[[Any], list[dict[str, Any]]]


def test_runs_are_listed_newest_first(cli: Cli, told: Told) -> None:
    cli("run", "add 1", "--thread", "first")
    cli("run", "wipe x", "--thread", "second")
    cli("run", "broken a", "--thread", "third")
    found = told(cli("runs", "--json"))
    assert [(run["thread_id"], run["status"]) for run in found] == [
        ("third", "cut off"),
        ("second", "waiting"),
        ("first", "done"),
    ]
    assert found[2]["spent"]["steps"] == 1
    header, *rows = cli("runs").stdout.splitlines()
    assert header.split() == ["thread", "status", "goal", "spent", "updated"]
    assert rows[2].startswith("first   done     add 1     1 actions, ")


def test_looking_for_runs_makes_no_home(cli: Cli, workspace: Path) -> None:
    assert cli("runs").stdout == f"No runs yet in {workspace / '.surefoot'}.\n"
    assert cli("runs", "--json").stdout == ""
    assert cli("resume", "t").exit_code == 2
    assert not (workspace / ".surefoot").exists()


def test_show_tells_the_whole_run(cli: Cli, told: Told) -> None:
    cli("run", "add 1 then wipe x; add ten", "--thread", "t")
    waiting = cli("show", "t").stdout
    assert "status: waiting" in waiting
    assert "  question " in waiting
    assert "go on with: surefoot resume t" in waiting
    cli("resume", "t", "--reject", "not this one")
    shown = cli("show", "t")
    assert shown.exit_code == 0
    for line in (
        "goal: add 1 then wipe x; add ten",
        "  [completed] wipe_x: wipe x (after add_1)",
        '  add_1: add(what="1")',
        "      -> 2",
        '  add_ten: add(what="ten")',
        '  reject wipe(what="x"): not this one',
        "  max_steps: 2 of 200",
    ):
        assert line in shown.stdout.splitlines()
    assert "      failed: exception: " in shown.stdout
    (story,) = told(cli("show", "t", "--json"))
    assert [
        step["error"] for step in story["steps"] if step.get("tool") == "add" and step["args"] == {"what": "1"}
    ] == [None]
    assert story["spending"]["max_steps"] == {"spent": 2, "limit": 200}
    assert story["decisions"][0]["message"] == "not this one"


def test_show_marks_what_is_under_way(cli: Cli, told: Told) -> None:
    cli("run", "wipe x then add 1", "--thread", "t")
    (story,) = told(cli("show", "t", "--json"))
    assert [task["status"] for task in story["plan"]] == ["in_progress", "pending"]


def test_show_has_the_plan_that_is_asked_about(cli: Cli, told: Told) -> None:
    cli("run", "unsure add 1", "--thread", "t")
    (story,) = told(cli("show", "t", "--json"))
    assert [task["task_id"] for task in story["plan"]] == ["add_1"]


def test_show_says_why_a_run_was_cut_off(cli: Cli) -> None:
    cli("run", "broken a", "--thread", "t")
    shown = cli("show", "t").stdout
    assert "status: cut off" in shown
    assert "errors:\n  The model" in shown
    assert "go on with: surefoot resume t" in shown


def test_text_from_outside_cannot_act_on_the_terminal(cli: Cli) -> None:
    cli("run", "add \x1b[31m1\u202e", "--thread", "t")
    for shown in (cli("show", "t").stdout, cli("runs").stdout):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\\u001b" in shown
