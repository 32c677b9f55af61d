"""Turns arithmetic said in words into an expression: `what is 15% of 230` -> `15/100*230`."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from surefoot.graph.models.offline.words import NUMBERS

_N = r"(-?\d+(?:\.\d+)?|\([^()]*(?:\([^()]*\)[^()]*)*\))"
_TENS = {
    word: 10 * (place + 2)
    for place, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_LEAD = re.compile(
    r"^(?:(?:please|compute|calculate|take|get|what do (?:you|i|we) get (?:when|if) (?:you|i|we)|evaluate|work out|find out|determine|figure out|tell me|give me|find|what(?:'s| is| are| does| do)?|"
    r"how much (?:is|are|does|do)?|how many (?:is|are)|the (?:value|result|answer) (?:of|to|for)|is|equals?)\b\s*|the\b\s*)+"
)
_UNITS = re.compile(
    r"\b(?:euros?|dollars?|pounds?|usd|eur|gbp|equals?|altogether|in total|make|makes|give|gives)\b|[$€£=?:]"
)
_LISTS = {
    "sum": lambda items: "(" + "+".join(items) + ")",
    "total": lambda items: "(" + "+".join(items) + ")",
    "product": lambda items: "(" + "*".join(items) + ")",
    "average": lambda items: f"(({'+'.join(items)})/{len(items)})",
    "mean": lambda items: f"(({'+'.join(items)})/{len(items)})",
    "difference": lambda items: "(" + "-".join(items) + ")",
}
_RULES: Sequence[tuple[str, str]] = (
    (rf"(?:the )?square root of {_N}", r"(\1**0.5)"),
    (rf"(?:the )?cube root of {_N}", r"(\1**(1/3))"),
    (rf"{_N} ?squared", r"(\1**2)"),
    (rf"{_N} ?cubed", r"(\1**3)"),
    (rf"{_N} (?:raised )?to the (?:power (?:of )?)?{_N}(?:th|rd|nd|st)?(?: power)?", r"(\1**\2)"),
    (rf"{_N} ?(?:%|percent|per cent) (?:more than|on top of|added to) {_N}", r"(\2*(1+\1/100))"),
    (rf"{_N} ?(?:%|percent|per cent) (?:less than|off(?: of)?) {_N}", r"(\2*(1-\1/100))"),
    (rf"(?:increase|raise|grow) {_N} by {_N} ?(?:%|percent|per cent)", r"(\1*(1+\2/100))"),
    (rf"(?:decrease|reduce|lower|cut) {_N} by {_N} ?(?:%|percent|per cent)", r"(\1*(1-\2/100))"),
    (rf"{_N} ?(?:plus|\+|and) {_N} ?(?:%|percent|per cent)", r"(\1*(1+\2/100))"),
    (rf"{_N} ?(?:minus|-|less) {_N} ?(?:%|percent|per cent)", r"(\1*(1-\2/100))"),
    (rf"{_N} ?(?:%|percent|per cent) of {_N}", r"(\1/100*\2)"),
    (rf"divide {_N} (?:by|into) {_N}", r"(\1/\2)"),
    (rf"multiply {_N} (?:by|with|and) {_N}", r"(\1*\2)"),
    (rf"subtract {_N} from {_N}", r"(\2-\1)"),
    (rf"add {_N} ?(?:%|percent|per cent)(?: \w+)? to {_N}", r"(\2*(1+\1/100))"),
    (rf"add {_N} (?:to|and) {_N}", r"(\1+\2)"),
    (rf"(?:double|twice) {_N}", r"(2*\1)"),
    (rf"triple {_N}", r"(3*\1)"),
    (rf"(?:half|halve)(?: of)? {_N}", r"(\1/2)"),
    (r" ?\bplus\b ?", "+"),
    (r" ?\bminus\b ?", "-"),
    (r" ?\b(?:times|multiplied by)\b ?| ?[x×] ?(?=[\d(])", "*"),
    (r" ?\b(?:divided by|over)\b ?|÷", "/"),
    (r" ?\b(?:mod|modulo)\b ?", "%"),
    (r"\^", "**"),
)


def expression(text: str, results: Sequence[float] = ()) -> str | None:
    """Write the arithmetic a text asks for as an expression; None = it is not arithmetic.

    `results` are earlier numbers that words such as `it`, `the total` or `both` stand for.
    """
    said = _numbers(text.lower().replace("’", "'"))
    said = _results(said, results)
    said = _LEAD.sub("", said.strip().rstrip("?.! ")).strip()
    said = _UNITS.sub(" ", said)
    said = re.sub(r"\s+", " ", said).strip()
    for _ in range(4):
        before = said
        for pattern, instead in _RULES:
            said = re.sub(pattern, instead, said)
        said = _lists(said)
        if said == before:
            break
    if not re.fullmatch(r"[\d\s.+\-*/%()]+", said) or not re.search(r"\d\s*(?:[-+/%]|\*\*?)\s*[\d(.-]|\)", said):
        return None
    return said.replace(" ", "")


def numbers_in(text: str) -> list[float]:
    """List the numbers a result states; a single one if it states one after a colon or alone."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    told = re.findall(r"(?:^|[:=] )(-?\d+(?:\.\d+)?)\s*%?\s*$", plain, re.MULTILINE)
    found = told or re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])", plain)
    return [float(number) for number in found]


def _numbers(text: str) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(
        rf"\b({'|'.join(_TENS)})[- ]({'|'.join(list(NUMBERS)[1:10])})\b",
        lambda m: str(_TENS[m[1]] + NUMBERS[m[2]]),
        text,
    )
    words = {**NUMBERS, **_TENS, "a dozen": 12, "dozen": 12}
    text = re.sub(rf"\b({'|'.join(sorted(words, key=len, reverse=True))})\b", lambda m: str(words[m[1]]), text)
    for word, scale in _SCALES.items():
        text = re.sub(rf"\b(\d+(?:\.\d+)?|a) {word}\b(?: and (?=\d))?", partial(_scaled, scale=scale), text)
    return re.sub(r"(\d+00) (\d{1,2})\b", lambda m: str(int(m[1]) + int(m[2])), text)


def _scaled(match: re.Match[str], scale: int) -> str:
    return f"{Decimal(1 if match[1] == 'a' else match[1]) * scale:f} "


def _results(text: str, results: Sequence[float]) -> str:
    if not results:
        return text
    shown = [f"({value:.15g})" if value < 0 else f"{value:.15g}" for value in results]
    pair = r"(?:both|them|these|those|the [234] \w+|the (?:results|totals|numbers|values|averages|counts|answers|[23]))(?: (?:results|numbers|totals|values))?"
    text = re.sub(rf"\b{pair}\b", ", ".join(shown), text)
    single = r"(?:it|that|this|the (?:result|answer|total|sum|value|number|average|figure|amount|count|difference|outcome))(?! of| in| between)"
    return re.sub(rf"\b{single}\b", shown[-1], text)


def _lists(text: str) -> str:
    items = rf"{_N}(?:(?:, ?(?:and )?| and ){_N})+"
    pattern = rf"\b({'|'.join(_LISTS)})(?: value)? (?:of|between|for) (?:the numbers )?({items})"
    text = re.sub(pattern, lambda m: _LISTS[m[1]](re.findall(_N, m[2])), text)
    text = re.sub(rf"\b(?:add|add up|sum|sum up|total) ({items})", lambda m: _LISTS["sum"](re.findall(_N, m[1])), text)
    return re.sub(rf"\bmultiply ({items})", lambda m: _LISTS["product"](re.findall(_N, m[1])), text)
