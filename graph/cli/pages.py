"""Shows runs as pages: the bodies of `surefoot show --html` and `surefoot serve`."""

import contextlib
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from surefoot.graph.cli import loading
from surefoot.graph.cli.job import Job
from surefoot.graph.cli.lines import resume_command
from surefoot.graph.cli.shown import Served, Shown, open_server
from surefoot.graph.cli.work import reopened
from surefoot.graph.report import page
from surefoot.graph.store import Store
from surefoot.graph.store.private import explained, write_private
from surefoot.tools.errors import ResumeError, SettingsError


def write(thread: str, file: Path, workspace: Path | None) -> int:
    """Write the page of a run to a file; returns the exit code."""
    job = Job(thread, as_json=False)
    with job.reported():
        settings = loading.read_settings({"workspace": workspace})
        if not loading.has_runs(settings):
            raise ResumeError(f"There is no run {thread!r}: {loading.place(settings)} has no runs yet.")
        if file.is_dir() or not file.absolute().parent.is_dir():
            raise SettingsError(f"{file} is no place for a file: name one in a folder that exists.")
        with closing(loading.open_runs(settings)) as store:
            found = loading.looking_door(store).look(thread)
            events = Shown(store, thread, job.output.redactor).events(0)
        html = page(thread, events, status=found.status, resume=resume_command(thread, workspace))
        with explained(file):
            write_private(file.absolute(), html.encode())
        job.output.say(f"The page of {thread} is in {file}.")
    return job.code


def serve(thread: str | None, port: int, model: str | None, tools: str | None, given: Mapping[str, Any]) -> int:
    """Serve the page of a run, the newest if none is named, until Ctrl-C; returns the exit code."""
    job = Job(thread, as_json=False, workspace=given.get("workspace"))
    with job.reported():
        settings = loading.read_settings(given)
        if not loading.has_runs(settings):
            raise ResumeError(f"There are no runs yet in {loading.place(settings)}.")
        store = job.store = loading.open_runs(settings)
        thread = thread or _newest(store)
        door, options, _ = reopened(store, thread, model, tools, given, settings)
        shown = Served(store, thread, job.output.redactor, door, options, job.output.complain)
        with open_server(shown, port) as server, contextlib.suppress(KeyboardInterrupt):
            job.output.say(f"{thread} is shown at {server.address}")
            job.output.say("Whoever has this address can answer its questions. End with Ctrl-C.")
            while True:
                time.sleep(3600)
    return job.code


def _newest(store: Store) -> str:
    rows = store.runs()
    if not rows:
        raise ResumeError(f"There are no runs yet in {store.where}.")
    return rows[0]["thread_id"]
