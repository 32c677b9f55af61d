"""A run as OpenTelemetry spans."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import Settings, build_graph
from surefoot.graph.store import SqliteStore
from surefoot.tools.errors import SettingsError

SCRIPT: dict[str, Any] = {
    "plan": [plan(subtask("a"), subtask("b", "a"))],
    "think": {
        "a": [act("look", at="sea"), act("broken"), {"answer": "the secret of the sea"}],
        "b": [act("fire", what="b"), {"answer": "b is done"}],
    },
}


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


def test_run_subtasks_model_calls_and_tools_are_spans_within_each_other(
    path: Path, exporter: InMemorySpanExporter
) -> None:
    with SqliteStore(path) as store:
        agent = Agent(SCRIPT, World().tools(), store=store, traces=True)
        agent.run()
        asked = exporter.get_finished_spans()
        exporter.clear()
        agent.answer_all(True)
        answered = exporter.get_finished_spans()
    for spans in (asked, answered):
        by_id = {span.context.span_id: span for span in spans}
        [root] = [span for span in spans if span.parent is None]
        assert root.name == "invoke_agent surefoot"
        assert {span.context.trace_id for span in spans} == {root.context.trace_id}
        for span in spans:
            assert span.attributes["gen_ai.conversation.id"] == "t1"
            assert span.start_time <= span.end_time
            parent = by_id[span.parent.span_id] if span.parent else None
            kind = span.attributes["gen_ai.operation.name"]
            assert (parent and parent.name.split()[0]) == {
                "invoke_agent": None, "invoke_workflow": "invoke_agent", "chat": "subtask", "execute_tool": "subtask"
            }[kind]  # fmt: skip
    assert sorted(span.name for span in asked) == [
        "chat scripted", "chat scripted", "chat scripted", "chat scripted", "execute_tool broken", "execute_tool look",
        "invoke_agent surefoot", "subtask a", "subtask b",
    ]  # fmt: skip
    assert sorted(span.name for span in answered) == [
        "chat scripted", "execute_tool fire", "invoke_agent surefoot", "subtask b"
    ]  # fmt: skip
    [broken] = [span for span in asked if span.name == "execute_tool broken"]
    assert broken.attributes["error.type"] == "exception" and not broken.status.is_ok
    [root] = [span for span in answered if span.parent is None]
    assert root.attributes["surefoot.run.status"] == "done"
    assert "surefoot.question" in {event.name for span in asked for event in span.events}
    assert "secret of the sea" not in "".join(span.to_json() for span in (*asked, *answered))


def test_a_run_that_is_cut_off_ends_its_spans_with_the_error(path: Path, exporter: InMemorySpanExporter) -> None:
    script = {**SCRIPT, "think": {"a": [KeyError("gone")]}}
    with SqliteStore(path) as store, pytest.raises(Exception, match="gone"):
        Agent(script, World().tools(), store=store, traces=True).run()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert {"invoke_agent surefoot", "subtask a"} == spans.keys()
    assert not any(span.status.is_ok for span in spans.values())


def test_without_the_setting_nothing_is_traced(path: Path, exporter: InMemorySpanExporter) -> None:
    with SqliteStore(path) as store:
        Agent(SCRIPT, World().tools(), store=store).run()
    assert exporter.get_finished_spans() == ()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.trace", None)
    with pytest.raises(SettingsError, match=r"surefoot\[otel\]"):
        build_graph("offline", [], Settings(traces=True))
