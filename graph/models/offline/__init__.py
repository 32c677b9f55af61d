"""The embedded default model: rules, no key, no network."""

from surefoot.graph.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
