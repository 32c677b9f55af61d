"""Runs and resumes: the bodies of `surefoot run` and `surefoot resume`."""

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from surefoot.graph.build import build_graph
from surefoot.graph.cli import asking, loading
from surefoot.graph.cli.desk import AnsweredElsewhere, Desk
from surefoot.graph.cli.editing import Sheet
from surefoot.graph.cli.following import follow
from surefoot.graph.cli.lines import resume_command
from surefoot.graph.cli.output import CODES, INTERRUPTED, Output, code_of, explain, result
from surefoot.graph.cli.pausing import Pausing
from surefoot.graph.cli.shown import Shown, open_server
from surefoot.graph.door import Door, check_name
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.graph.report import PageServer
from surefoot.graph.settings import Settings
from surefoot.graph.standing import CUT_OFF, Question, Standing
from surefoot.graph.store import Store
from surefoot.nodes.budget import LIMITS, BudgetManager
from surefoot.nodes.plan import check_goal
from surefoot.nodes.state import ENDED, Json
from surefoot.tools.errors import ResumeError

_MANNERS = ("brave", "calm", "clear", "deft", "fair", "firm", "kind", "neat", "quick", "sure", "swift", "warm")
_ANIMALS = ("badger", "crane", "finch", "fox", "hare", "heron", "ibex", "lark", "lynx", "otter", "owl", "robin")


class Work(Protocol):
    """What a command carries out, telling its watcher what happens."""

    def __call__(self, *, watch: Callable[[Any], None], hear: Callable[[str, str], None] | None) -> Standing: ...


def run(
    goal: str,
    model: str | None,
    tools: str | None,
    given: Mapping[str, Any],
    thread: str | None,
    as_json: bool,
    with_page: bool = False,
) -> int:
    """Start a run, also on a page of its own if wanted; returns the exit code."""
    job = Job(thread, as_json, given.get("workspace"), with_page)
    with job.reported():
        check_goal(goal)
        name = None if thread is None else check_name(thread)
        settings = loading.read_settings(given)
        spec = model or settings.model
        door, job.store = loading.working_door(spec, tools, settings, partial(loading.open_runs, settings))
        name = job.thread = name or _new_name(job.store)
        options = {
            "model": spec,
            "tools": tools,
            "workspace": str(settings.workspace),
            "approvals": settings.approvals,
            "mcp": settings.mcp_servers and str(settings.mcp_servers),
        }
        job.draw()
        job.carry_on(door, partial(door.start, goal, name, options=options, control=job.pausing.control))
    return job.code


def resume(
    thread: str,
    interrupt_id: str | None,
    reply: Mapping[str, Any],
    model: str | None,
    tools: str | None,
    given: Mapping[str, Any],
    limits: Mapping[str, float | None],
    as_json: bool,
) -> int:
    """Answer a question of a run, or go on with it; returns the exit code."""
    job = Job(thread, as_json, given.get("workspace"))
    with job.reported():
        settings = loading.read_settings(given)
        if not loading.has_runs(settings):
            raise ResumeError(f"There is no run {thread!r}: {loading.place(settings)} has no runs yet.")
        store = job.store = loading.open_runs(settings)
        door, options, found = reopened(store, thread, model, tools, given, settings)
        answer = {"answer": asking.from_options(reply, _meant(found, interrupt_id))} if reply else {}
        given = {"interrupt_id": interrupt_id, "limits": limits, "options": options, **answer}
        job.draw()
        job.carry_on(door, partial(door.resume, thread, control=job.pausing.control, **given))
    return job.code


def reopened(
    store: Store, thread: str, model: str | None, tools: str | None, given: Mapping[str, Any], settings: Settings
) -> tuple[Door, dict[str, Any], Standing]:
    """The door to go on with a run by, with what it was started with and where it stands."""
    found = loading.looking_door(store).look(thread)
    options = _noted(store, found.run_id) | {k: v for k, v in (("model", model), ("tools", tools)) if v}
    settings = loading.read_settings({"approvals": options.get("approvals"), **_placed(options, given, settings)})
    spec = options.get("model") or settings.model
    door, _ = loading.working_door(spec, options.get("tools"), settings, lambda: store)
    return door, options, found


def drawing() -> str:
    """Draw both graphs of the agent in Mermaid."""
    return build_graph(ScriptedModel({}), []).get_graph(xray=True).draw_mermaid()


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
        self._desk = Desk()
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

    def draw(self) -> None:
        """Draw the run while it works, where a person watches and can be asked."""
        if self.interactive:
            from surefoot.graph.cli.screen import Screen

            self.output.screen = Screen()

    def carry_on(self, door: Door, work: Work) -> None:
        """Follow the work, and where somebody can be asked also the answers to its questions, until it ends or waits."""
        standing = self._followed(work)
        while standing.status == "waiting" and (self.interactive or self._page) and not self.pausing.code:
            answered = self._answered(standing)
            if answered is None:
                break
            given: dict[str, Any] = {"interrupt_id": answered[0], "control": self.pausing.control}
            standing = self._followed(partial(door.resume, standing.thread_id, answered[1], **given))
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
        standing = follow(body, self._watch, self.pausing)
        if self.output.screen:
            self.output.screen.close()
        return standing

    def _answered(self, standing: Standing) -> tuple[str, Json] | None:
        """Wait for an answer, typed or given on the page: for which question, and what; None = the person left."""
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
        if event["type"] == "writing":
            if self.output.screen:
                self.output.screen.hear(event["task_id"], event["text"])
            return
        if event["type"] == "pausing":
            self.output.complain("Pausing once what is under way has ended; Ctrl-C again ends it at once.")
            return
        if not self._begun:
            self._begin()
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
    """The options that let a stopped run go on: the limits that are used up, with as much again on top."""
    limits, spent = budget.limits, budget.usage().model_dump()
    options = []
    for name in budget.exceeded() or ["max_tokens"]:  # nothing is used up where a call was too big for what is left
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


def _noted(store: Store, run_id: str) -> dict[str, Any]:
    """The options a run was started or last resumed with; none where another program started it."""
    noted = [e["options"] for e in store.events(run_id) if e["type"] in ("started", "resumed") and e.get("options")]
    return dict(noted[-1]) if noted else {}


def _placed(options: Mapping[str, Any], given: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Keep the home the run was found in; work in the folder it was started in, unless that is where its home is."""
    started_in = options.get("workspace") if settings.home else settings.workspace
    servers = given.get("mcp_servers") or options.get("mcp")
    return {"workspace": given.get("workspace") or started_in, "home": settings.home_folder, "mcp_servers": servers}


def _meant(found: Standing, interrupt_id: str | None) -> Question | None:
    """The question an answer is meant for, as far as that is clear; the door decides."""
    meant = [q for q in found.questions if interrupt_id in (None, q.id)]
    return meant[0] if len(meant) == 1 else None


def _new_name(store: Store) -> str:
    while True:
        name = f"{secrets.choice(_MANNERS)}-{secrets.choice(_ANIMALS)}-{secrets.token_hex(2)}"
        if store.run(name) is None:
            return name
