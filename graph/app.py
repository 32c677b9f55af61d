"""The graph for `langgraph.json`: settings from the environment, no checkpointer, for the server brings its own.

`SUREFOOT_MODEL` names the model; without it the embedded `offline` model works.
"""

from surefoot.graph.build import main_graph
from surefoot.graph.parts import assemble
from surefoot.graph.settings import Settings

_settings = Settings.from_env()
graph = main_graph(assemble(_settings.model, None, _settings, store=None, checkpointer=True)).compile(name="surefoot")
"""The compiled graph."""
