"""Opening a store: what it makes, and every file it must not take for its own."""

import os
import shutil
import sqlite3
import stat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from surefoot.graph.store import SqliteStore, Store, open_store
from surefoot.tools.errors import StoreError


def used(path: Path) -> Path:
    """Make a store that has held something."""
    with SqliteStore(path) as store:
        store.upsert_run("t", "r", goal="g")
        for number in range(50):
            store.prepare("r", {"tool": "add", "args": {"n": number}, "action_id": f"a{number}"}, "read_only")
            store.start("r", f"a{number}", "me")
            store.finish("r", f"a{number}", "me", True, {"success": True, "output": "x" * 400})
    return path


def refused(path: Path) -> str:
    with pytest.raises(StoreError) as error:
        open_store(path).close()
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    return message


def test_what_was_stored_is_there_after_reopening(path: Path) -> None:
    with SqliteStore(used(path)) as store:
        assert store.runs()[0]["goal"] == "g"


def test_a_store_is_a_store_and_given_back_as_it_is(store: Store) -> None:
    assert isinstance(store, Store)
    assert open_store(store) is store


def test_no_target_is_a_store_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store(None) as store:
        store.upsert_run("t", "r", goal="g")
        assert store.runs()[0]["goal"] == "g"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["mysql://host/db", "://", "", " ", "a\0b"])
def test_what_is_no_path_is_refused(address: str) -> None:
    with pytest.raises(StoreError):
        open_store(address)


def test_every_file_is_private_whatever_the_umask(path: Path, start: Any) -> None:
    child = start("os.umask(0); s = open_store(path); s.put('x' * 10)\nwith s.lock('t'): print('ready'); input()")
    assert child.stdout.readline() == "ready\n"
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.rglob("*") if p.is_file()}
    assert {"runs.db", "runs.db-wal", "store.json"} <= set(modes) and len(modes) >= 7
    assert set(modes.values()) == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in path.parent.parent.rglob("*") if p.is_dir()} == {0o700}


def test_a_database_others_could_read_is_made_private(path: Path) -> None:
    used(path).chmod(0o644)
    open_store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_names_of_one_file_are_one_store(path: Path, tmp_path: Path) -> None:
    used(path)
    other = tmp_path / "link.db"
    other.symlink_to(path)
    with SqliteStore(path) as a, SqliteStore(other) as b, a.lock("t"), pytest.raises(StoreError, match="worked on"):
        b.lock("t").__enter__()


def test_an_emptied_database_is_not_taken_for_a_new_one(path: Path) -> None:
    used(path).write_bytes(b"")
    assert "damaged or replaced" in refused(path)
    assert path.read_bytes() == b""


def test_a_deleted_database_whose_folder_remains_is_not_begun_anew(path: Path) -> None:
    used(path).unlink()
    assert "damaged or replaced" in refused(path)
    assert not path.exists()


def test_a_log_that_has_lost_its_database_is_not_played_into_a_new_one(path: Path, start: Any) -> None:
    child = start("s = open_store(path); s.append('r', {}); print('ready', flush=True); die()")
    child.wait()
    path.unlink()
    shutil.rmtree(path.parent / "runs.db.files")
    assert "damaged or replaced" in refused(path)


def test_with_both_gone_the_store_begins_anew(path: Path) -> None:
    used(path).unlink()
    shutil.rmtree(path.parent / "runs.db.files")
    with SqliteStore(path) as store:
        assert store.runs() == []


def test_an_empty_file_is_refused_and_nothing_is_put_beside_it(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    assert "empty" in refused(tmp_path / "x.db")
    assert os.listdir(tmp_path) == ["x.db"]


@pytest.mark.parametrize("content", [b"a letter", b"\0" * 8192, b"SQLite format 3\0" + b"\0" * 4080])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    refused(tmp_path / "x.db")
    assert (tmp_path / "x.db").read_bytes() == content
    assert os.listdir(tmp_path) == ["x.db"]


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    content = (tmp_path / "x.db").read_bytes()
    assert "another program" in refused(tmp_path / "x.db")
    assert (tmp_path / "x.db").read_bytes() == content
    assert os.listdir(tmp_path) == ["x.db"]


def test_an_exchanged_database_is_refused(path: Path, tmp_path: Path) -> None:
    used(path)
    shutil.copy(used(tmp_path / "other.db"), path)
    assert "not the database" in refused(path)


@pytest.mark.parametrize("keep", [50, 100, 4096, 0.5, 0.9])
def test_a_truncated_database_is_refused(path: Path, keep: float) -> None:
    size = used(path).stat().st_size
    os.truncate(path, int(keep if keep > 1 else keep * size))
    refused(path)


def test_a_database_of_a_newer_release_is_refused(path: Path) -> None:
    with SqliteStore(path) as store, store.database.transaction() as cursor:
        cursor.execute("UPDATE store SET schema_version = 2")
    assert "newer" in refused(path)


def test_a_database_without_its_tables_is_refused(path: Path) -> None:
    with SqliteStore(path) as store, store.database.transaction() as cursor:
        cursor.execute("DELETE FROM store")
    assert "identity" in refused(path)


def test_a_flipped_bit_is_noticed_or_harmless(path: Path) -> None:
    whole, random = used(path).read_bytes(), Random(7)
    noticed = 0
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        path.write_bytes(damaged)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        try:
            with SqliteStore(path) as store:
                for number in range(50):
                    action = {"tool": "add", "args": {"n": number}, "action_id": f"a{number}"}
                    status, result = store.prepare("r", action, "read_only")
                    assert (status, result) == ("DONE", {"success": True, "output": "x" * 400})
        except StoreError:
            noticed += 1
    assert noticed > 20


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (Path("/proc/surefoot/runs.db"), tmp_path / "file" / "runs.db", tmp_path / ("x" * 300)):
        refused(place)
    assert "folder" in refused(tmp_path)


def test_a_store_of_somebody_else_is_refused(start: Any) -> None:
    with TemporaryDirectory() as folder:
        path = used(Path(folder) / "home" / "runs.db")
        Path(folder).chmod(0o755)
        for place, mode in ((path, 0o444), (path.parent / "runs.db.files", 0o555), (path.parent, 0o555)):
            place.chmod(mode)
        drop = "if os.geteuid() == 0: os.setuid(65534)\n"  # root may write anywhere
        code = drop + "try: open_store(sys.argv[2])\nexcept StoreError as e: print(e)"
        assert f"{path} cannot be used (permission denied)" in start(code, str(path)).communicate()[0]
        path.parent.chmod(0o755)


def test_eight_processes_may_make_the_same_store_at_once(path: Path, start: Any) -> None:
    assert start("fork(8, lambda n: open_store(path).upsert_run('t', f'r{n}'))").wait() == 0
    with SqliteStore(path) as store:
        assert len(store.runs()) == 8


def test_a_database_deleted_or_exchanged_while_open_takes_no_new_work(file_store: SqliteStore, path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(StoreError, match="while it was open"), file_store.lock("t"):
        pass
    shutil.copy(path.with_name("elsewhere"), path)
    with pytest.raises(StoreError, match="while it was open"), file_store.lock("t"):
        pass
