"""The short way through the OpenAI client: the same request, seen by whoever looks, at a cost that does not grow."""

from typing import Any

import openai
import pytest
from fake_endpoint import FakeEndpoint
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from openai._utils import _transform
from openai.resources.chat.completions import Completions

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
    options["default_headers"] = {"Connection": "close"}  # or a client of an ended event loop keeps its own
    for model in (ChatOpenAI(model="m", api_key="k", **options), openai_model("m", api_key="k", **options)):  # type: ignore[arg-type]
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
    create = Completions.create

    def watched(self: Completions, *args: Any, **kwargs: Any) -> Any:
        seen.append(kwargs)
        return create(self, *args, **kwargs)

    monkeypatch.setattr(Completions, "create", watched)
    openai_model("m", base_url=fake_endpoint.url).bind(tools=[TOOL]).invoke(conversation(1))
    [request] = seen
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "tool"]
    assert (len(request["messages"]), request["messages"][-1]["content"]) == (4, "A gate.")
    assert list(request["tools"]) == [TOOL] and str(request["tools"]) == str([TOOL])


def test_callbacks_and_token_counts_are_as_ever(fake_endpoint: FakeEndpoint) -> None:
    class Watching(BaseCallbackHandler):
        started: list[Any] = []  # noqa: RUF012
        ended: list[Any] = []  # noqa: RUF012

        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            self.started.append((messages, kwargs["invocation_params"]))

        def on_llm_end(self, response: Any, **kwargs: Any) -> None:
            self.ended.append(response)

    model, said = openai_model("m", base_url=fake_endpoint.url), conversation(2)
    reply = model.bind(tools=[TOOL]).invoke(said, config={"callbacks": [Watching()]})
    [(messages, parameters)], [ended] = Watching.started, Watching.ended
    assert messages == [said] and parameters["tools"] == [TOOL]
    assert ended.llm_output["token_usage"]["total_tokens"] == reply.usage_metadata["total_tokens"] == 120


def test_what_the_server_refuses_is_told_as_ever(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((400, "no such parameter"))
    with pytest.raises(openai.BadRequestError, match="no such parameter"):
        openai_model("m", base_url=fake_endpoint.url, max_retries=0).bind(tools=[TOOL]).invoke("hi")
