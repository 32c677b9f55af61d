"""Splits a goal into clauses: at sentences, list items, `then`, and where `and` begins another thing to do."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from surefoot.graph.models.offline.atoms import ATOM, Atom, protect
from surefoot.graph.models.offline.clauses import (
    ALL,
    CONDITION,
    LAST,
    NEGATED,
    POLITE,
    VERBS,
    Clause,
    leading_verb,
    make_clause,
)
from surefoot.graph.models.offline.words import bag
from surefoot.nodes.evidence.words import stem

_ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•–]|\(?[a-hA-H]\))\s+")


_NOUNS_TOO = bag("sum total average count list report note record order work look name change log copy")


_QUESTION = r"(?:what(?:['’]s| is| are| was| were| does| do| did)|how (?:many|much|big|large|long)|which|who|where is|where are)"


_TOLD = re.compile(
    r"(?:tell|show|give) me\b|(?:find|figure) out\b|say\b|report\b(?! to)|extract\b|note\b", re.IGNORECASE
)


_LOOKING = bag("open read fetch download visit browse look get check find view go load")


_JOINT = r",?\s+(?:and\s+then|and\s+after\s+that|and\s+finally|and\s+also|then|after\s+that|afterwards|finally)\b,?\s*"
_FIRST = re.compile(r"^[A-Z](?=[a-z])")
_MEASURED = re.compile(
    r"\b(?:total|sum|average|mean|median|count|number|how many|minimum|maximum|highest|lowest|top \d+|most|least|best|[a-z]+est)\b",
    re.IGNORECASE,
)
_NAMED = rf"(?:file\s+)?(?:named\s+|called\s+)?(?P<file>{ATOM})"
_THING = r"(?:me\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?"
_FILE_WITH = (
    rf"\w+\s+{_THING}(?:report|summary|table|document)?\s*(?:at\s+|in\s+)?{_NAMED}"
    r"\s+(?:with|containing|that contains|holding|listing|showing|of)\s+(?P<what>.+)$"
)
_REPORT_OF = (
    rf"\w+\s+{_THING}(?:report|summary|file|table|document|overview|list)"
    rf"\s+(?:with|of|on|about|containing|showing|listing)\s+(?P<what>.+?)\s+(?:to|in|into|as|at)\s+(?:a |the )?{_NAMED}$"
)
_INTO = rf"\w+\s+(?:down\s+)?(?P<what>.+?)\s+(?:to|in|into|as|at)\s+(?:a |the )?(?:new |\w+ )?{_NAMED}$"
_WRITES = (_FILE_WITH, _REPORT_OF, _INTO)
"""How people ask for something to be found out and written down, in one breath."""


def split(
    goal: str,
    known_paths: Iterable[str] = (),
    verbs: Collection[str] = (),
    apart: Callable[[Clause, Clause], bool] = lambda one, other: False,
) -> list[Clause]:
    """Split a goal into its clauses, in the order they were written.

    Args:
        goal: What the person wrote.
        known_paths: Files and folders there are.
        verbs: More words that tell to do something.
        apart: Whether two noun phrases ask about different things, and so are two clauses.
    """
    masked, atoms = protect(goal, known_paths)
    splitter = _Splitter(atoms, verbs, apart)
    clauses = []
    for index, sentence in enumerate(_sentences(masked)):
        for piece in splitter.pieces(sentence):
            clause = make_clause(piece, atoms, index, verbs)
            if re.search(rf"\w|{ATOM}", clause.masked):
                clauses.append(clause)
    return clauses


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


@dataclass(frozen=True, slots=True)
class _Splitter:
    atoms: tuple[Atom, ...]
    verbs: Collection[str]
    apart: Callable[[Clause, Clause], bool]

    def _verb(self, text: str) -> str:
        return leading_verb(text, self.verbs)

    def pieces(self, sentence: str) -> list[str]:
        stripped = POLITE.sub("", sentence)
        if CONDITION.search(stripped) or NEGATED.match(stripped):
            return [sentence]
        ordered = self._in_order(sentence)
        if ordered:
            return [piece for half in ordered for piece in self.pieces(half)]
        pieces = []
        for part in re.split(_JOINT, sentence, flags=re.IGNORECASE):
            whole = self._unfolded(part)
            pieces += whole or [
                p for piece in self._with_context(self._at_verbs(part)) for p in self._unfolded(piece) or [piece]
            ]
        return pieces

    def _in_order(self, sentence: str) -> list[str]:
        """Put `before deleting a, copy it` and `copy a before deleting it` in the order of doing; [] = no such sentence."""
        swapped = re.match(
            r"\s*(before|after|once you have|once you['’]ve)\s+(\w+)(.+?),\s*(.+)", sentence, re.IGNORECASE
        )
        if swapped:
            other, main = f"{self._plain_verb(swapped[2])}{swapped[3]}", swapped[4]
            files = re.findall(ATOM, other)
            main = re.sub(r"\bit\b", files[0], main, count=1) if len(files) == 1 else main
            return [main, other] if swapped[1].lower() == "before" else [other, main]
        reordered = re.match(r"(.+?),?\s+(before|after)\s+(\w+ing)\b(.*)", sentence, re.IGNORECASE)
        if reordered and stem(reordered[3]) in {stem(verb) for verb in (*VERBS, *self.verbs)}:
            other = f"{self._plain_verb(reordered[3])}{reordered[4]}"
            return [reordered[1], other] if reordered[2].lower() == "before" else [other, reordered[1]]
        return []

    def _with_context(self, pieces: list[str]) -> list[str]:
        """Give a beginning such as `In a.csv,` or `for each region,` to the pieces it is the context of."""
        first = POLITE.sub("", pieces[0]).strip()
        if len(pieces) > 1 and re.match(
            r"(?:in|from|for|using|with|given|within|inside|of|based on)\b", first, re.IGNORECASE
        ):
            rest = [piece.strip().rstrip("?.! ") for piece in pieces[1:]]
            told = [
                piece if re.search(ATOM, piece) and re.search(ATOM, first) else f"{piece} {first}" for piece in rest
            ]
            return [_FIRST.sub(lambda m: m[0].lower(), piece) for piece in told]
        turned = re.match(rf"(?:in|from|inside|within|using)\s+(?:the file\s+)?({ATOM})\s+(\w.*)", first, re.IGNORECASE)
        if turned and self._verb(turned[2]):
            return [f"{turned[2].rstrip('.! ')} in {turned[1]}", *pieces[1:]]
        return pieces

    def _unfolded(self, piece: str) -> list[str]:
        """Take `save the total per region to a.md` apart: what to find out, and the writing; [] = not of that form."""
        text = POLITE.sub("", piece.strip()).strip().rstrip(".! ")
        if VERBS.get(self._verb(text)) != "write":
            return []
        for pattern in _WRITES:
            match = re.match(pattern, text, re.IGNORECASE)
            if match and _asked_for(match["what"]):
                parts = self._at_verbs(match["what"])
                if not any(self._verb(part.strip()) and self._verb(part.strip()) not in _NOUNS_TOO for part in parts):
                    return [*parts, f"Write the results to {match['file']}"]
        return []

    def _plain_verb(self, word: str) -> str:
        known = {stem(verb): verb for verb in (*VERBS, *self.verbs)}
        return known.get(stem(word), word)

    def _at_verbs(self, part: str) -> list[str]:
        pieces, start = [], 0
        for joint in re.finditer(r"\s*,\s*(?:and\s+|but\s+)?|\s+(?:and|plus|as well as)\s+", part, re.IGNORECASE):
            left, right = part[start : joint.start()], part[joint.end() :]
            if left.strip() and self._starts_clause(left, right):
                pieces.append(left)
                start = joint.end()
        return [*pieces, part[start:]]

    def _starts_clause(self, left: str, right: str) -> bool:
        right = re.sub(r"^(?:then|also|please|finally|next)\s+", "", right, flags=re.IGNORECASE)
        if _TOLD.match(right) and self._verb(left.strip()) in _LOOKING and not re.search(ATOM, right):
            return False
        if re.match(_QUESTION + r"\b", right, re.IGNORECASE):
            return True
        verb = self._verb(right)
        rest = right[len(verb) :].lstrip().lower() if verb else ""
        if verb and verb not in _NOUNS_TOO:
            return bool(rest)
        if verb and re.match(rf"(?:the|all|how|every|each|any|a|an|its|their|up)\b|{ATOM}", rest):
            return True
        return (_own_request(left) and _own_request(right)) or self._differ(left, right)

    def _differ(self, left: str, right: str) -> bool:
        """Whether two noun phrases each ask for a figure, of different things."""
        right = re.split(r"\s*,\s*|\s+and\s+", right)[0]
        if not (_MEASURED.search(left) and _MEASURED.search(right)):
            return False
        return self.apart(make_clause(left, self.atoms, 0, self.verbs), make_clause(right, self.atoms, 0, self.verbs))


def _asked_for(text: str) -> bool:
    """Whether a noun phrase asks for something to be found out, and is no text and no earlier result."""
    if ALL.search(text) or LAST.search(text) or re.search(r"^\s*(?:a|the)?\s*(?:report|summary|file)\s*$", text):
        return False
    return bool(
        _MEASURED.search(text)
        or re.search(
            r"\b(?:by|per|for each)\s+\w|\b(?:lines?|files?|names?|differences?|sizes?|title|prices?)\b.*\b(?:of|in|with|that|containing|mentioning|between|from|on)\b",
            text,
        )
    )


def _own_request(text: str) -> bool:
    grouped = re.search(rf"\b(?:by|per|for each|for every|in each)\s+\w|{ATOM}", text, re.IGNORECASE)
    return bool(_MEASURED.search(text) and grouped)
