"""Runs the benchmarks: `python -m benchmarks [NAME [OPTION ...]]`; without a name all of them, with `--quick` in short."""

import sys

from benchmarks import alarms, blocked, detours, faults, frugality, injection, judgement, speed

BENCHMARKS = {
    "alarms": alarms.main,
    "blocked": blocked.main,
    "detours": detours.main,
    "faults": faults.main,
    "frugality": frugality.main,
    "injection": injection.main,
    "judgement": judgement.main,
    "speed": speed.main,
}
QUICK = {
    "speed": [],
    "faults": ["--quick"],
    "judgement": ["--quick"],
    "frugality": [],
    "alarms": [],
    "blocked": ["2"],
}
"""What `--quick` runs, under ten minutes in all, and with which options; `injection` takes longer whatever its options."""


def main() -> None:
    """Run what was named and print its table."""
    if sys.argv[1:] == ["--quick"]:
        for name, short in QUICK.items():
            print(f"## {name} {' '.join(short)}\n", flush=True)
            BENCHMARKS[name](short)
        return
    names, options = sys.argv[1:2] or list(BENCHMARKS), sys.argv[2:]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"No benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}.")
    for name in names:
        print(f"## {name}\n")
        BENCHMARKS[name](options)


if __name__ == "__main__":
    main()
