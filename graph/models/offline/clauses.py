"""Takes a goal apart into clauses: one thing to do each, with its verb, its files and what it refers back to."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surefoot.graph.models.offline.atoms import ATOM, Atom, protect, restore
from surefoot.nodes.evidence.words import stem

FAMILIES = {
    "read": "read open view cat",
    "show": "show display print list enumerate tell give name output",
    "find": "find search grep locate scan look",
    "compare": "compare diff contrast",
    "compute": "double halve triple compute calculate evaluate add subtract multiply divide work determine estimate",
    "count": "count tally",
    "total": "sum total average",
    "write": "write save store put export create make produce append record report note log prepend generate",
    "move": "move rename relocate",
    "copy": "copy duplicate",
    "delete": "delete remove erase trash drop purge wipe",
    "edit": "replace change edit substitute swap update",
    "fetch": "fetch download visit browse go",
    "run": "run execute",
    "other": "summarise summarize describe send email mail post translate check convert sort filter group rank plot "
    "draw notify book order schedule look get take use combine merge collect explain identify extract measure verify "
    "return turn upload call set start stop close cancel submit buy pay ask answer repeat figure",
}
"""What a person may tell an agent to do, by the kind of thing it is."""

VERBS = {verb: family for family, verbs in reversed(FAMILIES.items()) for verb in verbs.split()}
POLITE = re.compile(
    r"^(?:\s|please\b|kindly\b|hey\b|hi\b|hello\b|now\b|also\b|and\b|then\b|first(?:ly|\s+of\s+all)?\b,?|second(?:ly)?\b|third(?:ly)?\b|"
    r"finally\b|lastly\b|next\b|after(?:wards| that)\b|(?:can|could|would|will) you\b|i(?:['’]d| would)? (?:want|like|need)(?: you)? to\b|"
    r"you (?:should|must|have to|need to)\b|let['’]?s\b|go and\b|try to\b|make sure (?:to|you)\b|your task is to\b|,|:)+\s*",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"^(?:do not|don['’]?t|never|without|avoid|no need to|please don['’]?t|you must not|leave)\b", re.IGNORECASE
)
CONDITION = re.compile(
    r"^(?:if|when(?:ever)?|unless|in case|as long as|otherwise|else|while|until)\b"
    r"|(?<!tell me )(?<!me know )(?<!check )(?<!see )(?<!out )(?<!know )(?<!verify )(?<!determine )(?<!ask )\b(?:if|unless|otherwise|until|only when)\s",
    re.IGNORECASE,
)
ALL = re.compile(
    r"\b(?:both|them|they|these|those|everything|results|outcomes|answers|findings|all (?:of )?(?:it|this|that)|"
    r"the (?:two|three|four|five) (?:\w+ )?(?:results|numbers|totals|values|answers|figures|lists)?|summary)\b(?! (?:folder|director|file)\w*)",
    re.IGNORECASE,
)
LAST = re.compile(
    r"\b(?:it|its|their)\b|\b(?:that|this)\b(?=\s*(?:$|to\b|into\b|as\b|by\b|from\b|in\b\s*$|with\b))"
    r"|\bthe (?:result|outcome|answer|output|value|total|number|sum|average|list|table|lines|matches|contents?|page|figure|"
    r"difference|text|count|finding)\b(?=\s*(?:$|to\b|into\b|as\b|by\b|in\b))",
    re.IGNORECASE,
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
        return bool(NEGATED.match(self.masked))

    @property
    def conditional(self) -> bool:
        return bool(CONDITION.search(self.masked))

    @property
    def refers(self) -> Refers:
        """What it refers back to: the clause before it, all of them, or nothing."""
        if ALL.search(self.plain):
            return "all"
        return "last" if LAST.search(self.plain) else ""


def read_clause(text: str, known_paths: Iterable[str] = (), verbs: Collection[str] = ()) -> Clause:
    """Read a text as one clause, without splitting it."""
    masked, atoms = protect(text, known_paths)
    return make_clause(masked, atoms, 0, verbs)


def make_clause(masked: str, atoms: tuple[Atom, ...], sentence: int, verbs: Collection[str]) -> Clause:
    text = POLITE.sub("", masked.strip()).strip().rstrip(".,;!").strip()
    verb = leading_verb(text, verbs)
    return Clause(text, atoms, verb, VERBS.get(verb, "other" if verb else ""), sentence)


def leading_verb(text: str, verbs: Collection[str]) -> str:
    first = re.match(r"[^\W\d_]+", text)
    if not first:
        return ""
    word = first[0].lower()
    return word if word in VERBS or word in verbs else ""
