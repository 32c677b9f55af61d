"""Judges what came of each action by what its tool promises, and says whose fault a failure is.

Only what is surely odd is said: a hollow or impossible result, a record of another thing, a value that its source alone
vouches for and another tool refused, a tool that is down where others promise the same. Ordinary results get no word.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from surefoot.nodes.attempt import steps_of
from surefoot.nodes.evidence import plausible
from surefoot.nodes.evidence.declared import misfit
from surefoot.nodes.evidence.plausible import refusal
from surefoot.nodes.evidence.promises import Promise, promise_of
from surefoot.nodes.evidence.provenance import Call, Ledger, read_log
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.evidence.values import as_text
from surefoot.nodes.evidence.words import stems
from surefoot.nodes.quest.quest import Quest, asks_for_something
from surefoot.nodes.quest.scene import ENOUGH_CALLS, Move
from surefoot.nodes.state import Blame, Json, ReactState, ReactStep
from surefoot.tools.toolbox import Toolbox

__all__ = ["Blames", "blame_of"]

_OTHERS = 3
"""Tools named that promise the same."""
_LONGEST = 60
"""Characters of a value that is quoted; longer ones are texts, and texts may be a stranger's."""
_AS_THEY_STAND = stems("path file filename folder directory url uri link code sql expression pattern command script")
"""What is given to tools that hand on what stands somewhere, whatever that says."""
_NOT_KNOWN = re.compile(
    r"(?i)\b(?:not found|no such|unknown|does(?:n'?t| not) exist|do not exist|not (?:a )?(?:known|registered|on file)|unrecogni[sz]ed|"
    r"no \w+(?: \w+){0,3} (?:found|with|matching)|cannot find|could(?:n'?t| not) find|unable to find|no match\w*|nothing found|invalid)\b"
)
_HOLLOW = ("empty", "echo", "receipt")
_SURE = 0.9
"""Findings less grave are no reason to speak up."""


class Blames:
    """Weighs the results of one toolbox."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    @cached_property
    def offers(self) -> list[dict[str, Json]]:
        """What the tools say of themselves, as `promises.promise_of` reads it."""
        return [self._offer(name) for name in self._toolbox.names]

    @cached_property
    def _tools(self) -> Toolset:
        return Toolset(promise_of(offer) for offer in self.offers)

    def _offer(self, name: str) -> dict[str, Json]:
        function = self._toolbox.schema(name)["function"]
        offer = {key: function.get(key) for key in ("name", "description", "parameters")}
        return {**offer, "output": self._toolbox.output_schema(name), "effect": self._toolbox.effect(name).effect}

    def judge(self, state: ReactState, entries: Sequence[dict[str, Json]]) -> Blame | None:
        """Say what is odd about the last of some new log entries, and who is to blame; None = nothing is."""
        step = ReactStep.model_validate(entries[-1])
        if step.action is None or step.observation is None or self._toolbox.get(step.action.tool) is None:
            return None
        seen, index = step.observation, len(state.get("log", [])) + len(entries) - 1
        if seen.success and seen.total_chars is not None:
            return None
        if seen.error and seen.error.kind not in ("exception", "timeout"):
            return None
        promise = self._tools.promises.get(step.action.tool)
        ledger = read_log([step], self._tools.promises)
        [call] = ledger.calls
        if seen.success and (promise is None or _hands_on(promise)):
            return self._unfit(call, index)
        if no := refusal(call):
            return self._of_refusal(no, call, state, entries, index)
        return self._of_result(call, ledger, promise, index) if promise else None

    def _of_result(self, call: Call, ledger: Ledger, promise: Promise, index: int) -> Blame | None:
        found = [
            finding
            for finding in plausible.doubts_of_call(call, promise, self._tools.lexicon, ledger.facts, least=_SURE)
            if not (finding.kind in _HOLLOW and _may_be_hollow(finding.kind, call, promise))
        ]
        dated = filter(plausible.is_dated, ledger.facts)
        odd = [finding for fact in dated for finding in plausible.doubts_of_fact(fact)]
        found += [finding for finding in odd if finding.gravity >= 1.0 and finding.kind == "form"]
        if not found:
            return None
        fault = found[0].why if found[0].kind == "schema" else ""
        return Blame(why=found[0].kind, tool=call.tool, step=index, fault=fault, others=self._others(call.tool))

    def _unfit(self, call: Call, index: int) -> Blame | None:
        """Judge by its schema alone a result that may say anything else."""
        fault = misfit(call.output, self._toolbox.output_schema(call.tool))
        return Blame(why="schema", tool=call.tool, step=index, fault=fault) if fault else None

    def _of_refusal(
        self, no: str, call: Call, state: ReactState, entries: Sequence[dict[str, Json]], index: int
    ) -> Blame | None:
        if no == "refused" and _NOT_KNOWN.search(as_text(call.output)):
            if blame := self._of_source(call.tool, state, entries):
                return blame
            return (
                None if call.failed else Blame(why="error", tool=call.tool, step=index, others=self._others(call.tool))
            )
        others = self._others(call.tool)
        if call.failed and not (others and no == "down"):
            return None
        return Blame(why="down" if call.failed else "error", tool=call.tool, step=index, others=others)

    def _of_source(self, refused_by: str, state: ReactState, entries: Sequence[dict[str, Json]]) -> Blame | None:
        """Blame the one earlier result that a refused value came from, if nothing else vouches for it."""
        log = [*steps_of(state), *map(ReactStep.model_validate, entries)]  # their blame is still to come
        ledger = read_log(log, self._tools.promises)
        call = ledger.calls[-1]
        said = "\n".join([state["goal"], str(state["subtask"]["description"]), *state.get("known", {}).values()])
        for name, value in call.args.items():
            text = as_text(value)
            sources = [ledger.call(step) for step in call.sources.get(name, ()) if step >= 0]
            if not sources or len({source.tool for source in sources}) > 1 or text in said:
                continue
            taken = {
                c.tool
                for c in ledger.calls
                if not c.failed and not refusal(c) and text in map(as_text, c.args.values())
            }
            source = sources[0]
            if taken - {source.tool, call.tool} or source.tool == call.tool:
                continue
            shown = text if _is_plain(text) else ""
            return Blame(
                why="refused",
                tool=source.tool,
                step=source.step,
                by=refused_by,
                name=name,
                value=shown,
                others=self._others(source.tool),
            )
        return None

    def _others(self, tool: str) -> list[str]:
        return self._tools.rivals(tool)[:_OTHERS]

    def next_move(self, state: ReactState) -> Move:
        """Find by code, backward from what is asked, what would lead on; see `Quest`."""
        goal, log = str(state["subtask"]["description"]), state.get("log", [])
        if len(log) > ENOUGH_CALLS or not self._may_lead_on or not asks_for_something(goal, self.offers):
            return Move()
        return Quest(goal, self.offers, steps_of(state)).move()

    @cached_property
    def _may_lead_on(self) -> bool:
        """Whether two tools tell something of what they are given by name; files, code and pages tell anything."""
        return len([each for each in self._tools.promises.values() if each.required and not _hands_on(each)]) > 1


def _hands_on(promise: Promise) -> bool:
    """Whether a tool gives what stands somewhere, or looks for what may not be there."""
    return any(
        not _AS_THEY_STAND.isdisjoint(word for phrase in need.phrases for word in phrase) for need in promise.needs
    )


def _may_be_hollow(kind: str, call: Call, promise: Promise) -> bool:
    """Whether nothing is an answer: where nothing was to be told, no single thing was asked for, or there may be none."""
    several = kind == "empty" and promise.lists and call.output is not None
    return not promise.tells or not promise.required or several


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST and not re.search(r"\s", text)


def blame_of(log: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Sum up for a new plan what a log put in doubt; {} = nothing was."""
    blames = [step["blame"] for step in log if step.get("blame")]
    return {"blames": blames} if blames else {}
