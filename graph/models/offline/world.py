"""Describes what a rule may look at: the goal, the files, the tools, the results so far."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline.words import bag
from surefoot.nodes.evidence.words import parts, stem

_LONG_NAME = 40
"""The overview cuts column names here."""
_LINE = re.compile(
    r"\s*(?:[-*] )?(.+?) \((\d[\d,]*) bytes(?:; [\d,]+ characters of text)?(?:; (?:columns?|keys) (.*)|; .*)?\)\s*$"
)
DATA = bag(".csv .tsv .json .jsonl .ndjson .parquet")


@dataclass(frozen=True, slots=True)
class File:
    """One line of the workspace overview."""

    path: str
    size: int = 0
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def is_data(self) -> bool:
        return PurePosixPath(self.path).suffix.lower() in DATA


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool on offer; `parameters` and `output` are JSON schemas."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    effect: str = "undeclared"

    @property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.parameters.get("properties") or {}
        return found

    @property
    def required(self) -> Sequence[str]:
        found: Sequence[str] = self.parameters.get("required") or ()
        return found


@dataclass(frozen=True, slots=True)
class World:
    """Everything the rules of one model call may use."""

    goal: str = ""
    files: tuple[File, ...] = ()
    tools: Mapping[str, Tool] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    searched: bool = False
    """`find_tools` was already asked."""

    @property
    def paths(self) -> list[str]:
        return [file.path for file in self.files]

    @property
    def folders(self) -> list[str]:
        found = {str(parent) for path in self.paths for parent in PurePosixPath(path).parents}
        return sorted(found - {"."})

    def resolve(self, mention: str) -> str:
        """Name the file or folder a person means: exactly, by its name alone, or by its stem; else as they wrote it."""
        plain = mention.removeprefix("./").rstrip("/") or "."
        lower = plain.lower()
        for candidates in (self.paths, self.folders):
            for fits in (
                lambda p: p == plain,
                lambda p: p.lower() == lower,
                lambda p: PurePosixPath(p).name.lower() == lower,
            ):
                found = [path for path in candidates if fits(path)]
                if found:
                    return min(found, key=lambda p: (p.count("/"), p))
        return plain

    def exists(self, path: str) -> bool:
        return path in self.paths or path in self.folders

    def closest(self, path: str) -> str | None:
        """Find the existing file whose name is most like a wrong one."""
        names = {file.name.lower(): file.path for file in self.files}
        near = get_close_matches(PurePosixPath(path).name.lower(), names, n=1, cutoff=0.7)
        return names[near[0]] if near else None

    def matching(self, pattern: str) -> list[str]:
        """List the known files that a glob names, by path or by name."""
        return [file.path for file in self.files if fnmatch(file.path, pattern) or fnmatch(file.name, pattern)]

    def called(self, word: str) -> str | None:
        """Find the one file or folder that a plain word names: `orders` for `sales/orders.csv`."""
        wanted = stem(word)
        for candidates in (self.folders, self.paths):
            found = [p for p in candidates if wanted in {stem(w) for w in parts(PurePosixPath(p).stem)}]
            if len(found) == 1:
                return found[0]
        return None


def read_overview(text: str) -> tuple[File, ...]:
    """Read the workspace overview: one line per file, as `Workspace.overview` writes it.

    Columns that are not told whole count as not told.
    """
    files = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            columns = tuple(part.strip() for part in (match[3] or "").split(", ") if part.strip())
            if any(len(name) >= _LONG_NAME for name in columns) or re.match(
                r"and \d+ more$", columns[-1] if columns else ""
            ):
                columns = ()
            files.append(File(match[1], int(match[2].replace(",", "")), columns))
    return tuple(files)
