"""The client of OpenAI-compatible endpoints, over real HTTP."""

import asyncio
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint
from langchain_core.messages import HumanMessage
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from surefoot.graph.models.endpoint import NO_KEY, openai_model
from surefoot.nodes.drive import adrive, drive
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import Usage
from surefoot.nodes.structured import ModelCaller
from surefoot.tools.errors import ModelError


class State(TypedDict, total=False):
    tokens: list[int]
    estimated: bool
    texts: list[str]


class Colour(BaseModel):
    """A colour."""

    name: str


TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": {"type": "object"}}}


def ask_then_call(caller: ModelCaller) -> Any:
    colour, first = yield from caller.ask([HumanMessage("colour")], Colour, node="plan", info={}, run=NoRun())
    reply = yield from caller.call([HumanMessage("go")], node="think", info={}, tools=[TOOL], run=NoRun())
    calls = [call["name"] for call in reply.calls]
    usages: list[Usage] = [first, reply.usage]
    estimated = any(usage.estimated for usage in usages)
    return {"tokens": [usage.tokens for usage in usages], "estimated": estimated, "texts": [colour.name, *calls]}


def graph_of(endpoint: FakeEndpoint, asynchronous: bool) -> Any:
    caller = ModelCaller(openai_model("weak", base_url=endpoint.url, max_retries=0))

    async def anode(state: State) -> State:
        return await adrive(ask_then_call(caller))

    def node(state: State) -> State:
        return drive(ask_then_call(caller))

    builder = StateGraph(State)
    builder.add_node("work", anode if asynchronous else node)
    builder.add_edge(START, "work")
    builder.add_edge("work", END)
    return builder.compile()


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize("asynchronous", [True, False])
async def test_usage_is_counted_while_the_graph_streams_messages(
    fake_endpoint: FakeEndpoint, asynchronous: bool, reports: bool
) -> None:
    fake_endpoint.says('{"name": "green as grass"}', {"calls": [{"name": "look", "arguments": {}}]})
    if not reports:
        fake_endpoint.usage = None
    chunks, last = [], {}
    async for mode, part in graph_of(fake_endpoint, asynchronous).astream({}, stream_mode=["messages", "updates"]):
        if mode == "messages":
            chunks.append(part[0])
        else:
            last = part["work"]
    assert all(body["stream"] for body in fake_endpoint.requests) and len(chunks) > 4
    assert last["texts"] == ["green as grass", "look"]
    assert last["estimated"] is not reports
    assert last["tokens"] == [120, 120] if reports else all(0 < tokens < 100 for tokens in last["tokens"])


def test_without_streaming_usage_is_counted_too(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says('{"name": "green"}', "hello")
    assert graph_of(fake_endpoint, False).invoke({})["tokens"] == [120, 120]
    assert not any(body.get("stream") for body in fake_endpoint.requests)


def test_one_model_serves_several_event_loops(fake_endpoint: FakeEndpoint) -> None:
    model = openai_model("weak", base_url=fake_endpoint.url, max_retries=0)
    assert [asyncio.run(model.ainvoke("hi")).text for _ in range(3)] == ["hello"] * 3


def test_a_local_server_needs_no_key(fake_endpoint: FakeEndpoint) -> None:
    openai_model("weak", base_url=fake_endpoint.url).invoke("hi")
    openai_model("weak", base_url=fake_endpoint.url, api_key="mine").invoke("hi")
    assert [headers["authorization"] for headers in fake_endpoint.headers] == [f"Bearer {NO_KEY}", "Bearer mine"]
    assert fake_endpoint.requests[0]["model"] == "weak"


@pytest.mark.parametrize("key", [None, ""])
def test_without_key_and_address_it_says_which_variables_to_set(key: str | None) -> None:
    with pytest.raises(ModelError, match=r"openai:gpt.*OPENAI_API_KEY.*OPENAI_BASE_URL"):
        openai_model("gpt", api_key=key)


def test_a_persons_own_options_win(fake_endpoint: FakeEndpoint) -> None:
    openai_model("weak", base_url=fake_endpoint.url, temperature=0.3, default_headers={"x-team": "a"}).invoke("hi")
    assert fake_endpoint.requests[0]["temperature"] == 0.3
    assert fake_endpoint.headers[0]["x-team"] == "a"
