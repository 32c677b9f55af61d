"""Answers from a script: a chat model for tests, notebooks and recordings that fails loudly when it runs out.

```python
model = ScriptedModel({
    "plan":  [{"subtasks": [{"task_id": "a", "description": "add", "dependencies": []}], "confidence": 0.9}],
    "think": [{"thought": "add them", "tool": "add", "args": {"a": 1, "b": 2}, "confidence": 0.9}, {"answer": "3"}],
})
```
Per node (`plan, think, reflect, replan, finish`): a list with one entry per call, a function of the `ScriptRequest`,
or a dict of those by task_id, which stays in order however subtasks run side by side. An entry is

- `plan`, `replan` and `reflect`: a dict, sent as JSON text;
- `think`: `{"tool", "args"}`, `{"calls": [{"tool", "args"}, ...]}` or `{"answer"}`, with `thought` and `confidence`
  (0 to 1, given to the tools that have such a parameter) if wanted;
- any dict: `usage: {"input_tokens", "output_tokens"}` is what the call reports as spent;
- a str: the raw text of the reply, also malformed; an AIMessage: the reply itself; an exception: raised.

`reflect` without a script makes no judgement, `finish` writes a plain summary.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from surefoot.nodes.state import Json, digest

NODES = ("plan", "think", "reflect", "replan", "finish")

Entry = Any
"""dict | str | AIMessage | an exception or its class."""
Script = Any
"""A list of entries, a function of the request, or a dict of those by task_id."""


class ScriptExhausted(AssertionError):
    """The script has no reply for a call; a mistake of the test, which nothing on the way turns into something else."""


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """One call, as a script's function sees it."""

    node: str
    """plan, think, reflect, replan or finish."""
    task_id: str
    """The subtask the call is for; empty for calls about the whole run."""
    goal: str
    subtask: dict[str, Json]
    """The SubTask as a dict; empty outside `think` and `reflect`."""
    messages: list[BaseMessage]
    tools: list[dict[str, Json]]
    """The tools on offer, in OpenAI form."""


class ScriptedModel(BaseChatModel):
    """Answers each node's calls from its script; sync, async, safe under parallel subtasks.

    A stream is the whole reply in one piece: LangChain gives `_stream` neither tags nor metadata when it streams on
    behalf of `invoke`, so a model that streamed would not know which node asked.
    """

    structured_methods: ClassVar[tuple[str, ...]] = ("text",)

    script: dict[str, Script]
    model_name: str = "scripted"
    _used: Counter[tuple[str, str]] = PrivateAttr(default_factory=Counter)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, script: Mapping[str, Script] | None = None, **kwargs: Any) -> None:
        script = dict(script or {})
        if unknown := sorted(script.keys() - set(NODES)):
            raise ValueError(f"No node is called {', '.join(unknown)}: a script has {', '.join(NODES)}.")
        super().__init__(**{"script": script, **kwargs})

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; scripts see them as `request.tools`."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._reply(messages, run_manager, kwargs.get("tools", []))
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _reply(
        self, messages: list[BaseMessage], run_manager: CallbackManagerForLLMRun | None, tools: list[dict[str, Json]]
    ) -> AIMessage:
        metadata = (run_manager.metadata if run_manager else None) or {}
        about = metadata.get("surefoot", {})
        tags = (run_manager.tags if run_manager else None) or []
        node = next((tag for tag in reversed(tags) if tag in NODES), about.get("node", ""))
        task_id = str(metadata.get("task_id", ""))
        subtask = about.get("subtask") or {}
        request = ScriptRequest(node, task_id, str(about.get("goal", "")), subtask, messages, tools)
        entry = self._next(request, about)
        if isinstance(entry, BaseException) or (isinstance(entry, type) and issubclass(entry, BaseException)):
            raise entry
        return _message(entry, request)

    def _next(self, request: ScriptRequest, about: Mapping[str, Any]) -> Entry:
        node, task_id = request.node, request.task_id
        script, key = self.script.get(node), (node, "")
        if script is None and node in ("reflect", "finish"):
            return {"drift": False} if node == "reflect" else _summary(about)
        if isinstance(script, Mapping):
            script, key = script.get(task_id), (node, task_id)
        if callable(script):
            return script(request)
        with self._lock:
            used = self._used[key]
            if script is None or used >= len(script):
                raise ScriptExhausted(_complaint(node, task_id, used, script is None))
            self._used[key] += 1
            return script[used]


def _complaint(node: str, task_id: str, used: int, missing: bool) -> str:
    who = f"node {node!r}" + (f", task {task_id!r}" if task_id else "") if node else "a call that carries no node tag"
    have = "has no entry" if missing else f"ran out after {used} replies"
    return f"The script {have} for {who}: it was asked once more."


def _summary(about: Mapping[str, Any]) -> str:
    lines = [f"{task.get('task_id')}: {task.get('result') or task.get('status')}" for task in about.get("plan", [])]
    return "\n".join(lines) or "Nothing was done."


def _message(entry: Entry, request: ScriptRequest) -> AIMessage:
    if isinstance(entry, AIMessage | str):
        return entry if isinstance(entry, AIMessage) else AIMessage(entry)
    if not isinstance(entry, Mapping):
        raise TypeError(f"A script entry is a dict, a str, an AIMessage or an exception, not {type(entry).__name__}.")
    fields = dict(entry)
    usage = fields.pop("usage", None)
    read, written = (int(usage.get(key, 0)) for key in ("input_tokens", "output_tokens")) if usage else (0, 0)
    told = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written} if usage else None
    content, calls = _thinking(fields, request) if request.node == "think" else (json.dumps(fields), [])
    return AIMessage(content, tool_calls=calls, usage_metadata=told)


def _thinking(fields: dict[str, Any], request: ScriptRequest) -> tuple[str, list[dict[str, Any]]]:
    asked = fields.get("calls", [fields] if "tool" in fields else [])
    if not asked and "answer" not in fields:
        raise ValueError(f'A think entry has "tool", "calls" or "answer", not {sorted(fields)}.')
    schemas = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in request.tools}
    prompt = [[message.type, str(message.text)] for message in request.messages]
    calls = []
    for index, call in enumerate(asked):
        args, confidence = dict(call.get("args", {})), call.get("confidence", fields.get("confidence"))
        if confidence is not None and "confidence" in schemas.get(call["tool"], {}).get("properties", {}):
            args.setdefault("confidence", confidence)
        name = f"call_{digest([request.task_id, prompt, index])}"
        calls.append({"name": call["tool"], "args": args, "id": name, "type": "tool_call"})
    return str(fields.get("thought", "") if calls else fields["answer"]), calls
