"""Saves LangGraph checkpoints in the store's database, for sync and async graphs alike."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.checkpoint.sqlite import SqliteSaver

from surefoot.graph.store.database import SqliteDatabase
from surefoot.graph.store.deltas import ancestors, written
from surefoot.graph.store.hiding import hidden_value, hidden_write, told_of
from surefoot.graph.store.serde import StrictSerializer
from surefoot.graph.store.space import Point, PointRow, Seen, Space, Write, WriteRow, insert_all
from surefoot.graph.store.unsaved import Unsaved, noted
from surefoot.nodes.state import DECISIVE


def plain_config(config: RunnableConfig) -> RunnableConfig:
    """Keep what names a place in a thread, the thread as text."""
    given = config["configurable"]
    place: dict[str, Any] = {name: given[name] for name in ("checkpoint_ns", "checkpoint_id") if name in given}
    return {"configurable": {**place, "thread_id": str(given["thread_id"])}}


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
        if self._holds_back(config):
            return self.put(config, checkpoint, metadata, new_versions)
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task wrote."""
        if self._holds_back(config):
            self.put_writes(config, writes, task_id, task_path)
        else:
            await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    def _holds_back(self, config: RunnableConfig) -> bool:
        """Whether a save only notes what is written later: that needs no thread."""
        return False

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are saved as changes."""
        return await asyncio.to_thread(self.get_delta_channel_history, config=config, channels=channels)


TABLE = """
CREATE TABLE IF NOT EXISTS large_values (
    thread_id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (thread_id, name)
)
"""
LARGE_BYTES = 256
"""From this size on a value is kept once for its thread."""
_LARGE = "large_values"
"""What a saved checkpoint has the names under."""


class Checkpointer(AsyncTwins, SqliteSaver):
    """LangGraph's SQLite saver on the store's own connection and transactions, with async twins, and without secrets.

    The parent class commits what a failed statement left behind and raises `sqlite3.Error`; here a failed save
    leaves nothing, and raises `StoreError`. It also writes all values anew with each checkpoint; here a large one is
    kept once for its thread, under a name made from its content, and a checkpoint has the name. Where a run is worked on,
    checkpoints inside the main graph are passed over that nothing outside would ever find (see `space`).
    """

    def __init__(self, database: SqliteDatabase) -> None:
        strict = StrictSerializer(database.where)
        super().__init__(database.connection, serde=strict)
        self.jsonplus_serde = self._strict = strict
        self._database = database
        self._spaces: dict[str, dict[str, Space]] = {}
        self._steps: dict[str, set[str]] = {}
        """By thread: the steps of the main graph that came about while its work was gathered."""

    def setup(self) -> None:
        """Create or bring up to date LangGraph's own tables."""
        with self._database.mutex, self._database.explained():
            super().setup()
            self._database.connection.execute(TABLE)

    @property
    def unsaved(self) -> Unsaved:
        """What could not be saved of the runs that are held."""
        return self._database.unsaved

    def get_next_version(self, current: Any, channel: None) -> Any:
        """Count versions as numbers; a thread begun with longer ones goes on with them."""
        return super().get_next_version(current, channel) if isinstance(current, str) else (current or 0) + 1

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Give one transaction's cursor: committed as a whole, or not at all."""
        with self._database.transaction(write=transaction) as cursor:
            yield cursor

    @noted
    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        place = plain_config(config)["configurable"]
        thread_id, name, parent = place["thread_id"], place["checkpoint_ns"], place.get("checkpoint_id") or None
        gathers = self._database.gathers(thread_id)
        space = self._space(thread_id, name) if gathers else Space(self)
        point = Point(thread_id, name, parent, config, checkpoint, metadata)
        if not name and gathers:
            self._steps.setdefault(thread_id, set()).add(checkpoint["id"])
        if not (name and gathers) or parent is None:
            self._database.later(self.pack_point(point, space.seen).insert, thread_id=thread_id)
        else:
            wanted = any(checkpoint["channel_values"].get(channel) for channel in DECISIVE.intersection(new_versions))
            if space.put(point, metadata.get("counters_since_delta_snapshot") or (), wanted=wanted):
                self._database.later(partial(space.write, []), thread_id=thread_id)
        return {"configurable": {"thread_id": thread_id, "checkpoint_ns": name, "checkpoint_id": checkpoint["id"]}}

    def pack_point(self, point: Point, seen: Seen) -> PointRow:
        """Make a row of a checkpoint; `seen` tells which of its large values are there."""
        small, names, large = self._split(point.checkpoint["channel_values"], seen)
        body = self._strict.pack_typed({**point.checkpoint, "channel_values": small, _LARGE: names})
        told = told_of(point.config, point.metadata, self._database.redactor)
        about = json.dumps(told, ensure_ascii=False).encode("utf-8", "ignore")
        place = (point.thread_id, point.space, point.checkpoint["id"], point.parent)
        return PointRow((*place, *body, about), [(point.thread_id, *value) for value in large])

    def _space(self, thread_id: str, name: str) -> Space:
        return self._spaces.setdefault(thread_id, {}).setdefault(name, Space(self))

    def _holds_back(self, config: RunnableConfig) -> bool:
        return self._database.gathers(str(config["configurable"]["thread_id"]))

    def end(self, thread_id: str) -> None:
        """Have the last of what the graphs inside a thread's have come to written: nobody will work on it any more."""
        for space in list(self._spaces.get(thread_id, {}).values()):
            if space.end():
                self._database.later(partial(space.write, []), thread_id=thread_id)

    def forget(self, thread_id: str) -> None:
        """Nobody works on a thread any more."""
        self._spaces.pop(thread_id, None)
        self._steps.pop(thread_id, None)

    def _split(
        self, values: Mapping[str, Any], seen: Seen
    ) -> tuple[dict[str, Any], dict[str, str], list[tuple[str, str, bytes]]]:
        """Tell small values, by channel, from large ones: their names by channel, and those not seen before."""
        small, names, large = dict[str, Any](), dict[str, str](), list[tuple[str, str, bytes]]()
        for channel, value in values.items():
            known = seen.get(channel)
            if known is None or known[0] is not value:
                hidden, kind, data = hidden_value(value, self._database.redactor, self.serde)
                is_large = isinstance(hidden, str | list | dict) and len(data) >= LARGE_BYTES
                known = seen[channel] = value, hidden, kind.rpartition(":")[2] if is_large else None
                if known[2]:
                    large.append((known[2], kind, data))
            if known[2]:
                names[channel] = known[2]
            else:
                small[channel] = known[1]
        return small, names, large

    def _is_new(self, config: RunnableConfig) -> bool:
        """Whether nothing can be saved at a place: it is inside a step that nobody else has worked on."""
        place = config["configurable"]
        thread_id, name = str(place["thread_id"]), place.get("checkpoint_ns", "")
        step = place.get("checkpoint_map", {}).get("")
        return bool(name) and step in self._steps.get(thread_id, ()) and name not in self._spaces.get(thread_id, ())

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read one checkpoint."""
        return None if self._is_new(config) else await super().aget_tuple(config)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read one checkpoint."""
        if self._is_new(config):
            return None
        found = super().get_tuple(config)
        return found and self._whole(found)

    def _whole(self, found: CheckpointTuple) -> CheckpointTuple:
        """Put the large values of a checkpoint back."""
        body = cast(dict[str, Any], found.checkpoint)
        thread_id = found.config["configurable"]["thread_id"]
        for channel, name in body.pop(_LARGE, {}).items():
            with self.cursor(transaction=False) as cursor:
                cursor.execute(
                    "SELECT type, value FROM large_values WHERE thread_id = ? AND name = ?", (thread_id, name)
                )
                row = cursor.fetchone()
            if row is None or not row[0].endswith(f":{name}"):
                raise self._strict.damaged()
            body["channel_values"][channel] = self.serde.loads_typed(row)
        return found

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are saved as changes, and the whole value it was written to."""
        place = plain_config(config)["configurable"]
        if not place.get("checkpoint_id"):
            newest = self.get_tuple(config)
            if newest is None:
                return {channel: {"writes": []} for channel in channels}
            place = newest.config["configurable"]
        return {channel: self._changes({"checkpoint_ns": "", **place}, channel) for channel in channels}

    def _changes(self, place: dict[str, str], channel: str) -> DeltaChannelHistory:
        with self.cursor(transaction=False) as cursor:
            chain = ancestors(cursor, place, channel)
        history: DeltaChannelHistory = {"writes": []}
        for depth, (checkpoint_id, may_have_it) in enumerate(chain, start=1):
            found = self.get_tuple({"configurable": {**place, "checkpoint_id": checkpoint_id}}) if may_have_it else None
            if found and channel in found.checkpoint["channel_values"]:
                history["seed"] = found.checkpoint["channel_values"][channel]
                chain = chain[:depth]
                break
        with self.cursor(transaction=False) as cursor:
            ids = [checkpoint_id for checkpoint_id, _ in chain]
            history["writes"] = written(cursor, place, channel, ids, self.serde.loads_typed)
        return history

    @noted
    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task wrote."""
        place = plain_config(config)["configurable"]
        thread_id, name = place["thread_id"], place["checkpoint_ns"]
        wrote = [
            Write(*(thread_id, name, place["checkpoint_id"], task_id, task_path), number, channel, value)
            for number, (channel, value) in enumerate(writes)
        ]
        if not (name and self._database.gathers(thread_id)):
            rows = [self.pack_write(write) for write in wrote]
            self._database.later(lambda cursor: insert_all(rows, cursor), thread_id=thread_id)
        elif wrote:
            space = self._space(thread_id, name)
            if space.put_writes(wrote):
                self._database.later(partial(space.write, []), thread_id=thread_id)

    def pack_write(self, write: Write) -> WriteRow:
        """Make a row of what a task wrote to a channel."""
        told = hidden_write(write.channel, write.value, self._database.redactor, self.serde)
        place = (write.thread_id, write.space, write.checkpoint_id, write.task_id, write.task_path)
        number = WRITES_IDX_MAP.get(write.channel, write.number)
        return WriteRow(write.special, (*place, number, write.channel, *told))

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints."""
        with self.cursor() as cursor:
            for table in ("checkpoints", "writes", "large_values"):
                cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (str(thread_id),))

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """List checkpoints, newest first, read in one go: a generator would keep the database locked."""
        return iter(
            [self._whole(found) for found in [*super().list(config, filter=filter, before=before, limit=limit)]]
        )
