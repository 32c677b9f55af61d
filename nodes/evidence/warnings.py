"""Reads warnings: in a tool's name and description, and in what it returns."""

import re
from functools import lru_cache

from surefoot.nodes.evidence.words import bag, parts

__all__ = ["warnings_of"]

_GRAVE = (
    r"deprecat\w+|obsolete|legacy|supersed\w+|retired|sunset|end[- ]of[- ]life|no longer (?:maintained|updated|supported|"
    r"used|correct|valid|current)|unmaintained|abandoned|do(?:es)? not use|don'?t use|avoid (?:using|this)|not recommended|"
    r"not for (?:production|real use|live use)|stale|outdated|out[- ]of[- ]date|not (?:up[- ]to[- ]date|current|reliable|accurate|verified|real|live|production)|"
    r"unreliable|inaccurate|incorrect|untrusted|unverified|placeholder|dummy|fake|mock(?:ed|s)?\b|stub(?:bed)?|sandbox|"
    r"staging|simulat\w+|synthetic|fictiti\w+|made[- ]up|randomly|"
    r"(?:sample|test|demo|example|dummy|training|seed|fixture|toy) (?:data|values?|records?|entries|results?|set|dataset|"
    r"account|environment|system|database|db|mode|output|responses?)|for (?:test|demo|training|illustrat)\w*|"
    r"(?:may|might|can|could) (?:be|return|contain|give|lag|differ|have)\w*(?: \w+){0,3} (?:wrong|old|stale|outdated|incorrect|"
    r"behind|missing|incomplete|invalid|inaccurate|different|delayed|late|hours?|days?|weeks?|months?)|"
    r"(?:other|another|different|old|previous|former|parallel|foreign|partner|competitor|external) (?:system|crm|erp|database|register|"
    r"registry|platform|backend|tenant|instance|region|catalog(?:ue)?|ledger|directory|numbering|scheme)|"
    r"known (?:issues?|bugs?|problems?)|broken|buggy|experimental|"
    r"use \w+(?: \w+){0,3} instead|replaced by|in favou?r of|prefer \w+|kept (?:only )?for (?:compat|backward|reference|histor)\w*"
)
_MILD = (
    r"cached?|caching|snapshot|archived?|archival|historic(?:al)?|backup|beta|alpha|draft|approximat\w+|estimat\w+|guess\w*|"
    r"best[- ]effort|heuristic\w*|inferred|predicted|delayed|lags?|nightly|weekly|as of (?:last|the)|last (?:year|month|week|"
    r"quarter|night)'?s?|partial|incomplete|(?<!rate )(?<!rate-)limited (?:to|coverage)|only (?:covers|for|some|a subset)|subset|mirror\w*|"
    r"replica|old(?:er)?|previous|former|internal use|rough(?:ly)?|fuzzy|unofficial|third[- ]party|crowd\w*|user[- ]submitted|"
    r"demos?|samples?|test(?:ing)?|examples?"
)
_GRAVE_RE = re.compile(rf"\b(?:{_GRAVE})\b", re.IGNORECASE)
_MILD_RE = re.compile(rf"\b(?:{_MILD})\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|never|no|non|without|isn'?t|aren'?t|unlike|replaces?|replacing|instead of|rather than|than the|supersedes|"
    r"successor (?:of|to)|e\.?g\.?|for|such as|no longer)[^\w;:.]+(?:\w+[^\w;:.]+){0,2}$",
    re.IGNORECASE,
)
_NAME_GRAVE = bag(
    "legacy deprecated obsolete old sample test demo mock fake dummy sandbox staging stale cached cache backup "
    "archive archived copy tmp temp stub beta dev snapshot mirror replica bak unsafe unverified approx"
)  # fmt: skip


@lru_cache(maxsize=8192)
def warnings_of(name: str, described: str) -> dict[str, float]:
    """Say what a name and a description warn of: the words, and how grave each is, 0 to 1.

    A word that is denied ("never cached", "replaces the legacy one") is no warning. Mild words count where they say
    something about the data; as part of what the tool is about ("the estimated arrival") they hardly do.
    """
    found: dict[str, float] = {}
    for match in _GRAVE_RE.finditer(described):
        if not _denied(described, match):
            found[match[0].lower()] = 1.0
    first_sentence = re.split(r"(?<=[.!?])\s|[(\[;:]", described)[0]
    for match in _MILD_RE.finditer(described):
        if not _denied(described, match):
            inside = match.start() < len(first_sentence)
            found.setdefault(match[0].lower(), 0.25 if inside else 0.6)
    words = parts(name)
    for place, word in enumerate(words):
        if word in _NAME_GRAVE and place in (0, len(words) - 1):
            found.setdefault(word, 0.6)
    return found


def _denied(text: str, match: re.Match[str]) -> bool:
    if re.match(r"(?:not|no longer|do(?:es)? not|don)", match[0], re.IGNORECASE):
        return False
    return bool(_DENIED.search(text[max(0, match.start() - 40) : match.start()]))
