"""Says what may enter a thread: whatever does not fit where its run stands is refused in a sentence. Touches nothing."""

import re
from collections.abc import Mapping
from typing import Any

from langgraph.types import Interrupt, StateSnapshot

from surefoot.graph.standing import has_begun, saved_status
from surefoot.graph.store import RunRow
from surefoot.nodes.state import ENDED, SCHEMA_VERSION, Json
from surefoot.tools.clean import Unstorable, clean
from surefoot.tools.errors import ResumeError, StoreError
from surefoot.tools.redact import Redactor

__all__ = ["admit_answers", "admit_asked", "admit_goal", "admit_work", "not_begun", "the_question"]

EARLIER_GRAPHS: frozenset[str] = frozenset()
"""Graph hashes of earlier releases whose saved runs this one goes on with; `tests/golden` proves it."""

_ID = re.compile("[0-9a-f]{32}")


def admit_goal(name: str, row: RunRow | None, snapshot: StateSnapshot) -> None:
    """Refuse a new goal where it would drop unfinished work or an open question.

    Raises:
        ResumeError: the thread's run is not finished, or is kept elsewhere.
    """
    if row and (snapshot.tasks or not_begun(row, snapshot) or (has_begun(row, snapshot) and not _ended(snapshot))):
        raise ResumeError(
            f"The run {name!r} is not finished: resume it, abort it, or give the new goal another name (thread_id)."
        )


def admit_work(name: str, row: RunRow | None, snapshot: StateSnapshot, where: str, graph_hash: str) -> None:
    """Refuse to go on with a run whose state this release would misread, or whose journal is not here.

    Raises:
        StoreError: it was saved by another release, or the store does not know it.
    """
    if row is None:
        raise StoreError(
            f"The journal of the run {name!r} is not in {where}, so actions could run twice: "
            "open the store it was begun with, or give its goal to a new run."
        )
    if snapshot.values.get("schema_version", 0) > SCHEMA_VERSION:
        raise StoreError(f"The run {name!r} was saved by a newer release: update surefoot to resume it.")
    # LangGraph takes a run for finished whose next node it does not know.
    unknown = has_begun(row, snapshot) and not snapshot.tasks and not _ended(snapshot)
    if unknown or row["graph_hash"] not in {"", graph_hash, *EARLIER_GRAPHS}:
        raise StoreError(
            f"The run {name!r} in {where} stands at a step this release does not have, or was begun by one with other "
            "steps: resume it with the release that started it."
        )


def admit_asked(name: str, row: RunRow, snapshot: StateSnapshot) -> None:
    """Refuse an answer while the run does not wait for one: after a crash the saved question may be long answered.

    Raises:
        ResumeError: no question is open.
    """
    if saved_status(row, snapshot) != "waiting":
        raise ResumeError(f"The run {name!r} has no open question: resume it without an answer.")


def admit_answers(name: str, snapshot: StateSnapshot, answers: Json, redactor: Redactor) -> dict[str, Json]:
    """Address answers to the open questions they are meant for: interrupt id -> plain answer without secrets.

    `answers` is what LangGraph's `Command(resume=...)` takes: answers by interrupt id, or a single one.

    Raises:
        ResumeError: no or another question is open, several are and it is not said which, or an answer is no data.
    """
    if not snapshot.interrupts:
        raise ResumeError(f"The run {name!r} has no open question: resume it without an answer.")
    by_id = isinstance(answers, Mapping) and bool(answers) and all(_ID.fullmatch(str(key)) for key in answers)
    meant = answers if by_id else {the_question(name, snapshot.interrupts, None).id: answers}
    for number in meant:
        the_question(name, snapshot.interrupts, number)
    return {number: redactor.data(_plain(answer)) for number, answer in meant.items()}


def the_question(name: str, interrupts: tuple[Interrupt, ...], interrupt_id: str | None) -> Interrupt:
    """Find the question an id means; None means the only one.

    Raises:
        ResumeError: it is not open, or several are and none is named.
    """
    ids = ", ".join(i.id for i in interrupts)
    meant = [i for i in interrupts if interrupt_id in (None, i.id)]
    if len(meant) > 1:
        raise ResumeError(f"The run {name!r} has several open questions, so name the one you answer: {ids}.")
    if meant:
        return meant[0]
    raise ResumeError(f"The run {name!r} has no open question {interrupt_id!r}; open: {ids}.")


def not_begun(row: RunRow, snapshot: StateSnapshot) -> bool:
    """Whether the newest run was entered and cut off before its first saved step: it starts from its goal."""
    return row["status"] == "running" and not row["settings"].get("elsewhere") and not has_begun(row, snapshot)


def _plain(answer: Any) -> Json:
    try:
        plain = clean(answer)
    except Unstorable as error:
        raise ResumeError(f"The answer is not plain data: {error}") from None
    if plain is None:
        raise ResumeError("An answer is missing: give a decision such as true, false or {'type': 'approve'}.")
    return plain


def _ended(snapshot: StateSnapshot) -> bool:
    return snapshot.values.get("status") in ENDED
