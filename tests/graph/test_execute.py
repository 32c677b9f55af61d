"""The dataflow over ready subtasks: odd and large plans, bounded threads, and outcomes folded into the state."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.errors import GraphInterrupt
from langgraph.types import Interrupt
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import execute, open_store
from surefoot.graph.execute import Asking
from surefoot.graph.store import SqliteStore
from surefoot.nodes.shares import Shares
from surefoot.nodes.state import AgentState, SubTask, fresh_state
from surefoot.tools import tool_effect

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
GIVE_UP = {"thought": "no", "tool": "give_up", "args": {"reason": "no"}}


@pytest.fixture
def world() -> World:
    return World()


def echo(request: Any) -> dict[str, Any]:
    return {"answer": f"result of {request.task_id}"}


@BOTH
@pytest.mark.parametrize(
    "ids",
    [
        ("a b", "c d"),
        ("é", "日本"),
        ("plan", "execute"),
        ("a\nb", "c"),
        ("x" * 3000, "y"),
        ("..", "/"),
        ("t1#1", "__end__"),
    ],
)
def test_odd_ids_run_like_any_other(world: World, ids: tuple[str, str], colour: str) -> None:
    def think(request: Any) -> dict[str, Any]:
        return echo(request) if request.messages[-1].type == "tool" else act("put", what=request.task_id)

    one, other = ids
    script = {"plan": [plan(subtask(one, does="First."), subtask(other, one, does="Then."))], "think": think}
    state = Agent(script, world.tools(), colour=colour).run()
    assert (state["status"], state["answer"]) == ("done", f"result of {other}")
    assert [d.split(" ", 1)[1] for d in world.did] == [one, other]


@BOTH
@pytest.mark.slow
def test_five_hundred_subtasks_side_by_side_share_one_store(world: World, place: Path | str, colour: str) -> None:
    def think(request: Any) -> dict[str, Any]:
        return echo(request) if request.messages[-1].type == "tool" else act("put", what=request.task_id)

    script = {"plan": [plan(*(subtask(f"t{n}") for n in range(500)))], "think": think, "finish": ["all"]}
    with open_store(place) as store:
        state = Agent(script, world.tools(), store=store, colour=colour, max_steps=1000, max_tokens=None).run()
    assert {t["status"] for t in state["plan"]} == {"completed"}
    assert sorted(world.did) == sorted(f"put t{n}" for n in range(500))


@BOTH
def test_a_plan_larger_than_one_pass_is_carried_out_whole(colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "AT_ONCE", 12)
    tasks = [subtask(f"t{n}", *([f"t{n - 1}"] if n % 10 else [])) for n in range(50)]
    script = {"plan": [plan(*tasks)], "think": echo, "finish": ["all"]}
    agent = Agent(script, [], colour=colour)
    assert {t["status"] for t in agent.run()["plan"]} == {"completed"}
    passes = [s for s in agent.graph.get_state_history(agent.config) if s.next == ("execute",)]
    assert len(passes) == 5


@BOTH
@pytest.mark.parametrize("at_once", [1, 2])
def test_a_callers_own_bound_on_concurrency_cannot_lock_the_dataflow(colour: str, at_once: int) -> None:
    tasks = [subtask("c", "b"), subtask("b", "a"), subtask("a"), subtask("d")]
    agent = Agent({"plan": [plan(*tasks)], "think": echo, "finish": ["all"]}, [], colour=colour)
    agent.config["max_concurrency"] = at_once
    assert agent.run()["status"] == "done"


@BOTH
def test_an_empty_toolbox_can_still_answer(colour: str) -> None:
    assert Agent({"plan": [plan(subtask("a"))], "think": echo}, [], colour=colour).run()["answer"] == "result of a"


@BOTH
def test_a_question_among_read_only_calls_holds_back_those_after_it(world: World, colour: str) -> None:
    calls = [
        {"tool": "look", "args": {"at": "1"}},
        {"tool": "ask_human", "args": {"question": "Red?"}},
        {"tool": "look", "args": {"at": "2"}},
    ]
    script = {"plan": [plan(subtask("a"))], "think": [{"thought": "t", "calls": calls}, {"answer": "ok"}]}
    agent = Agent(script, world.tools(), colour=colour)
    agent.run()
    assert world.did == ["look 1"]
    assert agent.answer_all("Blue.")["status"] == "done"
    assert world.did == ["look 1", "look 2"]


@pytest.mark.parametrize("resume", ["bogus", "", [], 5, {"type": "frobnicate"}, {"nobody": "yes"}])
@BOTH
def test_a_bad_answer_runs_nothing_and_the_question_stays(world: World, resume: Any, colour: str) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("fire", what="x"), {"answer": "ok"}]}
    agent = Agent(script, world.tools(), colour=colour)
    agent.run()
    agent.answer(resume)
    assert world.did == []
    assert len(agent.questions()) == 1
    assert agent.answer_all("yes")["status"] == "done"
    assert world.did == ["fire x"]


def test_an_id_taken_up_again_by_a_person_does_its_work_again(world: World) -> None:
    """Else the journal would answer its actions from the attempt that failed two plans ago."""

    def think(request: Any) -> dict[str, Any]:
        if request.messages[-1].type != "tool":
            return act("put", what="key")
        return {"answer": "ok"} if "third" in request.subtask["description"] else GIVE_UP

    plans = [plan(subtask("b", does="A second way.")), plan(subtask("c", does="By hand."))]
    script = {"plan": [plan(subtask("a", does="A first way."))], "replan": plans, "think": think}
    agent = Agent(script, world.tools(), max_replans=1)
    agent.run()
    state = agent.answer_all({"type": "modify", "plan": [subtask("a", does="A third way.")]})
    assert (state["status"], state["plan"][0]["attempts"]) == ("done", 2)
    assert world.did == ["put key"] * 3


def outcome(task_id: str, ended: str = "answer", **more: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "verdict": None,
        "changed": False,
        "decisions": [],
        "evidence": [],
        "approaches": [],
        "left_off": None,
        "doubts": {},
    }
    base = {"task_id": task_id, "attempts": 1, "description": "D.", "answer": "A.", "reason": "R.", "ended": ended}
    return {**base, **nothing, **more}


def before(*ids: str, **more: Any) -> AgentState:
    tasks = [SubTask(task_id=i, description="D.").model_dump(mode="json") for i in ids]
    return {**fresh_state(), "plan": tasks, **more}  # type: ignore[typeddict-item]


def test_all_open_questions_are_raised_at_once_each_only_once() -> None:
    one, two = Interrupt(value="1", id="1"), Interrupt(value="2", id="2")
    results = [Asking(one), outcome("b"), Asking(two), Asking(one), ValueError("later")]
    with pytest.raises(GraphInterrupt) as raised:
        execute._fold(before("a", "b", "c", "d", "e"), results)
    assert raised.value.args[0] == [one, two]


def test_once_a_person_has_ended_the_run_nothing_else_holds_it_up() -> None:
    ended = [outcome("a", "aborted"), Asking(Interrupt(value="1", id="1")), ValueError("broken"), outcome("d")]
    update = execute._fold(before("a", "b", "c", "d"), ended)
    assert update["status"] == "aborted"
    assert [t["status"] for t in update["plan"]] == ["pending", "pending", "pending", "completed"]


def test_a_failure_of_the_set_up_comes_out_as_it_is() -> None:
    with pytest.raises(ValueError, match="broken"):
        execute._fold(before("a", "b"), [outcome("a"), ValueError("broken")])


@pytest.mark.parametrize(
    ("ended", "status", "result"),
    [
        ("answer", "completed", "A."),
        ("gave_up", "failed", "R."),
        ("stuck", "failed", "R."),
        ("budget", "pending", None),
        ("aborted", "pending", None),
        ("blocked", "pending", None),
    ],
)
def test_how_a_subtask_ended_is_its_status(ended: str, status: str, result: str | None) -> None:
    [task] = execute._fold(before("a"), [outcome("a", ended)])["plan"]
    assert (task["status"], task["result"], task["attempts"]) == (status, result, 0 if ended == "blocked" else 1)


def test_only_what_went_wrong_is_a_failure_to_plan_around() -> None:
    ends = ["answer", "gave_up", "budget", "aborted", "blocked", "max_steps"]
    update = execute._fold(before(*ends), [outcome(e, e) for e in ends])
    assert [f["task_id"] for f in update["failures"]] == ["gave_up", "max_steps"]
    assert (update["status"], update["reason"]) == ("aborted", "R.")


def test_where_the_budget_cut_an_attempt_off_is_kept_to_go_on_from() -> None:
    cut = {"turn": 3, "log": [], "queue": [{"tool": "put"}]}
    update = execute._fold(before("a", "b"), [outcome("a", "budget", left_off=cut), outcome("b")])
    assert update["left_off"] == {"a": cut}
    assert (update["status"], update["failures"]) == ("stopped", [])


def test_barred_approaches_are_kept_until_something_has_changed() -> None:
    old, new, wrong = (
        {"tool": n, "error": f"{e}: m"} for n, e in (("o", "exception"), ("n", "exception"), ("w", "bad_arguments"))
    )
    failed = outcome("a", "gave_up", barred=[new, wrong])
    assert execute._fold(before("a", "b", avoid=[old]), [failed])["avoid"] == [old, new, wrong]
    # Side by side nobody knows whether the change came before the failure.
    assert execute._fold(before("a", "b", avoid=[old]), [failed, outcome("b", changed=True)])["avoid"] == [wrong]
    own = outcome("a", "gave_up", barred=[new], changed=True)
    assert execute._fold(before("a", "b", avoid=[old]), [own, outcome("b")])["avoid"] == [new]
    assert execute._fold(before("a", "b"), [outcome("a", barred=[new])])["avoid"] == []


def step(tool: str, error: str = "", effect: str = "undeclared") -> dict[str, Any]:
    problem = {"success": False, "error": {"kind": error, "message": "m"}}
    observation = problem if error else {"success": True, "effect": effect}
    return {"action": {"tool": tool, "action_id": tool}, "observation": observation}


def test_an_outcome_holds_evidence_and_failed_approaches_but_none_that_was_barred_already() -> None:
    log = [step("look", effect="read_only"), step("broken", "exception"), step("again", "refused"), {"note": "hm"}]
    ended = {"outcome": {"ended": "answer", "answer": "A."}, "log": log}
    came = execute._outcome(SubTask(task_id="a", description="D.", attempts=1), ended, Shares(1.0, {}, 0.2))
    assert [e["tool"] for e in came["evidence"]] == ["look"]
    assert came["approaches"] == [{"tool": "broken", "args": {}, "action_id": "broken", "error": "exception: m"}]
    assert came["changed"] is False


@pytest.mark.parametrize(("effect", "changed"), [("read_only", False), ("idempotent", True), ("undeclared", True)])
def test_whatever_may_have_changed_something_lifts_the_bars(effect: str, changed: bool) -> None:
    ended = {"outcome": {"ended": "answer", "answer": "A."}, "log": [step("do", effect=effect)]}
    assert execute._outcome(SubTask(task_id="a", description="D."), ended, Shares(1.0, {}, 0.2))["changed"] is changed


@BOTH
def test_a_subtask_that_waits_for_a_person_says_so_while_another_runs_on(colour: str, path: Path) -> None:
    told: list[dict[str, Any]] = []
    seen_elsewhere: list[str] = []
    waits = threading.Event()

    @tool_effect("read_only")
    def hold() -> str:
        """Last until the other one waits."""
        return "held" if waits.wait(60) else "in vain"

    def tell(event: dict[str, Any]) -> None:
        told.append(event)
        if event["type"] == "waits":
            with SqliteStore(path) as elsewhere:  # who looks from another process sees it, too
                seen_elsewhere.extend(e["id"] for e in elsewhere.events("t1#1") if e["type"] == "waits")
            waits.set()

    script: dict[str, Any] = {
        "plan": [plan(subtask("a"), subtask("b"))],
        "think": {"a": [act("hold"), {"answer": "a"}], "b": [act("fire", what="b"), {"answer": "b"}]},
    }
    agent = Agent(script, [*World().tools(), hold], store=path)
    _stream(agent, colour, tell)
    seen = [(event["type"], event.get("task_id")) for event in told]
    assert seen.index(("waits", "b")) < seen.index(("observation", "a")) < seen.index(("question", None))
    [held] = [event["result"]["output"] for event in told if event["type"] == "observation"]
    assert held == "held"
    [waiting], [asked] = ([e for e in told if e["type"] == kind] for kind in ("waits", "question"))
    assert (waiting["id"], waiting["value"]) == (asked["id"], asked["value"])
    assert list(agent.questions()) == seen_elsewhere == [waiting["id"]]


def _stream(agent: Agent, colour: str, tell: Callable[[dict[str, Any]], None]) -> None:
    if colour == "sync":
        for _, event in agent.graph.stream({"goal": "g"}, agent.config, stream_mode="custom", subgraphs=True):
            tell(event)
        return

    async def stream() -> None:
        async for _, event in agent.graph.astream({"goal": "g"}, agent.config, stream_mode="custom", subgraphs=True):
            tell(event)

    asyncio.run(stream())


def test_what_a_failed_attempt_found_brings_along_what_that_had_read() -> None:
    found = [{"said": "It is swordfish."}]
    more: dict[str, Any] = {
        "failures": [{"task_id": "a", "found": found}, {"task_id": "other", "found": found}, {"task_id": "plan"}],
        "revisions": [{"diff": {"added": ["a"], "removed": []}}, {"diff": {"added": ["b"], "removed": ["a"]}}],
        "taint": {"a": ["mail"]},
        "private": ["a"],
    }
    state: AgentState = {**before("b", "c", **more), "goal": "G.", "run_id": "r", "workspace": ""}
    in_its_place, another = (execute._start(state, SubTask(task_id=i, description="D."), []) for i in "bc")
    assert (in_its_place["found"], in_its_place["taint"], in_its_place["private"]) == (
        {"a": found},
        {"a": ["mail"]},
        True,
    )
    assert (another["found"], another["taint"], another["private"]) == ({}, {}, False)
