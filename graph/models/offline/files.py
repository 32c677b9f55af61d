"""Rules that look at files: list, find lines, read, count, compare, sizes."""

import difflib
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.scope import Scope, referred, scope_of
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps, call
from surefoot.graph.models.offline.words import content, number, stem
from surefoot.graph.models.offline.world import World

_MOST = 1000
_WHOLE = 60_000
"""Characters of a file the rules read whole; more would push earlier steps out of the messages."""
_MARKS = (
    r"containing|contains?|mention(?:s|ed|ing)?|includ(?:es?|ing)|matching|match(?:es)?|saying|says?|named|called|"
    r"with(?: the)?(?: word| text| string| phrase)?|about|for|regarding|talk(?:s|ing)? about|refer(?:s|ring)? to"
)
_END = r"(?=\s+(?:in|within|inside|from|across|under|among|anywhere|per|using|at|appears?|occurs?|is|are)\b|\s*[?.!,]|\s*$)"


def fits_find(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a search for lines."""
    if clause.values("url") or not needle(clause):
        return 0.0
    if clause.family in ("write", "delete", "move", "copy", "edit"):
        return 0.0
    if clause.says("mention contain appear occur grep mentioned") or re.search(
        r"\blines?\b.*\b(?:with|that|for)\b|\btalks? about\b", clause.plain
    ):
        return 0.9
    if clause.family == "find" and re.search(r"\b(?:for|in|of)\b", clause.plain):
        return 0.75 if clause.verb in ("search", "grep", "look", "scan") or clause.values("quote") else 0.55
    return 0.55 if re.search(r"^where (?:is|are)\b|\bhow often\b", clause.plain) else 0.0


def find(clause: Clause, world: World) -> Steps[str]:
    """Find the lines, or the files, that contain a text."""
    text, scope = needle(clause), scope_of(clause, world)
    matches = yield from _search(text, scope)
    spelled = text
    if not matches and re.search(r"\s|s$", text):
        spelled = max(content(text) or [text], key=len)
        matches = yield from _search(stem(spelled) if len(spelled) > 3 else spelled, scope)
    where = ", ".join(scope.files) or (scope.folder if scope.folder != "." else "the workspace")
    where += f" ({scope.pattern})" if scope.pattern != "*" else ""
    if not matches:
        return f"No line in {where} contains {text!r}."
    least = "at least " if len(matches) >= _MOST else ""
    if re.search(r"\bhow (?:many times|often)\b|\boccurrences?\b", clause.plain):
        times = sum(len(re.findall(re.escape(spelled), m["text"], re.IGNORECASE)) for m in matches)
        return f"Times {spelled!r} appears in {where}: {least}{times}"
    if re.search(r"\b(?:which|what|how many|list|all|count|find) (?:the )?(?:\w+ )?files\b", clause.plain):
        paths = sorted({str(match["path"]) for match in matches})
        return f"Files that contain {text!r}: {len(paths)}" if clause.says("many count") else "\n".join(paths)
    if re.search(r"\bhow many\b", clause.plain) or clause.family == "count" or clause.says("number"):
        return _counted(matches, spelled, where, least, clause)
    return say.lines_found(matches)


def needle(clause: Clause) -> str:
    """Find the text a clause looks for: quoted, after `containing` and the like, or the object of `find`."""
    quoted = [value for value in clause.values("quote", "code") if "*" not in value]
    if quoted:
        return quoted[0]
    masked = clause.masked
    tries = (
        r"\b(?:does|do|did|is|are)\s+(?:the (?:word|text|string)\s+)?(.+?)\s+(?:appear|occur|mentioned|used|defined|come up|show up)",
        rf"\b(?:{_MARKS})\s+(.+?){_END}",
        rf"^(?:find|locate|grep|search|where is|where are)\s+(?:all\s+|every\s+|the\s+)*(?:lines?\s+|occurrences? of\s+|mentions? of\s+)?(.+?){_END}",
        rf"\boccurrences? of\s+(.+?){_END}",
    )
    for pattern in tries:
        for match in re.finditer(pattern, masked, re.IGNORECASE):
            text = _trimmed(match[1])
            if text:
                return text
    return ""


def _trimmed(text: str) -> str:
    text = re.sub(
        r"^(?:(?:the|a|an|all|any|word|words|text|string|phrase|term|lines?|files?|that|which|out)\b\s*)+",
        "",
        text.strip(),
        flags=re.IGNORECASE,
    )
    return "" if re.search(ATOM, text) else text.strip(" ?.,!")


def _search(text: str, scope: Scope) -> Steps[list[dict[str, Any]]]:
    alternatives = re.split(r"\s+or\s+", text)
    args: dict[str, Any] = {"text": text, "max_results": _MOST}
    if len(alternatives) > 1:
        args |= {"text": "|".join(re.escape(part) for part in alternatives), "regex": True}
    if re.fullmatch(r"[A-Z][A-Z_]+", text):
        args["ignore_case"] = False
    if scope.pattern != "*":
        args["pattern"] = scope.pattern
    found: list[dict[str, Any]] = []
    for path in scope.files or (scope.folder,):
        reply = yield from call("search_files", **args, **({"path": path} if path != "." else {}))
        if not isinstance(reply.data, list):
            raise CannotDo("The matches could not be read: the result is cut.")
        found += [match for match in reply.data if isinstance(match, dict) and "line" in match]
    return found


def _counted(matches: Sequence[dict[str, Any]], text: str, where: str, least: str, clause: Clause) -> str:
    total = f"Lines with {text!r} in {where}: {least}{len(matches)}"
    if not re.search(r"\b(?:per|each|by|every)\b", clause.plain):
        return total
    per: dict[str, int] = defaultdict(int)
    for match in matches:
        per[str(match["path"])] += 1
    return say.table(["file", "lines"], sorted(per.items()))


def fits_list(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to see which files there are."""
    if clause.values("url") or clause.family in ("write", "delete", "move", "copy", "edit"):
        return 0.0
    scope = scope_of(clause, world)
    if clause.says("size byte big large largest biggest smallest small"):
        return 0.0
    told = clause.family in ("show", "find") or bool(
        re.search(r"^(?:what|which|are there|is there)\b|\bcontents? of\b", clause.plain)
    )
    if (
        told
        and re.search(r"\b(?:files|folders?|director(?:y|ies)|documents|workspace)\b", clause.plain)
        and not scope.files
    ):
        return 0.7
    if told and clause.says("file") and re.search(r"\b(?:every|any|all)\b", clause.plain):
        return 0.7
    return 0.65 if told and not scope.files and (scope.folder != "." or scope.pattern != "*") else 0.0


def list_all(clause: Clause, world: World) -> Steps[str]:
    """List files by folder and pattern."""
    scope = scope_of(clause, world)
    named = re.search(r"\b(?:named|called)\s+(\w+)|\bname (?:contains|includes)\s+(\w+)", clause.plain)
    if named and scope.pattern == "*":
        scope = Scope(scope.folder, f"*{named[1] or named[2]}*")
    files = yield from listing(scope)
    shown = [f"{file['path']} ({file['bytes']} bytes)" for file in files]
    where = scope.folder if scope.folder != "." else "the workspace"
    return "\n".join(shown) or f"No file {scope.pattern} in {where}."


def listing(scope: Scope) -> Steps[list[dict[str, Any]]]:
    """Ask for the files of a scope: [{path, bytes}]."""
    args = ({"path": scope.folder} if scope.folder != "." else {}) | (
        {"pattern": scope.pattern} if scope.pattern != "*" else {}
    )
    reply = yield from call("list_files", **args)
    if not isinstance(reply.data, list):
        raise CannotDo("The list of files could not be read: it is cut.")
    return [file for file in reply.data if isinstance(file, dict) and "path" in file]


def fits_sizes(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a question about sizes or numbers of files."""
    about_files = clause.says("file folder directory disk workspace extension document") or bool(clause.paths)
    sized = clause.says("size byte big bigger large larger largest biggest smallest small space heavy heaviest")
    if about_files and sized and clause.family not in ("write", "delete", "move", "copy", "edit"):
        return 0.87
    counted = re.search(
        r"\b(?:how many|number of|count)(?: of)?(?: the| all)? (?:\w+ )?(?:files|documents)\b", clause.plain
    )
    searched = clause.says("contain mention")
    return 0.87 if counted and not searched else 0.0


def sizes(clause: Clause, world: World) -> Steps[str]:
    """Measure files: largest, total, count, per folder or per extension."""
    scope = scope_of(clause, world)
    if clause.paths and scope.files:
        files = yield from listing(Scope())
        files = [file for file in files if scope.covers(file["path"])]
    else:
        files = yield from listing(scope)
    if not files:
        raise CannotDo("There is no such file to measure.")
    counting = bool(re.search(r"\b(?:how many|number of|count)\b", clause.plain))
    key = _grouping(clause)
    if key:
        return _per_group(files, key, counting)
    where = f"{scope.folder}/{scope.pattern}" if scope.folder != "." else scope.pattern
    if counting:
        return f"Number of files ({where}): {len(files)}"
    extreme = next(
        (
            word
            for word in clause.words
            if stem(word) in {stem(w) for w in ("largest", "biggest", "smallest", "heaviest")}
        ),
        "",
    )
    if extreme or clause.says("rank sort top"):
        return _ranked(clause, files, extreme)
    total = sum(int(file["bytes"]) for file in files)
    if len(files) == 1:
        return f"Size of {files[0]['path']} in bytes: {total}"
    if scope.files:
        return say.table(["file", "bytes"], [(file["path"], file["bytes"]) for file in files])
    if clause.says("average mean"):
        return f"Average size in bytes of {len(files)} files ({where}): {say.figure(total / len(files))}"
    if clause.says("each every list") and not clause.says("total"):
        return say.table(["file", "bytes"], [(file["path"], file["bytes"]) for file in files])
    return f"Total size in bytes of {len(files)} files ({where}): {total}"


def _ranked(clause: Clause, files: list[dict[str, Any]], extreme: str) -> str:
    count = next((int(n) for word in clause.words if (n := number(word)) is not None), 1)
    ordered = sorted(files, key=lambda file: (int(file["bytes"]), file["path"]), reverse=extreme != "smallest")
    return "\n".join(f"{file['path']} ({file['bytes']} bytes)" for file in ordered[:count])


def _grouping(clause: Clause) -> str:
    grouped = re.search(
        r"\b(?:per|by|each|every)\s+(?:file\s+)?(folder|directory|extension|type|file type|kind)\b", clause.plain
    )
    return "" if not grouped else "folder" if grouped[1] in ("folder", "directory") else "extension"


def _per_group(files: Sequence[dict[str, Any]], key: str, counting: bool) -> str:
    groups: dict[str, list[int]] = defaultdict(list)
    for file in files:
        path = PurePosixPath(file["path"])
        groups[str(path.parent) if key == "folder" else path.suffix.lstrip(".") or "(none)"].append(int(file["bytes"]))
    rows = [(name, len(found), sum(found)) for name, found in groups.items()]
    return say.table([key, "files", "bytes"], sorted(rows, key=lambda row: (-row[1 if counting else 2], row[0])))


def fits_read(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to see what stands in a file."""
    files = scope_of(clause, world).files or referred(clause, world) or _mentioned(clause, world)
    if not files or clause.family in ("write", "delete", "move", "copy", "edit"):
        return 0.0
    if re.search(
        r"\b(?:first|last) (?:\w+ )?lines?\b|\blines? \d+|\bhow many (?:lines|words|characters)\b|\b(?:word|line|character) count\b|\bcount the (?:lines|words|characters)\b",
        clause.plain,
    ):
        return 0.92
    if clause.family in ("read", "show") or re.search(
        r"\bwhat does\b.*\bsay\b|\bwhat is (?:in|written)\b|\bcontents?\b|\bsummar", clause.plain
    ):
        return 0.8 if clause.family == "read" or "say" in clause.words else 0.66
    return 0.3 if clause.family or clause.plain.startswith(("what", "which", "who", "when", "does")) else 0.0


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
        rf"\babout\s+(.+?){_END}|\bwhat (?:is|are|was) (?:the )?(.+?)\s+(?:in|of|according)\b",
        clause.masked,
        re.IGNORECASE,
    )
    if about and (topic := content(about[1] or about[2])) and topic[0] not in ("content", "contents", "text"):
        return _lines_about(path, lines, topic)
    if clause.says("summarise summarize summary outline"):
        return _extract(path, text, lines)
    return text


def _lines_about(path: str, lines: Sequence[str], topic: Sequence[str]) -> str:
    wanted = {stem(word) for word in topic}
    rated = [(len(wanted & {stem(word) for word in content(line)}), index, line) for index, line in enumerate(lines, 1)]
    most = max((rating for rating, _, _ in rated), default=0)
    if not most:
        return f"{path} has no line about {' '.join(topic)}."
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
    return 0.9 if told and clause.family not in ("edit", "write") and len(scope_of(clause, world).files) == 2 else 0.0


def compare(clause: Clause, world: World) -> Steps[str]:
    """Compare two files line by line."""
    one, other = scope_of(clause, world).files
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
