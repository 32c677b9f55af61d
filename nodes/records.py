"""The typed values components speak in, and how they cross into the checkpointed state: as plain dicts.

`model_dump()` and `model_validate()` cross the edge; `nodes/state.py` has the states themselves.
"""

import hashlib
import json
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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


Expectation = Literal["exists", "absent", "equals", "contains", "lacks", "matches", "schema", "min", "max"]


class Check(Record):
    """A condition on a finished subtask that code decides: where to look, and what has to be there."""

    tool: str = ""
    """The read-only tool whose result is looked at; empty = the subtask's own report."""
    args: dict[str, Json] = {}
    path: str = ""
    """Where in it, such as `rows.0.1`; a last part `length` counts. Empty = all of it."""
    expect: Expectation
    value: Json = None
    """What is expected; nothing with `exists` and `absent`."""


class CheckResult(Record):
    """What came of a check."""

    check: Check
    outcome: Literal["passed", "failed", "error"]
    """error: it could not be run, so nobody knows; that is no pass."""
    found: str = ""
    """What was there instead, or why it could not be run."""


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
    checks: list[Check] = []
    """The part of it that code decides, when the worker reports."""
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
    alone: bool = False
    """Its tool asks a person something, so it runs beside no other call."""
    doubted: bool = False
    """A person is asked because the same call was begun before and nobody knew whether it took effect. The question stays
    when that is known in the end: a no to it must count."""
    asked: str = ""
    """Digest of what a person is asked about; empty = they are not asked yet."""
    asked_at: float | None = None
    """When the question was put, in Unix seconds."""
    expires_at: float | None = None
    """Up to when a yes counts, in Unix seconds; None = for ever."""
    lapsed: str = ""
    """Why an earlier yes does not count, in a sentence; empty = there was none."""

    @property
    def digest(self) -> str:
        """Identity of exactly what will be run."""
        return digest([self.tool, self.args])


UNASKED: dict[str, Json] = {"approved": "", "asked": "", "lapsed": "", "doubted": False}
"""What makes a dumped action one that nobody was asked about yet."""


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
    "expired",
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
expired         what a person had said yes to was not run before their yes expired; it did not run
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
    outside: str = ""
    """Where it comes from, such as `fetch_url http://...`, if it may carry text by strangers; empty = it may not."""
    replayed: bool = False
    """The journal knew the action as finished: this is its recorded result, the tool did not run again."""


class Blame(Record):
    """What is odd about what came of an action, and whose fault it is."""

    why: Literal["empty", "echo", "receipt", "error", "page", "another", "warned", "form", "schema", "refused", "down"]
    """empty, echo, receipt, page   the result is none
    error     it only says that something went wrong
    another   it is about another thing than was asked for
    warned    it says of itself that it is not to be relied on
    form      it holds what cannot be, like a 31st of February
    schema    it does not fit what its tool declares of its results
    refused   another tool refused a value that came from this result alone
    down      the tool does not work, and others promise the same
    """
    tool: str
    """The tool in doubt."""
    step: int
    """Index of the log entry in doubt."""
    by: str = ""
    """Which tool refused."""
    name: str = ""
    """The parameter the refused value was given as."""
    value: str = ""
    """The refused value, where it is no text."""
    fault: str = ""
    """Where it does not fit, in words of the tool's own schema."""
    others: list[str] = []
    """Tools that promise the same, best first."""


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
    blame: Blame | None = None
    """What is odd about the observation; None = nothing is."""
    unmet: list[CheckResult] = Field(default_factory=list)
    """The checks that were not met by the report in `thought`, so that it went back to the model."""


EndReason = Literal["answer", "gave_up", "checks", "max_steps", "stuck", "share", "budget", "aborted", "model_error"]
"""checks: it was reported done, and code found that it is not. share: the subtask used its share of the budget; budget:
the run used up all of it."""


class ReactResult(Record):
    """How one subtask ended."""

    answer: str | None = None
    ended: EndReason
    reason: str = ""
    """Why, in a sentence, when there is no answer."""
    checks: list[CheckResult] = []
    """What came of the subtask's checks on the last report."""
    unshown: list[str] = []
    """What the answer states and nothing the worker saw shows; see `nodes/shown.py`."""
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
    proposed_at: float | None = None
    """When it was made, in Unix seconds."""
    gives_up: str = ""
    """Which part of the goal this plan leaves out, and why; empty = none."""
    by: Literal["model", "person"] = "model"
    """Who has the last word in it."""
    patch: list[dict[str, Json]] = []
    """What a person changed in the model's proposal, see `plan_patch`; empty = nothing."""
    dropped: list[str] = []
    """Checks of what is not finished that the plan before had and this one has not, each in words."""
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
    patch: list[dict[str, Json]] = []
    """With modify: how that plan differs from the one asked about, see `plan_patch`; empty = not at all."""
    gives_up: str | None = None
    """With modify: what that plan leaves out of the goal, and why; None = what the plan asked about leaves out."""
    limits: dict[str, float] = {}
    """With approve or modify of `raise_budget`: the new limits by name."""
    scope: Literal["once", "run"] = "once"
    """`run` = trust this tool for the whole run."""
