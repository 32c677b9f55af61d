"""What is stored or said is data: nothing in it is run, whoever wrote it and whatever it looks like."""

import asyncio
import json
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from scripted_agent import act, plan, subtask

from surefoot.graph import ScriptedModel, Settings, Store, build_graph, open_store
from surefoot.tools import tool_effect
from surefoot.tools.errors import ResumeError, StoreError

BOTH = pytest.mark.parametrize("colour", ["sync", "async"])


def hostile(target: Path) -> list[dict[str, Any]]:
    """Objects that a reader of LangChain's or LangGraph's would take for something to make or to call."""
    made = {"content": "x"}
    return [
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": made},
        {"lc": 1, "type": "constructor", "id": ["pathlib", "Path"], "kwargs": {"name": str(target)}},
        {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]},
        {"lc": 1, "type": "not_implemented", "id": ["os", "system"], "repr": "x"},
        {"lc": 2, "type": "constructor", "id": ["os", "mkdir"], "args": [str(target)]},
        {"lc": 2, "type": "constructor", "id": ["os", "system"], "method": ["__call__"], "args": [f"touch {target}"]},
        {"__interrupt__": [{"value": 1}], "__pregel_resume_map": {}, "__type__": "bytes"},
        {"type": "tool_call", "name": "look", "args": {}, "id": "x"},
    ]


@BOTH
def test_objects_that_name_code_stay_data_in_results_answers_and_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-5f1d0c")
    target = tmp_path / "touched"
    objects = hostile(target)

    @tool_effect("read_only")
    def look() -> Any:
        """Look."""
        return objects

    thoughts = [act("look"), act("ask_human", question="What is it?"), {"answer": json.dumps(objects)}]
    script = {"plan": [plan(subtask("a", does=json.dumps(objects)))], "think": thoughts}
    config: Any = {"configurable": {"thread_id": "t"}}

    def invoke(store: Store, given: Any) -> Any:
        agent = build_graph(model, [look], Settings(), store=store)
        return asyncio.run(agent.ainvoke(given, config)) if colour == "async" else agent.invoke(given, config)

    model = ScriptedModel(script)
    with open_store(tmp_path / "home" / "runs.db") as store:
        invoke(store, {"goal": json.dumps(objects)})
    for answer in (*objects, {"type": "respond", "message": json.dumps(objects)}):
        with open_store(tmp_path / "home" / "runs.db") as store:  # each time read back from the file
            [question] = build_graph(model, [look], store=store).get_state(config).interrupts
            state = invoke(store, Command(resume={question.id: answer}))
    with open_store(tmp_path / "home" / "runs.db") as store:
        agent = build_graph(model, [look], store=store)
        agent.update_state(config, {"report": {"objects": objects}}, as_node="finish")
        kept = agent.get_state(config).values
        [seen, _] = [event["result"] for event in store.events("t#1") if event["type"] == "observation"]
    assert state["status"] == "done" and json.loads(state["answer"]) == objects
    assert (json.loads(kept["goal"]), kept["report"]["objects"], seen["output"]) == (objects, objects, objects)
    assert kept["decisions"][0]["message"] == json.dumps(objects)
    assert not target.exists()


class Xor:
    """A cipher, as far as LangGraph is concerned."""

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        return "xor", bytes(byte ^ 7 for byte in plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        return bytes(byte ^ 7 for byte in ciphertext)


SERIALIZERS = {
    "langgraph's own": JsonPlusSerializer,
    "with pickle": lambda: JsonPlusSerializer(pickle_fallback=True, allowed_msgpack_modules=True),
    "encrypted": lambda: EncryptedSerializer(Xor()),
}


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_row_in_somebody_elses_checkpointer_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serializer: str
) -> None:
    monkeypatch.delenv("LANGGRAPH_STRICT_MSGPACK", raising=False)
    target = tmp_path / "touched"
    script = {"plan": [plan(subtask("a"))], "think": [act("ask_human", question="Well?"), {"answer": "ok"}]}
    config: Any = {"configurable": {"thread_id": "t"}}
    with SqliteSaver.from_conn_string(str(tmp_path / "own.db")) as saver:
        saver.serde = SERIALIZERS[serializer]()
        agent = build_graph(ScriptedModel(script), [], Settings(home=tmp_path / "home"), checkpointer=saver)
        agent.invoke({"goal": "G."}, config)
        [question] = agent.get_state(config).interrupts
        call = ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb(["os", "system", f"touch {target}"])))
        saver.conn.execute("UPDATE writes SET type = 'msgpack', value = ? WHERE channel = '__interrupt__'", (call,))
        saver.conn.commit()
        assert target.exists() is False
        try:
            agent.get_state(config)
            agent.invoke(Command(resume={question.id: "x"}), config)
        except (ResumeError, StoreError, TypeError, AttributeError, ValueError):
            pass
        assert not target.exists()
        [*saver.list(config)]  # what a reader that was not made strict does with it
    assert target.exists()


class Lax(JsonPlusSerializer):
    """A serializer of a person's own that runs what it reads."""

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(data)


def test_a_serializer_that_runs_what_it_reads_is_refused(tmp_path: Path) -> None:
    saver: BaseCheckpointSaver[Any] = InMemorySaver(serde=Lax())
    with pytest.raises(StoreError, match="The serializer of this InMemorySaver runs code"):
        build_graph(ScriptedModel({}), [], Settings(home=tmp_path), checkpointer=saver)


def test_somebody_elses_checkpointer_keeps_its_own_serializer_and_storage(tmp_path: Path) -> None:
    saver = InMemorySaver()
    before = saver.serde
    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}
    config: Any = {"configurable": {"thread_id": "t"}}
    agent = build_graph(ScriptedModel(script), [], Settings(home=tmp_path), checkpointer=saver)
    assert agent.invoke({"goal": "G."}, config)["status"] == "done"
    assert saver.serde is before
    assert saver.get_tuple(config).checkpoint["channel_values"]["status"] == "done"  # type: ignore[union-attr]


SLOW = ("long", "async")
NAMES = {
    "up": "../../../outside",
    "absolute": "/tmp/outside",
    "nul": "a\x00b",
    "sql": "t'; DROP TABLE runs; --",
    "like": "%",
    "long": "x" * 1_000_000,
    "no text": "\ud800",
    "a count of its own": "t#1#2",
    "lines": "a\nb\x1b[2J",
}


@pytest.mark.parametrize(
    ("name", "colour"), [(name, colour) for name in NAMES for colour in ("sync", "async") if (name, colour) != SLOW]
)
def test_a_thread_of_any_name_is_that_thread_or_is_refused(tmp_path: Path, name: str, colour: str) -> None:
    script = {"plan": lambda request: plan(subtask("a")), "think": lambda request: {"answer": request.goal}}
    home = tmp_path / "home"

    def run(store: Store, thread: str) -> Any:
        agent = build_graph(ScriptedModel(script), [], store=store)
        config: Any = {"configurable": {"thread_id": thread}}
        goal = {"goal": f"G of {len(thread)}."}
        state = asyncio.run(agent.ainvoke(goal, config)) if colour == "async" else agent.invoke(goal, config)
        return state, agent.get_state(config).values

    with open_store(home / "runs.db") as store:
        run(store, "t")
        before = sorted(path for path in tmp_path.rglob("*") if home not in path.parents)
        try:
            state, kept = run(store, NAMES[name])
        except StoreError:
            assert name in ("nul", "no text")
        else:
            assert state["status"] == "done" and kept["answer"] == f"G of {len(NAMES[name])}."
            assert store.run(NAMES[name])["thread_id"] == NAMES[name]  # type: ignore[index]
            assert store.delete_run(NAMES[name])
        assert [row["thread_id"] for row in store.runs()] == ["t"]
        assert run(store, "t")[0]["run_id"] == "t#2"
    assert sorted(path for path in tmp_path.rglob("*") if home not in path.parents) == before


@pytest.mark.parametrize(
    "name", ["x" * 1_000_000, "../runs.db", "..", "store.json", "0" * 31 + "/", "a\x00", "０" * 32]
)
def test_an_output_of_any_other_name_is_none(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path / "runs.db") as store, pytest.raises(StoreError) as error:
        store.get(name)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("key", ["a') OR 1=1 --", "a'; DROP TABLE checkpoints; --", "a.b']", '"', "", "a\x00", "$.a"])
@BOTH
def test_sql_in_the_key_of_a_filter_is_refused_or_finds_nothing(tmp_path: Path, key: str, colour: str) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "ok"}]}

    async def alist(saver: Any) -> list[Any]:
        return [found async for found in saver.alist(None, filter={key: "x"})]

    with open_store(tmp_path / "runs.db") as store:
        agent = build_graph(ScriptedModel(script), [], store=store)
        agent.invoke({"goal": "G."}, {"configurable": {"thread_id": "t"}})
        try:
            saver = store.checkpointer
            found = asyncio.run(alist(saver)) if colour == "async" else [*saver.list(None, filter={key: "x"})]
        except (ValueError, StoreError):
            found = []
        assert found == []
        assert len([*saver.list(None)]) > 3
