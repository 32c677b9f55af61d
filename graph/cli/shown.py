"""A run as its live page is told of it, and who takes the answers that are given there."""

import threading
import time
from collections.abc import Callable
from typing import Any

from surefoot.graph.cli.desk import Desk
from surefoot.graph.cli.output import explain
from surefoot.graph.cli.pausing import Pausing
from surefoot.graph.door import Door
from surefoot.graph.report import PageServer
from surefoot.graph.standing import CUT_OFF, Standing, as_question
from surefoot.graph.store import Store
from surefoot.nodes.state import Json
from surefoot.tools.errors import ResumeError, SettingsError
from surefoot.tools.redact import Redactor

__all__ = ["Served", "Shown", "open_server"]

_LOOK_SECONDS = 5.0


def open_server(shown: "Shown", port: int) -> PageServer:
    """Serve a run's page.

    Raises:
        SettingsError: the port cannot be had.
    """
    try:
        return PageServer(shown, port=port)
    except (OSError, OverflowError) as error:
        why = str(getattr(error, "strerror", None) or error).lower()
        raise SettingsError(f"The page cannot be served at port {port} ({why}): choose another.") from error


class Shown:
    """A run as its page is told of it; answers go where `answer` puts them."""

    def __init__(
        self,
        store: Store,
        thread_id: str,
        redactor: Redactor,
        answer: Callable[[str, Json], None] | None = None,
    ) -> None:
        self.thread_id = thread_id
        self._store, self._redactor, self._answer = store, redactor.exact, answer

    def events(self, after: int) -> list[dict[str, Json]]:
        row = self._store.run(self.thread_id)
        found: list[dict[str, Json]] = self._redactor.data(self._store.events(row["run_id"], after)) if row else []
        return found

    def status(self) -> str | None:
        return None

    def answer(self, question_id: str, answer: Json) -> None:
        if self._answer is None:
            raise ResumeError("This run takes no answers here.")
        self._answer(question_id, answer)


class Served(Shown):
    """A run that another process may be working on; an answer is carried out here."""

    def __init__(
        self,
        store: Store,
        thread_id: str,
        redactor: Redactor,
        door: Door,
        options: dict[str, Json],
        complain: Callable[[str], None],
    ) -> None:
        super().__init__(store, thread_id, redactor)
        self._door, self._options, self._complain = door, options, complain
        self._mutex = threading.Lock()
        self._working = False
        self._pausing = Pausing(lambda: None)
        self._desk = Desk(self._pausing.rest)
        self._looked, self._stands = 0.0, ""

    def status(self) -> str | None:
        with self._mutex:
            if self._working:
                return None
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._looked, self._stands = time.monotonic(), self._door.look(self.thread_id).status
            return self._stands if self._stands != "running" else None

    def answer(self, question_id: str, answer: Json) -> None:
        with self._mutex:
            if not self._working:
                self._desk.lay(self._door.look(self.thread_id).questions)
            self._desk.give(question_id, answer)
            self._looked = 0.0
            if not self._working:
                self._working = True
                threading.Thread(target=self._carry_on, daemon=True).start()

    def _carry_on(self) -> None:
        try:
            while self._goes_on():
                question_id, answer = self._desk.take()
                if self._resume(answer, interrupt_id=question_id).status == CUT_OFF:
                    self._resume()
        except Exception as error:  # noqa: BLE001  a person gets a sentence, never a traceback
            self._complain(explain(error))
            self._working = False

    def _goes_on(self) -> bool:
        with self._mutex:
            self._working = self._desk.answered
            return self._working

    def _resume(self, *answer: Json, **more: Any) -> Standing:
        control = self._pausing.again()
        more |= {"options": self._options, "watch": self._watch, "control": control}
        return self._door.resume(self.thread_id, *answer, **more)

    def _watch(self, event: dict[str, Json]) -> None:
        if event["type"] == "waits":
            self._desk.add(as_question(str(event["id"]), event["value"]))
        if event["type"] != "resumed":
            self._pausing.moves()
