"""One command at work on one run: follows it, asks, and reports how it ended."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from surefoot.graph.cli import asking
from surefoot.graph.cli.desk import AnsweredElsewhere, Desk
from surefoot.graph.cli.editing import Sheet
from surefoot.graph.cli.following import follow
from surefoot.graph.cli.lines import resume_command
from surefoot.graph.cli.output import CODES, INTERRUPTED, Output, code_of, explain, result
from surefoot.graph.cli.pausing import Pausing
from surefoot.graph.cli.shown import Shown, open_server
from surefoot.graph.door import Door
from surefoot.graph.report import PageServer
from surefoot.graph.standing import CUT_OFF, Question, Standing, as_question
from surefoot.graph.store import Store
from surefoot.nodes.budget import LIMITS, BudgetManager
from surefoot.nodes.state import ENDED, Json
from surefoot.tools.errors import ResumeError

__all__ = ["Job"]


class Work(Protocol):
    """What a command carries out, telling its watcher what happens."""

    def __call__(self, *, watch: Callable[[Any], None], hear: Callable[[str, str], None] | None) -> Standing: ...


class Job:
    """One command at work on one run: follows it, asks, and reports how it ended."""

    def __init__(
        self, thread: str | None, as_json: bool, workspace: Path | None = None, with_page: bool = False
    ) -> None:
        self.thread = thread
        self.store: Store | None = None
        self.code = 0
        self.output = Output(as_json, workspace)
        self.pausing = Pausing(self._left)
        self._begun = False
        self._sheets: dict[str, Sheet] = {}
        self._limited = False
        """There is a limit of money, and nobody was told yet that it cannot hold."""
        self.interactive = not as_json and sys.stdin.isatty() and sys.stdout.isatty()
        self._desk = Desk(self.pausing.rest)
        self._with_page = with_page
        self._page: PageServer | None = None

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Turn whatever goes wrong into a sentence, a result and an exit code."""
        try:
            with self.pausing.listening(), self.output.clean():
                yield
        except BrokenPipeError:
            self._left()
            os._exit(INTERRUPTED)
        except KeyboardInterrupt:
            self._left()
            self.code = self.pausing.code or INTERRUPTED
        except Exception as error:  # noqa: BLE001  a person gets a sentence, never a traceback
            self._failed(error)
        if self._page:
            self._page.close()
        if self.store:
            self.store.close()

    def draw(self, before: Iterable[Mapping[str, Any]] = ()) -> None:
        """Draw the run while it works, where a person watches and can be asked; `before`: what happened so far."""
        if self.interactive:
            from surefoot.graph.cli.screen import Screen

            self.output.screen = Screen()
            self.output.screen.recall(before)

    def carry_on(self, door: Door, work: Work) -> None:
        """Follow the work, and where somebody can be asked also the answers to its questions, until it ends or waits."""
        standing = self._followed(work)
        while (self.interactive or self._page) and not self.pausing.code:
            if (given := self._way_on(standing)) is None:
                break
            standing = self._followed(partial(door.resume, standing.thread_id, control=self.pausing.again(), **given))
        self._close_screen()
        if standing.status == CUT_OFF:
            self._left()
            self.code = self.pausing.code
            return
        for question in standing.questions:
            self.output.tell(_question_event(standing, question))
        self.output.tell(self._result(standing))
        budget = _budget(self.store, standing.thread_id) if standing.status == "stopped" else None
        if budget and not self.output.as_json:
            self.output.say(f"go on with: {self._resume_command(standing.thread_id)} {_larger(budget)}")
        self.code = CODES.get(standing.status, 1)

    def _followed(self, work: Work) -> Standing:
        def body(tell: Callable[[Any], None]) -> Standing:
            hear = partial(_writing, tell) if self.output.screen else None
            return work(watch=tell, hear=hear)

        if self.output.screen:
            self.output.screen.open()
        standing = follow(body, self._watch, self.pausing, knocks=self.interactive)
        if self.output.screen:
            self.output.screen.close()
        return standing

    def _way_on(self, standing: Standing) -> dict[str, Json] | None:
        """What the run goes on with: an answer, or nothing where it only rested; None = it does not."""
        if standing.status == CUT_OFF and self.pausing.control.drain_requested:
            return {}
        answered = self._answered(standing) if standing.status == "waiting" else None
        return None if answered is None else {"interrupt_id": answered[0], "answer": answered[1]}

    def _answered(self, standing: Standing) -> tuple[str, Json] | None:
        """Wait for an answer, typed or given on the page: for which question, and what; None = the person left."""
        if self._desk.answered:
            answered = self._desk.take()
            if answered[0] in {question.id for question in standing.questions}:
                return answered
        self._desk.lay(standing.questions)
        for question in standing.questions[:1] if self.interactive else standing.questions:
            self.output.ask(_question_event(standing, question))
        if self.interactive:
            question = standing.questions[0]
            try:
                read = self._desk.read if self._page else input
                answer = asking.ask(question, self.output.say, read, sheets=self._sheets)
            except AnsweredElsewhere:
                self.output.say("answered on the page")
                return self._desk.take()
            if answer is None:
                return None
            with contextlib.suppress(ResumeError):  # the page was first
                self._desk.give(question.id, answer)
        return self._desk.take()

    def _watch(self, event: Mapping[str, Any]) -> None:
        match event["type"]:
            case "writing":
                if self.output.screen:
                    self.output.screen.hear(event["task_id"], event["text"])
            case "pausing":
                self.output.complain("Pausing once what is under way has ended; Ctrl-C again ends it at once.")
            case "knock":
                if self._desk.asks:
                    self.pausing.rest()
                    self.output.tell(event)
            case _:
                self._happened(event)

    def _happened(self, event: Mapping[str, Any]) -> None:
        if not self._begun:
            self._begin()
        if event["type"] == "waits":
            self._desk.add(as_question(event["id"], event["value"]))
        if event["type"] != "resumed":
            self.pausing.moves()
        if event["type"] != "question":  # told last, with how to answer it
            self.output.tell(event)
        if "limits" in event:
            self._limited = event["limits"].get("max_usd") is not None
        if self._limited and event.get("spent", {}).get("usd", 0) is None:
            self._limited = False
            self.output.complain("max_usd is not enforced, as the model's price is not known: set SUREFOOT_PRICES.")

    def _begin(self) -> None:
        self._begun = True
        if not self.output.as_json:
            self.output.say(f"run: {self.thread}")
        if self._with_page and self.store and self.thread:
            self._page = open_server(Shown(self.store, self.thread, self.output.redactor, self._desk.give), 0)
            self.output.tell({"type": "page", "address": self._page.address})

    def _close_screen(self) -> None:
        screen, self.output.screen = self.output.screen, None
        if screen:
            screen.leave()

    def _result(self, standing: Standing) -> dict[str, Json]:
        state = standing.state
        ended = standing.status in ENDED
        budget = _budget(self.store, standing.thread_id)
        spent = budget.usage().model_dump(mode="json") if budget else {}
        return result(
            standing.thread_id,
            standing.status,
            answer=state.get("answer", "") if ended else "",
            report=state.get("report", {}) if ended else {},
            usage=(state.get("usage") if ended else None) or spent,
            interrupts=[{"id": q.id, "value": q.value} for q in standing.questions],
        )

    def _failed(self, error: Exception) -> None:
        self._close_screen()
        self.code = code_of(error, begun=self._begun)
        sentence = explain(error)
        self.output.complain(sentence + self._hint(), error)
        if self.output.as_json:
            self.output.tell(result(self.thread, "failed", error=sentence))

    def _left(self) -> None:
        """Say how to go on with a run that is left in the middle."""
        with contextlib.suppress(OSError):
            self._close_screen()
            self.output.complain(f"Interrupted.{self._hint()}")
            if self.output.as_json:
                self.output.tell(result(self.thread, CUT_OFF, error="Interrupted."))

    def _hint(self) -> str:
        return f" Go on with: {self._resume_command(self.thread)}" if self._begun and self.thread else ""

    def _resume_command(self, thread: str) -> str:
        return resume_command(thread, self.output.workspace)


def _larger(budget: BudgetManager) -> str:
    """The options that let a stopped run go on: the limits that are in the way, with as much again on top."""
    limits, spent = budget.limits, budget.usage().model_dump()
    options = []
    for name in budget.in_the_way():
        limit = limits[name] or 0
        enough = limit + max(limit, spent[LIMITS[name]] or 0)
        options.append(f"--{name.replace('time_', '').replace('_', '-')} {enough:.10g}")
    return " ".join(options)


def _writing(tell: Callable[[Any], None], task_id: str, text: str) -> None:
    tell({"type": "writing", "task_id": task_id, "text": text})


def _question_event(standing: Standing, question: Question) -> dict[str, Json]:
    return {"type": "question", "thread_id": standing.thread_id, "id": question.id, "value": question.value}


def _budget(store: Store | None, thread: str | None) -> BudgetManager | None:
    """The budget of a run as its store has it."""
    row = store.run(thread) if store and thread else None
    if store is None or row is None or not row["settings"].get("limits"):
        return None
    budget = BudgetManager(**row["settings"]["limits"])
    budget.charge(**store.spent(row["run_id"]))
    return budget
