"""What a graph inside the main one would save while it works, until it is written: the newest checkpoint is enough.

LangGraph saves a checkpoint at each super-step, and what each task wrote beside it. Inside the main graph only those are
wanted that a run can be cut off at: the newest one whenever something has to be on the disk. A checkpoint that is passed
over hands what was added to channels saved as changes to the one before it on the disk, as LangGraph itself does where
it saves at the exit alone.
"""

import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langgraph.checkpoint.base import WRITES_IDX_MAP

__all__ = ["Point", "Space", "Write", "write_point", "write_writes"]

_WRITE = "thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value"


@dataclass(frozen=True, slots=True)
class Write:
    """What one task wrote to one channel: a row."""

    thread_id: str
    space: str
    checkpoint_id: str
    task_id: str
    task_path: str
    number: int
    channel: str
    kind: str
    data: bytes

    @property
    def special(self) -> bool:
        """Whether it is of LangGraph's own: a question, an answer, an error."""
        return self.channel in WRITES_IDX_MAP


@dataclass(frozen=True, slots=True)
class Point:
    """One checkpoint: a row, and the large values it names."""

    thread_id: str
    space: str
    checkpoint_id: str
    parent: str | None
    kind: str
    data: bytes
    about: bytes
    names: Collection[str]
    """The large values it has."""
    large: Sequence[tuple[str, str, bytes]]
    """Name, kind and bytes of those that may not be there yet."""


def write_point(cursor: sqlite3.Cursor, point: Point) -> None:
    """Write a checkpoint."""
    values = [(point.thread_id, *value) for value in point.large]
    cursor.executemany("INSERT INTO large_values VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", values)
    cursor.execute(
        "INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, "
        "type, checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (point.thread_id, point.space, point.checkpoint_id, point.parent, point.kind, point.data, point.about),
    )


def write_writes(cursor: sqlite3.Cursor, writes: Collection[Write]) -> None:
    """Write what tasks wrote: a question or answer anew, anything else once."""
    for write in writes:
        anew = "REPLACE" if write.special else "IGNORE"
        row = (write.thread_id, write.space, write.checkpoint_id, write.task_id, write.task_path, write.number)
        cursor.execute(
            f"INSERT OR {anew} INTO writes ({_WRITE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, write.channel, write.kind, write.data),
        )


@dataclass
class _Unwritten:
    """What waits: at most one checkpoint, and what was written to it and to the one before it on the disk."""

    base: str | None
    """The newest checkpoint on the disk, or before this one on its way there."""
    newest: Point | None = None
    writes: list[Write] = field(default_factory=list)
    moved: int = 0


class Space:
    """One namespace of a thread that is worked on."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[Any, Any, str | None]] = {}
        """By channel: its value when it was last saved, the same without secrets, and its name if it is large."""
        self._lock = threading.Lock()
        self._unwritten: _Unwritten | None = None

    def put(self, point: Point, deltas: Collection[str]) -> bool:
        """Take a checkpoint in the place of the one that waits; whether something has to be told to write it.

        `deltas`: channels that are saved as changes, whose writes are wanted for as long as the thread is.
        """
        with self._lock:
            new = self._unwritten is None
            waiting = self._unwritten = self._unwritten or _Unwritten(point.parent)
            passed = waiting.newest is not None and waiting.newest.checkpoint_id == point.parent
            if not passed:
                waiting.base = point.parent
            kept: list[Write] = []
            for write in waiting.writes:
                if write.checkpoint_id != point.parent or (not passed and write.special):
                    kept.append(write)
                elif write.channel in deltas:
                    kept.append(self._handed_on(write, waiting) if passed else write)
            waiting.writes = kept
            unsaved = [value for value in (waiting.newest.large if waiting.newest else ()) if value[0] in point.names]
            waiting.newest = replace(point, parent=waiting.base, large=[*unsaved, *point.large])
            return new

    def _handed_on(self, write: Write, waiting: _Unwritten) -> Write:
        waiting.moved += 1
        assert waiting.base is not None
        # Behind what the tasks of that checkpoint wrote themselves, in the order in which it happened.
        late = f"~~{waiting.moved:010d}"
        return replace(write, checkpoint_id=waiting.base, task_path=late, task_id=f"{late}-{write.task_id}")

    def put_writes(self, writes: Sequence[Write]) -> bool:
        """Take what a task wrote; whether something has to be told to write it."""
        with self._lock:
            new = self._unwritten is None
            waiting = self._unwritten = self._unwritten or _Unwritten(writes[0].checkpoint_id)
            newest = waiting.newest
            # LangGraph saves in the background: this may be about a checkpoint that has been passed over by now.
            late = newest is not None and newest.checkpoint_id != writes[0].checkpoint_id
            waiting.writes += [write for write in writes if not late or write.special]
            return new

    def write(self, frozen: list[Any], cursor: sqlite3.Cursor) -> None:
        """Write what waits; `frozen` has it in case that this has to be done again, and no more comes to it."""
        with self._lock:
            if self._unwritten:
                frozen.append(self._unwritten)
            self._unwritten = None
        for each in frozen:
            if each.newest:
                write_point(cursor, each.newest)
            write_writes(cursor, each.writes)
