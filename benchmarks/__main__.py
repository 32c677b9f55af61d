"""Runs the benchmarks: `python -m benchmarks [NAME ...]`; without a name, all of them."""

import sys

from benchmarks import frugality, injection

BENCHMARKS = {"frugality": frugality.main, "injection": injection.main}


def main() -> None:
    """Run what was named and print each table."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"No benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}.")
    for name in names:
        print(f"## {name}\n")
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
