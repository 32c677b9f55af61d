"""The compiled graph with a guarded way in.

LangGraph takes any input at any time: a second writer repeats actions, a new goal drops a question, an answer may reach
nobody. Here each leg of a run (`invoke`, `stream` and their twins) first takes the lock of its thread and is let in
only where it fits; what it is given is made plain data. Inside a graph of somebody else's, that graph is in charge.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any, Self, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot

from surefoot.graph.admission import admit_answers, admit_asked, admit_goal, admit_work, not_begun
from surefoot.graph.runs import Runs, next_run_id, off_the_loop
from surefoot.graph.store import RunRow, Store
from surefoot.nodes.drive import Blocking, Call, Core, adrive, drive
from surefoot.nodes.plan import check_goal
from surefoot.nodes.state import ENDED, AgentInput, AgentState, Json, digest
from surefoot.tools.clean import clean_text
from surefoot.tools.errors import ResumeError

__all__ = ["Agent"]

_held: ContextVar[frozenset[str]] = ContextVar("surefoot_held", default=frozenset())
"""Threads whose lock the caller already holds: what enters them was checked."""


class Agent(CompiledStateGraph[AgentState, None, AgentInput, AgentState]):
    """A compiled LangGraph graph whose threads have one writer each.

    Besides what a graph raises, every way in raises, and then has changed nothing:
        GoalError: the goal is empty.
        SettingsError: what was chosen for the run cannot be had.
        ResumeError: the run is unfinished, unknown or has no such question.
        RunBusy: somebody works on the run.
        StoreError: another release saved it, or its journal is not here.
    """

    def __init__(self, *, runs: Runs, choose: Callable[[Any], object] = lambda context: None, **parts: Any) -> None:
        """`choose`: reads what is chosen for a new run; raises SettingsError where it cannot be had."""
        super().__init__(**parts)
        self.runs = runs
        self.choose = choose

    @property
    def journal(self) -> Store:
        """The store that knows its runs, wherever their checkpoints are."""
        return self.runs.store

    @classmethod
    def of(cls, graph: CompiledStateGraph[Any, Any, Any, Any], runs: Runs, choose: Callable[[Any], object]) -> Self:
        """Guard a compiled graph."""
        return cls(runs=runs, choose=choose, **{k: v for k, v in vars(graph).items() if k != "__orig_class__"})

    @property
    def graph_hash(self) -> str:
        """Names the steps a saved run can stand at: those of this graph and of the ReAct graph in it."""
        inner = [sorted(cast(CompiledStateGraph[Any], graph).nodes) for _, graph in self.get_subgraphs()]
        return digest([sorted(self.nodes), *inner])

    @contextmanager
    def held(self, thread_id: str) -> Iterator[None]:
        """Hold a thread's lock over several calls; the caller checks what it lets in. `RunBusy` when it is taken."""
        with self._locked(thread_id):
            token = _held.set(_held.get() | {thread_id})
            try:
                yield
            finally:
                _held.reset(token)

    def stream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Iterator[Any]:
        """Work until the run ends or asks; see LangGraph's `stream`."""
        if (thread_id := self._enters(config)) is None:
            yield from super().stream(input, config, **options)
            return
        with self._leg(thread_id):
            admitted = drive(self._admit(thread_id, input, config, options.get("context")))
            yield from super().stream(admitted, config, **options)

    async def astream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AsyncIterator[Any]:
        """Async twin of `stream`."""
        if (thread_id := self._enters(config)) is None:
            async for part in super().astream(input, config, **options):
                yield part
            return
        async with off_the_loop(self._leg(thread_id)):
            admitted = await adrive(self._admit(thread_id, input, config, options.get("context")))
            parts = cast(AsyncGenerator[Any, None], super().astream(admitted, config, **options))
            async with aclosing(parts):
                async for part in parts:
                    yield part

    def bulk_update_state(self, config: RunnableConfig, supersteps: Any) -> RunnableConfig:
        """Edit a saved state, as its only writer."""
        if (thread_id := self._enters(config)) is None:
            return super().bulk_update_state(config, supersteps)
        with self._locked(thread_id):
            return super().bulk_update_state(config, supersteps)

    async def abulk_update_state(self, config: RunnableConfig, supersteps: Any) -> RunnableConfig:
        """Async twin of `bulk_update_state`."""
        if (thread_id := self._enters(config)) is None:
            return await super().abulk_update_state(config, supersteps)
        async with off_the_loop(self._locked(thread_id)):
            return await super().abulk_update_state(config, supersteps)

    def received(self, goal: object) -> str:
        """A goal as it may be stored: plain text without secrets. `GoalError` when it is none."""
        return self.journal.redactor.text(clean_text(check_goal(goal)))

    def begin(self, thread_id: str, goal: str, state: Mapping[str, Json]) -> str:
        """Enter the next run of a thread before its first step, under the number `Runs.begin` will give it."""
        ended = self.journal.run(thread_id)
        if ended and ended["run_id"] == state.get("run_id") and state.get("status") in ENDED:
            # A process that died as it saved the end may have left it "running", and nobody looks at its state again.
            self.journal.upsert_run(thread_id, ended["run_id"], status=state["status"])
        run_id = next_run_id(self.journal, ended, state.get("run_id"), thread_id)
        self.journal.upsert_run(thread_id, run_id, goal=goal, status="running", graph_hash=self.graph_hash)
        return run_id

    @contextmanager
    def _leg(self, thread_id: str) -> Iterator[None]:
        """Work on a thread as its only writer."""
        with self._locked(thread_id), self.runs.leg(thread_id):
            yield

    @contextmanager
    def _locked(self, thread_id: str) -> Iterator[None]:
        if thread_id in _held.get():
            yield
            return
        with self.journal.lock(thread_id):
            self.journal.preflight()
            yield

    def _enters(self, config: RunnableConfig | None) -> str | None:
        """The thread a call enters from outside; None inside another graph, or where nothing is kept."""
        given = merge_configs(self.config, config).get("configurable", {})
        thread_id = given.get("thread_id")
        kept = thread_id is not None and (self.checkpointer or "__pregel_checkpointer" in given)
        return str(thread_id) if kept and "__pregel_task_id" not in given else None

    def _admit(self, thread_id: str, given: Any, config: RunnableConfig | None, context: Any) -> Core[Any]:
        """Make what comes in plain data, where it fits; what enters while the caller holds the lock was checked."""
        if thread_id in _held.get():
            return given
        where = merge_configs(config)
        if isinstance(given, Mapping):
            given = {**given, "goal": self.received(given.get("goal"))}
        snapshot = yield Call(partial(self.get_state, where), partial(self.aget_state, where))
        forked = bool(where.get("configurable", {}).get("checkpoint_id"))
        return (yield Blocking(self._let_in, (thread_id, given, context, snapshot, forked)))

    def _let_in(self, thread_id: str, given: Any, context: Any, snapshot: StateSnapshot, forked: bool) -> Any:
        """Check what comes in against where the run stands, and enter it in the run table."""
        row: RunRow | None = self.journal.run(thread_id)
        if isinstance(given, Mapping):
            if not forked:
                admit_goal(thread_id, row, snapshot)
            self.choose(context)
            self.runs.gather(self.begin(thread_id, given["goal"], snapshot.values))
            return given
        if given is None and row and not snapshot.tasks and not_begun(row, snapshot):
            return {"goal": row["goal"]}
        if snapshot.created_at:
            admit_work(thread_id, row, snapshot, self.journal.where, self.graph_hash)
        if isinstance(given, Command) and (given.resume is not None or not (given.update or given.goto)):
            if not snapshot.created_at:
                raise ResumeError(f"There is no run {thread_id!r} in {self.journal.where}.")
            if row and not forked:
                admit_asked(thread_id, row, snapshot)
            given = replace(given, resume=admit_answers(thread_id, snapshot, given.resume, self.journal.redactor))
        stopped = row and row["status"] != "running"  # a run that was cut off is entered as running still
        if snapshot.tasks and row and stopped and row["run_id"] == snapshot.values.get("run_id"):
            self.journal.upsert_run(thread_id, row["run_id"], status="running")
        return given
