"""Gives the agent its tools on the files of a workspace: list, read, search, write, edit, move, delete."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated, Any

import re2  # type: ignore[import-untyped]
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from surefoot.tools.clean import clean_text
from surefoot.tools.effects import Declarable, tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.reading import binary, excerpt, text_lines, window
from surefoot.tools.workspace import Workspace

__all__ = ["file_tools"]

MAX_LISTED = 1000
MAX_PATTERN = 1000

Path = Annotated[str, Field(description="A file, as seen from the workspace, for example data/a.csv.")]
Folder = Annotated[str, Field(description="Where to look: a folder or one file; '.' is the whole workspace.")]
Pattern = Annotated[str, Field(description="Glob for file names, for example *.csv; with a '/' for whole paths.")]


def file_tools(workspace: Workspace, *, patience: float = 30) -> list[BaseTool]:
    """Build the seven file tools on one workspace, each with its effect and the probe that tells whether it happened.

    After `patience` seconds a listing or a search gives what it has found, and says so.
    """
    files = _Files(workspace, patience)
    table: list[tuple[Callable[..., Any], Declarable, Callable[..., Any] | None]] = [
        (files.list_files, "read_only", None),
        (files.read_file, "read_only", None),
        (files.search_files, "read_only", None),
        (files.write_file, "idempotent", None),
        (files.edit_file, "reversible", files.edit_file_happened),
        (files.move_file, "reversible", files.move_file_happened),
        (files.delete_file, "irreversible", files.delete_file_happened),
    ]
    return [tool_effect(effect, probe=probe)(StructuredTool.from_function(tool)) for tool, effect, probe in table]


class _TimeIsUp(Exception):
    """A walk through many files has taken long enough."""


class _Files:
    """The tools as the model sees them: what stands in the docstrings is what it reads."""

    def __init__(self, workspace: Workspace, patience: float) -> None:
        self._workspace = workspace
        self._patience = patience

    def list_files(
        self,
        path: Folder = ".",
        pattern: Pattern = "*",
        recursive: Annotated[bool, Field(description="Also look into the folders below.")] = True,
    ) -> list[dict[str, Any]]:
        """List the files below a folder with their sizes in bytes, sorted by path.

        Folders whose name begins with a dot are left out unless path names one. After 1000 files one last entry
        {"note": ...} says how many there are.
        """
        found: list[tuple[str, int]] = []
        ended = ""
        try:
            found.extend(self._workspace.walk(path, pattern=pattern, recursive=recursive, look=self._watch()))
        except _TimeIsUp:
            ended = f"The listing was ended after {self._patience:g} seconds with {len(found)} files; "
        listed: list[dict[str, Any]] = [{"path": name, "bytes": size} for name, size in found[:MAX_LISTED]]
        if ended or len(found) > MAX_LISTED:
            shown = ended or f"{MAX_LISTED} of {len(found)} files are shown; "
            listed.append({"note": f"{shown}narrow path or pattern."})
        return listed

    def read_file(
        self,
        path: Path,
        start_line: Annotated[int, Field(ge=1, description="First line to read, counted from 1.")] = 1,
        lines: Annotated[int, Field(ge=1, description="How many lines at most.")] = 400,
        start_char: Annotated[int, Field(ge=0, description="Characters of the first line to skip.")] = 0,
    ) -> str:
        """Read a text file, or some lines of it. When something is left out, a last line in brackets says how to go on."""
        with self._workspace.reading(path) as file:
            return window(file, self._workspace.relative(path), start_line, lines, start_char)

    def search_files(
        self,
        text: Annotated[str, Field(min_length=1, max_length=MAX_PATTERN, description="What to look for.")],
        path: Folder = ".",
        pattern: Pattern = "*",
        regex: Annotated[bool, Field(description="Take text as a regular expression (RE2 syntax).")] = False,
        ignore_case: Annotated[bool, Field(description="Take small and capital letters as the same.")] = True,
        max_results: Annotated[int, Field(ge=1, le=1000, description="How many lines at most.")] = 100,
    ) -> list[dict[str, Any]]:
        """Find the lines of text files that contain a text: path, line number and the text around the match.

        When more lines match, one last entry {"note": ...} says so. Binary files are passed over.
        """
        wanted, look = _expression(text, regex, ignore_case), self._watch()
        found: list[dict[str, Any]] = []
        name = path
        try:
            for name, _ in self._workspace.walk(path, pattern=pattern, look=look):
                for line, piece in _matches(self._workspace, name, wanted, look):
                    if len(found) == max_results:
                        return [*found, {"note": f"Only the first {max_results} matches are shown; narrow the search."}]
                    found.append({"path": name, "line": line, "text": piece})
        except _TimeIsUp:
            seconds = f"{self._patience:g} seconds"
            found.append({"note": f"The search was ended in {name} after {seconds}; narrow path or pattern."})
        return found

    def _watch(self) -> Callable[[], None]:
        end = time.monotonic() + self._patience

        def look() -> None:
            if time.monotonic() > end:
                raise _TimeIsUp

        return look

    def write_file(
        self,
        path: Path,
        content: Annotated[str, Field(description="The whole new content.")],
        overwrite: Annotated[bool, Field(description="Replace a file that exists.")] = False,
    ) -> str:
        """Write a text file whole, with its folders. Refuses a file that exists with another content unless overwrite=true."""
        name, data = self._workspace.relative(path), clean_text(content).encode()
        if self._workspace.exists(name) and self._workspace.read(name, len(data) + 1) == data:
            return f"{name} already holds exactly this text."
        kept = self._workspace.write(name, data, overwrite=overwrite)
        return f"Wrote {name} ({len(data)} bytes)." + (f" {_kept(kept)}" if kept else "")

    def edit_file_happened(self, path: str, old_text: str, new_text: str, replace_all: bool = False) -> str | None:
        now = self._workspace.read(path) if self._workspace.exists(path) else None
        for before in self._workspace.kept(path):
            try:
                if _edited(before, path, old_text, new_text, replace_all) == now:
                    return f"Edited {self._workspace.relative(path)}."
            except ToolError:
                continue
        return None

    def edit_file(
        self,
        path: Path,
        old_text: Annotated[str, Field(min_length=1, description="The text to replace, exactly as in the file.")],
        new_text: Annotated[str, Field(description="What stands there afterwards.")],
        replace_all: Annotated[bool, Field(description="Replace every occurrence, not just the only one.")] = False,
    ) -> str:
        """Replace a piece of text in a file. The text must occur exactly once unless replace_all=true."""
        name = self._workspace.relative(path)
        kept = self._workspace.change(name, lambda data: _edited(data, name, old_text, new_text, replace_all))
        return f"Edited {name}. {_kept(kept)}"

    def move_file_happened(self, source: str, destination: str) -> str | None:
        moved = self._workspace.exists(destination) and not self._workspace.exists(source)
        return (
            f"Moved {self._workspace.relative(source)} to {self._workspace.relative(destination)}." if moved else None
        )

    def move_file(
        self,
        source: Annotated[str, Field(description="The file or folder to move.")],
        destination: Annotated[str, Field(description="Its new path; nothing may stand there yet.")],
    ) -> str:
        """Move or rename a file or a folder. Never overwrites."""
        self._workspace.move(source, destination)
        return f"Moved {self._workspace.relative(source)} to {self._workspace.relative(destination)}."

    def delete_file_happened(self, path: str) -> str | None:
        return None if self._workspace.exists(path) else f"Deleted {self._workspace.relative(path)}."

    def delete_file(self, path: Annotated[str, Field(description="One file, or one empty folder.")]) -> str:
        """Delete one file or one empty folder for good."""
        self._workspace.delete(path)
        return f"Deleted {self._workspace.relative(path)}."


def _expression(text: str, regex: bool, ignore_case: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.literal = not regex
    try:
        return re2.compile(clean_text(text), options)
    except re2.error as error:
        raise ToolError(f"{text!r} is no regular expression in RE2 syntax: {_said(error)}.") from error


def _said(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _matches(workspace: Workspace, name: str, wanted: Any, look: Callable[[], None]) -> Iterator[tuple[int, str]]:
    with suppress(ToolError), workspace.reading(name) as file:
        if not binary(file):
            for number, line in text_lines(file):
                look()
                if match := wanted.search(line):
                    yield number, excerpt(line, match.start(), match.end())


def _edited(data: bytes, name: str, old_text: str, new_text: str, replace_all: bool) -> bytes:
    old, new = old_text.encode("utf-8", "replace"), clean_text(new_text).encode()
    if old not in data and b"\r\n" in data:
        old, new = (part.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for part in (old, new))
    count = data.count(old)
    if count == 0:
        raise ToolError(f"old_text is not in {name}; read the file and copy the text exactly.")
    if count > 1 and not replace_all:
        raise ToolError(f"old_text occurs {count} times in {name}; give more of its surroundings or replace_all=true.")
    if old == new:
        raise ToolError("old_text and new_text are the same.")
    return data.replace(old, new)


def _kept(name: str) -> str:
    return f"What it held before is kept as {name}."
