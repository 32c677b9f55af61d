"""The short way through the OpenAI client: the same request, seen by whoever looks, at a cost that does not grow."""

import asyncio
import gc
import json
import threading
from typing import Any

import openai
import pytest
from fake_endpoint import FakeEndpoint
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from openai._utils import _transform
from openai.resources.chat.completions import Completions
from openai.types.chat import ChatCompletion

from surefoot.graph.models import endpoint
from surefoot.graph.models.endpoint import openai_model

PARAMETERS = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": PARAMETERS}}


def conversation(turns: int) -> list[BaseMessage]:
    call = {"name": "look", "args": {"at": "the gate"}, "type": "tool_call"}
    said: list[BaseMessage] = [SystemMessage("Be short."), HumanMessage("Look é \U0001f600.")]
    for n in range(turns):
        said += [
            AIMessage("I look.", tool_calls=[{**call, "id": f"c{n}"}]),
            ToolMessage("A gate.", tool_call_id=f"c{n}"),
        ]
    return said


@pytest.mark.parametrize("colour", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("form", [{}, {"tools": [TOOL]}, {"response_format": {"type": "json_object"}}])
async def test_the_request_is_the_one_langchain_sends(
    fake_endpoint: FakeEndpoint, colour: str, form: dict[str, Any]
) -> None:
    options: dict[str, Any] = {"base_url": fake_endpoint.url, "stream_usage": True, "extra_body": {"top_k": 5}}
    lone = {"default_headers": {"Connection": "close"}}  # or LangChain's client keeps its own from an ended event loop
    for model in (ChatOpenAI(model="m", api_key="k", **options, **lone), openai_model("m", api_key="k", **options)):  # type: ignore[arg-type]
        bound, said = model.bind(**form), conversation(2)
        if colour == "invoke":
            bound.invoke(said)
        elif colour == "ainvoke":
            await bound.ainvoke(said)
        elif colour == "stream":
            [*bound.stream(said)]
        else:
            [_ async for _ in bound.astream(said)]
    theirs, ours = fake_endpoint.requests
    assert ours == theirs and len(ours["messages"]) == 6


def test_the_client_does_not_walk_the_conversation(
    fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[Any] = []
    walk = _transform._transform_recursive
    monkeypatch.setattr(_transform, "_transform_recursive", lambda *a, **k: [walked.append(a), walk(*a, **k)][1])
    bound = openai_model("m", base_url=fake_endpoint.url).bind(tools=[TOOL])
    steps = []
    for turns in (1, 50):
        walked.clear()
        bound.invoke(conversation(turns))
        steps.append(len(walked))
    assert steps[0] == steps[1] > 0


def test_what_watches_the_client_sees_messages_and_tools(
    fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    given: list[Any] = []
    create = Completions.create

    def watched(self: Completions, *args: Any, **kwargs: Any) -> Any:
        seen.append(kwargs)
        given.append(create(self, *args, **kwargs))
        return given[-1]

    monkeypatch.setattr(Completions, "create", watched)
    openai_model("m", base_url=fake_endpoint.url).bind(tools=[TOOL]).invoke(conversation(1))
    [request] = seen
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "tool"]
    assert (len(request["messages"]), request["messages"][-1]["content"]) == (4, "A gate.")
    assert list(request["tools"]) == [TOOL] and str(request["tools"]) == str([TOOL])
    answer = given[0].parse()
    assert type(answer) is ChatCompletion and answer.choices[0].message.content == "hello"
    assert (answer.usage.total_tokens, answer._request_id) == (120, None)


CALLS = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "sea"}'}}]
SAID = {"role": "assistant", "content": "I look.", "tool_calls": CALLS, "refusal": None, "reasoning_content": "Hm."}
CHOICE = {"index": 0, "message": SAID, "finish_reason": "tool_calls", "logprobs": None}
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 7},
}
PROPER = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [CHOICE], "usage": USAGE}
ODD: dict[str, dict[str, Any]] = {
    "a reason of its own": {"choices": [{**CHOICE, "finish_reason": "eos_token"}]},
    "no reason": {"choices": [{"index": 0, "message": SAID}]},
    "numbers as text": {"created": "1", "usage": {**USAGE, "prompt_tokens": "100", "completion_tokens": 20.0}},
    "no text and a lone surrogate": {"choices": [{**CHOICE, "message": {"role": "assistant", "content": "\ud83d"}}]},
    "arguments that are no text": {
        "choices": [{**CHOICE, "message": {**SAID, "tool_calls": [{**CALLS[0], "function": {"name": "look"}}]}}]
    },
    "fields of its own": {"took": 0.3, "usage": {**USAGE, "queue": {"ms": 1}}},
    "no choices": {"choices": None},
    "an error": {"choices": [], "error": {"message": "overloaded"}},
}
AS_DESCRIBED = ("fields of its own", "an error")


def told(model: ChatOpenAI, said: str = "hi") -> Any:
    """What came of a call: the reply with all it carries, or the error."""
    try:
        reply = model.invoke(said)
    except Exception as error:  # noqa: BLE001  compared, whatever it is
        return repr(error)
    return {name: value for name, value in reply.model_dump().items() if name != "id"}


@pytest.mark.parametrize("odd", [None, *ODD])
def test_an_answer_is_read_as_the_client_reads_it(
    fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, odd: str | None
) -> None:
    fake_endpoint.says({"whole": {**PROPER, **(ODD[odd] if odd else {})}})
    slowly: list[Any] = []
    built = endpoint.construct_type
    monkeypatch.setattr(endpoint, "construct_type", lambda **about: [slowly.append(about), built(**about)][1])
    options: dict[str, Any] = {"base_url": fake_endpoint.url, "max_retries": 0}
    theirs = told(ChatOpenAI(model="m", api_key="k", **options))  # type: ignore[arg-type]
    ours = told(openai_model("m", api_key="k", **options))
    assert ours == theirs
    assert bool(slowly) is (odd not in (None, *AS_DESCRIBED))
    if odd is None:
        assert ours["tool_calls"][0]["args"] == {"at": "sea"} and ours["usage_metadata"]["total_tokens"] == 120


def test_a_page_in_place_of_an_answer_is_told_as_ever(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(b"<html>Sign in</html>")
    options: dict[str, Any] = {"base_url": fake_endpoint.url, "max_retries": 0}
    assert told(openai_model("m", api_key="k", **options)) == told(ChatOpenAI(model="m", api_key="k", **options))  # type: ignore[arg-type]


class Watching(BaseCallbackHandler):
    def __init__(self) -> None:
        self.started: list[Any] = []
        self.tokens: list[str] = []
        self.ended: list[Any] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.started.append((messages, kwargs["invocation_params"]))

    def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
        self.tokens.append(token)

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.ended.append(response)


@pytest.mark.parametrize("colour", ["invoke", "ainvoke", "stream", "astream"])
async def test_callbacks_see_messages_tools_tokens_and_usage(fake_endpoint: FakeEndpoint, colour: str) -> None:
    fake_endpoint.says({"text": "I look there.", "calls": [{"name": "look", "arguments": {"at": "sea"}}]})
    watching, said = Watching(), conversation(2)
    config: Any = {"callbacks": [watching]}
    bound = openai_model("m", base_url=fake_endpoint.url).bind(tools=[TOOL])
    if colour == "invoke":
        bound.invoke(said, config)
    elif colour == "ainvoke":
        await bound.ainvoke(said, config)
    elif colour == "stream":
        [*bound.stream(said, config)]
    else:
        [_ async for _ in bound.astream(said, config)]
    [(messages, parameters)], [ended] = watching.started, watching.ended
    assert messages == [said] and parameters["tools"] == [TOOL] and parameters["model"] == "m"
    reply = ended.generations[0][0].message
    assert (reply.text, reply.tool_calls[0]["args"]) == ("I look there.", {"at": "sea"})
    assert reply.usage_metadata["total_tokens"] == 120
    streamed = colour.endswith("stream")
    assert "".join(watching.tokens) == ("I look there." if streamed else "")
    assert streamed or ended.llm_output["token_usage"]["total_tokens"] == 120


@pytest.mark.parametrize("colour", ["invoke", "ainvoke"])
def test_calls_in_a_row_share_a_connection(fake_endpoint: FakeEndpoint, colour: str) -> None:
    model = openai_model("m", base_url=fake_endpoint.url)

    async def row() -> None:
        for _ in range(3):
            await model.ainvoke("hi")

    for _ in range(2):
        if colour == "ainvoke":
            asyncio.run(row())  # what it leaves open warns, and fails the test
        else:
            [model.invoke("hi") for _ in range(3)]
    assert len(fake_endpoint.requests) == 6
    assert len(fake_endpoint.callers) == (2 if colour == "ainvoke" else 1)


def test_loops_that_run_at_once_have_connections_of_their_own(fake_endpoint: FakeEndpoint) -> None:
    model, both = openai_model("m", base_url=fake_endpoint.url, max_retries=0), threading.Barrier(2, timeout=10)
    said: list[str] = []

    async def row() -> None:
        for _ in range(3):
            said.append((await model.ainvoke("hi")).text)
            await asyncio.to_thread(both.wait)

    threads = [threading.Thread(target=lambda: asyncio.run(row())) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert said == ["hello"] * 6 and len(fake_endpoint.callers) == 2


def test_a_call_survives_that_the_server_closed_the_connection_it_kept() -> None:
    first = FakeEndpoint()
    model = openai_model("m", base_url=first.url)
    assert model.invoke("hi").text == "hello"
    first.hang_up()
    assert model.invoke("hi").text == "hello" and len(first.callers) == 2
    first.close()


def test_a_message_is_written_once_however_often_it_is_sent(
    fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound, said = openai_model("m", base_url=fake_endpoint.url).bind(tools=[TOOL]), conversation(50)
    bound.invoke(said)
    written: list[Any] = []
    dumps = json.dumps
    monkeypatch.setattr(
        endpoint.json, "dumps", lambda value, **kwargs: [written.append(value), dumps(value, **kwargs)][1]
    )
    bound.invoke([*said, HumanMessage("More.")])
    assert [value for value in written if isinstance(value, dict) and "role" in value] == [
        {"content": "More.", "role": "user"}
    ]
    assert len(fake_endpoint.requests[1]["messages"]) == len(said) + 1


def test_what_the_server_refuses_is_told_as_ever(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((400, "no such parameter"))
    with pytest.raises(openai.BadRequestError, match="no such parameter"):
        openai_model("m", base_url=fake_endpoint.url, max_retries=0).bind(tools=[TOOL]).invoke("hi")


def test_a_models_own_connections_are_closed_with_it() -> None:
    model = openai_model("bench", base_url="http://127.0.0.1:9/v1")
    connections = model.root_client._client
    circle: list[Any] = [model.root_client]
    circle.append(circle)
    assert not connections.is_closed
    del model, circle
    gc.collect()
    assert connections.is_closed
