"""Arguments are checked before a tool runs; slips that lose nothing are mended, all else is explained."""

import json
from typing import Any, Literal

import pytest
from langchain_core.tools import StructuredTool, Tool
from pydantic import BaseModel, Field, field_validator

from surefoot.tools.arguments import Arguments
from surefoot.tools.errors import ToolError


class Taken(BaseModel):
    count: int
    ratio: float = 0.5
    names: list[str] = []
    options: dict[str, int] = {}
    text: str = ""
    flag: bool = False
    order: Literal["asc", "desc"] = "asc"


def nothing(**_: Any) -> None: ...


def by_pydantic(schema: type[BaseModel] = Taken) -> Arguments:
    return Arguments(StructuredTool(name="work", description="d", args_schema=schema, func=nothing))


def by_schema(schema: dict[str, Any] | None = None) -> Arguments:
    return Arguments(
        StructuredTool(name="work", description="d", args_schema=schema or Taken.model_json_schema(), func=nothing)
    )


both = pytest.mark.parametrize("make", [by_pydantic, by_schema])


@both
def test_fitting_arguments_pass_unchanged_as_a_copy(make: Any) -> None:
    args = {"count": 3, "names": ["a"], "options": {"x": 1}, "text": "5", "flag": True}
    fitted = make().fit(args)
    assert fitted == args
    assert fitted["names"] is not args["names"]


@both
@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ({"names": '["a", "b"]'}, {"names": ["a", "b"]}),
        ({"options": '{"x": 1}'}, {"options": {"x": 1}}),
        ({"text": {"a": [1]}}, {"text": '{"a": [1]}'}),
        ({"text": 42}, {"text": "42"}),
        ({"ratio": None}, {}),
        ({"unheard_of": None}, {}),
        ({"names": [1, 2]}, {"names": ["1", "2"]}),
    ],
)
def test_slips_that_lose_nothing_are_mended(make: Any, slip: dict[str, Any], meant: dict[str, Any]) -> None:
    assert make().fit({"count": 1, **slip}) == {"count": 1, **meant}


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ({"count": " 12 "}, {"count": 12}),
        ({"count": "12.0"}, {"count": 12}),
        ({"count": 1, "ratio": "1e-3"}, {"count": 1, "ratio": 0.001}),
        ({"count": 1, "flag": "True"}, {"count": 1, "flag": True}),
        ({"count": 1, "options": '{"x": "7"}'}, {"count": 1, "options": {"x": 7}}),
    ],
)
def test_numbers_and_booleans_as_text_are_mended_for_json_schemas_too(slip: Any, meant: Any) -> None:
    assert by_schema().fit(slip) == meant


def test_pydantic_takes_numbers_as_text_by_itself() -> None:
    assert Taken.model_validate(by_pydantic().fit({"count": "12"})).count == 12


def test_an_optional_union_is_mended_to_the_branch_that_fits() -> None:
    schema = {
        "type": "object",
        "properties": {"x": {"anyOf": [{"type": "integer"}, {"type": "array"}, {"type": "null"}]}},
    }
    assert by_schema(schema).fit({"x": "[1]"}) == {"x": [1]}
    assert by_schema(schema).fit({"x": "4"}) == {"x": 4}
    assert by_schema(schema).fit({"x": None}) == {"x": None}


@both
@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, ["'count' is missing", "count (integer)", "ratio (number, optional)"]),
        ({"count": "many"}, ["'count'", "integer", "'many'"]),
        ({"count": 1, "names": "a, b"}, ["'names'", "'a, b'"]),
        ({"count": 1, "order": "up"}, ["'order'", "order (one of asc, desc, optional)"]),
        ({"count": 1, "ratios": 2}, ["'ratios' is no argument of it", "did you mean 'ratio'"]),
        ({"count": 1, "options": {"x": "y"}}, ["'options.x'"]),
        ({"count": None}, ["'count'"]),
    ],
)
def test_the_message_says_which_argument_and_what_is_taken(make: Any, args: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ToolError, match="work cannot take these arguments") as caught:
        make().fit(args)
    for word in words:
        assert word in str(caught.value)


@both
def test_a_huge_wrong_value_is_not_repeated_whole(make: Any) -> None:
    with pytest.raises(ToolError) as caught:
        make().fit({"count": "x" * 1_000_000, "names": {"k": list(range(100_000))}})
    assert len(str(caught.value)) < 1_000


def test_lossy_conversions_are_refused() -> None:
    for args in ({"count": 1.5}, {"count": "1.5"}, {"count": 1, "ratio": "1e999"}, {"count": 1, "text": 0.1}):
        with pytest.raises(ToolError):
            by_schema().fit(args)


def test_constraints_and_validators_of_pydantic_are_asked() -> None:
    class Careful(BaseModel):
        age: int = Field(ge=0)
        name: str = "x"

        @field_validator("name")
        @classmethod
        def known(cls, name: str) -> str:
            return {"x": "x"}[name]

    with pytest.raises(ToolError, match="'age': input should be greater than or equal to 0"):
        by_pydantic(Careful).fit({"age": -1})
    with pytest.raises(ToolError, match="KeyError: 'y'"):
        by_pydantic(Careful).fit({"age": 1, "name": "y"})


def test_open_schemas_take_any_argument() -> None:
    assert by_schema({"type": "object"}).fit({"any": 1}) == {"any": 1}
    open_ended = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}
    assert by_schema(open_ended).fit({"any": 1}) == {"any": 1}


@pytest.mark.parametrize(
    "broken",
    [{"$ref": "http://127.0.0.1:9/schema.json"}, {"type": "string", "pattern": "\\p{Lu}("}, {"type": "nonsense"}],
)
def test_a_broken_foreign_schema_leaves_the_judgement_to_the_tool(broken: dict[str, Any]) -> None:
    assert by_schema({"type": "object", "properties": {"a": broken}}).fit({"a": "x"}) == {"a": "x"}


def test_a_tool_of_one_text_takes_its_text() -> None:
    arguments = Arguments(Tool(name="echo", description="d", func=lambda text: text))
    assert arguments.fit({"__arg1": "x"}) == {"__arg1": "x"}


def test_hidden_parameters_are_taken_and_not_spoken_of() -> None:
    class Keyed(BaseModel):
        a: int
        idempotency_key: str

    tool = StructuredTool(name="work", description="d", args_schema=Keyed, func=nothing)
    arguments = Arguments(tool, {"idempotency_key"})
    assert arguments.fit({"a": 1, "idempotency_key": "k"}) == {"a": 1, "idempotency_key": "k"}
    with pytest.raises(ToolError) as caught:
        arguments.fit({"a": "x", "idempotency_key": "k"})
    assert "idempotency_key" not in str(caught.value)


def test_nested_json_text_is_mended_level_by_level() -> None:
    inner = json.dumps({"x": "3"})
    assert by_schema().fit({"count": 1, "options": inner}) == {"count": 1, "options": {"x": 3}}
