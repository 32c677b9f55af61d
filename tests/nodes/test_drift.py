"""The judgement of drift: asked at its cadence, paid for, seen in the report when it fails, and never in the way."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from scripted_agent import Agent, World, act, asked, plan, subtask

from surefoot.graph import ScriptedModel, build_graph
from surefoot.nodes.drift import DriftJudgement, Judged, judged
from surefoot.nodes.drive import Core
from surefoot.nodes.reflect import SelfReflection
from surefoot.nodes.run import BudgetExceeded
from surefoot.nodes.state import Action, ReactStep, StepResult, SubTask, Usage

TASK = SubTask(task_id="t", description="Total the revenue in the reports of the sales folder")


def did(tool: str, args: dict[str, Any], output: Any, turn: int) -> ReactStep:
    return ReactStep(
        action=Action(tool=tool, args=args), observation=StepResult(success=True, output=output), turn=turn
    )


def reading(count: int, *, beside: int = 1) -> list[ReactStep]:
    """Work on the subtask, so many calls in one thought."""
    return [did("read_file", {"path": f"sales/{n}.csv"}, f"revenue {n}", n // beside + 1) for n in range(count)]


def shopping(count: int) -> list[ReactStep]:
    return [did("web_search", {"q": f"pizza {n} {'xyz'[n % 3] * n}abc"}, f"hot {n}", n + 9) for n in range(count)]


class Asked:
    """A judge that gives one answer and counts how often it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.times = answer, 0

    def ask(self, messages: Any, schema: Any, **_: Any) -> Core[tuple[Any, Usage]]:
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, Usage(tokens=5)
        yield


@pytest.mark.parametrize(("beside", "times"), [(1, 3), (3, 3), (5, 3), (8, 3), (24, 1)])
def test_it_is_asked_whenever_the_next_eight_actions_are_done_however_many_a_thought_has(
    beside: int, times: int
) -> None:
    asked, log = Asked(DriftJudgement(drift=False)), reading(24, beside=beside)
    for turn in range(1, log[-1].turn + 1):
        SelfReflection(caller=asked).reflect(TASK, [step for step in log if step.turn <= turn])
    assert asked.times == times


def test_a_turn_of_talk_asks_no_second_time() -> None:
    asked, log = Asked(DriftJudgement(drift=False)), reading(8)
    SelfReflection(caller=asked).reflect(TASK, log)
    SelfReflection(caller=asked).reflect(TASK, [*log, ReactStep(thought="hm", turn=9)])
    assert asked.times == 1


def test_while_the_words_say_drift_it_is_asked_anew_only_after_as_many_actions_again() -> None:
    asked, log = Asked(DriftJudgement(drift=False)), [*reading(2), *shopping(18)]
    seen = [SelfReflection(caller=asked, drift_every=1000).reflect(TASK, log[: n + 1]) for n in range(len(log))]
    assert asked.times == 3
    assert {verdict.diagnosis for verdict in seen} == {"progressing"}


@pytest.mark.parametrize("trouble", [BudgetExceeded("no tokens left"), {"drift": "who knows"}, None])
def test_a_judgement_that_could_not_be_had_changes_nothing_else(trouble: Any) -> None:
    log = [*reading(2), *shopping(6)]
    silent, unjudged = SelfReflection().reflect(TASK, log), SelfReflection(caller=Asked(trouble)).reflect(TASK, log)
    assert (
        (unjudged.diagnosis, unjudged.evidence)
        == (silent.diagnosis, silent.evidence)
        == ("goal_drift", list(range(2, 8)))
    )
    assert unjudged.recommendation == "continue"


def test_judgements_are_summed_up() -> None:
    log = [{"type": "judgement", "drift": d, "why": str(d), "tokens": 7} for d in (True, None, False)] + [
        {"type": "plan"}
    ]
    assert judged(log) == Judged(asked=3, drift=1, unjudged=1, why="None", tokens=21)


# -- in whole runs

WORDS = [
    "pizza oven",
    "brick",
    "steel dome",
    "gas pipe",
    "soap",
    "Aleppo",
    "fishing",
    "carbon",
    "pilots",
    "desk",
    "oak",
]


def wandering(reflect: Any, *, beside: int = 1, **settings: Any) -> tuple[dict[str, Any], list[Any], World]:
    """A run whose worker looks at its subject once and then elsewhere: final state, every prompt, the world."""
    world, prompts = World(), list[Any]()

    def think(request: Any) -> dict[str, Any]:
        prompts.append(request.messages)
        done = sum(isinstance(message, ToolMessage) for message in request.messages)
        if done == 0:
            return act("look", at="the revenue of the north")
        if done > 8:
            return {"answer": "I have had enough."}
        return {"calls": [{"tool": "look", "args": {"at": WORDS[done + n]}} for n in range(beside)]}

    script = {"plan": [plan(subtask("a", does="Total the revenue of the north."))], "think": think, "reflect": reflect}
    script["replan"] = [{"subtasks": [], "confidence": 0.9, "gives_up": "no way"}]
    agent = Agent(script, world.tools(), judge_drift=True, **settings)
    return agent.run("Report the revenue."), prompts, world


FAR = [a + b for a in ("oven", "desk", "soap", "fish", "wool") for b in ("ton", "ric", "mar", "lup")]


def drifting(on_topic: bool, **script: Any) -> dict[str, Any]:
    """A script whose first worker never comes back to its subject, and whose second does at once."""

    def think(request: Any) -> dict[str, Any]:
        done = sum(isinstance(message, ToolMessage) for message in request.messages)
        if request.task_id != "a":
            return {"answer": "The revenue is 7."}
        place = f"{FAR[done % 20]} and {FAR[done * 7 % 20]}"
        return act("look", at=f"revenue of {place}" if on_topic or not done else place)

    new = plan(subtask("b", does="Add the revenue up in another way."))
    first = plan(subtask("a", does="Total the revenue of the north."))
    return {"plan": [first], "think": think, "replan": [new], **script}


def test_drift_that_only_a_model_sees_leads_by_a_word_to_another_plan() -> None:
    """The words are those of the subtask all the time, so that code sees nothing."""
    told = {"drift": True, "explanation": "Nobody asked for ovens.", "usage": {"input_tokens": 90, "output_tokens": 10}}
    script = drifting(True, reflect=lambda request: told)
    state = Agent(script, World().tools(), judge_drift=True, stuck={"drift_every": 4}).run("Report the revenue.")
    assert (state["status"], state["answer"], state["replans"]) == ("done", "The revenue is 7.", 1)
    assert [(use["rung"], use["uses"], use["helped"]) for use in state["report"]["ladder"]] == [
        ("nudge", 1, 0),
        ("replan", 1, 1),
    ]
    assert "Nobody asked for ovens" in state["failures"][0]["reason"]
    assert (state["usage"]["steps"], state["report"]["drift"]["tokens"]) == (8, 200)


def test_words_alone_are_told_once_a_window_and_end_before_a_person() -> None:
    world = World()
    agent = Agent(drifting(False), world.tools())
    agent.run("Report the revenue.")
    [question] = agent.questions().values()
    assert asked(question) == ("approve_replan", "escalation")
    assert len(world.did) == 1 + 18
    seen = [event for event in agent.graph.journal.events("t1#1") if event["type"] == "verdict"]
    assert [(event["rung"], len(event["evidence"])) for event in seen] == [("nudge", 6), ("nudge", 12), (None, 18)]
    assert agent.answer_all(True)["status"] == "done"


def test_a_worker_who_says_what_it_is_for_is_left_alone() -> None:
    def think(request: Any) -> dict[str, Any]:
        done = sum(isinstance(message, ToolMessage) for message in request.messages)
        told = "Stop and think" in request.messages[-1].text
        return {**script["think"](request), "thought": "It is for the revenue." if told else ""} if done < 24 else end

    script, end = drifting(False), {"answer": "The revenue is 7."}
    state = Agent({**script, "think": think}, World().tools(), react_max_steps=40).run("Report the revenue.")
    assert (state["status"], state["replans"]) == ("done", 0)


def test_a_stronger_model_that_takes_over_is_given_a_window_of_its_own() -> None:
    world, script = World(), drifting(False)
    strong = ScriptedModel({"think": script["think"]})
    graph = build_graph(ScriptedModel(script), world.tools(), strong_model=strong)
    graph.invoke({"goal": "Report the revenue."}, {"configurable": {"thread_id": "t"}})
    assert len(world.did) == 1 + 18 + 6


@pytest.mark.parametrize("nonsense", [RuntimeError("the endpoint is gone"), "maybe, who knows", {"drift": "perhaps"}])
def test_a_judge_that_fails_is_in_the_report_and_in_the_summary(nonsense: Any) -> None:
    state, _, _ = wandering(lambda request: nonsense)
    drift = state["report"]["drift"]
    assert drift["unjudged"] == drift["asked"] > 0
    assert "could not be judged" in drift["why"]
    assert f"Drift was not judged {drift['asked']} of {drift['asked']} times" in state["report"]["summary"]
    assert [use["rung"] for use in state["report"]["ladder"]] == ["nudge"], "the words have their say all the same"


def test_a_judgement_is_paid_for_from_the_budget() -> None:
    asked = [0]

    def reflect(request: Any) -> dict[str, Any]:
        asked[0] += 1
        return {"drift": False, "explanation": "fine", "usage": {"input_tokens": 10_000, "output_tokens": 1}}

    state, _, _ = wandering(reflect)
    assert asked[0] > 0
    assert state["report"]["drift"]["tokens"] == asked[0] * 10_001
    assert state["usage"]["tokens"] > asked[0] * 10_001
    asked[0] = 0
    stopped, _, _ = wandering(reflect, max_tokens=18_000)
    assert stopped["status"] == "stopped"
    assert asked[0] == 1 < state["report"]["drift"]["asked"], "the first used the budget up"


@pytest.mark.parametrize("beside", [1, 2])
def test_its_nudge_never_stands_between_a_call_and_its_result(beside: int) -> None:
    _, prompts, _ = wandering(lambda request: {"drift": False}, beside=beside, stuck={"drift_every": 3})
    _, told, _ = wandering(
        lambda request: {"drift": True, "explanation": "Ovens."}, beside=beside, stuck={"drift_every": 3}
    )
    assert any("Ovens." in message.text for messages in told for message in messages)
    for messages in [*prompts, *told]:
        for place, message in enumerate(messages):
            if isinstance(message, AIMessage) and message.tool_calls:
                answers = messages[place + 1 : place + 1 + len(message.tool_calls)]
                assert [a.tool_call_id for a in answers] == [call["id"] for call in message.tool_calls]


def test_its_nudge_does_not_reset_what_was_seen_before() -> None:
    """The same call again and again: told of drift in between, the worker is stopped at the same call as without."""

    def steps(**settings: Any) -> int:
        def think(request: Any) -> dict[str, Any]:
            return act("look", at="the same place")

        script = {
            "plan": [plan(subtask("a"))],
            "think": think,
            "reflect": lambda request: {"drift": True, "explanation": "Elsewhere."},
            "replan": [{"subtasks": [], "confidence": 0.9, "gives_up": "no way"}],
        }
        return Agent(script, World().tools(), **settings).run()["usage"]["steps"]

    assert steps(judge_drift=True, stuck={"drift_every": 2}) == steps() == 4
