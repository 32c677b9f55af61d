"""Chat models that ship with surefoot, and how a name becomes a model."""
