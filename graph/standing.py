"""Says where a run stands: its status, its open questions, its state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from langgraph.types import StateSnapshot

from surefoot.graph.store import RunRow, Store
from surefoot.nodes.questions import question
from surefoot.nodes.state import ENDED, Json
from surefoot.tools.errors import RunBusy

__all__ = [
    "CUT_OFF",
    "Question",
    "Standing",
    "as_question",
    "asked_by_tool",
    "has_begun",
    "has_ended",
    "saved_status",
    "standing",
    "status_of",
]

CUT_OFF = "cut off"
"""Status of a run that nobody works on and that has not ended: its process died, or an error ended it."""


@dataclass(frozen=True)
class Question:
    """An open question of a run."""

    id: str
    """What an answer names it by."""
    value: dict[str, Json]
    """The question in LangChain's HITLRequest form, with `digest`, `reason`, `task_id`."""

    @property
    def name(self) -> str:
        """The tool asked about, `approve_plan`, `approve_replan`, `ask_human`, `unfinished_action`, `tool_question`."""
        return str(self.value["action_requests"][0]["name"])

    @property
    def args(self) -> dict[str, Json]:
        """Exactly what will be run if it is approved."""
        return cast(dict[str, Json], self.value["action_requests"][0]["args"])

    @property
    def description(self) -> str:
        """Why it is asked, in lines for a person."""
        return str(self.value["action_requests"][0].get("description", ""))

    @property
    def allowed(self) -> tuple[str, ...]:
        """Which of approve, edit, reject and respond it takes; abort is always taken."""
        return tuple(self.value["review_configs"][0]["allowed_decisions"])


@dataclass(frozen=True)
class Standing:
    """Where a run stands."""

    thread_id: str
    run_id: str
    goal: str
    status: str
    """running | waiting | cut off | done | stopped | aborted | failed."""
    questions: tuple[Question, ...]
    """What a person has to answer; only while `waiting`."""
    state: dict[str, Json]
    """The agent's state as it was saved last: plan, revisions, answer, report, usage and so on."""


def status_of(store: Store, row: RunRow, snapshot: StateSnapshot) -> str:
    """Tell a run that is being worked on from one whose process died; of one whose states are elsewhere nobody can."""
    if row["settings"].get("elsewhere"):
        return row["status"]
    if (status := saved_status(row, snapshot)) != "running":
        return status
    try:
        with store.lock(row["thread_id"]):
            return CUT_OFF
    except RunBusy:
        return "running"


def saved_status(row: RunRow, snapshot: StateSnapshot) -> str:
    """What the table says of a run, as far as the saved state bears it out: a process can die between the two."""
    if has_ended(row, snapshot):
        return str(snapshot.values["status"])
    saved = [question.id for question in snapshot.interrupts]
    asked = cast(list[str], row["settings"].get("asked", saved))
    asks = row["status"] == "waiting" and saved and set(saved) == set(asked)
    return row["status"] if asks or row["status"] == CUT_OFF else "running"


def has_ended(row: RunRow, snapshot: StateSnapshot) -> bool:
    """Whether the newest run has come to its end, with nothing left to do."""
    return has_begun(row, snapshot) and not snapshot.tasks and snapshot.values.get("status") in ENDED


def has_begun(row: RunRow, snapshot: StateSnapshot) -> bool:
    """Whether the newest run got as far as its first saved step; before that the state is an earlier run's, or none."""
    return bool(snapshot.values.get("run_id") == row["run_id"])


def asked_by_tool(value: Any) -> bool:
    """Whether a question is a tool's own (it called `interrupt`): what it asks for is between the tool and the person."""
    return not (isinstance(value, Mapping) and {"action_requests", "review_configs", "digest"} <= value.keys())


def as_question(question_id: str, value: Any) -> Question:
    """A question by its id and whatever was asked, brought into our form."""
    return Question(question_id, _in_our_form(value))


def _in_our_form(value: Any) -> dict[str, Json]:
    if not asked_by_tool(value):
        return dict(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return question("tool_question", {"asked": value}, reason="tool", description=text, allowed=("respond",))


def standing(row: RunRow, snapshot: StateSnapshot, status: str) -> Standing:
    state = dict(snapshot.values) if has_begun(row, snapshot) else {}
    if status == "waiting" and state and not snapshot.interrupts:
        status = CUT_OFF  # it died after the run table had it waiting, before its question was saved
    asked = snapshot.interrupts if status == "waiting" else ()
    questions = tuple(as_question(i.id, i.value) for i in asked)
    return Standing(row["thread_id"], row["run_id"], row["goal"], status, questions, state)
