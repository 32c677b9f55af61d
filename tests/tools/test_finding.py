"""A tool that runs in a process of its own is found again by import, or refused when the toolbox is made."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import StructuredTool, tool

from surefoot.tools import default_tools, tool_effect
from surefoot.tools.effects import found_at
from surefoot.tools.errors import ToolError
from surefoot.tools.finding import find, origin_of
from surefoot.tools.isolation import Origin
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

SHELF = """
from langchain_core.tools import BaseTool, StructuredTool, tool
from surefoot.tools import tool_effect
isolated = tool_effect("irreversible", isolate=True)

@isolated
def plain(n: int) -> int:
    "Plain."
    return n

@isolated
@tool
def decorated(n: int) -> int:
    "Decorated."
    return n

named = isolated(StructuredTool.from_function(lambda n: n, name="other_name", description="d"))
listed = [isolated(StructuredTool.from_function(lambda n: n, name=name, description="d")) for name in ("x", "y")]

class Holder:
    @staticmethod
    @isolated
    def method(n: int) -> int:
        "Nested."
        return n

def make():
    @isolated
    def made(n: int) -> int:
        "Made."
        return n
    return [plain, made]

def make_with(start: int):
    @isolated
    def counted(n: int) -> int:
        "Counted."
        return start + n
    return counted
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "shelf_of_tools.py").write_text(SHELF)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield importlib.import_module("shelf_of_tools")
    sys.modules.pop("shelf_of_tools")


@pytest.mark.parametrize(
    ("take", "name", "place"),
    [
        (lambda m: m.plain, "plain", "plain"),
        (lambda m: m.decorated, "decorated", "decorated"),
        (lambda m: m.named, "other_name", "named"),
        (lambda m: m.listed[1], "y", "listed"),
        (lambda m: m.Holder.method, "method", "Holder.method"),
    ],
)
def test_what_stands_in_a_module_is_found_again(shelf: Any, take: Any, name: str, place: str) -> None:
    origin = origin_of(take(shelf), name)
    assert origin == Origin("shelf_of_tools", place)
    assert find(origin, name) is take(shelf)


def test_what_a_function_makes_is_found_where_it_is_said_to_be(shelf: Any) -> None:
    made = [found_at(one, Origin("shelf_of_tools", "make")) for one in shelf.make()]
    assert Toolbox(made).origin("made") == Origin("shelf_of_tools", "make")
    assert find(Origin("shelf_of_tools", "make"), "made").__name__ == "made"
    found: Any = find(Origin("shelf_of_tools", "make_with", {"start": 40}), "counted")
    assert found(n=2) == 42


def test_what_is_no_longer_there_is_said(shelf: Any) -> None:
    for place, name in (("gone", "plain"), ("listed", "z"), ("Holder", "plain")):
        with pytest.raises(ToolError, match=f"gives no tool '{name}' when it is imported again"):
            find(Origin("shelf_of_tools", place), name)


def test_what_no_import_finds_is_refused_when_the_toolbox_is_made(shelf: Any) -> None:
    isolated = tool_effect("irreversible", isolate=True)

    @isolated
    def closure(n: int) -> int:
        """Closure."""
        return n

    @isolated
    @tool
    def decorated(n: int) -> int:
        """Decorated."""
        return n

    nameless = isolated(StructuredTool.from_function(lambda n: n, name="nameless", description="d"))
    for given in (closure, decorated, nameless, shelf.make()[1]):
        with pytest.raises(
            ToolError, match=r"cannot run in a process of its own.*at the top level of a module, or do not"
        ):
            Toolbox([given])
    assert Toolbox([tool_effect("irreversible")(closure)]).names == ["closure"]


def test_a_module_that_no_import_finds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hidden_shelf.py").write_text(SHELF)
    spec = spec_from_file_location("hidden_shelf", tmp_path / "hidden_shelf.py")
    assert spec is not None and spec.loader is not None
    sys.modules["hidden_shelf"] = hidden = module_from_spec(spec)
    spec.loader.exec_module(hidden)
    try:
        with pytest.raises(ToolError, match="there is no module hidden_shelf on the path"):
            Toolbox([hidden.plain])
    finally:
        del sys.modules["hidden_shelf"]


SCRIPT = """
import json, multiprocessing, os, sys
from surefoot.tools import tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

@tool_effect("read_only", isolate=True)
def where() -> list:
    "Tell where this is."
    return [__name__, os.getpid(), os.getppid()]

def main():
    try:
        print(json.dumps([os.getpid(), ToolRunner(Toolbox([where])).run("where", {}).output]))
    except ToolError as error:
        print(json.dumps(str(error)))
"""
GUARDED = SCRIPT + '\nbox = Toolbox([where])\nif __name__ == "__main__":\n    main()\n'


def ran(*argv: str, stdin: str = "", cwd: Path) -> Any:
    ended = subprocess.run(
        [sys.executable, *argv], input=stdin, cwd=cwd, capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(ended.stdout)


def test_a_tool_of_a_script_is_found_if_the_script_knows_when_it_is_imported(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(GUARDED)
    for argv, name in ((["job.py"], "__surefoot_main__"), (["-m", "job"], "job")):
        agent, (found, pid, parent) = ran(*argv, cwd=tmp_path)
        assert (found, agent not in (pid, parent)) == (name, True)


def test_a_script_that_would_run_again_and_a_prompt_are_refused(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(f"{SCRIPT}\nmain()\n")
    assert 'put what it does under if __name__ == "__main__"' in ran("job.py", cwd=tmp_path)
    for argv, stdin in ((["-c", f"{SCRIPT}\nmain()"], ""), (["-"], f"{SCRIPT}\nmain()")):
        assert "it is defined in no file: put it into a module" in ran(*argv, stdin=stdin, cwd=tmp_path)


def test_the_built_in_tools_of_native_code_and_foreign_data_are_isolated(tmp_path: Path) -> None:
    box = Toolbox(default_tools(tmp_path, allow_private=True))
    isolated = {name: box.origin(name) for name in box.names if box.effect(name).isolate}
    assert isolated.keys() == {"query_data", "fetch_url"}
    assert isolated["query_data"].arguments["root"] == str(tmp_path)
    assert isolated["fetch_url"].arguments["allow_private"] is True
    assert json.loads(json.dumps({name: dict(origin.arguments) for name, origin in isolated.items()}))


def test_an_override_of_the_effect_leaves_a_tool_isolated(shelf: Any) -> None:
    box = Toolbox([shelf.plain], {"plain": "read_only"})
    assert (box.effect("plain").effect, box.effect("plain").isolate is not None) == ("read_only", True)
    assert ToolRunner(box).run("plain", {"n": 3}).output == 3


def test_what_is_said_about_a_process_that_there_is_not_is_refused() -> None:
    for wrong in ({"env": ("A",)}, {"cwd": "/"}):
        with pytest.raises(ValueError, match="say isolate=True too"):
            tool_effect("read_only", **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"env is a tuple of names, such as \('TOKEN',\)"):
        tool_effect("read_only", isolate=True, env="TOKEN")
