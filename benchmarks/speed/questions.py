"""One function a question: measures, and prints surefoot beside the floor and the rivals of the same run."""

import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.peers import ROOT
from benchmarks.speed.measure import Bench, table
from benchmarks.speed.server import wait_of

LOOKS = 2
"""Steps of a subtask before its report: a loop of three."""
RIVALS = ("create_agent", "deepagents", "pydantic_ai")


def steps(bench: Bench, full: bool) -> None:
    """CPU and memory per step, as the work gets longer."""
    sizes = (50, 200, 500) if full else (50, 200)
    rows = []
    for agent in ("floor", "empty_nodes", "surefoot", *RIVALS):
        took = {n: bench.run(agent, n) for n in sizes}
        cpu = [f"{took[n]['cpu'] / n * 1000:.1f}" for n in sizes]
        rows.append([agent, *cpu, f"{took[sizes[-1]]['peak_mb']:.0f}"])
    table(["agent", *(f"CPU ms a step, {n} steps" for n in sizes), "peak MB"], rows)


def tokens(bench: Bench, full: bool) -> None:
    """What is sent, beside the floor, which always sends everything; whether a fact of step 3 is known at the end."""
    sizes = (50, 200, 500) if full else (50, 200)
    everything = {n: bench.run("floor", n)["bytes"] for n in sizes}
    rows = []
    for agent in ("floor", "surefoot", *RIVALS):
        took = {n: bench.run(agent, n) for n in sizes}
        sent = [f"{took[n]['bytes'] / 4000:,.0f} ({took[n]['bytes'] / everything[n]:.0%})" for n in sizes]
        ended = {n: bench.run(agent, n, recall=True) for n in sizes} if agent == "surefoot" else {}
        recalls = [f"{n}: {'yes' if e['fact'] else 'no'}, {e['calls'] - took[n]['calls']}" for n, e in ended.items()]
        rows.append([agent, *sent, "; ".join(recalls)])
    head = [f"1000 tokens sent, {n} steps" for n in sizes]
    table(["agent", *head, "fact known at the end, calls more"], rows)


def bytes_kept(bench: Bench, full: bool) -> None:
    """What the database has for each step."""
    rows = []
    for agent in ("floor", "surefoot", "create_agent", "deepagents"):
        sizes = (50, 500, 2000) if full else (50, 200)
        if agent in RIVALS:
            sizes = tuple(n for n in sizes if n <= 500)  # gigabytes beyond
        kept = {n: bench.run(agent, n)["disk"] for n in sizes}
        rows.append([agent, ", ".join(f"{n}: {kept[n] / n / 1000:.1f}" for n in sizes), _growth(kept)])
    table(["agent", "KB a step", "growth of the whole"], rows)


def _growth(kept: Mapping[int, int]) -> str:
    sizes = sorted(kept)
    return f"{kept[sizes[-1]] / kept[sizes[-2]]:.1f} x for {sizes[-1] / sizes[-2]:.1f} x the steps"


def graphs(bench: Bench, full: bool) -> None:
    """How long plans take beside their critical path; every subtask is a loop of three steps, all durable."""
    fan, chain = (100, 300) if full else (30, 20)
    shapes: dict[str, tuple[dict[str, list[str]], str]] = {
        f"fan of {fan}, 200 ms": ({f"t{n}": [] for n in range(fan)}, "200"),
        f"chain of {chain}, 20 ms": ({f"t{n}": [f"t{n - 1}"] if n else [] for n in range(chain)}, "20"),
        f"random {2 * fan}, 100 to 1500 ms": (_random_dag(2 * fan), "100-1500"),
    }
    if full:
        shapes |= {f"fan of {n}, 200 ms": ({f"t{i}": [] for i in range(n)}, "200") for n in (10, 500)}
    rows = []
    for name, (needs, latency) in shapes.items():
        plan = [{"task_id": t, "description": f"Look for {t}.", "dependencies": d} for t, d in needs.items()]
        path = _critical(needs, latency)
        for colour in ("ainvoke", "invoke"):
            took = bench.run("surefoot", LOOKS, latency=latency, plan=plan, colour=colour)
            told = [f"{path:.2f}", f"{took['seconds']:.2f}", f"{took['seconds'] / path:.2f}", f"{took['cpu']:.2f}"]
            rows.append([name, colour, *told])
    table(["plan", "by", "critical path s", "took s", "ratio", "CPU s"], rows)


def _critical(needs: Mapping[str, Sequence[str]], latency: str) -> float:
    """Seconds the model alone takes, with everything side by side that can be."""
    ended: dict[str, float] = {}
    for task, before in needs.items():
        own = sum(wait_of(task, turn, latency) for turn in range(1, LOOKS + 2))
        ended[task] = max((ended[name] for name in before), default=0.0) + own
    return max(ended.values())


def _random_dag(count: int) -> dict[str, list[str]]:
    rng = random.Random(5)
    names = [f"t{n}" for n in range(count)]
    return {
        name: rng.sample(names[max(0, n - 20) : n], min(n, rng.choice((0, 1, 1, 2, 3)))) for n, name in enumerate(names)
    }


def resume(bench: Bench, full: bool) -> None:
    """How long a killed run takes, beside making the agent and opening its store, to its next word to the model; best of three."""
    rows = []
    for agent in ("surefoot", "create_agent", "deepagents"):
        for n in (500, 2000) if full else (200,):
            if agent in RIVALS and n > 500:
                continue
            with tempfile.TemporaryDirectory() as folder:
                bench.run_once(agent, n, folder=Path(folder), die_at=n)
                tries = []
                for number in range(3):
                    copy = Path(folder) / f"copy{number}"
                    shutil.copytree(Path(folder), copy, ignore=shutil.ignore_patterns("copy*"))
                    tries.append(bench.run_once(agent, 0, folder=copy, resume=True, taken=n))
            took = min(tries, key=lambda took: float(took["first_at"] - took["began"]))
            waits = took["opened"], took["first_at"] - took["began"]
            rows.append([agent, str(n), *(f"{seconds * 1000:.0f}" for seconds in waits)])
    table(["agent", "steps before", "ms to make the agent", "ms to the next request"], rows)


def many(bench: Bench, full: bool) -> None:
    """Durable steps a second of many runs at once in one process, and of two; 20 steps each, a model that takes 50 ms."""
    steps = 20
    rows = []
    for agent in ("floor_many", "empty_nodes_many", "surefoot_many", "create_agent_many"):
        for runs in (100, 1000) if full else (50,):
            took = bench.run(agent, steps, runs=runs)
            told = [f"{runs * steps / took['seconds']:.0f}", f"{took['cpu'] / runs / steps * 1000:.2f}"]
            rows.append([agent.removesuffix("_many"), f"{runs}", *told, f"{took['peak_mb']:.0f}"])
        half = 50 if full else 25
        with ThreadPoolExecutor(2) as pool:
            both = [*pool.map(lambda _: bench.run_once(agent, steps, runs=half), range(2))]  # noqa: B023  ends in the loop
        rate = 2 * half * steps / max(took["seconds"] for took in both)
        told = [f"{rate:.0f}", f"{sum(t['cpu'] for t in both) / 2 / half / steps * 1000:.2f}"]
        rows.append([agent.removesuffix("_many"), f"2 x {half}", *told, f"{max(t['peak_mb'] for t in both):.0f}"])
    table(["agent", "runs", "steps a second", "CPU ms a step", "peak MB"], rows)


def start(bench: Bench, full: bool) -> None:
    """What it takes to begin."""
    ready = "from surefoot.graph import build_graph; build_graph('offline')"
    commands = {
        "surefoot --help": [str(Path(sys.executable).with_name("surefoot")), "--help"],
        "import surefoot.graph": [sys.executable, "-c", "import surefoot.graph"],
        "ready to run": [sys.executable, "-c", ready],
        "python alone": [sys.executable, "-c", ""],
    }
    rows = []
    for name, command in commands.items():
        tries = [_spent(command) for _ in range(5 if full else 3)]
        rows.append([name, *(f"{min(each):.2f}" for each in zip(*tries, strict=True))])
    table(["command", "CPU s", "wall s"], rows)


def _spent(command: list[str]) -> tuple[float, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=ROOT.parent, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - began


QUESTIONS = {
    "steps": steps,
    "tokens": tokens,
    "bytes": bytes_kept,
    "graphs": graphs,
    "resume": resume,
    "many": many,
    "start": start,
}
