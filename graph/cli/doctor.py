"""Checks what a run needs before one is started: the body of `surefoot doctor`."""

import importlib.metadata
import importlib.util
import platform
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from packaging.requirements import Requirement

from surefoot.graph.cli import loading
from surefoot.graph.cli.output import Output, explain
from surefoot.graph.settings import Settings
from surefoot.graph.store import try_store
from surefoot.tools.errors import SurefootError

SECONDS = 5.0
OPENAI = "https://api.openai.com/v1"
EXTRAS = {
    "langchain": ("models named provider:NAME", "pip install langchain and the provider's package"),
    "psycopg": ("runs in Postgres", "pip install 'surefoot[postgres]'"),
    "langgraph_api": ("LangGraph Studio", "pip install 'surefoot[studio]'"),
    "ipykernel": ("the notebooks", "pip install 'surefoot[notebooks]'"),
}
"""Module -> what it is for, and how to get it."""


@dataclass(frozen=True)
class Check:
    """What was found."""

    level: Literal["ok", "warn", "fail"]
    about: str
    found: str


def doctor(model: str | None, workspace: Path | None) -> int:
    """Print every check; 0 = a run can be started, 1 = it cannot."""
    output = Output(as_json=False)
    failed = False
    for check in _checks(model, workspace):
        output.say(output.redactor.text(f"{check.level:<4}  {check.about}: {check.found}"))
        failed |= check.level == "fail"
    return int(failed)


def _checks(model: str | None, workspace: Path | None) -> Iterator[Check]:
    yield Check("ok", "python", platform.python_version())
    yield from _packages()
    try:
        settings = loading.read_settings({"workspace": workspace})
    except SurefootError as error:
        yield Check("fail", "settings", explain(error))
        return
    yield _workspace(settings)
    yield _store(settings)
    yield _model(model or settings.model, settings)
    for name, secret in settings.secrets.items():
        yield Check("ok", f"secret {name}", f"for {', '.join(secret.tools) or 'no tool'}")
    for module, (purpose, how) in EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        yield Check("ok" if there else "warn", module, purpose if there else f"missing, needed for {purpose}: {how}")


def _packages() -> Iterator[Check]:
    """Compare what is installed with what surefoot was made for."""
    for text in importlib.metadata.requires("surefoot") or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield Check("fail", wanted.name, f"missing: pip install '{wanted.name}{wanted.specifier}'")
            continue
        fits = wanted.specifier.contains(version, prereleases=True)
        advice = f"{version}, but {wanted.specifier} is needed: pip install '{wanted.name}{wanted.specifier}'"
        yield Check("ok" if fits else "fail", wanted.name, version if fits else advice)


def _workspace(settings: Settings) -> Check:
    folder = settings.workspace
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Check("ok", "workspace", str(folder))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Check("fail", "workspace", f"{folder} cannot be written ({why}): name another with --workspace")


def _store(settings: Settings) -> Check:
    """Open the runs' database; where there is none yet, see that one can be made, and leave none."""
    place = ""
    try:
        place = loading.place(settings)
        if loading.has_runs(settings):
            with closing(loading.open_runs(settings)) as store:
                return Check("ok", "store", f"{store.where}, {len(store.runs())} runs")
        try_store(settings.database)
    except SurefootError as error:
        return Check("fail", "store", explain(error))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Check("fail", "store", f"{place} cannot be made ({why}): set SUREFOOT_HOME to a folder you can write")
    return Check("ok", "store", f"{place} can be made")


def _model(spec: str, settings: Settings) -> Check:
    try:
        loading.load_model(spec, settings)
    except SurefootError as error:
        return Check("fail", "model", explain(error))
    provider, _, name = spec.partition(":")
    if provider != "openai":
        told = "embedded, follows rules; set SUREFOOT_MODEL for a real one" if spec == "offline" else "can be made"
        return Check("ok", "model", f"{spec} ({told})")
    base = (settings.openai_base_url or OPENAI).rstrip("/")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    try:
        reply = httpx.get(f"{base}/models", headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error) or type(error).__name__
        return Check("fail", "model", f"{base} cannot be reached ({why}): start the server, or correct OPENAI_BASE_URL")
    return _listed(name.strip(), base, reply)


def _listed(name: str, base: str, reply: httpx.Response) -> Check:
    if reply.status_code in (401, 403):
        return Check(
            "fail", "model", f"{base} refused the key ({reply.status_code}): set OPENAI_API_KEY to a valid one"
        )
    try:
        names = [str(entry["id"]) for entry in reply.raise_for_status().json()["data"]]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        found = f"{base} answers, but does not list its models ({reply.status_code}): see that OPENAI_BASE_URL is right"
        return Check("warn", "model", found)
    if name not in names:
        some = ", ".join(names[:10]) or "none"
        return Check("fail", "model", f"there is no {name} at {base}: name one that is there ({some})")
    return Check("ok", "model", f"openai:{name} at {base}")
