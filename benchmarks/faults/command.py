"""The command: `python -m benchmarks faults`."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.driver import Result, drive_all
from benchmarks.from_tests import load
from benchmarks.peers import ROOT, peer_python

_SHOWN = 3
"""Runs that are not sound are told whole up to this many."""


@dataclass
class Row:
    """One line of the table."""

    agent: str
    store: str
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0

    def found(self, what: str) -> int:
        """How many duplicates, unasked or lost there were in all runs."""
        return sum(len(getattr(result.verdict, what)) for result in self.results)

    def cells(self) -> list[str]:
        """The line's cells."""
        asked: Counter[str] = Counter()
        for result in self.results:
            asked.update(result.asked)
        named = asked.pop("irreversible", 0), asked.pop("unfinished", 0), asked.total()
        counts = sum(r.killed for r in self.results), sum(r.resumed for r in self.results), *named
        found = (self.found(what) for what in ("duplicates", "unasked", "lost"))
        return [self.agent, self.store, *map(str, (len(self.results), *counts, *found)), f"{self.seconds:.0f}"]


HEAD = (
    *("agent", "store", "runs", "killed", "resumed", "asked: irreversible", "asked: unfinished", "asked: other"),
    *("duplicates", "unasked", "lost", "seconds"),
)


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table; exits with 1 where surefoot did something twice, unasked, or lost it."""
    options = _options(arguments)
    seeds = range(options.seed, options.seed + 1) if options.seed is not None else range(options.seeds)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    rows = [_told(Row("surefoot", name), _surefoot(seeds, name, folder, options.jobs)) for name in _stores(options)]
    if options.peer:
        for durability in ("default", "sync"):
            name = "SQLite, async (default)" if durability == "default" else "SQLite, sync"
            rows.append(_told(Row("create_agent", name), _peer(seeds, durability, options.jobs)))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for row in rows:
        print(f"| {' | '.join(row.cells())} |")
    print(f"\n{_versions(sys.executable)}{'; create_agent: ' + _versions(peer_python()) if options.peer else ''}.")
    bad = [
        (row, result) for row in rows if row.agent == "surefoot" for result in row.results if not result.verdict.sound
    ]
    for row, result in bad[:_SHOWN]:
        _explain(row, result)
    if not bad:
        shutil.rmtree(folder)
    else:
        sys.exit(
            f"\n{len(bad)} runs were not sound: seeds {', '.join(str(result.seed) for _, result in bad)}; see {folder}."
        )


def _versions(python: str) -> str:
    """What an environment works with."""
    code = (
        "import importlib.metadata as m, os, platform\n"
        "names = 'langgraph', 'langgraph-checkpoint-sqlite', 'langgraph-checkpoint-postgres', 'langchain'\n"
        "have = {d.name: d.version for d in m.distributions()}\n"
        "print(*(f'{n} {have[n]},' for n in names if n in have), 'Python', platform.python_version(), end='')\n"
        "print(f', {os.cpu_count()} processors', end='')"
    )
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="run seeds 0 to N-1 (default %(default)s)")
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="sqlite")
    parser.add_argument("--peer", action="store_true", help="create_agent beside it")
    parser.add_argument("--quick", action="store_true", help="six seeds")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side (default %(default)s)")
    options = parser.parse_args(arguments)
    options.seeds = 6 if options.quick else options.seeds
    return options


def _stores(options: argparse.Namespace) -> list[str]:
    return {"sqlite": ["SQLite"], "postgres": ["Postgres"], "both": ["SQLite", "Postgres"]}[options.store]


def _told(row: Row, results: Iterable[Result]) -> Row:
    """Fill a row; a terminal is told how far it is."""
    begun = time.monotonic()
    for result in results:
        row.results.append(result)
        row.seconds = time.monotonic() - begun
        if sys.stderr.isatty():
            print(f"\r{row.agent} {row.store}: {len(row.results)} runs", end="", file=sys.stderr, flush=True)
    return row


def _surefoot(seeds: range, store: str, folder: Path, jobs: int) -> Iterator[Result]:
    from benchmarks.faults import surefoot_hand  # not at the top: the rival has no surefoot

    with _address(store) as address:
        yield from drive_all(seeds, folder, address, surefoot_hand.open_hand, surefoot_hand.WAYS, jobs)


@contextmanager
def _address(store: str) -> Iterator[str]:
    if store == "SQLite":
        yield "sqlite"
        return
    server = load("postgres_server").PostgresServer()
    try:
        yield server.make_database("runs")
    finally:
        server.close()


def _peer(seeds: range, durability: str, jobs: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        arguments = (seeds.start, len(seeds), durability, jobs, folder)
        command = [peer_python(), "-m", "benchmarks.faults.peer", *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout
            for line in process.stdout:
                yield Result.load(json.loads(line))
    if process.returncode:
        sys.exit(f"create_agent's driver ended with {process.returncode}.")


def _explain(row: Row, result: Result) -> None:
    """Tell what was found in a run, and all that happened in it."""
    store = row.store.lower()
    print(
        f"\nSeed {result.seed} on {row.store} (again: `python -m benchmarks faults --seed {result.seed} --store {store}`)"
    )
    for what in ("duplicates", "unasked", "lost"):
        for sentence in getattr(result.verdict, what):
            print(f"  {what}: {sentence}")
    print((Path(result.folder) / "effects.log").read_text())
