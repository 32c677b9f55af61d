"""Tells a person or a program what happens: lines or JSON on stdout, errors on stderr, the exit code."""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surefoot.graph.cli.lines import lines, question_lines
from surefoot.graph.settings import Settings, debugging
from surefoot.nodes.questions import visible
from surefoot.nodes.state import Json
from surefoot.tools.errors import SettingsError, StoreError, SurefootError
from surefoot.tools.redact import Redactor

FAILED, USAGE, WAITING, STOPPED, ABORTED, INTERRUPTED = 1, 2, 3, 4, 5, 130

CODES = {"done": 0, "waiting": WAITING, "stopped": STOPPED, "aborted": ABORTED}
"""Exit code by status; every other status has FAILED."""


if TYPE_CHECKING:  # rich takes its time, and most commands draw nothing
    from surefoot.graph.cli.screen import Screen

_STAYS = frozenset(
    {
        *("started", "revision", "no_revision", "edited", "verdict", "decision", "budget", "limits"),
        *("question", "page", "result"),
    }
)
"""Events that are written above the drawing."""


class Output:
    """Where a command writes; no secret it knows leaves here.

    `as_json`: one JSON object a line, and nothing else: what tools print goes to stderr.
    `workspace`: as a person gave it, for the commands they are told to type.
    """

    def __init__(self, as_json: bool, workspace: Path | None = None) -> None:
        self.as_json = as_json
        self.workspace = workspace
        self.redactor = Redactor(_secrets())
        self.screen: Screen | None = None
        """Draws the run where a person watches; what is said goes past it."""
        self._stdout = sys.stdout

    @contextlib.contextmanager
    def clean(self) -> Iterator[None]:
        """Keep everybody else off stdout where a program reads it, from here to the end of the process."""
        if self.as_json:
            self._take_stdout()
        with contextlib.redirect_stdout(sys.stderr) if self.as_json else contextlib.nullcontext():
            yield

    def _take_stdout(self) -> None:
        """Write to a copy of stdout's descriptor and point the original to stderr: what tools start writes there."""
        try:
            original, errors = self._stdout.fileno(), sys.stderr.fileno()
        except (OSError, ValueError):
            return  # no real file: a test, or a program that calls this one
        self._stdout.flush()
        mine = os.dup(original)
        os.dup2(errors, original)
        self._stdout = open(mine, "w", encoding=self._stdout.encoding, errors=self._stdout.errors)  # noqa: SIM115

    def tell(self, event: Mapping[str, Json]) -> None:
        """Write one event, whole and at once; where a screen draws it, only what is to stay."""
        if self.screen:
            self.screen.tell(self.redactor.exact.data(dict(event)))
            if event["type"] not in _STAYS:
                return
            event = {**event, "plan": []}  # it is drawn already
        text = json.dumps(event) if self.as_json else "\n".join(lines({**event, "workspace": self.workspace}))
        if text:
            self.say(text)

    def ask(self, event: Mapping[str, Json]) -> None:
        """Show a question that is answered in place."""
        if self.screen:
            self.screen.ask(self.redactor.exact.data(event["value"]))
        elif not self.as_json:
            self.say("\n".join(question_lines(event)))

    def say(self, text: str) -> None:
        """Write a text to stdout, with what would act on a terminal made visible."""
        encoding = self._stdout.encoding or "utf-8"
        text = visible(self.redactor.exact.text(text))
        if self.screen:
            self.screen.say(text)
            return
        self._stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stdout.flush()

    def complain(self, sentence: str, error: BaseException | None = None) -> None:
        """Write a sentence to stderr, with where it arose under SUREFOOT_DEBUG."""
        trace = "".join(traceback.format_exception(error)) if error and debugging() else ""
        print(visible(self.redactor.text(f"{trace}surefoot: {sentence}")), file=sys.stderr, flush=True)


def _secrets() -> dict[str, str]:
    try:
        return Settings.from_env().known_secrets()
    except SettingsError:
        return Settings().known_secrets()


def explain(error: BaseException) -> str:
    """Say an error in one sentence."""
    if isinstance(error, SurefootError):
        return " ".join(str(error).split())
    said = " ".join(Redactor(_secrets()).text(str(error)).split())[:300]  # first, as half a secret is not found
    return f"Unexpected {type(error).__name__}: {said or 'no message'} (SUREFOOT_DEBUG=1 shows where)."


def code_of(error: BaseException, *, begun: bool) -> int:
    """Tell what is wrong with what was typed from what went wrong."""
    if begun or isinstance(error, StoreError) or not isinstance(error, SurefootError):
        return FAILED
    return USAGE


def result(thread_id: str | None, status: str, **fields: Any) -> dict[str, Json]:
    """The last line of `run --json` and `resume --json`."""
    empty = {"answer": "", "report": {}, "usage": {}, "interrupts": []}
    return {"type": "result", "thread_id": thread_id, "status": status, **empty, **fields}


__all__ = ["ABORTED", "CODES", "INTERRUPTED", "Output", "code_of", "explain", "result"]
