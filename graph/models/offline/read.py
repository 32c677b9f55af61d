"""Rules that read and compare files."""

import difflib
import re
from collections.abc import Sequence

from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.find import END
from surefoot.graph.models.offline.scope import referred, scope_of
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps, call
from surefoot.graph.models.offline.words import bag, content, number
from surefoot.graph.models.offline.world import World
from surefoot.nodes.evidence.words import stem

_WHOLE = 60_000
"""Characters of a file the rules read whole; more would push earlier steps out of the messages."""


_PLAIN = bag("use uses used contain contains content contents text written stand stands set using mean means there")


def fits_read(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to see what stands in a file."""
    files = scope_of(clause, world).files or referred(clause, world) or _mentioned(clause, world)
    if not files or clause.family in ("write", "delete", "move", "copy", "edit"):
        return 0.0
    if re.search(
        r"\b(?:first|last) (?:\w+ )?lines?\b|\blines? \d+|\bhow many (?:lines|words|characters)\b|\b(?:word|line|character) count\b|\bcount (?:the |all )?(?:lines|words|characters)\b",
        clause.plain,
    ):
        return 0.92
    if clause.family in ("read", "show") or re.search(
        r"\bwhat does\b.*\bsay\b|\bwhat is (?:in|written)\b|\bcontents?\b|\bsummar", clause.plain
    ):
        return 0.8 if clause.family == "read" or "say" in clause.words else 0.66
    asks = clause.plain.startswith(("what", "which", "who", "when", "does", "is ", "are ", "how"))
    return (0.56 if clause.paths else 0.3) if asks else 0.3 if clause.family else 0.0


def read(clause: Clause, world: World) -> Steps[str]:
    """Read a file: whole, its first, last or counted lines, or what it says about something."""
    files = scope_of(clause, world).files or tuple(referred(clause, world)) or _mentioned(clause, world)
    texts = []
    for path in files:
        texts.append((path, (yield from text_of(path, world))))
    if len(texts) == 1:
        return _wanted(clause, *texts[0])
    return "\n\n".join(f"{path}:\n{_wanted(clause, path, text)}" for path, text in texts)


def text_of(path: str, world: World, guess: bool = True) -> Steps[str]:
    """Read a file's whole text; where it does not exist, the one whose name is closest, if `guess`.

    Raises:
        CannotDo: the file is too large to be read whole.
    """
    try:
        return (yield from _pages(path))
    except Failed:
        near = world.closest(path)
        if not guess or not near or near == path:
            raise
        return (yield from _pages(near))


def _pages(path: str) -> Steps[str]:
    text, start = "", 1
    while True:
        more = {"start_line": start} if start > 1 else {}
        page = (yield from call("read_file", path=path, lines=100_000, **more)).text
        if page == f"[{path} is empty]":
            return ""
        onward = re.search(r"\n?\[lines \d+ to (\d+) of (\d+)(; read on with .*)?\]$", page)
        text += page[: onward.start()] + "\n" if onward else page
        if not onward or not onward[3]:
            return text
        if len(text) > _WHOLE:
            raise CannotDo(f"{path} is too large to be read whole here.")
        start = int(onward[1]) + 1


def _mentioned(clause: Clause, world: World) -> tuple[str, ...]:
    found = [path for word in clause.words if (path := world.called(word)) and path in world.paths]
    return tuple(dict.fromkeys(found)) if len(set(found)) == 1 else ()


def _wanted(clause: Clause, path: str, text: str) -> str:
    lines = text.splitlines()
    part = re.search(r"\b(first|last)\s+(\w+\s+)?lines?\b", clause.plain)
    if part:
        count = int(number((part[2] or "1").strip()) or 1)
        return "\n".join(lines[:count] if part[1] == "first" else lines[-count:])
    span = re.search(r"\blines?\s+(\d+)(?:\s*(?:-|to|through|and)\s*(\d+))?", clause.plain)
    if span:
        return "\n".join(lines[int(span[1]) - 1 : int(span[2] or span[1])])
    for unit, count in (("line", len(lines)), ("word", len(text.split())), ("character", len(text))):
        if re.search(rf"\bhow many {unit}|\bnumber of {unit}|\b{unit} count|\bcount\b.*\b{unit}", clause.plain):
            return f"Number of {unit}s in {path}: {count}"
    about = re.search(
        rf"\babout\s+(.+?){END}|\bwhat (?:is|are|was) (?:the )?(.+?)\s+(?:in|of|according)\b",
        clause.masked,
        re.IGNORECASE,
    )
    if about and (topic := content(about[1] or about[2])) and topic[0] not in ("content", "contents", "text"):
        return _lines_about(path, lines, topic)
    if clause.says("summarise summarize summary outline"):
        return _extract(path, text, lines)
    asked = [word for word in content(clause.plain) if word not in _PLAIN]
    if clause.family in ("read", "show") or not asked:
        return text
    return _lines_about(path, lines, asked)


def _lines_about(path: str, lines: Sequence[str], topic: Sequence[str]) -> str:
    wanted = {stem(word) for word in topic}
    rated = [(len(wanted & {stem(word) for word in content(line)}), index, line) for index, line in enumerate(lines, 1)]
    most = max((rating for rating, _, _ in rated), default=0)
    if not most:
        raise CannotDo(f"{path} has no line about {' '.join(topic)}.")
    return "\n".join(f"{path}:{index}: {line.strip()}" for rating, index, line in rated if rating == most)


def _extract(path: str, text: str, lines: Sequence[str]) -> str:
    heads = [line for line in lines if re.match(r"#+ |\[.+\]$", line)]
    shown = heads or [line for line in lines if line.strip()][:5]
    return (
        f"{path}: {len(lines)} lines, {len(text.split())} words. Extract ({'headings' if heads else 'first lines'}), not a summary:\n"
        + "\n".join(shown)
    )


def fits_compare(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a comparison of two files."""
    told = clause.family == "compare" or clause.says(
        "differ difference different changed change identical same differs"
    )
    return 0.9 if told and clause.family not in ("edit", "write") and len(_two(clause, world)) == 2 else 0.0


def _two(clause: Clause, world: World) -> tuple[str, ...]:
    """Name the two files to compare: both are named, or a pattern or folder holds just two."""
    scope = scope_of(clause, world)
    if scope.files or (scope.pattern == "*" and scope.folder == "."):
        return scope.files
    found = tuple(path for path in world.paths if scope.covers(path))
    return found if len(found) == 2 else ()


def compare(clause: Clause, world: World) -> Steps[str]:
    """Compare two files line by line."""
    one, other = _two(clause, world)
    texts = [(yield from text_of(one, world)).splitlines(), (yield from text_of(other, world)).splitlines()]
    if texts[0] == texts[1]:
        return f"{one} and {other} are identical."
    changes = [
        line
        for line in difflib.unified_diff(texts[0], texts[1], one, other, lineterm="", n=0)
        if not line.startswith("@@")
    ]
    removed = sum(line.startswith("-") for line in changes[2:])
    added = sum(line.startswith("+") for line in changes[2:])
    return (
        f"{one} and {other} differ: {removed} lines only in the first (-), {added} only in the second (+).\n\n"
        + "\n".join(changes[2:])
    )
