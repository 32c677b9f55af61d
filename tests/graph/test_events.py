"""What a run tells: every step once, in one vocabulary, on the stream, in the log and in the file, whatever dies."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from mortal_store import Fate, Killed
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph.live_run import RETOLD_TURNS, LiveRun
from surefoot.graph.store import SqliteStore
from surefoot.nodes import events
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.finish import summarise
from surefoot.nodes.state import Usage

VOCABULARY = {get_args(get_type_hints(kind)["type"])[0]: kind for kind in get_args(events.Event)}

SCRIPT: dict[str, Any] = {
    "plan": [plan(subtask("a"), subtask("b"), subtask("c", "a", "b"))],
    "think": {
        "a": [act("look", at="sea"), act("fire", what="a"), {"answer": "a is done"}],
        "b": [act("broken"), {"tool": "give_up", "args": {"reason": "It cannot be done."}}],
        "b2": [act("put", what="b"), {"answer": "b is done"}],
        "c": [{"answer": "all is done"}],
    },
    "replan": [plan(subtask("a"), subtask("b2"), subtask("c", "a", "b2"))],
}


def agent(store: Any, script: dict[str, Any] | None = None, **settings: Any) -> Agent:
    return Agent(script or SCRIPT, World().tools(), store=store, **settings)


def finish(agent: Agent) -> dict[str, Any]:
    state = agent.run() if not agent.graph.get_state(agent.config).created_at else agent.again()
    while agent.questions():
        state = agent.answer_all(True)
    return state


def test_every_event_has_the_form_its_type_promises(path: Path) -> None:
    with SqliteStore(path) as store:
        state = finish(agent(store))
        told = store.events(state["run_id"])
    seen = {event["type"] for event in told}
    assert seen == {
        "begun", "plan", "subtask", "thought", "action", "observation", "waits", "question", "decision", "revision",
        "finished",
    }  # fmt: skip
    for event in told:
        kind = VOCABULARY[event["type"]]
        assert kind.__required_keys__ <= event.keys() <= kind.__required_keys__ | kind.__optional_keys__
        assert ("spent" in event) == (event["type"] in events.SPENDING)
    assert told[0]["version"] == events.VERSION and told[0]["limits"]["max_steps"] == 200
    assert told[-1]["answer"] == state["answer"] == "all is done"
    [question] = [event for event in told if event["type"] == "question"]
    [decision] = [event for event in told if event["type"] == "decision"]
    assert question["value"]["digest"] == decision["digest"]
    spent = [event["spent"] for event in told if "spent" in event]
    assert all(a["steps"] <= b["steps"] and a["tokens"] <= b["tokens"] for a, b in itertools.pairwise(spent))


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_the_stream_tells_what_the_log_keeps(path: Path, colour: str) -> None:
    with SqliteStore(path) as store:
        own = agent(store, colour=colour, approvals="auto")
        streamed = [
            part for _, part in own.graph.stream({"goal": "g"}, own.config, stream_mode="custom", subgraphs=True)
        ]
        logged = [{k: v for k, v in e.items() if k not in ("seq", "at")} for e in store.events("t1#1")]
    assert sorted(map(json.dumps, streamed)) == sorted(map(json.dumps, logged))


def test_whatever_dies_no_event_is_missing_or_there_twice(path: Path) -> None:
    """Dies at one write of a run after another, before or right after it, and goes on."""
    deaths, write = 0, 0
    while True:
        write += 3
        place = path.with_name(f"{write}.db")
        done = False
        with SqliteStore(place) as store:
            fate = Fate(store)
            fate.kill(write, after=write % 2 == 1)
            try:
                finish(agent(store, _replayed()))
                done = True
            except BaseException as died:  # noqa: BLE001
                assert isinstance(died, Killed) or fate.dead
        with SqliteStore(place) as store:
            state = finish(agent(store, _replayed())) if not done else {}
            told = store.events("t1#1")
            assert store.event_files
            lines = store.event_files.path("t1#1").read_text().splitlines()
        assert [json.loads(line) for line in lines] == told
        twice = Counter(name for event in told if (name := events.identity(event)))
        assert max(twice.values()) == 1
        if done:
            break
        deaths += 1
        assert state["status"] == "done"
        ids = Counter(
            event["action"]["action_id"].rpartition("-")[0] for event in told if event["type"] == "observation"
        )
        assert set(ids) == {"a.1.1.0", "a.1.2.0", "b.1.1.0", "b2.1.1.0"} and max(ids.values()) == 1
        kinds = Counter(event["type"] for event in told)
        assert (kinds["begun"], kinds["plan"], kinds["finished"]) == (1, 1, 1)
        asked = [event["asked"] for event in told if event["type"] == "decision"]
        assert asked in (
            ["fire"],
            ["fire", "unfinished_action"],
        )  # the second where it died as the action was under way
        assert kinds["waits"] == kinds["question"] == kinds["decision"]
    assert deaths > 8


def test_of_a_long_log_only_its_end_is_read_again_and_nothing_is_told_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long loop that goes on after a death; or begins anew, where its states were kept nowhere."""
    thoughts = [_thought(turn) for turn in range(1, 3 * RETOLD_TURNS)]
    with SqliteStore(path) as store:
        store.upsert_run("t1", "t1#1", goal="g")
        for thought in thoughts:
            store.append("t1#1", thought)
        read = list[int]()
        latest = store.latest_events
        monkeypatch.setattr(
            store, "latest_events", lambda *given: (found := latest(*given), read.append(len(found)))[0]
        )
        again = _live(store)
        for thought in [*thoughts[-2:], _thought(3 * RETOLD_TURNS)]:
            again.record(thought)
        assert read == [RETOLD_TURNS]
        from_the_start = _live(store)
        for turn in range(1, 3 * RETOLD_TURNS + 2):
            from_the_start.record(_thought(turn))
        told = [event["turn"] for event in store.events("t1#1")]
    assert told == [*range(1, 3 * RETOLD_TURNS + 2)]


def _thought(turn: int) -> events.Thought:
    return events.Thought(
        type="thought", task_id="a", attempt=1, turn=turn, text=f"On to {turn}.", tokens=turn, seconds=0.1
    )


def _live(store: SqliteStore) -> LiveRun:
    return LiveRun("t1", "t1#1", store, BudgetManager(None, None, None), store.past("t1#1"), [])


def test_an_end_that_is_told_again_after_a_death_is_known_whatever_time_that_took() -> None:
    def ended(seconds: float, reason: str = "max_steps is used up.", answer: str = "") -> str:
        state: Any = {"status": "stopped", "reason": reason}
        summary = summarise(state, [], Usage(steps=3, seconds=seconds))
        return events.identity(events.Finished(type="finished", status="stopped", summary=summary, answer=answer))

    assert ended(1.0) == ended(2.5)
    assert len({ended(1.0), ended(1.0, "max_tokens is used up."), ended(1.0, answer="Half of it.")}) == 3


def test_the_last_event_reaches_the_file_although_the_process_died_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(run_id: str, lines: Any) -> None:
        if any('"finished"' in line for line in lines(run_id, 0)):
            raise Killed

    script = {"plan": [plan(subtask("a"))], "think": [{"answer": "done"}]}
    with SqliteStore(path) as store:
        monkeypatch.setattr(store.event_files, "follow", dies)
        with pytest.raises(Killed):
            agent(store, script).run()
    with SqliteStore(path) as store:
        assert agent(store, script).again()["status"] == "done"
        assert store.event_files
        lines = store.event_files.path("t1#1").read_text().splitlines()
        assert [json.loads(line) for line in lines] == store.events("t1#1")
    assert '"finished"' in lines[-1]


def _replayed() -> dict[str, Any]:
    """The script as functions of what was said, for models that are asked again after a death."""
    think = SCRIPT["think"]

    def said(request: Any) -> Any:
        turn = sum(message.type == "tool" for message in request.messages)
        return think[request.task_id][turn]

    return {"plan": lambda _: SCRIPT["plan"][0], "think": said, "replan": lambda _: SCRIPT["replan"][0]}


def test_a_limit_that_comes_near_is_told_once_at_each_level(path: Path) -> None:
    looks = [act("look", at=str(n)) for n in range(6)]
    script = {"plan": [plan(subtask("a"))], "think": [*looks, {"answer": "never"}]}
    with SqliteStore(path) as store:
        agent(store, script, max_steps=5).run()
        told = [event for event in store.events("t1#1") if event["type"] == "budget"]
    assert [event["status"] for event in told] == ["WARNING", "EXCEEDED"]
    assert told[0]["limits"]["max_steps"] == 5 and "of 5 steps" in told[1]["text"]


def test_a_persons_plan_is_told(path: Path) -> None:
    script = {**SCRIPT, "plan": [plan(subtask("a"), confidence=0.1)], "think": {"mine": [{"answer": "done"}]}}
    with SqliteStore(path) as store:
        own = agent(store, script)
        own.run()
        own.answer_all({"type": "modify", "plan": [subtask("mine")]})
        [edited] = [event for event in store.events("t1#1") if event["type"] == "edited"]
    assert [task["task_id"] for task in edited["plan"]] == ["mine"]


def test_a_question_that_is_asked_again_is_told_again_even_if_the_same_was_wrong_with_the_answer(path: Path) -> None:
    script = {"plan": [plan(subtask("a"))], "think": [act("fire", what="a"), {"answer": "done"}]}
    with SqliteStore(path) as store:
        own = agent(store, script)
        own.run()
        for _ in range(2):
            own.answer_all({"type": "modify", "args": {"no": "such argument"}})
        asked = [event["value"] for event in store.events("t1#1") if event["type"] == "question"]
    assert [value.get("tries", 0) for value in asked] == [0, 1, 2]
    assert asked[1]["error"] == asked[2]["error"]


def test_no_secret_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "correct-horse-battery-9")
    script = {
        "plan": [plan(subtask("a"))],
        "think": [act("look", at="correct-horse-battery-9"), {"answer": "it is correct-horse-battery-9"}],
    }
    with SqliteStore(path) as store:
        agent(store, script).run("Use correct-horse-battery-9.")
        assert store.event_files
        text = store.event_files.path("t1#1").read_text()
    assert "correct-horse" not in text and text.count("[secret MY_API_KEY]") > 3


def test_runs_in_memory_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    agent(None, {"plan": [plan(subtask("a"))], "think": [{"answer": "done"}]}).run()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_type_is_no_trouble_for_a_reader(path: Path) -> None:
    from surefoot.graph.cli.lines import lines

    assert list(lines({"type": "of a later release", "what": 1})) == []
