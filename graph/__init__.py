"""Assembles the agent and runs it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surefoot.graph.build import build_graph
    from surefoot.graph.door import Door
    from surefoot.graph.models.scripted import ScriptedModel
    from surefoot.graph.settings import Secret, Settings
    from surefoot.graph.standing import Question, Standing
    from surefoot.graph.store import Store, open_store

__all__ = [
    "Door",
    "Question",
    "ScriptedModel",
    "Secret",
    "Settings",
    "Standing",
    "Store",
    "build_graph",
    "open_store",
]

_HOMES = {
    "Door": "door",
    "Question": "standing",
    "ScriptedModel": "models.scripted",
    "Secret": "settings",
    "Settings": "settings",
    "Standing": "standing",
    "Store": "store",
    "build_graph": "build",
    "open_store": "store",
}


def __getattr__(name: str) -> Any:
    # On first use: importing LangGraph takes seconds, and `surefoot --help` lies below this package.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
