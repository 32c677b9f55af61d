"""The compiled graph as LangGraph, Studio and streams see it."""

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, open_store
from surefoot.graph.build import compiled, main_graph
from surefoot.graph.parts import assemble
from surefoot.tools.errors import SettingsError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])
MODES = ["values", "updates", "messages", "custom", "debug", "tasks", "checkpoints"]
LOOK = """
import json, os, sys
from surefoot.graph.app import graph
state = graph.invoke({"goal": "What is 17 * 23?"})
told = {"checkpointer": graph.checkpointer, "input": graph.get_input_jsonschema(), "status": state["status"],
        "answer": state["answer"], "nodes": sorted(graph.get_graph(xray=True).nodes), "files": sorted(os.listdir("."))}
print(json.dumps(told))
"""


@pytest.fixture
def world() -> World:
    return World()


def asking() -> dict[str, Any]:
    def think(request: Any) -> dict[str, Any]:
        tool = "put" if request.task_id == "a" else "fire"
        return {"answer": "ok"} if request.messages[-1].type == "tool" else act(tool, what="x")

    return {"plan": lambda request: plan(subtask("a"), subtask("b")), "think": think}


def test_the_app_has_no_checkpointer_and_works_without_a_key(tmp_path: Path) -> None:
    environ = {"PATH": "", "HOME": str(tmp_path), "SUREFOOT_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tmp_path, env=environ, check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["checkpointer"] is None
    assert (told["status"], "391" in told["answer"]) == ("done", True)
    assert list(told["input"]["properties"]) == ["goal"]
    assert {"plan", "execute:think", "finish"} <= set(told["nodes"])
    assert told["files"] == ["home"]


def test_a_bad_variable_stops_the_app_with_a_sentence_that_names_it(tmp_path: Path) -> None:
    environ = {"PATH": "", "SUREFOOT_HOME": str(tmp_path), "SUREFOOT_MAX_STEPS": "many"}
    run = [sys.executable, "-c", "import surefoot.graph.app"]
    ran = subprocess.run(run, cwd=tmp_path, env=environ, check=False, capture_output=True, text=True)
    assert "SettingsError: SUREFOOT_MAX_STEPS: " in ran.stderr.splitlines()[-1]


def test_studio_gets_a_schema_of_input_and_output(world: World) -> None:
    graph = Agent({}, world.tools()).graph
    assert graph.get_input_jsonschema()["required"] == ["goal"]
    output = graph.get_output_jsonschema()["properties"]
    assert {"goal", "plan", "revisions", "status", "answer", "report", "usage"} <= set(output)
    assert json.dumps(output)


@BOTH
@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("mode", [*MODES, MODES], ids=[*MODES, "all"])
def test_every_way_of_streaming_ends_in_a_question_and_after_the_answer_in_a_report(
    world: World, mode: Any, subgraphs: bool, colour: str
) -> None:
    agent = Agent(asking(), world.tools(), colour=colour)
    options: dict[str, Any] = {"stream_mode": mode, "subgraphs": subgraphs}

    async def astream(given: Any) -> list[Any]:
        return [part async for part in agent.graph.astream(given, agent.config, **options)]

    def stream(given: Any) -> list[Any]:
        if colour == "async":
            return asyncio.run(astream(given))
        return list(agent.graph.stream(given, agent.config, **options))

    silent = mode == "messages" and not subgraphs  # the messages are those of the subgraph
    assert stream({"goal": "G."}) or silent
    [question] = agent.questions()
    assert stream(Command(resume={question: "yes"})) or silent
    assert agent.graph.get_state(agent.config).values["status"] == "done"
    assert sorted(world.did) == ["fire x", "put x"]


@BOTH
def test_without_a_checkpointer_a_question_is_returned_and_nothing_is_done(
    world: World, tmp_path: Path, colour: str
) -> None:
    settings = Settings(home=tmp_path)
    parts = assemble(ScriptedModel(asking()), world.tools(), settings, store=None, checkpointer=True)
    graph = main_graph(parts).compile()
    state = asyncio.run(graph.ainvoke({"goal": "G."})) if colour == "async" else graph.invoke({"goal": "G."})
    [question] = state["__interrupt__"]
    assert question.value["action_requests"][0]["name"] == "fire"
    assert "fire x" not in world.did


def test_the_state_with_its_subgraphs_can_be_looked_at_while_a_question_is_open(world: World) -> None:
    agent = Agent(asking(), world.tools())
    agent.run()
    snapshot = agent.graph.get_state(agent.config, subgraphs=True)
    assert snapshot.next == ("execute",)
    assert [i.value["action_requests"][0]["name"] for i in snapshot.interrupts] == ["fire"]
    assert snapshot.values["status"] == "running"


def test_history_leads_back_to_the_goal_through_every_node(world: World) -> None:
    agent = Agent({"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}, world.tools())
    agent.run()
    nodes = [s.next for s in agent.graph.get_state_history(agent.config)]
    main = ["__start__", "plan", "budget", "checkpoint", "execute", "reflect", "finish"]
    assert nodes[::-1] == [*[(name,) for name in main], ()]


@BOTH
def test_live_objects_in_a_config_do_not_end_up_in_the_checkpoint(world: World, tmp_path: Path, colour: str) -> None:
    model = ScriptedModel(asking())
    agent = Agent(model, world.tools(), store=tmp_path / "runs.db", colour=colour)
    agent.config["configurable"]["model"] = model
    agent.config["metadata"] = {"model": model, "thing": object()}
    agent.run()
    assert agent.answer_all("yes")["status"] == "done"


def test_a_recursion_limit_never_ends_a_run_before_its_budget_does(world: World) -> None:
    for steps, least in ((5, 10_000), (100_000, 800_000)):
        config = Agent({}, world.tools(), max_steps=steps).graph.config
        assert config and config["recursion_limit"] >= least


def test_a_form_offers_the_model_and_the_limits_with_ranges_and_what_holds_otherwise(world: World) -> None:
    settings = Settings(max_steps=50)
    parts = assemble(ScriptedModel({}), world.tools(), settings, store=None, checkpointer=True, choosing=True)
    offered = main_graph(parts).compile().get_context_jsonschema()
    assert offered is not None
    fields = offered["properties"]
    assert list(fields) == ["model", "max_steps", "max_tokens", "max_time_seconds", "max_usd"]
    assert all(field["description"] for field in fields.values())
    assert (fields["model"]["default"], fields["max_steps"]["default"]) == ("offline", 50)
    assert {"minimum": 1, "type": "integer"} in fields["max_steps"]["anyOf"]


@BOTH
def test_a_run_keeps_the_model_and_the_limits_it_has_chosen(tmp_path: Path, colour: str) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")
    settings, saver = Settings(home=tmp_path / "home", workspace=tmp_path, model="mine"), InMemorySaver()

    def leg(given: Any, **context: Any) -> dict[str, Any]:
        """As a process of its own; the model that was not chosen has nothing to say."""
        parts = assemble(ScriptedModel({}), None, settings, store=None, checkpointer=saver, choosing=True)
        graph, config = compiled(parts), {"configurable": {"thread_id": "t"}}
        with closing(parts.runs.store):
            if colour == "async":
                return asyncio.run(graph.ainvoke(given, config, **context))
            return graph.invoke(given, config, **context)

    asked = leg({"goal": "delete a.csv"}, context={"model": "offline", "max_steps": 7})
    assert asked["__interrupt__"][0].value["action_requests"][0]["name"] == "delete_file"
    assert leg(Command(resume=True))["status"] == "done"
    assert not (tmp_path / "a.csv").exists()
    with closing(open_store(settings.database)) as store:
        [begun] = [event for event in store.events("t#1") if event["type"] == "begun"]
        row = store.run("t")
    assert (begun["model"], begun["limits"]["max_steps"]) == ("offline", 7)
    assert row and (row["model"], row["settings"]["limits"]["max_steps"]) == ("offline", 7)


@BOTH
@pytest.mark.parametrize("context", [{"model": "nothing"}, {"model": "openai:x"}, {"max_steps": 0}])
def test_a_choice_that_cannot_be_had_begins_no_run(
    tmp_path: Path, context: Any, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}
    parts = assemble(
        ScriptedModel(script), [], Settings(home=tmp_path), store=None, checkpointer=InMemorySaver(), choosing=True
    )
    graph: Any = compiled(parts).copy({})  # as a server makes one for each run
    config = {"configurable": {"thread_id": "t"}}
    with closing(parts.runs.store) as store:
        with pytest.raises(SettingsError) as refused:
            if colour == "async":
                asyncio.run(graph.ainvoke({"goal": "g"}, config, context=context))
            else:
                graph.invoke({"goal": "g"}, config, context=context)
        assert len(str(refused.value).splitlines()) == 1
        assert store.runs() == []
        assert graph.invoke({"goal": "g"}, config)["status"] == "done"
