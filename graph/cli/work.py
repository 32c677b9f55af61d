"""Runs and resumes: the bodies of `surefoot run` and `surefoot resume`."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from surefoot.graph.build import build_graph
from surefoot.graph.cli import asking, loading
from surefoot.graph.cli.job import Job
from surefoot.graph.door import Door, check_name
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.graph.settings import Settings
from surefoot.graph.standing import Question, Standing
from surefoot.graph.store import Store
from surefoot.nodes.plan import check_goal
from surefoot.tools.errors import ResumeError

_MANNERS = ("brave", "calm", "clear", "deft", "fair", "firm", "kind", "neat", "quick", "sure", "swift", "warm")
_ANIMALS = ("badger", "crane", "finch", "fox", "hare", "heron", "ibex", "lark", "lynx", "otter", "owl", "robin")


def run(
    goal: str,
    model: str | None,
    tools: str | None,
    given: Mapping[str, Any],
    thread: str | None,
    as_json: bool,
    with_page: bool = False,
) -> int:
    """Start a run, also on a page of its own if wanted; returns the exit code."""
    job = Job(thread, as_json, given.get("workspace"), with_page)
    with job.reported():
        check_goal(goal)
        name = None if thread is None else check_name(thread)
        settings = loading.read_settings(given)
        spec = model or settings.model
        door, job.store = loading.working_door(spec, tools, settings, partial(loading.open_runs, settings))
        name = job.thread = name or _new_name(job.store)
        options = {
            "model": spec,
            "tools": tools,
            "workspace": str(settings.workspace),
            "approvals": settings.approvals,
            "mcp": settings.mcp_servers and str(settings.mcp_servers),
        }
        job.draw()
        job.carry_on(door, partial(door.start, goal, name, options=options, control=job.pausing.control))
    return job.code


def resume(
    thread: str,
    interrupt_id: str | None,
    reply: Mapping[str, Any],
    model: str | None,
    tools: str | None,
    given: Mapping[str, Any],
    limits: Mapping[str, float | None],
    as_json: bool,
) -> int:
    """Answer a question of a run, or go on with it; returns the exit code."""
    job = Job(thread, as_json, given.get("workspace"))
    with job.reported():
        settings = loading.read_settings(given)
        if not loading.has_runs(settings):
            raise ResumeError(f"There is no run {thread!r}: {loading.place(settings)} has no runs yet.")
        store = job.store = loading.open_runs(settings)
        door, options, found = reopened(store, thread, model, tools, given, settings)
        answer = {"answer": asking.from_options(reply, _meant(found, interrupt_id))} if reply else {}
        given = {"interrupt_id": interrupt_id, "limits": limits, "options": options, **answer}
        job.draw(store.events(found.run_id))
        job.carry_on(door, partial(door.resume, thread, control=job.pausing.control, **given))
    return job.code


def reopened(
    store: Store, thread: str, model: str | None, tools: str | None, given: Mapping[str, Any], settings: Settings
) -> tuple[Door, dict[str, Any], Standing]:
    """The door to go on with a run by, with what it was started with and where it stands."""
    found = loading.looking_door(store).look(thread)
    options = _noted(store, found.run_id) | {k: v for k, v in (("model", model), ("tools", tools)) if v}
    settings = loading.read_settings({"approvals": options.get("approvals"), **_placed(options, given, settings)})
    spec = options.get("model") or settings.model
    door, _ = loading.working_door(spec, options.get("tools"), settings, lambda: store)
    return door, options, found


def drawing() -> str:
    """Draw both graphs of the agent in Mermaid."""
    return build_graph(ScriptedModel({}), []).get_graph(xray=True).draw_mermaid()


def _noted(store: Store, run_id: str) -> dict[str, Any]:
    """The options a run was started or last resumed with; none where another program started it."""
    noted = [e["options"] for e in store.events(run_id) if e["type"] in ("started", "resumed") and e.get("options")]
    return dict(noted[-1]) if noted else {}


def _placed(options: Mapping[str, Any], given: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Keep the home the run was found in; work in the folder it was started in, unless that is where its home is."""
    started_in = options.get("workspace") if settings.home else settings.workspace
    servers = given.get("mcp_servers") or options.get("mcp")
    return {"workspace": given.get("workspace") or started_in, "home": settings.home_folder, "mcp_servers": servers}


def _meant(found: Standing, interrupt_id: str | None) -> Question | None:
    """The question an answer is meant for, as far as that is clear; the door decides."""
    meant = [q for q in found.questions if interrupt_id in (None, q.id)]
    return meant[0] if len(meant) == 1 else None


def _new_name(store: Store) -> str:
    while True:
        name = f"{secrets.choice(_MANNERS)}-{secrets.choice(_ANIMALS)}-{secrets.token_hex(2)}"
        if store.run(name) is None:
            return name
