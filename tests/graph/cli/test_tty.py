"""`surefoot run` on a real terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


class Terminal:
    """A command on a terminal of 80 by 24."""

    def __init__(self, *args: str, **more: str) -> None:
        self.screen = ""
        ours, theirs = pty.openpty()
        self._handle = ours
        code = "from surefoot.graph.cli import main; main()"
        environ = {**os.environ, "PYTHONPATH": os.getcwd(), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        environ.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=environ | more
        )
        os.close(theirs)

    def until(self, seen: Callable[[str], object], seconds: float = 120) -> str:
        deadline = time.monotonic() + seconds
        while not seen(self.screen):
            assert time.monotonic() < deadline, self.screen
            if select.select([self._handle], [], [], 0.5)[0]:
                try:
                    self.screen += os.read(self._handle, 65536).decode(errors="replace")
                except OSError:  # the other end is closed
                    break
        return self.screen

    @property
    def text(self) -> str:
        """All it has shown, without colours and movements."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.screen)

    def type(self, line: str) -> None:
        os.write(self._handle, f"{line}\n".encode())

    def end(self) -> int:
        self.until(lambda _: self.process.poll() is not None)
        os.close(self._handle)
        return self.process.wait()


OWN = ("--tools", "spoken_agent:tools", "--model", "spoken_agent:model")


def test_a_question_is_answered_in_place(workspace: Path) -> None:
    terminal = Terminal("run", "add 1 then wipe x", "--thread", "t", *OWN)
    terminal.until(lambda text: "abort > " in text)
    assert "✓" in terminal.screen and "wipe" in terminal.screen and "what" in terminal.screen
    assert (workspace / "effects.log").exists() is False
    terminal.type("approve")
    assert terminal.end() == 0
    assert (workspace / "effects.log").read_text() == "wipe x\n"
    assert terminal.screen.count("\x1b[?25l") == terminal.screen.count("\x1b[?25h")  # the cursor is there again


def test_enter_answers_a_branch_that_waits_while_another_runs_on(workspace: Path) -> None:
    terminal = Terminal("run", "hold x then add 1; wipe y", "--thread", "t", *OWN)
    terminal.until(lambda text: "press Enter to answer now" in text)
    assert (workspace / "effects.log").read_text() == "hold x\n"
    terminal.type("")
    terminal.until(lambda text: "stopping the others" in text)
    (workspace / "go").touch()
    terminal.until(lambda text: "abort > " in text)
    assert "○ add_1" in terminal.text and "✓ add_1" not in terminal.text
    terminal.type("approve")
    assert terminal.end() == 0
    assert "✓ add_1" in terminal.text
    assert (workspace / "effects.log").read_text() == "hold x\nwipe y\n"


def test_without_colour_none_is_sent(workspace: Path) -> None:
    terminal = Terminal("run", "add 1", "--thread", "t", *OWN, NO_COLOR="1")
    assert terminal.end() == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", terminal.screen)
