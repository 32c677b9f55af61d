"""Starts rounds of many runs, in processes side by side; AgentDojo itself is loaded only there."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal

Round = Literal["once", "tasks", "sample", "attacks"]
"""Every user task once; every one in every form; each attack once; every attack on every task."""

PROCESSES = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2  # beside other workers, a second start costs as much again

SPOKEN = ("travel", "injection_task_6")
"""The one attack that wants nothing done but something said: there is no effect to ask for."""


def play(*rounds: tuple[str, Round]) -> list[dict[str, Any]]:
    """Carry out rounds, each by an agent of `AGENTS`.

    Returns:
        One dict per run: `agent, round, suite, task, attack, form` and the fields of `Attempt`.

    Raises:
        RuntimeError: a process failed; says what it wrote.
    """
    named = [word for each in rounds for word in each]
    with ThreadPoolExecutor(PROCESSES) as pool:
        ended = list(pool.map(partial(_process, named), range(PROCESSES)))
    if failed := next((process for process in ended if process.returncode), None):
        raise RuntimeError(failed.stderr[-2000:])
    # AgentDojo's checks print, too.
    return [json.loads(line) for each in ended for line in each.stdout.splitlines() if line.startswith('{"agent"')]


def _process(named: list[str], part: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "dojo", str(part), str(PROCESSES), *named]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
