"""A run as its live page is told of it, and who takes the answers that are given there."""

import threading
import time
from collections.abc import Callable
from functools import partial

from surefoot.graph.cli.output import explain
from surefoot.graph.door import Door, check_answer
from surefoot.graph.report import PageServer
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
        self._working: threading.Thread | None = None
        self._looked, self._stands = 0.0, ""

    def status(self) -> str | None:
        with self._mutex:
            if self._at_work():
                return None
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._looked, self._stands = time.monotonic(), self._door.look(self.thread_id).status
            return self._stands if self._stands != "running" else None

    def answer(self, question_id: str, answer: Json) -> None:
        with self._mutex:
            found = None if self._at_work() else self._door.look(self.thread_id)
            question = next((q for q in found.questions if q.id == question_id), None) if found else None
            if question is None:
                raise ResumeError("This question is not open: it was answered already, or the run is at work.")
            check_answer(answer, question)
            self._looked = 0.0
            carry = partial(self._door.resume, self.thread_id, answer, interrupt_id=question_id, options=self._options)
            self._working = threading.Thread(target=self._carry_on, args=(carry,), daemon=True)
            self._working.start()

    def _at_work(self) -> bool:
        return self._working is not None and self._working.is_alive()

    def _carry_on(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  a person gets a sentence, never a traceback
            self._complain(explain(error))
