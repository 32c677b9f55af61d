"""Rule that finds lines, or files, by a text in them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.scope import Scope, scope_of
from surefoot.graph.models.offline.steps import CannotDo, Steps, call
from surefoot.graph.models.offline.words import content
from surefoot.graph.models.offline.world import World
from surefoot.nodes.evidence.words import stem

_MOST = 1000


_MARKS = (
    r"containing|contains?|mention(?:s|ed|ing)?|includ(?:es?|ing)|matching|match(?:es)?|saying|says?|named|called|"
    r"with(?: the)?(?: word| text| string| phrase)?|about|for|regarding|talk(?:s|ing)? about|refer(?:s|ring)? to"
)


END = r"(?=\s+(?:in|within|inside|from|across|under|among|anywhere|per|using|at|appears?|occurs?|is|are)\b|\s*[?.!,]|\s*$)"


_VERBS = "contain(?:s|ing)?|mention(?:s|ing)?|includ(?:es?|ing)|us(?:es?|ing)|call(?:s|ing)?|defin(?:es?|ing)|say(?:s|ing)?|with|about|have|has"
_FILES = "files?|logs?|documents?|notes?|folders?"


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
    if _speaks_of_lines(clause) and _loud(clause):
        return 0.75
    if re.search(rf"^which (?:\w+ )?files (?:{_VERBS}|import)", clause.plain):
        return 0.8
    if re.search(rf"^which (?:{_FILES}) .*\bmost\b", clause.plain):
        return 0.8
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
    if re.search(rf"^which (?:{_FILES}) .*\bmost\b", clause.plain):
        return _per_file(matches)
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
        rf"^(?:which|what|find|list|show|count|how many)\s+(?:all\s+|the\s+)*(?:\w+\s+)?files\s+(?:that\s+|which\s+)?(?:{_VERBS})?\s*(.+?){END}",
        r"\b(?:does|do|did|is|are)\s+(?:the (?:word|text|string)\s+)?(.+?)\s+(?:appear|occur|mentioned|used|defined|come up|show up)",
        rf"\b(?:{_MARKS})\s+(.+?){END}",
        rf"^(?:find|locate|grep|search|where is|where are)\s+(?:all\s+|every\s+|the\s+)*(?:lines?\s+|occurrences? of\s+|mentions? of\s+)?(.+?){END}",
        rf"\boccurrences? of\s+(.+?){END}",
    )
    most = re.search(rf"^which (?:{_FILES}) .*\bmost (\w+)", masked, re.IGNORECASE)
    if most:
        return re.sub(r"s$", "", most[1])
    if _speaks_of_lines(clause) and _loud(clause):
        return _loud(clause)
    for pattern in tries:
        for match in re.finditer(pattern, masked, re.IGNORECASE):
            text = _trimmed(match[1])
            if text:
                return text
    return ""


def _loud(clause: Clause) -> str:
    """Find the words in capitals, such as ERROR."""
    found = re.findall(r"\b[A-Z]{4,}\b", clause.masked)
    return " or ".join(dict.fromkeys(found))


def _speaks_of_lines(clause: Clause) -> bool:
    return clause.says("line log comment code source file entry message") or clause.family in ("find", "count")


def _trimmed(text: str) -> str:
    text = re.sub(
        r"^(?:(?:the|a|an|all|any|word|words|text|string|phrase|term|function|class|method|variable|lines?|files?|that|which|out)\b\s*)+",
        "",
        text.strip(),
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"\s+(?:comments?|lines?|entries|messages?|statements?|occurrences|mentions|notes?)$", "", text.strip(" ?.,!")
    )
    return "" if re.search(ATOM, text) else text


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
    return _per_file(matches)


def _per_file(matches: Sequence[dict[str, Any]]) -> str:
    per: dict[str, int] = defaultdict(int)
    for match in matches:
        per[str(match["path"])] += 1
    return say.table(["file", "lines"], sorted(per.items(), key=lambda entry: (-entry[1], entry[0])))
