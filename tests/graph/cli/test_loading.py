"""What MODULE:NAME may name."""

from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI

from surefoot.graph.cli.loading import load_model, load_tools
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.graph.settings import Settings
from surefoot.tools.errors import ModelError, SettingsError
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

MINE = """
import sys
from langchain_core.tools import tool
from surefoot.graph import ScriptedModel
from surefoot.tools import tool_effect

@tool
def single(a: int) -> int:
    "A LangChain tool."
    return a

def plain(a: int) -> int:
    "A plain function with parameters is a tool."
    return a

@tool_effect("read_only")
def clock() -> str:
    "A tool without parameters, told from a function that makes tools by its effect."
    return "noon"

def several():
    return [single, plain]

def one():
    return single

def nothing():
    return "no tools"

def raising():
    raise RuntimeError("no luck")

def apart():
    start = 40
    @tool_effect("read_only", isolate=True)
    def counted(n: int) -> list:
        "Count on."
        return [start + n, "pytest" in sys.modules]
    return [counted]

model = ScriptedModel({})

def make_model():
    return ScriptedModel({})
"""


@pytest.fixture(autouse=True)
def own_module(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import sys

    (workspace / "own_things.py").write_text(MINE)
    yield
    sys.modules.pop("own_things", None)


def names(spec: str) -> list[str]:
    return [getattr(t, "name", None) or t.__name__ for t in load_tools(f"own_things:{spec}") or []]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("single", ["single"]),
        ("plain", ["plain"]),
        ("clock", ["clock"]),
        ("several", ["single", "plain"]),
        ("one", ["single"]),
    ],
)
def test_tools_are_a_list_one_tool_or_a_function_that_gives_them(spec: str, expected: list[str]) -> None:
    assert names(spec) == expected


def test_isolated_tools_of_a_function_are_made_by_it_where_they_run() -> None:
    [counted] = load_tools("own_things:apart") or []
    assert ToolRunner(Toolbox([counted])).run("counted", {"n": 2}).output == [42, False]


def test_no_tools_are_named_for_the_built_in_ones() -> None:
    assert load_tools(None) is None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("own_things:nothing", "gives a str, not tools"),
        ("own_things:raising", "RuntimeError: no luck"),
        ("own_things:absent", "no 'absent'"),
        ("own_things", "MODULE:NAME"),
        (":x", "MODULE:NAME"),
        ("no.such.module:x", "no.such.module"),
        ("..:x", "cannot be imported"),
        ("own_things:model", "not tools"),
    ],
)
def test_what_is_no_tool_is_refused(spec: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_tools(spec)


@pytest.mark.parametrize("spec", ["own_things:model", "own_things:make_model"])
def test_a_model_is_an_object_or_a_function_that_gives_it(spec: str) -> None:
    assert isinstance(load_model(spec, Settings()), ScriptedModel)


@pytest.mark.parametrize("spec", ["own_things:several", "own_things:plain", "own_things:absent", "nowhere:x", "x", ""])
def test_what_is_no_model_is_refused(spec: str) -> None:
    with pytest.raises((ModelError, SettingsError)):
        load_model(spec, Settings())


def test_an_openai_model_is_never_looked_for_in_a_module(workspace: Path) -> None:
    (workspace / "openai.py").write_text("raise SystemExit('imported')")
    model = load_model("openai:x", Settings(openai_base_url="http://127.0.0.1:1/v1"))
    assert isinstance(model, ChatOpenAI)
