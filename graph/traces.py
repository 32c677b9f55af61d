"""Turns the events of a run into OpenTelemetry spans; needs the extra `otel`.

Each leg of a run (up to its end or to a question) is a trace: the run, in it the attempts at its subtasks, in these the
model calls and the actions. Legs of one run share `gen_ai.conversation.id`. Spans carry names, counts and times; what the
model, the tools and the person said stays in the log.
"""

import importlib
import time
from collections.abc import Mapping
from typing import Any, cast

from surefoot.nodes.events import Event
from surefoot.tools.errors import SettingsError

__all__ = ["Traces", "make_tracer"]

_SECOND = 1_000_000_000
_SYSTEM = "surefoot"


def make_tracer() -> Any:
    """The tracer of the program's own provider; without one, of a provider that sends over OTLP.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        trace = importlib.import_module("opentelemetry.trace")
        if not isinstance(provider := trace.get_tracer_provider(), trace.ProxyTracerProvider):
            return provider.get_tracer(_SYSTEM)
        sdk, resources, sending, otlp = (
            importlib.import_module(f"opentelemetry.{name}")
            for name in (
                "sdk.trace",
                "sdk.resources",
                "sdk.trace.export",
                "exporter.otlp.proto.http.trace_exporter",
            )
        )
    except ImportError as error:
        raise SettingsError('Traces need an extra: pip install "surefoot[otel]", or unset SUREFOOT_TRACES.') from error
    provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": _SYSTEM}))
    provider.add_span_processor(sending.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.get_tracer(_SYSTEM)


class Traces:
    """The spans of one leg of a run. Calls come one at a time, in the order of the events."""

    def __init__(self, tracer: Any, thread_id: str, run_id: str, model: str) -> None:
        self._tracer = tracer
        self._trace = importlib.import_module("opentelemetry.trace")
        self._model = model
        self._common = {"gen_ai.conversation.id": thread_id, "gen_ai.agent.name": _SYSTEM, "surefoot.run.id": run_id}
        self._root: Any = None
        self._tasks: dict[str, Any] = {}
        self._actions: dict[str, int] = {}

    def tell(self, event: Event) -> None:
        """Take in an event as it is written."""
        now = time.time_ns()
        if self._root is None:
            operation = {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": self._model}
            self._root = self._begin(f"invoke_agent {_SYSTEM}", None, now, operation)
        if event["type"] == "subtask":
            self._subtask(event, now)
        elif event["type"] == "thought":
            self._model_call(event, now)
        elif event["type"] == "action":
            self._actions |= {action["action_id"]: now for action in event["actions"]}
        elif event["type"] == "observation":
            self._tool_call(event, now)
        elif event["type"] in ("plan", "revision", "no_revision", "verdict", "question", "decision", "budget"):
            said = cast(Mapping[str, Any], event)
            told = {name: said[name] for name in ("status", "diagnosis", "answer", "reason") if said.get(name)}
            span = self._tasks.get(str(said.get("task_id"))) or self._root
            span.add_event(f"surefoot.{event['type']}", told, now)
        elif event["type"] == "finished":
            self._root.set_attribute("surefoot.run.status", event["status"])

    def end(self, error: BaseException | None = None) -> None:
        """End all that is open: the run has ended, asks, or was cut off by an error."""
        now = time.time_ns()
        for span in [*self._tasks.values(), *([self._root] if self._root else [])]:
            if error is not None:
                self._fail(span, type(error).__name__)
            span.end(now)
        self._root, self._tasks = None, {}

    def _subtask(self, event: Mapping[str, Any], now: int) -> None:
        name = event["task_id"]
        if event["status"] == "in_progress":
            about = {"gen_ai.operation.name": "invoke_workflow", "surefoot.subtask.attempt": event["attempt"]}
            self._tasks[name] = self._begin(f"subtask {name}", self._root, now, {"surefoot.subtask.id": name, **about})
        elif span := self._tasks.pop(name, None):
            span.set_attribute("surefoot.subtask.status", event["status"])
            if event["status"] != "completed":
                self._fail(span, event["status"])
            span.end(now)

    def _model_call(self, event: Mapping[str, Any], now: int) -> None:
        about = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": self._model,
            "surefoot.usage.tokens": event["tokens"],
            "surefoot.turn": event["turn"],
        }
        began = now - int(event["seconds"] * _SECOND)
        self._begin(f"chat {self._model}", self._parent(event), began, about).end(now)

    def _tool_call(self, event: Mapping[str, Any], now: int) -> None:
        action, result = event["action"], event["result"]
        began = self._actions.pop(action.get("action_id", ""), now)
        about = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": action["tool"],
            "gen_ai.tool.call.id": action.get("call_id", ""),
            "surefoot.action.id": action.get("action_id", ""),
            "surefoot.action.effect": result.get("effect", "undeclared"),
        }
        span = self._begin(f"execute_tool {action['tool']}", self._parent(event), began, about)
        if error := result.get("error"):
            self._fail(span, error["kind"])
        span.end(now)

    def _parent(self, event: Mapping[str, Any]) -> Any:
        """The subtask's span; a leg that goes on in the middle of an attempt has none yet."""
        name = event["task_id"]
        if name not in self._tasks:
            about = {"gen_ai.operation.name": "invoke_workflow", "surefoot.subtask.id": name}
            self._tasks[name] = self._begin(f"subtask {name}", self._root, time.time_ns(), about)
        return self._tasks[name]

    def _begin(self, name: str, parent: Any, at: int, attributes: Mapping[str, Any]) -> Any:
        context = self._trace.set_span_in_context(parent if parent is not None else self._trace.INVALID_SPAN)
        return self._tracer.start_span(name, context, start_time=at, attributes={**self._common, **attributes})

    def _fail(self, span: Any, kind: str) -> None:
        span.set_attribute("error.type", kind)
        span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))
