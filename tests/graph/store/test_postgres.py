"""The store in Postgres: its address, its opening, and what becomes of it when the server or the wire fails."""

import gc
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, cast

import pytest
from cutting import Wire
from store_writes import ACTION, WRITES, begun, contents, on, point, wait_for

from surefoot.graph.store import Store, has_store, open_store, place_of, try_store
from surefoot.graph.store.database import NothingStored, repeated
from surefoot.graph.store.postgres import opening, read_address, sessions
from surefoot.tools.errors import StoreError


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as opened:
        yield opened


@pytest.fixture
def ask(postgres_server: Any) -> Callable[..., Any]:
    """Run a statement as the administrator, in the database of the store; its rows."""
    return lambda statement, *given: postgres_server.execute(statement, *given, database="runs")


def refused(url: str) -> str:
    with pytest.raises(StoreError) as error:
        open_store(url).close()
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://postgres:{0}@127.0.0.1:{1}/runs", "password authentication failed"),
        ("postgres://127.0.0.1:{1}/runs?user=postgres&password={0}", "password authentication failed"),
        ("postgresql://postgres:{0}@127.0.0.1:1/runs", "Connection refused"),
        ("postgresql://u:{0}@127.0.0.1:1,127.0.0.1:2/runs", "cannot be reached"),
        ("postgresql://u:{0}@/runs?host=/nowhere", "No such file"),
        ("postgresql://u:x@{0}@127.0.0.1:1/runs", "cannot be read"),
        ("postgresql://u:x/{0}@127.0.0.1:1/runs", "cannot be read"),
        ("postgresql://u:x%{0}@127.0.0.1:1/runs", "cannot be read"),
        ("postgresql://u:x {0}@127.0.0.1:1/runs", "cannot be read"),
        ("postgresql://u:{0}\0@127.0.0.1:1/runs", "cannot be read"),
        ("postgresql://u:{0}@127.0.0.1:1/runs?nonsense=1", "cannot be read"),
        ("postgresql://u:{0}@127.0.0.1:1/runs?connect_timeout=never", "cannot be reached"),
    ],
)
def test_a_store_that_cannot_be_had_is_one_sentence_without_the_password(
    postgres_server: Any, url: str, says: str
) -> None:
    word = "sesame"
    with pytest.raises(StoreError, match=says) as error:
        open_store(url.format(word, postgres_server.port))
    assert "\n" not in str(error.value)
    assert word not in "".join(traceback.format_exception(error.value))


def test_a_database_that_is_missing_is_named(postgres_server: Any) -> None:
    assert 'database "nowhere" does not exist' in refused(postgres_server.url("nowhere"))


def test_a_store_names_itself_without_its_password(store: Store, postgres_server: Any, postgres_url: str) -> None:
    assert store.where == place_of(postgres_url) == f"postgresql://postgres@127.0.0.1:{postgres_server.port}/runs"
    assert sys.modules["postgres_server"].PASSWORD not in repr(read_address(postgres_url)) + repr(vars(store.database))


def test_without_the_extra_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    for name in [name for name in sys.modules if name.startswith("surefoot.graph.store.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert 'pip install "surefoot[postgres]"' in refused(postgres_url)


def test_looking_for_a_store_and_trying_one_out_make_none(postgres_url: str, ask: Any) -> None:
    assert not has_store(postgres_url)
    try_store(postgres_url)
    assert not has_store(postgres_url)
    assert ask("SELECT 1 FROM pg_namespace WHERE nspname = 'surefoot'") == []
    open_store(postgres_url).close()
    assert has_store(postgres_url)
    try_store(postgres_url)


def test_all_tables_are_in_a_schema_of_their_own(store: Store, ask: Any) -> None:
    schemas = ask(
        "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert schemas == [("surefoot",)]


def test_every_commit_is_on_the_disk_whatever_the_server_is_set_to(postgres_server: Any) -> None:
    url = postgres_server.make_database("lax")
    postgres_server.execute("ALTER DATABASE lax SET synchronous_commit = off")
    postgres_server.execute("ALTER DATABASE lax SET statement_timeout = 5000")
    with open_store(url) as store, store.lock("t"), store.database.transaction() as cursor:
        assert cursor.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert cursor.execute("SHOW statement_timeout").fetchone() == ("0",)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE surefoot.store SET schema_version = 2", "newer release"),
        ("DELETE FROM surefoot.store", "lost its identity"),
        ("DROP TABLE surefoot.store", "no store of runs"),
    ],
)
def test_a_store_that_is_not_as_it_was_left_is_refused(postgres_url: str, ask: Any, damage: str, says: str) -> None:
    open_store(postgres_url).close()
    ask(damage)
    assert says in refused(postgres_url)


def test_a_server_that_takes_no_writes_is_refused(postgres_server: Any) -> None:
    url = postgres_server.make_database("mirror")
    postgres_server.execute("ALTER DATABASE mirror SET default_transaction_read_only = on")
    assert "read-only" in refused(url)


def test_a_schema_of_somebody_else_is_refused_and_left_alone(postgres_url: str, ask: Any) -> None:
    ask("CREATE SCHEMA surefoot")
    ask("CREATE TABLE surefoot.theirs (x int)")
    assert "no store of runs" in refused(postgres_url)
    assert ask("SELECT tablename FROM pg_tables WHERE schemaname = 'surefoot'") == [("theirs",)]


def test_a_database_that_cannot_hold_all_text_is_refused(postgres_server: Any) -> None:
    postgres_server.execute("CREATE DATABASE narrow ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    assert "LATIN1" in refused(postgres_server.url("narrow"))


def test_a_user_with_no_rights_is_told_so_and_with_a_schema_given_needs_none(postgres_server: Any) -> None:
    url = postgres_server.make_database("given").replace("://postgres:", "://guest:")
    postgres_server.execute(f"CREATE ROLE guest LOGIN PASSWORD '{sys.modules['postgres_server'].PASSWORD}'")
    message = refused(url)
    assert "permission denied" in message and "grant it" in message
    with pytest.raises(StoreError, match="permission denied"):
        try_store(url)
    postgres_server.execute("CREATE SCHEMA surefoot AUTHORIZATION guest", database="given")
    with open_store(url) as store:
        store.upsert_run("t", "r", goal="g")
        assert store.delete_run("t")


def test_who_comes_while_a_store_is_being_made_waits_for_it(
    postgres_url: str, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = threading.Event(), opening._make

    def slowly(cursor: Any) -> None:
        make(cursor)
        made.set()
        wait_for(lambda: ask("SELECT 1 FROM pg_locks WHERE NOT granted"))

    monkeypatch.setattr(opening, "_make", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(open_store, postgres_url)
        assert made.wait(20)
        second = pool.submit(open_store, postgres_url)
        with first.result() as one, second.result() as other:
            one.append("r", {})
            assert len(other.events("r")) == 1


def test_eight_processes_may_make_the_same_store_at_once(postgres_url: str, start: Any) -> None:
    code = "fork(8, lambda n: open_store(path).upsert_run('t', f'r{n}'))"
    assert start(code, at=postgres_url).wait() == 0
    with open_store(postgres_url) as store:
        assert len(store.runs()) == 8


def test_a_server_that_was_restarted_is_found_again(store: Store, postgres_server: Any) -> None:
    store.append("r", {"n": 1})
    postgres_server.stop()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(store.append, "r", {"n": n}) for n in range(8)]
        postgres_server.start()
        assert sorted(found.result() for found in waiting) == list(range(2, 10))
    assert len(store.events("r")) == 9


def test_a_server_that_stays_away_is_one_sentence(
    store: Store, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PATIENCE_SECONDS", 0.3)
    postgres_server.stop()
    try:
        with pytest.raises(StoreError, match="cannot be reached"):  # on a busy machine still for the end of the session
            store.runs()
        for call in (store.runs, lambda: store.append("r", {}), lambda: store.checkpointer.get_tuple(on("t"))):
            with pytest.raises(StoreError, match=r"cannot be reached \(Connection refused\)"):
                call()
        with pytest.raises(StoreError, match="cannot be reached"), store.lock("t"):
            pass
    finally:
        postgres_server.start()
    assert store.append("r", {}) == 1


def test_a_store_whose_database_was_exchanged_takes_no_new_work(store: Store, ask: Any, postgres_server: Any) -> None:
    ask("UPDATE surefoot.store SET id = 'another'")
    store.append("r", {"n": 1})
    cut_off(postgres_server)
    with pytest.raises(StoreError, match="not the store that was opened"):
        store.append("r", {"n": 2})
    ask("DROP SCHEMA surefoot CASCADE")
    with pytest.raises(StoreError, match="not the store that was opened"):
        store.runs()


def test_tables_that_are_gone_are_said_to_be(store: Store, ask: Any) -> None:
    ask("DROP TABLE surefoot.log")
    with pytest.raises(StoreError, match="lost its tables"):
        store.events("r")


def cut_off(postgres_server: Any) -> None:
    """End every connection to the store."""
    postgres_server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'runs' AND pid <> pg_backend_pid()"
    )


@pytest.fixture
def wire(postgres_server: Any) -> Iterator[Wire]:
    opened = Wire(postgres_server.port)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", WRITES)
def test_a_connection_cut_around_a_commit_stores_each_thing_once(
    name: str, wire: Wire, postgres_url: str, postgres_server: Any, ask: Any
) -> None:
    url = postgres_url.replace(f":{postgres_server.port}/", f":{wire.port}/")
    outcomes = []
    for cut in (None, "before", "after"):
        ask("DROP SCHEMA IF EXISTS surefoot CASCADE")
        with open_store(url) as store:
            begun(store)
            wire.cut_next(cut)
            result = WRITES[name](store)
            outcomes.append((result, contents(store)))
    assert wire.cuts == 2
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_connection_cut_inside_a_transaction_leaves_nothing_of_it(store: Store, postgres_server: Any) -> None:
    with pytest.raises(NothingStored), store.database.transaction() as cursor:
        cursor.execute("INSERT INTO log VALUES ('r', 1, 0, '', '', '{}')")
        cut_off(postgres_server)
        cursor.execute("INSERT INTO log VALUES ('r', 2, 0, '', '', '{}')")
    assert store.events("r") == []


def test_an_interruption_inside_a_transaction_leaves_nothing_of_it(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.database.transaction() as cursor:
        cursor.execute("INSERT INTO log VALUES ('r', 1, 0, '', '', '{}')")
        raise KeyboardInterrupt
    assert store.append("r", {}) == 1


def test_two_transactions_in_each_others_way_both_end(store: Store, postgres_url: str) -> None:
    """Postgres ends one of them as a deadlock; it is done again."""
    for action in ("a1", "a2"):
        store.prepare("r", {**ACTION, "action_id": action}, "irreversible")
    both_hold = threading.Barrier(2)

    @repeated
    def touch(opened: Store, first: str, second: str, wait: list[int]) -> None:
        with opened.database.transaction() as cursor:
            cursor.execute("UPDATE actions SET tool = 'x' WHERE action_id = ?", (first,))
            if wait:
                wait.pop()
                both_hold.wait(20)
            cursor.execute("UPDATE actions SET tool = 'y' WHERE action_id = ?", (second,))

    with open_store(postgres_url) as other, ThreadPoolExecutor(2) as pool:
        ways = [pool.submit(touch, store, "a1", "a2", [1]), pool.submit(touch, other, "a2", "a1", [1])]
        assert [way.result() for way in ways] == [None, None]


def test_an_output_put_while_another_process_sweeps_is_kept(store: Store, postgres_url: str) -> None:
    with open_store(postgres_url) as other, ThreadPoolExecutor(2) as pool:
        for n in range(30):
            store.upsert_run("t", f"r{n}")
            put = pool.submit(store.put, "shared", run_id=f"r{n}")
            other.sweep()
            assert store.get(put.result()) == ("shared", 6)
            with store.database.transaction() as cursor:
                cursor.execute("DELETE FROM artifacts")


def test_a_lock_that_was_given_back_is_free_at_once(
    store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may take its time to notice that a connection has ended: here it never does."""
    left: list[Any] = []
    monkeypatch.setattr(cast(Any, store).locks._sessions, "disconnect", left.append)
    with store.lock("t"):
        pass
    with open_store(postgres_url) as other, other.lock("t"):
        assert len(left) == 1
    monkeypatch.undo()
    left[0].close()


def test_sixty_four_threads_work_on_one_store(store: Store) -> None:
    def work(n: int) -> None:
        with store.lock(f"t{n % 16}") if n < 16 else nullcontext():
            for name, write in WRITES.items():
                if name not in ("start", "finish", "release"):
                    write(store)

    begun(store)
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(work, range(64)))
    assert [event["seq"] for event in store.events("r")] == list(range(1, 65))
    assert store.spent("r")["steps"] == 64


FORKED = """
import json, warnings; warnings.simplefilter("error")
def seen():
    with s.database.transaction() as cursor:
        own = cursor.execute("SELECT pg_backend_pid()").fetchone()[0]
        locks = cursor.execute("SELECT pid FROM pg_locks WHERE locktype = 'advisory'").fetchall()
    return [own, locks]
s = open_store(path)
with s.lock("t"):
    before = seen()
    if os.fork() == 0:
        child = seen()
        with s.lock("u"): pass
        try: s.lock("t").__enter__()
        except RunBusy: s.append("r", {"child": child})
        sys.exit()
    _, status = os.wait()
    s.append("r", {"status": status, "before": before, "after": seen()})
"""


def test_a_forked_child_has_connections_of_its_own_and_leaves_its_parents_alone(
    store: Store, postgres_url: str, start: Any
) -> None:
    assert start(FORKED, at=postgres_url).wait() == 0
    child, parent = store.events("r")
    assert parent["status"] == 0
    assert parent["before"] == parent["after"]
    assert child["child"][0] != parent["before"][0]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))])
def test_a_name_postgres_cannot_hold_is_refused_and_jams_nothing(store: Store, name: str) -> None:
    config: Any = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
    for call in (
        lambda: store.lock(name).__enter__(),
        lambda: store.upsert_run(name, "r"),
        lambda: store.checkpointer.put(config, point(), {}, {"c": "1"}),
    ):
        with pytest.raises(StoreError) as error:
            call()
        assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert store.runs() == []
    with store.lock("t"):
        WRITES["run"](store)


def test_a_closed_store_gives_all_its_connections_back(postgres_url: str, ask: Any) -> None:
    store = open_store(postgres_url)
    with store.lock("t"), store.lock("u"):
        store.close()
    with pytest.raises(StoreError, match="closed"), store.lock("t"):
        pass
    left = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'runs' AND application_name = 'surefoot'"
    wait_for(lambda: ask(left) == [(0,)])


def test_a_store_nobody_closed_goes_without_a_warning(postgres_url: str) -> None:
    open_store(postgres_url).append("r", {})
    gc.collect()
