"""Reads back a channel that is saved as changes: what was written to it since its last whole value.

LangGraph's own way decodes every checkpoint on the way back, to see whether it has the value. Their metadata says where
it may be: in those that count no change since. So a long log costs its changes alone.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langgraph.checkpoint.base import PendingWrite

__all__ = ["ancestors", "written"]

_ANCESTORS = """
WITH RECURSIVE ancestors (checkpoint_id, parent, may_have_it) AS (
    SELECT checkpoint_id, parent_checkpoint_id, 0 FROM checkpoints
    WHERE thread_id = :thread_id AND checkpoint_ns = :checkpoint_ns AND checkpoint_id = :checkpoint_id
    UNION ALL
    SELECT each.checkpoint_id, each.parent_checkpoint_id, json_extract(CAST(each.metadata AS TEXT), :path) IS NULL
    FROM ancestors CROSS JOIN checkpoints AS each ON each.checkpoint_id = ancestors.parent
    WHERE each.thread_id = :thread_id AND each.checkpoint_ns = :checkpoint_ns
)
SELECT checkpoint_id, may_have_it FROM ancestors
"""
_WRITTEN = """
SELECT task_id, writes.type, writes.value FROM json_each(:chain) AS chain CROSS JOIN writes ON checkpoint_id = chain.value
WHERE thread_id = :thread_id AND checkpoint_ns = :checkpoint_ns AND channel = :channel
ORDER BY chain.key DESC, task_path, task_id, idx
"""


def ancestors(cursor: sqlite3.Cursor, place: Mapping[str, str], channel: str) -> list[tuple[str, bool]]:
    """Name the checkpoints before one, nearest first, each with whether it may have the whole value of a channel."""
    path = f"$.counters_since_delta_snapshot.{json.dumps(channel)}"
    cursor.execute(_ANCESTORS, {**place, "path": path})
    found: dict[str, bool] = {}
    for checkpoint_id, may_have_it in cursor:
        if checkpoint_id in found:  # written anew behind one of its own descendants
            break
        found[checkpoint_id] = bool(may_have_it)
    return [*found.items()][1:]


def written(
    cursor: sqlite3.Cursor,
    place: Mapping[str, str],
    channel: str,
    chain: Sequence[str],
    load: Callable[[tuple[str, bytes]], Any],
) -> list[PendingWrite]:
    """Read what the tasks after the checkpoints of a chain, nearest first, wrote to a channel; oldest first."""
    cursor.execute(_WRITTEN, {**place, "channel": channel, "chain": json.dumps(chain)})
    return [(task_id, channel, load((kind, value))) for task_id, kind, value in cursor.fetchall()]
