"""Says whether a result looks like what it is to be. A finding lowers trust; it never stops anything by itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surefoot.nodes.evidence.declared import misfit
from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.phrases import Phrase, form
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.provenance import Call, Fact
from surefoot.nodes.evidence.values import as_text, leaves, same
from surefoot.nodes.evidence.warnings import warnings_of
from surefoot.nodes.evidence.words import IDENTIFIERS, bag, short_for, stems
from surefoot.nodes.state import Json

__all__ = ["Finding", "Kind", "doubts_of_call", "doubts_of_fact", "is_dated", "refusal"]

Kind = Literal["empty", "echo", "receipt", "error", "page", "another", "warned", "form", "schema"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to doubt a result."""

    kind: Kind
    why: str
    gravity: float
    """0 to 1."""


_NOTHING = bag("null none nil n/a na nan unknown undefined - -- ? tbd missing empty nothing")
_RECEIPT = re.compile(
    r"\W*(?:(?:the |your )?(?:request|call|query|operation|command)\W+(?:(?:was|is|has been)\W+)?)?"
    r"(?:ok(?:ay)?|success(?:ful(?:ly)?)?|done|complet\w+|true|accepted|processed|received|executed|finished|queued|200)"
    r"(?:\W+(?:ok|success\w*|complet\w*|done|processed|request|call|executed|the|was|is|your|query))*\W*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:x{3,}|y{3,}|z{3,}|(\d)\1{3,}|\?+|\.{3,}|todo|tbc|lorem ipsum.*|foo|bar|foobar|baz|placeholder|dummy|string|sample|test|"
    r"example|changeme|0000-00-00|9999-12-31|<[\w ]+>|\{[\w ]+\}|\[[\w ]+\])(?:[-_ ]?\w{0,3})?",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(?i)^\W*(?:\w+\s?)?(?:error|exception|traceback|fatal|failed|failure)\b|\b(?:an? )?(?:internal (?:server )?error|unexpected error|"
    r"error occurred|something went wrong|could not (?:be )?(?:process|complete|connect|load)\w*|service unavailable|stack trace)\b"
)
_REFUSED = re.compile(
    r"(?i)\b(?:not found|no such|unknown|invalid|does(?:n'?t| not) exist|do not exist|never (?:heard|existed|issued)|not (?:a )?(?:valid|known|"
    r"recogni[sz]ed|registered|exist\w*|on file|in (?:the|our) (?:system|database|records?))|unrecogni[sz]ed|malformed|no \w+(?: \w+){0,3} "
    r"(?:found|for|with|matching|match\w*|under)|cannot find|can'?t find|could(?:n'?t| not) (?:find|be found|resolve|locate)|"
    r"unable to (?:find|locate|resolve)|no match\w*|nothing (?:found|known|matches)|wrong (?:id|key|code|format|number)|bad (?:id|key|"
    r"request|value|argument)|must (?:be|match|look|start|have)|expected|not an?|404|rejected|refused|mismatch)\b"
)
_DOWN = re.compile(
    r"(?i)\b(?:time[d]?[ -]?out|timeout|unavailable|connection|unreachable|refused to connect|50\d|429|maintenance|rate[ -]?limit\w*|too many|"
    r"try again|retry|temporar\w+|offline|overload\w*|crash\w*|denied|permission|forbidden|unauthori[sz]ed|40[13]|quota|internal|disabled|"
    r"not implemented|decommission\w*|shut down|network|socket|dns|broken|down|gateway|disk|memory|bug|backend|upstream|server)\b"
)
_OWN_WORD = 0.8
"""Gravity of what a result says against itself."""
_GUESSED = 0.9
"""What a tool yields by its name alone, where its description says something else, is less sure."""
_BLANK = re.compile(r"|[A-Za-z][\w -]{0,40}[:=]|The [\w -]{1,40} is\s*\.?", re.IGNORECASE)
"""Nothing, or the name of a value and nothing after it."""
_UNTOLD = re.compile(r"^\D*\b(?:is|are|was|were) (?:unknown|not known)\W*$", re.IGNORECASE)
"""Says that nothing is known of what was asked, not that the thing asked about is not known."""
_STATES = stems("status state stage phase progress outcome result")
_DATED = bag("dat day tim at on when birthday deadlin")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_COUNTED = bag(
    "amount pric cost total sum count quantity qty number fee tax ag weight height width length depth siz distanc "
    "duration capacity stock pag salary wag rent budget minut hour day week month year unit seat"
)
"""Stems of measures that cannot be below nothing."""
_NOTES = bag(
    "note warn warning disclaimer source status remark comment messag info quality provenanc origin caveat freshnes"
)


def refusal(call: Call) -> Literal["", "refused", "down", "unclear"]:
    """Say what kind of no a call got: the value was refused, the tool is down, or it cannot be told; empty = no refusal."""
    if call.failed:
        if call.kind in ("timeout", "missing_tool", "unstorable", "rejected", "unfinished"):
            return "down"
        text = as_text(call.output)
        if call.kind == "bad_arguments" or (_REFUSED.search(text) and not re.search(r"\b50\d\b", text)):
            return "refused"
        return "down" if _DOWN.search(text) else "unclear"
    told = _told_error(call.output)
    if not told:
        return ""
    return "refused" if _REFUSED.search(told) else "down" if _DOWN.search(told) else "unclear"


def _told_error(output: Json) -> str:
    """Take the error out of a result that is one in all but name."""
    if isinstance(output, Mapping):
        for key, value in output.items():
            if str(key).lower() in ("error", "errors", "err", "exception", "fault") and value not in (
                None,
                "",
                [],
                {},
                False,
            ):
                return f"error: {as_text(value)}"
        status = str(output.get("status", output.get("code", ""))).lower()
        failed = re.fullmatch(r"error|fail(?:ed|ure)?|not[ _]found|invalid|rejected|4\d\d|5\d\d", status)
        if (failed or output.get("success") is False or output.get("ok") is False) and len(output) <= 5:
            return f"{status}: {as_text(output.get('message', output))}"
        if set(map(str.lower, map(str, output))) <= {"message", "detail", "status", "code", "msg"}:
            return next(
                (as_text(v) for v in output.values() if _REFUSED.search(as_text(v)) or _ERROR.search(as_text(v))), ""
            )
        return ""
    if (
        isinstance(output, str)
        and len(output) < 300
        and not _UNTOLD.search(output)
        and (_ERROR.search(output) or (_REFUSED.search(output) and len(output.split()) > 1))
    ):
        return output
    return ""


def doubts_of_call(
    call: Call, promise: Promise, lexicon: Lexicon, facts: list[Fact], *, least: float = 0.0
) -> Iterator[Finding]:
    """Say what is odd about a result as a whole; `least` is the gravity from which on that is asked."""
    if call.failed or refusal(call):
        return
    values = [value for _, value in leaves(call.output)]
    texts = [as_text(value).strip() for value in values]
    if not texts or all(text.casefold() in _NOTHING or _BLANK.fullmatch(text) for text in texts):
        yield Finding("empty", "it came back empty", 1.0)
        return
    if len(texts) == 1 and re.match(r"\s*<(?:!doctype|html|\?xml)", texts[0], re.IGNORECASE):
        yield Finding("page", "it is a web page and no data", 1.0)
        return
    if all(_RECEIPT.fullmatch(text) for text in texts) and not _tells_a_state(call, promise):
        yield Finding("receipt", "it only says that the call ended", 1.0)
        return
    given = [as_text(arg) for arg in call.args.values()]
    echoes = [text for text in texts if any(same(text, arg) for arg in given)]
    if echoes and all(text in echoes or _RECEIPT.fullmatch(text) for text in texts):
        yield Finding("echo", "it only gives back what the call was given", 1.0)
        return
    yield from _about_another(call, promise, lexicon, facts)
    if unfit := misfit(call.output, promise.output):
        yield Finding("schema", unfit, 0.9)
    if least <= _OWN_WORD:
        yield from _warned(call)


def _warned(call: Call) -> Iterator[Finding]:
    """Find what a result says against itself."""
    for path, value in leaves(call.output):
        key = str(path[-1]).lower() if path else ""
        if value is True and (found := warnings_of(key, key.replace("_", " "))):
            yield Finding("warned", f"it says of itself: {next(iter(found))}", _OWN_WORD)
        elif isinstance(value, str) and (set(re.findall(r"[a-z]+", key)) & _NOTES or len(value.split()) > 5):
            grave = [word for word, gravity in warnings_of("", value).items() if gravity > 0.5]
            if grave or (set(re.findall(r"[a-z]+", key)) & _NOTES and warnings_of(value, value)):
                yield Finding("warned", f"it says of itself: {value[:80]}", _OWN_WORD)


def _tells_a_state(call: Call, promise: Promise) -> bool:
    """Whether "completed" or yes is what was asked for."""
    given = {word for each in promise.yields for word in each.phrase}
    return isinstance(call.output, bool) or (isinstance(call.output, str) and not _STATES.isdisjoint(given))


def _about_another(call: Call, promise: Promise, lexicon: Lexicon, facts: list[Fact]) -> Iterator[Finding]:
    """Find that a result speaks of another thing than the one it was asked about."""
    for need in promise.needs:
        if need.name not in call.args:
            continue
        asked = as_text(call.args[need.name])
        # A tool from one order to the next one speaks of another by right; a record has its own identifier.
        named = [e.phrase for e in promise.yields if e.sure > _GUESSED and not IDENTIFIERS.isdisjoint(e.phrase)]
        records = len(promise.yields) > 2 or any(each.record for each in promise.yields)
        if not records and any(lexicon.fit(phrase, other) >= 0.75 for phrase in need.phrases for other in named):
            continue
        mine = [
            fact
            for fact in facts
            if fact.step == call.step and not any(isinstance(key, int) for key in fact.path) and len(fact.path) <= 2
            and max((lexicon.fit(phrase, fact.phrase, named=fact.named) for phrase in need.phrases), default=0.0) >= 0.75
        ]  # fmt: skip
        if mine and not any(_same_name(fact.text, asked) for fact in mine) and any(_comparable(f, asked) for f in mine):
            yield Finding("another", f"it is about {mine[0].text}, not about {asked}", 0.9)


def _same_name(one: str, other: str) -> bool:
    """Whether two identifiers may be the same: `O-12` and `12`."""
    a, b = (re.sub(r"[\W_]+", "", text).casefold() for text in (one, other))
    return same(one, other) or (
        bool(a and b) and any(long.startswith(short) or long.endswith(short) for long, short in ((a, b), (b, a)))
    )


def _comparable(fact: Fact, asked: str) -> bool:
    """Whether a field is the kind of value that was asked with: of the same form, or an identifier by its name."""
    return form(fact.text) == form(asked) or (not IDENTIFIERS.isdisjoint(fact.phrase) and " " not in asked + fact.text)


def doubts_of_fact(fact: Fact) -> Iterator[Finding]:
    """Say what is odd about one value for what it is called."""
    text, words = fact.text.strip(), set(fact.phrase) | {str(key).lower() for key in fact.path[-1:]}
    if text.casefold() in _NOTHING or not text:
        yield Finding("empty", "it is empty", 1.0)
    elif _PLACEHOLDER.fullmatch(text) and len(text) > 2:
        yield Finding("form", f"{text} is a placeholder", 0.9)
    elif isinstance(fact.value, str) and len(text) < 200 and _ERROR.search(text):
        yield Finding("error", "it is an error message", 0.9)
    elif not _possible_date(text, bool(words & _DATED) or any(word.endswith(("date", "_at", "_on")) for word in words)):
        yield Finding("form", f"{text} is no date", 1.0)
    elif re.fullmatch(r"-\d+(?:\.\d+)?", text) and _is_counted(fact.phrase[-1:]):
        yield Finding("form", f"{text} is below nothing", 0.9)


def _is_counted(words: Phrase) -> bool:
    return any(word == measure or short_for(word, measure) for word in words for measure in _COUNTED)


def is_dated(fact: Fact) -> bool:
    """Whether a value begins as a date does."""
    return bool(_DATE.match(fact.text.strip()))


def _possible_date(text: str, dated: bool) -> bool:
    match = _DATE.match(text)
    if not match:
        return True
    try:
        return 1000 <= date(*map(int, match.groups())).year <= 2200
    except ValueError:
        return not (dated or len(text) == 10)
