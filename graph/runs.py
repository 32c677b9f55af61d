"""The runs this process works on, by run id: begun, found again, entered, left."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from langgraph.errors import GraphInterrupt

from surefoot.graph.live_run import LiveRun
from surefoot.graph.settings import Settings
from surefoot.graph.store import RunRow, Store
from surefoot.graph.store.columns import thread_of
from surefoot.graph.traces import Traces, make_tracer
from surefoot.nodes import events
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.run import noting
from surefoot.nodes.state import ENDED


def next_run_id(store: Store, newest: RunRow | None, earlier: str | None, thread_id: str) -> str:
    """Name the next run of a thread: the thread and a count, because a thread may be given several goals.

    One more than the state's run, and past every run the store knows, as a fork or a lost checkpoint goes back: a
    journal is never shared by two runs, or the second would be answered from what the first one did.
    """
    number = int(earlier.rpartition("#")[2]) + 1 if earlier else 1
    if newest:
        last = int(newest["run_id"].rpartition("#")[2])
        used = newest["status"] in (*ENDED, "waiting") or bool(store.charged(newest["run_id"]))
        number = max(number, last + 1 if used else last)
    return f"{thread_id}#{number}"


@dataclass
class _Leg:
    """One invocation's work on a thread."""

    gathering: ExitStack = field(default_factory=ExitStack)
    run_id: str = ""
    """Which run it works on, once that is known."""


class Runs:
    """All runs of one compiled graph in this process, by run id."""

    def __init__(self, store: Store, settings: Settings, model: str, *, elsewhere: bool = False) -> None:
        """`elsewhere`: the checkpoints are not in the store, so that only who has them can go on with a run."""
        self.store = store
        self._elsewhere = elsewhere
        self._settings = settings
        self._model = model
        self._tracer = make_tracer() if settings.traces else None
        self._live: dict[str, LiveRun] = {}
        self._legs: dict[str, _Leg] = {}
        self._asking: dict[str, LiveRun] = {}
        self._lock = threading.Lock()

    @contextmanager
    def leg(self, thread_id: str) -> Iterator[None]:
        """Work on a thread in this block, as its only writer: at its end all is on the disk.

        What is written of the run once it is `gathered`, its states too, waits for what must be durable: a call of a model or
        a tool. A question it ends at is entered once it is saved.
        """
        leg = self._legs[thread_id] = _Leg()
        try:
            with leg.gathering:
                try:
                    yield
                except GeneratorExit:  # the caller has seen enough, perhaps the question
                    self._wait(thread_id)
                    raise
                self._wait(thread_id)
        finally:
            del self._legs[thread_id]
            self._live.pop(leg.run_id, None)  # where it was left between two nodes

    def gather(self, run_id: str) -> None:
        """Hold back what is written of a run, in a leg of its thread, from now on.

        From its first node on, so that an answer it goes on with is on the disk; a new run from when its goal is. Not where
        the checkpoints are elsewhere: what is written here must not be behind them.
        """
        leg = self._legs.get(thread_of(run_id))
        if leg and leg.run_id != run_id:
            leg.run_id = run_id
            if not self._elsewhere:
                leg.gathering.enter_context(self.store.gathered(run_id))

    def begin(self, state: Mapping[str, Any], thread_id: str, chosen: Mapping[str, Any] | None = None) -> LiveRun:
        """Start a new run in a thread, which may have had others before.

        `chosen`: the `limits` and the `model` of this run alone, by these names.
        """
        leg = self._legs.get(thread_id)
        run_id = (leg and leg.run_id) or next_run_id(
            self.store, self.store.run(thread_id), state.get("run_id"), thread_id
        )
        self._live.pop(run_id, None)
        run = self._open(run_id, chosen)
        goal, model = str(state.get("goal") or "").strip(), run.model or self._model
        self.store.upsert_run(thread_id, run_id, goal=goal, status="running", model=model, settings=run.settings())
        begun = events.Begun(
            type="begun",
            version=events.VERSION,
            thread_id=thread_id,
            run_id=run_id,
            goal=goal,
            model=model,
            limits=run.budget.limits,
        )
        run.record(begun)
        return run

    def find(self, state: Mapping[str, Any]) -> LiveRun:
        """Find the run a state belongs to; rebuild it from the store when another process began it."""
        return self._live.get(state["run_id"]) or self._open(state["run_id"])

    def close(self, run: LiveRun, status: str) -> None:
        """Write down how a run ended and forget it."""
        self._live.pop(run.run_id, None)
        run.book_time()
        run.save_settings(status)
        self.store.catch_up(run.run_id)  # before the end is saved, after which nobody would
        run.end_trace()

    @contextmanager
    def entered(self, state: Mapping[str, Any]) -> Iterator[LiveRun]:
        """Work on a run: its clock runs meanwhile.

        A run that stops is forgotten: when it is taken up again, another process may have worked on it in between.
        """
        run = self.find(state)
        with self._gathered(run) or nullcontext(), run.budget.active():
            try:
                yield run
                run.book_time()
            except BaseException as error:
                self._leave(run, error)
                raise

    @asynccontextmanager
    async def aentered(self, state: Mapping[str, Any]) -> AsyncIterator[LiveRun]:
        """Async twin of `entered`."""
        live = self._live.get(state["run_id"])
        run = await asyncio.to_thread(self.find, state) if live is None else live
        gathering = self._gathered(run)
        async with off_the_loop(gathering) if gathering else nullcontext():
            with run.budget.active():
                try:
                    yield run
                    await noting(run, run.book_time).aperform()
                except BaseException as error:
                    await asyncio.to_thread(self._leave, run, error)
                    raise

    def _gathered(self, run: LiveRun) -> AbstractContextManager[None] | None:
        """Hold back for one node what is written of a run, where another graph is in charge; None = see `gather`."""
        return None if self._elsewhere or run.thread_id in self._legs else self.store.gathered(run.run_id)

    def _wait(self, thread_id: str) -> None:
        """Enter that a run waits for a person, if it has asked; to be called once its question is saved.

        Entered any sooner, a death in between would leave the run waiting at the question it had asked before.

        Raises:
            StoreError: the question could not be saved; asked again, it is the same.
        """
        if run := self._asking.pop(thread_id, None):
            self.store.check_saved(run.run_id)
            run.save_settings("waiting")

    def _leave(self, run: LiveRun, error: BaseException) -> None:
        self._live.pop(run.run_id, None)  # first: what cannot be written down must not be gone on with from memory
        run.book_time()
        if isinstance(error, GraphInterrupt):
            for asked in error.args[0]:
                run.record(events.Asked(type="question", id=asked.id, value=asked.value))
            if self._elsewhere:  # whoever has the states may never come back here to say that they are saved
                run.save_settings("waiting", asked=[asked.id for asked in error.args[0]])
            else:
                self._asking[run.thread_id] = run
        run.end_trace(None if isinstance(error, GraphInterrupt) else error)

    def _open(self, run_id: str, chosen: Mapping[str, Any] | None = None) -> LiveRun:
        with self._lock:
            if run_id in self._live:
                return self._live[run_id]
            thread_id = thread_of(run_id)
            self._asking.pop(thread_id, None)
            row = self.store.run(thread_id)
            saved = dict(chosen or (row["settings"] if row and row["run_id"] == run_id else {}))
            limits: dict[str, Any] = saved.get("limits") or self._settings.limits
            budget = BudgetManager(**limits, warning_fraction=self._settings.warning_fraction)
            past = self.store.past(run_id)
            budget.charge(**past["spent"])
            run = self._live[run_id] = LiveRun(
                thread_id,
                run_id,
                self.store,
                budget,
                past,
                saved.get("trusted", ()),
                Traces(self._tracer, thread_id, run_id, saved.get("model") or self._model) if self._tracer else None,
                elsewhere=self._elsewhere,
                asks_for_budget=self._settings.budget_exceeded == "ask",
                share=self._settings.subtask_share,
                warning_fraction=self._settings.warning_fraction,
                model=saved.get("model"),
            )
            self.gather(run_id)
            return run


@asynccontextmanager
async def off_the_loop(block: AbstractContextManager[None]) -> AsyncIterator[None]:
    """Enter and leave a block in threads: it may wait for the disk."""
    await asyncio.to_thread(block.__enter__)
    try:
        yield
    except BaseException as error:
        await asyncio.to_thread(block.__exit__, type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(block.__exit__, None, None, None)
