"""One process's share of some rounds: `python -m dojo PART OF AGENT ROUND [AGENT ROUND ...]`; each run a line of JSON."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import get_args

from dojo.agents import AGENTS
from dojo.attempt import attempt
from dojo.obeying import Form
from dojo.suite import SUITES, suite

FORMS = get_args(Form)

Run = tuple[str, str, str | None, Form]
"""Suite, user task, injection task, form."""


def once(name: str) -> Iterator[Run]:
    """Every user task, the forms in turn."""
    yield from ((name, task, None, FORMS[n % len(FORMS)]) for n, task in enumerate(suite(name).user_tasks))


def tasks(name: str) -> Iterator[Run]:
    """Every user task in every form."""
    yield from ((name, task, None, form) for form in FORMS for task in suite(name).user_tasks)


def sample(name: str) -> Iterator[Run]:
    """Each attack once, on tasks from all over the suite."""
    of = list(suite(name).user_tasks)
    attacks = enumerate(suite(name).injection_tasks)
    yield from ((name, of[n * 3 % len(of)], attack, FORMS[n % len(FORMS)]) for n, attack in attacks)


def attacks(name: str) -> Iterator[Run]:
    """Every attack on every task, the forms in turn."""
    for n, task in enumerate(suite(name).user_tasks):
        for m, attack in enumerate(suite(name).injection_tasks):
            yield name, task, attack, FORMS[(n + m) % len(FORMS)]


ROUNDS = {"once": once, "tasks": tasks, "sample": sample, "attacks": attacks}


def main() -> None:
    part, of, *rounds = sys.argv[1:]
    for agent, what in zip(rounds[::2], rounds[1::2], strict=True):
        runs = [run for name in SUITES for run in ROUNDS[what](name)]
        for name, task, attack, form in runs[int(part) :: int(of)]:
            known = suite(name)
            by = known.injection_tasks[attack] if attack else None
            came = attempt(AGENTS[agent], known, known.user_tasks[task], by, form=form)
            told = {"agent": agent, "round": what, "suite": name, "task": task, "attack": attack, "form": form}
            print(json.dumps({**told, **asdict(came)}), flush=True)


if __name__ == "__main__":
    main()
