"""When two results say the same, and what in them is the news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.nodes import sameness
from surefoot.nodes.sameness import bare, counts_on, gist, measures, mild, spans, steady, times, unechoed

TWICE = {
    "a clock": ("done at 2026-03-01T10:00:00Z", "done at 2026-03-01T10:05:09Z"),
    "a syslog clock": ("Mar  1 10:00:00 host up", "Mar 21 11:30:05 host up"),
    "seconds since 1970": ('{"at": 1772400000}', '{"at": 1772409999}'),
    "an id of 36 characters": ("7d0a2f10-1111-4222-8333-abcdefabcdef ok", "aa0a2f10-1111-4222-8333-abcdefabcd00 ok"),
    "what a server calls the request": ('{"ok": true, "trace": "7ef5bec3"}', '{"ok": true, "trace": "22827ea6"}'),
    "a comment in the page": ("<p>none</p><!-- by mw3 -->", "<p>none</p><!-- by mw9 -->"),
    "a browser's own number of an element": ("form [ref=e47] Send", "form [ref=s1e9] Send"),
    "how long it took, in a page": ("Page 1 of 9. Rendered in 41 ms.", "Page 1 of 9. Rendered in 9 ms."),
    "how long it took": ('{"ok": true, "took_ms": 12}', '{"ok": true, "took_ms": 990}'),
}

TELLING = [
    ("commit 3fa1b2c9 is deployed", "commit 77c0de11 is deployed"),
    ('{"name": "e92336.jpg"}', '{"name": "143b09.jpg"}'),
    ('{"cursor": "b5d98c33d1"}', '{"cursor": "30039aeebf"}'),
    ("0a1b2c3d4e", "9f8e7d6c5b"),
]


@pytest.mark.parametrize("what", TWICE)
def test_a_result_is_the_same_but_for(what: str) -> None:
    one, other = TWICE[what]
    assert steady(one) == steady(other)


@pytest.mark.parametrize(
    ("one", "other"), [("41000 rows", "42000 rows"), ("3 of 9", "4 of 9"), ("v1a2b3c", "v9d8e7f"), *TELLING]
)
def test_counts_and_names_are_news(one: str, other: str) -> None:
    assert steady(one) != steady(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("psql[4711]: refused", "psql[12]: refused"),
        ("in /tmp/run_1f.py", "in /tmp/run_ab.py"),
        ("pid 41 died", "pid 7 died"),
    ],
)
def test_a_failure_is_the_same_in_another_process(one: str, other: str) -> None:
    assert mild(one) == mild(other)
    assert mild("3 failed") != mild("2 failed")


def test_failures_are_alike_whatever_the_call_was_asked() -> None:
    paths = [bare(f"No such file: '/srv/{p}'", {"path": p}) for p in ("a.yml", "conf/app.ini")]
    assert paths[0][1] == paths[1][1]
    columns = [bare(f"no such column: {c}", {"sql": f"SELECT {c} FROM t"}) for c in ("week", "num_week")]
    assert columns[0][1] == columns[1][1]
    assert bare("no such table: t", {"sql": "SELECT a FROM t"})[1] != columns[0][1]


def test_a_word_of_the_error_that_a_call_happens_to_hold_parts_nothing() -> None:
    denied = [bare("permission denied for table salary", {"sql": s}) for s in ("TABLE salary", "SELECT 1 FROM salary")]
    assert denied[0][0] == denied[1][0]


@pytest.mark.parametrize(
    ("texts", "ends"),
    [
        (["retry after 40 s", "retry after 25 s", "retry after 10 s"], True),
        (["at 10 %", "at 20 %", "at 35 %"], True),
        (["3 of 9 moved", "4 of 9 moved", "8 of 9 moved"], True),
        (["assert 0.73 <= 0.5", "assert 0.64 <= 0.5", "assert 0.56 <= 0.5"], True),
        (["passed in 0.9s", "passed in 0.8s", "passed in 0.7s"], False),
        (["line 10: bad", "line 20: bad", "line 30: bad"], False),
        (["40 left", "25 left"], False),
        (["40 left", "25 left", "25 left"], False),
        (["took 90 ms", "took 80 ms", "took 70 ms"], False),
        (["at 10:30", "at 10:20", "at 10:10"], False),
    ],
)
def test_what_is_counted_towards_an_end_will_end(texts: list[str], ends: bool) -> None:
    assert counts_on([measures(text) for text in texts]) is ends


CHANGING = [text for pair in TWICE.values() for text in pair] + [text for pair in TELLING for text in pair]
PIECES = [
    *CHANGING,
    "TOOK: 12",
    "mſ 12",
    "0xFF",
    "at 10:30",
    "1772400000.5",
    "Mar 1 x",
    "2026/03/01",
    "-",
    " ",
    "\n",
    "7",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=6).map("".join))
def test_what_is_not_looked_for_in_a_text_was_not_in_it(text: str) -> None:
    for changes in (sameness._NOISE, sameness._CLOCKS, sameness._NAMES, sameness._AMOUNTS):
        all_looked_for = [(bool, pattern, name) for _, pattern, name in changes]
        assert sameness._without(changes, text) == sameness._without(all_looked_for, text)
    assert sameness._HEX.search(text) or not sameness._HANDLE.search(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"state": "crashed", "pid": 4711}', '{"state": "crashed", "pid": 12}'),
        ('{"at": [0, 1], "turn": 7}', '{"at": [0, 1], "turn": 8}'),
        ('{"result": null, "quota_left": 60}', '{"result": null, "quota_left": 59}'),
        ("web-1 0/1 Pending 4m", "web-1 0/1 Pending 12m5s"),
        ('File "/tmp/tmp1a2b/run.py", line 1', 'File "/tmp/tmpffee/run.py", line 1'),
    ],
)
def test_to_who_asks_again_a_counter_of_the_asking_is_no_news(one: str, other: str) -> None:
    assert gist(one) == gist(other)
    assert steady(one) != steady(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("10%", "20%"), ('{"position": 12}', '{"position": 11}'), ('{"task": 7}', '{"task": 8}'), ("page 3", "page 4")],
)
def test_to_who_asks_again_what_moves_is_news(one: str, other: str) -> None:
    assert gist(one) != gist(other)


def test_an_answer_that_repeats_its_question_says_the_rest() -> None:
    told = [unechoed(f"No results for '{q}'", {"q": q}) for q in ("poem author", "Author of the poem")]
    assert told[0] == told[1]
    assert unechoed("12 rows", {"limit": 12}) == "12 rows"


def test_lengths_of_time_are_read_in_seconds() -> None:
    assert spans("about 7 minutes left, 1h30m in all, 2 Stunden, 45s") == (420, 5400, 7200, 45)
    assert spans("5 metres, 3 pods, v2h") == ()


def test_the_times_in_a_text_tell_that_time_passed() -> None:
    assert times("up 4m at 10:30") != times("up 5m at 10:31")
    assert times("took_ms: 7") == times("took_ms: 9") == ()
