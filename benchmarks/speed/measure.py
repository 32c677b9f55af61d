"""Starts the server and the agents, each in a process of its own, and gathers what they took."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers import ROOT, peer_python

RIVALS = ["langchain==1.4.7", "langchain-openai==1.7.3", "langgraph==1.2.22", "langgraph-checkpoint-sqlite==3.1.2"]
RIVALS += ["deepagents==0.7.32", "pydantic-ai-slim[openai]==2.68.0", "openai==3.52.0"]
OWN = {"floor", "surefoot", "empty_nodes", "floor_many", "empty_nodes_many", "surefoot_many"}


class Bench:
    """The server, and the agents that talk to it."""

    def __init__(self, port: int, kept: Path | None = None) -> None:
        """`kept`: what was measured is written there, and what is found there is not measured again."""
        self._address = f"http://127.0.0.1:{port}"
        self._count = 0
        self._kept = kept
        lines = kept.read_text().splitlines() if kept and kept.exists() else []
        self._known: dict[str, dict[str, Any]] = {found["what"]: found["took"] for found in map(json.loads, lines)}

    def run(self, agent: str, steps: int, **order: Any) -> dict[str, Any]:
        """Measure an agent, once if the same is asked again; see `run_once`."""
        what = f"{agent} {steps} {json.dumps(order, sort_keys=True)}"
        if what not in self._known:
            self._known[what] = took = self.run_once(agent, steps, **order)
            if self._kept:
                with self._kept.open("a") as file:
                    file.write(f"{json.dumps({'what': what, 'took': took})}\n")
        return self._known[what]

    def run_once(
        self,
        agent: str,
        steps: int,
        *,
        folder: Path | None = None,
        latency: str = "0",
        plan: list[dict[str, Any]] | None = None,
        **order: Any,
    ) -> dict[str, Any]:
        """Run an agent: what it took (`cpu`, `seconds`, `peak_mb`), kept (`disk`) and sent (`calls`, `bytes`).

        With `recall` it is told a fact at the beginning and needs it at the end (`fact`: what it then knew).
        """
        self._count += 1
        run = f"r{self._count}{'-recall' * bool(order.get('recall'))}"
        if plan:
            data = json.dumps({"subtasks": plan, "confidence": 0.9}).encode()
            urllib.request.urlopen(urllib.request.Request(f"{self._address}/{run}", data, method="PUT")).close()
        with tempfile.TemporaryDirectory() as temporary:
            place = folder or Path(temporary)
            urls = {
                "url": f"{self._address}/{run}/{steps}/{latency}/v1",
                "warm_url": f"{self._address}/warm{run}/3/0/v1",
            }
            order |= {**urls, "steps": steps, "folder": str(place)}
            python = sys.executable if agent in OWN else peer_python(".venv-speed", RIVALS)
            command = [python, "-m", "benchmarks.speed.leg", agent, json.dumps(order)]
            done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
            if done.returncode and "die_at" not in order:
                sys.exit(f"{agent}, {steps} steps: {done.stderr[-3000:]}")
            took = json.loads(done.stdout or "{}")
            disk = sum(file.stat().st_size for file in place.rglob("*.db*") if file.is_file())
        with urllib.request.urlopen(f"{self._address}/{run}") as told:
            return {**took, "disk": disk, **json.load(told)}


@contextmanager
def bench(kept: Path | None = None) -> Iterator[Bench]:
    """Start the server; it ends with the block, or with this process. `kept`: see `Bench`."""
    command = [sys.executable, "-c", "from benchmarks.speed.server import main; main()"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin and server.stdout
    try:
        yield Bench(int(server.stdout.readline()), kept)
    finally:
        server.stdin.close()
        server.wait()


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a table, rows that were measured by then."""
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
    print()
