"""What a graph inside the main one would save while it works, until it is written: the newest checkpoint is enough.

LangGraph saves a checkpoint at each super-step, and what each task wrote beside it. Inside the main graph only those are
wanted that have something no journal has, as a reply of the model: the newest one when next anything has to be on the
disk. What follows from it, and from the actions in the journal, comes about again where a run was cut off. A checkpoint
that is passed over hands what was added to channels saved as changes to the one before it on the disk, as LangGraph
itself does where it saves at the exit alone.
"""

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import WRITES_IDX_MAP, Checkpoint, CheckpointMetadata

__all__ = ["Packer", "Point", "PointRow", "Seen", "Space", "Write", "WriteRow", "insert_all"]

Seen = dict[str, tuple[Any, Any, str | None]]
"""By channel: its value when it was last saved, the same without secrets, and its name if it is large."""


@dataclass(frozen=True, slots=True)
class Write:
    """What one task wrote to one channel."""

    thread_id: str
    space: str
    checkpoint_id: str
    task_id: str
    task_path: str
    number: int
    channel: str
    value: Any

    @property
    def special(self) -> bool:
        """Whether it is of LangGraph's own: a question, an answer, an error."""
        return self.channel in WRITES_IDX_MAP


@dataclass(frozen=True, slots=True)
class Point:
    """One checkpoint."""

    thread_id: str
    space: str
    parent: str | None
    config: RunnableConfig
    checkpoint: Checkpoint
    metadata: CheckpointMetadata


class Row(Protocol):
    """Something packed, to be written as often as it takes."""

    def insert(self, cursor: sqlite3.Cursor) -> None: ...


@dataclass(frozen=True, slots=True)
class WriteRow:
    """What one task wrote to one channel, packed."""

    anew: bool
    """A question or answer takes the place of the one before it; anything else is written once."""
    values: tuple[Any, ...]

    def insert(self, cursor: sqlite3.Cursor) -> None:
        """Write it."""
        cursor.execute(
            f"INSERT OR {'REPLACE' if self.anew else 'IGNORE'} INTO writes (thread_id, checkpoint_ns, checkpoint_id, "
            "task_id, task_path, idx, channel, type, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.values,
        )


@dataclass(frozen=True, slots=True)
class PointRow:
    """One checkpoint, packed, and the large values that may not be there yet."""

    values: tuple[Any, ...]
    large: Sequence[tuple[str, str, str, bytes]]
    """Thread, name, kind and bytes of each."""

    def insert(self, cursor: sqlite3.Cursor) -> None:
        """Write it."""
        cursor.executemany("INSERT INTO large_values VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", self.large)
        cursor.execute(
            "INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, "
            "type, checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
            self.values,
        )


def insert_all(rows: Iterable[Row], cursor: sqlite3.Cursor) -> None:
    """Write rows in their order."""
    for row in rows:
        row.insert(cursor)


class Packer(Protocol):
    """What makes rows of what LangGraph hands over; the checkpointer does."""

    def pack_point(self, point: Point, seen: Seen) -> PointRow: ...

    def pack_write(self, write: Write) -> WriteRow: ...


@dataclass
class _Unwritten:
    """What waits: at most one checkpoint, and what was written to it and to the one before it on the disk."""

    base: str | None
    """The newest checkpoint on the disk, or before this one on its way there."""
    newest: Point | None = None
    writes: list[Write] = field(default_factory=list)
    moved: int = 0


class Space:
    """One namespace of a thread that is worked on. What is passed over is never packed."""

    def __init__(self, packer: Packer) -> None:
        self.seen: Seen = {}
        self._packer = packer
        self._lock = threading.Lock()
        self._unwritten: _Unwritten | None = None
        self._due = False

    def put(self, point: Point, deltas: Collection[str], *, wanted: bool) -> bool:
        """Take a checkpoint in the place of the one that waits; whether the database is to be told of it.

        `deltas`: channels that are saved as changes, whose writes are kept for as long as the thread is. `wanted`: it
        has something that would not come about again.
        """
        with self._lock:
            waiting = self._unwritten = self._unwritten or _Unwritten(point.parent)
            passed = waiting.newest is not None and waiting.newest.checkpoint["id"] == point.parent
            if not passed:
                waiting.base = point.parent
            kept: list[Write] = []
            for write in waiting.writes:
                if write.checkpoint_id != point.parent or (not passed and write.special):
                    kept.append(write)
                elif write.channel in deltas:
                    kept.append(self._handed_on(write, waiting) if passed else write)
            waiting.writes = kept
            waiting.newest = replace(point, parent=waiting.base)
            return wanted and self._falls_due()

    def _handed_on(self, write: Write, waiting: _Unwritten) -> Write:
        waiting.moved += 1
        assert waiting.base is not None
        # Behind what the tasks of that checkpoint wrote themselves, in the order in which it happened.
        late = f"~~{waiting.moved:010d}"
        return replace(write, checkpoint_id=waiting.base, task_path=late, task_id=late)

    def put_writes(self, writes: Sequence[Write]) -> bool:
        """Take what a task wrote; whether the database is to be told of it, as of a question or an answer."""
        with self._lock:
            waiting = self._unwritten = self._unwritten or _Unwritten(writes[0].checkpoint_id)
            newest = waiting.newest
            # LangGraph saves in the background: this may be about a checkpoint that has been passed over by now.
            late = newest is not None and newest.checkpoint["id"] != writes[0].checkpoint_id
            waiting.writes += [write for write in writes if not late or write.special]
            return any(write.special for write in writes) and self._falls_due()

    def end(self) -> bool:
        """Nobody works here any more; whether the database is to be told of what is left."""
        with self._lock:
            return self._unwritten is not None and self._falls_due()

    def _falls_due(self) -> bool:
        told, self._due = self._due, True
        return not told

    def write(self, frozen: list[Row], cursor: sqlite3.Cursor) -> None:
        """Write what waits; `frozen` has it in case that this has to be done again, and no more comes to it."""
        with self._lock:
            if self._unwritten:
                frozen.extend(self._packed(self._unwritten))
            self._unwritten, self._due = None, False
        insert_all(frozen, cursor)

    def _packed(self, waiting: _Unwritten) -> Iterator[Row]:
        if waiting.newest:
            yield self._packer.pack_point(waiting.newest, self.seen)
        yield from map(self._packer.pack_write, waiting.writes)
