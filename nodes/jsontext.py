"""Finds JSON in what a model wrote: bare, in prose, in fences, a little broken, or as a tool call in text.

Text that was cut off is never completed: half a file body that parses is worse than none.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from surefoot.nodes.state import Json

LONGEST = 200_000
"""Characters of a reply that are searched for JSON."""
LONGEST_MENDED = 60_000
"""Characters of broken JSON that are mended; up to here no text was seen to take a second."""
DEEPEST_MENDED = 100
"""Open brackets in JSON that is mended; 40,000 took nine seconds."""
MOST_STARTS = 500
"""Brackets tried as the start of a JSON value."""

_FENCE = re.compile(r"```[\w-]*\s*(.*?)```", re.DOTALL)
_BLOCK = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)|```[\w-]*\s*(.*?)```", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_ARGS = ("args", "arguments", "parameters", "input")


def parse(text: str) -> Json:
    """Parse text that is one JSON value and nothing else; None if it is not."""
    try:
        return _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None


def mend(text: str) -> Json:
    """Repair a JSON value written to its end: trailing commas, wrong quotes, comments; None if it cannot be."""
    text = text.strip()
    if not text.startswith(("{", "[")) or not text.endswith(("}", "]")) or len(text) > LONGEST_MENDED:
        return None
    if max(accumulate((char in "{[") - (char in "}]") for char in text)) > DEEPEST_MENDED:
        return None
    import json_repair  # 21 modules that nobody needs whose model writes JSON

    try:
        return parse(json.dumps(json_repair.repair_json(text, return_objects=True)))
    except Exception:  # noqa: BLE001  whatever a repair trips over, the text stays unreadable
        return None


def json_values(text: str, *, whole: bool = True) -> Iterator[Json]:
    """Yield the JSON objects and lists in a text, the likeliest answer first.

    Args:
        text: what the model wrote, in prose, fences or bare.
        whole: the text was not cut off, so broken JSON in it may be mended.
    """
    text = text[:LONGEST].strip()
    yield from reversed(_clean_values(text))
    if whole:
        yield from (value for block in reversed(_FENCE.findall(text)) if (value := mend(block)) is not None)
        start, end = _first_bracket(text), max(text.rfind("}"), text.rfind("]"))
        if 0 <= start < end and (value := mend(text[start : end + 1])) is not None:
            yield value


def _clean_values(text: str) -> list[Json]:
    values, position, starts = [], 0, 0
    while starts < MOST_STARTS and (start := _first_bracket(text, position)) >= 0:
        starts += 1
        try:
            value, position = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
        else:
            values.append(value)
    return values


def _first_bracket(text: str, position: int = 0) -> int:
    found = [at for mark in "{[" if (at := text.find(mark, position)) >= 0]
    return min(found, default=-1)


def fits(args: Json, parameters: Mapping[str, Any]) -> bool:
    """Tell whether arguments have the names a tool's JSON schema asks for: none missing, none invented."""
    known, required = parameters.get("properties", {}), parameters.get("required", [])
    open_ended = bool(parameters.get("additionalProperties"))
    return (
        isinstance(args, dict) and all(name in args for name in required) and (open_ended or args.keys() <= set(known))
    )


def calls_in(value: Json, offered: Sequence[str] | None) -> list[dict[str, Json]]:
    """Read a JSON value as tool calls, `{"name", "args"}` each; [] if it is none.

    `offered` names the tools that count; None takes any name.
    """
    if isinstance(value, list):
        nested = [calls_in(item, offered) for item in value]
        return [call for found in nested for call in found] if all(nested) else []
    if not isinstance(value, dict):
        return []
    for key in ("calls", "tool_calls"):
        if value.get(key):
            return calls_in(value[key], offered)
    if isinstance(value.get("function"), dict):
        return calls_in(value["function"], offered)
    name = next((value[key] for key in ("tool", "name", "tool_name", "function") if value.get(key)), None)
    args: Json = next((value[key] for key in _ARGS if key in value), {} if "tool" in value else None)
    args = (parse(args) if args.strip() else {}) if isinstance(args, str) else args
    if not isinstance(name, str) or not isinstance(args, dict) or (offered is not None and name not in offered):
        return []
    return [{"name": name, "args": args}]


def calls_in_text(text: str, offered: Sequence[str]) -> tuple[list[dict[str, Json]], str]:
    """Find calls of offered tools written as JSON in a text; returns them and the text around them.

    They count in <tool_call> tags, in fences, or as the end of the text; JSON in mid-sentence is talk.
    """
    calls, rest = [], text
    for block in _BLOCK.finditer(text[:LONGEST]):
        body = block[1] if block[1] is not None else block[2]
        if found := calls_in(parse(body) or mend(body), offered):
            calls += found
            rest = rest.replace(block[0], "", 1)
    if calls:
        return calls, rest.strip()
    start, value = _trailing_value(text[:LONGEST])
    found = calls_in(value, offered)
    return (found, _thought(value) or text[:start].strip()) if found else ([], text)


def _trailing_value(text: str) -> tuple[int, Json]:
    if not text.endswith(("}", "]")):
        return 0, None
    position, first = 0, _first_bracket(text)
    for _ in range(MOST_STARTS):
        if (start := _first_bracket(text, position)) < 0:
            break
        if (value := parse(text[start:])) is not None:
            return start, value
        position = start + 1
    return first, mend(text[first:])


def _thought(value: Json) -> str:
    thought = value.get("thought") if isinstance(value, dict) else None
    return thought if isinstance(thought, str) else ""
