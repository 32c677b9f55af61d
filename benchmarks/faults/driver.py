"""Drives one run to its end: forks workers, kills them, answers their questions as an honest person would."""

import multiprocessing
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from benchmarks.faults.check import Facts, Verdict, check
from benchmarks.faults.leg import Answer, OpenHand, Order
from benchmarks.faults.script import make_script
from benchmarks.faults.worker import Late, Worker

_LEG_SECONDS = 120
"""A worker that takes longer hangs."""
_MOST_LEGS = 40

Questions = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Kill:
    """How a worker dies: `seconds` after it was forked, at its n-th call of a tool, or at its n-th open question."""

    seconds: float = _LEG_SECONDS
    hold: tuple[int, str] | None = None
    asked: int = 0


@dataclass
class Result:
    """One run, for the table."""

    seed: int
    verdict: Verdict
    killed: int
    resumed: int
    asked: Counter[str]
    seconds: float
    folder: str

    def dump(self) -> dict[str, Any]:
        """As plain data."""
        return {**vars(self), "verdict": vars(self.verdict)}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Self:
        """From plain data."""
        return cls(**{**dumped, "verdict": Verdict(**dumped["verdict"]), "asked": Counter(dumped["asked"])})


@dataclass
class Run:
    """One run under way."""

    order: Order
    open_hand: OpenHand
    rng: random.Random
    killed: int = 0
    resumed: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    numbers: set[str] = field(default_factory=set)
    """Ids of all questions so far."""
    trouble: list[str] = field(default_factory=list)
    facts: Facts | None = None
    open: Questions = field(default_factory=dict)
    """What was asked when the last worker was killed, or left unanswered; it has to be asked again."""
    answered: set[str] = field(default_factory=set)
    """Questions that have had an answer: LangGraph shows them as open until the graph asks anew, whatever became of it."""
    trusted: bool = False
    """The undeclared tool has been trusted for the whole run: what is still asked about it need not be asked again."""


def drive_all(
    seeds: Iterable[int], folder: Path, store: str, open_hand: OpenHand, ways: tuple[str, ...], jobs: int
) -> Iterator[Result]:
    """Drive the runs of many seeds, `jobs` side by side; each as it ends. The folder of a sound run is removed."""
    # Forked, and before the pool starts its threads: a driver forks workers itself, so it may have none.
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        one = partial(drive, folder=folder, store=store, open_hand=open_hand, ways=ways)
        for result in pool.imap_unordered(one, seeds):
            if result.verdict.sound:
                shutil.rmtree(result.folder)
            yield result


def drive(seed: int, folder: Path, store: str, open_hand: OpenHand, ways: tuple[str, ...]) -> Result:
    """Run the script of a seed through all its deaths, and judge it."""
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"{seed}-", dir=folder))
    script, rng = make_script(seed), draws(seed)
    run = Run(Order(script, folder, store, ""), open_hand, rng)
    kills = draw_kills(rng)
    for leg in range(_MOST_LEGS):
        _lead(run, rng.choice(ways), kills.pop(0) if kills else Kill())
        if run.facts or run.trouble:
            break
        run.resumed = leg + 1
    verdict = check(script, run.order.oracle.read(), run.facts, trouble=run.trouble)
    return Result(seed, verdict, run.killed, run.resumed, run.asked, time.monotonic() - begun, str(folder))


def draws(seed: int) -> random.Random:
    """Where a seed's deaths, and then its answers, are drawn from."""
    return random.Random(f"driver {seed}")


def draw_kills(rng: random.Random) -> list[Kill]:
    """Draw how the first workers die, one after another."""
    return [_draw(rng) for _ in range(rng.randint(3, 6))]


def _draw(rng: random.Random) -> Kill:
    kind = rng.choices(("time", "effect", "asked"), (5, 4, 2))[0]
    if kind == "time":
        return Kill(seconds=rng.uniform(0, rng.choice((0.3, 1.0, 2.5))))
    if kind == "effect":
        return Kill(hold=(rng.randint(1, 6), rng.choice(("before", "during", "after", "recorded"))))
    return Kill(asked=rng.randint(1, 3))


def _lead(run: Run, way: str, kill: Kill) -> None:
    """One worker, from fork to death."""
    order = replace(run.order, way=way, hold=kill.hold)
    order.oracle.write("leg", way=way)
    worker, asked = Worker(run.open_hand, order), 0
    try:
        for report in worker.reports(time.monotonic() + kill.seconds):
            asked += "asked" in report
            if "held" in report:
                return _kill(run, worker, f"at {report['held']}")
            if "asked" in report and asked == kill.asked:
                _hear_questions(run, report["asked"])
                run.open = report["asked"]
                return _kill(run, worker, "asked")
            _hear(run, report, worker)
    except Late:
        if kill.seconds == _LEG_SECONDS:
            run.trouble.append(f"a worker did nothing for {_LEG_SECONDS} seconds")
        return _kill(run, worker, "time")
    code = worker.close()
    if code and not run.trouble:
        run.trouble.append(f"a worker ended by itself with {code}")


def _hear(run: Run, report: dict[str, Any], worker: Worker) -> None:
    if "recorded" in report:
        run.order.oracle.write("recorded", calls=report["recorded"])
    elif "asked" in report:
        _hear_questions(run, report["asked"])
        chosen = _choose(run, report["asked"], report["takes"])
        run.open = {number: q for number, q in report["asked"].items() if number not in chosen}
        worker.answer(chosen)
    elif "ended" in report:
        run.facts = report["ended"]
    else:
        run.trouble.append(f"a worker ended by itself: {report['error']}\n{report['traceback']}")


def _hear_questions(run: Run, questions: Questions) -> None:
    for number, question in run.open.items():
        settled = number in run.answered or (question["reason"] == "undeclared" and run.trusted)
        if questions.get(number) != question and not settled:
            run.trouble.append(f"the open question {number} {question} has become {questions.get(number)}")
    for number, question in questions.items():
        if number not in run.numbers:
            run.numbers.add(number)
            run.asked[question["reason"]] += 1
            run.order.oracle.write("asked", number=number, **question)


def _choose(run: Run, questions: Questions, takes: str) -> dict[str, Answer]:
    """Answer as many of the open questions as are taken at once."""
    numbers = sorted(questions)
    count = {"one": 1, "some": run.rng.randint(1, len(numbers)), "all": len(numbers)}[takes]
    chosen = run.rng.sample(numbers, count)
    run.answered.update(chosen)
    return {number: _answer(run, questions[number]) for number in chosen}


def _answer(run: Run, question: dict[str, str]) -> Answer:
    what, answer = question["what"], Answer(verdict="approve")
    if question["name"] == "unfinished_action":
        happened = run.order.oracle.text(what)
        if happened is not None:
            answer = Answer(verdict="respond", message=happened)
    elif question["reason"] == "undeclared":
        answer = Answer(verdict="trust")
        run.trusted = True
    run.order.oracle.write("answered", what=what, asked=question["name"], verdict=answer["verdict"])
    return answer


def _kill(run: Run, worker: Worker, where: str) -> None:
    worker.kill()
    worker.close()
    run.killed += 1
    run.order.oracle.write("killed", where=where)
