"""Keeps the action journal: what is about to happen, what happened, and what nobody knows."""

import json
import time
from typing import Any, cast

from surefoot.graph.store.columns import checksum, to_json
from surefoot.graph.store.database import Cursor, Database, repeated
from surefoot.graph.store.store import JournalRow
from surefoot.nodes.run import JournalStatus
from surefoot.nodes.state import Json, digest
from surefoot.tools.errors import RunBusy, StoreError

TABLE = """
CREATE TABLE actions (
    run_id TEXT NOT NULL,
    action_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    tool TEXT NOT NULL,
    args TEXT NOT NULL,
    effect TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PREPARED', 'STARTED', 'DONE', 'FAILED', 'UNKNOWN')),
    result TEXT,
    result_sum TEXT,
    created_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    owner TEXT,
    PRIMARY KEY (run_id, action_id)
)
"""

_COLUMNS = (
    "run_id, action_id, digest, tool, args, effect, status, result, result_sum, "
    "created_at, started_at, finished_at, owner"
)


_ENTER = (
    "INSERT INTO actions (run_id, action_id, digest, tool, args, effect, status, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, 'PREPARED', ?) ON CONFLICT (run_id, action_id) DO NOTHING"
)


class Journal:
    """The journal's part of a store; each method is one committed transaction."""

    database: Database

    @repeated
    def prepare(
        self, run_id: str, action: dict[str, Json], effect: str
    ) -> tuple[JournalStatus, dict[str, Json] | None]:
        """Enter an action unless it is there; how it stands, and its result when DONE or FAILED.

        Raises:
            StoreError: it has no id, or its id was entered with another tool or other arguments.
        """
        new = _new(run_id, action, effect)
        _, action_id, identity, *_ = new
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(_ENTER, new)
            cursor.execute(f"SELECT {_COLUMNS} FROM actions WHERE run_id = ? AND action_id = ?", (run_id, action_id))
            entry = self._entry(cursor.fetchone())
        if entry["digest"] != identity:
            raise StoreError(
                f"Action {action_id} was entered as another call of {entry['tool']}: "
                "what was approved is not what would run, so nothing was run."
            )
        return entry["status"], entry["result"] if entry["status"] in ("DONE", "FAILED") else None

    @repeated
    def enter(self, run_id: str, action: dict[str, Json], effect: str) -> None:
        """Enter an action that is known not to be there, with the next transaction where the run's work is gathered."""
        new = _new(run_id, action, effect)
        self.database.later(lambda cursor: cursor.execute(_ENTER, new), run_id=run_id)

    @repeated
    def start(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> bool:
        """Claim a PREPARED action right before its effect; False = it is not to be had.

        `owner` names this leg of the run. `again` also claims what another leg left STARTED, or what ended UNKNOWN.
        """
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(
                "UPDATE actions SET status = 'STARTED', owner = ?, started_at = ?, "
                "finished_at = NULL, result = NULL, result_sum = NULL WHERE run_id = ? AND action_id = ? "
                "AND (status = 'PREPARED' OR (? = 1 AND (status = 'UNKNOWN' OR (status = 'STARTED' AND owner <> ?))))",
                (owner, time.time(), run_id, action_id, int(again), owner),
            )
            return bool(cursor.rowcount == 1)

    @repeated
    def resolve(self, run_id: str, action_id: str, result: dict[str, Json] | None) -> None:
        """Take a person's word on a STARTED or UNKNOWN action: DONE with its result, or None = PREPARED once more."""
        status, text, now = ("PREPARED", None, None) if result is None else ("DONE", to_json(result), time.time())
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(
                "UPDATE actions SET status = ?, result = ?, result_sum = ?, finished_at = ?, owner = NULL "
                "WHERE run_id = ? AND action_id = ? AND status IN ('STARTED', 'UNKNOWN')",
                (status, text, text and checksum(text.encode()), now, run_id, action_id),
            )

    @repeated
    def finish(self, run_id: str, action_id: str, owner: str, success: bool, result: dict[str, Json]) -> None:
        """Record what came of an action this owner has claimed, or that is given up before it started.

        Raises:
            RunBusy: another owner has taken the action over, or it is finished; nothing was recorded.
        """
        text = to_json(result)
        status = "DONE" if success else _failure(result)
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(
                "UPDATE actions SET status = CASE WHEN ? = 'UNKNOWN' AND effect = 'read_only' THEN 'FAILED' ELSE ? END, "
                "result = ?, result_sum = ?, finished_at = ? WHERE run_id = ? AND action_id = ? "
                "AND ((status = 'STARTED' AND owner = ?) OR (status = 'PREPARED' AND ? = 0))",
                (
                    *(status, status, text, checksum(text.encode()), time.time()),
                    *(run_id, action_id, owner, int(success)),
                ),
            )
            if cursor.rowcount != 1:
                raise RunBusy(
                    f"The result of action {action_id} was not recorded: "
                    "another process has taken the action over, or it is already finished."
                )

    @repeated
    def release(self, run_id: str, action_id: str, owner: str, *, again: bool = False) -> None:
        """Give back an action this owner has claimed: it has stopped to ask a person, and will begin anew.

        PREPARED, or UNKNOWN where it was claimed `again`: what it did the first time is still not known.

        Raises:
            RunBusy: another owner has taken the action over; nothing was changed.
        """
        with self.database.transaction(run_id=run_id) as cursor:
            cursor.execute(
                "UPDATE actions SET status = ?, owner = NULL, started_at = NULL "
                "WHERE run_id = ? AND action_id = ? AND status = 'STARTED' AND owner = ?",
                ("UNKNOWN" if again else "PREPARED", run_id, action_id, owner),
            )
            if cursor.rowcount != 1:
                raise RunBusy(f"Action {action_id} was not given back: another process has taken it over.")

    @repeated
    def unfinished(self, run_id: str) -> list[JournalRow]:
        """List the actions that may or may not have happened: STARTED and UNKNOWN, oldest first."""
        with self.database.transaction(write=False) as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM actions WHERE run_id = ? AND status IN ('STARTED', 'UNKNOWN') "
                "ORDER BY created_at, action_id",
                (run_id,),
            )
            return [self._entry(row) for row in cursor.fetchall()]

    def _entry(self, row: Any) -> JournalRow:
        entry = dict(zip(_COLUMNS.split(", "), row, strict=True))
        written, result = entry.pop("result_sum"), entry["result"]
        entry["args"] = json.loads(entry["args"])
        intact = digest([entry["tool"], entry["args"]]) == entry["digest"]
        if result is not None:
            intact = intact and checksum(result.encode()) == written
            entry["result"] = json.loads(result) if intact else None
        if not intact:
            raise StoreError(
                f"Action {entry['action_id']} in {self.database.where} is not as it was written: "
                "put a backup in its place, or start a new run."
            )
        return cast(JournalRow, entry)


def entered(cursor: Cursor, run_id: str) -> set[str]:
    """Name all actions of a run."""
    cursor.execute("SELECT action_id FROM actions WHERE run_id = ?", (run_id,))
    return {action_id for (action_id,) in cursor.fetchall()}


def _new(run_id: str, action: dict[str, Json], effect: str) -> tuple[str, str, str, str, str, str, float]:
    """An action as a row."""
    tool, args, action_id = action["tool"], action.get("args") or {}, action.get("action_id")
    if not action_id:
        raise StoreError(f"The action on {tool} has no id, so it cannot be entered in the journal.")
    return run_id, action_id, digest([tool, args]), tool, to_json(args), effect, time.time()


def _failure(result: dict[str, Json]) -> JournalStatus:
    kind = (result.get("error") or {}).get("kind")
    return "UNKNOWN" if kind in ("timeout", "unfinished") else "FAILED"
