"""Judges data by a JSON schema that a model wrote: bounded, without references, with patterns on RE2.

References, `patternProperties` and `unevaluated...` can make a small schema take exponential time, or fetch what it
names; a check needs none of them.
"""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import re2  # type: ignore[import-untyped]

from surefoot.nodes.records import Json, digest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["flaw", "misfit", "pattern", "same"]

_LONGEST = 60_000
"""Characters of data that are judged."""
_ONE = ("items", "additionalProperties", "contains", "propertyNames", "not")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_WORDS = """
type enum const required minItems maxItems uniqueItems minLength maxLength pattern minimum maximum exclusiveMinimum
exclusiveMaximum multipleOf minProperties maxProperties minContains maxContains title description default examples
format $schema"""
_PLAIN = frozenset(_WORDS.split())


def flaw(schema: Any) -> str:
    """Say why a schema cannot be used; empty = it can."""
    if not isinstance(schema, dict) or not schema:
        return "Its value is no JSON schema."
    from jsonschema.exceptions import SchemaError  # with all that judges by schemas: few checks have one

    try:
        for part in _parts(schema):
            if odd := sorted(part.keys() - _PLAIN - {*_ONE, *_SEVERAL, "properties"}):
                return f"Its schema uses {', '.join(map(str, odd[:3]))}, which a check cannot have."
            if "pattern" in part:
                pattern(part["pattern"])
        _validator().check_schema(schema)
    except (SchemaError, RecursionError, re2.error, TypeError) as error:
        return f"Its value is no usable JSON schema: {_first_line(error)}"
    return ""


def misfit(found: Json, schema: dict[str, Json]) -> str:
    """Say where data does not fit a schema without a flaw; empty = it does."""
    if len(json.dumps(found, ensure_ascii=False)) > _LONGEST:
        return f"more than {_LONGEST:,} characters of data, too much to judge by a schema: look at a part of it"
    from referencing import Registry

    error: ValidationError | None = next(_validator()(schema, registry=Registry()).iter_errors(found), None)
    if error is None:
        return ""
    place = ".".join(map(str, error.absolute_path)) or "all of it"
    return f"{place}: {_first_line(error)}"


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are the same; 1 is 1.0, and the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


@lru_cache(maxsize=64)
def pattern(text: str) -> Any:
    """Compile a regular expression.

    Raises:
        re2.error: it is none in RE2 syntax, or it would take too much memory.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return re2.compile(text, options)


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema within it."""
    if not isinstance(schema, dict):
        return
    yield schema
    inner = [schema.get(key) for key in _ONE]
    inner += [each for key in _SEVERAL if isinstance(schema.get(key), list) for each in schema[key]]
    inner += schema["properties"].values() if isinstance(schema.get("properties"), dict) else []
    for each in inner:
        yield from _parts(each)


@cache
def _validator() -> Any:
    """The judge of data: patterns on RE2, and repeated items not in quadratic time."""
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import Draft202012Validator, extend

    def fits_pattern(validator: Any, text: str, found: Any, schema: Any) -> "Iterator[ValidationError]":
        if isinstance(found, str) and not pattern(text).search(found):
            yield ValidationError(f"it does not match {text!r}")

    def is_unique(validator: Any, wanted: bool, found: Any, schema: Any) -> "Iterator[ValidationError]":
        if wanted and isinstance(found, list) and len({digest(item) for item in found}) < len(found):
            yield ValidationError("it has items twice")

    return extend(Draft202012Validator, {"pattern": fits_pattern, "uniqueItems": is_unique})  # type: ignore[no-untyped-call]


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).split("\n", 1)[0][:200]
