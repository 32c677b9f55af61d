"""Assembles the agent and runs it."""

from surefoot.graph.build import build_graph
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.graph.settings import Settings
from surefoot.graph.store import Store, open_store

__all__ = ["ScriptedModel", "Settings", "Store", "build_graph", "open_store"]
