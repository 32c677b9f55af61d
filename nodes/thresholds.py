"""From how many times on something is trouble."""

from dataclasses import dataclass

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How often something must be seen to be said. At the number given the agent is told; one more asks for a replan.

    Calls made in one thought count once: the model could not know the first result when it asked for the second.
    """

    same_call: int = 3
    """Once may be a slip and twice a check; the third identical call with an identical result can teach nothing."""
    rounds: int = 2
    """Of calls that take turns: a sequence may be gone through twice (a comparison, a retry with a look in between,
    reading after a context was condensed); the call that begins it once more is the third of its kind."""
    errors: int = 3
    """As `same_call`; the first retry of a failing call is good practice, the second still may be."""
    varied_errors: int = 4
    """Different calls, the same error: each new try is an idea, so one more is allowed."""
    any_errors: int = 6
    """Failures in a row that have nothing in common: exploring fails a lot, this long it finds nothing."""
    same_content: int = 4
    """Different calls, the same content: two sources may agree, and a third may be a check."""
    same_failure: int = 4
    """A test that fails in exactly the same way, whatever was changed in between; a bug may take some tries."""
    unknown_tools: int = 2
    """The first call of a tool that does not exist is answered with the names of those that do."""
    silent_turns: int = 3
    """Turns without an action: one unreadable reply is repaired, the third in a row is a habit."""
    patience: int = 2
    """So many times as often may be seen what says "running" or "pending", what the worker lets time pass for, and
    what is the same only but for a time in it; once more for who lets time pass and sees it pass."""
    gap: int = 8
    """Other calls between two repeats; after more than that, looking again is reading what the context lost."""
    attempts: int = 3
    """From this attempt at a subtask on a replan has been tried, so trouble goes to a person."""
    drift_window: int = 6
    """Actions in a row without one word of the subtask: fewer is a detour."""
    drift_every: int = 8
    """Actions between two drift judgements by a model: a judgement costs a call."""
