"""Carries out one subtask: think, act, observe, until there is a report or a reason to stop."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from langchain_core.language_models import BaseChatModel

from surefoot.nodes import context, control, prompts, taint
from surefoot.nodes.acceptance import settled
from surefoot.nodes.attempt import end, entry, merge, start_state, steps_of
from surefoot.nodes.blames import Blames
from surefoot.nodes.drive import Blocking, Core, Together, adrive, drive
from surefoot.nodes.events import Blamed, Observed, Prepared, Thought, Verdict
from surefoot.nodes.exposure import is_exposing
from surefoot.nodes.ladder import Rung
from surefoot.nodes.quest.scene import Move
from surefoot.nodes.run import BudgetExceeded, NoRun, Run, noting, tell
from surefoot.nodes.state import (
    UNASKED,
    Action,
    BudgetStatus,
    Json,
    ReactResult,
    ReactState,
    ReactStep,
    ReflectionResult,
    StepResult,
    SubTask,
)
from surefoot.nodes.structured import ModelCaller
from surefoot.nodes.turn import LONGEST_NAME, UNREADABLE_TURNS, taken
from surefoot.tools.toolbox import Toolbox

__all__ = ["LONGEST_NAME", "UNREADABLE_TURNS", "ReactLoop", "start_state"]


class Executor(Protocol):
    """What carries the tool calls out; `StepExecutor` does."""

    @property
    def toolbox(self) -> Toolbox: ...

    @property
    def inline_chars(self) -> int: ...

    def perform_batch(
        self, actions: Sequence[Action], run: Run, *, beside_others: bool = False
    ) -> Core[list[StepResult]]: ...

    def split_confidence(self, tool: str, args: Mapping[str, Json]) -> tuple[dict[str, Json], float | None]: ...


class Judge(Protocol):
    """What tells progress from going in circles; `SelfReflection` does."""

    def judge(
        self, subtask: SubTask, log: Sequence[ReactStep], *, goal: str = "", run: Run | None = None
    ) -> Core[ReflectionResult]: ...


_SEVERAL = 2
"""What takes fewer calls a model that sees the tools finds by itself."""


class ReactLoop:
    """The ReAct loop over one subtask.

    Args:
        model: The chat model that thinks.
        executor: Carries out the tool calls.
        max_steps: Replies of the model per attempt; on the last one it is asked to report.
        context_tokens: Room for earlier steps in a prompt; older ones are condensed.
        context_turns: So many turns are shown whole, however small; None = however many.
        tools_offered: At most so many tools are shown at once; `find_tools` finds the others.
        judge: Ends the loop when it goes in circles; None = only the step limit does.
        strong: Takes an attempt over that would otherwise end in circles; None = no model does.

    Raises:
        ToolError: a tool has the name of one of surefoot's own.
    """

    def __init__(
        self,
        model: BaseChatModel | ModelCaller,
        executor: Executor,
        *,
        max_steps: int = 25,
        context_tokens: int = 48_000,
        context_turns: int | None = 32,
        tools_offered: int = 14,
        judge: Judge | None = None,
        strong: BaseChatModel | ModelCaller | None = None,
    ) -> None:
        control.check_names(executor.toolbox)
        self._caller = ModelCaller.of(model)
        self._executor = executor
        self._max_steps = max_steps
        self._context_tokens, self._context_turns = context_tokens, context_turns
        self._tools_offered = tools_offered
        self._judge = judge
        self._strong = None if strong is None else ModelCaller.of(strong)
        self._blames = Blames(executor.toolbox)
        self._schemas: dict[tuple[str, ...], list[dict[str, Any]]] = {}

    def run(self, subtask: SubTask, *, goal: str = "", known: Mapping[str, str] | None = None) -> ReactResult:
        """Carry out a subtask.

        Args:
            subtask: What to do.
            goal: The goal it serves; empty = the subtask's own description.
            known: Results of the subtasks it depends on, by id.

        Raises:
            ModelError: the model cannot be had.
        """
        return drive(self._run(subtask, goal, known or {}))

    async def arun(self, subtask: SubTask, *, goal: str = "", known: Mapping[str, str] | None = None) -> ReactResult:
        """Async twin of `run`."""
        return await adrive(self._run(subtask, goal, known or {}))

    def _run(self, subtask: SubTask, goal: str, known: Mapping[str, str]) -> Core[ReactResult]:
        run = NoRun()
        state = start_state(subtask, goal=goal or subtask.description, known=known)
        while True:
            merge(state, (yield from self.think(state, run)))
            while state.get("queue") and not state.get("outcome"):
                merge(state, self._take_batch(state))
                merge(state, (yield from self.act(state, run)))
                merge(state, (yield from self.observe(state, run)))
            if not state.get("outcome"):
                merge(state, (yield from self.reflect(state, run)))
            if outcome := state.get("outcome"):
                return ReactResult(**outcome, log=[ReactStep.model_validate(s) for s in state["log"]])

    def think(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Ask the model what to do next: queued actions, an answer, or a reason to stop."""
        turn = state.get("turn", 0) + 1
        if turn > self._max_steps:
            return end("max_steps", f"No report after {self._max_steps} replies of the model.")
        route = yield from self._route(state)
        names = control.offered(self._executor.toolbox, state, self._tools_offered, also=route.way)
        schemas = self._schemas.setdefault(tuple(names), control.schemas(self._executor.toolbox, names))
        wrap_up = {run.status(), run.share(state["subtask"]["task_id"])[0]} != {BudgetStatus.OK}
        last_turn = turn == self._max_steps
        toolbox = self._executor.toolbox
        request = context.messages(
            state,
            asking=[name for name in names if control.asks(name, toolbox)],
            searching="find_tools" in names,
            confident=any(toolbox.takes_confidence(name) for name in names if name not in control.CONTROL_TOOLS),
            secrets=toolbox.secrets.offered(names),
            context_tokens=self._context_tokens,
            context_turns=self._context_turns,
            inline_chars=self._executor.inline_chars,
            wrap_up=wrap_up,
            turns_left=self._max_steps - turn,
            route=route,
        )
        info = {key: state.get(key) for key in ("goal", "subtask", "known", "workspace")}
        info |= {"wrap_up": wrap_up or last_turn, "turn": turn}
        if getattr(self._thinker(state).model, "reads_every_tool", False):
            info["offers"] = self._blames.offers
        task_id = state["subtask"]["task_id"]
        began = run.now()
        try:
            reply = yield from self._thinker(state).call(
                request, node="think", task_id=task_id, info=info, tools=schemas, run=run
            )
        except BudgetExceeded:
            return end("budget", run.explain(), turn=turn)
        update = taken(reply, state, turn, self._executor.split_confidence)
        attempt = state["subtask"].get("attempts", 0)
        thought = Thought(
            type="thought",
            task_id=task_id,
            attempt=attempt,
            turn=turn,
            text=reply.text,
            tokens=reply.usage.tokens,
            seconds=round(max(0.0, run.now() - began), 3),
        )
        yield tell(run, thought)
        if update.get("report") and not state["subtask"].get("checks"):
            told: ReactState = {**state, **update}
            update.update((yield from settled(told, self._executor, run, last_turn=last_turn)))
        return update

    def _route(self, state: ReactState) -> Core[Move]:
        """Find by what the tools say of themselves which lead on: of tools that are all shown, those that do in several steps."""
        move = yield Blocking(self._blames.next_move, (state,))
        hidden = len(self._executor.toolbox.names) > self._tools_offered
        return move if move.sure and (hidden or move.steps >= _SEVERAL) else Move()

    def _thinker(self, state: ReactState) -> ModelCaller:
        return self._caller if self._strong is None or state.get("strong_from") is None else self._strong

    def act_approved(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Act where a person can be asked: what is not exactly what was approved goes back to the checkpoint."""
        if any(self._unapproved(Action.model_validate(action), state, run) for action in state["batch"]):
            asked = [{**action, "approved": ""} for action in state["batch"]]
            return {"batch": [], "results": [], "queue": [*asked, *state.get("queue", [])]}
        return (yield from self.act(state, run))

    def _unapproved(self, action: Action, state: ReactState, run: Run) -> bool:
        toolbox = self._executor.toolbox
        must = bool(action.approved) or control.asks(action.tool, toolbox)
        if action.tool not in run.trusted():
            must = must or taint.asks(state, action.tool, toolbox) or is_exposing(state, action.model_dump(), toolbox)
        return must and action.approved != action.digest

    def act(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Run the batch the checkpoint let through, as far as the budget allows."""
        if not state["batch"]:
            return {"results": []}
        batch = [Action.model_validate(a) for a in state["batch"]]
        task_id = state["subtask"]["task_id"]
        followed = taint.taint_of_next(state)
        event = Prepared(type="action", task_id=task_id, actions=state["batch"])
        if followed:
            event["taint"] = followed
        yield tell(run, event)
        granted = yield noting(run, _charge, run, [a.action_id for a in batch], task_id)
        results = yield from self._perform(batch[:granted], state, run)
        update: ReactState = {"results": [r.model_dump(mode="json", exclude_defaults=True) for r in results]}
        if granted < len(batch):
            update |= end("budget", run.explain(), queue=[*state["batch"][granted:], *state.get("queue", [])])
        return update

    def observe_asking(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Observe where a person can be asked: what needs their word again goes back to the checkpoint."""
        return (yield from self.observe(state, run, requeue=True))

    def observe(self, state: ReactState, run: Run, *, requeue: bool = False) -> Core[ReactState]:
        """Write what came of the batch into the log."""
        entries: list[dict[str, Json]] = []
        queue = list(state.get("queue", []))
        deferred: list[dict[str, Json]] = []
        for action, raw in zip(state.get("batch", []), state.get("results", []), strict=False):
            result = StepResult.model_validate(raw)
            kind = result.error.kind if result.error else ""
            if kind == "deferred":
                deferred.append({**action, "alone": True})
                continue
            if requeue and result.error and kind == "expired":
                queue.insert(0, {**action, **UNASKED, "lapsed": result.error.message})
                continue
            if requeue and kind == "unfinished":
                queue.insert(0, {**action, **UNASKED, "unfinished": True})
                continue
            entries.append(entry(state, action, raw))
            blame = yield Blocking(self._blames.judge, (state, entries))
            if blame:
                entries[-1]["blame"] = blame.model_dump(mode="json", exclude_defaults=True)
            known: dict[str, Json] = entries[-1]["action"]  # its thought stands where it was thought
            event = Observed(type="observation", task_id=state["subtask"]["task_id"], action=known, result=raw)
            yield tell(run, event)
            if blame:
                told = {"type": "blame", "task_id": state["subtask"]["task_id"], **blame.model_dump(mode="json")}
                yield tell(run, cast(Blamed, told))
        return {"log": entries, "batch": [], "results": [], "queue": [*deferred, *queue]}

    def reflect(self, state: ReactState, run: Run) -> Core[ReactState]:
        """Decide about a report by its checks, else judge the log; going in circles ends the attempt."""
        if state.get("report"):
            last_turn = state.get("turn", 0) >= self._max_steps
            return (yield from settled(state, self._executor, run, last_turn=last_turn))
        if self._judge is None or state.get("outcome"):
            return {}
        subtask = SubTask.model_validate(state["subtask"])
        log = steps_of(state)
        verdict = yield from self._judge.judge(subtask, log, goal=state["goal"], run=run)
        told = verdict.model_dump(mode="json")
        if verdict.diagnosis == "progressing":
            return {"verdict": told}
        rung = self._rung(verdict, state)
        yield tell(run, _noticed(subtask, verdict, rung, log))
        if rung is None:
            return {"verdict": told, **end("stuck", verdict.explanation)}
        # In the log, so that the judge sees after a resume, too, that the model has been told.
        note = ReactStep(note=prompts.nudge(verdict=verdict), turn=state.get("turn", 0))
        update: ReactState = {"verdict": told, "log": [note.model_dump(mode="json", exclude_defaults=True)]}
        return {**update, "strong_from": len(log)} if rung == "model" else update

    def _rung(self, verdict: ReflectionResult, state: ReactState) -> Rung | None:
        """What to do about a finding within the attempt; None = this attempt leads nowhere."""
        if verdict.recommendation == "continue":
            return "nudge"
        if self._strong is None:
            return None
        strong_from = state.get("strong_from")
        if strong_from is None:
            return "model"
        # What the weaker model did is no fault of the stronger one.
        return None if verdict.evidence and verdict.evidence[-1] >= strong_from else "nudge"

    def _take_batch(self, state: ReactState) -> ReactState:
        """Without a checkpoint: the read-only calls at the head of the queue together, any other alone."""
        queue = state["queue"]
        count = control.harmless_prefix(queue, self._executor.toolbox)
        return {"batch": queue[: count or 1], "queue": queue[count or 1 :]}

    def _perform(self, batch: Sequence[Action], state: ReactState, run: Run) -> Core[list[StepResult]]:
        own = [a for a in batch if a.tool in control.CONTROL_TOOLS]
        if not own:
            return (yield from self._executor.perform_batch(batch, run))
        cores = [
            control.perform(a, state, self._executor.toolbox, run) if a in own else self._perform_one(a, run)
            for a in batch
        ]
        return cast(list[StepResult], (yield Together(cores)))

    def _perform_one(self, action: Action, run: Run) -> Core[StepResult]:
        return (yield from self._executor.perform_batch([action], run, beside_others=True))[0]


def _noticed(subtask: SubTask, verdict: ReflectionResult, rung: Rung | None, log: Sequence[ReactStep]) -> Verdict:
    seen = [log[i].action for i in verdict.evidence if i < len(log)]
    return Verdict(
        type="verdict",
        task_id=subtask.task_id,
        attempt=subtask.attempts,
        rung=rung,
        diagnosis=verdict.diagnosis,
        recommendation=verdict.recommendation,
        evidence=verdict.evidence,
        explanation=verdict.explanation,
        actions=[action.action_id for action in seen if action],
    )


def _charge(run: Run, action_ids: list[str], task_id: str) -> int:
    return run.charge_steps(action_ids, task_id=task_id)
