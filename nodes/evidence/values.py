"""Takes a result apart into plain values, and says when two values are the same."""

import ast
import json
import re
from collections.abc import Iterator, Mapping

from surefoot.nodes.state import Json

__all__ = ["as_text", "leaves", "plain", "same"]


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same to a reader: 7 and "7", "Oslo" and "oslo "."""
    a, b = as_text(one).strip().casefold(), as_text(other).strip().casefold()
    if a == b:
        return True
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def as_text(value: Json) -> str:
    """Write a value as one text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def plain(output: Json) -> Json:
    """Take data out of a text: JSON, a Python literal, `key: value` lines; other texts stay as they are."""
    if not isinstance(output, str):
        return output
    text = output.strip()
    if text[:1] in "{[" or text[:1] == '"':
        for read in (json.loads, ast.literal_eval):
            try:
                return read(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
    lines = [line for line in re.split(r"\n|;\s+|,\s+(?=[\w ]{2,30}[=:]\s?\S)", text) if line.strip()]
    pairs = [re.match(r"\s*[-*•]?\s*([A-Za-z][\w \-/]{0,40}?)\s*(?::\s|=)\s*(\S.*?)\s*$", line) for line in lines]
    if lines and all(pairs) and len({pair[1] for pair in pairs if pair}) == len(lines):
        return {pair[1]: _typed(pair[2]) for pair in pairs if pair}
    return output


def _typed(text: str) -> Json:
    return (
        float(text)
        if re.fullmatch(r"-?\d+\.\d+", text)
        else int(text)
        if re.fullmatch(r"-?[1-9]\d{0,14}|0", text)
        else text
    )


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """List the plain values of a result with their paths; a table keyed by identifiers is read as its rows."""
    if isinstance(value, str) and value[:1] in "{[" and path:
        value = plain(value)
    if isinstance(value, Mapping):
        keyed = len(value) > 1 and all(
            re.search(r"\d", str(key)) and isinstance(each, Mapping) for key, each in value.items()
        )
        if keyed:
            yield from leaves([{"id": key, **each} for key, each in value.items()], path)
            return
        for key, each in value.items():
            yield from leaves(each, (*path, str(key)))
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield from leaves(each, (*path, n))
    elif value is not None:
        yield path, value
