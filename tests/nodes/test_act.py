"""Actions run at most once: the journal is asked before, told after, and nobody guesses in between."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from langgraph.errors import GraphInterrupt

from surefoot.nodes.act import StepExecutor
from surefoot.nodes.drive import Core, adrive, drive
from surefoot.nodes.run import JournalStatus, NoRun
from surefoot.nodes.state import Action, StepResult
from surefoot.tools.effects import tool_effect
from surefoot.tools.errors import RunBusy, ToolError
from surefoot.tools.toolbox import Toolbox


class Journal(NoRun):
    """A run that keeps its journal and its large outputs in memory."""

    run_id = "r1"

    def __init__(self) -> None:
        self.status_of: dict[str, JournalStatus] = {}
        self.results: dict[str, StepResult] = {}
        self.outputs: dict[str, str] = {}
        self.said: list[str] = []
        self.mine = True
        self.claimed: set[str] = set()

    def prepare(self, action: Action, effect: str) -> tuple[JournalStatus, StepResult | None]:
        self.said.append(f"prepare {effect}")
        status = self.status_of.setdefault(action.action_id, "PREPARED")
        return status, self.results.get(action.action_id) if status in ("DONE", "FAILED") else None

    def start(self, action: Action, *, again: bool = False) -> bool:
        self.said.append("start again" if again else "start")
        status = self.status_of[action.action_id]
        if not self.mine or not (status == "PREPARED" or (again and action.action_id not in self.claimed)):
            return False
        self.status_of[action.action_id] = "STARTED"
        self.claimed.add(action.action_id)
        return True

    def resolve(self, action: Action, result: StepResult | None) -> None:
        self.status_of[action.action_id] = "DONE" if result else "PREPARED"
        if result:
            self.results[action.action_id] = result

    def finish(self, action: Action, result: StepResult) -> None:
        given_up = self.status_of[action.action_id] == "PREPARED" and not result.success
        if not (given_up or action.action_id in self.claimed):
            raise RunBusy("another process has the action")
        self.claimed.discard(action.action_id)
        self.said.append("finish")
        open_still = result.error is not None and result.error.kind in ("timeout", "unfinished")
        self.status_of[action.action_id] = "UNKNOWN" if open_still else "DONE" if result.success else "FAILED"
        self.results[action.action_id] = result

    def release(self, action: Action, *, again: bool = False) -> None:
        assert action.action_id in self.claimed
        self.claimed.discard(action.action_id)
        self.said.append("release")
        self.status_of[action.action_id] = "UNKNOWN" if again else "PREPARED"

    def store_output(self, text: str) -> str:
        self.outputs["out-1"] = text
        return "out-1"


class World:
    """What the tools of these tests do to the world."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.probe: Callable[..., Any] | None = None
        self.seen: list[str] = []

    def tools(self) -> list[Any]:
        @tool_effect("read_only")
        def look(at: str = "") -> str:
            self.seen.append(at)
            return f"{at}{len(self.done)}"

        @tool_effect("idempotent")
        def put(what: str, idempotency_key: str) -> str:
            self.done.append(idempotency_key)
            return what

        @tool_effect("reversible", probe=self.probe)
        def send(what: str) -> str:
            self.done.append(what)
            return f"sent {what}"

        @tool_effect("irreversible")
        async def fire(what: str) -> str:
            self.done.append(what)
            return f"fired {what}"

        return [look, put, send, fire]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture(params=["sync", "async", "sync in a loop"])
def go(request: pytest.FixtureRequest) -> Callable[[Core[Any]], Any]:
    """Drive a core in one of the colours."""

    async def inside(core: Core[Any]) -> Any:
        return drive(core)

    ways: dict[str, Callable[[Core[Any]], Any]] = {
        "sync": drive,
        "async": lambda core: asyncio.run(adrive(core)),
        "sync in a loop": lambda core: asyncio.run(inside(core)),
    }
    return ways[request.param]


def act(tool: str, action_id: str = "a1", **args: Any) -> Action:
    return Action(tool=tool, args=args, action_id=action_id)


def test_an_action_is_prepared_started_and_finished_around_its_effect(world: World, journal: Journal, go: Any) -> None:
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert (result.success, result.output, result.effect, result.replayed) == (True, "sent x", "reversible", False)
    assert journal.said == ["prepare reversible", "start", "finish"]
    assert world.done == ["x"]


def test_a_read_only_action_is_journalled_like_any_other(world: World, journal: Journal, go: Any) -> None:
    assert go(StepExecutor(world.tools()).perform(act("look"), journal)).output == "0"
    assert journal.said == ["prepare read_only", "start", "finish"]


@pytest.mark.parametrize("tool", ["look", "send", "put", "fire"])
def test_a_finished_action_is_answered_from_the_journal(tool: str, world: World, journal: Journal, go: Any) -> None:
    journal.status_of["a1"] = "DONE"
    journal.results["a1"] = StepResult(success=True, output="as it was")
    result = go(StepExecutor(world.tools()).perform(act(tool, what="x", at="x"), journal))
    assert (result.output, result.replayed) == ("as it was", True)
    assert (world.done, world.seen) == ([], [])


def test_a_failed_action_is_not_tried_again_either(world: World, journal: Journal, go: Any) -> None:
    executor = StepExecutor(world.tools())
    first = go(executor.perform(act("send"), journal))
    second = go(executor.perform(act("send"), journal))
    assert first.error.kind == second.error.kind == "bad_arguments"
    assert second.replayed
    assert journal.said == ["prepare reversible", "finish", "prepare reversible"]


@pytest.mark.parametrize("status", ["STARTED", "UNKNOWN"])
@pytest.mark.parametrize("tool", ["send", "fire"])
def test_an_unfinished_action_is_not_run_unasked(
    tool: str, status: Any, world: World, journal: Journal, go: Any
) -> None:
    journal.status_of["a1"] = status
    result = go(StepExecutor(world.tools()).perform(act(tool, what="x"), journal))
    assert result.error.kind == "unfinished"
    assert "not known whether it took effect" in result.error.message
    assert (world.done, journal.status_of["a1"]) == ([], status)


@pytest.mark.parametrize(("tool", "done"), [("put", ["r1:a1"]), ("fire", [])])
def test_what_was_begun_in_time_is_no_unused_approval(
    tool: str, done: list[str], world: World, journal: Journal, go: Any
) -> None:
    """Nobody may be told that nothing was done."""
    journal.status_of["a1"] = "STARTED"
    begun = act(tool, what="x").model_copy(update={"expires_at": 1.0})
    result = go(StepExecutor(world.tools()).perform(begun, journal))
    assert world.done == done
    assert (result.error.kind if result.error else "done") == ("done" if done else "unfinished")


def test_an_approval_that_has_expired_starts_nothing(world: World, journal: Journal, go: Any) -> None:
    late = act("fire", what="x").model_copy(update={"expires_at": 1.0})
    result = go(StepExecutor(world.tools()).perform(late, journal))
    assert (result.error.kind, world.done, journal.status_of["a1"]) == ("expired", [], "PREPARED")


def test_what_another_process_has_is_left_to_it(world: World, journal: Journal, go: Any) -> None:
    journal.mine = False
    result = go(StepExecutor(world.tools()).perform(act("fire", what="x"), journal))
    assert "being run by another process" in result.error.message
    assert world.done == []


@pytest.mark.parametrize("tool", ["send", "fire"])
def test_an_unfinished_action_runs_when_a_person_says_so(tool: str, world: World, journal: Journal, go: Any) -> None:
    journal.status_of["a1"] = "UNKNOWN"
    journal.resolve(act(tool, what="x"), None)
    assert go(StepExecutor(world.tools()).perform(act(tool, what="x"), journal)).success
    assert (world.done, journal.status_of["a1"]) == (["x"], "DONE")


def test_what_a_person_says_came_of_an_unfinished_action_is_its_result(world: World, journal: Journal, go: Any) -> None:
    journal.status_of["a1"] = "STARTED"
    journal.resolve(act("fire", what="x"), StepResult(success=True, output="it did happen"))
    result = go(StepExecutor(world.tools()).perform(act("fire", what="x"), journal))
    assert (result.output, result.replayed, world.done) == ("it did happen", True, [])


def test_an_unfinished_undeclared_tool_is_not_run_unasked(journal: Journal, go: Any) -> None:
    ran: list[int] = []

    def mystery() -> None:
        ran.append(1)

    journal.status_of["a1"] = "STARTED"
    result = go(StepExecutor([mystery]).perform(act("mystery"), journal))
    assert (result.error.kind, result.effect, ran) == ("unfinished", "undeclared", [])


def test_an_unfinished_repeatable_action_runs_again_with_the_same_key(world: World, journal: Journal, go: Any) -> None:
    executor = StepExecutor(world.tools())
    go(executor.perform(act("put", what="x"), journal))
    journal.results.clear()
    journal.status_of["a1"] = "STARTED"
    assert go(executor.perform(act("put", what="x"), journal)).success
    assert world.done == ["r1:a1", "r1:a1"]
    journal.status_of["a2"] = "STARTED"
    assert go(executor.perform(act("look", "a2"), journal)).output == "2"


def test_a_probe_that_finds_the_effect_gives_the_result(world: World, journal: Journal, go: Any) -> None:
    world.probe = lambda what: f"found {what}"
    journal.status_of["a1"] = "STARTED"
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert (result.success, result.output) == (True, "found x")
    assert (world.done, journal.said[-1], journal.status_of["a1"]) == ([], "finish", "DONE")


def test_a_found_effect_is_not_recorded_over_another_process(world: World, journal: Journal, go: Any) -> None:
    world.probe = lambda what: f"found {what}"
    journal.status_of["a1"] = "STARTED"
    journal.mine = False
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert (result.error.kind, journal.results) == ("unfinished", {})


def test_an_unfinished_repeatable_action_whose_arguments_no_longer_fit_fails(journal: Journal, go: Any) -> None:
    @tool_effect("idempotent")
    def put(what: int) -> int:
        return what

    journal.status_of["a1"] = "STARTED"
    result = go(StepExecutor([put]).perform(act("put", what="x"), journal))
    assert (result.error.kind, journal.status_of["a1"]) == ("bad_arguments", "FAILED")


def test_a_probe_that_finds_nothing_lets_the_action_run(world: World, journal: Journal, go: Any) -> None:
    async def probe(what: str) -> None: ...

    world.probe = probe
    journal.status_of["a1"] = "UNKNOWN"
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert (result.output, world.done) == ("sent x", ["x"])


def test_a_probe_that_fails_leaves_the_question_open(world: World, journal: Journal, go: Any) -> None:
    def probe(what: str) -> None:
        raise ConnectionError("no line")

    world.probe = probe
    journal.status_of["a1"] = "STARTED"
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert result.error.kind == "unfinished"
    assert "Its probe failed: ConnectionError: no line" in result.error.message
    assert (world.done, journal.status_of["a1"]) == ([], "STARTED")


def test_an_action_another_process_has_claimed_is_left_to_it(world: World, journal: Journal, go: Any) -> None:
    journal.mine = False
    result = go(StepExecutor(world.tools()).perform(act("send", what="x"), journal))
    assert result.error.kind == "unfinished"
    assert "another process" in result.error.message
    assert (world.done, journal.results) == ([], {})


def test_a_missing_tool_is_refused_without_an_entry(world: World, journal: Journal, go: Any) -> None:
    result = go(StepExecutor(world.tools()).perform(act("sennd", what="x"), journal))
    assert result.error.kind == "missing_tool"
    assert "did you mean send" in result.error.message
    assert journal.said == []


def test_an_unfinished_action_stays_in_doubt_when_its_arguments_no_longer_fit(
    world: World, journal: Journal, go: Any
) -> None:
    journal.status_of["a1"] = "STARTED"
    assert go(StepExecutor(world.tools()).perform(act("send", wat="x"), journal)).error.kind == "unfinished"


def test_every_failure_keeps_its_kind_and_is_recorded(journal: Journal, go: Any) -> None:
    def crash() -> None:
        raise SystemExit(3)

    def hang() -> None:
        threading.Event().wait(30)

    def handle() -> Any:
        return threading.Lock()

    executor = StepExecutor([crash, hang, handle], 0.1)
    for tool, kind in (("crash", "exception"), ("hang", "timeout"), ("handle", "unstorable")):
        result = go(executor.perform(act(tool, tool), journal))
        assert (result.success, result.output, result.error.kind) == (False, None, kind)
        assert journal.results[tool].error == result.error
        assert result.duration_seconds > 0


@tool_effect("read_only")
def ask(what: str = "") -> str:
    raise GraphInterrupt


@tool_effect("read_only")
async def ask_later(what: str = "") -> str:
    raise GraphInterrupt


@pytest.mark.parametrize("tool", [ask, ask_later])
def test_a_tool_that_asks_a_person_gives_its_action_back(journal: Journal, go: Any, tool: Any) -> None:
    with pytest.raises(GraphInterrupt):
        go(StepExecutor([tool]).perform(act(tool.__name__), journal))
    assert journal.said == ["prepare read_only", "start", "release"]
    assert (journal.status_of["a1"], journal.results) == ("PREPARED", {})


def test_an_unfinished_action_that_asks_a_person_stays_in_doubt(journal: Journal, go: Any) -> None:
    journal.status_of["a1"] = "STARTED"
    with pytest.raises(GraphInterrupt):
        go(StepExecutor([ask], effects={"ask": "idempotent"}).perform(act("ask"), journal))
    assert journal.status_of["a1"] == "UNKNOWN"


def test_beside_others_a_tool_that_asks_a_person_is_put_off(world: World, journal: Journal, go: Any) -> None:
    executor = StepExecutor([*world.tools(), ask])
    batch = [act("ask", "a1", what="x"), act("look", "a2"), act("ask", "a3", what="y")]
    results = go(executor.perform_batch(batch, journal))
    assert [r.error.kind if r.error else r.output for r in results] == ["deferred", "0", "deferred"]
    assert journal.status_of == {"a1": "PREPARED", "a2": "DONE", "a3": "PREPARED"}
    assert go(executor.perform_batch(batch[:1], journal, beside_others=True))[0].error.kind == "deferred"
    with pytest.raises(GraphInterrupt):
        go(executor.perform_batch(batch[:1], journal))


def test_a_long_output_is_cut_and_stored_whole(journal: Journal, go: Any) -> None:
    def print_much() -> str:
        return "0123456789" * 5_000_000

    def list_much() -> list[int]:
        return list(range(100))

    executor = StepExecutor([print_much, list_much], inline_chars=25)
    result = go(executor.perform(act("print_much"), journal))
    assert (result.output, result.total_chars, result.artifact) == ("0123456789012345678901234", 50_000_000, "out-1")
    assert len(journal.outputs["out-1"]) == 50_000_000
    assert len(journal.results["a1"].output) == 25
    assert go(executor.perform(act("list_much", "a2"), journal)).output == "[0, 1, 2, 3, 4, 5, 6, 7, "


def test_an_output_of_the_very_limit_stays_data(journal: Journal, go: Any) -> None:
    result = go(StepExecutor([lambda_list], inline_chars=9).perform(act("lambda_list"), journal))
    assert (result.output, result.artifact, result.total_chars) == ([1, 2, 3], None, None)
    assert journal.outputs == {}


def lambda_list() -> list[int]:
    return [1, 2, 3]


def test_alone_an_action_runs_each_time_it_is_asked_for(world: World) -> None:
    executor = StepExecutor(Toolbox(world.tools()))
    assert executor.execute(Action(tool="send", args={"what": "x"})).output == "sent x"
    assert asyncio.run(executor.aexecute(Action(tool="fire", args={"what": "y"}))).output == "fired y"
    assert executor.execute(Action(tool="fire", args={"what": "z"})).output == "fired z"
    assert world.done == ["x", "y", "z"]


def test_a_cut_output_outside_a_run_has_no_artifact() -> None:
    result = StepExecutor([lambda_list], inline_chars=4).execute(Action(tool="lambda_list"))
    assert (result.output, result.artifact, result.total_chars) == ("[1, ", None, 9)


def test_overridden_effects_count(world: World, journal: Journal, go: Any) -> None:
    executor = StepExecutor(world.tools(), effects={"send": "idempotent"})
    journal.status_of["a1"] = "STARTED"
    assert go(executor.perform(act("send", what="x"), journal)).effect == "idempotent"
    with pytest.raises(ToolError, match="Give the effects to the Toolbox"):
        StepExecutor(Toolbox([]), effects={"send": "idempotent"})


def test_read_only_actions_of_a_batch_run_side_by_side(journal: Journal, go: Any) -> None:
    meeting = threading.Barrier(3, timeout=30)

    @tool_effect("read_only")
    def meet() -> int:
        return meeting.wait()

    results = go(StepExecutor([meet]).perform_batch([act("meet", f"a{i}") for i in range(3)], journal))
    assert sorted(result.output for result in results) == [0, 1, 2]


def test_actions_with_an_effect_keep_their_place_among_the_others(world: World, journal: Journal, go: Any) -> None:
    batch = [
        act("look", "a1"),
        act("look", "a2"),
        act("send", "a3", what="x"),
        act("fire", "a4", what="y"),
        act("look", "a5"),
        act("nowhere", "a6"),
    ]
    results = go(StepExecutor(world.tools()).perform_batch(batch, journal))
    assert [result.output for result in results] == ["0", "0", "sent x", "fired y", "2", None]
    assert world.done == ["x", "y"]


def test_of_a_batch_only_the_named_unfinished_actions_run_again(world: World, journal: Journal, go: Any) -> None:
    journal.status_of.update(a1="STARTED", a2="STARTED")
    batch = [act("send", "a1", what="x"), act("send", "a2", what="y")]
    journal.resolve(batch[1], None)
    results = go(StepExecutor(world.tools()).perform_batch(batch, journal))
    assert [result.success for result in results] == [False, True]
    assert world.done == ["y"]


def test_a_confidence_is_taken_out_unless_it_is_the_tools_own_parameter(world: World) -> None:
    def guess(confidence: float) -> float:
        """Guess."""
        return confidence

    executor = StepExecutor([*world.tools(), guess])
    assert executor.split_confidence("send", {"what": "x", "confidence": "80%"}) == ({"what": "x"}, 0.8)
    assert executor.split_confidence("guess", {"confidence": 0.5}) == ({"confidence": 0.5}, None)
    assert executor.split_confidence("nowhere", {"a": 1, "confidence": 0.5}) == ({"a": 1}, 0.5)
