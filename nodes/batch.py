"""Tells a batch of work from grinding, where different calls bring the same result.

An answer without substance ("ok", "[]", "12 rows written") to different arguments is a receipt:
twenty of them are twenty pieces of work done, and twenty empty searches for twenty different things are a valid
result. They count against the agent only where the requests are one request in other words. An answer of substance
that stays the same although the arguments change says that the arguments do not matter: that is grinding, unless the
arguments are the items of a batch, named in the subtask, the goal, or an earlier result.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from surefoot.nodes.signals import Sign, free_words, identifiers
from surefoot.nodes.state import ReactStep, result_text

__all__ = ["is_batch", "is_reworded"]


def is_batch(evidence: list[Sign], log: Sequence[ReactStep], asked: str) -> bool:
    """Tell the items of a batch: what differs between the calls was named in the task or in an earlier result."""
    names = [set(identifiers(sign.args)) for sign in evidence]
    shared = names[0].intersection(*names)
    items = [own - shared for own in names]
    if not all(items):
        return False
    known = asked + "\n".join(
        result_text(step.observation.output) for step in log[: evidence[0].index] if step.observation is not None
    )
    return all(any(len(item) > 2 and _named(item, known) for item in own) for own in items)


def _named(item: str, text: str) -> bool:
    for name in (item, item.rstrip("/").rsplit("/", 1)[-1]):
        if len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            return True
    return False


def is_reworded(evidence: list[Sign]) -> bool:
    """Tell one request in other words from requests for different things.

    Different paths, ids or numbers are different things; so are texts that follow one pattern with one slot filled
    differently each time ("capital of France", "capital of Spain").
    """
    if len({tuple(identifiers(sign.args)) for sign in evidence}) > 1:
        return False
    texts = list(dict.fromkeys(tuple(free_words(sign.args)) for sign in evidence))
    if len(texts) < 2:
        return True
    if len({len(text) for text in texts}) == 1:
        slots = [column for column in zip(*texts, strict=True) if len(set(column)) > 1]
        if all(len(set(column)) == len(column) for column in slots) and len(slots) * 2 < len(texts[0]) + 1:
            return False
    alike = [len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in pairwise(texts)]
    return sum(alike) / len(alike) >= 1 / 3
