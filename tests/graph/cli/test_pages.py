"""`surefoot show --html`, `surefoot serve` and `surefoot run --page`."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest

Cli = Callable[..., Any]
OWN = ("--tools", "spoken_agent:tools", "--model", "spoken_agent:model")


@pytest.fixture
def surefoot(workspace: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start the command line as a process; all are ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str) -> "subprocess.Popen[str]":
        code = "from surefoot.graph.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", code, *args],
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(workspace)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", line):
            return found[0]
    raise AssertionError("it ended without an address")


def follow(address: str) -> Iterator[dict[str, Any]]:
    with httpx.stream("GET", f"{address}events?after=0", timeout=60) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and "type" in (event := json.loads(line[6:])):
                yield event


def answer(address: str, question: str, given: Any) -> int:
    origin = {"origin": address.rsplit("/", 2)[0]}
    return httpx.post(f"{address}answer", json={"id": question, "answer": given}, headers=origin).status_code


def effects() -> list[str]:
    log = Path("effects.log")
    return log.read_text().splitlines() if log.exists() else []


def test_a_run_is_written_as_a_page_only_its_owner_can_read(cli: Cli, workspace: Path) -> None:
    cli("run", "add 1", "--thread", "t")
    result = cli("show", "t", "--html", "t.html")
    assert (result.exit_code, result.stdout) == (0, "The page of t is in t.html.\n")
    file = workspace / "t.html"
    assert '"goal": "add 1"' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_page_of_a_waiting_run_says_how_to_answer(cli: Cli, workspace: Path) -> None:
    cli("run", "wipe x", "--thread", "t")
    cli("show", "t", "--html", "t.html")
    text = (workspace / "t.html").read_text()
    assert '"status": "waiting"' in text and '"resume": "surefoot resume t"' in text


@pytest.mark.parametrize(("thread", "file"), [("unknown", "t.html"), ("t", "."), ("t", "nowhere/t.html")])
def test_a_page_that_cannot_be_written_is_refused(cli: Cli, thread: str, file: str) -> None:
    cli("run", "add 1", "--thread", "t")
    result = cli("show", thread, "--html", file)
    assert result.exit_code == 2 and result.stderr.startswith("surefoot: ")
    assert not Path("t.html").exists()


def test_no_secret_is_on_a_page(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("run", "add correct-horse-battery-9", "--thread", "t")
    monkeypatch.setenv("LATER_API_KEY", "correct-horse-battery-9")
    cli("show", "t", "--html", "t.html")
    text = (workspace / "t.html").read_text()
    assert "correct-horse" not in text and "[secret LATER_API_KEY]" in text


def test_a_run_is_answered_on_its_page_and_goes_on(surefoot: Any) -> None:
    process = surefoot("run", "wipe x; wipe y", "--thread", "t", "--page", *OWN)
    address = address_of(process)
    seen: list[str] = []
    codes: list[int] = []
    for event in follow(address):
        seen.append(event["type"])
        if event["type"] == "question" and event["id"] not in seen:
            seen.append(event["id"])
            codes += [answer(address, "unknown", True)]
            while (code := answer(address, event["id"], {"type": "approve"})) == 409 and len(codes) < 500:
                codes.append(code)  # the other one's turn
            codes.append(code)
    assert process.wait(60) == 0
    assert seen[-1] == "finished"
    assert sorted(effects()) == ["wipe x", "wipe y"]
    assert codes.count(200) == 2 and set(codes) == {200, 409}


def test_a_branch_that_waits_is_answered_on_the_page_while_another_runs_on(surefoot: Any, workspace: Path) -> None:
    process = surefoot("run", "hold x then add 1; wipe y", "--thread", "t", "--page", *OWN)
    address = address_of(process)
    answered: list[str] = []
    for event in follow(address):
        if event["type"] == "waits":
            assert answer(address, event["id"], {"type": "approve"}) == 200
            assert answer(address, event["id"], {"type": "approve"}) == 409
            (workspace / "go").touch()  # before that the other branch cannot end
        if event["type"] == "decision" or (event["type"], event.get("status")) == ("subtask", "completed"):
            answered.append(event.get("task_id", ""))
    assert process.wait(60) == 0
    assert sorted(effects()) == ["hold x", "wipe y"]
    assert answered.index("wipe_y") < answered.index("add_1")  # it was not kept until the other branch had ended


@pytest.mark.slow
def test_an_answer_that_cannot_be_read_leaves_the_question_open(surefoot: Any) -> None:
    process = surefoot("run", "wipe x", "--thread", "t", "--page", *OWN)
    address = address_of(process)
    question = next(event for event in follow(address) if event["type"] == "question")
    codes: list[int] = []
    while codes.count(200) == 0 and len(codes) < 500:
        codes.append(answer(address, question["id"], {"type": "nonsense"}))
        codes.append(answer(address, question["id"], {"type": "reject", "message": "not this one"}))
    assert process.wait(60) == 0
    assert 200 in codes and effects() == []


@pytest.mark.slow
def test_a_waiting_run_is_served_and_answered_once(cli: Cli, surefoot: Any) -> None:
    cli("run", "wipe x", "--thread", "t")
    process = surefoot("serve")
    address = address_of(process)
    told = follow(address)
    question = next(event for event in told if event["type"] == "question")
    assert answer(address, question["id"], {"type": "approve"}) == 200
    assert answer(address, question["id"], {"type": "reject"}) == 409
    seen = [event["type"] for event in takewhile(lambda event: event["type"] != "finished", told)]
    assert seen.count("decision") == 1
    assert effects() == ["wipe x"]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest.mark.slow
def test_of_a_served_run_one_branch_is_answered_while_another_runs_on(cli: Cli, surefoot: Any, workspace: Path) -> None:
    cli("run", "unsure hold x then add 1; wipe y", "--thread", "t")
    process = surefoot("serve")
    address = address_of(process)
    ends: list[str] = []
    for event in follow(address):
        if event["type"] in ("question", "waits") and not (workspace / "go").exists():
            assert answer(address, event["id"], {"type": "approve"}) == 200
        if event["type"] == "waits":
            (workspace / "go").touch()
        if event["type"] == "decision" or (event["type"], event.get("status")) == ("subtask", "completed"):
            ends.append(event["task_id"])
        if event["type"] == "finished":
            break
    assert sorted(effects()) == ["hold x", "wipe y"]
    assert ends.index("wipe_y") < ends.index("add_1")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def test_there_is_nothing_to_serve_without_runs(cli: Cli, workspace: Path) -> None:
    result = cli("serve")
    assert result.exit_code == 2 and "no runs yet" in result.stderr
    assert not (workspace / ".surefoot").exists()
