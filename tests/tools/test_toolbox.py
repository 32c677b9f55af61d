"""The toolbox knows what each tool is called, takes and does, and which ones fit."""

from typing import Any

import pytest
from langchain_core.tools import StructuredTool, tool

from surefoot.tools.effects import tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.toolbox import Toolbox


@tool_effect("read_only")
def count_words(text: str, unique: bool = False) -> int:
    """Count the words of a text.

    Words are what spaces part.

    Args:
        text: What to count in.
        unique: Whether to count each word once.
    """
    return len(set(text.split()) if unique else text.split())


async def send_mail(to: str, idempotency_key: str) -> str:
    return f"{to} {idempotency_key}"


def mcp_tool(schema: dict[str, Any] | None = None, name: str = "remote") -> StructuredTool:
    async def call(**kwargs: Any) -> tuple[Any, None]:
        return kwargs, None

    return StructuredTool(
        name=name,
        description="Ask the remote side.",
        args_schema=schema or {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
        coroutine=call,
        response_format="content_and_artifact",
        metadata={"readOnlyHint": True},
    )


def test_a_plain_function_is_a_tool_with_its_declared_effect() -> None:
    box = Toolbox([count_words])
    assert box.effect("count_words").effect == "read_only"
    function = box.schema("count_words")["function"]
    assert function["description"] == "Count the words of a text.\n\nWords are what spaces part."
    assert function["parameters"]["properties"]["text"] == {"description": "What to count in.", "type": "string"}
    assert function["parameters"]["required"] == ["text"]


def test_a_description_for_prompts_is_the_first_paragraph() -> None:
    assert Toolbox([count_words]).describe("count_words") == {
        "name": "count_words",
        "description": "Count the words of a text.",
        "effect": "read_only",
    }


def test_a_planner_is_told_what_a_reading_tool_takes_and_what_it_declares_to_give() -> None:
    told = mcp_tool()
    told.metadata = {**(told.metadata or {}), "output_schema": {"type": "object", "properties": {"kg": {}, "at": {}}}}
    assert Toolbox([told]).outline("remote")["gives"] == "kg, at"
    rows = {"type": "array", "items": {"properties": {"id": {}}}}
    listed = mcp_tool()
    listed.metadata = {**(listed.metadata or {}), "output_schema": rows}
    assert Toolbox([listed]).outline("remote")["gives"] == "id"
    assert "gives" not in Toolbox([count_words]).outline("count_words")


def test_a_function_without_docstring_is_described_by_its_name() -> None:
    assert Toolbox([send_mail]).describe("send_mail")["description"] == "send mail"


def test_the_key_parameter_is_hidden_from_the_model() -> None:
    parameters = Toolbox([send_mail]).schema("send_mail")["function"]["parameters"]
    assert "idempotency_key" not in parameters["properties"]
    assert parameters["required"] == ["to"]


def test_tools_with_an_effect_ask_for_confidence_and_read_only_ones_do_not() -> None:
    box = Toolbox([count_words, send_mail])
    asked = box.schema("send_mail")["function"]["parameters"]
    assert asked["properties"]["confidence"]["type"] == "number"
    assert "confidence" not in asked["required"]
    assert box.takes_confidence("send_mail")
    assert "confidence" not in box.schema("count_words")["function"]["parameters"]["properties"]
    assert not box.takes_confidence("count_words")
    assert not box.takes_confidence("nobody")


def test_a_parameter_named_confidence_stays_the_tools_own() -> None:
    def judge(confidence: str) -> str:
        return confidence

    box = Toolbox([judge])
    assert not box.takes_confidence("judge")
    assert box.schema("judge")["function"]["parameters"]["properties"]["confidence"] == {"type": "string"}


def test_mcp_schemas_and_hints_are_read_and_left_as_they_are() -> None:
    own = {"type": "object", "properties": {"a": {"type": "integer"}}}
    box = Toolbox([mcp_tool(own, "bare"), mcp_tool({"type": "object"}, "none")], effects={"bare": "irreversible"})
    assert (box.effect("bare").effect, box.effect("none").effect) == ("irreversible", "read_only")
    assert set(box.schema("bare")["function"]["parameters"]["properties"]) == {"a", "confidence"}
    assert box.schema("none")["function"]["parameters"] == {"type": "object", "properties": {}}
    assert own == {"type": "object", "properties": {"a": {"type": "integer"}}}


def test_a_schema_is_made_once() -> None:
    box = Toolbox([count_words])
    assert box.schema("count_words") is box.schema("count_words")


def test_doubled_names_are_refused_by_name() -> None:
    @tool("count_words")
    def other(x: int) -> int:
        """Another."""
        return x

    with pytest.raises(ToolError, match="named count_words;"):
        Toolbox([count_words, other])


@pytest.mark.parametrize("thing", [lambda x: x, 3, "count_words", dict])
def test_what_is_no_tool_is_refused(thing: Any) -> None:
    with pytest.raises(ToolError, match="is no tool"):
        Toolbox([thing])


def test_unknown_names_have_no_tool_and_no_known_effect() -> None:
    box = Toolbox([])
    assert box.get("x") is None
    assert box.effect("x").effect == "undeclared"
    assert box.names == []


def test_tools_are_found_by_parameter_names_and_their_descriptions() -> None:
    box = Toolbox([count_words, mcp_tool()])
    assert box.search("unique", 2) == ["count_words"]
    assert box.search("which PATH", 2) == ["remote"]
    assert box.search("confidence", 2) == []


def test_few_tools_are_all_offered_in_their_own_order() -> None:
    box = Toolbox([send_mail, count_words])
    assert box.select("count words", 2) == ["send_mail", "count_words"]


def test_of_many_tools_the_fitting_ones_are_offered_in_the_boxes_order() -> None:
    box = Toolbox([mcp_tool(name=name) for name in ("alpha", "read_page", "omega", "write_page", "zeta")])
    assert box.select("write the page, then read it", 2) == ["read_page", "write_page"]
    assert box.select("write it", 1, always=("zeta", "alpha", "ghost")) == ["alpha", "write_page", "zeta"]
    assert box.select("nothing of this kind", 2) == ["alpha", "read_page"]
