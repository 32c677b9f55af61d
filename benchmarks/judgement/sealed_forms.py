"""The forms in which agents are given a shell, an editor and a browser, for the sealed scenes."""

from collections.abc import Callable

from benchmarks.judgement.trace import Scene

Run = Callable[..., None]

SITE = "Skip to content\n\n[Home](/) [Range](/range) [Service](/service) [About us](/about) [Basket (0)](/basket)\n\nWe use cookies to make this site better for you. [Accept all] [Only what is needed] [Settings]\n\n"
"""What the pages of a shop begin with, as text."""
PYTEST = f"{' test session starts ':=^80}\nplatform linux -- Python 3.11.9, pytest-8.3.4, pluggy-1.5.0\nrootdir: /workspace\nconfigfile: pyproject.toml\nplugins: anyio-4.6.2, cov-5.0.0, xdist-3.6.1\n"
"""What pytest begins with when it is not told to be quiet."""


def shell(s: Scene) -> Run:
    """A shell in one of the common forms, the same all through a trace."""
    form = s.pick("tagged", "plain", "object", "raises")

    def run(command: str, output: str = "", code: int = 0, *, bad: bool = False) -> None:
        if form == "tagged":
            said = f"[The command completed with exit code {code}.]\n[Current working directory: /workspace]"
            s.did("execute_bash", {"command": command}, f"{output}\n{said}", bad=bad)
        elif form == "object":
            told = {"exit_code": code, "stdout": "" if code else output, "stderr": output if code else ""}
            s.did("run_command", {"cmd": command}, told | {"duration_ms": s.number(20, 9000)}, bad=bad)
        elif form == "plain":
            s.sh(command, output, code, bad=bad)
        elif code:
            s.failed("shell", {"command": command}, f"Command exited with status {code}.\n{output}", bad=bad)
        else:
            s.did("shell", {"command": command}, output, bad=bad)

    return run


def view(s: Scene, path: str, text: str, first: int = 1, *, bad: bool = False) -> None:
    """The editor shows a file, or a part of it."""
    lines = text.split("\n")
    args = {"command": "view", "path": path, "view_range": [first, first + len(lines) - 1]}
    s.did(
        "str_replace_editor",
        args,
        f"Here's the result of running `cat -n` on {path}:\n{_numbered(lines, first)}",
        bad=bad,
    )


def edit(s: Scene, path: str, old: str, new: str, *, bad: bool = False) -> None:
    """The editor replaces what it has found."""
    args = {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
    shown = _numbered(new.split("\n"), 8 + sum(map(ord, path)) % 190)
    head = f"The file {path} has been edited. Here's the result of running `cat -n` on a snippet of {path}:"
    s.did(
        "str_replace_editor", args, f"{head}\n{shown}\nReview the changes and make sure they are as expected.", bad=bad
    )


def missed(s: Scene, path: str, old: str, new: str) -> None:
    """The editor does not find what it is to replace: trouble."""
    args = {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
    message = f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
    s.failed("str_replace_editor", args, message, bad=True)


def page(s: Scene, tool: str, args: dict[str, object], url: str, title: str, *body: str, bad: bool = False) -> None:
    """A browser does something and shows the page; the references of its elements are new in every snapshot."""
    lines = (f"  - {line} [ref=s{len(s.log) + 1}e{n}]" for n, line in enumerate(body, 2))
    shown = f"### Page state\n- Page URL: {url}\n- Page Title: {title}\n- Page Snapshot:\n" + "\n".join(lines)
    s.did(tool, args, shown, bad=bad)


def _numbered(lines: list[str], first: int) -> str:
    return "\n".join(f"{number:>6}\t{line}" for number, line in enumerate(lines, first))


def some(s: Scene, low: int, high: int, texts: str) -> list[str]:
    """The first `low` to `high` of the texts, which are divided by bars."""
    return texts.split("|")[: s.number(low, high)]
