"""Keeps one row for each run: its goal, its own status, its settings."""

import json
import time
from typing import Any, cast

from surefoot.graph.store.columns import to_json
from surefoot.graph.store.database import Database, repeated
from surefoot.graph.store.store import RunRow
from surefoot.nodes.state import Json
from surefoot.tools.clean import clean_text
from surefoot.tools.errors import StoreError

TABLES = (
    """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    thread_id TEXT NOT NULL,
    goal TEXT,
    status TEXT,
    model TEXT,
    settings TEXT,
    graph_hash TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
)
""",
    "CREATE INDEX runs_of_thread ON runs (thread_id)",
)

_COLUMNS = "thread_id, run_id, goal, status, model, created_at, updated_at, settings, graph_hash"


class RunTable:
    """The run table of a store. A thread may have several runs, one after another; the newest counts."""

    database: Database

    @repeated
    def upsert_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        goal: str | None = None,
        status: str | None = None,
        model: str | None = None,
        settings: dict[str, Json] | None = None,
        graph_hash: str | None = None,
    ) -> None:
        """Enter a run or change what is given; None leaves a field as it is.

        Raises:
            StoreError: the run belongs to another thread.
        """
        goal = None if goal is None else clean_text(goal)
        now, chosen = time.time(), None if settings is None else to_json(settings)
        with self.database.transaction(thread_id=thread_id) as cursor:
            cursor.execute(
                f"INSERT INTO runs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET "
                "goal = COALESCE(excluded.goal, runs.goal), status = COALESCE(excluded.status, runs.status), "
                "model = COALESCE(excluded.model, runs.model), settings = COALESCE(excluded.settings, runs.settings), "
                "graph_hash = COALESCE(excluded.graph_hash, runs.graph_hash), updated_at = excluded.updated_at "
                "WHERE runs.thread_id = excluded.thread_id",
                (thread_id, run_id, goal, status, model, now, now, chosen, graph_hash),
            )
            if cursor.rowcount != 1:
                raise StoreError(f"Run {run_id} belongs to another thread than {thread_id!r}: use a new run id.")

    def run(self, thread_id: str) -> RunRow | None:
        """Find the newest run of a thread."""
        found = self._select("WHERE thread_id = ? ORDER BY number DESC LIMIT 1", (thread_id,))
        return found[0] if found else None

    def runs(self) -> list[RunRow]:
        """List all runs, newest first."""
        return self._select("ORDER BY number DESC", ())

    @repeated
    def _select(self, condition: str, parameters: tuple[Any, ...]) -> list[RunRow]:
        with self.database.glance() as cursor:  # its rows are never held back
            cursor.execute(f"SELECT {_COLUMNS} FROM runs {condition}", parameters)
            return [_row(row) for row in cursor.fetchall()]


def _row(values: Any) -> RunRow:
    row = dict(zip(_COLUMNS.split(", "), values, strict=True))
    settings = json.loads(row["settings"] or "{}")
    texts = {name: row[name] or "" for name in ("goal", "status", "model", "graph_hash")}
    return cast(RunRow, {**row, **texts, "settings": settings})
