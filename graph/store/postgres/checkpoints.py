"""Saves LangGraph checkpoints in the store's Postgres tables, for sync and async graphs alike."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from surefoot.graph.store.checkpoints import AsyncTwins, plain_config
from surefoot.graph.store.columns import checksum
from surefoot.graph.store.database import repeated
from surefoot.graph.store.hiding import hidden_value, hidden_writes, told_of
from surefoot.graph.store.postgres.database import PostgresDatabase
from surefoot.graph.store.serde import StrictSerializer
from surefoot.graph.store.unsaved import Unsaved, noted

_SUM = "checksum"


class Checkpointer(AsyncTwins, PostgresSaver):
    """LangGraph's Postgres saver on the store's own connection and transactions, with async twins.

    The parent class writes text, numbers and None of the state into the checkpoint's JSONB, which refuses NUL, NaN and
    lone surrogates for ever after. Here every value goes through the serializer, as with SQLite, and in its place in
    the JSONB stands a mark, so that a lost value is noticed.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._strict = StrictSerializer(database.where)
        super().__init__(cast(Any, None), serde=self._strict)
        self._database = database

    def setup(self) -> None:
        """The store has made the tables."""

    @property
    def unsaved(self) -> Unsaved:
        """What could not be saved of the runs that are held."""
        return self._database.unsaved

    @contextmanager
    def _cursor(self, *, pipeline: bool = False, writes_to: str | None = None) -> Iterator[Cursor[DictRow]]:
        """Give a cursor; `pipeline` says that the statements belong together: all of them are committed, or none."""
        have = self._database.together(thread_id=writes_to) if pipeline else self._database.session()
        with have as connection, connection.cursor(binary=True, row_factory=dict_row) as cursor:
            try:
                yield cursor
            except (KeyError, TypeError, AttributeError) as error:  # the parent class takes a row for what it should be
                raise self._strict.damaged() from error

    @repeated
    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read one checkpoint."""
        return super().get_tuple(plain_config(config))

    @repeated
    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """List checkpoints, newest first, read in one go."""
        place = plain_config(config) if config else None
        return iter([*super().list(place, filter=filter, before=before, limit=limit)])

    @noted
    @repeated
    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        place = plain_config(config)["configurable"]
        thread_id, space, parent = place["thread_id"], place["checkpoint_ns"], place.get("checkpoint_id")
        redactor = self._database.redactor
        values = {
            name: hidden_value(value, redactor, self.serde)[0] for name, value in checkpoint["channel_values"].items()
        }
        blobs = self._dump_blobs(
            thread_id, space, values, {name: new_versions[name] for name in new_versions if name in values}
        )
        # `true` is LangGraph's own mark for the snapshot of a delta.
        marks = {name: True if isinstance(value, _DeltaSnapshot) else None for name, value in values.items()}
        body = {**checkpoint, "channel_values": marks}
        columns = (Jsonb({**body, _SUM: _checksum(body)}), Jsonb(told_of(config, metadata, redactor)))
        with self._cursor(pipeline=True, writes_to=thread_id) as cursor:
            cursor.executemany(self.UPSERT_CHECKPOINT_BLOBS_SQL, blobs)
            cursor.execute(self.UPSERT_CHECKPOINTS_SQL, (thread_id, space, checkpoint["id"], parent, *columns))
        return {"configurable": {"thread_id": thread_id, "checkpoint_ns": space, "checkpoint_id": checkpoint["id"]}}

    @noted
    @repeated
    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task wrote."""
        place = plain_config(config)["configurable"]
        thread_id, space, checkpoint_id = (str(place[n]) for n in ("thread_id", "checkpoint_ns", "checkpoint_id"))
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        query = self.UPSERT_CHECKPOINT_WRITES_SQL if special else self.INSERT_CHECKPOINT_WRITES_SQL
        writes = hidden_writes(writes, self._database.redactor, self.serde)
        rows = self._dump_writes(thread_id, space, checkpoint_id, task_id, task_path, writes)
        with self._cursor(pipeline=True, writes_to=thread_id) as cursor:
            cursor.executemany(query, rows)

    @repeated
    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints."""
        super().delete_thread(thread_id)

    @repeated
    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are saved as changes."""
        return super().get_delta_channel_history(config=plain_config(config), channels=channels)

    def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        body = dict(value["checkpoint"])
        written = body.pop(_SUM, None)
        if written != _checksum(body):
            raise self._strict.damaged()
        marks = body.pop("channel_values")
        found = super()._load_checkpoint_tuple({**value, "checkpoint": body})
        values = found.checkpoint["channel_values"]
        found.checkpoint["channel_values"] = {name: values[name] for name in marks}
        return found


def _checksum(body: Mapping[str, Any]) -> str:
    return checksum(json.dumps(body, sort_keys=True).encode())
