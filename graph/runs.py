"""The runs this process works on, by run id: begun, found again, entered, left."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from langgraph.errors import GraphInterrupt

from surefoot.graph.live_run import LiveRun
from surefoot.graph.settings import Settings
from surefoot.graph.store import Store
from surefoot.graph.traces import Traces, make_tracer
from surefoot.nodes import events
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.state import ENDED


def next_run_id(store: Store, earlier: str | None, thread_id: str) -> str:
    """Name the next run of a thread: the thread and a count, because a thread may be given several goals.

    One more than the state's run, and past every run the store knows, as a fork or a lost checkpoint goes back: a
    journal is never shared by two runs, or the second would be answered from what the first one did.
    """
    number = int(earlier.rpartition("#")[2]) + 1 if earlier else 1
    if newest := store.run(thread_id):
        last = int(newest["run_id"].rpartition("#")[2])
        used = newest["status"] in (*ENDED, "waiting") or bool(store.charged(newest["run_id"]))
        number = max(number, last + 1 if used else last)
    return f"{thread_id}#{number}"


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
        self._asking: dict[str, LiveRun] = {}
        self._lock = threading.Lock()

    def begin(self, state: Mapping[str, Any], thread_id: str, chosen: Mapping[str, Any] | None = None) -> LiveRun:
        """Start a new run in a thread, which may have had others before.

        `chosen`: the `limits` and the `model` of this run alone, by these names.
        """
        run_id = next_run_id(self.store, state.get("run_id"), thread_id)
        goal = str(state.get("goal") or "").strip()
        model = (chosen or {}).get("model") or self._model
        settings = dict(chosen) if chosen else None
        self.store.upsert_run(thread_id, run_id, goal=goal, status="running", model=model, settings=settings)
        run = self._open(run_id)
        run.save_settings()
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
        run.end_trace()

    @contextmanager
    def entered(self, state: Mapping[str, Any]) -> Iterator[LiveRun]:
        """Work on a run: its clock runs meanwhile.

        A run that stops is forgotten: when it is taken up again, another process may have worked on it in between.
        """
        run = self.find(state)
        with self._gathered(run.run_id), run.budget.active():
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
        gathering = ExitStack()
        gathering.enter_context(self._gathered(run.run_id))
        try:
            with run.budget.active():
                try:
                    yield run
                    await asyncio.to_thread(run.book_time)
                except BaseException as error:
                    await asyncio.to_thread(self._leave, run, error)
                    raise
        finally:
            await asyncio.to_thread(gathering.close)

    @contextmanager
    def _gathered(self, run_id: str) -> Iterator[None]:
        """Write to the store what must be durable, when it must be, with all that came before it.

        Not where the checkpoints are elsewhere: what is written here must not be behind them.
        """
        if self._elsewhere:
            yield
            return
        try:
            with self.store.gathered():
                yield
        finally:
            self.store.catch_up(run_id)

    def wait(self, thread_id: str) -> None:
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

    def _open(self, run_id: str) -> LiveRun:
        with self._lock:
            if run_id in self._live:
                return self._live[run_id]
            thread_id = run_id.rpartition("#")[0]
            self._asking.pop(thread_id, None)
            row = self.store.run(thread_id)
            saved: dict[str, Any] = dict(row["settings"]) if row and row["run_id"] == run_id else {}
            limits: dict[str, Any] = saved.get("limits") or self._settings.limits
            budget = BudgetManager(
                **limits,
                warning_fraction=self._settings.warning_fraction,
            )
            budget.charge(**self.store.spent(run_id))
            run = self._live[run_id] = LiveRun(
                thread_id,
                run_id,
                self.store,
                budget,
                saved.get("trusted", ()),
                Traces(self._tracer, thread_id, run_id, saved.get("model") or self._model) if self._tracer else None,
                elsewhere=self._elsewhere,
                asks_for_budget=self._settings.budget_exceeded == "ask",
                share=self._settings.subtask_share,
                warning_fraction=self._settings.warning_fraction,
                model=saved.get("model"),
            )
            return run
