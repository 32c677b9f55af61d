"""What happens in a run, as events: its log keeps them, whoever watches is told them, every display only reads them.

An event is plain JSON. It goes out on LangGraph's `custom` stream as it happens, into the store's log, and into the run's
JSON-lines file. A reader passes over types and fields it does not know: new ones may come without a new `VERSION`.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from surefoot.nodes.records import Json, digest

__all__ = ["SPENDING", "VERSION", "Event", "Spent", "identity"]

VERSION: Final = 1
"""Grows when a known field changes its meaning; the event `begun` carries it."""


class Spent(TypedDict):
    """What the run has spent in all; the fields of `Usage`, seconds to the millisecond."""

    steps: int
    tokens: int
    seconds: float
    usd: float | None


class _Noted(TypedDict, total=False):
    """What the run adds to an event."""

    seq: int
    """Its number in the run, from 1 on; in the log and the file, not on the stream."""
    at: float
    """When it was written, in Unix seconds; in the log and the file, not on the stream."""
    spent: Spent
    """With the types of `SPENDING`."""


class Started(_Noted):
    """A person gave a goal to the command line, or a program to a `Door`."""

    type: Literal["started"]
    goal: str
    options: dict[str, Json]


class Resumed(_Noted):
    """The run was taken up again by a `Door`."""

    type: Literal["resumed"]
    options: dict[str, Json]


class Begun(_Noted):
    """The run's first node began to work: what everything after belongs to."""

    type: Literal["begun"]
    version: int
    thread_id: str
    run_id: str
    goal: str
    model: str
    limits: dict[str, float | None]


class Planned(_Noted):
    """A first plan was proposed."""

    type: Literal["plan"]
    plan: list[dict[str, Json]]
    """SubTask dicts; so in every event."""
    confidence: float | None


class Revised(_Noted):
    """A new plan was proposed, with what it changes; the fields of `Revision`."""

    type: Literal["revision"]
    number: int
    """Which replan of the run, from 1 on."""
    plan: list[dict[str, Json]]
    diff: dict[str, list[str]]
    fingerprint: str
    reason: str
    confidence: float | None
    gives_up: str
    refused: str
    dropped: list[str]
    tokens: NotRequired[int]
    """Of all tries to make it."""
    proposed_at: NotRequired[float | None]


class NoRevision(_Noted):
    """No new plan came of a replan: every one that was proposed is unusable."""

    type: Literal["no_revision"]
    number: int
    """Which replan of the run, from 1 on."""
    why: str
    tokens: int
    """Of all tries to make one."""


class Edited(_Noted):
    """A person put another plan in place of the proposed one; it is followed."""

    type: Literal["edited"]
    plan: list[dict[str, Json]]
    diff: dict[str, list[str]]
    """What it changes in the plan that was followed before; where there was none, in the proposed one."""
    patch: list[dict[str, Json]]
    """What the person changed in the proposed one, see `plan_patch`."""
    reason: str


class Subtask(_Noted):
    """An attempt at a subtask began (`in_progress`) or ended."""

    type: Literal["subtask"]
    task_id: str
    attempt: int
    status: str
    """in_progress, completed, or why it ended without an answer: an `EndReason`."""
    result: str | None
    """The answer, or the reason there is none."""


class Thought(_Noted):
    """The model answered."""

    type: Literal["thought"]
    task_id: str
    attempt: int
    turn: int
    text: str
    tokens: int
    """Prompt and reply."""
    seconds: float
    """How long it took, to the millisecond; waiting for a turn near a limit counts."""


class Prepared(_Noted):
    """Actions are about to run, with all the words they needed."""

    type: Literal["action"]
    task_id: str
    actions: list[dict[str, Json]]
    taint: NotRequired[list[str]]


class Observed(_Noted):
    """An action is done or has failed."""

    type: Literal["observation"]
    task_id: str
    action: dict[str, Json]
    result: dict[str, Json]
    """A StepResult without its defaults."""


class Blamed(_Noted):
    """What came of an action was odd; the fields of `Blame`."""

    type: Literal["blame"]
    task_id: str
    why: str
    tool: str
    step: int
    by: str
    name: str
    value: str
    others: list[str]


class Tested(_Noted):
    """A report was held against its subtask's checks."""

    type: Literal["checks"]
    task_id: str
    attempt: int
    turn: int
    results: list[dict[str, Json]]
    """CheckResult dicts; the report is accepted if all of them passed."""


class LeftOut(_Noted):
    """A plan stayed with checks that cannot be used, so it goes without them."""

    type: Literal["checks_left_out"]
    why: list[str]
    """A sentence for each."""


class Verdict(_Noted):
    """Self-reflection noticed something; the fields of `ReflectionResult`."""

    type: Literal["verdict"]
    task_id: str
    attempt: int
    rung: str | None
    """What is done about it within the attempt; None = the attempt ends."""
    diagnosis: str
    recommendation: str
    evidence: list[int]
    explanation: str
    actions: list[str]
    """Ids of the actions among the evidence."""


class Judgement(_Noted):
    """A model was asked whether the work still serves the goal."""

    type: Literal["judgement"]
    task_id: str
    attempt: int
    entries: int
    """How long the log of the attempt was."""
    drift: bool | None
    """None = no judgement could be had."""
    why: str
    tokens: int


class Waits(_Noted):
    """A subtask waits for a person; others may run on meanwhile, and a `question` follows once they have stopped."""

    type: Literal["waits"]
    task_id: str
    id: str
    """As in the `question`."""
    value: dict[str, Json]
    """As in the `question`."""


class Asked(_Noted):
    """The run waits for a person."""

    type: Literal["question"]
    id: str
    """What an answer names it by."""
    value: dict[str, Json]
    """The question in LangChain's HITLRequest form, with `digest`, `reason`, `task_id`; a tool's own may be anything."""


class Decided(_Noted):
    """A question was answered, by a person or by the settings."""

    type: Literal["decision"]
    asked: str
    args: dict[str, Json]
    digest: str
    reason: str
    task_id: str
    asked_at: float | None
    answered_at: float
    answer: str
    scope: str
    message: str
    instead: NotRequired[dict[str, Json]]
    """With modify of anything but a plan: the arguments put in place of `args`."""
    taint: NotRequired[list[str]]
    late: NotRequired[bool]


class BudgetTold(_Noted):
    """The spending came near a limit, passed it, or has room again."""

    type: Literal["budget"]
    status: str
    """OK, WARNING or EXCEEDED."""
    text: str
    limits: dict[str, float | None]


class Limited(_Noted):
    """The limits were raised."""

    type: Literal["limits"]
    limits: dict[str, float | None]


class Failed(_Noted):
    """An error cut the run off; it can be resumed."""

    type: Literal["error"]
    message: str


class Paused(_Noted):
    """Somebody asked the run to stop at its next step; it can be resumed."""

    type: Literal["paused"]
    reason: str
    """What they asked with, such as the name of a signal."""


class Finished(_Noted):
    """The run has ended."""

    type: Literal["finished"]
    status: str
    summary: str
    answer: str


Event = (
    Started
    | Resumed
    | Begun
    | Planned
    | Revised
    | NoRevision
    | Edited
    | Subtask
    | Thought
    | Prepared
    | Observed
    | Blamed
    | Tested
    | LeftOut
    | Verdict
    | Judgement
    | Waits
    | Asked
    | Decided
    | BudgetTold
    | Limited
    | Failed
    | Paused
    | Finished
)

SPENDING: Final = frozenset({"plan", "revision", "subtask", "thought", "observation", "question", "budget", "finished"})
"""Types of events that say what the run has spent."""

_AGAIN: Final = frozenset({"started", "resumed", "budget", "limits", "error", "paused"})
"""Types that may truly happen again in the same words."""
_PASSING: Final = frozenset({"seq", "at", "spent", "seconds", "tokens", "answered_at", "proposed_at"})


def identity(event: Mapping[str, Any]) -> str:
    """Name an event by what it says, so that a node that runs again after a crash does not tell it twice; "" = any time."""
    kind = event["type"]
    if kind in _AGAIN:
        return ""
    if kind == "observation" and (action_id := event["action"].get("action_id")):
        return f"observation {action_id}"
    told = {name: value for name, value in event.items() if name not in _PASSING}
    if kind == "finished":
        told["summary"] = told["summary"].partition("\n")[0]  # how and why; what follows tells the time it took, too
    return digest(told)
