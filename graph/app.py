"""The graph for `langgraph.json`: settings from the environment, no checkpointer, for the server brings its own.

`SUREFOOT_MODEL` names the model; without it the embedded `offline` model works. A run may have a model and limits of its
own: they are its context (`context={"model": ..., "max_steps": ...}`), a form in Studio. The journal of actions is kept in
`SUREFOOT_HOME`, or where `SUREFOOT_STORE` says. The server decides when checkpoints are written: ask it for
`durability="sync"` where that matters.
"""

from surefoot.graph.build import compiled
from surefoot.graph.parts import assemble
from surefoot.graph.settings import Settings

_settings = Settings.from_env()
_parts = assemble(_settings.model, None, _settings, store=None, checkpointer=True, choosing=True)
graph = compiled(_parts)
"""The compiled graph."""
