"""The runs of a store for programs that serve a person: starts them, answers their questions, goes on with what was cut off.

Beyond what the agent itself refuses, the door reads an answer before it is delivered, raises limits, takes up again what
its budget has stopped, and tells the events of a run as they are written.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot

from surefoot.graph.admission import admit_answers, admit_asked, admit_goal, admit_work, the_question
from surefoot.graph.agent import Agent
from surefoot.graph.standing import (
    CUT_OFF,
    Question,
    Standing,
    asked_by_tool,
    has_begun,
    saved_status,
    standing,
    status_of,
)
from surefoot.graph.store import RunRow, Store
from surefoot.graph.writing import Written
from surefoot.nodes.answers import parse_answer
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.state import BudgetStatus, Json
from surefoot.tools.clean import clean_text
from surefoot.tools.errors import ResumeError, StoreError
from surefoot.tools.redact import Redactor

__all__ = ["Door", "check_answer", "check_name"]

Watch = Callable[[dict[str, Json]], None]
"""Is called with each event of the run's log as it is written, in the thread that does the work."""

Hear = Callable[[str, str], None]
"""Is called with a subtask's id and what the model has written of its reply so far, in whatever thread that happens."""

_NOTHING: Any = object()
_LONGEST_NAME = 200
_LONGEST_ERROR = 10_000


class Door:
    """Starts and resumes the runs of one agent.

    Args:
        agent: what `build_graph(..., store=store)` returned.
        store: that same store.

    Every method refuses with one sentence and then has changed nothing. From async code call them through
    `asyncio.to_thread`.
    """

    def __init__(self, agent: Agent, store: Store) -> None:
        self._agent = agent
        self._store = store

    def start(
        self,
        goal: str,
        thread_id: str,
        *,
        options: Mapping[str, Json] | None = None,
        watch: Watch | None = None,
        hear: Hear | None = None,
        control: RunControl | None = None,
    ) -> Standing:
        """Give a goal to a thread that has no unfinished run, and work until it ends or asks.

        Args:
            goal: what is wanted.
            thread_id: the run's name, 1 to 200 printable characters.
            options: plain data noted in the run's log, for whoever resumes it.
            watch: is told each event.
            hear: is told what the model writes, as it writes it; the model's endpoint is then asked to stream.
            control: LangGraph's; by its `request_drain` the run stops at its next step, and is cut off.

        Raises:
            GoalError: the goal is empty.
            ResumeError: the thread's run is unfinished, or the name is none.
            RunBusy: somebody works on it.
            StoreError, ModelError: it was cut off and can be resumed.
        """
        goal, thread_id = self._agent.received(goal), check_name(thread_id)
        with self._agent.held(thread_id):
            row, snapshot = self._store.run(thread_id), self._snapshot(thread_id)
            _check_here(row)
            admit_goal(thread_id, row, snapshot)
            run_id = self._agent.begin(thread_id, goal, snapshot.values)
            self._store.append(run_id, {"type": "started", "goal": goal, "options": dict(options or {})})
            return self._work({"goal": goal}, self._known(thread_id), 0, watch, hear, control)

    def resume(
        self,
        thread_id: str,
        answer: Json = _NOTHING,
        *,
        interrupt_id: str | None = None,
        limits: Mapping[str, float | None] | None = None,
        options: Mapping[str, Json] | None = None,
        watch: Watch | None = None,
        hear: Hear | None = None,
        control: RunControl | None = None,
    ) -> Standing:
        """Answer a question, or go on with a run that was cut off or stopped by its budget; a run that waits keeps waiting.

        Args:
            thread_id: the run's name.
            answer: any form `HumanCheckpoint.parse` reads; left out = go on without one.
            interrupt_id: which question; may be left out where only one is open.
            limits: higher limits by name, such as `{"max_steps": 400}`; None values are passed over.
            options, watch, hear, control: as for `start`.

        Raises:
            ResumeError: an unknown or finished run, no or another question open, an answer nobody can read.
            SettingsError: a limit is unknown or lower than before.
            RunBusy: somebody works on it.
            StoreError, ModelError: it was cut off and can be resumed.
        """
        self._known(thread_id)  # before the lock, which leaves a file for any name
        with self._agent.held(thread_id):
            row, snapshot = self._known(thread_id), self._snapshot(thread_id)
            _check_here(row)
            admit_work(thread_id, row, snapshot, self._store.where, self._agent.graph_hash)
            budget = _raised(row, limits)
            unanswered = answer is _NOTHING and interrupt_id is None
            if not snapshot.tasks and has_begun(row, snapshot):
                reopened_at = self._way_back(row, snapshot, budget, bool(limits), unanswered)
                self._save_limits(row, budget)
                reopened: dict[str, Json] = {"status": "running", "reason": ""}
                self._agent.update_state(_config(thread_id), reopened, as_node=reopened_at)
                payload: Any = None
            elif not unanswered:
                payload = _delivery(row, snapshot, answer, interrupt_id, self._store.redactor)
                self._save_limits(row, budget)
            else:
                self._save_limits(row, budget)
                if saved_status(row, snapshot) == "waiting":
                    return standing(row, snapshot, "waiting")
                payload = None if snapshot.tasks else {"goal": row["goal"]}
            self._store.upsert_run(thread_id, row["run_id"], status="running")
            seen = self._store.append(row["run_id"], {"type": "resumed", "options": dict(options or {})})
            return self._work(payload, row, seen - 1, watch, hear, control)

    def look(self, thread_id: str) -> Standing:
        """Say where the newest run of a thread stands, without touching it.

        Raises:
            ResumeError: there is no such run.
        """
        row, snapshot = self._known(thread_id), self._snapshot(thread_id)
        return standing(row, snapshot, status_of(self._store, row, snapshot))

    def _known(self, thread_id: str) -> RunRow:
        row = self._store.run(thread_id)
        if row is None:
            raise ResumeError(f"There is no run {thread_id[:_LONGEST_NAME]!r} in {self._store.where}.")
        return row

    def _snapshot(self, thread_id: str) -> StateSnapshot:
        return self._agent.get_state(_config(thread_id))

    def _work(
        self,
        payload: Any,
        row: RunRow,
        seen: int,
        watch: Watch | None,
        hear: Hear | None,
        control: RunControl | None,
    ) -> Standing:
        """Run the graph until it ends or asks; the caller holds the lock."""
        thread_id, run_id = row["thread_id"], row["run_id"]

        def tell() -> None:
            nonlocal seen
            for event in self._store.events(run_id, seen) if watch else ():
                seen = event["seq"]
                cast(Watch, watch)(event)

        try:
            tell()
            # What is streamed only says that the log has grown: tools can stream too, and that is no event of the run.
            modes: list[Any] = ["custom", "messages"] if hear else ["custom"]
            written = Written(self._store.redactor)
            for _, mode, part in self._agent.stream(
                payload, _config(thread_id), stream_mode=modes, subgraphs=True, control=control
            ):
                if mode == "custom":
                    tell()
                elif hear and (said := written.more(*part)):
                    hear(*said)
        except GraphDrained as drained:
            self._store.append(run_id, {"type": "paused", "reason": drained.reason})
            self._store.upsert_run(thread_id, run_id, status=CUT_OFF)
        except Exception as error:
            with contextlib.suppress(StoreError):
                self._store.append(run_id, {"type": "error", "message": self._told(error)})
                self._store.upsert_run(thread_id, run_id, status=CUT_OFF)
                tell()
            raise
        tell()
        row, snapshot = self._known(thread_id), self._snapshot(thread_id)
        return standing(row, snapshot, saved_status(row, snapshot))

    def _told(self, error: Exception) -> str:
        return clean_text(self._store.redactor.text(str(error) or type(error).__name__)[:_LONGEST_ERROR])

    def _way_back(
        self, row: RunRow, snapshot: StateSnapshot, budget: BudgetManager, more: bool, unanswered: bool
    ) -> str:
        """After which node a run goes on that its budget has stopped; every other ended run is refused."""
        name, state = row["thread_id"], snapshot.values
        if state.get("status") != "stopped" or not unanswered:
            raise ResumeError(f"The run {name!r} is finished ({state.get('status')}), so it cannot be resumed.")
        budget.charge(**self._store.spent(row["run_id"]))
        if not more or budget.status() == BudgetStatus.EXCEEDED:
            raise ResumeError(
                f"The run {name!r} was stopped by its budget: to go on, resume it with a larger limit "
                f"({budget.explain().rstrip('.')})."
            )
        if not state.get("plan") and not state.get("proposal"):
            raise ResumeError(
                f"The run {name!r} was stopped before it had a plan: give its goal anew with a larger limit."
            )
        return "reflect" if state.get("proposal") else "execute"

    def _save_limits(self, row: RunRow, budget: BudgetManager) -> None:
        saved = row["settings"].get("limits")
        if saved and saved != budget.limits:
            settings = {**row["settings"], "limits": budget.limits}
            self._store.upsert_run(row["thread_id"], row["run_id"], settings=settings)
            self._store.append(row["run_id"], {"type": "limits", "limits": budget.limits})


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def check_name(thread_id: str) -> str:
    """Return the name of a run.

    Raises:
        ResumeError: nobody could type it again.
    """
    if not (isinstance(thread_id, str) and thread_id.strip() and thread_id.isprintable()) or thread_id[0] == "-":
        raise ResumeError("The name of a run must have printable characters only, and not begin with a dash.")
    if len(thread_id) > _LONGEST_NAME:
        raise ResumeError(f"The name of a run may have {_LONGEST_NAME} characters at most.")
    return thread_id


def _check_here(row: RunRow | None) -> None:
    """Refuse a run whose states another checkpointer has, such as a LangGraph server: here it would begin anew."""
    if row and row["settings"].get("elsewhere"):
        raise ResumeError(
            f"The run {row['thread_id']!r} is kept by a checkpointer of its own, such as LangGraph Studio's: "
            "go on with it there."
        )


def _raised(row: RunRow, limits: Mapping[str, float | None] | None) -> BudgetManager:
    budget = BudgetManager(
        **row["settings"].get("limits") or dict.fromkeys(("max_steps", "max_tokens", "max_time_seconds"))
    )
    budget.raise_limits(**{name: value for name, value in (limits or {}).items() if value is not None})
    return budget


def _delivery(
    row: RunRow, snapshot: StateSnapshot, answer: Json, interrupt_id: str | None, redactor: Redactor
) -> Command[Any]:
    """Wrap an answer for the one question it is meant for, or say why it cannot be delivered."""
    name = row["thread_id"]
    if answer is _NOTHING:
        raise ResumeError(f"An answer to the question {interrupt_id} is missing.")
    admit_asked(name, row, snapshot)
    question = the_question(name, snapshot.interrupts, interrupt_id)
    delivered = admit_answers(name, snapshot, {question.id: answer}, redactor)
    if asked_by_tool(question.value):
        delivered[question.id] = _told_to_tool(delivered[question.id])
    else:
        parse_answer(delivered[question.id], question.value)
    return Command(resume=delivered)


def check_answer(answer: Json, question: Question) -> None:
    """Refuse an answer that could not be delivered to a question.

    Raises:
        ResumeError: it cannot be read.
    """
    if question.name == "tool_question":
        _told_to_tool(answer)
    else:
        parse_answer(answer, question.value)


def _told_to_tool(answer: Json) -> Json:
    """What a tool's own question gets: any data but a decision, which the tool would take for something else."""
    kind = answer.get("type") if isinstance(answer, dict) else None
    if kind == "respond" and "message" in answer:
        return answer["message"]
    if kind in ("approve", "modify", "reject", "abort"):
        raise ResumeError("A tool asks this itself, so tell it what it wants to know, as text or JSON data.")
    return answer
