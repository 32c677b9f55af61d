"""Finds which files a clause is about: named, by pattern, by folder, or by an earlier result."""

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.words import FILLER, bag
from surefoot.graph.models.offline.world import World

EXTENSIONS = {
    "python": "py", "markdown": "md", "text": "txt", "javascript": "js", "typescript": "ts", "yaml": "y*ml", "image": "png",
    "shell": "sh", "spreadsheet": "xlsx", "log": "log", "rust": "rs", "configuration": "ini", "temporary": "tmp",
}  # fmt: skip
_KNOWN = bag(
    "csv tsv json jsonl parquet txt md html xml toml ini cfg yml yaml py js ts log tmp bak pdf png jpg sql sh "
    "rs go java"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A folder and a pattern under it; `files` where single files are named."""

    folder: str = "."
    pattern: str = "*"
    files: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        inside = self.folder == "." or path == self.folder or path.startswith(self.folder + "/")
        fits = fnmatch(PurePosixPath(path).name, self.pattern) or fnmatch(path, self.pattern)
        return path in self.files if self.files else inside and fits


def scope_of(clause: Clause, world: World) -> Scope:
    """Read the folder, the pattern and the single files of a clause."""
    folder, pattern, files = ".", "*", []
    for mention in [*clause.values("path", "suffix"), *_quoted_patterns(clause)]:
        if "*" in mention or "?" in mention:
            folder, _, pattern = mention.rpartition("/")
            folder = world.resolve(folder) if folder else "."
        elif (path := world.resolve(mention)) in world.folders or mention.endswith("/") or path == ".":
            folder = path
        else:
            files.append(path)
    if pattern == "*":
        pattern = _pattern_in_words(clause, world)
    if folder == "." and not files:
        folder = _folder_in_words(clause, world)
    return Scope(folder, pattern, tuple(files))


def referred(clause: Clause, world: World) -> list[str]:
    """List the files that earlier results name: all of them for `them`, the first for `it`."""
    if not clause.refers:
        return []
    found = []
    for text in world.known.values():
        places = [
            (text.find(path), path)
            for path in world.paths
            if re.search(rf"(?<![\w/.-]){re.escape(path)}(?![\w/-])", text)
        ]
        found += [path for _, path in sorted(places)]
    found = list(dict.fromkeys(found))
    return found if clause.refers == "all" else found[:1]


def _quoted_patterns(clause: Clause) -> list[str]:
    return [value for value in clause.values("quote") if re.fullmatch(r"[\w./-]*\*\.?\w*", value)]


def _pattern_in_words(clause: Clause, world: World) -> str:
    present = {PurePosixPath(path).suffix.lstrip(".").lower() for path in world.paths}
    for word in re.findall(r"\b(\w+)(?:-| )?(?:files?|documents?|tables?)\b", clause.plain):
        if word in EXTENSIONS:
            return f"*.{EXTENSIONS[word]}"
        if word in _KNOWN or word in present:
            return f"*.{word}"
    return "*"


def _folder_in_words(clause: Clause, world: World) -> str:
    named = re.search(
        r"\b(?:folder|directory)\s+(?:called |named )?(\w+)|\b(\w+)\s+(?:folder|directory|dir)\b", clause.plain
    )
    words = [w for w in named.groups() if w] if named else []
    words += re.findall(
        r"\b(?:in|under|inside|within|from|of|through|search|all|across)\s+(?:the\s+|my\s+|all\s+(?:the\s+)?)?(\w+)",
        clause.plain,
    )
    for word in words:
        if word in FILLER:
            continue
        exact = [
            path for path in world.folders if PurePosixPath(path).name.lower() in (word, word + "s", word.rstrip("s"))
        ]
        if exact:
            return min(exact, key=len)
    return "."
