"""Tells a batch of work from grinding, where different calls bring the same result.

An answer without substance ("ok", "[]", "12 rows written") to different arguments is a receipt:
twenty of them are twenty pieces of work done, and twenty empty searches for twenty different things are a valid
result. They count against the agent only where the requests are one request in other words. An answer of substance
that stays the same although the arguments change says that the arguments do not matter: that is grinding, unless the
arguments are the items of a batch, named in the subtask, the goal, or an earlier result.
"""

import re
from collections.abc import Sequence

from surefoot.nodes.sameness import leaves
from surefoot.nodes.signals import Sign, identifiers, texts
from surefoot.nodes.state import ReactStep, result_text

__all__ = ["is_batch", "is_reworded"]

_TOKEN = re.compile(r"\w[\w.@-]*")
_PLACES = frozenset({"page", "p", "offset", "start", "skip", "limit", "size", "per_page", "page_size"})
"""Arguments that say which part of one answer is wanted: of nothing there is no other part."""
_LONG = 4
"""Letters from which a word in small letters is more than grammar."""


def is_batch(evidence: list[Sign], log: Sequence[ReactStep], asked: str) -> bool:
    """Tell the items of a batch: what differs between the calls was named in the task or in an earlier result."""
    tokens = [{token for value in leaves(sign.args) for token in _tokens(value)} for sign in evidence]
    shared = tokens[0].intersection(*tokens)
    items = [own - shared for own in tokens]
    known = {t for text in (asked, *_results(log[: evidence[0].index])) for t in _tokens(text)}
    return all(any(len(item) > 1 and item in known for item in own) for own in items)


def _results(log: Sequence[ReactStep]) -> list[str]:
    return [result_text(step.observation.output) for step in log if step.observation is not None]


def _tokens(text: str) -> set[str]:
    """The names in a text, whole and by their parts: `sales/r1.csv` also names `r1.csv`, `sales` and `r1`."""
    found = {token.rstrip(".-") for token in _TOKEN.findall(text)}
    return found | {part for token in found for part in re.split(r"[.@-]", token) if part}


def is_reworded(evidence: list[Sign]) -> bool:
    """Tell one request in other words from requests for different things.

    Different paths, ids or numbers are different things, unless they only say which page. Of texts, those are one request that share a word and mostly
    bring none that the ones before had not: another order, another ending, another little word.
    """
    requests = [{k: v for k, v in sign.args.items() if not (k in _PLACES and str(v).isdigit())} for sign in evidence]
    if len({tuple(identifiers(request)) for request in requests}) > 1:
        return False
    asked = [_stems(text) for text in dict.fromkeys("\n".join(texts(request)) for request in requests)]
    if not asked[0].intersection(*asked):
        return len(asked) == 1
    known, anew = asked[0], 0
    for stems in asked[1:]:
        anew += not all(stem in known or _grown(stem, known) for stem in stems)
        known = known | stems
    return anew * 2 < len(asked)


def _grown(stem: str, known: frozenset[str]) -> bool:
    """Whether a word is a known one with another ending: "open" and "opening"."""
    return any(len(min(stem, k, key=len)) >= _LONG and (stem.startswith(k) or k.startswith(stem)) for k in known)


def _stems(text: str) -> frozenset[str]:
    told = re.findall(r"[^\W_]+", text)
    return frozenset(word[:5].lower() for word in told if len(word) >= _LONG or len(word) == 1 or not word.islower())
