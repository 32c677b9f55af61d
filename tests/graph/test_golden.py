"""Runs that earlier releases have left: gone on with, or refused in a sentence; never misread, never begun again.

`tests/golden` has a store of each release, made by `golden_agent.py` with that release.
"""

import shutil
from pathlib import Path

import pytest
from golden_agent import agent
from scripted_agent import asked

from surefoot.graph import Door, build_graph, open_store
from surefoot.graph.admission import EARLIER_GRAPHS
from surefoot.tools.errors import StoreError

GOLDEN = Path(__file__).parent.parent / "golden"
GOES_ON = ("0.1.0",)
"""Releases whose runs this one goes on with. One that is no longer here is refused: say so in the CHANGELOG."""


@pytest.fixture(params=sorted(place.name for place in GOLDEN.iterdir()))
def release(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path / "workspace")
    shutil.copytree(GOLDEN / request.param, tmp_path / "golden")
    return str(request.param)


@pytest.fixture
def path(release: str, tmp_path: Path) -> Path:
    return tmp_path / "golden" / "runs.db"


def test_its_runs_stand_where_it_left_them(path: Path) -> None:
    with open_store(path) as store:
        door = Door(build_graph(store=store), store)
        standing = {row["thread_id"]: door.look(row["thread_id"]).status for row in store.runs()}
    assert standing == {"over": "done", "waits": "waiting", "cut": "cut off"}


def test_what_has_ended_is_read_and_takes_a_new_goal(path: Path) -> None:
    did: list[str] = []
    with open_store(path) as store:
        over = agent("over", store, did)
        assert over.graph.get_state(over.config).values["answer"] == "b is done"
        assert over.run("Once more.")["status"] == "done"
    assert did == ["put a", "fire a", "put b", "fire b"]


def test_its_open_question_is_answered_or_the_run_refused(path: Path, release: str) -> None:
    did: list[str] = []
    with open_store(path) as store:
        waits = agent("waits", store, did)
        [question] = waits.questions().values()
        assert asked(question) == ("fire", "irreversible")
        if release not in GOES_ON:
            with pytest.raises(StoreError, match="resume it with the release that started it"):
                waits.answer_all(True)
            assert did == []
            return
        waits.answer_all(True)
        assert waits.answer_all(True)["status"] == "done"
    assert did == ["fire a", "put b", "fire b"]


def test_the_action_it_died_in_is_asked_about_or_the_run_refused(path: Path, release: str) -> None:
    did: list[str] = []
    with open_store(path) as store:
        cut = agent("cut", store, did)
        if release not in GOES_ON:
            with pytest.raises(StoreError, match="resume it with the release that started it"):
                cut.again()
            assert did == []
            return
        cut.again()
        [question] = cut.questions().values()
        assert asked(question) == ("unfinished_action", "unfinished")
        assert did == []
        cut.answer_all({"type": "respond", "message": "it was fired"})
        assert cut.answer_all(True)["status"] == "done"
    assert did == ["put b", "fire b"]


def test_every_release_that_is_gone_on_with_has_known_steps(path: Path, release: str) -> None:
    with open_store(path) as store:
        known = {build_graph(store=store).graph_hash, *EARLIER_GRAPHS}
        assert ({row["graph_hash"] for row in store.runs()} <= known) is (release in GOES_ON)
