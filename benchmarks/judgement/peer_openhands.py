"""OpenHands' own stuck detector on the same traces, in an environment of its own: its SDK needs Python 3.12."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.judgement.score import Alarm, Verdict
from benchmarks.judgement.trace import Trace
from benchmarks.peers import UV

__all__ = ["WAYS", "Unavailable", "openhands"]

ROOT = Path(__file__).parent.parent.parent
SDK = "openhands-sdk==1.58.0"
WAYS = ("as recorded", "thoughts left out")
"""It compares what the model said along with the call, so a worker that talks hides its repeats; both are measured."""
OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENHANDS_SUPPRESS_BANNER": "1", "LOG_LEVEL": "CRITICAL"}


class Unavailable(Exception):
    """The environment cannot be built here; says why."""


def openhands(traces: Sequence[Trace]) -> dict[str, list[Alarm]]:
    """Ask the detector after every step of every trace: its first nudge or verdict, per way, in the traces' order.

    Raises:
        Unavailable: there is no Python 3.12, or the package cannot be had.
    """
    asked = json.dumps([[step.model_dump(mode="json") for step in trace.steps] for trace in traces])
    worker = Path(__file__).with_name("openhands_worker.py")
    ran = subprocess.run(
        [_python(), "-I", str(worker)],
        input=asked,
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Unavailable(ran.stderr.strip()[-500:])
    found: list[dict[str, int | None]] = json.loads(ran.stdout.splitlines()[-1])
    return {way: [None if (at := one[way]) is None else Verdict(at) for one in found] for way in WAYS}


def _python() -> str:
    """The environment's interpreter; the first call builds it."""
    folder = ROOT / ".venv-openhands"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        _run("venv", "--clear", "--python", next(_newer_pythons(), "3.12"), str(folder))
        _run("pip", "install", "--python", str(python), SDK)
        ready.touch()
    return str(python)


def _run(*arguments: str) -> None:
    ran = subprocess.run([*UV, *arguments, "--quiet"], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Unavailable(ran.stderr.strip()[-500:])


def _newer_pythons() -> Iterator[str]:
    """Interpreters of 3.12 and later that are here and run; if there is none, uv is asked to fetch one."""
    named: list[Any] = [shutil.which(f"python3.{minor}") for minor in range(12, 16)]
    for path in [sys.executable, *named, *Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")]:
        if path and _version(str(path)) >= (3, 12):
            yield str(path)


def _version(python: str) -> tuple[int, ...]:
    told = subprocess.run([python, "-V"], capture_output=True, text=True, check=False).stdout.split()
    return tuple(int(part) for part in told[1].split(".")[:2]) if len(told) > 1 else ()
