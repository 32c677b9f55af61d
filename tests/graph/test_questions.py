"""Questions to a person: when they come, what they carry, what each answer does."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from scripted_agent import Agent, World, act, asked, plan, subtask

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


@pytest.fixture
def world() -> World:
    return World()


def firing(*names: str) -> dict[str, Any]:
    """One subtask a name, side by side, each firing once; and one that looks."""
    think: dict[str, Any] = {n: [act("fire", what=n), {"answer": f"{n} is over"}] for n in names}
    return {
        "plan": [plan(*(subtask(n) for n in names), subtask("calm"))],
        "think": {**think, "calm": [act("look", at="sea"), {"answer": "calm"}]},
    }


@BOTH
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_branches_wait_for_a_person_while_others_run_on_and_are_answered_in_any_order(
    world: World, place: Path | str, colour: str, order: tuple[int, ...]
) -> None:
    agent = Agent(firing("p", "q", "r"), world.tools(), store=place, colour=colour)
    agent.run()
    questions = agent.questions()
    assert [asked(q) for q in questions.values()] == [("fire", "irreversible")] * 3
    assert world.did == ["look sea"]
    ids = list(questions)
    for nth, n in enumerate(order):
        open_now = set(agent.questions())
        state = agent.answer({ids[n]: True})
        assert set(agent.questions()) == open_now - {ids[n]}
        assert len(world.did) == 2 + nth
    assert state["status"] == "done"
    assert sorted(world.did) == ["fire p", "fire q", "fire r", "look sea"]


def test_a_question_about_a_plan_shows_the_plan_and_what_was_spent(world: World) -> None:
    used = {"input_tokens": 900, "output_tokens": 100}
    script = {"plan": [{**plan(subtask("a"), subtask("b", "a"), confidence=0.3), "usage": used}]}
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    shown = question["action_requests"][0]["description"]
    assert asked(question) == ("approve_plan", "low_confidence")
    assert "[pending] b: Do b. (after a)" in shown
    assert "1,000 tokens" in shown


def test_a_question_carries_exactly_what_will_run(world: World) -> None:
    agent = Agent(firing("p"), world.tools())
    agent.run()
    [question] = agent.questions().values()
    [request] = question["action_requests"]
    assert (request["name"], request["args"]) == ("fire", {"what": "p"})
    assert question["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]
    assert question["digest"]


@pytest.mark.parametrize(
    "answer",
    [
        {"decisions": [{"type": "reject", "message": "not today"}]},
        {"type": "reject", "message": "not today"},
        [{"type": "ignore", "args": None}],
        False,
        "no",
    ],
)
def test_a_rejected_call_does_not_run_nor_do_those_asked_for_after_it(world: World, answer: Any) -> None:
    calls = [{"tool": "put", "args": {"what": "1"}}, {"tool": "fire", "args": {"what": "2"}}]
    calls += [{"tool": "put", "args": {"what": "3"}}]
    said: list[str] = []

    def think(request: Any) -> dict[str, Any]:
        if request.messages[-1].type != "tool":
            return {"thought": "three", "calls": calls}
        said.extend(str(m.text) for m in request.messages if m.type == "tool")
        return {"answer": "understood"}

    agent = Agent({"plan": [plan(subtask("a"))], "think": think}, world.tools())
    agent.run()
    state = agent.answer_all(answer)
    assert state["status"] == "done"
    assert world.did == ["put 1"]
    assert [text.split(":")[0] for text in said] == ["put 1", "ERROR rejected", "ERROR rejected"]


@pytest.mark.parametrize(
    "answer",
    [
        {"decisions": [{"type": "edit", "edited_action": {"name": "fire", "args": {"what": "less"}}}]},
        {"type": "modify", "action": {"tool": "fire", "args": {"what": "less"}}},
        {"type": "modify", "args": {"what": "less"}},
    ],
)
def test_an_edited_call_runs_as_edited(world: World, answer: Any) -> None:
    agent = Agent(firing("p"), world.tools())
    agent.run()
    state = agent.answer_all(answer)
    assert state["status"] == "done"
    assert "fire less" in world.did
    assert "fire p" not in world.did
    [told] = state["report"]["checkpoints"]
    assert (told["args"], told["instead"]) == ({"what": "p"}, {"what": "less"})


def test_an_edit_to_another_tool_passes_the_checkpoint_anew(world: World) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("undeclared", what="x"), {"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    assert [asked(q) for q in agent.questions().values()] == [("undeclared", "undeclared")]
    agent.answer_all({"type": "modify", "action": {"tool": "fire", "args": {"what": "x"}}})
    assert [asked(q) for q in agent.questions().values()] == [("fire", "irreversible")]
    assert all("error" not in q for q in agent.questions().values())
    assert world.did == []
    agent.answer_all("yes")
    assert world.did == ["fire x"]


@pytest.mark.parametrize(
    "nonsense",
    [
        *("perhaps", 7, {"type": "shrug"}, {"decisions": []}, {"type": "edit"}),
        {"type": "edit", "args": {"where": "there"}},
        {"type": "modify", "action": {"tool": "no_such_tool", "args": {}}},
    ],
)
def test_nonsense_asks_again_and_loses_nothing(world: World, nonsense: Any) -> None:
    agent = Agent(firing("p"), world.tools())
    agent.run()
    agent.answer_all(nonsense)
    [(number, question)] = agent.questions().items()
    assert question["error"]
    assert "fire p" not in world.did
    assert agent.answer({number: True})["status"] == "done"
    assert world.did.count("fire p") == 1


def test_abort_ends_with_a_summary(world: World) -> None:
    agent = Agent(firing("p"), world.tools())
    agent.run()
    state = agent.answer_all("abort")
    assert state["status"] == "aborted"
    assert "fire p" not in world.did
    assert [d["task_id"] for d in state["report"]["done"]] == ["calm"]
    assert [item["task_id"] for item in state["report"]["left"]] == ["p"]


@BOTH
def test_abort_ends_the_run_whatever_else_is_open(world: World, colour: str) -> None:
    agent = Agent(firing("p", "q"), world.tools(), colour=colour)
    agent.run()
    first, _ = agent.questions()
    state = agent.answer({first: "abort"})
    assert (state["status"], agent.questions(), world.did) == ("aborted", {}, ["look sea"])
    assert [item["task_id"] for item in state["report"]["left"]] == ["p", "q"]


def test_an_undeclared_tool_asks_once_when_a_person_trusts_it_for_the_run(world: World) -> None:
    steps = [act("undeclared", what=n) for n in "xyz"]
    agent = Agent({"plan": [plan(subtask("a"))], "think": [*steps, {"answer": "ok"}]}, world.tools())
    agent.run()
    state = agent.answer_all({"type": "approve", "scope": "run"})
    assert state["status"] == "done"
    assert world.did == ["undeclared x", "undeclared y", "undeclared z"]


def test_an_undeclared_tool_asks_each_time_when_it_is_not_trusted(world: World) -> None:
    steps = [act("undeclared", what=n) for n in "xy"]
    agent = Agent({"plan": [plan(subtask("a"))], "think": [*steps, {"answer": "ok"}]}, world.tools())
    agent.run()
    agent.answer_all(True)
    assert world.did == ["undeclared x"]
    assert len(agent.questions()) == 1


@pytest.mark.parametrize(
    ("tool", "args", "confidence", "asks"),
    [
        ("look", {"at": "x"}, 0.1, False),
        ("put", {"what": "x"}, 0.1, True),
        ("put", {"what": "x"}, 0.69, True),
        ("put", {"what": "x"}, 0.7, False),
        ("put", {"what": "x"}, None, False),
        ("fire", {"what": "x"}, 1.0, True),
    ],
)
def test_low_confidence_asks_only_before_what_changes_something(
    world: World, tool: str, args: dict[str, str], confidence: float | None, asks: bool
) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act(tool, confidence, **args), {"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    assert bool(agent.questions()) is asks


def test_a_plan_of_low_confidence_is_shown_before_anything_runs(world: World) -> None:
    script = {"plan": [plan(subtask("a"), confidence=0.4)], "think": [act("put", what="x"), {"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    assert asked(question) == ("approve_plan", "low_confidence")
    assert question["action_requests"][0]["args"]["plan"][0]["task_id"] == "a"
    assert world.did == []
    assert agent.answer_all("yes")["status"] == "done"


def test_a_persons_plan_is_checked_and_followed(world: World) -> None:
    script = {
        "plan": [plan(subtask("a"), confidence=0.4)],
        "think": {"x": [{"answer": "x"}], "y": [{"answer": "y"}]},
    }
    agent = Agent(script, world.tools())
    agent.run()
    agent.answer_all({"type": "modify", "plan": [subtask("x", "y"), subtask("y", "x")]})
    [question] = agent.questions().values()
    assert "cycle" in question["error"]
    state = agent.answer_all({"type": "modify", "plan": [subtask("x"), subtask("y", "x")]})
    assert (state["status"], state["answer"]) == ("done", "y")
    assert [t["task_id"] for t in state["plan"]] == ["x", "y"]


def test_a_plan_sent_back_with_a_reason_is_made_anew_with_that_reason(world: World) -> None:
    told: list[str] = []

    def replan(request: Any) -> dict[str, Any]:
        told.append("\n".join(str(m.text) for m in request.messages))
        return plan(subtask("b", does="Do it by hand."))

    script = {
        "plan": [plan(subtask("a"), confidence=0.4)],
        "replan": replan,
        "think": {"b": [{"answer": "by hand"}]},
    }
    agent = Agent(script, world.tools())
    agent.run()
    state = agent.answer_all({"type": "reject", "message": "No machines, please."})
    assert (state["status"], state["answer"]) == ("done", "by hand")
    assert "No machines, please." in told[0]


@pytest.mark.parametrize(("approvals", "fired"), [("auto", True), ("deny", False)])
def test_without_a_person_the_setting_answers(world: World, approvals: str, fired: bool) -> None:
    agent = Agent(firing("p"), world.tools(), approvals=approvals)
    state = agent.run()
    assert state["status"] == "done"
    assert ("fire p" in world.did) is fired
    [decision] = state["report"]["checkpoints"]
    assert f"approvals are set to {approvals}" in decision["message"]


def test_the_report_says_what_was_asked_and_answered(world: World) -> None:
    agent = Agent(firing("p"), world.tools())
    agent.run()
    [decision] = agent.answer_all({"type": "approve"})["report"]["checkpoints"]
    assert (decision["asked"], decision["reason"], decision["answer"]) == ("fire", "irreversible", "approve")


@pytest.mark.parametrize("bad", [subtask("x", does="  "), subtask("  ", does="Do it.")])
def test_a_persons_plan_says_what_each_subtask_is(world: World, bad: dict[str, Any]) -> None:
    script = {"plan": [plan(subtask("a"), confidence=0.4)], "think": [{"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    agent.answer_all({"type": "modify", "plan": [bad]})
    [question] = agent.questions().values()
    assert "needs a task_id and a description" in question["error"]


@pytest.mark.parametrize(("does", "told"), [("Do  the work.", 1), ("Do it.", 2)])
def test_a_subtask_that_is_the_goal_is_told_once(world: World, does: str, told: int) -> None:
    script = {"plan": [plan(subtask("a", does=does))], "think": [act("fire", what="x"), {"answer": "ok"}]}
    agent = Agent(script, world.tools())
    agent.run()
    [question] = agent.questions().values()
    shown = question["action_requests"][0]["description"]
    assert (shown.count("Goal: Do the work."), shown.count("Do ")) == (1, told)
