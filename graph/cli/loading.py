"""Finds what a command works with: settings, store, and the person's own model and tools."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from surefoot.graph.build import build_graph
from surefoot.graph.door import Door
from surefoot.graph.models.resolve import resolve_model
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.graph.settings import Settings
from surefoot.graph.store import Store, has_store, look_into, open_store, place_of
from surefoot.tools.effects import found_at
from surefoot.tools.errors import ModelError, SettingsError
from surefoot.tools.finding import gives_tools
from surefoot.tools.isolation import Origin
from surefoot.tools.mcp import McpServer

Tools = Sequence[BaseTool | Callable[..., Any] | McpServer]

_ABSENT: Any = object()


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Read the settings; folder and file as absolute paths, for whoever resumes from elsewhere."""
    settings = Settings.from_env(**given)
    servers = settings.mcp_servers and Path(os.path.abspath(settings.mcp_servers))
    return settings.model_copy(update={"workspace": Path(os.path.abspath(settings.workspace)), "mcp_servers": servers})


def has_runs(settings: Settings) -> bool:
    """Whether there ever was a database: looking must not make one."""
    return has_store(settings.database)


def place(settings: Settings) -> str:
    """Name where the runs are, for a person."""
    return place_of(settings.database) if settings.store else str(settings.home_folder)


def looking_door(store: Store) -> Door:
    """Make a door that only looks: any model will do."""
    return Door(build_graph(ScriptedModel({}), [], store=store), store)


def working_door(model: str, tools: str | None, settings: Settings, store: Callable[[], Store]) -> tuple[Door, Store]:
    """Make the agent and its door; the store is opened last, so that bad input leaves none behind."""
    chat, given = load_model(model, settings), load_tools(tools)
    build_graph(chat, given, settings)
    opened = store()
    return Door(build_graph(chat, given, settings, store=opened), opened), opened


def open_runs(settings: Settings) -> Store:
    """Open the runs' database, or make it."""
    return open_store(settings.database, events=settings.events)


def look_at_runs(settings: Settings) -> Store:
    """Open the runs' database to read it, also where it cannot be written."""
    return look_into(settings.database)


def load_model(spec: str, settings: Settings) -> BaseChatModel:
    """Open the model a person names, by the name of a provider's or as MODULE:NAME of their own.

    Raises:
        ModelError: it cannot be had.
        SettingsError: their module cannot be imported.
    """
    module, _, name = spec.partition(":")
    found = _ABSENT if module in ("openai", "offline") or not name else _attribute(module, name)
    if found is _ABSENT:
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
        try:
            return resolve_model(spec, base_url=settings.openai_base_url, api_key=key)
        except ModelError as error:
            if name and module in sys.modules and module != "openai":
                raise ModelError(f"The module {module} has no {name!r}, and as a provider: {error}") from None
            raise
    model = found if isinstance(found, BaseChatModel) else _called(spec, found)
    if not isinstance(model, BaseChatModel):
        raise ModelError(f"{spec} gives a {type(model).__name__}, not a LangChain chat model.")
    return model


def load_tools(spec: str | None) -> Tools | None:
    """Import the tools a person names as MODULE:NAME; None = the built-in ones.

    Raises:
        SettingsError: they cannot be imported, or are none.
    """
    if spec is None:
        return None
    module, _, name = spec.partition(":")
    if not module or not name:
        raise SettingsError(f"Tools are named MODULE:NAME, not {spec!r}.")
    found = _attribute(module, name)
    if found is _ABSENT:
        raise SettingsError(f"There is no {name!r} in a module {module!r} that can be imported from {Path.cwd()}.")
    makes = gives_tools(found)
    if makes:
        found = _called(spec, found)
    tools = [found] if _is_tool(found) else found
    if not isinstance(tools, list | tuple) or not all(map(_is_tool, tools)):
        raise SettingsError(f"{spec} gives a {type(found).__name__}, not tools: a list, one tool, or a function.")
    return [found_at(tool, Origin(module, name)) for tool in tools] if makes else list(tools)


def _is_tool(found: Any) -> bool:
    return isinstance(found, BaseTool | McpServer) or callable(found)


def _called(spec: str, function: Any) -> Any:
    if not callable(function):
        return function
    try:
        return function()
    except Exception as error:
        raise SettingsError(f"{spec} failed: {_short(error)}.") from error


def _attribute(module: str, name: str) -> Any:
    """Import a module from the current folder or wherever Python finds it, and take a name out of it."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            return _ABSENT
        raise SettingsError(f"The module {module} cannot be imported: {_short(error)}.") from error
    except (Exception, SystemExit) as error:
        raise SettingsError(f"The module {module} cannot be imported: {_short(error)}.") from error
    return getattr(found, name, _ABSENT)


def _short(error: BaseException) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text.rstrip(".:")[:300]
