"""No secret comes to rest in a checkpoint, whatever channel it is in; everything else comes back as it was."""

import asyncio
import operator
from pathlib import Path
from typing import Annotated, Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.tools.redact import Redactor

SECRET = "canary-5f1d0c-7b"
SHAPED = "ghp_" + "c4N4rY" * 6


class State(TypedDict, total=False):
    goal: str
    made: Annotated[list[Any], operator.add]
    other: str


def graph(store: Store) -> Any:
    def make(state: State) -> State:
        return {"made": [{"deep": (SECRET, 7, None, True)}, SHAPED], "other": "plain"}

    def ask(state: State) -> State:
        return {"made": [interrupt({"about": [SECRET, SHAPED]})]}

    def fail(state: State) -> State:
        raise RuntimeError(f"no: {SECRET} {SHAPED}")

    builder = StateGraph(State)
    for name, node in (("make", make), ("ask", ask), ("fail", fail)):
        builder.add_node(name, node)
    builder.add_edge(START, "make")
    builder.add_edge("make", "ask")
    builder.add_edge("ask", "fail")
    builder.add_edge("fail", END)
    return builder.compile(checkpointer=store.checkpointer)


def on(thread: str = "t", **more: Any) -> Any:
    return {"configurable": {"thread_id": thread, **more}}


def everything(path: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in path.parent.rglob("*") if file.is_file())


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_no_channel_keeps_a_known_secret(store: Store, place: Path | str, colour: str) -> None:
    def invoke(given: Any) -> Any:
        return asyncio.run(agent.ainvoke(given, on())) if colour == "async" else agent.invoke(given, on())

    store.redactor = Redactor({"KEY": SECRET})
    agent = graph(store)
    invoke({"goal": f"With {SECRET} and {SHAPED}."})
    [asked] = agent.get_state(on()).interrupts
    assert asked.value == {"about": ["[secret KEY]", SHAPED]}  # what comes from within may look like a key
    with pytest.raises(RuntimeError):
        invoke(Command(resume={asked.id: f"yes {SECRET} {SHAPED}"}))
    agent.update_state(on(), {"other": f"changed {SECRET}"}, as_node="make")
    with open_store(place) as other:
        values = graph(other).get_state(on()).values
        tuples = list(other.checkpointer.list(on()))
    assert values["goal"] == f"With [secret KEY] and {SHAPED}."
    assert values["made"][0] == {"deep": ["[secret KEY]", 7, None, True]}
    assert values["other"] == "changed [secret KEY]"
    writes = [value for found in tuples for _, channel, value in found.pending_writes if channel == "__error__"]
    assert writes == ["RuntimeError('no: [secret KEY] [secret key]')"]
    assert isinstance(place, str) or SECRET.encode() not in everything(place)


def test_what_the_config_says_is_kept_but_not_its_secrets(file_store: SqliteStore, path: Path) -> None:
    file_store.redactor = Redactor({"KEY": SECRET})
    config = on(api_key="plain-but-named-so", user="ann", n=7, note=f"for {SECRET}")
    config["metadata"] = {
        "openai_api_key": "plain-but-named-so",
        "ticket": f"T-1 {SHAPED}",
        "PASSWORD": "plain-but-named-so",
    }
    graph(file_store).invoke({"goal": "G."}, config)
    found = next(file_store.checkpointer.list(on(), filter={"user": "ann", "n": 7}))
    assert found.metadata["note"] == "for [secret KEY]"
    assert found.metadata["ticket"] == "T-1 [secret key]"
    assert {"api_key", "openai_api_key", "PASSWORD"}.isdisjoint(found.metadata)
    for trace in (b"plain-but-named-so", SECRET.encode()):
        assert trace not in everything(path)


def test_a_thread_named_like_a_secret_is_found_again(store: Store) -> None:
    store.redactor = Redactor({"KEY": SECRET})
    graph(store).invoke({"goal": "G."}, on(SECRET))
    assert graph(store).get_state(on(SECRET)).values["goal"] == "G."


def test_without_a_secret_a_checkpoint_is_the_very_bytes_langgraph_writes(file_store: SqliteStore) -> None:
    def written() -> list[Any]:
        graph(file_store).invoke({"goal": "G."}, on())
        with file_store.database.transaction() as cursor:
            cursor.execute("SELECT channel, value FROM writes ORDER BY checkpoint_id, task_id, idx")
            rows = cursor.fetchall()
            cursor.execute("DELETE FROM writes")
            cursor.execute("DELETE FROM checkpoints")
        return [value for channel, value in rows if channel != "__interrupt__"]

    before = written()
    file_store.redactor = Redactor({"KEY": "another-secret"})
    assert written() == before
