"""What is done about trouble goes up rung by rung, and the report says what each rung brought."""

from typing import Any

import pytest
from scripted_agent import act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.nodes.ladder import RungUse, climbed
from surefoot.tools import tool_effect
from surefoot.tools.errors import SettingsError

CONFIG: Any = {"configurable": {"thread_id": "t"}}


def verdict(rung: str | None, task: str = "a") -> dict[str, Any]:
    return {"type": "verdict", "task_id": task, "rung": rung}


def thought(tokens: int, task: str = "a") -> dict[str, Any]:
    return {"type": "thought", "task_id": task, "tokens": tokens}


def ended(task: str = "a", status: str = "completed") -> dict[str, Any]:
    return {"type": "subtask", "task_id": task, "status": status}


def finished(status: str) -> dict[str, Any]:
    return {"type": "finished", "status": status}


def test_a_rung_costs_what_is_thought_from_it_on_and_helps_if_nothing_more_was_needed() -> None:
    log = [thought(10), verdict("nudge"), thought(5), thought(7, "b"), verdict("model"), thought(50), ended()]
    assert climbed([*log, finished("done")]) == [
        RungUse(rung="nudge", uses=1, tokens=5),
        RungUse(rung="model", uses=1, helped=1, tokens=50),
    ]


def test_a_replan_costs_all_that_follows_and_helps_if_the_run_is_done() -> None:
    log = [verdict(None), ended(status="stuck"), {"type": "revision"}, thought(9, "c"), ended("c"), finished("done")]
    assert climbed(log) == [RungUse(rung="replan", uses=1, helped=1, tokens=9)]


def test_a_person_who_was_asked_because_nothing_helped_is_a_rung() -> None:
    log = [{"type": "revision"}, {"type": "decision", "reason": "replans"}, thought(4), finished("failed")]
    assert climbed(log) == [
        RungUse(rung="replan", uses=1),
        RungUse(rung="human", uses=1, tokens=4),
        RungUse(rung="stop", uses=1),
    ]


def test_a_revision_that_was_sent_back_is_no_use_of_it() -> None:
    assert climbed([{"type": "revision", "refused": "it repeats"}, finished("done")]) == []


def test_a_replan_that_brought_no_plan_is_a_use_of_it_with_what_it_cost() -> None:
    log = [{"type": "revision", "refused": "it repeats", "tokens": 30}, {"type": "no_revision", "tokens": 40}]
    assert climbed([*log, finished("failed")]) == [
        RungUse(rung="replan", uses=1, tokens=70),
        RungUse(rung="stop", uses=1),
    ]


def test_where_no_new_plan_comes_the_report_and_the_log_say_so() -> None:
    give_up = {"tool": "give_up", "args": {"reason": "no"}}
    used = {"usage": {"input_tokens": 10, "output_tokens": 1}}
    cycle = {**plan(subtask("b", "b")), **used}
    script = {"plan": [plan(subtask("a"))], "think": [give_up], "replan": [cycle, cycle]}
    graph = build_graph(ScriptedModel(script), [look])
    told = [event for _, event in graph.stream({"goal": "Find it."}, CONFIG, stream_mode="custom", subgraphs=True)]
    [none] = [event for event in told if event["type"] == "no_revision"]
    assert (none["number"], none["tokens"]) == (1, 22) and "cycle: b -> b" in none["why"]
    report = graph.get_state(CONFIG).values["report"]
    assert [(use["rung"], use["uses"], use["tokens"]) for use in report["ladder"]] == [
        ("replan", 1, 22),
        ("stop", 1, 0),
    ]


def judgement(drift: bool | None, tokens: int) -> dict[str, Any]:
    return {"type": "judgement", "task_id": "a", "drift": drift, "tokens": tokens}


def test_a_rung_costs_the_judgement_and_the_plans_that_led_to_it_too() -> None:
    revision = {"type": "revision", "tokens": 300}
    log = [
        *(judgement(False, 1), judgement(True, 20), verdict("nudge"), thought(5), judgement(None, 4)),
        *(judgement(True, 30), verdict(None), ended(status="stuck")),
        *({**revision, "refused": "it repeats"}, revision, thought(9, "b"), ended("b"), finished("done")),
    ]
    assert climbed(log) == [
        RungUse(rung="nudge", uses=1, tokens=29),
        RungUse(rung="replan", uses=1, helped=1, tokens=639),
    ]


def test_without_trouble_there_is_no_rung() -> None:
    assert climbed([thought(5), ended(), {"type": "decision", "reason": "irreversible"}, finished("done")]) == []


@tool_effect("read_only")
def look(at: str) -> str:
    """Look."""
    return "nothing new"


def circling(request: Any) -> dict[str, Any]:
    return act("look", at="x")


def test_the_stronger_model_takes_over_before_the_plan_is_changed() -> None:
    weak = ScriptedModel({"plan": [plan(subtask("a"))], "think": circling})
    strong = ScriptedModel({"think": [{"answer": "it is 42", "usage": {"input_tokens": 70, "output_tokens": 7}}]})
    agent = build_graph(weak, [look], Settings(), strong_model=strong)
    state = agent.invoke({"goal": "Find it."}, CONFIG)
    assert (state["status"], state["answer"], state["replans"]) == ("done", "it is 42", 0)
    rungs = {use["rung"]: (use["uses"], use["helped"], use["tokens"]) for use in state["report"]["ladder"]}
    assert (rungs.keys(), rungs["model"]) == ({"nudge", "model"}, (1, 1, 77))
    told = (
        f"Against trouble: told 1 (of no help, {rungs['nudge'][2]:,} tokens); stronger model 1 (helped 1, 77 tokens)."
    )
    assert told in state["report"]["summary"]


def test_a_stronger_model_that_circles_too_is_nudged_no_longer_than_the_weak_one() -> None:
    def way(request: Any) -> dict[str, Any]:
        return {"answer": "another way"} if request.task_id == "b" else circling(request)

    script = {"plan": [plan(subtask("a"))], "replan": [plan(subtask("b", does="Another way."))], "think": way}
    agent = build_graph(ScriptedModel(script), [look], Settings(), strong_model=ScriptedModel({"think": circling}))
    state = agent.invoke({"goal": "Find it."}, CONFIG)
    assert (state["status"], state["replans"]) == ("done", 1)
    assert [use["rung"] for use in state["report"]["ladder"]] == ["nudge", "model", "replan"]
    assert len(state["failures"][0]["approaches"]) == 0
    assert state["report"]["ladder"][1]["helped"] == 0


def test_without_a_stronger_model_the_plan_is_changed_at_once() -> None:
    def way(request: Any) -> dict[str, Any]:
        return {"answer": "another way"} if request.task_id == "b" else circling(request)

    script = {"plan": [plan(subtask("a"))], "replan": [plan(subtask("b", does="Another way."))], "think": way}
    state = build_graph(ScriptedModel(script), [look]).invoke({"goal": "Find it."}, CONFIG)
    assert [use["rung"] for use in state["report"]["ladder"]] == ["nudge", "replan"]


def test_thresholds_are_settings() -> None:
    def seen(**settings: Any) -> int:
        script = {"plan": [plan(subtask("a"))], "think": circling, "replan": [{"subtasks": [], "gives_up": "no way"}]}
        agent = build_graph(ScriptedModel(script), [look], Settings(**settings))
        return agent.invoke({"goal": "Find it."}, CONFIG)["usage"]["steps"]

    assert seen(stuck={"same_call": 6}) == seen() + 3
    with pytest.raises(SettingsError, match="no threshold"):
        seen(stuck={"patiense": 3})


def test_side_by_side_each_subtask_is_judged_by_its_own_log_alone() -> None:
    """Two circle over the same place and one waits for something that moves: each verdict is what it is alone."""
    moving = iter(range(1000))

    @tool_effect("read_only")
    def job_status(job: str) -> str:
        """Say how far a job is."""
        return f"{next(moving)} of 1000 rows"

    def way(request: Any) -> dict[str, Any]:
        done = sum(message.type == "tool" for message in request.messages)
        if request.task_id == "waits":
            return act("job_status", job="j") if done < 8 else {"answer": "it moves"}
        return circling(request) if request.task_id in ("x", "y") else {"answer": "by another way"}

    def verdicts(*ids: str) -> dict[str, list[tuple[Any, ...]]]:
        plans = {"plan": [plan(*map(subtask, ids))], "replan": [plan(subtask("new", does="Another way."))]}
        graph = build_graph(ScriptedModel({**plans, "think": way}), [look, job_status])
        events = graph.stream({"goal": "Find it."}, CONFIG, stream_mode="custom", subgraphs=True)
        told = [event for _, event in events if event["type"] == "verdict"]
        return {i: [(e["rung"], e["diagnosis"], e["evidence"]) for e in told if e["task_id"] == i] for i in ids}

    assert verdicts("x", "waits", "y") == {**verdicts("x"), "waits": [], **verdicts("y")}
    assert len(verdicts("x")["x"]) == 2
