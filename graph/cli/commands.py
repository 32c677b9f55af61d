"""Names every command and option; what they do is imported when one of them runs, so that `--help` stays quick."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="An autonomous task-execution agent: plans, acts, reflects, replans, asks, stays in budget.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Approvals(StrEnum):
    """Who answers questions."""

    ASK = "ask"
    AUTO = "auto"
    DENY = "deny"


MODEL = "offline, openai:NAME, provider:NAME, or MODULE:NAME of a chat model of your own."
TOOLS = "MODULE:NAME of your own tools: a list, one tool, or a function that gives them."

Folder = Annotated[Path | None, typer.Option(help="Folder to work in; its .surefoot holds the runs. Default: here.")]
Model = Annotated[str | None, typer.Option(help=MODEL)]
Tools = Annotated[str | None, typer.Option(help=TOOLS)]
Mcp = Annotated[Path | None, typer.Option(help='JSON file of MCP servers, {"mcpServers": {...}}.')]
Steps = Annotated[int | None, typer.Option(help="Actions the run may take.")]
Tokens = Annotated[int | None, typer.Option(help="Tokens the run may use.")]
Seconds = Annotated[float | None, typer.Option(help="Active seconds the run may last.")]
Dollars = Annotated[float | None, typer.Option(help="Money the run may cost, for models whose price is set.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Thread = Annotated[str, typer.Argument(help="The run's name.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"surefoot {version('surefoot')}")
        raise typer.Exit


@app.callback()
def surefoot(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 3 waiting for a person, 4 budget used up, 5 aborted."""


@app.command()
def run(
    goal: Annotated[str, typer.Argument(help="What is to be done, in a sentence.")],
    model: Model = None,
    workspace: Folder = None,
    max_steps: Steps = None,
    max_tokens: Tokens = None,
    max_seconds: Seconds = None,
    max_usd: Dollars = None,
    thread: Annotated[str | None, typer.Option(help="Name of the run; made up if left out.")] = None,
    approvals: Annotated[Approvals | None, typer.Option(help="Who answers questions.")] = None,
    tools: Tools = None,
    mcp: Mcp = None,
    with_page: Annotated[bool, typer.Option("--page", help="Show it on a live page of this machine, too.")] = False,
    as_json: Json = False,
) -> None:
    """Reach a goal."""
    from surefoot.graph.cli import work

    limits = _limits(max_steps, max_tokens, max_seconds, max_usd)
    settings = {
        **limits,
        "workspace": workspace,
        "approvals": approvals.value if approvals else None,
        "mcp_servers": mcp,
    }
    _end(work.run(goal, model, tools, settings, thread, as_json, with_page))


@app.command()
def resume(
    thread: Thread,
    interrupt: Annotated[str | None, typer.Option(help="Id of the question answered, where several are open.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Say yes.")] = False,
    modify: Annotated[
        Path | None,
        typer.Option(
            help="JSON or YAML file (- = standard input): the plan, what to change in it, or the arguments to use instead."
        ),
    ] = None,
    reject: Annotated[str | None, typer.Option(help="Say no, and why.")] = None,
    abort: Annotated[bool, typer.Option("--abort", help="End the run.")] = False,
    answer: Annotated[str | None, typer.Option(help="Any answer as JSON or text.")] = None,
    model: Model = None,
    workspace: Folder = None,
    max_steps: Steps = None,
    max_tokens: Tokens = None,
    max_seconds: Seconds = None,
    max_usd: Dollars = None,
    tools: Tools = None,
    mcp: Mcp = None,
    as_json: Json = False,
) -> None:
    """Answer a question, or go on with a run that was cut off; larger limits let a stopped run go on."""
    from surefoot.graph.cli import work

    reply = {"approve": approve or None, "modify": modify, "reject": reject, "abort": abort or None, "answer": answer}
    given = {name: value for name, value in reply.items() if value is not None}
    if len(given) > 1:
        raise typer.BadParameter(f"give only one of {', '.join(f'--{name}' for name in given)}.")
    if interrupt is not None and not given:
        raise typer.BadParameter("--interrupt needs an answer beside it, such as --approve.")
    limits = _limits(max_steps, max_tokens, max_seconds, max_usd)
    _end(
        work.resume(
            thread, interrupt, given, model, tools, {"workspace": workspace, "mcp_servers": mcp}, limits, as_json
        )
    )


@app.command()
def runs(workspace: Folder = None, as_json: Json = False) -> None:
    """List the runs, newest first."""
    from surefoot.graph.cli import history

    _end(history.runs(workspace, as_json))


@app.command()
def show(
    thread: Thread,
    html: Annotated[
        Path | None, typer.Option(help="Write it as a page to this file, which needs nothing else.")
    ] = None,
    workspace: Folder = None,
    as_json: Json = False,
) -> None:
    """Show all of a run: plan, steps, questions, spending, answer."""
    if html is not None:
        from surefoot.graph.cli import pages

        _end(pages.write(thread, html, workspace))
    from surefoot.graph.cli import history

    _end(history.show(thread, workspace, as_json))


@app.command()
def serve(
    thread: Annotated[str | None, typer.Argument(help="The run's name; the newest run if left out.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="On this machine; 0 = any that is free.")] = 0,
    model: Model = None,
    workspace: Folder = None,
    tools: Tools = None,
    mcp: Mcp = None,
) -> None:
    """Show a run on a live page of this machine, where its questions can be answered."""
    from surefoot.graph.cli import pages

    _end(pages.serve(thread, port, model, tools, {"workspace": workspace, "mcp_servers": mcp}))


@app.command()
def calibration(
    workspace: Folder = None,
    precision: Annotated[float | None, typer.Option(min=0, max=1, help="Share that has to go well.")] = None,
    as_json: Json = False,
) -> None:
    """Compare what the model said it was sure of with what came of it, over all runs."""
    from surefoot.graph.cli import calibrating

    _end(calibrating.calibration(workspace, precision, as_json))


@app.command()
def delete(
    thread: Thread,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: Folder = None,
) -> None:
    """Delete a run for good: its states, log and outputs."""
    from surefoot.graph.cli import deleting

    _end(deleting.delete(thread, workspace, yes))


@app.command()
def graph() -> None:
    """Draw the agent as a Mermaid diagram."""
    from surefoot.graph.cli import work

    typer.echo(work.drawing())


@app.command()
def doctor(model: Model = None, workspace: Folder = None) -> None:
    """Check that all is in place, and say what to do where it is not."""
    from surefoot.graph.cli import doctor as checks

    _end(checks.doctor(model, workspace))


def _limits(steps: int | None, tokens: int | None, seconds: float | None, usd: float | None) -> dict[str, Any]:
    return {"max_steps": steps, "max_tokens": tokens, "max_time_seconds": seconds, "max_usd": usd}


def _end(code: int) -> None:
    sys.stdout.flush()
    raise typer.Exit(code)
