"""What a step costs: processor, database, tokens, time on the wall, time to resume, and how that grows.

`python -m benchmarks speed [--full] [--keep FILE] [QUESTION ...]`, questions as in `questions.py`. With `--keep`, what was
measured stands in the file, and a run that was cut off goes on where it was.
"""

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed.measure import bench
from benchmarks.speed.questions import QUESTIONS


def main(options: Sequence[str] = ()) -> None:
    """Print a table for each question."""
    full, asked = "--full" in options, [option for option in options if option != "--full"]
    kept = None
    if "--keep" in asked[:-1]:
        at = asked.index("--keep")
        kept, asked = Path(asked[at + 1]), [*asked[:at], *asked[at + 2 :]]
    if unknown := [name for name in asked if name not in QUESTIONS]:
        sys.exit(f"speed has no question {', '.join(unknown)}; there are: {', '.join(QUESTIONS)}.")
    used = ", ".join(f"{name} {version(name)}" for name in ("langgraph", "langchain-openai", "openai"))
    print(f"Python {platform.python_version()}, {used}.\n")
    with bench(kept) as server:
        for name in asked or QUESTIONS:
            print(f"### {name}: {QUESTIONS[name].__doc__}\n")
            QUESTIONS[name](server, full)
