"""Keeps secrets out of what LangGraph saves.

The config and the exceptions of a run are searched for all that looks like a secret. Everything else has passed the
agent's own doors by then, and is searched for known values alone.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointMetadata, get_checkpoint_metadata
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import ERROR
from langgraph.types import Interrupt

from surefoot.tools.clean import clean
from surefoot.tools.redact import Redactor, says_secret

__all__ = ["hidden_value", "hidden_write", "hidden_writes", "told_of"]

_OWN = frozenset({"thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"})
"""What a config has for LangGraph itself."""


def told_of(config: RunnableConfig, metadata: CheckpointMetadata, redactor: Redactor) -> dict[str, Any]:
    """Gather a checkpoint's metadata as LangGraph does, without secrets, as data every database takes."""
    spoken: dict[str, Any] = {
        key: _told(redactor, value) if isinstance(value, str) and key not in _OWN else value
        for key, value in get_checkpoint_metadata(config, {}).items()
        if not says_secret(key)
    }
    return cast(dict[str, Any], clean({**spoken, **metadata}))


@lru_cache(maxsize=512)  # the same few words with each checkpoint
def _told(redactor: Redactor, text: str) -> str:
    return redactor.text(text)


def hidden_value(value: Any, redactor: Redactor, serde: SerializerProtocol) -> tuple[Any, str, bytes]:
    """A value without secrets, and how it is written: its kind and bytes."""
    kind, data = serde.dumps_typed(value)
    if redactor.known and redactor.finds(data):
        value = _inside(value, redactor.exact)
        kind, data = serde.dumps_typed(value)
    return value, kind, data


def hidden_write(channel: str, value: Any, redactor: Redactor, serde: SerializerProtocol) -> tuple[str, bytes]:
    """What a task wrote to a channel, without secrets, as it is written: its kind and bytes."""
    if channel == ERROR:
        return serde.dumps_typed(_inside(value, redactor))
    return hidden_value(value, redactor, serde)[1:]


def hidden_writes(
    writes: Sequence[tuple[str, Any]], redactor: Redactor, serde: SerializerProtocol
) -> list[tuple[str, Any]]:
    """What a task wrote, without secrets, for a saver that writes it down itself."""
    return [
        (channel, _inside(value, redactor) if channel == ERROR else hidden_value(value, redactor, serde)[0])
        for channel, value in writes
    ]


def _inside(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, dict):
        return {key: _inside(item, redactor) for key, item in value.items()}
    if isinstance(value, list | tuple):
        inside = [_inside(item, redactor) for item in value]
        return inside if isinstance(value, list) else tuple(inside)
    if isinstance(value, Interrupt):
        return Interrupt(_inside(value.value, redactor), value.id, response_schema=value.response_schema)
    if isinstance(value, BaseException):
        return redactor.text(repr(value))  # all that is saved of it anyway
    return value
