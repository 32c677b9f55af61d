"""What a tool declares of itself, and whose word wins."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import StructuredTool

from surefoot.tools import default_tools, tool_effect
from surefoot.tools.effects import Declarable, effect_of


def plain() -> str:
    """Do it."""
    return ""


def mcp(**hints: Any) -> StructuredTool:
    return StructuredTool.from_function(plain, metadata=hints)


def test_who_says_nothing_is_undeclared_and_untrusted() -> None:
    assert (effect_of(plain).effect, effect_of(plain).untrusted) == ("undeclared", True)


@pytest.mark.parametrize("effect", ["read_only", "idempotent", "reversible", "irreversible"])
def test_a_declared_tool_brings_text_by_strangers_only_if_it_says_so(effect: Declarable) -> None:
    def own() -> None: ...

    def open_to_all() -> None: ...

    assert not effect_of(tool_effect(effect)(own)).untrusted
    assert effect_of(tool_effect(effect, untrusted=True)(open_to_all)).untrusted


@pytest.mark.parametrize(
    ("hints", "effect", "untrusted"),
    [
        ({"readOnlyHint": True}, "read_only", True),
        ({"readOnlyHint": True, "openWorldHint": True}, "read_only", True),
        ({"readOnlyHint": True, "openWorldHint": False}, "read_only", False),
        ({"readOnlyHint": True, "openWorldHint": None}, "read_only", True),
        ({"readOnlyHint": True, "openWorldHint": "false"}, "read_only", True),
        ({"destructiveHint": False, "openWorldHint": False}, "reversible", False),
        ({"openWorldHint": False}, "undeclared", False),
        ({"mcp": {"tool": {"annotations": {"read_only_hint": True}}}}, "read_only", True),
        ({"mcp": {"tool": {"annotations": {"read_only_hint": True, "open_world_hint": False}}}}, "read_only", False),
        ({"mcp": {"tool": {"annotations": {"idempotent_hint": True, "destructive_hint": False}}}}, "idempotent", True),
        ({}, "undeclared", True),
    ],
)
def test_an_mcp_tool_is_open_to_strangers_unless_it_says_it_is_not(
    hints: dict[str, Any], effect: str, untrusted: bool
) -> None:
    known = effect_of(mcp(**hints))
    assert (known.effect, known.untrusted) == (effect, untrusted)


def test_settings_change_the_effect_alone_and_distrust_by_name() -> None:
    assert effect_of(plain, {"plain": "read_only"}).untrusted
    assert effect_of(plain, {"plain": "read_only"}).source == "settings"
    declared = tool_effect("read_only", timeout=3)(mcp())
    assert not effect_of(declared, {"plain": "reversible"}).untrusted
    distrusted = effect_of(declared, untrusted=["plain", "ghost"])
    assert (distrusted.untrusted, distrusted.effect, distrusted.timeout) == (True, "read_only", 3)


def test_of_the_built_in_tools_only_the_web_is_strange(tmp_path: Path) -> None:
    assert [tool.name for tool in default_tools(tmp_path) if effect_of(tool).untrusted] == ["fetch_url"]


@pytest.mark.parametrize(
    ("effect", "timeout", "told"), [("harmless", None, "effect must be"), ("read_only", 0, "timeout")]
)
def test_a_declaration_that_is_none_is_refused(effect: Any, timeout: float | None, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tool_effect(effect, timeout=timeout)
