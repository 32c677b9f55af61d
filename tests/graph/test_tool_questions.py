"""A tool that asks a person itself (it calls LangGraph's `interrupt`): asked once, answered, and run again from its top."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import interrupt
from scripted_agent import Agent, asked, plan, subtask

from surefoot.graph import Door, ScriptedModel, Settings, build_graph, open_store
from surefoot.nodes.state import result_text
from surefoot.tools import tool_effect
from surefoot.tools.errors import ResumeError

COLOURS = ("sync", "async")


def picking(seen: list[Any]) -> list[Callable[..., Any]]:
    """A tool that asks twice, blocking and async."""

    @tool_effect("irreversible")
    def pick(what: str) -> str:
        """Pick one."""
        seen.append("top")
        colour, sure = interrupt({"which": what}), interrupt("Sure?")
        seen.append((colour, sure))
        return f"picked {colour}"

    @tool_effect("irreversible")
    async def apick(what: str) -> str:
        """Pick one, later."""
        await asyncio.sleep(0)
        return str(pick(what))

    return [pick, apick]


def reporting(*calls: dict[str, Any]) -> dict[str, Any]:
    """A script that makes these calls in one thought and reports what came of them."""

    def think(request: Any) -> dict[str, Any]:
        results = [message.text for message in request.messages if message.type == "tool"]
        return {"answer": "; ".join(results)} if results else {"thought": "I ask.", "calls": calls, "confidence": 0.9}

    return {"plan": [plan(subtask("a"))], "think": think}


@pytest.mark.parametrize("tool", [0, 1], ids=["blocking", "awaited"])
@pytest.mark.parametrize("colour", COLOURS)
def test_the_answer_reaches_the_tool_which_runs_again_from_its_top(tmp_path: Path, colour: str, tool: int) -> None:
    seen: list[Any] = []
    chosen = picking(seen)[tool]
    store = open_store(tmp_path / "runs.db")
    script = reporting({"tool": chosen.__name__, "args": {"what": "paint"}})
    agent = Agent(script, [chosen], store=store, approvals="ask", colour=colour)
    agent.run()
    assert [asked(question) for question in agent.questions().values()] == [(chosen.__name__, "irreversible")]
    assert seen == []
    agent.answer_all(True)
    assert (list(agent.questions().values()), seen) == ([{"which": "paint"}], ["top"])
    assert store.unfinished("t1#1") == [], "the journal does not call it unfinished while it asks"
    assert (row := store.run("t1")) is not None and row["status"] == "waiting"
    agent.answer_all("red")
    assert (list(agent.questions().values()), seen) == (["Sure?"], ["top", "top"])
    state = agent.answer_all("yes")
    assert (state["status"], state["answer"]) == ("done", "picked red")
    assert seen == ["top", "top", "top", ("red", "yes")]
    assert store.unfinished("t1#1") == []


@pytest.mark.parametrize("colour", COLOURS)
def test_a_run_that_waits_for_its_tool_is_taken_up_by_another_process(tmp_path: Path, colour: str) -> None:
    seen: list[Any] = []
    pick = picking(seen)[0]

    def process() -> Agent:
        script = reporting({"tool": "pick", "args": {"what": "paint"}})
        return Agent(script, [pick], store=tmp_path / "runs.db", approvals="auto", colour=colour)

    process().run()
    process().answer_all("red")
    assert process().answer_all("yes")["answer"] == "picked red"
    assert seen == ["top", "top", "top", ("red", "yes")]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("more", [[], [{"tool": "look", "args": {}}, {"tool": "read_output", "args": {"name": "x"}}]])
def test_of_tools_that_ask_in_one_thought_each_gets_its_own_answer(colour: str, more: list[Any]) -> None:
    looked: list[str] = []

    @tool_effect("read_only")
    def question(what: str) -> str:
        """Ask."""
        return f"{what} is {interrupt(what)}"

    @tool_effect("read_only")
    def look() -> str:
        """Look."""
        looked.append("once")
        return "seen"

    calls = [{"tool": "question", "args": {"what": what}} for what in ("one", "two", "three")]
    agent = Agent(reporting(*calls, *more), [question, look], colour=colour)
    state, said = agent.run(), []
    while questions := agent.questions():
        said += questions.values()
        state = agent.answer({number: f"the answer to {what}" for number, what in questions.items()})
    assert said == ["one", "two", "three"]
    for what in said:
        assert f"{what} is the answer to {what}" in state["answer"]
    assert looked == ["once"] * bool(more)
    assert state["usage"]["steps"] == 3 + len(more)


ANSWERS: list[tuple[Any, Any]] = [
    ("red", "red"),
    ({"type": "respond", "message": "red"}, "red"),
    ({"a": [1]}, {"a": [1]}),
]


@pytest.mark.parametrize(("answer", "reached"), ANSWERS)
def test_the_door_shows_the_question_and_hands_over_the_answer(tmp_path: Path, answer: Any, reached: Any) -> None:
    @tool_effect("read_only")
    def question() -> Any:
        """Ask."""
        return interrupt({"which": "paint"})

    store = open_store(tmp_path / "runs.db")
    model = ScriptedModel(reporting({"tool": "question", "args": {}}))
    door = Door(build_graph(model, [question], Settings(), store=store), store)
    standing = door.start("Paint it.", "t")
    [shown] = standing.questions
    assert (standing.status, shown.name, shown.allowed) == ("waiting", "tool_question", ("respond",))
    assert (shown.args, shown.description) == ({"asked": {"which": "paint"}}, '{"which": "paint"}')
    for decision in ("approve", "reject", "modify", "abort"):
        with pytest.raises(ResumeError, match="A tool asks this itself"):
            door.resume("t", {"type": decision})
    with pytest.raises(ResumeError):
        door.resume("t", None)
    standing = door.resume("t", answer)
    assert (standing.status, standing.state["answer"]) == ("done", result_text(reached))
