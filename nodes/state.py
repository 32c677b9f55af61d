"""Everything that is checkpointed, as plain JSON.

The two graph states (`AgentState`, `ReactState`) hold only str, int, float, bool, None, list and dict, so any
checkpointer can store them and any reader can understand them. The typed models at its edges are in
`nodes/records.py` and have their names here, too.
"""

import json
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Annotated

from langgraph.channels.delta import DeltaChannel
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from surefoot.nodes.records import (
    UNASKED,
    Action,
    Blame,
    BudgetStatus,
    Check,
    CheckResult,
    Decision,
    Diagnosis,
    EndReason,
    ErrorKind,
    Json,
    PlanDiff,
    ReactResult,
    ReactStep,
    Recommendation,
    Record,
    ReflectionResult,
    Revision,
    StepError,
    StepResult,
    SubTask,
    SubTaskStatus,
    Usage,
    digest,
)

SCHEMA_VERSION = 1


def appended(log: list[dict[str, Json]], added: Sequence[list[dict[str, Json]]]) -> list[dict[str, Json]]:
    """Join what was written to a log, in order."""
    return [*log, *chain.from_iterable(added)]


class ReactState(TypedDict, total=False):
    """State of the ReAct graph: one attempt at one subtask."""

    schema_version: int
    run_id: str
    goal: str
    subtask: dict[str, Json]
    known: dict[str, str]
    """Results of the subtasks this one depends on, by id."""
    taint: dict[str, list[str]]
    """By id of a dependency: the sources of text by strangers its result rests on."""
    plan_taint: list[str]
    """Sources of text by strangers that were known when the plan was made."""
    private: bool
    """Whether something of the person's own was read before it began, by its dependencies or for its plan."""
    workspace: str
    """What is already known of the workspace."""
    found: dict[str, list[dict[str, Json]]]
    """By subtask id: what attempts that failed and that this one takes the place of have found out."""
    avoid: list[dict[str, Json]]
    """Approaches that failed and may not be tried again while nothing has changed: tool, args, error."""
    log: Annotated[list[dict[str, Json]], DeltaChannel(appended, snapshot_frequency=1_000_000)]
    """Saved as what is added to it: a full value at each step would make the database grow with the square of the work."""
    queue: list[dict[str, Json]]
    """Actions asked for and not yet run, in order."""
    batch: list[dict[str, Json]]
    """Actions the checkpoint let through, to be run now."""
    results: list[dict[str, Json]]
    """What came of the batch, in its order."""
    turn: int
    report: str | None
    """What the worker reports, until code has decided whether it is the answer."""
    strong_from: int
    """Index of the log entry from which on the stronger model thinks; not there = it does not."""
    verdict: dict[str, Json] | None
    """The latest ReflectionResult on this log."""
    decisions: Annotated[list[dict[str, Json]], operator.add]
    """Questions this attempt asked a person, and the answers."""
    outcome: dict[str, Json] | None
    """Set when the loop has ended: a ReactResult without its log."""


DECISIVE = frozenset({"turn", "decisions", "batch"})
"""Channels that once filled must be on the disk before anything else happens: a reply of the model, an answer of a person,
calls about to run. What else an attempt comes to follows from these and from the actions in the journal."""


@with_config(ConfigDict(use_attribute_docstrings=True))
class AgentInput(TypedDict):
    """Input of the main graph."""

    goal: str
    """What the person wants, in their own words."""


@with_config(ConfigDict(use_attribute_docstrings=True))
class AgentState(TypedDict, total=False):
    """State of the main graph."""

    schema_version: int
    goal: str
    """What the person wants, in their own words."""
    run_id: str
    """Names this run in the journal: the thread and a count, because a thread may be given several goals."""
    workspace: str
    """What was known of the workspace when the run began."""
    proposal: dict[str, Json] | None
    """A Revision not yet accepted: the first plan, or a new one."""
    plan: list[dict[str, Json]]
    """The accepted plan: SubTask dicts."""
    revisions: list[dict[str, Json]]
    """Accepted plans, oldest first: Revision dicts without the plan's results."""
    history: list[dict[str, Json]]
    """What every plan that was accepted or sent back is known by, oldest first; see `likeness.sketch`."""
    failures: list[dict[str, Json]]
    """Failed attempts: task_id, description, ended, reason, approaches, found, spent (by the subtask so far)."""
    avoid: list[dict[str, Json]]
    """Approaches that failed and may not be tried again while nothing has changed: tool, args, error."""
    left_off: dict[str, dict[str, Json]]
    """By subtask id: where the budget cut an attempt off (attempts, turn, log, queue), to go on from with more."""
    replans: int
    verdict: dict[str, Json] | None
    """ReflectionResult on the latest execution."""
    evidence: dict[str, list[dict[str, Json]]]
    """By subtask id: the actions its result rests on."""
    checks: dict[str, list[dict[str, Json]]]
    """By subtask id: what came of its checks on its last report."""
    unshown: dict[str, list[str]]
    """By subtask id: what its result states and nothing it has seen shows."""
    taint: dict[str, list[str]]
    """By subtask id: the sources of text by strangers it has read from, itself or through its dependencies."""
    plan_taint: list[str]
    """Sources of text by strangers that were known when the plan was made."""
    private: list[str]
    """Ids of subtasks that have read something of the person's own, themselves or through their dependencies."""
    decisions: list[dict[str, Json]]
    """Questions asked and how they were answered."""
    asks_for_budget: bool
    """A used-up limit is put before a person before the run ends."""
    status: str
    """planning | running | done | stopped | aborted | failed."""
    reason: str
    """Why it ended the way it did."""
    answer: str
    report: dict[str, Json]
    """summary, done, left, evidence, checks, unshown, usage, checkpoints, revisions, drift, calibration, ladder, blames."""
    usage: dict[str, Json]
    """steps, tokens, seconds, usd (null = no price known), estimated."""


ENDED = frozenset({"done", "stopped", "aborted", "failed"})
"""Statuses after which only the report is written."""


def fresh_state() -> AgentState:
    """State of a run that has done nothing yet."""
    return {
        "schema_version": SCHEMA_VERSION,
        "proposal": None,
        "plan": [],
        "revisions": [],
        "history": [],
        "failures": [],
        "avoid": [],
        "left_off": {},
        "replans": 0,
        "verdict": None,
        "evidence": {},
        "checks": {},
        "unshown": {},
        "taint": {},
        "plan_taint": [],
        "private": [],
        "decisions": [],
        "asks_for_budget": False,
        "status": "running",
        "reason": "",
        "answer": "",
        "report": {},
        "usage": {},
    }


def result_text(output: Json) -> str:
    """Write a tool's output as the model reads it: text as it is, data as JSON.

    An object that carries long texts (what a program printed, a page) is written as sections, short values first, so
    that the text needs no escapes and a cut loses its end alone.
    """
    if isinstance(output, str):
        return output
    if isinstance(output, dict) and any(isinstance(v, str) and "\n" in v for v in output.values()):
        long = {k: v for k, v in output.items() if isinstance(v, str) and ("\n" in v or len(v) > 200)}
        short = [f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in output.items() if k not in long and v != ""]
        return "\n".join([*short, *(f"{k}:\n{v}" for k, v in long.items())])
    return json.dumps(output, ensure_ascii=False)


def step_names(log: Sequence[Mapping[str, Json]]) -> list[str]:
    """Name the steps of a log `turn.place`, both counted from 1: the names under which outputs are read again."""
    seen: Counter[int] = Counter()
    names = []
    for step in log:
        turn = step.get("turn", 0)
        seen[turn] += 1
        names.append(f"{turn}.{seen[turn]}")
    return names


__all__ = [
    "DECISIVE",
    "ENDED",
    "SCHEMA_VERSION",
    "UNASKED",
    "Action",
    "AgentInput",
    "AgentState",
    "Blame",
    "BudgetStatus",
    "Check",
    "CheckResult",
    "Decision",
    "Diagnosis",
    "EndReason",
    "ErrorKind",
    "Json",
    "PlanDiff",
    "ReactResult",
    "ReactState",
    "ReactStep",
    "Recommendation",
    "Record",
    "ReflectionResult",
    "Revision",
    "StepError",
    "StepResult",
    "SubTask",
    "SubTaskStatus",
    "Usage",
    "digest",
    "fresh_state",
    "result_text",
    "step_names",
]
