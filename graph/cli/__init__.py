"""The command line: `surefoot`."""

import gc
import sys

NEW_OBJECTS = 50_000
"""So many objects more than at the last look for garbage lead to the next; Python's own 700 look 350 times while modules are
loaded, a tenth of that time, and twice at everything. What a run makes goes as it is let go, with few cycles: waiting for
50,000 costs some 10 MB at most."""


def main() -> None:
    """Run the command line and end the process."""
    gc.set_threshold(NEW_OBJECTS)
    from surefoot.graph.cli.commands import app

    try:
        app(prog_name="surefoot")
    except Exception as error:  # noqa: BLE001  a person gets a sentence, never a traceback
        from surefoot.graph.cli.output import FAILED, Output, explain

        Output(as_json=False).complain(explain(error), error)
        sys.exit(FAILED)
