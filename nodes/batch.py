"""Tells a batch of work from grinding, where different calls bring the same result.

An answer without substance ("ok", "[]", "12 rows written") to different arguments is a receipt:
twenty of them are twenty pieces of work done, and twenty empty searches for twenty different things are a valid
result. They count against the agent only where they answer and the requests are one request in other words. An answer of substance
that stays the same although the arguments change says that the arguments do not matter: that is grinding, unless the
arguments are the items of a batch, named in the subtask, the goal, or an earlier result.
"""

import re
from collections.abc import Sequence

from surefoot.nodes.calls import names_in, without_places
from surefoot.nodes.memo import Memo
from surefoot.nodes.signals import Sign
from surefoot.nodes.state import ReactStep, result_text
from surefoot.nodes.vocabulary import EMPTY, FILLER

__all__ = ["is_batch", "is_reworded"]

_WORDS = re.compile(r"(?<!\w)-\w\b|\d+|[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])")
"""Words of a text in whatever spelling: `retryLimit`, `retry_limit` and `P-200` have two each; options of a command aside."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FORM = re.compile(r"\W")
_POSSESSIVE = re.compile(r"['’]s\b")
_SAYS_NOTHING = FILLER | EMPTY
_TWO_WORDS = re.compile(r"\w\s+\w")
_LONG = 4
"""Letters from which a word in small letters is more than grammar."""


def is_batch(evidence: list[Sign], log: Sequence[ReactStep], asked: str) -> bool:
    """Tell the items of a batch: what differs between the calls was named in the task or in an earlier result."""
    tokens = [sign.names for sign in evidence]
    shared = tokens[0].intersection(*tokens)
    items = [own - shared for own in tokens]
    texts = [asked, *_result.each(log[: evidence[0].index])]
    return all(any(len(item) > 1 and _is_named(item, texts) for item in own) for own in items)


_result = Memo[ReactStep, str](lambda step: result_text(step.observation.output) if step.observation else "")


def _is_named(item: str, texts: Sequence[str]) -> bool:
    return any(item in text and item in names_in(text) for text in texts)


def is_reworded(evidence: list[Sign]) -> bool:
    """Tell one request in other words, or with other options, from requests for different things.

    Different numbers are different things, unless they only say which page. Of texts, those are one request that share a word
    and mostly bring none that the ones before had not: another order, another ending, another spelling.
    """
    requests = [without_places(sign.args) for sign in evidence]
    names = set(requests[0]).intersection(*requests)
    if not names:
        return not any(requests)
    coded = evidence[0].shell
    return all(_one_question([result_text(request[name]) for request in requests], coded) for name in sorted(names))


def _one_question(texts: list[str], coded: bool) -> bool:
    """Whether texts are one question; coded: every word of a command counts, however short."""
    spelled = [_WORDS.findall(_POSSESSIVE.sub("", text)) for text in dict.fromkeys(texts)]
    figures = [{word.lstrip("0") for word in told if word.isdigit()} for told in spelled]
    if not all(own <= max(figures, key=len) for own in figures):
        return False
    prose = not coded and any(_TWO_WORDS.search(text) for text in texts)
    if not coded and _keeps_its_values(list(dict.fromkeys(texts))):
        return True
    asked = [_stems(told, prose) for told in spelled]
    asked = asked if all(asked) else [_stems(told, False) for told in spelled]
    if not any(all(stem in own or _grown(stem, own) for own in asked) for stem in asked[0]):
        return len(asked) == 1 or not any(asked)
    known, anew = asked[0], 0
    for stems in asked[1:]:
        anew += not all(stem in known or _grown(stem, known) for stem in stems)
        known = known | stems
    return anew * 2 <= len(asked)


def _keeps_its_values(texts: list[str]) -> bool:
    """Whether code asks for the same in ever another form: the words in quotes stay; a batch keeps the form."""
    quoted = [{w.lower() for value in _QUOTED.findall(text) for w in _WORDS.findall(value)} for text in texts]
    forms = {tuple(_FORM.findall(_QUOTED.sub("''", text))) for text in texts}
    return bool(quoted[0]) and all(quoted[0] <= own for own in quoted) and len(forms) * 2 > len(texts)


def _grown(stem: str, known: frozenset[str]) -> bool:
    """Whether a word is a known one with another ending: "open" and "opening"."""
    return any(len(min(stem, k, key=len)) >= _LONG and (stem.startswith(k) or k.startswith(stem)) for k in known)


def _stems(told: list[str], prose: bool) -> frozenset[str]:
    """The words that carry meaning: in prose those in small letters carry little if they are short, and some never do."""
    if prose:
        told = [
            w for w in told if (len(w) >= _LONG or len(w) == 1 or not w.islower()) and w.lower() not in _SAYS_NOTHING
        ]
    return frozenset(w[:5].lower() for w in told if not w.isdigit() and w[0] != "-")
