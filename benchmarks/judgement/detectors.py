"""The detectors that are measured: surefoot's own, and counters of identical calls."""

import json
from collections import Counter
from collections.abc import Callable

from benchmarks.judgement.score import Alarm, Verdict
from benchmarks.judgement.trace import Trace
from surefoot.nodes.reflect import SelfReflection

__all__ = ["Detector", "counting", "replanned", "told"]

Detector = Callable[[Trace], Alarm]


def told(trace: Trace) -> Alarm:
    """The first finding of surefoot, of which the worker is told."""
    return _reflected(trace, {"continue", "replan", "escalate"})


def replanned(trace: Trace) -> Alarm:
    """The first verdict that ends the attempt, if the worker goes on as if it had been told nothing."""
    return _reflected(trace, {"replan", "escalate"})


def _reflected(trace: Trace, recommendations: set[str]) -> Alarm:
    judge, steps, task = SelfReflection(), trace.steps, trace.task
    for count in range(1, len(steps) + 1):
        if count < len(steps) and steps[count].turn == steps[count - 1].turn:
            continue  # it is asked after each thought, not between the calls of one
        seen = judge.reflect(task, steps[:count], goal=trace.goal)
        if seen.diagnosis != "progressing" and seen.recommendation in recommendations:
            return Verdict(count, tuple(seen.evidence))
    return None


def counting(limit: int, *, results: bool = False) -> Detector:
    """A counter of identical calls anywhere in the run, as most agents have; `results`: they must be identical, too."""

    def count(trace: Trace) -> Alarm:
        seen = Counter[str]()
        for number, step in enumerate(trace.steps, 1):
            if step.action is None or step.observation is None:
                continue
            what = [step.action.tool, step.action.args]
            if results:
                error = step.observation.error
                what += [step.observation.output, error and error.message]
            key = json.dumps(what, sort_keys=True)
            seen[key] += 1
            if seen[key] >= limit:
                return Verdict(number)
        return None

    return count
