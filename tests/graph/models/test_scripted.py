"""The scripted model answers what it was told, and says so loudly when it was not."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import Runnable
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from surefoot.graph.models.scripted import ScriptedModel, ScriptExhausted, ScriptRequest
from surefoot.nodes.drift import DriftJudgement
from surefoot.nodes.drive import adrive, drive
from surefoot.nodes.run import NoRun
from surefoot.nodes.structured import ModelCaller


class State(TypedDict, total=False):
    said: str


ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {}, "b": {}, "confidence": {"type": "number"}}},
    },
}
LOOK = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": {"type": "object"}}}


def config(node: str, task_id: str = "", **about: Any) -> Any:
    return {"tags": [node], "metadata": {"task_id": task_id, "surefoot": {"node": node, **about}}}


def ask(model: Runnable[Any, Any], node: str = "think", task_id: str = "", text: str = "go", **about: Any) -> AIMessage:
    return model.invoke([HumanMessage(text)], config(node, task_id, **about))


def test_a_list_gives_one_entry_per_call_and_then_fails_loudly() -> None:
    model = ScriptedModel({"think": [{"answer": "one"}, {"answer": "two"}]})
    assert [ask(model, task_id="a").text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ScriptExhausted, match=r"ran out after 2 replies for node 'think', task 'a'"):
        ask(model, task_id="a")


@pytest.mark.parametrize("node", ["plan", "think", "replan"])
def test_a_node_without_a_script_fails_loudly(node: str) -> None:
    with pytest.raises(ScriptExhausted, match=f"no entry for node '{node}'"):
        ask(ScriptedModel(), node)


def test_running_out_is_not_mistaken_for_a_failing_model() -> None:
    with pytest.raises(ScriptExhausted):
        drive(ModelCaller(ScriptedModel()).call([HumanMessage("x")], node="think", info={}, run=NoRun()))


def test_a_call_without_a_node_tag_is_named_as_such() -> None:
    with pytest.raises(ScriptExhausted, match="carries no node tag"):
        ScriptedModel({"think": [{"answer": "x"}]}).invoke("hi")


def test_an_unknown_node_in_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="No node is called thikn"):
        ScriptedModel({"thikn": []})


@pytest.mark.parametrize("node", ["plan", "replan"])
def test_plans_are_sent_as_json_without_their_usage(node: str) -> None:
    plan = {"subtasks": [{"task_id": "a", "description": "é", "dependencies": []}], "confidence": 0.9}
    model = ScriptedModel({node: [plan | {"usage": {"input_tokens": 7, "output_tokens": 3}}]})
    reply = ask(model, node)
    assert json.loads(reply.text) == plan
    assert reply.usage_metadata == {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}


def test_a_thought_becomes_a_tool_call_and_confidence_goes_where_it_is_asked_for() -> None:
    entry = {"thought": "hm", "tool": "add", "args": {"a": 1}, "confidence": 0.4}
    model = ScriptedModel({"think": lambda request: entry}).bind_tools([ADD, LOOK])
    reply = ask(model)
    assert (reply.text, reply.tool_calls[0]["name"]) == ("hm", "add")
    assert reply.tool_calls[0]["args"] == {"a": 1, "confidence": 0.4}
    entry["tool"] = "look"
    assert ask(model).tool_calls[0]["args"] == {"a": 1}
    assert entry["args"] == {"a": 1}


def test_several_calls_keep_their_order_and_have_steady_distinct_ids() -> None:
    calls = [{"tool": "add", "args": {"a": 1}, "confidence": 0.1}, {"tool": "look"}, {"tool": "look"}]
    script = {"think": lambda request: {"calls": calls, "confidence": 0.8}}
    first, again = (ask(ScriptedModel(script).bind_tools([ADD, LOOK]), task_id="a").tool_calls for _ in range(2))
    assert [(call["name"], call["args"]) for call in first] == [
        ("add", {"a": 1, "confidence": 0.1}),
        ("look", {}),
        ("look", {}),
    ]
    assert first == again and len({call["id"] for call in first}) == 3
    assert ask(ScriptedModel(script), task_id="a", text="later").tool_calls[0]["id"] != first[0]["id"]


def test_a_function_sees_the_whole_request() -> None:
    seen: list[ScriptRequest] = []
    model = ScriptedModel({"think": lambda request: seen.append(request) or {"answer": "x"}})
    ask(model.bind_tools([ADD]), task_id="a", goal="g", subtask={"task_id": "a"})
    (request,) = seen
    assert (request.node, request.task_id, request.goal, request.subtask) == ("think", "a", "g", {"task_id": "a"})
    assert [message.text for message in request.messages] == ["go"] and request.tools == [ADD]


def test_raw_text_messages_and_exceptions_come_as_they_are() -> None:
    model = ScriptedModel({"think": ['{"broken', AIMessage("whole"), TimeoutError("late"), ConnectionError]})
    assert [ask(model).text for _ in range(2)] == ['{"broken', "whole"]
    with pytest.raises(TimeoutError, match="late"):
        ask(model)
    with pytest.raises(ConnectionError):
        ask(model)


@pytest.mark.parametrize("wrong", [{"thought": "only"}, 3, None])
def test_an_entry_nobody_can_read_is_named(wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="entry"):
        ask(ScriptedModel({"think": [wrong]}))


def test_reflect_and_finish_need_no_script() -> None:
    model = ScriptedModel()
    judged = ModelCaller(model).ask([HumanMessage("x")], DriftJudgement, node="reflect", info={}, run=NoRun())
    assert drive(judged)[0] == DriftJudgement(drift=False)
    plan = [{"task_id": "a", "status": "completed", "result": "3"}, {"task_id": "b", "status": "pending"}]
    assert ask(model, "finish", plan=plan).text == "a: 3\nb: pending"


def test_a_script_by_task_stays_in_order_under_parallel_subtasks() -> None:
    tasks = {name: [{"answer": f"{name}{index}"} for index in range(20)] for name in "abcd"}
    model = ScriptedModel({"think": tasks})
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda name: [ask(model, task_id=name).text for _ in range(20)], tasks))
    assert said == [[f"{name}{index}" for index in range(20)] for name in tasks]
    with pytest.raises(ScriptExhausted, match="ran out after 20 replies for node 'think', task 'a'"):
        ask(model, task_id="a")
    with pytest.raises(ScriptExhausted, match="task 'z'"):
        ask(model, task_id="z")


def test_parallel_calls_never_share_an_entry() -> None:
    model = ScriptedModel({"think": [{"answer": str(index)} for index in range(200)]})
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: ask(model).text, range(200)))
    assert sorted(said, key=int) == [str(index) for index in range(200)]


ENTRY = {"thought": "add  them", "calls": [{"tool": "add", "args": {"a": [1]}}, {"tool": "look"}]}


def test_streaming_and_async_give_the_same_reply() -> None:
    usage = {"input_tokens": 5, "output_tokens": 6}
    model = ScriptedModel({"think": lambda request: ENTRY | {"usage": usage}}).bind_tools([ADD, LOOK])
    whole = ask(model)

    async def both() -> tuple[Any, list[Any]]:
        prompt = [HumanMessage("go")]
        streamed = [part async for part in model.astream(prompt, config("think"))]
        return await model.ainvoke(prompt, config("think")), streamed

    later, streamed = asyncio.run(both())
    for other in (later, *streamed):
        assert (other.text, other.tool_calls, other.usage_metadata) == (
            whole.text,
            whole.tool_calls,
            whole.usage_metadata,
        )


async def test_a_graph_that_streams_messages_gets_each_reply_once_with_its_usage() -> None:
    script = {"think": lambda request: {"answer": f"for {request.task_id}", "usage": {"input_tokens": 5}}}
    caller = ModelCaller(ScriptedModel(script))

    async def node(state: State) -> State:
        asked = caller.call([HumanMessage("go")], node="think", task_id="a", info={}, run=NoRun())
        reply = await adrive(asked)
        return {"said": f"{reply.text}, {reply.usage.tokens} tokens"}

    builder = StateGraph(State)
    builder.add_node("work", node)
    builder.add_edge(START, "work")
    parts = [part async for part in builder.compile().astream({}, stream_mode=["messages", "values"])]
    assert [part[0].text for mode, part in parts if mode == "messages"] == ["for a"]
    assert parts[-1] == ("values", {"said": "for a, 5 tokens"})
