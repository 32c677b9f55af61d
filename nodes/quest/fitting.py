"""Rates a value as the value of a parameter: by what it is called, by its kind, and by its form."""

import re

from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.parameters import GENERIC, Need
from surefoot.nodes.evidence.phrases import shape
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.toolset import LINKED
from surefoot.nodes.evidence.words import IDENTIFIERS

__all__ = ["fills_itself", "fit_fact", "has_form"]


def fit_fact(lexicon: Lexicon, need: Need, fact: Fact, about: frozenset[str]) -> float:
    """Rate a fact as the value of a parameter: by what it is called, and by its form."""
    if not _form_fits(need, fact):
        return 0.0
    if fact.literal is not None and fact.step < 0:
        return _fit_literal(lexicon, need, fact, about)
    rated = [
        lexicon.fit(phrase, fact.phrase, need_about=about, offer_about=fact.about, named=fact.named) - 0.02 * place
        for place, phrase in enumerate(need.phrases)
    ]
    return _by_sample(need, fact, max(rated, default=0.0))


def _fit_literal(lexicon: Lexicon, need: Need, fact: Fact, about: frozenset[str]) -> float:
    """Rate a value of the goal: by what the goal calls it, and by its kind."""
    assert fact.literal is not None
    kind = fact.literal.kind
    words = {word for phrase in need.phrases for word in phrase} | need.about
    heads = {phrase[-1] for phrase in need.phrases if phrase}
    fit = 0.0
    if kind in ("email", "url", "date"):
        marks = {
            "email": {"email", "mail"},
            "url": {"url", "uri", "link", "websit", "pag"},
            "date": {"dat", "day", "when", "sinc", "until"},
        }[kind]
        return (
            0.97
            if marks & words
            else 0.55
            if all(word in GENERIC for phrase in need.phrases for word in phrase)
            else 0.0
        )
    if fact.phrase:
        ways = (fact.phrase, fact.phrase[-1:])
        fit = max(
            lexicon.fit(phrase, way, offer_about=frozenset(fact.phrase), named=kind in ("id", "number")) - 0.03 * place
            for phrase in need.phrases or ((),)
            for place, way in enumerate(ways)
        )
        if (
            kind in ("name", "quote")
            and heads & {"nam", "titl"}
            and lexicon.fit(next(p for p in need.phrases if p), (*fact.phrase[-1:], "nam")) >= LINKED
        ):
            fit = max(fit, 0.9)
    if (
        kind in ("name", "quote")
        and fit < LINKED
        and heads & {"nam", "titl", "query", "keyword", "term", "text", "search"}
    ):
        fit = 0.7
    if (
        kind in ("id", "number")
        and fit < LINKED
        and heads & IDENTIFIERS
        and not any(lexicon.knows(word) for word in fact.phrase)
    ):
        fit = 0.55
    if (
        kind in ("name", "quote")
        and fit < LINKED
        and need.kind in ("string", "")
        and not heads & IDENTIFIERS
        and not fact.phrase
    ):
        fit = 0.5
    if kind in ("name",) and heads & IDENTIFIERS and " " in fact.text:
        fit *= 0.7
    return _by_sample(need, fact, fit)


def _by_sample(need: Need, fact: Fact, fit: float) -> float:
    """Correct a rating by the form of the values a parameter's description shows."""
    if not need.samples or not fact.text:
        return fit
    if any(shape(sample) == shape(fact.text) for sample in need.samples):
        return max(fit, 0.7) + 0.3 * (1 - max(fit, 0.7)) * (fit > 0)
    return fit * (0.5 if fact.named else 0.75)


def _form_fits(need: Need, fact: Fact) -> bool:
    value, text = fact.value, fact.text
    if isinstance(value, dict | list) or text.strip() == "" or len(text) > 300:
        return False
    if need.options and not any(str(option).casefold() == text.casefold() for option in need.options):
        return False
    if need.kind in ("integer", "number"):
        return bool(re.fullmatch(r"-?\d+(?:\.0+)?" if need.kind == "integer" else r"-?[\d,]+(?:\.\d+)?", text))
    if need.kind == "boolean" or isinstance(value, bool):
        return need.kind == "boolean" and isinstance(value, bool)
    if need.kind in ("array", "object"):
        return False
    try:
        return (
            not need.pattern
            or need.pattern.isalpha()
            or need.pattern[-1:] == "-"
            or bool(re.search(need.pattern, text))
        )
    except re.error:
        return True


def fills_itself(need: Need) -> bool:
    """Whether a required parameter is one the caller may choose: a switch, a page size, one of a few words."""
    sizes = {"limit", "pag", "siz", "offset", "count", "max", "top", "k", "verbos", "format"}
    return need.default is not None or need.kind == "boolean" or bool(need.options) or (
        need.kind == "integer" and all(set(phrase) & sizes for phrase in need.phrases)
    )  # fmt: skip


def has_form(fact: Fact, form: str) -> bool:
    if form == "date":
        return shape(fact.text) == "date" or bool(re.search(r"\d{4}|\d\d?:\d\d", fact.text))
    if form == "number":
        return bool(re.search(r"\d", fact.text)) and shape(fact.text) != "date"
    return not (form in ("person", "place") and re.fullmatch(r"[\d.,-]+", fact.text))
