"""A long subtask: what it sends grows with its length, and what it was told at its beginning can still be had."""

import re
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from scripted_agent import act

from benchmarks.speed.reader import FACT, recalled, told
from surefoot.graph import ScriptedModel
from surefoot.nodes import ReactLoop, ReactResult, StepExecutor, SubTask
from surefoot.tools import tool_effect

SUBTASK = SubTask(task_id="a", description="Look at every place, and report what opens the gate.")


@tool_effect("read_only")
def look(at: str) -> str:
    """Look at a place."""
    return told(at)


class Reader:
    """Looks at one place after the other and then reports, from nothing but what is before it."""

    def __init__(self, steps: int, **options: Any) -> None:
        self.sizes: list[int] = []
        self.kept: list[bool] = []
        self.steps = steps
        self._before: list[str] = []
        model = ScriptedModel({"think": self.think})
        options = {"max_steps": steps + 20, **options}
        self.result: ReactResult = ReactLoop(model, StepExecutor([look]), **options).run(SUBTASK)

    def think(self, request: Any) -> dict[str, Any]:
        prompt = [str(message.text) for message in request.messages]
        whole = [message.model_dump_json() for message in request.messages]
        self.sizes.append(sum(map(len, whole)))
        self.kept.append(whole[: len(self._before)] == self._before)
        self._before = whole
        turn = len(self.sizes)
        if turn <= self.steps:
            return act("look", at=f"place {turn}")
        wanted = recalled(prompt, _asked(request.messages))
        if isinstance(wanted, dict):
            return act("read_output", **wanted)
        return {"answer": f"The gate opens with {wanted}."}


def _asked(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    return [call["args"] for call in calls if call["name"] == "read_output"]


@pytest.fixture(scope="module")
def long() -> Reader:
    return Reader(400)


def test_a_fact_of_the_third_step_is_used_at_the_four_hundredth(long: Reader) -> None:
    fact = FACT.search(look("place 3"))
    assert fact and long.result.answer == f"The gate opens with {fact[1]}."
    reread = [s.action.args for s in long.result.log if s.action and s.action.tool == "read_output"]
    assert [re.sub(r"\d+", "N", args["name"]) for args in reread] == ["N-N", "N.N"]  # the list, then the step itself


@pytest.mark.parametrize("steps", [5, 32])
def test_what_short_work_was_told_is_still_before_it(steps: int) -> None:
    reader = Reader(steps)
    assert reader.result.answer.startswith("The gate opens with ")
    assert not [s for s in reader.result.log if s.action and s.action.tool == "read_output"]
    assert all(reader.kept)


def test_what_is_sent_grows_with_the_work_and_not_with_its_square(long: Reader) -> None:
    hundreds = [sum(long.sizes[at : at + 96]) for at in (96, 192, 288)]
    assert max(hundreds) < 1.05 * min(hundreds)
    everything = Reader(400, context_turns=None, context_tokens=1_000_000)
    assert sum(long.sizes) < 0.2 * sum(everything.sizes)


def test_most_requests_go_on_from_the_one_before(long: Reader) -> None:
    changes = [turn for turn, kept in enumerate(long.kept[:400], start=1) if not kept]
    assert changes[0] == 34  # 32 turns are whole, and the one that is just thought about comes to them
    assert {after - before for before, after in pairwise(changes)} == {16}


def test_a_few_large_results_are_all_there_until_they_have_been_worked_with() -> None:
    pages: dict[int, str] = {}

    @tool_effect("read_only")
    def read(page: int) -> str:
        """Read a page."""
        return pages.setdefault(page, f"page {page}: " + "words " * 1900)

    seen_at_the_end: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        turn = sum(isinstance(message, AIMessage) for message in request.messages)
        if turn < 15:
            return act("read", page=turn)
        seen_at_the_end.extend(str(message.text) for message in request.messages)
        return {"answer": "Read."}

    result = ReactLoop(ScriptedModel({"think": think}), StepExecutor([read])).run(SUBTASK)
    assert result.ended == "answer" and sum(map(len, pages.values())) > 150_000
    assert [page for page in pages.values() if page not in seen_at_the_end] == []
