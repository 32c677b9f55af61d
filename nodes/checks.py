"""Judges a check of a subtask: whether it can be used at all, and whether what was looked at is as expected.

Pure: what a check looks at is handed in, so nothing here calls a tool. A check comes from a model or a person, and what
it looks at may be anything, so both are bounded, and every pattern runs on RE2, which takes time in proportion to the
text alone.
"""

import json
import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, get_args

import re2  # type: ignore[import-untyped]

from surefoot.nodes import checkschema
from surefoot.nodes.figures import number_of, numbers_in
from surefoot.nodes.jsontext import json_values, parse
from surefoot.nodes.records import Check, CheckResult, Expectation, Json
from surefoot.tools.runner import ToolRunner
from surefoot.tools.toolbox import Toolbox

__all__ = ["EXPECTATIONS", "LONGEST_SUBJECT", "MOST_CHECKS", "finding", "flaw", "judge", "objection", "told", "vet"]

EXPECTATIONS: tuple[str, ...] = get_args(Expectation)
MOST_CHECKS = 10
"""Checks of one subtask: more would be a program, and programs belong into a tool."""
LONGEST_SUBJECT = 1_000_000
"""Characters that are looked at."""
_LONGEST_VALUE = 4000
_LONGEST_PATTERN = 1000
_DEEPEST_PATH = 20
_SHOWN = 300
"""Characters of what was found that are told."""
_LENGTH = "length"
_STEP = re.compile(r"[^.\[\]]+")


class _Missing(Exception):
    """There is nothing at the check's path."""


class _Unfit(Exception):
    """What was looked at cannot be compared like this; `str(error)` says why."""


def flaw(check: Check) -> str:
    """Say in a sentence why a check cannot be used, whatever it looks at; empty = it can."""
    if len(json.dumps([check.args, check.value, check.path], ensure_ascii=False)) > _LONGEST_VALUE:
        return f"It is longer than {_LONGEST_VALUE:,} characters."
    if len(_STEP.findall(check.path)) > _DEEPEST_PATH:
        return f"Its path has more than {_DEEPEST_PATH} parts."
    if check.args and not check.tool:
        return "It has args but no tool: name the tool, or leave args out to look at the report."
    return _FLAWS.get(check.expect, _no_flaw)(check.value)


def vet(check: Check, toolbox: Toolbox, runner: ToolRunner) -> str:
    """Say in a sentence why a check cannot be used with these tools; empty = it can.

    It looks through read-only tools alone: it is run unasked, and as often as the worker reports.
    """
    if why := flaw(check):
        return f"The check `{told(check)[:_SHOWN]}` cannot be used. {why}"
    if not check.tool:
        return ""
    if refused := runner.refusal(check.tool, check.args):
        return f"The check `{told(check)[:_SHOWN]}` cannot be used. {refused.message}"
    if toolbox.effect(check.tool).effect != "read_only":
        return f"A check cannot call {check.tool}: it may change something. Look through a tool that only reads."
    return ""


def objection(checks: Sequence[Check], vet: Callable[[Check], str]) -> str:
    """Say why the checks of a subtask cannot be used; empty = they can."""
    if len(checks) > MOST_CHECKS:
        return f"It has {len(checks)} checks: at most {MOST_CHECKS} can be tested."
    if why := next((why for check in checks if (why := vet(check))), ""):
        return why
    for one, other in combinations(checks, 2):
        if (one.tool, one.args, one.path) == (other.tool, other.args, other.path) and _contradict(one, other):
            return f"The checks `{told(one)}` and `{told(other)}` can never both hold."
    return ""


def _contradict(one: Check, other: Check) -> bool:
    pair = {one.expect: one.value, other.expect: other.value}
    if "absent" in pair and len(pair) == 2:
        return "lacks" not in pair
    if one.expect == other.expect == "equals":
        return not _equals(one.value, other.value)
    if pair.keys() == {"min", "max"}:
        return _number(pair["min"]) > _number(pair["max"])
    return pair.keys() == {"contains", "lacks"} and _equals(pair["contains"], pair["lacks"])


def judge(check: Check, subject: Json) -> CheckResult:
    """Compare what a check looks at with what it expects."""
    if flawed := flaw(check):
        return CheckResult(check=check, outcome="error", found=flawed)
    if isinstance(subject, str) and len(subject) > LONGEST_SUBJECT:
        return CheckResult(check=check, outcome="error", found=f"It is longer than {LONGEST_SUBJECT:,} characters.")
    try:
        found = _at(subject, check.path)
        good, instead = _TESTS[check.expect](found, check.value), found
    except _Missing as missing:
        good, instead = check.expect == "absent", str(missing)
    except _Unfit as unfit:
        good, instead = False, str(unfit)
    except (RecursionError, ArithmeticError):
        return CheckResult(check=check, outcome="error", found="It is nested too deeply, or its numbers are too large.")
    return CheckResult(check=check, outcome="passed" if good else "failed", found="" if good else _short(instead))


def told(check: Check) -> str:
    """Write a check as a person and a model read it."""
    inside = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in check.args.items())
    place = f" at {check.path}" if check.path else ""
    expected = "" if check.expect in ("exists", "absent") else f" {json.dumps(check.value, ensure_ascii=False)}"
    return f"{f'{check.tool}({inside})' if check.tool else 'the report'}{place} {_WORDS[check.expect]}{expected}"


def finding(result: CheckResult) -> str:
    """Write what came of a check: what was expected, and what was found."""
    if result.outcome == "passed":
        return told(result.check)
    how = "not met; found" if result.outcome == "failed" else "could not be run"
    return f"{told(result.check)}: {how}: {result.found}"


_WORDS: dict[str, str] = {
    "exists": "is not empty",
    "absent": "is empty",
    "equals": "equals",
    "contains": "contains",
    "lacks": "does not contain",
    "matches": "matches",
    "schema": "fits the schema",
    "min": "is at least",
    "max": "is at most",
}


def _at(subject: Json, path: str) -> Json:
    """Follow a path; text that is JSON is read as such on the way."""
    found = subject
    for part in _STEP.findall(path.removeprefix("$")):
        if isinstance(found, str) and part != _LENGTH:
            found = _data(found)
        key = part.strip().strip("\"'")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and re.fullmatch(r"-?\d{1,9}", key) and -len(found) <= int(key) < len(found):
            found = found[int(key)]
        elif key == _LENGTH and isinstance(found, list | dict | str):
            found = len(found)
        else:
            raise _Missing(f"nothing at {path}")
    return found


def _data(text: str) -> Json:
    """The JSON in a text: all of it, or the object or list it holds."""
    whole = parse(text)
    return whole if whole is not None else next(json_values(text), text)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_there(found: Json, _: Json) -> bool:
    return found not in (None, "", [], {})


def _equals(found: Json, value: Json) -> bool:
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value or _text(found).strip().lower() == _text(value).strip().lower()
    if isinstance(found, str) and isinstance(value, list | dict):
        found = _data(found)
    if isinstance(found, list | dict) or isinstance(value, list | dict):
        return checkschema.same(found, value)
    one, other = number_of(found), number_of(value)
    if one is not None and other is not None:
        return one == other
    return _text(found).strip() == _text(value).strip()


def _contains(found: Json, value: Json) -> bool:
    """An item of a list, a key of an object, or a text in a text; a number as a number, not as digits of another."""
    if isinstance(found, list | dict) and any(_equals(item, value) for item in found):
        return True
    if isinstance(value, list | dict):
        return isinstance(found, list) and isinstance(value, list) and all(_contains(found, each) for each in value)
    text, wanted = _text(found), _text(value).strip()
    number = number_of(value)
    if number is None:
        return wanted in text
    alone = re2.compile(rf"(?:^|[^\d.,]){re2.escape(wanted)}(?:$|[^\d.,]|[.,](?:$|\D))")
    return number in numbers_in(text) or bool(alone.search(text))


def _matches(found: Json, value: Json) -> bool:
    return bool(checkschema.pattern(value).search(_text(found)))


def _fits(found: Json, value: Json) -> bool:
    if isinstance(found, str) and value.get("type") != "string":
        found = _data(found)
    if trouble := checkschema.misfit(found, value):
        raise _Unfit(trouble)
    return True


def _size(found: Json) -> float:
    number = len(found) if isinstance(found, list | dict) else number_of(found)
    if number is None:
        raise _Unfit(f"no number: {_text(found)[:_SHOWN]}")
    return number


_TESTS: dict[str, Callable[[Json, Json], bool]] = {
    "exists": _is_there,
    "absent": lambda found, value: not _is_there(found, value),
    "equals": _equals,
    "contains": _contains,
    "lacks": lambda found, value: not _contains(found, value),
    "matches": _matches,
    "schema": _fits,
    "min": lambda found, value: _size(found) >= _number(value),
    "max": lambda found, value: _size(found) <= _number(value),
}


def _number(value: Json) -> float:
    number = number_of(value)
    assert number is not None, "a check without a number has a flaw"
    return number


def _no_flaw(_: Any) -> str:
    return ""


def _no_value(value: Any) -> str:
    return "" if value not in (None, "", [], {}) else "It has no value to look for."


def _no_pattern(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "Its value is no regular expression."
    if len(value) > _LONGEST_PATTERN:
        return f"Its pattern is longer than {_LONGEST_PATTERN:,} characters."
    try:
        checkschema.pattern(value)
    except re2.error:
        return "Its value is no regular expression in RE2 syntax, which has no look-around and no back-references."
    return ""


_FLAWS: dict[str, Callable[[Any], str]] = {
    "equals": lambda value: "" if value is not None else "It has no value to compare with.",
    "contains": _no_value,
    "lacks": _no_value,
    "matches": _no_pattern,
    "schema": checkschema.flaw,
    **dict.fromkeys(("min", "max"), lambda value: "" if number_of(value) is not None else "Its value is no number."),
}


def _short(found: Json) -> str:
    text = " ".join(_text(found)[: 2 * _SHOWN].split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
