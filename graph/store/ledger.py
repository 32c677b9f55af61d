"""Keeps what a run did and what it spent, as rows that are only ever added."""

import json
import time
from collections.abc import Mapping, Sequence

from surefoot.graph.store.columns import to_json
from surefoot.graph.store.database import Cursor, Database, repeated
from surefoot.graph.store.store import Spent
from surefoot.nodes.state import Json
from surefoot.tools.errors import StoreError

TABLES = (
    """
CREATE TABLE log (
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    type TEXT NOT NULL,
    task_id TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
)
""",
    """
CREATE TABLE spending (
    run_id TEXT NOT NULL,
    at REAL NOT NULL,
    node TEXT NOT NULL,
    task_id TEXT NOT NULL,
    steps INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    usd REAL,
    estimated INTEGER NOT NULL,
    actions TEXT NOT NULL
)
""",
    "CREATE INDEX spending_of_run ON spending (run_id)",
    """
CREATE TABLE reservations (
    run_id TEXT NOT NULL,
    number TEXT NOT NULL,
    at REAL NOT NULL,
    node TEXT NOT NULL,
    task_id TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    usd REAL NOT NULL,
    PRIMARY KEY (run_id, number)
)
""",
)


_MOST = 2**63 - 1
EventRow = tuple[str, float, str, str, str, str]


_LATEST = """
WITH older AS MATERIALIZED (
    SELECT task_id AS task, seq AS latest FROM (
        SELECT task_id, seq, ROW_NUMBER() OVER (PARTITION BY task_id ORDER BY seq DESC) AS turn
        FROM log WHERE run_id = ? AND type = 'thought'
    ) AS counted WHERE turn = ?
)
SELECT data FROM log LEFT JOIN older ON task = task_id
WHERE run_id = ? AND (type NOT IN ('thought', 'action', 'observation') OR seq > COALESCE(latest, 0)) ORDER BY seq
"""
"""Where the turns end that are too old is found once for each subtask."""


class Ledger:
    """The step log and the spending of a store; each method is one committed transaction, or a part of the next one."""

    database: Database

    @repeated
    def append(self, run_id: str, event: Mapping[str, Json]) -> int:
        """Add an event to the run's log; returns its number, counted from 1 within the run."""
        row = self._row(run_id, event)
        with self.database.transaction(run_id=run_id) as cursor:
            return _appended(cursor, row)

    @repeated
    def note(self, run_id: str, event: Mapping[str, Json]) -> None:
        """Add an event to the run's log, with the next transaction where the run's work is gathered."""
        row = self._row(run_id, event)
        self.database.later(lambda cursor: _appended(cursor, row), run_id=run_id)

    def _row(self, run_id: str, event: Mapping[str, Json]) -> EventRow:
        kind, task_id = str(event.get("type") or ""), str(event.get("task_id") or "")
        return run_id, time.time(), kind, task_id, to_json(event, self.database.redactor.exact), run_id

    @repeated
    def events(self, run_id: str, after: int = 0) -> list[dict[str, Json]]:
        """Read the log past a number: each event with `seq` and `at` (Unix seconds)."""
        with self.database.transaction(write=False) as cursor:
            cursor.execute("SELECT seq, at, data FROM log WHERE run_id = ? AND seq > ? ORDER BY seq", (run_id, after))
            return [{**json.loads(data), "seq": seq, "at": at} for seq, at, data in cursor.fetchall()]

    @repeated
    def latest_events(self, run_id: str, turns: int) -> list[dict[str, Json]]:
        """Read the log but for the thoughts, actions and observations of older turns, so many of each subtask being new."""
        with self.database.transaction(write=False) as cursor:
            cursor.execute(_LATEST, (run_id, turns + 1, run_id))
            return [json.loads(data) for (data,) in cursor.fetchall()]

    @repeated
    def event_lines(self, run_id: str, after: int = 0) -> list[str]:
        """Read the log past a number as JSON lines, `seq` and `at` in front, as far as it is on the disk."""
        with self.database.glance() as cursor:
            cursor.execute("SELECT seq, at, data FROM log WHERE run_id = ? AND seq > ? ORDER BY seq", (run_id, after))
            return [f'{{"seq":{seq},"at":{at!r},{data[1:]}' for seq, at, data in cursor.fetchall()]

    @repeated
    def reserve(self, run_id: str, number: str, *, node: str, task_id: str, tokens: int, usd: float) -> None:
        """Set aside what a model call may cost. One that nobody settles, as its process died, counts as spent."""
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(
                "INSERT INTO reservations (run_id, number, at, node, task_id, tokens, usd) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (run_id, number) DO NOTHING",
                (run_id, number, time.time(), node, task_id, tokens, usd),
            )

    @repeated
    def charge(
        self,
        run_id: str,
        *,
        node: str,
        task_id: str,
        steps: int = 0,
        tokens: int = 0,
        seconds: float = 0.0,
        usd: float | None = None,
        estimated: bool = False,
        actions: Sequence[str] = (),
        reservation: str = "",
    ) -> None:
        """Add to what the run has spent; `actions` are the ids of the steps it counts, `reservation` is settled.

        With the next transaction where the run's work is gathered.
        """
        if max(steps, tokens) > _MOST:  # said now: held back, it would be in the way of all that comes after it
            raise StoreError(f"A value is too big for {self.database.where}: {max(steps, tokens)} is no count.")
        spent = (steps, tokens, seconds, usd, int(estimated), to_json(list(actions)))
        row = (run_id, time.time(), node, task_id, *spent)

        def work(cursor: Cursor) -> None:
            if reservation:
                cursor.execute("DELETE FROM reservations WHERE run_id = ? AND number = ?", (run_id, reservation))
            cursor.execute(
                "INSERT INTO spending (run_id, at, node, task_id, steps, tokens, seconds, usd, estimated, "
                "actions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

        self.database.later(work, run_id=run_id)

    @repeated
    def spent(self, run_id: str) -> Spent:
        """Sum up what the run has spent, with what is set aside; usd is None while nothing had a price."""
        with self.database.transaction(write=False) as cursor:
            return spent(cursor, run_id)

    @repeated
    def spent_by_subtask(self, run_id: str) -> dict[str, dict[str, float]]:
        """Sum up steps, tokens and usd by subtask id, with what is set aside."""
        with self.database.transaction(write=False) as cursor:
            return spent_by_subtask(cursor, run_id)

    @repeated
    def charged(self, run_id: str) -> set[str]:
        """Tell which actions have been counted, so that none is counted twice."""
        with self.database.transaction(write=False) as cursor:
            return charged(cursor, run_id)


def spent(cursor: Cursor, run_id: str) -> Spent:
    """Sum up what a run has spent, with what is set aside."""
    cursor.execute(
        "SELECT COALESCE(SUM(steps), 0), COALESCE(SUM(tokens), 0), COALESCE(SUM(seconds), 0), "
        "SUM(usd), COALESCE(MAX(estimated), 0) FROM spending WHERE run_id = ?",
        (run_id,),
    )
    steps, tokens, seconds, usd, estimated = cursor.fetchone()
    cursor.execute(
        "SELECT COALESCE(SUM(tokens), 0), COALESCE(SUM(usd), 0), COUNT(*) FROM reservations WHERE run_id = ?",
        (run_id,),
    )
    held, held_usd, cut_off = cursor.fetchone()
    return Spent(
        steps=int(steps),
        tokens=int(tokens + held),
        seconds=float(seconds),
        usd=usd if not held_usd else (usd or 0.0) + held_usd,
        estimated=bool(estimated or cut_off),
    )


def spent_by_subtask(cursor: Cursor, run_id: str) -> dict[str, dict[str, float]]:
    """Sum up steps, tokens and usd by subtask id, with what is set aside."""
    cursor.execute(
        "SELECT task_id, SUM(steps), SUM(tokens), SUM(COALESCE(usd, 0)) FROM ("
        "SELECT task_id, steps, tokens, usd FROM spending WHERE run_id = ? UNION ALL "
        "SELECT task_id, 0, tokens, usd FROM reservations WHERE run_id = ?) AS spent "
        "WHERE task_id <> '' GROUP BY task_id",
        (run_id, run_id),
    )
    rows = cursor.fetchall()
    return {task: {"steps": int(steps), "tokens": int(tokens), "usd": float(usd)} for task, steps, tokens, usd in rows}


def charged(cursor: Cursor, run_id: str) -> set[str]:
    """Tell which actions of a run have been counted."""
    cursor.execute("SELECT actions FROM spending WHERE run_id = ? AND steps > 0", (run_id,))
    rows = ",".join(actions for (actions,) in cursor.fetchall())
    return {action for actions in json.loads(f"[{rows}]") for action in actions}


def _appended(cursor: Cursor, row: EventRow) -> int:
    """Append an event; its number."""
    found = None
    while found is None:  # no row: another process has taken the number meanwhile
        cursor.execute(
            "INSERT INTO log (run_id, seq, at, type, task_id, data) "
            "SELECT ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ? FROM log WHERE run_id = ? "
            "ON CONFLICT (run_id, seq) DO NOTHING RETURNING seq",
            row,
        )
        found = cursor.fetchone()
    return int(found[0])
