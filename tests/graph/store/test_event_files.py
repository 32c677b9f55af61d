"""The file of JSON lines beside the log: whole, in order, nothing twice, whoever dies."""

import json
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore, open_store
from surefoot.graph.store.event_files import EventFiles


def read(store: SqliteStore, run_id: str = "r") -> list[dict[str, Any]]:
    assert store.event_files
    return [json.loads(line) for line in store.event_files.path(run_id).read_text().splitlines()]


def append(store: SqliteStore, *texts: str) -> None:
    for text in texts:
        store.append("r", {"type": "thought", "text": text})


def test_the_file_says_what_the_log_says(file_store: SqliteStore) -> None:
    append(file_store, "one", "zwei\n\u2028é", "three")
    assert read(file_store) == file_store.events("r")
    assert [event["seq"] for event in read(file_store)] == [1, 2, 3]


def test_only_its_owner_can_read_it(file_store: SqliteStore) -> None:
    append(file_store, "one")
    assert file_store.event_files
    path = file_store.event_files.path("r")
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize("cut", [0, 1, 7, 40])
def test_a_line_that_was_cut_short_is_written_anew(file_store: SqliteStore, path: Path, cut: int) -> None:
    append(file_store, "one", "two")
    assert file_store.event_files
    file = file_store.event_files.path("r")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - cut])
    append(file_store, "three")
    assert read(file_store) == file_store.events("r")


@pytest.mark.parametrize("damage", [b"", b"\0" * 5000 + b"\n", b"somebody else's\n", b"{}\n{}\n"])
def test_a_file_that_is_damaged_is_written_anew(file_store: SqliteStore, damage: bytes) -> None:
    append(file_store, "one", "x" * 20_000)
    assert file_store.event_files
    file_store.event_files.path("r").write_bytes(damage)
    append(file_store, "three")
    assert read(file_store) == file_store.events("r")


def test_of_many_who_ask_at_once_one_writes_for_all(tmp_path: Path) -> None:
    files, log, reads = EventFiles(tmp_path / "events"), ['{"seq":1,"n":1}'], list[int]()
    begun, goes_on = threading.Event(), threading.Event()

    def lines(run_id: str, after: int) -> list[str]:
        reads.append(after)
        found = log[after:]
        begun.set()
        assert goes_on.wait(10)
        return found

    def follow() -> None:
        files.follow("r", lines)
        assert files.path("r").read_text().count("\n") == len(log) or len(reads) == 1

    first = threading.Thread(target=follow)
    first.start()
    assert begun.wait(10)
    log.append('{"seq":2,"n":2}')  # behind the back of the first, who has read already
    others = [threading.Thread(target=follow) for _ in range(6)]
    [other.start() for other in others]
    time.sleep(0.2)  # all of them wait
    goes_on.set()
    [thread.join(10) for thread in (first, *others)]
    assert reads == [0, 1] and files.path("r").read_text().splitlines() == log


def test_what_was_logged_while_the_file_could_not_be_written_is_caught_up(file_store: SqliteStore) -> None:
    kept, file_store.event_files = file_store.event_files, None
    append(file_store, "one", "two")
    file_store.event_files = kept
    file_store.catch_up("r")
    assert read(file_store) == file_store.events("r")


def test_processes_that_take_turns_write_one_file(path: Path) -> None:
    with open_store(path) as one, open_store(path) as other:
        for n in range(6):
            (one, other)[n % 2].append("r", {"type": "thought", "n": n})
        assert isinstance(one, SqliteStore)
        assert [event["n"] for event in read(one)] == list(range(6))


def test_processes_that_write_at_once_leave_nothing_twice(file_store: SqliteStore, start: Any) -> None:
    code = """
def work(n):
    s = open_store(path)
    for n in range(30): s.append('r', {'type': 'thought', 'n': n})
fork(3, work)
"""
    assert start(code).wait() == 0
    assert [event["seq"] for event in read(file_store)] == list(range(1, 91))


def test_a_deleted_run_leaves_no_file(file_store: SqliteStore) -> None:
    file_store.upsert_run("t", "r", goal="g")
    append(file_store, "one")
    assert file_store.event_files
    file_store.delete_run("t")
    assert list(file_store.event_files.folder.iterdir()) == []


def test_the_place_can_be_chosen_or_none(path: Path, tmp_path: Path) -> None:
    with open_store(path, events=tmp_path / "elsewhere") as store:
        store.append("swift fox#1", {"type": "x"})
        [file] = (tmp_path / "elsewhere").iterdir()
        assert file.name.startswith("swift_fox_1-") and file.suffix == ".jsonl"
    with open_store(path, events="off") as store:
        store.append("r", {"type": "x"})
        assert store.event_files is None
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_names_of_runs_lead_to_different_files_in_the_folder(tmp_path: Path) -> None:
    files = EventFiles(tmp_path)
    names = ["a#1", "a#2", "A#1", "../a#1", "/etc/passwd", ".", "", "é" * 300, "x" * 300]
    paths = {files.path(name) for name in names}
    assert len(paths) == len(names)
    assert all(path.parent == tmp_path and len(path.name.encode()) < 200 for path in paths)


def test_what_is_remembered_of_runs_does_not_grow_without_end(
    file_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surefoot.graph.store.event_files._KNOWN", 3)
    for text in ("one", "two", "three"):
        for run_id in map(str, range(7)):
            file_store.append(run_id, {"type": "thought", "text": text})
    assert file_store.event_files and len(file_store.event_files._known) <= 3
    assert all(read(file_store, str(n)) == file_store.events(str(n)) for n in range(7))
