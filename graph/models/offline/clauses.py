"""Takes a goal apart into clauses: one thing to do each, with its verb, its files and what it refers back to."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surefoot.graph.models.offline.atoms import ATOM, Atom, protect, restore
from surefoot.graph.models.offline.words import stem

FAMILIES = {
    "read": "read open view cat",
    "show": "show display print list enumerate tell give name output",
    "find": "find search grep locate scan look",
    "compare": "compare diff contrast",
    "compute": "compute calculate evaluate add subtract multiply divide work determine estimate",
    "count": "count tally",
    "total": "sum total average",
    "write": "write save store put export create make produce append record report note log prepend generate",
    "move": "move rename relocate",
    "copy": "copy duplicate",
    "delete": "delete remove erase trash drop purge wipe",
    "edit": "replace change edit substitute swap update",
    "fetch": "fetch download visit browse",
    "run": "run execute",
    "other": "summarise summarize describe send email mail post translate check convert sort filter group rank plot "
    "draw notify book order schedule look get take use combine merge collect explain identify extract measure verify "
    "return turn upload call set start stop close cancel submit buy pay ask answer repeat figure",
}
"""What a person may tell an agent to do, by the kind of thing it is."""

VERBS = {verb: family for family, verbs in reversed(FAMILIES.items()) for verb in verbs.split()}
_NOUNS_TOO = frozenset(
    [
        "sum",
        "total",
        "average",
        "count",
        "list",
        "report",
        "note",
        "record",
        "order",
        "work",
        "look",
        "name",
        "change",
        "log",
        "copy",
    ]
)
_QUESTION = r"(?:what(?:['’]s| is| are| was| were| does| do| did)|how (?:many|much|big|large|long)|which|who|where is|where are)"
_POLITE = re.compile(
    r"^(?:\s|please\b|kindly\b|hey\b|hi\b|hello\b|now\b|also\b|and\b|then\b|first(?:ly|\s+of\s+all)?\b,?|second(?:ly)?\b|third(?:ly)?\b|"
    r"finally\b|lastly\b|next\b|after(?:wards| that)\b|(?:can|could|would|will) you\b|i(?:['’]d| would)? (?:want|like|need)(?: you)? to\b|"
    r"you (?:should|must|have to|need to)\b|let['’]?s\b|go and\b|try to\b|make sure (?:to|you)\b|your task is to\b|,|:)+\s*",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•–]|\(?[a-hA-H]\))\s+")
_NEGATED = re.compile(
    r"^(?:do not|don['’]?t|never|without|avoid|no need to|please don['’]?t|you must not|leave)\b", re.IGNORECASE
)
_CONDITION = re.compile(
    r"^(?:if|when(?:ever)?|unless|in case|as long as|otherwise|else|while|until)\b"
    r"|(?<!tell me )(?<!me know )(?<!check )(?<!see )(?<!out )(?<!know )(?<!verify )(?<!determine )(?<!ask )\b(?:if|unless|otherwise|until|only when)\s",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:both|them|they|these|those|everything|results|outcomes|answers|findings|all (?:of )?(?:it|this|that)|"
    r"the (?:two|three|four|five) (?:\w+ )?(?:results|numbers|totals|values|answers|figures|lists)?|summary)\b(?! (?:folder|director|file)\w*)",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"\b(?:it|its|their)\b|\b(?:that|this)\b(?=\s*(?:$|to\b|into\b|as\b|by\b|from\b|in\b\s*$|with\b))"
    r"|\bthe (?:result|outcome|answer|output|value|total|number|sum|average|list|table|lines|matches|contents?|page|figure|"
    r"difference|text|count|finding)\b(?=\s*(?:$|to\b|into\b|as\b|by\b|in\b))",
    re.IGNORECASE,
)
_TOLD = re.compile(r"(?:tell|show|give) me\b|say\b|report\b(?! to)|extract\b|note\b", re.IGNORECASE)
_LOOKING = frozenset(
    ["open", "read", "fetch", "download", "visit", "browse", "look", "get", "check", "find", "view", "go", "load"]
)
Refers = Literal["", "last", "all"]


@dataclass(frozen=True)
class Clause:
    """One thing to do, in the person's words."""

    masked: str
    atoms: tuple[Atom, ...]
    verb: str = ""
    family: str = ""
    sentence: int = 0

    @cached_property
    def text(self) -> str:
        return restore(self.masked, self.atoms)

    @cached_property
    def here(self) -> list[Atom]:
        """The protected pieces of this clause, in order."""
        return [self.atoms[ord(c) - 0xE000] for c in re.findall(ATOM, self.masked)]

    def values(self, *kinds: str) -> list[str]:
        return [atom.value for atom in self.here if atom.kind in kinds]

    @property
    def paths(self) -> list[str]:
        return self.values("path")

    @cached_property
    def plain(self) -> str:
        """The clause with its protected pieces left out, lower case."""
        return re.sub(ATOM, " ", self.masked).lower()

    @cached_property
    def words(self) -> list[str]:
        return re.findall(r"[^\W_]+", self.plain)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stem(word) for word in self.words)

    def says(self, words: str) -> bool:
        """Whether one of these words is in the clause, in any form."""
        return not self.stems.isdisjoint(stem(word) for word in words.split())

    @property
    def negated(self) -> bool:
        return bool(_NEGATED.match(self.masked))

    @property
    def conditional(self) -> bool:
        return bool(_CONDITION.search(self.masked))

    @property
    def refers(self) -> Refers:
        """What it refers back to: the clause before it, all of them, or nothing."""
        if _ALL.search(self.plain):
            return "all"
        return "last" if _LAST.search(self.plain) else ""


def read_clause(text: str, known_paths: Iterable[str] = (), verbs: Collection[str] = ()) -> Clause:
    """Read a text as one clause, without splitting it."""
    masked, atoms = protect(text, known_paths)
    return _clause(masked, atoms, 0, verbs)


def split(goal: str, known_paths: Iterable[str] = (), verbs: Collection[str] = ()) -> list[Clause]:
    """Split a goal into its clauses, in the order they were written; `verbs` are more words that tell to do something."""
    masked, atoms = protect(goal, known_paths)
    clauses = []
    for index, sentence in enumerate(_sentences(masked)):
        for piece in _pieces(sentence, verbs):
            clause = _clause(piece, atoms, index, verbs)
            if re.search(rf"\w|{ATOM}", clause.masked):
                clauses.append(clause)
    return clauses


def _clause(masked: str, atoms: tuple[Atom, ...], sentence: int, verbs: Collection[str]) -> Clause:
    text = _POLITE.sub("", masked.strip()).strip().rstrip(".,;!").strip()
    verb = _verb(text, verbs)
    return Clause(text, atoms, verb, VERBS.get(verb, "other" if verb else ""), sentence)


def _verb(text: str, verbs: Collection[str]) -> str:
    first = re.match(r"[^\W\d_]+", text)
    if not first:
        return ""
    word = first[0].lower()
    return word if word in VERBS or word in verbs else ""


def _sentences(masked: str) -> list[str]:
    lines = [line for line in masked.splitlines() if line.strip()]
    items = [line for line in lines if _ITEM.match(line)]
    if len(items) < 2:
        numbered = re.split(r"(?:^|\s)\(?\d[.)]\s+(?=[^\W\d]|[\ue000-\uf8ff])", masked)
        if len(re.findall(r"(?:^|\s)\(?\d[.)]\s+(?=[^\W\d])", masked)) >= 2:
            lines, items = numbered, numbered[1:]
    sentences = []
    for line in lines:
        if items and line.rstrip().endswith(":") and not re.search(ATOM, line):
            continue
        bare = _ITEM.sub("", line)
        sentences += re.split(r"(?<=[.!?])\s+|\s*;\s*", bare)
    return [sentence for sentence in sentences if sentence.strip()]


def _pieces(sentence: str, verbs: Collection[str]) -> list[str]:
    stripped = _POLITE.sub("", sentence)
    if _CONDITION.search(stripped) or _NEGATED.match(stripped):
        return [sentence]
    swapped = re.match(r"\s*(before|after|once you have|once you['’]ve)\s+(\w+)(.+?),\s*(.+)", sentence, re.IGNORECASE)
    if swapped:
        first, second = f"{_plain_verb(swapped[2], verbs)}{swapped[3]}", swapped[4]
        halves = [second, first] if swapped[1].lower() == "before" else [first, second]
        return [piece for half in halves for piece in _pieces(half, verbs)]
    reordered = re.match(r"(.+?),?\s+(before|after)\s+(\w+ing)\b(.*)", sentence, re.IGNORECASE)
    if reordered and stem(reordered[3]) in {stem(verb) for verb in (*VERBS, *verbs)}:
        other = f"{_plain_verb(reordered[3], verbs)}{reordered[4]}"
        halves = [reordered[1], other] if reordered[2].lower() == "before" else [other, reordered[1]]
        return [piece for half in halves for piece in _pieces(half, verbs)]
    joint = (
        r",?\s+(?:and\s+then|and\s+after\s+that|and\s+finally|and\s+also|then|after\s+that|afterwards|finally)\b,?\s*"
    )
    pieces = []
    for part in re.split(joint, sentence, flags=re.IGNORECASE):
        pieces += _at_verbs(part, verbs)
    return pieces


def _plain_verb(word: str, verbs: Collection[str]) -> str:
    known = {stem(verb): verb for verb in (*VERBS, *verbs)}
    return known.get(stem(word), word)


def _at_verbs(part: str, verbs: Collection[str]) -> list[str]:
    pieces, start = [], 0
    for joint in re.finditer(r"\s*,\s*(?:and\s+|but\s+)?|\s+(?:and|plus|as well as)\s+", part, re.IGNORECASE):
        left, right = part[start : joint.start()], part[joint.end() :]
        if left.strip() and _starts_clause(left, right, verbs):
            pieces.append(left)
            start = joint.end()
    return [*pieces, part[start:]]


def _starts_clause(left: str, right: str, verbs: Collection[str]) -> bool:
    right = re.sub(r"^(?:then|also|please|finally|next)\s+", "", right, flags=re.IGNORECASE)
    if _TOLD.match(right) and _verb(left.strip(), verbs) in _LOOKING and not re.search(ATOM, right):
        return False
    if re.match(_QUESTION + r"\b", right, re.IGNORECASE):
        return True
    verb = _verb(right, verbs)
    rest = right[len(verb) :].lstrip().lower() if verb else ""
    if verb and verb not in _NOUNS_TOO:
        return bool(rest)
    if verb and re.match(rf"(?:the|all|how|every|each|any|a|an|its|their|up)\b|{ATOM}", rest):
        return True
    return _own_request(left) and _own_request(right)


def _own_request(text: str) -> bool:
    measured = re.search(
        r"\b(?:total|sum|average|mean|median|count|number|how many|minimum|maximum|highest|lowest)\b",
        text,
        re.IGNORECASE,
    )
    grouped = re.search(rf"\b(?:by|per|for each|for every|in each)\s+\w|{ATOM}", text, re.IGNORECASE)
    return bool(measured and grouped)
