"""Compares what happened, by the effect log, with what the script asked for and what the run says of itself."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.faults.oracle import Entry
from benchmarks.faults.script import EFFECTS, TOKENS, Script

Facts = Mapping[str, Any]
"""What an ended run says of itself.

status     "done" and nothing else, when all went well
answers    call -> the text the model was given for it
journal    call -> the text that is kept for it (surefoot only)
completed  names of the completed subtasks (surefoot only)
actions    actions entered in the journal (surefoot only)
steps      actions counted (surefoot only)
tokens     tokens counted (surefoot only)
cut_off    model calls that were under way at a death; what was set aside for them counts too (surefoot only)
"""

_ONCE = frozenset(EFFECTS) - {"look", "put", "move"}
"""Nobody but a person can know whether they happened: they may not be started again without one's word."""


@dataclass
class Verdict:
    """What was found wrong, a sentence each."""

    duplicates: list[str] = field(default_factory=list)
    """Effects that happened again, recorded actions that ran again, keys that changed."""
    unasked: list[str] = field(default_factory=list)
    """Actions that were started without the word of a person they need: `fire` each time, others a second time."""
    lost: list[str] = field(default_factory=list)
    """Effects that are missing, results that are not what happened, miscounts, runs and questions that went astray."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not (self.duplicates or self.unasked or self.lost)


def check(script: Script, log: Sequence[Entry], facts: Facts | None, *, trouble: Sequence[str] = ()) -> Verdict:
    """Judge one run.

    Args:
        log: the effect log.
        facts: what the ended run says; None = it was not brought to its end.
        trouble: what the driver noticed on the way; counts as lost.
    """
    verdict = Verdict(lost=list(trouble))
    _count_effects(log, verdict)
    _follow_starts(log, verdict)
    if facts is None:
        verdict.lost.append("the run was not brought to its end")
        return verdict
    _compare(script, log, facts, verdict)
    if "tokens" in facts:
        _count_spending(script, log, facts, verdict)
    return verdict


def _count_effects(log: Sequence[Entry], verdict: Verdict) -> None:
    done = Counter((e["tool"], e["what"]) for e in log if e["event"] == "done" and e["tool"] != "look")
    verdict.duplicates += [f"{tool} {what} happened {n} times" for (tool, what), n in done.items() if n > 1]
    keys = defaultdict(set)
    for entry in log:
        if entry["event"] == "start" and "key" in entry:
            keys[entry["what"]].add(entry["key"])
    verdict.duplicates += [f"put {what} was given {len(k)} keys" for what, k in keys.items() if len(k) > 1]


def _follow_starts(log: Sequence[Entry], verdict: Verdict) -> None:
    """Walk through the log: each start needs to be allowed, and what was recorded must not start again."""
    recorded: set[str] = set()
    begun: set[str] = set()
    word: set[str] = set()
    for entry in log:
        what = entry.get("what", "")
        if entry["event"] == "recorded":
            recorded.update(entry["calls"])
        elif entry["event"] == "answered" and entry["verdict"] != "respond":
            word.add(what)
        elif entry["event"] == "start":
            tool = entry["tool"]
            if what in recorded:
                verdict.duplicates.append(f"{tool} {what} was recorded and ran again")
            if (tool == "fire" or (tool in _ONCE and what in begun)) and what not in word:
                verdict.unasked.append(f"{tool} {what} was started without a word")
            begun.add(what)
            word.discard(what)


def _compare(script: Script, log: Sequence[Entry], facts: Facts, verdict: Verdict) -> None:
    if facts["status"] != "done":
        verdict.lost.append(f"the run ended as {facts['status']}: {facts.get('reason', '')}")
    happened = defaultdict(set)
    for entry in log:
        if entry["event"] in ("done", "failed"):
            happened[entry["what"]].add(entry["text"])
    answered = set(facts.get("completed", script.tasks))
    for task in script.tasks.values():
        if task.name not in answered and not task.gives_up:
            verdict.lost.append(f"subtask {task.name} was not completed")
        for call in task.calls:
            texts, said = happened[call.what], facts["answers"].get(call.what)
            if not texts:
                verdict.lost.append(f"{call.tool} {call.what} never happened")
            elif task.name in answered and not (said and any(text in said for text in texts)):
                verdict.lost.append(f"{call.tool} {call.what} gave {sorted(texts)}, but the run knows {said!r}")
            kept = facts.get("journal", {}).get(call.what)
            if kept and texts and not any(text in kept for text in texts):
                verdict.lost.append(f"{call.tool} {call.what} gave {sorted(texts)}, but its record is {kept!r}")


def _count_spending(script: Script, log: Sequence[Entry], facts: Facts, verdict: Verdict) -> None:
    """Steps are exact; tokens are those of a run in which nothing died, and at most those of all calls made."""
    if (facts["actions"], facts["steps"]) != (len(script.calls), len(script.calls)):
        counts = f"{facts['actions']} actions are entered and {facts['steps']} steps counted"
        verdict.lost.append(f"{counts} for {len(script.calls)} calls")
    killed = sum(e["event"] == "killed" for e in log)
    called = Counter((e["node"], e["task"], e["turn"]) for e in log if e["event"] == "called")
    for (node, task, turn), times in called.items():
        if times > 1 + killed:
            verdict.lost.append(f"{node} {task} {turn} was called {times} times in {killed + 1} lives")
    least, most = script.model_calls * TOKENS, called.total() * TOKENS
    if not least <= facts["tokens"] <= most:
        verdict.lost.append(f"{facts['tokens']} tokens are counted, not between {least} and {most}")
    if facts["cut_off"] > killed * len(script.tasks):
        verdict.lost.append(f"{facts['cut_off']} calls were cut off by {killed} deaths")
