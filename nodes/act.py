"""Carries out actions: one tool call each, entered in the run's journal around its effect.

The journal's word comes first: a finished action is answered from its record, an unfinished one is run again only if
that does no harm, or if the tool's probe says it never happened.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp, GraphInterrupt

from surefoot.nodes.drive import Blocking, Call, Core, Together, adrive, drive
from surefoot.nodes.run import NoRun, Run
from surefoot.nodes.state import Action, Json, StepError, StepResult, result_text
from surefoot.nodes.taint import source_of
from surefoot.tools.confidence import as_confidence
from surefoot.tools.effects import Effect, ToolEffect
from surefoot.tools.errors import ToolError
from surefoot.tools.mcp import McpServer
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.toolbox import Toolbox

__all__ = ["StepExecutor"]


_SLACK = 1.2
"""An output this much over the limit is shown whole: reading its end would cost more than showing it."""

UNUSED = "The yes to this expired before it was carried out, so nothing was done: please answer again."


class StepExecutor:
    """Runs tools and reports what came of it; never raises for a tool's own failure.

    `tools`: a Toolbox, or LangChain tools and plain functions. `timeout`: seconds one call may take, unless the tool
    declares its own. `effects`: overrides of the tools' declared effects by name; a Toolbox has its own.
    `inline_chars`: a longer output is stored whole and cut to this length in the result.

    Raises:
        ToolError: two tools share a name, something given is no tool, or effects are given beside a Toolbox.
    """

    def __init__(
        self,
        tools: Toolbox | Iterable[BaseTool | Callable[..., Any] | McpServer],
        timeout: float = 60.0,
        *,
        effects: Mapping[str, Effect] | None = None,
        inline_chars: int = 12_000,
    ) -> None:
        if isinstance(tools, Toolbox) and effects:
            raise ToolError("Give the effects to the Toolbox; it has already been made without them.")
        self.toolbox = tools if isinstance(tools, Toolbox) else Toolbox(tools, effects)
        self._runner = ToolRunner(self.toolbox, timeout, passthrough=(GraphBubbleUp,))
        self.inline_chars = inline_chars

    def execute(self, action: Action) -> StepResult:
        """Run one action outside any run: nothing is journalled."""
        return drive(self.perform(action, NoRun()))

    async def aexecute(self, action: Action) -> StepResult:
        """Run one action outside any run: nothing is journalled."""
        return await adrive(self.perform(action, NoRun()))

    def split_confidence(self, tool: str, args: Mapping[str, Json]) -> tuple[dict[str, Json], float | None]:
        """Take the stated confidence out of a call's arguments, unless it is a parameter of the tool's own."""
        rest = dict(args)
        owned = self.toolbox.get(tool) is not None and not self.toolbox.takes_confidence(tool)
        return (rest, None) if owned else (rest, as_confidence(rest.pop("confidence", None)))

    def perform(self, action: Action, run: Run) -> Core[StepResult]:
        """Run one action in a run, at most once; whether an unfinished one may run again is not decided here."""
        effect = self.toolbox.effect(action.tool)
        refusal = self._runner.refusal(action.tool, action.args)
        if refusal and refusal.kind == "missing_tool":
            return _failed(refusal, effect)
        recorded: StepResult | None
        status, recorded = yield Blocking(run.prepare, (action, effect.effect))
        if recorded is not None:
            return recorded.model_copy(update={"replayed": True})
        under_way = status != "PREPARED"
        if action.expires_at is not None and not under_way and run.now() > action.expires_at:
            return _expired(effect)
        if under_way and not effect.repeatable:
            return (yield from self._take_up(action, run, effect))
        if refusal and not under_way:
            return (yield from self._settle(action, refusal, effect, run))
        return (yield from self._carry_out(action, run, effect, again=under_way))

    def perform_batch(
        self, actions: Sequence[Action], run: Run, *, beside_others: bool = False
    ) -> Core[list[StepResult]]:
        """Run the actions of one thought in their order, neighbouring read-only ones side by side.

        `beside_others`: more than these actions are run by the same step of the graph.
        """
        beside_others = beside_others or len(actions) > 1
        perform = self._perform_or_defer if beside_others else self.perform
        results: list[StepResult] = []
        for harmless, group in groupby(actions, key=self._is_read_only):
            cores = [perform(action, run) for action in group]
            if harmless:
                results += yield Together(cores)
            else:
                for core in cores:
                    results.append((yield from core))
        return results

    def _perform_or_defer(self, action: Action, run: Run) -> Core[StepResult]:
        """Run an action beside others; one whose tool asks a person is put off.

        LangGraph knows the questions of one step by their number alone: of two tools that ask, side by side or one
        answered from the journal, one would get the other's answer.
        """
        try:
            return (yield from self.perform(action, run))
        except GraphInterrupt:
            error = StepError(kind="deferred", message=f"{action.tool} asks a person; it is run again alone.")
            return StepResult(success=False, error=error, effect="read_only")

    def _is_read_only(self, action: Action) -> bool:
        return self.toolbox.effect(action.tool).effect == "read_only"

    def _carry_out(self, action: Action, run: Run, effect: ToolEffect, *, again: bool) -> Core[StepResult]:
        if not (yield Blocking(partial(run.start, action, again=again))):
            return _taken(action, effect)
        key = f"{run.run_id}:{action.action_id}" if action.action_id else None
        # What may be begun again ends with the run's time; an effect cut off halfway would be worse than some seconds more.
        at_most = run.seconds_left() if effect.repeatable else None
        try:
            outcome = yield Call(
                partial(self._runner.run, action.tool, action.args, key=key, at_most=at_most),
                partial(self._runner.arun, action.tool, action.args, key=key, at_most=at_most),
            )
        except GraphBubbleUp:  # the tool asks a person; with the answer it runs again from its top
            yield Blocking(partial(run.release, action, again=again))
            raise
        return (yield from self._settle(action, outcome, effect, run))

    def _take_up(self, action: Action, run: Run, effect: ToolEffect) -> Core[StepResult]:
        """Decide about an action that was under way when its process ended."""
        doubt = (
            f"{action.tool} was under way when the process ended, and it is not known whether it took effect. "
            "Look for its effect before doing it another way."
        )
        if effect.probe is None:
            return _unfinished(doubt, effect)
        found = yield Call(
            partial(self._runner.probe, action.tool, action.args),
            partial(self._runner.aprobe, action.tool, action.args),
        )
        if not found.success:
            outside = source_of(action.tool, action.args) if effect.untrusted else ""
            return _unfinished(f"{doubt} Its probe failed: {found.message}", effect, outside)
        if found.output is None:
            return (yield from self._carry_out(action, run, effect, again=True))
        if not (yield Blocking(partial(run.start, action, again=True))):
            return _taken(action, effect)
        return (yield from self._settle(action, found, effect, run))

    def _settle(self, action: Action, outcome: Outcome, effect: ToolEffect, run: Run) -> Core[StepResult]:
        result: StepResult = yield Blocking(self._journalled, (action, outcome, effect, run))
        return result

    def _journalled(self, action: Action, outcome: Outcome, effect: ToolEffect, run: Run) -> StepResult:
        """Turn an outcome into the step's result and record it; one blocking piece, as a large output takes its time."""
        result = self._succeeded(outcome, effect, run) if outcome.success else _failed(outcome, effect)
        if effect.untrusted and outcome.kind not in ("missing_tool", "bad_arguments"):
            result.outside = source_of(action.tool, action.args)
        run.finish(action, result)
        return result

    def _succeeded(self, outcome: Outcome, effect: ToolEffect, run: Run) -> StepResult:
        result = StepResult(
            success=True, output=outcome.output, duration_seconds=outcome.duration_seconds, effect=effect.effect
        )
        text = result_text(outcome.output)
        if len(text) > self.inline_chars * _SLACK:
            result.artifact = run.store_output(text) or None
            result.total_chars = len(text)
            result.output = text[: self.inline_chars]
        return result


def _failed(outcome: Outcome, effect: ToolEffect) -> StepResult:
    assert outcome.kind is not None
    return StepResult(
        success=False,
        error=StepError(kind=outcome.kind, message=outcome.message),
        duration_seconds=outcome.duration_seconds,
        effect=effect.effect,
    )


def _expired(effect: ToolEffect) -> StepResult:
    return StepResult(success=False, error=StepError(kind="expired", message=UNUSED), effect=effect.effect)


def _taken(action: Action, effect: ToolEffect) -> StepResult:
    return _unfinished(f"{action.tool} is being run by another process; its result is not known here.", effect)


def _unfinished(message: str, effect: ToolEffect, outside: str = "") -> StepResult:
    error = StepError(kind="unfinished", message=message)
    return StepResult(success=False, error=error, effect=effect.effect, outside=outside)
