"""JSON found in what a model wrote, whatever it wrote."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from surefoot.nodes.jsontext import calls_in, calls_in_text, fits, json_values, mend, parse
from surefoot.nodes.reply import text_of, was_cut

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), JSON, min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_text_makes_the_search_fail(text: str) -> None:
    for written in (text, "{" + text + "}", "```" + text + "```", "<tool_call>" + text):
        list(json_values(written))
        calls_in_text(written, ["a"])
        text_of(AIMessage(written))


@settings(max_examples=60, deadline=None)
@given(OBJECTS, st.text(alphabet="abc .,:!\n"), st.text(alphabet="abc .,:!\n"))
def test_an_object_in_prose_is_found_whole(value: dict[str, Any], before: str, after: str) -> None:
    assert next(json_values(f"{before}{json.dumps(value)}{after}")) == value


@settings(max_examples=60, deadline=None)
@given(OBJECTS)
def test_mending_leaves_what_is_whole_alone(value: dict[str, Any]) -> None:
    assert mend(json.dumps(value)) == value


@pytest.mark.parametrize(
    "hostile",
    [
        '{"a":' * 20_000,
        "[" * 100_000,
        "{" * 100_000,
        "{" * 40_000 + "}",
        "[{" * 30_000 + "}]",
    ],
)
def test_hostile_text_ends_in_nothing(hostile: str) -> None:
    assert [value for value in json_values(hostile) if value] == []
    assert calls_in_text(hostile, ["a"])[0] == []


def test_a_number_too_long_for_python_does_no_harm() -> None:
    list(json_values('{"a": ' + "9" * 5000 + "}"))


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ('{"a": 1,}', {"a": 1}),
        ("{'a': True, 'b': None}", {"a": True, "b": None}),
        ('{a: 1, /* why */ b: "x"}', {"a": 1, "b": "x"}),
        ('{"text": "he said "hi" to me", "n": 2}', {"text": 'he said "hi" to me', "n": 2}),
        ('{"a": NaN}', {"a": None}),
    ],
)
def test_what_models_get_wrong_is_mended(broken: str, mended: dict[str, Any]) -> None:
    assert mend(broken) == mended


@pytest.mark.parametrize("cut", ['{"a": [1, 2', '{"a": "half a', "a: 1", ""])
def test_what_does_not_end_is_not_completed(cut: str) -> None:
    assert mend(cut) is None


def test_raw_newlines_in_strings_are_read_as_written() -> None:
    assert parse('{"text": "one\ntwo"}') == {"text": "one\ntwo"}


def test_only_offered_names_are_calls() -> None:
    assert calls_in({"name": "rm", "args": {}}, ["ls"]) == []
    assert calls_in([{"name": "ls", "args": {}}, {"name": "rm", "args": {}}], ["ls"]) == []
    assert calls_in({"tool": "rm"}, None) == [{"name": "rm", "args": {}}]


def test_arguments_fit_when_none_is_missing_and_none_invented() -> None:
    schema = {"properties": {"a": {}, "b": {}}, "required": ["a"]}
    assert [fits(args, schema) for args in ({"a": 1}, {"a": 1, "b": 2}, {"b": 2}, {"a": 1, "c": 3}, [1])] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<think>a</think>b", "b"),
        ("a\n</think>\nb", "b"),
        ("a <Thinking>x</Thinking>b", "a b"),
        ("<think>never ends", ""),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_thoughts_in_tags_are_taken_out(written: str, text: str) -> None:
    assert text_of(AIMessage(written)) == text


@pytest.mark.parametrize(
    ("about", "cut"),
    [({"finish_reason": "length"}, True), ({"stop_reason": "max_tokens"}, True), ({"finish_reason": "MAX_TOKENS"}, True),
     ({"finish_reason": "stop"}, False), ({"done_reason": None}, False), ({}, False)],
)  # fmt: skip
def test_a_reply_that_hit_the_limit_is_told_from_one_that_ended(about: dict[str, Any], cut: bool) -> None:
    assert was_cut(AIMessage("x", response_metadata=about)) is cut
