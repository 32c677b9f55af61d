"""Keeps secrets out of what LangGraph saves.

The config and the exceptions of a run are searched for all that looks like a secret. Everything else has passed the
agent's own doors by then, and is searched for known values alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import ERROR
from langgraph.types import Interrupt

from surefoot.tools.redact import Redactor, says_secret

__all__ = ["hidden", "hidden_writes"]

_OWN = frozenset({"thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"})
"""What a config has for LangGraph itself."""


def hidden(
    config: RunnableConfig, checkpoint: Checkpoint, redactor: Redactor, serde: SerializerProtocol
) -> tuple[RunnableConfig, Checkpoint]:
    """What a saver is given, without secrets."""
    return hidden_config(config, redactor), hidden_checkpoint(checkpoint, redactor, serde)


def hidden_config(config: RunnableConfig, redactor: Redactor) -> RunnableConfig:
    """A config without secrets: the saver writes its `configurable` and `metadata` beside each checkpoint."""
    told: dict[str, Any] = {**config}
    for part in ("configurable", "metadata"):
        told[part] = _spoken(told.get(part) or {}, redactor)
    return cast(RunnableConfig, told)


def hidden_checkpoint(checkpoint: Checkpoint, redactor: Redactor, serde: SerializerProtocol) -> Checkpoint:
    """A checkpoint without secrets."""
    return {**checkpoint, "channel_values": _searched(checkpoint["channel_values"], redactor, serde)}


def hidden_writes(
    writes: Sequence[tuple[str, Any]], redactor: Redactor, serde: SerializerProtocol
) -> list[tuple[str, Any]]:
    """What a task wrote, without secrets."""
    return [
        (channel, _inside(value, redactor) if channel == ERROR else _searched(value, redactor, serde))
        for channel, value in writes
    ]


def _searched(value: Any, redactor: Redactor, serde: SerializerProtocol) -> Any:
    suspect = redactor.known and redactor.finds(serde.dumps_typed(value)[1])
    return _inside(value, redactor.exact) if suspect else value


def _spoken(told: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    kept = {key: value for key, value in told.items() if not says_secret(key)}
    return {k: redactor.text(v) if isinstance(v, str) and k not in _OWN else v for k, v in kept.items()}


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
