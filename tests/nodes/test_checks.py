"""Checks as data: what each expectation means, what is no check, and that no check or subject can hang or flood us."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.nodes import checkschema
from surefoot.nodes.checks import flaw, judge, told
from surefoot.nodes.figures import number_of, numbers_in
from surefoot.nodes.records import Check

TABLE = {"columns": ["region", "total"], "rows": [["North", 1520.5], ["South", 980]], "row_count": 2}


def outcome(subject: Any, expect: Any, value: Any = None, path: str = "") -> str:
    return judge(Check(expect=expect, value=value, path=path), subject).outcome


@pytest.mark.parametrize(
    ("subject", "path", "expect", "value"),
    [
        ([{"path": "a.md", "bytes": 3}], "", "exists", None),
        ([], "", "absent", None),
        (TABLE, "rows.0.1", "equals", 1520.5),
        (TABLE, "rows[0][1]", "equals", "1,520.50"),
        (TABLE, "$.rows[-1].0", "equals", "South"),
        (TABLE, "rows.length", "equals", 2),
        (TABLE, "rows", "min", 2),
        (TABLE, "rows", "equals", [["North", 1520.5], ["South", 980.0]]),
        (TABLE, "nothing.here", "absent", None),
        (TABLE, "rows.0", "contains", "North"),
        (TABLE, "columns", "contains", ["total", "region"]),
        ('{"a": {"b": [1, 2, 3]}}', "a.b.length", "equals", 3),
        ('Here it is:\n```json\n{"a": 7}\n```', "a", "equals", 7),
        ("The total is 1,234.50 euros.", "", "contains", 1234.5),
        ("v12, not more", "", "contains", 12),
        ("North leads", "", "contains", "North"),
        ("North leads", "", "lacks", "South"),
        (" 42\n", "", "equals", 42),
        ("yes \n", "", "equals", "yes"),
        (True, "", "equals", "true"),
        ("Order A-17 shipped", "", "matches", r"A-\d+"),
        ('[{"id": 1}]', "", "schema", {"type": "array", "items": {"required": ["id"]}}),
        ("3.5", "", "max", 3.5),
        ("١٢٣", "", "min", 123),
    ],
)
def test_what_is_as_expected_passes(subject: Any, path: str, expect: Any, value: Any) -> None:
    assert outcome(subject, expect, value, path) == "passed"


@pytest.mark.parametrize(
    ("subject", "path", "expect", "value"),
    [
        ([], "", "exists", None),
        ("", "", "exists", None),
        (TABLE, "rows.5", "exists", None),
        (TABLE, "rows", "absent", None),
        (TABLE, "rows.0.1", "equals", 1520),
        (TABLE, "rows.length", "equals", 3),
        (TABLE, "nothing", "lacks", "x"),
        (1, "", "equals", True),
        ("0012", "", "equals", 12),
        ("in 2012", "", "contains", 12),
        ("12.5 kg", "", "contains", 12),
        ("North", "", "contains", "north"),
        ("no number", "", "min", 0),
        ({"a": 1}, "", "schema", {"required": ["b"]}),
        ("A-x", "", "matches", r"A-\d+"),
        ([{"a": 1}, {"a": 1.0}], "", "equals", [{"a": 1}]),
    ],
)
def test_what_is_not_as_expected_fails_and_says_what_was_there(
    subject: Any, path: str, expect: Any, value: Any
) -> None:
    assert outcome(subject, expect, value, path) == "failed"


def test_a_failed_check_tells_what_was_found_and_never_floods() -> None:
    wrong = judge(Check(path="rows.0.1", expect="equals", value=7), TABLE)
    assert wrong.found == "1520.5"
    assert judge(Check(path="rows.9", expect="exists"), TABLE).found == "nothing at rows.9"
    assert len(judge(Check(expect="equals", value="a"), "b\n" * 400_000).found) <= 300


@pytest.mark.parametrize(
    ("expect", "value", "why"),
    [
        ("matches", "(", "regular expression"),
        ("matches", r"(a)\1", "back-references"),
        ("matches", "((((a{900}){900}){900}){900})", "regular expression"),
        ("matches", "a" * 1001, "1,000"),
        ("matches", 5, "regular expression"),
        ("equals", None, "no value"),
        ("contains", "", "no value"),
        ("min", "many", "no number"),
        ("max", float("nan"), "no number"),
        ("equals", "a" * 5000, "4,000"),
        ("schema", "object", "no JSON schema"),
        ("schema", {"type": "nonsense"}, "no usable JSON schema"),
        ("schema", {"$ref": "http://127.0.0.1:9/secret"}, "$ref"),
        ("schema", {"items": {"anyOf": [{"patternProperties": {"(a+)+b": {}}}]}}, "patternProperties"),
        ("schema", {"not": {"unevaluatedProperties": False}}, "unevaluatedProperties"),
        ("schema", {"properties": {"a": {"pattern": r"(?=x)"}}}, "no usable JSON schema"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_a_reason_and_never_passes(expect: Any, value: Any, why: str) -> None:
    check = Check(expect=expect, value=value)
    assert why in flaw(check)
    assert judge(check, "a" * 900).outcome == "error"


def test_a_schema_nested_beyond_all_measure_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(20_000):
        schema = {"not": schema}
    assert checkschema.flaw(schema)


def test_args_without_a_tool_and_endless_paths_are_refused() -> None:
    assert "no tool" in flaw(Check(args={"path": "x"}, expect="exists"))
    assert "path" in flaw(Check(path=".".join("abcdefghijklmnopqrstuvwxyz"), expect="exists"))


@pytest.mark.parametrize(
    ("subject", "expect", "value"),
    [
        ("x" * 999_999, "matches", "(x+x+)+y"),
        ("a" * 50_000 + "!", "schema", {"type": "string", "pattern": "^(a+)+$"}),
        ([{"n": n} for n in range(4000)], "schema", {"items": {"anyOf": [{"required": [str(n)]} for n in range(100)]}}),
        ([{"n": n} for n in range(4000)], "schema", {"uniqueItems": True, "maxItems": 3}),
        ("[" * 999_999, "equals", [1]),
        ("9" * 999_999, "min", 1),
        ("1 " * 499_999, "contains", 2),
    ],
)
def test_hostile_checks_and_subjects_end_soon(subject: Any, expect: Any, value: Any) -> None:
    began = time.monotonic()
    assert outcome(subject, expect, value) != "passed"
    assert time.monotonic() - began < 8


def test_too_long_a_subject_is_no_pass() -> None:
    assert outcome("x" * 1_000_001, "contains", "x") == "error"
    assert outcome([{"text": "x" * 70_000}], "schema", {"type": "array"}) == "failed"


def test_a_check_is_told_as_it_stands() -> None:
    check = Check(tool="query_data", args={"sql": "SELECT 1"}, path="rows.0.0", expect="min", value=1)
    assert told(check) == 'query_data(sql="SELECT 1") at rows.0.0 is at least 1'
    assert told(Check(expect="contains", value="é")) == 'the report contains "é"'


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234 and 2.5%", {1234, 1.234, 2.5}),
        ("1.234,56", {1234.56}),
        ("1\u00a0234\u00a0567", {1234567}),
        ("-3 °C on 2026-07-03", {-3, 2026, 7, 3}),
        ("v1.2 abc12", set()),
        ("٤٥٫٥", {45.5}),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: set[float]) -> None:
    assert numbers <= numbers_in(text)
    if not numbers:
        assert numbers_in(text) == set()


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_number_is_found_where_it_was_written(number: float) -> None:
    assert number_of(f"{number:.3f}") == round(number, 3) == number_of(f"{number:,.3f}")
    assert round(number, 3) in numbers_in(f"It is {number:,.3f}.")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(
    ANY, ANY, st.sampled_from(["exists", "absent", "equals", "contains", "lacks", "matches", "schema", "min", "max"])
)
def test_any_check_on_anything_gives_a_result(subject: Any, value: Any, expect: Any) -> None:
    found = judge(Check(expect=expect, value=value, path="a.0"), subject)
    assert found.outcome in ("passed", "failed", "error")
    assert (found.outcome == "passed") == (found.found == "")
