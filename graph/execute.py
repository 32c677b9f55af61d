"""Runs the plan as a dataflow: each subtask starts when its own dependencies are completed, side by side.

Super-steps of LangGraph are barriers, so the subtasks are `@task` futures inside the one node `execute`. A finished
subtask's result is kept by the checkpointer; a subtask that waits for a person hands its question to the node, and so
do its dependents, while unrelated ones run on.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from langgraph._internal._runnable import RunnableCallable
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.func import task
from langgraph.graph.state import CompiledStateGraph

from surefoot.graph.runs import Runs
from surefoot.nodes import approaches, dag
from surefoot.nodes.attempt import start_state
from surefoot.nodes.blames import blame_of
from surefoot.nodes.events import Subtask, Waits
from surefoot.nodes.exposure import has_read_own
from surefoot.nodes.findings import findings
from surefoot.nodes.run import tell
from surefoot.nodes.shares import Shares, replaced
from surefoot.nodes.state import AgentState, Json, ReactState, SubTask, SubTaskStatus
from surefoot.nodes.taint import merged, taint_of

AT_ONCE = 256
"""Subtasks per pass through the node: resuming is superlinear in the tasks of one node."""

React = CompiledStateGraph[ReactState]
Outcome = dict[str, Json]
"""What came of a subtask: its id, `ended`, answer or reason, and what the report and the replanner need of its log."""


class Asking(GraphBubbleUp):
    """A subtask waits for a person; the arguments are its questions.

    A task's own GraphInterrupt would stop the graph over the head of the node, which decides whether to wait.
    """


@task(name="subtask")  # type: ignore[arg-type]
def run_subtask(
    react: React, runs: Runs, state: AgentState, subtask: SubTask, needs: Sequence[Future[Outcome]]
) -> Outcome:
    """Wait for what the subtask needs, then carry it out."""
    done = [need.result() for need in needs]
    if blocked := _blocked(subtask, done):
        return blocked
    try:
        outcome = _outcome(subtask, react.invoke(_start(state, subtask, done)), runs.find(state).shares)
    except GraphInterrupt as asked:
        for event in _waits_events(subtask, asked):
            runs.find(state).record(event)
        raise Asking(*asked.args[0]) from None
    runs.find(state).record(_ended_event(outcome))
    return outcome


@task(name="subtask")  # type: ignore[arg-type]
async def arun_subtask(
    react: React, runs: Runs, state: AgentState, subtask: SubTask, needs: Sequence[asyncio.Future[Outcome]]
) -> Outcome:
    """Async twin of `run_subtask`."""
    done = [await need for need in needs]
    if blocked := _blocked(subtask, done):
        return blocked
    try:
        outcome = _outcome(subtask, await react.ainvoke(_start(state, subtask, done)), runs.find(state).shares)
    except GraphInterrupt as asked:
        for event in _waits_events(subtask, asked):
            await asyncio.to_thread(runs.find(state).record, event)
        raise Asking(*asked.args[0]) from None
    await tell(runs.find(state), _ended_event(outcome)).aperform()
    return outcome


def make_execute(react: React, runs: Runs) -> RunnableCallable:
    """Make the node. It closes over the ReAct graph: that is how LangGraph finds a subgraph, to store and draw it."""

    def execute(state: AgentState) -> AgentState:
        with runs.entered(state):
            return _fold(state, [_ended(future) for future in _launch(run_subtask, react, runs, state)])

    async def aexecute(state: AgentState) -> AgentState:
        async with runs.aentered(state):
            return _fold(
                state, await asyncio.gather(*_launch(arun_subtask, react, runs, state), return_exceptions=True)
            )

    return RunnableCallable(execute, aexecute, name="execute", trace=False)


def _ended(future: Future[Outcome]) -> Outcome | Exception:
    """Wait for a subtask; its exception is kept until all have ended."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001  raised again by _fold
        return error


def _launch(run: Any, react: React, runs: Runs, state: AgentState) -> list[Any]:
    """Start every subtask that can be reached, in one order for all replays: LangGraph counts them to know them."""
    plan = [SubTask.model_validate(t) for t in state["plan"]]
    dead = {t.task_id for t in dag.blocked(plan)}
    todo = [t for t in dag.execution_order(plan) if t.status == SubTaskStatus.PENDING and t.task_id not in dead]
    # A person's plan may take up an id whose earlier attempts the plan has forgotten; the journal has not.
    failures = Counter(f["task_id"] for f in state["failures"])
    futures: dict[str, Any] = {}
    open_ = {t.task_id for t in plan if t.status != SubTaskStatus.COMPLETED}
    shares = runs.find(state).shares
    shares.replaced = replaced(state["revisions"])
    shares.earlier = {f["task_id"]: f.get("spent", {}) for f in state["failures"]}
    shares.unfinished = lambda: open_
    for subtask in todo[:AT_ONCE]:
        needs = [futures[d] for d in subtask.dependencies if d in futures]
        if subtask.task_id not in state["left_off"]:
            subtask.attempts = max(subtask.attempts, failures[subtask.task_id]) + 1
        futures[subtask.task_id] = future = run(react, runs, state, subtask, needs)
        future.add_done_callback(partial(_finish, open_, subtask.task_id))
    return list(futures.values())


def _finish(unfinished: set[str], task_id: str, future: Any) -> None:
    """Take a subtask that has completed from those that still need something of the budget."""
    if not future.cancelled() and not future.exception() and future.result()["ended"] == "answer":
        unfinished.discard(task_id)


def _start(state: AgentState, subtask: SubTask, done: Sequence[Outcome]) -> ReactState:
    results = {t["task_id"]: t.get("result") or "" for t in state["plan"]}
    results |= {outcome["task_id"]: outcome["answer"] for outcome in done}
    taint = {**state.get("taint", {}), **{outcome["task_id"]: outcome.get("taint", []) for outcome in done}}
    private = {*state.get("private", []), *(outcome["task_id"] for outcome in done if outcome.get("private"))}
    plan_taint = state.get("plan_taint", [])
    found = _found(state, subtask)
    builds_on = [*subtask.dependencies, *found]
    start = start_state(
        subtask,
        goal=state["goal"],
        known={d: results[d] for d in subtask.dependencies},
        workspace=state["workspace"],
        found=found,
        run_id=state["run_id"],
        avoid=approaches.still_barred(state["avoid"], any(outcome["changed"] for outcome in done)),
        taint={task_id: taint[task_id] for task_id in builds_on if taint.get(task_id)},
        plan_taint=plan_taint,
        private=not private.isdisjoint(builds_on) or bool(plan_taint and private),
    )
    return {**start, **state["left_off"].get(subtask.task_id, {})}  # type: ignore[typeddict-item]


def _found(state: AgentState, subtask: SubTask) -> dict[str, list[dict[str, Json]]]:
    """What failed attempts at a subtask, and at those it stands in for, found out."""
    task_ids = {subtask.task_id, *replaced(state["revisions"]).get(subtask.task_id, ())}
    return {f["task_id"]: f["found"] for f in state["failures"] if f["task_id"] in task_ids and f.get("found")}


def _waits_events(subtask: SubTask, asked: GraphInterrupt) -> list[Waits]:
    """Its questions, told while the other subtasks run on."""
    return [Waits(type="waits", task_id=subtask.task_id, id=q.id, value=q.value) for q in asked.args[0]]


def _ended_event(outcome: Outcome) -> Subtask:
    return Subtask(
        type="subtask",
        task_id=outcome["task_id"],
        attempt=outcome["attempts"],
        status="completed" if outcome["ended"] == "answer" else outcome["ended"],
        result=outcome["answer"] or outcome["reason"],
    )


def _blocked(subtask: SubTask, done: Sequence[Outcome]) -> Outcome | None:
    """A subtask whose dependency did not complete is not started; it stays pending."""
    if all(outcome["ended"] == "answer" for outcome in done):
        return None
    return {"task_id": subtask.task_id, "ended": "blocked", "answer": None, "changed": False}


def _outcome(subtask: SubTask, final: Any, shares: Shares) -> Outcome:
    log = final["log"]
    # What was refused had failed before: its reason would nest ever deeper.
    failed = [s for s in log if ((s.get("observation") or {}).get("error") or {}).get("kind", "refused") != "refused"]
    ran_out = final["outcome"]["ended"] == "budget"
    return {
        "task_id": subtask.task_id,
        "attempts": subtask.attempts,
        "description": subtask.description,
        "answer": None,
        "reason": "",
        **final["outcome"],
        "verdict": final.get("verdict"),
        "changed": approaches.changed(log),
        "decisions": final.get("decisions", []),
        "taint": taint_of(final),
        "private": has_read_own(final),
        "evidence": [_trace(s["action"]) for s in log if (s.get("observation") or {}).get("success")][-20:],
        "left_off": {key: final.get(key) for key in ("turn", "log", "queue", "strong_from") if key in final}
        if ran_out
        else None,
        "approaches": [approaches.approach(s) for s in failed][-8:],
        "barred": approaches.barred(log),
        "doubts": blame_of(log),
        "found": [] if final["outcome"]["ended"] == "answer" else findings(log),
        "spent": shares.spent(subtask.task_id),
    }


def _trace(action: Mapping[str, Json]) -> dict[str, Json]:
    return {"tool": action["tool"], "args": action.get("args", {}), "action_id": action["action_id"]}


def _fold(state: AgentState, results: Sequence[Any]) -> AgentState:
    """Join the outcomes into the state, or raise: all open questions at once, else the first failure of the set-up.

    Where a person has ended the run, what else is open or failed has no say any more.
    """
    if any(not isinstance(r, BaseException) and r["ended"] == "aborted" for r in results):
        results = [r for r in results if not isinstance(r, Exception)]
    asked = {question.id: question for r in results if isinstance(r, Asking) for question in r.args}
    if asked:
        raise GraphInterrupt(list(asked.values()))
    for result in results:
        if isinstance(result, BaseException):
            raise result
    outcomes: dict[str, Outcome] = {r["task_id"]: r for r in results if r["ended"] != "blocked"}
    failed = [o for o in outcomes.values() if o["ended"] not in ("answer", "budget", "aborted")]
    read = state.get("taint", {})
    update: AgentState = {
        "plan": [_settled(t, outcomes.get(t["task_id"])) for t in state["plan"]],
        "failures": [*state["failures"], *map(_failure, failed)],
        "avoid": _avoided(state, outcomes.values()),
        "left_off": {k: o["left_off"] for k, o in outcomes.items() if o["left_off"]},
        "evidence": {**state["evidence"], **{k: o["evidence"] for k, o in outcomes.items() if o["evidence"]}},
        "checks": {**state.get("checks", {}), **{k: o["checks"] for k, o in outcomes.items() if o.get("checks")}},
        "unshown": {**state.get("unshown", {}), **{k: o["unshown"] for k, o in outcomes.items() if o.get("unshown")}},
        "taint": {**read, **{k: merged([read.get(k, []), o.get("taint", [])]) for k, o in outcomes.items()}},
        "private": sorted({*state.get("private", []), *(k for k, o in outcomes.items() if o.get("private"))}),
        "decisions": [*state["decisions"], *(d for o in outcomes.values() for d in o["decisions"])],
        "verdict": next((o["verdict"] for o in failed if o["verdict"]), None),
    }
    ends = {o["ended"]: o for o in outcomes.values()}
    if "aborted" in ends:
        update |= {"status": "aborted", "reason": ends["aborted"]["reason"]}
    elif "budget" in ends:
        update |= {"status": "stopped", "reason": ends["budget"]["reason"]}
    return update


def _avoided(state: AgentState, outcomes: Collection[Outcome]) -> list[dict[str, Json]]:
    """What is barred from here on. Of subtasks side by side nobody knows which change came before which failure."""
    kept = approaches.still_barred(state["avoid"], any(o["changed"] for o in outcomes))
    for failed in (o for o in outcomes if o["ended"] not in ("answer", "budget", "aborted")):
        others = any(o["changed"] for o in outcomes if o is not failed)
        kept += approaches.still_barred(failed.get("barred", []), others)
    return kept


def _settled(subtask: dict[str, Json], outcome: Outcome | None) -> dict[str, Json]:
    if outcome is None:
        return subtask
    done = {**subtask, "attempts": outcome["attempts"]}
    if outcome["ended"] == "answer":
        return {**done, "status": "completed", "result": outcome["answer"]}
    if outcome["ended"] in ("budget", "aborted"):
        return done
    return {**done, "status": "failed", "result": outcome["reason"]}


def _failure(outcome: Outcome) -> dict[str, Json]:
    told = {key: outcome[key] for key in ("task_id", "description", "ended", "reason", "approaches")}
    # An outcome of an earlier version has neither.
    told |= {"found": outcome.get("found", []), "spent": outcome.get("spent", {})}
    return {**told, **outcome["doubts"]}
