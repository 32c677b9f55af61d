"""Whatever a tool does, its call ends in time with plain data or with the kind of its failure."""

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, Tool, ToolException

from surefoot.tools import shield
from surefoot.tools.effects import tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.toolbox import Toolbox

SHORT = 0.2


def in_both_colours(function: Callable[..., Any], name: str = "work") -> list[Any]:
    """The same tool as a blocking and as an async one."""

    async def twin(**kwargs: Any) -> Any:
        return function(**kwargs)

    schema = StructuredTool.from_function(function, name=name, description="d").args_schema
    return [
        StructuredTool(name=name, description="d", args_schema=schema, func=function),
        StructuredTool(name=name, description="d", args_schema=schema, coroutine=twin),
    ]


def every_way(tools: list[Any], args: dict[str, Any], timeout: float = 30.0, **options: Any) -> list[Outcome]:
    """Each tool's outcome through run, through arun, and through run inside a running loop."""
    outcomes = []
    for tool in tools:
        box = Toolbox([tool])
        [name] = box.names
        runner = ToolRunner(box, timeout, **options)
        outcomes += [runner.run(name, args), *asyncio.run(_inside_a_loop(runner, name, args))]
    return outcomes


async def _inside_a_loop(runner: ToolRunner, name: str, args: dict[str, Any]) -> list[Outcome]:
    return [await runner.arun(name, args), runner.run(name, args)]


def test_a_result_comes_back_whole_in_every_colour() -> None:
    def work(n: int) -> dict[str, Any]:
        return {"half": n / 2, "text": "ü"}

    for outcome in every_way(in_both_colours(work), {"n": 3}):
        assert outcome.success
        assert outcome.output == {"half": 1.5, "text": "ü"}
        assert (outcome.kind, outcome.message) == (None, "")
        assert outcome.duration_seconds > 0


def test_fifty_megabytes_come_back_whole() -> None:
    for outcome in every_way(in_both_colours(lambda: "x" * 50_000_000), {}):
        assert len(outcome.output) == 50_000_000


def test_a_missing_tool_is_named_with_what_is_close() -> None:
    def read_file(path: str) -> str:
        return path

    runner = ToolRunner(Toolbox([read_file]))
    for name in ("read_fil", "file_contents"):
        outcome = runner.run(name, {})
        assert outcome.kind == "missing_tool"
        assert f"no tool named '{name}'; did you mean read_file?" in outcome.message
    assert "there are: read_file." in runner.run("quantum", {}).message
    assert "there are: none." in ToolRunner(Toolbox([])).run("x", {}).message


def test_bad_arguments_are_refused_before_the_tool_runs() -> None:
    calls: list[int] = []

    def work(n: int) -> None:
        calls.append(n)

    for outcome in every_way(in_both_colours(work), {"n": "many"}):
        assert outcome.kind == "bad_arguments"
        assert "'n'" in outcome.message
    assert calls == []


def test_a_refusal_is_known_without_running() -> None:
    calls: list[int] = []

    def work(n: int) -> None:
        calls.append(n)

    runner = ToolRunner(Toolbox([work]))
    assert runner.refusal("work", {"n": 1}) is None
    assert (refused := runner.refusal("work", {})) is not None and refused.kind == "bad_arguments"
    assert (missing := runner.refusal("worm", {})) is not None and missing.kind == "missing_tool"
    assert calls == []


def test_mended_arguments_reach_the_tool_and_the_callers_stay_as_they_were() -> None:
    def work(items: list[str]) -> list[str]:
        items.append("mine")
        return items

    for args in ({"items": '["a"]'}, {"items": ["a"]}):
        before = repr(args)
        for outcome in every_way(in_both_colours(work), args):
            assert outcome.output == ["a", "mine"]
        assert repr(args) == before


class Odd(BaseException):
    """Nobody's kind of failure."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no good"),
        SystemExit("no good"),
        RecursionError("no good"),
        Odd("no good"),
        KeyboardInterrupt("no good"),
        GeneratorExit("no good"),
        MemoryError("no good"),
        TimeoutError("no good"),
        NotImplementedError("no good"),
        BaseException("no good"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_of_a_tool_is_its_failure(error: BaseException) -> None:
    def work() -> None:
        raise error

    for outcome in every_way(in_both_colours(work), {}):
        assert outcome.kind == "exception"
        assert outcome.message == f"{type(error).__name__}: no good"


@pytest.mark.parametrize("kind", [StopIteration, StopAsyncIteration])
def test_the_end_of_an_iteration_is_a_failure_and_no_end(kind: type[Exception]) -> None:
    def work() -> None:
        raise kind("no good")

    for outcome in every_way(in_both_colours(work), {}):
        assert outcome.kind == "exception"
        assert kind.__name__ in outcome.message


def test_a_tool_that_cancels_itself_has_failed() -> None:
    def work() -> None:
        raise asyncio.CancelledError

    for outcome in every_way(in_both_colours(work), {}):
        assert outcome.kind == "exception"
        assert "CancelledError" in outcome.message


def test_a_failure_of_a_task_group_shows_its_one_cause() -> None:
    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(int, "x"))

    for outcome in every_way([work], {}):
        assert outcome.message.startswith("ValueError: invalid literal")


def test_a_long_and_dirty_message_is_cut_and_cleaned() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def loud() -> None:
        raise ValueError("a\0b" + "x" * 50_000_000)

    def mute() -> None:
        raise Mute

    runner = ToolRunner(Toolbox([loud, mute]))
    message = runner.run("loud", {}).message
    assert len(message) == 2_000
    assert "\0" not in message
    assert runner.run("mute", {}).message == "Mute"


def test_a_tools_own_sentence_stands_alone() -> None:
    def work() -> None:
        raise ToolError("The file is locked; close it first.")

    for outcome in every_way(in_both_colours(work), {}):
        assert outcome.message == "The file is locked; close it first."


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (False, "remote said no"),
        (True, "remote said no"),
        ("ask later", "ask later"),
        (lambda e: f"so: {e}", "so: remote said no"),
    ],
)
def test_an_error_langchain_would_hand_out_as_a_result_is_a_failure(handler: Any, message: str) -> None:
    def work() -> None:
        raise ToolException("remote said no")

    tools = in_both_colours(work)
    for tool in tools:
        tool.handle_tool_error = handler
    for outcome in every_way(tools, {}):
        assert (outcome.success, outcome.kind, outcome.message) == (False, "exception", message)


@pytest.mark.parametrize(
    "value", [lambda: 1, threading.Lock(), object(), {1: {2: object()}}], ids=["function", "lock", "object", "inside"]
)
def test_what_is_no_data_is_unstorable(value: Any) -> None:
    for outcome in every_way(in_both_colours(lambda: value), {}):
        assert (outcome.success, outcome.kind) == (False, "unstorable")
        assert outcome.message


def test_a_hanging_tool_ends_at_its_deadline() -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait()

    async def sleep() -> None:
        await asyncio.Event().wait()

    for outcome in every_way([hang, sleep], {}, SHORT):
        assert outcome.kind == "timeout"
        assert "did not end within 0.2 seconds. Whether it took effect is not known." in outcome.message
    release.set()


def test_a_tools_own_time_limit_wins() -> None:
    @tool_effect("read_only", timeout=SHORT)
    def hang() -> None:
        threading.Event().wait(30)

    for outcome in every_way([hang], {}, 300.0):
        assert outcome.message == "hang did not end within 0.2 seconds."


def test_a_late_async_tool_is_cancelled() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    assert len(every_way([work], {}, SHORT)) == len(ended) == 3


def test_an_async_tool_that_ignores_cancelling_is_left_behind() -> None:
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    assert ToolRunner(Toolbox([stubborn]), SHORT).run("stubborn", {}).kind == "timeout"
    release.set()


def test_an_async_tool_that_blocks_the_background_loop_does_not_block_the_next() -> None:
    release = threading.Event()

    async def blocks() -> None:
        release.wait()

    async def works() -> str:
        return "fine"

    runner = ToolRunner(Toolbox([blocks, works]), SHORT)
    assert runner.run("blocks", {}).kind == "timeout"
    assert runner.run("works", {}).output == "fine"
    release.set()


def test_async_tools_called_from_outside_a_loop_share_one_loop() -> None:
    async def where() -> int:
        return id(asyncio.get_running_loop())

    runner = ToolRunner(Toolbox([where]))
    with ThreadPoolExecutor(4) as pool:
        seen = set(pool.map(lambda _: runner.run("where", {}).output, range(8)))
    assert len(seen) == 1


async def test_async_tools_run_in_the_callers_loop() -> None:
    async def where() -> int:
        return id(asyncio.get_running_loop())

    assert (await ToolRunner(Toolbox([where])).arun("where", {})).output == id(asyncio.get_running_loop())


def test_an_async_tool_may_call_another_one_through_run() -> None:
    async def inner() -> str:
        return "inner"

    async def outer() -> str:
        return f"outer {runner.run('inner', {}).output}"

    runner = ToolRunner(Toolbox([inner, outer]))
    assert runner.run("outer", {}).output == "outer inner"


async def test_other_work_of_the_loop_goes_on_while_a_blocking_tool_runs() -> None:
    release = threading.Event()

    def waits() -> bool:
        return release.wait(30)

    async def lets_go() -> None:
        release.set()

    outcome, _ = await asyncio.gather(ToolRunner(Toolbox([waits])).arun("waits", {}), lets_go())
    assert outcome.output is True


@pytest.mark.parametrize(("size", "beside"), [(600, False), (1_000_000, True)])
async def test_only_a_large_result_of_an_async_tool_is_searched_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
) -> None:
    async def work() -> str:
        return "x" * size

    where: list[int] = []
    plain = shield.plain
    monkeypatch.setattr(shield, "plain", lambda *args: [where.append(threading.get_ident()), plain(*args)][1])
    assert (await ToolRunner(Toolbox([work])).arun("work", {})).output == "x" * size
    assert (where != [threading.get_ident()]) is beside


async def test_a_caller_that_is_cancelled_cancels_the_tool() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    call = asyncio.create_task(ToolRunner(Toolbox([work])).arun("work", {}))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended.is_set()


def test_several_threads_use_one_runner() -> None:
    def double(n: int) -> int:
        return 2 * n

    runner = ToolRunner(Toolbox(in_both_colours(double)[1:]))
    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(lambda n: runner.run("work", {"n": n}).output, range(50)))
    assert outputs == [2 * n for n in range(50)]


def test_context_variables_reach_the_tool() -> None:
    mark: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="lost")
    mark.set("kept")
    for outcome in every_way(in_both_colours(lambda: mark.get()), {}):
        assert outcome.output == "kept"


def test_an_abandoned_tool_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox
def hang(): threading.Event().wait()
async def sleeps(): await asyncio.Event().wait()
async def fine(): return 1
runner = ToolRunner(Toolbox([hang, sleeps, fine]), 0.1)
print(runner.run("hang", {}).kind, runner.run("sleeps", {}).kind, runner.run("fine", {}).output)
print(asyncio.run(runner.arun("hang", {})).kind)
"""
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (0, ["timeout", "timeout", "1", "timeout"], "")


class Bubble(Exception):
    """As LangGraph's GraphBubbleUp: no failure of the tool."""


def test_what_is_to_pass_through_is_raised() -> None:
    def work() -> None:
        raise Bubble("up")

    for tool in in_both_colours(work):
        runner = ToolRunner(Toolbox([tool]), passthrough=(Bubble,))
        with pytest.raises(Bubble):
            runner.run("work", {})
        with pytest.raises(Bubble):
            asyncio.run(runner.arun("work", {}))


def test_the_key_is_given_to_the_parameter_of_that_name() -> None:
    def work(n: int, idempotency_key: str) -> str:
        return idempotency_key

    runner = ToolRunner(Toolbox([work]))
    assert runner.run("work", {"n": 1}, key="r1:a1").output == "r1:a1"
    assert runner.run("work", {"n": 1, "idempotency_key": "the model's"}, key="r1:a1").output == "r1:a1"
    alone = {runner.run("work", {"n": 1}).output for _ in range(2)}
    assert len(alone) == 2


def mcp_like(result: Any) -> StructuredTool:
    async def call(**_: Any) -> tuple[Any, Any]:
        return result, {"structured": True}

    return StructuredTool(
        name="remote",
        description="d",
        args_schema={"type": "object", "properties": {"n": {"type": "integer"}}},
        coroutine=call,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def test_content_of_text_blocks_is_their_text() -> None:
    blocks = [{"type": "text", "text": "one", "id": "b1"}, {"type": "text", "text": "two"}]
    for outcome in every_way([mcp_like(blocks)], {"n": "3"}):
        assert outcome.output == "one\ntwo"


def test_content_with_other_blocks_stays_as_it_is() -> None:
    blocks = [{"type": "text", "text": "one"}, {"type": "image", "base64": "AA=="}]
    for outcome in every_way([mcp_like(blocks)], {}):
        assert outcome.output == blocks


def test_a_tool_message_is_its_content_or_its_error() -> None:
    fine = ToolMessage("fine", tool_call_id="1")
    failed = ToolMessage("broken", tool_call_id="1", status="error")
    assert {outcome.output for outcome in every_way(in_both_colours(lambda: fine), {})} == {"fine"}
    for outcome in every_way(in_both_colours(lambda: failed), {}):
        assert (outcome.kind, outcome.message) == ("exception", "broken")


STEP = {"type": "object", "properties": {"step": {"type": "integer"}}}


class Counter(BaseTool):
    name: str = "counter"
    description: str = "Counts its calls."
    calls: int = 0

    def _run(self, step: int) -> int:
        self.calls += step
        return self.calls

    async def _arun(self, step: int) -> int:
        raise NotImplementedError("no async here")


class AsyncOnly(BaseTool):
    name: str = "async_only"
    description: str = "Knows one colour."
    args_schema: Any = STEP

    def _run(self, step: int) -> int:
        raise NotImplementedError("Use arun.")

    async def _arun(self, step: int) -> int:
        return step


class Watched(BaseTool):
    name: str = "watched"
    description: str = "Tells what it was given beside its arguments."
    args_schema: Any = STEP

    def _run(self, step: int, config: "RunnableConfig", run_manager: Any = None) -> list[str]:
        return [key for key in config if key == "callbacks"] + ["run"] * (run_manager is not None)

    async def _arun(self, step: int, config: "RunnableConfig", run_manager: Any = None) -> list[str]:
        return self._run(step, config, run_manager)


def test_a_tool_class_keeps_its_own_state_and_its_one_colour_serves_both() -> None:
    counter = Counter()
    assert [outcome.output for outcome in every_way([counter], {"step": "2"})] == [2, 4, 6]
    assert counter.calls == 6
    assert {outcome.output for outcome in every_way([AsyncOnly()], {"step": 1})} == {1}


def test_what_langchain_hands_to_a_tool_still_arrives() -> None:
    def configured(n: int, config: RunnableConfig) -> bool:
        return "callbacks" in config

    def told(n: int, call_id: Annotated[str, InjectedToolCallId]) -> str:
        return call_id

    runner = ToolRunner(Toolbox([configured, told, Watched()]))
    assert runner.run("configured", {"n": 1}).output is True
    assert runner.run("told", {"n": 1}, key="k1").output == "k1"
    for outcome in every_way([Watched()], {"step": 1}):
        assert outcome.output == ["callbacks", "run"]


def test_an_argument_that_looks_like_a_tool_call_is_an_argument() -> None:
    def note(type: str) -> str:
        return type

    for outcome in every_way(in_both_colours(note, "note"), {"type": "tool_call"}):
        assert outcome.output == "tool_call"


def test_a_tool_of_one_text_and_a_wrapped_async_function_work() -> None:
    async def inner(text: str) -> str:
        await asyncio.sleep(0)
        return text.upper()

    def wrapped(text: str) -> Any:
        return inner(text)

    shout = Tool(name="shout", description="d", func=lambda text: text.upper())
    assert {outcome.output for outcome in every_way([shout], {"__arg1": "a"})} == {"A"}
    assert {outcome.output for outcome in every_way([wrapped], {"text": "a"})} == {"A"}


def test_a_probe_answers_under_the_same_rules() -> None:
    def known(n: int) -> int | None:
        return n if n > 0 else None

    async def aknown(n: int) -> int | None:
        return known(n)

    def broken(n: int) -> None:
        sys.exit(3)

    def effectful(probe: Callable[..., Any], name: str) -> StructuredTool:
        tool = StructuredTool.from_function(lambda n: n, name=name, description="d")
        return tool_effect("reversible", probe=probe)(tool)

    runner = ToolRunner(Toolbox([effectful(known, "s"), effectful(aknown, "a"), effectful(broken, "b")]))
    for name in ("s", "a"):
        assert runner.probe(name, {"n": 2}).output == 2
        found = asyncio.run(runner.aprobe(name, {"n": 0}))
        assert (found.success, found.output) == (True, None)
    assert runner.probe("b", {"n": 1}).message == "SystemExit: 3"


def test_a_call_is_timed() -> None:
    def naps() -> None:
        time.sleep(0.05)

    assert ToolRunner(Toolbox([naps])).run("naps", {}).duration_seconds >= 0.05
