"""Saves LangGraph checkpoints in the store's database, for sync and async graphs alike."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.sqlite import SqliteSaver

from surefoot.graph.store.database import SqliteDatabase
from surefoot.graph.store.hiding import hidden, hidden_writes
from surefoot.graph.store.serde import StrictSerializer
from surefoot.tools.clean import clean


def plain_config(config: RunnableConfig) -> RunnableConfig:
    """Keep what names a place in a thread, the thread as text."""
    given = config["configurable"]
    place: dict[str, Any] = {name: given[name] for name in ("checkpoint_ns", "checkpoint_id") if name in given}
    return {"configurable": {**place, "thread_id": str(given["thread_id"])}}


def plain_metadata(config: RunnableConfig, metadata: CheckpointMetadata) -> CheckpointMetadata:
    """Gather a checkpoint's metadata as LangGraph does, as data that every database takes and gives back the same."""
    return cast(CheckpointMetadata, clean(get_checkpoint_metadata(config, metadata)))


class AsyncTwins(BaseCheckpointSaver[str]):
    """The async methods of a checkpointer: they do the work of the sync ones in a thread."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read one checkpoint."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """List checkpoints, newest first."""
        for found in await asyncio.to_thread(self.list, config, filter=filter, before=before, limit=limit):
            yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task wrote."""
        await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are saved as changes."""
        return await asyncio.to_thread(self.get_delta_channel_history, config=config, channels=channels)


class Checkpointer(AsyncTwins, SqliteSaver):
    """LangGraph's SQLite saver on the store's own connection and transactions, with async twins, and without secrets.

    The parent class commits what a failed statement left behind and raises `sqlite3.Error`; here a failed save
    leaves nothing, and raises `StoreError`.
    """

    def __init__(self, database: SqliteDatabase) -> None:
        strict = StrictSerializer(database.where)
        super().__init__(database.connection, serde=strict)
        self.jsonplus_serde = strict
        self._database = database

    def setup(self) -> None:
        """Create or bring up to date LangGraph's own tables."""
        with self._database.mutex, self._database.explained():
            super().setup()

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Give one transaction's cursor: committed as a whole, or not at all."""
        with self._database.transaction(write=transaction) as cursor:
            yield cursor

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        config, checkpoint = hidden(config, checkpoint, self._database.redactor, self.serde)
        return super().put(plain_config(config), checkpoint, plain_metadata(config, metadata), new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task wrote."""
        super().put_writes(config, hidden_writes(writes, self._database.redactor, self.serde), task_id, task_path)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """List checkpoints, newest first, read in one go: a generator would keep the database locked."""
        return iter([*super().list(config, filter=filter, before=before, limit=limit)])
