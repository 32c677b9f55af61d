"""Where a result does not fit the schema its tool declares, and schemas that say nothing."""

from typing import Any

import pytest

from surefoot.nodes.evidence.declared import misfit

LINE = {"type": "object", "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}, "required": ["sku"]}
ORDER = {
    "type": "object",
    "properties": {
        "status": {"enum": ["open", "closed"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["lines"],
    "$defs": {"Line": LINE},
}


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ({}, "`lines` is missing"),
        ({"lines": {}}, "`lines` is not a list"),
        ({"lines": [{"sku": "a"}, {"count": 1}]}, "`lines[1].sku` is missing"),
        ({"lines": [{"sku": None}]}, "`lines[0].sku` is null and not a text"),
        ({"lines": [{"sku": "a", "count": 1.5}]}, "`lines[0].count` is not a whole number"),
        ({"lines": [], "status": "lost"}, "`status` is none of open, closed"),
        ({"lines": [], "note": ["a"]}, "`note` is not a text"),
        ("no such order", "it is not an object"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(output: Any, fault: str) -> None:
    assert misfit(output, ORDER) == fault


@pytest.mark.parametrize(
    "output",
    [
        {"lines": [{"sku": 7, "count": "3"}], "status": "open", "note": None, "more": True},
        '{"lines": []}',
        {"lines": [{"sku": "a"}] * 500},
    ],
)
def test_what_any_reader_can_take_fits(output: Any) -> None:
    assert misfit(output, ORDER) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$ref": "#"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": 7},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": ["object", "null"], "properties": ["a"], "required": [["a"], 3], "enum": 5},
        {"properties": {"a": {"properties": {"a": {"$ref": "#/properties/a"}}}}},
    ],
)
def test_a_schema_that_cannot_be_read_finds_no_fault(schema: Any) -> None:
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"a": deep}
    assert misfit(deep, schema) == ""
