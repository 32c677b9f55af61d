"""The one door to the model, over real HTTP against a server that misbehaves."""

import json
import socket
from functools import cache
from typing import Any, ClassVar

import pytest
from fake_endpoint import FakeEndpoint, method_of
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from surefoot.graph.models.endpoint import openai_model
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.nodes.drive import adrive, drive
from surefoot.nodes.reservations import Cost, Grant, Reservation
from surefoot.nodes.run import BudgetExceeded, NoRun
from surefoot.nodes.state import Usage
from surefoot.nodes.structured import METHODS, ModelCaller
from surefoot.tools.errors import ModelError
from surefoot.tools.redact import Redactor


class Step(BaseModel):
    task_id: str
    cost: int


class Plan(BaseModel):
    """A plan."""

    subtasks: list[Step]
    confidence: float = 0.5


class Verdict(BaseModel):
    """Everything has a default, so an empty object would fit."""

    drift: bool = False
    why: str = ""


PLAN = {"subtasks": [{"task_id": "a", "cost": 2}], "confidence": 0.9}
GOOD = json.dumps(PLAN)
WRONG = '{"subtasks": "many", "confidence": "high"}'
PROMPT: list[BaseMessage] = [SystemMessage("You plan."), HumanMessage("Plan it.")]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "write_file",
            "description": "Write a file.",
            "parameters": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
                "required": ["path", "content"],
            },
        },
    },
    {"type": "function", "function": {"name": "list_files", "description": "List.", "parameters": {"type": "object"}}},
]
WRITE = {"path": "a.txt", "content": "x"}


class Ledger(NoRun):
    """Counts what is reserved and settled, and refuses above a limit."""

    def __init__(self, limit: int = 10**9) -> None:
        self.limit, self.reserved, self.settled = limit, list[int](), list[tuple[Reservation, str, str, Usage]]()
        self.wrap_up: list[bool] = []

    def reserve(self, cost: Cost, *, node: str, task_id: str, wrap_up: bool = False) -> Grant:
        self.wrap_up.append(wrap_up)
        if sum(usage.tokens for *_, usage in self.settled) + cost.tokens > self.limit:
            return None
        self.reserved.append(cost.tokens)
        return Reservation(cost)

    def settle(self, reserved: Reservation, *, node: str, task_id: str, usage: Usage) -> None:
        self.settled.append((reserved, node, task_id, usage))


@cache
def narrow(*methods: str) -> type[ChatOpenAI]:
    """A client that asks for objects in these ways alone."""

    class Narrow(ChatOpenAI):
        structured_methods: ClassVar[tuple[str, ...]] = methods

    return Narrow


def model_of(endpoint: FakeEndpoint, *methods: str, **kwargs: Any) -> ChatOpenAI:
    return open_model(endpoint.url, methods, **{"max_retries": 0, **kwargs})


@cache
def open_model(url: str, methods: tuple[str, ...], **kwargs: Any) -> ChatOpenAI:
    if not methods:
        return openai_model("weak", base_url=url, **kwargs)
    return narrow(*methods)(model="weak", base_url=url, api_key="k", **kwargs)


def ask(caller: ModelCaller, schema: type[BaseModel] = Plan, run: Any = None) -> tuple[Any, Usage]:
    return drive(caller.ask(PROMPT, schema, node="plan", info={"goal": "g"}, run=run or NoRun()))


def call(caller: ModelCaller, messages: list[BaseMessage] | None = None, run: Any = None, **kwargs: Any) -> Any:
    options: dict[str, Any] = {"tools": TOOLS, "info": {"turn": 1}, "task_id": "t1", **kwargs}
    return drive(caller.call(messages or PROMPT, node="think", run=run or NoRun(), **options))


def as_call(arguments: Any, name: str = "Plan") -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments}]}


# what the server does -> (the answer, whether it holds the object all the same)
BEHAVIOURS: dict[str, tuple[Any, bool]] = {
    "answers well": (GOOD, True),
    "prose and a fence": (f"Sure, here you are:\n```json\n{GOOD}\n```\nAnything else?", True),
    "prose around": (f"The plan {{short}} is {GOOD} as you wished.", True),
    "thinks first": (f'<think>maybe {{"subtasks": []}}?</think>\n{GOOD}', True),
    "opens no think tag": (f'maybe {{"subtasks": []}}\n</think>\n{GOOD}', True),
    "a draft, then the plan": (f'First {{"subtasks": []}}, no: {GOOD}', True),
    "trailing commas": ('{"subtasks": [{"task_id": "a", "cost": 2,},], "confidence": 0.9,}', True),
    "python for JSON": ("{'subtasks': [{'task_id': 'a', 'cost': 2}], 'confidence': 0.9}", True),
    "a wrapper": (json.dumps({"plan": PLAN}), True),
    "wrong tool name": (as_call(PLAN, "make_plan"), True),
    "broken arguments": (as_call(GOOD[:-1] + ",}"), True),
    "good arguments": (as_call(PLAN), True),
    "cut off": ({"text": GOOD[:30], "finish": "length"}, False),
    "cut off at a brace": ({"text": '{"subtasks": [{"task_id": "a", "cost": 2}', "finish": "length"}, False),
    "cut off in a call": ({**as_call(GOOD[:30]), "finish": "length"}, False),
    "wrong types": (WRONG, False),
    "wrong types in a call": (as_call(WRONG), False),
    "prose alone": ("I would rather talk about it.", False),
    "the schema again": (json.dumps(Plan.model_json_schema()), False),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_method_survives_every_weakness(fake_endpoint: FakeEndpoint, behaviour: str, method: str) -> None:
    answer, usable = BEHAVIOURS[behaviour]
    fake_endpoint.says(answer, GOOD)
    ledger = Ledger()
    value, usage = ask(ModelCaller(model_of(fake_endpoint, method)), run=ledger)
    assert value.model_dump()["subtasks"] == PLAN["subtasks"]
    tries = 1 if usable else 2
    assert fake_endpoint.methods == [method] * tries
    assert usage == Usage(tokens=120 * tries)
    assert len(ledger.reserved) == len(ledger.settled) == tries


@pytest.mark.parametrize("status", [400, 404, 422, 500, 501])
def test_a_server_that_refuses_response_format_gets_the_next_method(fake_endpoint: FakeEndpoint, status: int) -> None:
    refusal = (status, "response_format is not supported here")
    fake_endpoint.behaves(lambda body: refusal if "response_format" in body else GOOD)
    caller = ModelCaller(model_of(fake_endpoint))
    value, usage = ask(caller)
    assert value.confidence == 0.9 and usage.estimated and usage.tokens > 120
    assert fake_endpoint.methods == ["json_schema", "function_calling"]
    ask(caller)
    assert fake_endpoint.methods[2:] == ["function_calling"]


def test_a_server_that_refuses_everything_but_text_is_asked_in_text(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.behaves(lambda body: GOOD if method_of(body) == "text" else (400, "unknown field"))
    caller = ModelCaller(model_of(fake_endpoint))
    ask(caller)
    assert fake_endpoint.methods == list(METHODS)
    ask(caller)
    assert fake_endpoint.methods[4:] == ["text"]


def test_what_worked_for_one_schema_is_tried_first_for_another(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.behaves(lambda body: '{"drift": true}' if method_of(body) == "json_mode" else "")
    caller = ModelCaller(model_of(fake_endpoint))
    assert ask(caller, Verdict)[0].drift
    fake_endpoint.says(GOOD)
    ask(caller)
    assert fake_endpoint.methods == ["json_schema", "function_calling", "json_mode", "json_mode"]


def test_a_method_that_needed_repair_is_not_where_the_next_question_starts(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(WRONG, GOOD)
    caller = ModelCaller(model_of(fake_endpoint))
    ask(caller)
    ask(caller)
    assert fake_endpoint.methods == ["json_schema", "json_schema", "function_calling"]


def test_a_method_the_server_refused_is_never_tried_again(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((400, "no response_format"), WRONG, GOOD)
    caller = ModelCaller(model_of(fake_endpoint))
    ask(caller)
    fake_endpoint.says("")
    with pytest.raises(ModelError):
        ask(caller)
    assert fake_endpoint.methods[3:] == ["json_mode", "text", "text", "function_calling"]


def test_the_repair_turn_shows_the_model_its_reply_and_the_error(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(WRONG, GOOD)
    ask(ModelCaller(model_of(fake_endpoint)))
    reply, complaint = fake_endpoint.requests[1]["messages"][-2:]
    assert (reply["role"], reply["content"]) == ("assistant", WRONG)
    assert "subtasks: Input should be a valid list" in complaint["content"]


def test_an_empty_reply_goes_on_to_the_next_method_at_once(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says("", GOOD)
    ask(ModelCaller(model_of(fake_endpoint)))
    assert fake_endpoint.methods == ["json_schema", "function_calling"]


def test_ignored_tools_are_read_from_the_text(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.behaves(lambda body: (400, "no json_schema") if "response_format" in body else f"Well: {GOOD}")
    assert ask(ModelCaller(model_of(fake_endpoint)))[0].subtasks[0].task_id == "a"
    assert fake_endpoint.methods == ["json_schema", "function_calling"]


def test_a_bare_list_is_taken_for_the_one_list_field(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(json.dumps(PLAN["subtasks"]))
    assert ask(ModelCaller(model_of(fake_endpoint)))[0].subtasks == [Step(task_id="a", cost=2)]


def test_an_object_about_something_else_is_not_taken_for_an_answer(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says('I looked at {"weather": "fine"}.', '{"drift": true}')
    assert ask(ModelCaller(model_of(fake_endpoint)), Verdict)[0].drift


def test_an_empty_object_means_all_defaults_only_where_it_is_the_whole_reply(fake_endpoint: FakeEndpoint) -> None:
    caller = ModelCaller(model_of(fake_endpoint, "json_mode"))
    fake_endpoint.says("{}")
    assert ask(caller, Verdict)[0] == Verdict()
    fake_endpoint.says("A map {} is empty.", '{"why": "asked again"}')
    assert ask(caller, Verdict)[0].why == "asked again"


def test_when_nothing_works_one_sentence_says_what_the_model_kept_doing(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says("I would rather not.")
    ledger = Ledger()
    with pytest.raises(ModelError, match=r"^The model weak gave no usable plan in 8 replies \(.*no fitting JSON"):
        ask(ModelCaller(model_of(fake_endpoint)), run=ledger)
    assert len(ledger.settled) == len(fake_endpoint.requests) == 8


def test_the_text_method_carries_the_schema_in_the_one_system_message(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(GOOD)
    ask(ModelCaller(model_of(fake_endpoint, "text")))
    system, human = fake_endpoint.requests[0]["messages"]
    assert system["content"].startswith("You plan.") and '"subtasks"' in system["content"]
    assert human["content"] == "Plan it."


FATAL: dict[str, tuple[Any, str]] = {
    "bad key": ((401, "Incorrect API key: sk-secret-0123456789"), r"refused the key \(401\).*OPENAI_API_KEY"),
    "unknown model": ((404, "The model does not exist"), r"no model weak at http://127.*\(404\).*OPENAI_BASE_URL"),
    "too many requests": ((429, "slow down"), r"\(429\).*wait and resume"),
    "broken server": ((503, "overloaded"), r"keeps failing \(503\).*OPENAI_BASE_URL"),
    "prompt too long": ((400, "This model's maximum context length is 10"), "SUREFOOT_CONTEXT_TOKENS"),
}


@pytest.mark.parametrize("case", FATAL)
def test_what_no_other_method_can_cure_ends_at_once_and_says_what_to_do(fake_endpoint: FakeEndpoint, case: str) -> None:
    answer, sentence = FATAL[case]
    fake_endpoint.says(answer)
    caller = ModelCaller(model_of(fake_endpoint, api_key="sk-secret-0123456789"))
    for attempt in (lambda: ask(caller), lambda: call(caller)):
        with pytest.raises(ModelError, match=sentence) as caught:
            attempt()
        assert "secret" not in str(caught.value)
        assert caught.value.__suppress_context__
    assert len(fake_endpoint.requests) == 2


def test_a_quoted_refusal_never_shows_the_key(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((400, "bad request by very-private-key at http://me:word@proxy/v1"))
    with pytest.raises(ModelError, match="bad request") as caught:
        call(ModelCaller(model_of(fake_endpoint, api_key="very-private-key")))
    assert "private" not in str(caught.value) and "word" not in str(caught.value)


def test_a_reply_that_repeats_a_known_secret_is_heard_without_it(fake_endpoint: FakeEndpoint) -> None:
    caller = ModelCaller(
        model_of(fake_endpoint, api_key="very-private-key"), redactor=Redactor({"TOKEN": "hunter2-hunter2"})
    )
    # A model has seen no other secret, so what looks like one is of its own making.
    example = "postgres://app:s3cr3t@db/x"
    written = {"path": "very-private-key", "content": f"hunter2-hunter2 {example}"}
    fake_endpoint.says(
        {"text": f"With very-private-key at {example}.", "calls": [{"name": "write_file", "arguments": written}]}
    )
    reply = call(caller)
    assert reply.text == f"With [secret OPENAI_API_KEY] at {example}."
    assert reply.calls[0]["args"] == {"path": "[secret OPENAI_API_KEY]", "content": f"[secret TOKEN] {example}"}
    fake_endpoint.says(json.dumps({"drift": True, "why": "hunter2-hunter2"}))
    assert ask(caller, Verdict)[0].why == "[secret TOKEN]"


def test_a_passing_429_is_retried_by_the_client(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((429, "slow down"), (503, "busy"), GOOD)
    assert ask(ModelCaller(model_of(fake_endpoint, max_retries=2)))[0].confidence == 0.9


def test_a_server_that_is_not_there_costs_nothing_and_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        ledger = Ledger()
        with pytest.raises(ModelError, match=f"{url} cannot be reached: start it, or correct OPENAI_BASE_URL"):
            ask(ModelCaller(openai_model("weak", base_url=url, max_retries=0)), run=ledger)
    assert [usage.tokens for *_, usage in ledger.settled] == [0]


@pytest.mark.parametrize(
    "nonsense", [b"<html>Welcome to nginx</html>", b"[]", b"{}", b"\xff\xfe", b"null", b'{"choices": []}']
)
def test_a_server_that_answers_nonsense_is_a_model_error(fake_endpoint: FakeEndpoint, nonsense: bytes) -> None:
    fake_endpoint.says(nonsense)
    caller = ModelCaller(model_of(fake_endpoint))
    with pytest.raises(ModelError, match=r"/v1 answered is no chat completion: correct OPENAI_BASE_URL"):
        ask(caller)
    with pytest.raises(ModelError, match=r"/v1 answered is no chat completion: correct OPENAI_BASE_URL"):
        call(caller)


def test_no_call_is_made_that_would_pass_the_limit(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says("nothing usable")
    ledger = Ledger(limit=1000)
    with pytest.raises(BudgetExceeded):
        ask(ModelCaller(model_of(fake_endpoint)), run=ledger)
    assert 0 < len(fake_endpoint.requests) == len(ledger.settled) < 8


def test_only_the_final_summary_may_use_what_was_kept_back(fake_endpoint: FakeEndpoint) -> None:
    caller, ledger = ModelCaller(model_of(fake_endpoint)), Ledger()
    call(caller, run=ledger)
    call(caller, run=ledger, wrap_up=True)
    assert ledger.wrap_up == [False, True]


def test_usage_that_a_server_does_not_report_is_estimated_and_marked(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.usage = None
    fake_endpoint.says("word " * 400)
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert reply.usage.estimated and 500 < reply.usage.tokens < 800


def test_money_is_counted_where_a_price_is_known(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(WRONG, GOOD)
    caller = ModelCaller(model_of(fake_endpoint), price=lambda read, written: read * 0.01 + written * 0.1)
    assert ask(caller)[1].usd == pytest.approx(6.0)


def test_every_call_names_its_node_and_task(fake_endpoint: FakeEndpoint) -> None:
    ledger = Ledger()
    seen: list[Any] = []
    model = ScriptedModel({"think": lambda request: seen.append(request) or {"answer": "x"}})
    call(ModelCaller(model), run=ledger, info={"goal": "g", "subtask": {"task_id": "t1"}})
    assert (seen[0].node, seen[0].task_id, seen[0].goal, seen[0].subtask) == ("think", "t1", "g", {"task_id": "t1"})
    assert [entry[1:3] for entry in ledger.settled] == [("think", "t1")]


async def test_the_async_twin_asks_and_calls_the_same_way(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(WRONG, GOOD, as_call(WRITE, "write_file"))
    caller = ModelCaller(model_of(fake_endpoint))
    value, usage = await adrive(caller.ask(PROMPT, Plan, node="plan", info={}, run=NoRun()))
    assert value.confidence == 0.9 and usage.tokens == 240
    reply = await adrive(caller.call(PROMPT, node="think", info={}, tools=TOOLS, run=NoRun()))
    assert reply.calls == [{"id": "c0", "name": "write_file", "args": WRITE}]


def test_native_calls_come_in_order_with_their_thought(fake_endpoint: FakeEndpoint) -> None:
    calls = [{"name": "list_files", "arguments": {}}, {"name": "write_file", "arguments": WRITE}]
    fake_endpoint.says({"text": "Look <think>hm</think>first.", "calls": calls})
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert [item["name"] for item in reply.calls] == ["list_files", "write_file"]
    assert reply.text == reply.message.text == "Look first."
    assert [item["id"] for item in reply.message.tool_calls] == ["c0", "c1"] and not reply.problem


@pytest.mark.parametrize("ids", ["", "same"])
def test_calls_without_an_id_of_their_own_get_a_steady_one(fake_endpoint: FakeEndpoint, ids: str) -> None:
    fake_endpoint.says({"calls": [{"name": "list_files", "arguments": {}, "id": ids}] * 2})
    caller = ModelCaller(model_of(fake_endpoint))
    first, again = ([item["id"] for item in call(caller).calls] for _ in range(2))
    assert first == again and len(set(first)) == 2
    assert [item["id"] for item in call(caller, info={"turn": 2}).calls] != first


IN_TEXT = {
    "bare": ('{"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}', ""),
    "openai form": ('{"name": "write_file", "arguments": "{\\"path\\": \\"a.txt\\", \\"content\\": \\"x\\"}"}', ""),
    "function": ('{"function": {"name": "write_file", "parameters": {"path": "a.txt", "content": "x"}}}', ""),
    "fence": ('I write.\n```json\n{"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}\n```', "I write."),
    "tag": (
        'I write.<tool_call>{"name": "write_file", "arguments": {"path": "a.txt", "content": "x",}}</tool_call>',
        "I write.",
    ),
    "open tag": ('<tool_call>\n{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}', ""),
    "after prose": (
        'I write {now}: {"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}',
        "I write {now}:",
    ),
    "list": ('[{"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}]', ""),
    "thought": (
        '{"thought": "I write.", "calls": [{"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}]}',
        "I write.",
    ),
}


@pytest.mark.parametrize("form", IN_TEXT)
def test_a_call_written_as_text_is_read_as_a_call(fake_endpoint: FakeEndpoint, form: str) -> None:
    written, thought = IN_TEXT[form]
    fake_endpoint.says(written)
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert [(item["name"], item["args"]) for item in reply.calls] == [("write_file", WRITE)]
    assert reply.message.tool_calls[0]["id"] == reply.calls[0]["id"]
    assert reply.text == thought


@pytest.mark.parametrize(
    "answer",
    [
        '{"name": "Ada", "parameters": {"born": 1815}}',
        'The call {"tool": "list_files", "args": {}} would list them.',
        '{"total": 12}',
        "```python\nprint({'tool': 1})\n```",
    ],
)
def test_an_answer_that_holds_json_stays_an_answer(fake_endpoint: FakeEndpoint, answer: str) -> None:
    fake_endpoint.says(answer)
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert (reply.calls, reply.text, reply.problem) == ([], answer, "")


def test_broken_arguments_are_mended_when_they_then_fit_the_tool(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says(as_call('{"path": "a.txt", "content": "x",}', "write_file"))
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert [item["args"] for item in reply.calls] == [WRITE]
    assert not reply.message.invalid_tool_calls


@pytest.mark.parametrize("arguments", ['{"path": "a.txt", "conte', '{"path": "a.txt",}', "write it please"])
def test_arguments_nobody_can_read_run_nothing_and_are_reported(fake_endpoint: FakeEndpoint, arguments: str) -> None:
    fake_endpoint.says(
        {"calls": [{"name": "list_files", "arguments": {}}, {"name": "write_file", "arguments": arguments}]}
    )
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert reply.calls == reply.message.tool_calls == []
    assert "write_file" in reply.problem and "no valid JSON" in reply.problem


@pytest.mark.parametrize("streaming", [False, True])
def test_a_call_cut_off_in_its_arguments_is_not_run(fake_endpoint: FakeEndpoint, streaming: bool) -> None:
    cut = [{"name": "list_files", "arguments": {}}, {"name": "write_file", "arguments": '{"path": "a", "content": "be'}]
    fake_endpoint.says({"calls": cut, "finish": "length"})
    reply = call(ModelCaller(model_of(fake_endpoint, streaming=streaming)))
    assert [item["name"] for item in reply.calls] == ["list_files"]
    assert "cut off" in reply.problem


def test_an_empty_reply_is_reported(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says("<think>nothing comes to mind</think>")
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert reply.calls == [] and "empty" in reply.problem


HISTORY: list[BaseMessage] = [
    *PROMPT,
    AIMessage("Look.", tool_calls=[{"name": "list_files", "args": {"n": 1}, "id": "c1"}]),
    ToolMessage("a.txt", tool_call_id="c1"),
]


def refuse_tools(body: dict[str, Any], answer: str) -> Any:
    refused = "tools" in body or any(message["role"] == "tool" for message in body["messages"])
    return (400, "tools are not supported") if refused else answer


def test_a_server_that_refuses_tools_gets_them_as_text_from_then_on(fake_endpoint: FakeEndpoint) -> None:
    answer = '{"thought": "Write.", "calls": [{"tool": "write_file", "args": {"path": "a.txt", "content": "x"}}]}'
    fake_endpoint.behaves(lambda body: refuse_tools(body, answer))
    caller, ledger = ModelCaller(model_of(fake_endpoint)), Ledger()
    reply = call(caller, HISTORY, run=ledger)
    assert [(item["name"], item["args"]) for item in reply.calls] == [("write_file", WRITE)]
    assert reply.text == "Write." and reply.message.tool_calls[0]["name"] == "write_file"
    assert len(ledger.settled) == 2
    call(caller, HISTORY)
    assert fake_endpoint.methods == ["tools", "text", "text"]
    system, human, looked, result = fake_endpoint.requests[2]["messages"]
    assert "write_file" in system["content"] and system["content"].startswith("You plan.")
    assert [message["role"] for message in (human, looked, result)] == ["user", "assistant", "user"]
    assert json.loads(looked["content"])["calls"] == [{"tool": "list_files", "args": {"n": 1}}]
    assert result["content"] == "Result of list_files:\na.txt"


@pytest.mark.parametrize(
    ("answer", "text", "problem"),
    [
        ('{"thought": "t", "calls": [], "answer": "It is 3."}', "It is 3.", ""),
        ('```json\n{"answer": {"sum": 3}}\n```', '{"sum": 3}', ""),
        ("It is 3.", "It is 3.", "no JSON object"),
    ],
)
def test_the_text_protocol_reads_answers(fake_endpoint: FakeEndpoint, answer: str, text: str, problem: str) -> None:
    fake_endpoint.behaves(lambda body: refuse_tools(body, answer))
    reply = call(ModelCaller(model_of(fake_endpoint)))
    assert (
        reply.calls == [] and reply.text == text and problem in reply.problem and bool(problem) == bool(reply.problem)
    )


def test_a_refusal_that_has_nothing_to_do_with_tools_changes_nothing(fake_endpoint: FakeEndpoint) -> None:
    fake_endpoint.says((400, "bad temperature"))
    caller = ModelCaller(model_of(fake_endpoint))
    with pytest.raises(ModelError, match="bad temperature"):
        call(caller)
    fake_endpoint.says("fine")
    call(caller)
    assert fake_endpoint.methods == ["tools", "text", "tools"]


def test_the_same_list_of_tools_is_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[int] = []
    bind = ScriptedModel.bind_tools
    monkeypatch.setattr(ScriptedModel, "bind_tools", lambda *a, **k: bound.append(1) or bind(*a, **k))
    caller = ModelCaller(ScriptedModel({"think": [{"answer": "x"}] * 3}))
    call(caller)
    call(caller)
    assert len(bound) == 1
    call(caller, tools=[dict(tool) for tool in TOOLS])
    assert len(bound) == 2


def test_a_caller_is_shared_and_a_model_gets_one() -> None:
    caller = ModelCaller(ScriptedModel())
    assert ModelCaller.of(caller) is caller
    assert ModelCaller.of(caller.model).model is caller.model
