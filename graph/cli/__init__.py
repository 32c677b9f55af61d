"""The command line: `surefoot`."""

import sys


def main() -> None:
    """Run the command line and end the process."""
    from surefoot.graph.cli.commands import app

    try:
        app(prog_name="surefoot")
    except Exception as error:  # noqa: BLE001  a person gets a sentence, never a traceback
        from surefoot.graph.cli.output import FAILED, Output, explain

        Output(as_json=False).complain(explain(error), error)
        sys.exit(FAILED)
