"""`surefoot run` and `surefoot resume`: what they print, what they refuse, and their exit codes."""

import json
import shlex
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Told = Callable[[Any], list[dict[str, Any]]]

RESULT = ["type", "thread_id", "status", "answer", "report", "usage", "interrupts"]


def effects() -> list[str]:
    log = Path("effects.log")
    return log.read_text().splitlines() if log.exists() else []


def ids(result: Any) -> list[str]:
    return [entry["id"] for entry in json.loads(result.stdout.splitlines()[-1])["interrupts"]]


def test_a_run_is_told_in_plain_lines_and_ends_with_the_answer(cli: Cli) -> None:
    result = cli("run", "add 1", "--thread", "t")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line for line in result.stdout.splitlines() if line != "a tool that prints"]
    assert lines[:9] == [
        "run: t",
        "goal: add 1",
        "plan: 1 subtask",
        "  add_1: add 1",
        "add_1: started",
        "add_1: I add",
        'add_1: add(what="1")',
        "    add_1: add -> 2",
        "add_1: add: 2",
    ]
    assert "\nadd: 2\n" in result.stdout


def test_json_lines_are_all_json_and_the_last_is_the_result(cli: Cli, told: Told) -> None:
    result = cli("run", "add 1; add 2", "--thread", "t", "--json")
    lines = told(result)
    assert (result.exit_code, {type(line["type"]) for line in lines}) == (0, {str})
    assert [line["type"] for line in lines].count("result") == 1
    assert list(lines[-1]) == RESULT
    assert (lines[-1]["status"], lines[-1]["interrupts"]) == ("done", [])
    assert lines[-1]["report"]["summary"].startswith("Done.")
    assert "a tool that prints" in result.stderr


def test_a_run_without_a_name_gets_one_that_resumes_it(cli: Cli, told: Told) -> None:
    name = told(cli("run", "wipe x", "--json"))[-1]["thread_id"]
    assert cli("resume", name, "--approve").exit_code == 0
    assert effects() == ["wipe x"]


def test_a_question_ends_the_command_and_says_how_to_answer(cli: Cli, told: Told) -> None:
    result = cli("run", "wipe x", "--thread", "my run")
    assert result.exit_code == 3
    question = told(cli("resume", "my run", "--json"))[-1]["interrupts"][0]
    how = f"answer with: surefoot resume 'my run' --interrupt {question['id']} (--approve | --modify FILE"
    assert f'question {question["id"]}: wipe(what="x")' in result.stdout
    assert how in result.stdout
    assert effects() == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_questions_are_answered_by_id_in_either_order(cli: Cli, told: Told, order: tuple[int, int]) -> None:
    asked = ids(cli("run", "wipe x; wipe y", "--thread", "t", "--json"))
    first = cli("resume", "t", "--interrupt", asked[order[0]], "--approve", "--json")
    assert (first.exit_code, ids(first)) == (3, [asked[order[1]]])
    assert len(effects()) == 1
    last = cli("resume", "t", "--interrupt", asked[order[1]], "--approve", "--json")
    assert (last.exit_code, told(last)[-1]["status"]) == (0, "done")
    assert sorted(effects()) == ["wipe x", "wipe y"]


@pytest.mark.parametrize(
    ("reply", "code", "done"),
    [
        (("--approve",), 0, ["wipe x"]),
        (("--reject", "not now"), 0, []),
        (("--abort",), 5, []),
        (("--answer", '{"type": "approve"}'), 0, ["wipe x"]),
        (("--answer", '{"decisions": [{"type": "reject"}]}'), 0, []),
        (("--answer", "yes"), 0, ["wipe x"]),
        (("--answer", "false"), 0, []),
    ],
)
def test_every_kind_of_answer_has_its_option(cli: Cli, reply: tuple[str, ...], code: int, done: list[str]) -> None:
    cli("run", "wipe x", "--thread", "t")
    assert (cli("resume", "t", *reply).exit_code, effects()) == (code, done)


@pytest.mark.parametrize("content", [{"what": "y"}, {"type": "modify", "args": {"what": "y"}}])
def test_modify_takes_the_new_arguments_from_a_file(cli: Cli, workspace: Path, content: Any) -> None:
    cli("run", "wipe x", "--thread", "t")
    (workspace / "new.json").write_text(json.dumps(content))
    assert cli("resume", "t", "--modify", "new.json").exit_code == 0
    assert effects() == ["wipe y"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_modify_takes_a_plan_from_a_file(cli: Cli, workspace: Path, wrapped: bool) -> None:
    assert cli("run", "unsure add 1", "--thread", "t").exit_code == 3
    plan = [{"task_id": "other", "description": "add 41"}]
    (workspace / "plan.json").write_text(json.dumps({"plan": plan} if wrapped else plan))
    result = cli("resume", "t", "--modify", "plan.json")
    assert (result.exit_code, "add: 42" in result.stdout) == (0, True)


def test_a_question_in_words_is_answered_in_words(cli: Cli) -> None:
    cli("run", "ask how many", "--thread", "t")
    result = cli("resume", "t", "--answer", "7")
    assert (result.exit_code, "\nask: 7\n" in result.stdout) == (0, True)


@pytest.mark.parametrize("file", ["missing.json", "bad.json", "binary", "."])
def test_a_file_that_cannot_be_read_is_refused(cli: Cli, workspace: Path, file: str) -> None:
    cli("run", "wipe x", "--thread", "t")
    (workspace / "bad.json").write_text("{nonsense")
    (workspace / "binary").write_bytes(b"\xff\xfe\x00")
    result = cli("resume", "t", "--modify", file)
    assert (result.exit_code, len(result.stderr.splitlines()), effects()) == (2, 1, [])


@pytest.mark.parametrize(
    "args",
    [
        ("resume", "nobody"),
        ("resume", "nobody", "--approve"),
        ("resume", "t", "--interrupt", "nope", "--approve"),
        ("resume", "t", "--answer", ""),
        ("resume", "t", "--answer", "null"),
        ("resume", "t", "--answer", "{}"),
        ("resume", "t", "--approve", "--abort"),
        ("resume", "t", "--interrupt", "nope"),
        ("resume", "t", "--max-steps", "1"),
        ("run", "add 1", "--thread", "t"),
        ("show", "nobody"),
    ],
)
def test_what_does_not_fit_the_run_is_refused_and_the_question_stays(
    cli: Cli, told: Told, args: tuple[str, ...]
) -> None:
    asked = ids(cli("run", "wipe x", "--thread", "t", "--json"))
    result = cli(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert ids(cli("resume", "t", "--json")) == asked


def test_a_finished_run_is_refused(cli: Cli) -> None:
    cli("run", "add 1", "--thread", "t")
    for reply in ((), ("--approve",)):
        result = cli("resume", "t", *reply)
        assert (result.exit_code, "is finished (done)" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("run", ""), "The goal is empty"),
        (("run", " \n"), "The goal is empty"),
        (("run", "add 1", "--model", "nonsense"), "Unknown model 'nonsense'"),
        (("run", "add 1", "--model", "openai:x"), "OPENAI_API_KEY"),
        (("run", "add 1", "--model", "spoken_agent:nothing"), "has no 'nothing'"),
        (("run", "add 1", "--model", "spoken_agent:tools"), "not a LangChain chat model"),
        (("run", "add 1", "--tools", "spoken_agent"), "MODULE:NAME"),
        (("run", "add 1", "--tools", "no_such_module:tools"), "no_such_module"),
        (("run", "add 1", "--tools", "spoken_agent:nothing"), "nothing"),
        (("run", "add 1", "--tools", "spoken_agent:Path.home"), "Path.home"),
        (("run", "add 1", "--tools", "broken_module:tools"), "ZeroDivisionError"),
        (("run", "add 1", "--max-steps", "0"), "max_steps"),
        (("run", "add 1", "--max-seconds", "-1"), "max_time_seconds"),
        (("run", "add 1", "--workspace", "no/such/folder"), "no/such/folder"),
        (("run", "add 1", "--thread", ""), "name of a run"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    cli: Cli, workspace: Path, args: tuple[str, ...], says: str
) -> None:
    (workspace / "broken_module.py").write_text("1 / 0\n")
    result = cli(*args)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert says in result.stderr
    assert not (workspace / ".surefoot").exists()


def test_errors_under_json_end_with_a_result_too(cli: Cli, told: Told) -> None:
    result = cli("run", "", "--json")
    (last,) = told(result)
    assert (result.exit_code, last["status"], last["error"]) == (
        2,
        "failed",
        result.stderr.strip()[len("surefoot: ") :],
    )
    assert list(last)[: len(RESULT)] == RESULT


def test_a_dead_model_fails_the_command_and_the_run_goes_on_later(cli: Cli, told: Told, workspace: Path) -> None:
    failed = cli("run", "broken line", "--thread", "t", "--json")
    assert (failed.exit_code, told(failed)[-1]["status"]) == (1, "failed")
    assert failed.stderr.endswith("Go on with: surefoot resume t\n")
    assert told(cli("runs", "--json"))[0]["status"] == "cut off"
    (workspace / "up").touch()
    assert cli("resume", "t").exit_code == 0


def test_a_used_up_budget_ends_with_the_summary_and_its_own_code(cli: Cli, told: Told) -> None:
    stopped = cli("run", "add 1 then add 2", "--thread", "t", "--max-steps", "1", "--json")
    lines = told(stopped)
    assert (stopped.exit_code, lines[-1]["status"]) == (4, "stopped")
    assert lines[-1]["report"]["summary"].startswith("Stopped by the budget")
    assert [line["status"] for line in lines if line["type"] == "budget"] == ["EXCEEDED"]
    assert cli("resume", "t").exit_code == 2
    assert cli("resume", "t", "--max-steps", "10").exit_code == 0


def told_to_type(result: Any) -> list[str]:
    """The command after `with:` in the last line that has one."""
    hint = next(line for line in reversed(result.stdout.splitlines()) if "with: surefoot " in line)
    return shlex.split(hint.partition("with: surefoot ")[2].partition(" (")[0])


def test_the_commands_a_person_is_told_to_type_work_from_where_they_are(cli: Cli, workspace: Path) -> None:
    (workspace / "the work").mkdir()
    asked = cli("run", "wipe x", "--thread", "t", "--workspace", "the work")
    assert cli(*told_to_type(cli("show", "t", "--workspace", "the work"))).exit_code == 3
    assert cli(*told_to_type(asked), "--approve").exit_code == 0


@pytest.mark.parametrize("limit", [("--max-steps", "1"), ("--max-tokens", "2000"), ("--max-seconds", "0.000001")])
def test_a_stopped_run_says_which_limit_to_raise(cli: Cli, limit: tuple[str, str]) -> None:
    stopped = cli("run", "add 1 then add 2", "--thread", "t", *limit)
    said = told_to_type(stopped)
    assert (stopped.exit_code, limit[0] in said) == (4, True)
    resumed = cli(*said)
    assert resumed.exit_code in (0, 4)
    assert "only be raised" not in resumed.stderr


def test_a_limit_of_money_that_cannot_hold_is_said_to_be_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("run", "add 1", "--max-usd", "5").stderr.count("max_usd is not enforced") == 1
    monkeypatch.setenv("SUREFOOT_PRICES", '{"scripted": [1, 1]}')
    assert cli("run", "add 1", "--max-usd", "5").stderr == ""


def test_approvals_of_the_start_hold_for_the_resume(cli: Cli, workspace: Path) -> None:
    assert cli("run", "broken a; wipe x", "--thread", "t", "--approvals", "auto").exit_code == 1
    (workspace / "up").touch()
    assert cli("resume", "t").exit_code == 0
    assert effects() == ["wipe x"]


def test_nobody_is_asked_where_approvals_are_denied(cli: Cli) -> None:
    cli("run", "wipe x", "--approvals", "deny")
    assert effects() == []


def test_the_home_can_be_elsewhere(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(workspace / "home"))
    (workspace / "work").mkdir()
    cli("run", "wipe x", "--thread", "t", "--workspace", "work")
    assert (workspace / "home" / "runs.db").exists()
    assert not (workspace / "work" / ".surefoot").exists()
    assert cli("resume", "t", "--approve").exit_code == 0


def test_debug_shows_where_an_error_arose(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in cli("run", "").stderr
    monkeypatch.setenv("SUREFOOT_DEBUG", "1")
    assert "Traceback" in cli("run", "").stderr


@pytest.mark.parametrize("damage", ["text", "emptied", "gone"])
def test_a_damaged_database_is_refused_and_left_as_it_is(cli: Cli, workspace: Path, damage: str) -> None:
    cli("run", "wipe x", "--thread", "t")
    database = workspace / ".surefoot" / "runs.db"
    for file in database.parent.glob("runs.db-*"):
        file.unlink()
    database.write_bytes(b"" if damage == "emptied" else b"no database at all" * 100)
    if damage == "gone":
        database.unlink()
    before = database.read_bytes() if database.exists() else None
    for args in (("run", "add 1"), ("resume", "t", "--approve"), ("runs",), ("show", "t")):
        result = cli(*args)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
        assert str(database) in result.stderr
    assert (database.read_bytes() if database.exists() else None) == before
    assert effects() == []


def test_a_state_that_was_tampered_with_stops_the_run(cli: Cli, workspace: Path) -> None:
    cli("run", "wipe x", "--thread", "t")
    connection = sqlite3.connect(workspace / ".surefoot" / "runs.db")
    connection.execute("UPDATE checkpoints SET checkpoint = CAST(X'00' || checkpoint AS BLOB)")
    connection.commit()
    connection.close()
    result = cli("resume", "t", "--approve")
    assert (result.exit_code, "is damaged" in result.stderr, effects()) == (1, True, [])


@pytest.mark.parametrize("home", ["/proc/surefoot", "a_file"])
def test_a_home_that_cannot_be_written_is_refused_before_the_first_effect(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (workspace / "a_file").touch()
    monkeypatch.setenv("SUREFOOT_HOME", home)
    result = cli("run", "wipe x", "--approvals", "auto")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines()), effects()) == (1, "", 1, [])


def test_a_run_with_mcp_servers_finds_them_again_when_it_is_resumed(cli: Cli) -> None:
    server = str(Path(__file__).parents[2] / "tools" / "mcp_server.py")
    Path("mcp.json").write_text(json.dumps({"mcpServers": {"shop": {"command": sys.executable, "args": [server]}}}))
    asked = cli("run", "undeclared x", "--thread", "t", "--model", "spoken_agent:model", "--mcp", "mcp.json")
    assert asked.exit_code == 3
    answered = cli("resume", "t", "--approve")
    assert (answered.exit_code, "undeclared -> none" in answered.stdout) == (0, True)


def test_a_file_of_mcp_servers_that_is_not_there_is_wrong_usage(cli: Cli) -> None:
    result = cli("run", "add 1", "--model", "spoken_agent:model", "--mcp", "none.json")
    assert result.exit_code == 2
    assert "The file of MCP servers" in result.stderr and "cannot be read" in result.stderr
