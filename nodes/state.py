"""Everything that is checkpointed, as plain JSON, and the typed models at its edges.

The two graph states (`AgentState`, `ReactState`) hold only str, int, float, bool, None, list and dict, so any
checkpointer can store them and any reader can understand them. Components speak in the pydantic models below;
`model_dump()` and `model_validate()` cross the edge.
"""

import hashlib
import json
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, with_config
from typing_extensions import TypedDict

SCHEMA_VERSION = 1

Json = Any
"""str | int | float | bool | None | list[Json] | dict[str, Json]."""


def digest(value: Json) -> str:
    """Name a JSON value by its content: 16 hex digits of the sha256 of its canonical text."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Record(BaseModel):
    """A typed value that crosses into the state as a plain dict."""

    model_config = ConfigDict(extra="forbid")


class SubTaskStatus(StrEnum):
    """Where a subtask stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class SubTask(Record):
    """One node of the plan."""

    task_id: str
    """Unique in the run: an id that finished or failed is never given to another subtask."""
    description: str
    dependencies: list[str] = []
    """Ids of the subtasks that must be completed first."""
    status: SubTaskStatus = SubTaskStatus.PENDING
    tools: list[str] | None = None
    """Names of the tools it needs; None = not said."""
    acceptance: str = ""
    """What must hold for the subtask to count as done, in words; empty = the answer itself."""
    result: str | None = None
    """The answer when completed, the reason when failed."""
    attempts: int = 0


class Action(Record):
    """One tool call the model asked for."""

    tool: str
    args: dict[str, Json] = {}
    action_id: str = ""
    """Names this action in the journal; empty outside a run."""
    confidence: float | None = None
    """0 to 1 as the model stated it; None = it did not say, or nothing sensible."""
    call_id: str = ""
    """The model's own id of the call, given back with its result."""
    thought: str = ""
    """What the model said with it; moves to the log entry once it has run."""
    approved: str = ""
    """Digest a person said yes to; the action runs only while its own digest is the same. Empty = nobody was asked."""
    unfinished: bool = False
    """It was under way when a process ended, and nobody knows whether it happened."""
    again: bool = False
    """A person wants the unfinished action run now."""
    alone: bool = False
    """Its tool asks a person something, so that it runs beside no other call."""

    @property
    def digest(self) -> str:
        """Identity of exactly what will be run."""
        return digest([self.tool, self.args])


ErrorKind = Literal[
    "missing_tool",
    "bad_arguments",
    "exception",
    "timeout",
    "unstorable",
    "refused",
    "rejected",
    "unfinished",
    "deferred",
]
"""Why an action gave no result.

missing_tool    no tool of that name
bad_arguments   they do not fit the tool's schema; the tool did not run
exception       the tool raised
timeout         the tool did not end in time; whether it had its effect is not known
unstorable      the tool ran, but its result is no data (a lambda, a socket, a cycle)
refused         surefoot did not run it: this approach failed before and nothing has changed since
rejected        a person did not allow it
unfinished      it was under way when the process ended, and nobody knows whether it happened
deferred        its tool asks a person, so it stopped, and runs again when it has its turn alone
"""


class StepError(Record):
    """Why an action gave no result."""

    kind: ErrorKind
    message: str


class StepResult(Record):
    """What came of one action."""

    success: bool
    output: Json = None
    """Plain JSON data, cleaned and capped; None on failure."""
    error: StepError | None = None
    duration_seconds: float = 0.0
    artifact: str | None = None
    """Name of the stored full output where `output` is only its beginning; read on with `read_output`."""
    total_chars: int | None = None
    """Characters of the full output where `output` is only its beginning."""
    effect: str = "undeclared"
    replayed: bool = False
    """The journal knew the action as finished: this is its recorded result, the tool did not run again."""


class ReactStep(Record):
    """One entry of the log: a thought, the action it led to, and what was observed."""

    thought: str = ""
    action: Action | None = None
    observation: StepResult | None = None
    confidence: float | None = None
    turn: int = 0
    """Which model call the step came from; steps of one thought share it."""
    note: str = ""
    """What surefoot itself has to say to the model after this step (a nudge, an unreadable reply)."""


EndReason = Literal["answer", "gave_up", "max_steps", "stuck", "budget", "aborted", "model_error"]


class ReactResult(Record):
    """How one subtask ended."""

    answer: str | None = None
    ended: EndReason
    reason: str = ""
    """Why, in a sentence, when there is no answer."""
    log: list[ReactStep] = []


Diagnosis = Literal[
    "progressing", "repeated_action", "oscillation", "no_progress", "error_streak", "unknown_tool", "goal_drift"
]
Recommendation = Literal["continue", "replan", "escalate"]


class ReflectionResult(Record):
    """What self-reflection makes of a log."""

    diagnosis: Diagnosis = "progressing"
    recommendation: Recommendation = "continue"
    evidence: list[int] = []
    """Indices of the log entries that prove the diagnosis."""
    explanation: str = ""


class PlanDiff(Record):
    """What a revision changes: subtask ids, in plan order."""

    added: list[str] = []
    removed: list[str] = []
    modified: list[str] = []
    kept: list[str] = []


class Revision(Record):
    """A new plan, what it changes, and its identity."""

    plan: list[SubTask]
    diff: PlanDiff
    fingerprint: str
    reason: str = ""
    confidence: float | None = None
    gives_up: str = ""
    """Which part of the goal this plan leaves out, and why; empty = none."""
    refused: str = ""
    """Why this revision may not run (it repeats an earlier plan); empty = it may."""


class BudgetStatus(StrEnum):
    """How the spending stands against the limits."""

    OK = "OK"
    WARNING = "WARNING"
    """At most the warning fraction of some limit is left: time to wrap up."""
    EXCEEDED = "EXCEEDED"
    """Some limit is used up: no further action, only the summary."""


class Usage(Record):
    """What was spent."""

    steps: int = 0
    """Actions and model turns of the ReAct loops."""
    tokens: int = 0
    seconds: float = 0.0
    """Active time; waiting for a person does not count."""
    usd: float | None = None
    """None = no price is known for the model."""
    estimated: bool = False
    """Some of the tokens are an estimate: the endpoint reported no usage."""


class Decision(Record):
    """A person's answer to a question, whatever form it came in."""

    type: Literal["approve", "modify", "reject", "respond", "abort"]
    message: str = ""
    """The reason of a rejection, or the text of a response."""
    action: Action | None = None
    """With modify: the action to run instead."""
    plan: list[SubTask] | None = None
    """With modify: the plan to follow instead."""
    limits: dict[str, float] = {}
    """With approve or modify of `raise_budget`: the new limits by name."""
    scope: Literal["once", "run"] = "once"
    """`run` = trust this tool for the whole run."""


class ReactState(TypedDict, total=False):
    """State of the ReAct graph: one attempt at one subtask."""

    schema_version: int
    run_id: str
    goal: str
    subtask: dict[str, Json]
    known: dict[str, str]
    """Results of the subtasks this one depends on, by id."""
    workspace: str
    """What is already known of the workspace."""
    avoid: list[dict[str, Json]]
    """Approaches that failed and may not be tried again while nothing has changed: tool, args, error."""
    log: Annotated[list[dict[str, Json]], operator.add]
    queue: list[dict[str, Json]]
    """Actions asked for and not yet run, in order."""
    batch: list[dict[str, Json]]
    """Actions the checkpoint let through, to be run now."""
    results: list[dict[str, Json]]
    """What came of the batch, in its order."""
    turn: int
    verdict: dict[str, Json] | None
    """The latest ReflectionResult on this log."""
    decisions: Annotated[list[dict[str, Json]], operator.add]
    """Questions this attempt asked a person, and the answers."""
    outcome: dict[str, Json] | None
    """Set when the loop has ended: a ReactResult without its log."""


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
    history: list[str]
    """Fingerprints of every plan that was accepted or refused, oldest first."""
    failures: list[dict[str, Json]]
    """Failed attempts: task_id, description, ended, reason, approaches."""
    avoid: list[dict[str, Json]]
    """Approaches that failed and may not be tried again while nothing has changed: tool, args, error."""
    left_off: dict[str, dict[str, Json]]
    """By subtask id: where the budget cut an attempt off (attempts, turn, log, queue), to go on from with more."""
    replans: int
    verdict: dict[str, Json] | None
    """ReflectionResult on the latest execution."""
    evidence: dict[str, list[dict[str, Json]]]
    """By subtask id: the actions its result rests on."""
    decisions: list[dict[str, Json]]
    """Questions asked and how they were answered."""
    status: str
    """planning | running | done | stopped | aborted | failed."""
    reason: str
    """Why it ended the way it did."""
    answer: str
    report: dict[str, Json]
    """summary, done, left, evidence, usage, checkpoints, revisions."""
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
        "decisions": [],
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
    "ENDED",
    "SCHEMA_VERSION",
    "Action",
    "AgentInput",
    "AgentState",
    "BudgetStatus",
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
