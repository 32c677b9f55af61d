"""Finds a tool again by import, as a process of its own must, and tells beforehand whether it can be found."""

import ast
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.tools import BaseTool

from surefoot.tools.effects import effect_of
from surefoot.tools.errors import ToolError
from surefoot.tools.isolation import Origin

__all__ = ["SCRIPT", "find", "gives_tools", "origin_of"]

Given = BaseTool | Callable[..., Any]

SCRIPT = "__surefoot_main__"
"""Name under which another process imports the script that is `__main__` here."""


def find(origin: Origin, name: str) -> Given:
    """Find the tool of that name by import.

    Raises:
        ToolError: it is not there any more.
    """
    found: Any = importlib.import_module(origin.module)
    for part in origin.name.split("."):
        found = getattr(found, part, None)
    if origin.arguments or gives_tools(found):
        found = found(**origin.arguments)
    for tool in found if isinstance(found, list | tuple) else [found]:
        if name == (tool.name if isinstance(tool, BaseTool) else getattr(tool, "__name__", None)):
            return tool  # type: ignore[no-any-return]
    raise ToolError(f"{origin.module}.{origin.name} gives no tool {name!r} when it is imported again.")


def gives_tools(found: Any) -> bool:
    """Tell a function that makes tools from one that is a tool: it takes nothing and declares no effect."""
    if isinstance(found, BaseTool) or not callable(found) or effect_of(found).source != "nobody":
        return False
    try:
        return not inspect.signature(found).parameters
    except (TypeError, ValueError):
        return False


def origin_of(tool: Given, name: str) -> Origin:
    """Tell where an isolated tool is found again by import.

    Raises:
        ToolError: nowhere: it is made in a function, or in a notebook, or its module cannot be imported by its name.
    """
    isolation = effect_of(tool).isolate
    if isolation and isolation.origin:
        return isolation.origin
    refusal = ""
    for module, path in _places(tool):
        refusal, importable = _importable(module)
        if not refusal:
            return Origin(importable, path)
    where = getattr(_function(tool), "__qualname__", type(tool).__qualname__)
    why = refusal or f"it is made in {where}: define it at the top level of a module"
    raise ToolError(
        f"{name} cannot run in a process of its own, which finds it by import: {why}, or do not isolate it."
    )


def _function(tool: Given) -> Any:
    """The function a tool is made of; itself if it is one, or of another kind."""
    return getattr(tool, "func", None) or getattr(tool, "coroutine", None) or tool


def _places(tool: Given) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every place that holds the tool, its own module first."""
    function = _function(tool)
    own, path = str(getattr(function, "__module__", "")), str(getattr(function, "__qualname__", ""))
    if path and _reached(own, path) is tool:
        yield own, path
    for module in (own, *(each for each in list(sys.modules) if each != own)):
        names = getattr(sys.modules.get(module), "__dict__", {})
        for name, value in list(names.items()):
            if value is tool or (type(value) in (list, tuple) and any(each is tool for each in value)):
                yield module, str(name)


def _reached(module: str, path: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _importable(module: str) -> tuple[str, str]:
    """Why a module cannot be imported in another process (empty = it can), and the name to import it by."""
    here = sys.modules[module]
    file = getattr(here, "__file__", None)
    if here is sys.modules["__main__"]:
        if file is None or not os.path.isfile(file):
            return "it is defined in no file: put it into a module", ""
        if not _guarded(file):
            return f'{file} would run as a whole: put what it does under if __name__ == "__main__"', ""
        return "", here.__spec__.name if here.__spec__ else SCRIPT
    if module == SCRIPT:  # this is such another process already
        return "", module
    parent = module.rpartition(".")[0]
    path = getattr(sys.modules.get(parent), "__path__", None) if parent else None
    for finder in sys.meta_path:
        spec = finder.find_spec(module, path)
        if spec is not None:
            if spec.origin == getattr(here.__spec__, "origin", file):
                return "", module
            break
    return f"there is no module {module} on the path", ""


def _guarded(file: str) -> bool:
    """Whether a script tells being run from being imported, at its top level."""
    with open(file, "rb") as source:
        tree = ast.parse(source.read())
    return any(
        isinstance(node, ast.If) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))
        for node in tree.body
    )
