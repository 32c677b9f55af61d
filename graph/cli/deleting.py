"""Deletes a run: the body of `surefoot delete`."""

from contextlib import closing
from pathlib import Path

from surefoot.graph.cli import loading
from surefoot.graph.cli.job import Job
from surefoot.graph.cli.lines import one_line
from surefoot.graph.cli.output import ABORTED
from surefoot.graph.store import RunRow, Store
from surefoot.tools.errors import ResumeError


def delete(thread: str, workspace: Path | None, yes: bool) -> int:
    """Delete all of a thread, once a person has said so; returns the exit code."""
    job = Job(thread, as_json=False, workspace=workspace)
    with job.reported():
        settings = loading.read_settings({"workspace": workspace})
        if not loading.has_runs(settings):
            raise ResumeError(f"There is no run {thread!r}: {settings.home_folder} has no runs yet.")
        with closing(loading.open_runs(settings)) as store:
            row = _found(store, thread)
            if yes or _agreed(job, row):
                store.delete_run(thread)
                job.output.say(f"Deleted {one_line(thread)}: its states, log and outputs. Files it wrote stay.")
                if row["settings"].get("elsewhere"):
                    job.output.say("Its states are kept elsewhere, such as in LangGraph Studio: delete them there too.")
            else:
                job.output.say("Nothing was deleted.")
                job.code = ABORTED
    return job.code


def _found(store: Store, thread: str) -> RunRow:
    row = store.run(thread)
    if row is None:
        raise ResumeError(f"There is no run {thread!r} in {store.where}.")
    with store.lock(thread):  # refused at once, before anybody is asked
        return row


def _agreed(job: Job, row: RunRow) -> bool:
    if not job.interactive:
        raise ResumeError("A deleted run is gone for good, and nobody can be asked here: add --yes to delete it.")
    job.output.say(f"{one_line(row['thread_id'])}: {one_line(row['goal'])}")
    try:
        return input("Delete it for good? [y/N] ").strip().casefold() in ("y", "yes")
    except EOFError:
        return False
