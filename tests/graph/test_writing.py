"""Reading along while the model writes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from scripted_agent import plan, subtask

from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.graph.door import Door
from surefoot.graph.store import SqliteStore
from surefoot.tools.redact import Redactor

SECRET = "correct-horse-battery-9"


class Writing(ScriptedModel):
    """Writes its reports a few characters at a time where somebody reads along."""

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Iterator[Any]:
        planning = not kwargs.get("tools")
        text = plan_text() if planning else f"The sea is blue, and {SECRET} is none of your business."
        for start in range(0, len(text), 5):
            yield ChatGenerationChunk(message=AIMessageChunk(text[start : start + 5]))


def plan_text() -> str:
    return json.dumps(plan(subtask("a")))


def test_what_a_worker_writes_is_told_as_it_grows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", SECRET)
    heard: list[tuple[str, str]] = []
    with SqliteStore(path) as store:
        door = Door(build_graph(Writing({}), [], Settings(), store=store), store)
        standing = door.start("g", "t", hear=lambda task, text: heard.append((task, text)))
    assert standing.status == "done"
    assert {task for task, _ in heard} == {"a"}
    texts = [text for _, text in heard]
    assert (
        len(texts) > 5 and texts[0] == "The s" and texts[-1].endswith("[secret MY_API_KEY] is none of your business.")
    )
    assert not any("correct" in text for text in texts)


def test_nobody_reading_along_leaves_the_model_as_it_is(path: Path) -> None:
    class Deaf(Writing):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            raise AssertionError("it was asked to stream")

    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "done"}]}
    with SqliteStore(path) as store:
        door = Door(build_graph(Deaf(script), [], Settings(), store=store), store)
        assert door.start("g", "t", watch=lambda _: None).status == "done"


@pytest.mark.parametrize("end", range(1, len(SECRET)))
def test_not_even_the_first_half_of_a_secret_is_told(end: int) -> None:
    redactor = Redactor({"KEY": SECRET})
    assert redactor.settled(f"it is {SECRET[:end]}") == "it is "
    assert redactor.settled(f"it is {SECRET}") == "it is [secret KEY]"
    assert Redactor().settled("it is c") == "it is c"
