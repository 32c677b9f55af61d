"""Says where a result does not fit the JSON schema its tool declares.

Only what no reader could mend counts: a field that is missing or null, an object or a list that is none, a number that is
no number, a word that is none of the few. A number written as text and a text that is a number pass. Schemas are anybody's:
what is not understood of one, and what lies deeper or further than is looked, fits.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from surefoot.nodes.evidence.values import as_text, plain
from surefoot.nodes.state import Json

__all__ = ["misfit", "resolved"]

_DEEPEST, _WIDEST = 8, 50
"""Levels of a result that are looked at, and items of a list."""
_CALLED = {"object": "an object", "array": "a list", "number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "a text"}  # fmt: skip


def misfit(output: Json, schema: Mapping[str, Any]) -> str:
    """Say in a few words, with names that stand in the schema, where a result does not fit; empty = it does."""
    return next(_misfits(plain(output), schema, schema, "", _DEEPEST), "") if schema else ""


def _misfits(value: Json, schema: Any, root: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
    schema = resolved(schema, root)
    if not schema or depth <= 0:
        return
    if options := [o for key in ("anyOf", "oneOf") for o in _list(schema.get(key))]:
        each = [next(_misfits(value, option, root, place, depth - 1), "") for option in options]
        if all(each):
            yield each[0]
        return
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else _list(kinds)
    told = f"`{place}`" if place else "it"
    if kinds and not any(_is(value, kind) for kind in kinds):
        wanted = " or ".join(_CALLED.get(str(kind), str(kind)) for kind in kinds)
        yield f"{told} is null and not {wanted}" if value is None else f"{told} is not {wanted}"
        return
    if (few := _list(schema.get("enum"))) and value not in few and as_text(value) not in map(as_text, few):
        yield f"{told} is none of {', '.join(as_text(each) for each in few[:5])}"
    elif isinstance(value, Mapping):
        yield from _fields(value, schema, root, place, depth)
    elif isinstance(value, list):
        for n, item in enumerate(value[:_WIDEST]):
            yield from _misfits(item, schema.get("items"), root, f"{place}[{n}]", depth - 1)


def _fields(
    value: Mapping[str, Json], schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    for name in _list(schema.get("required")):
        if isinstance(name, str) and name not in value:
            yield f"`{_under(place, name)}` is missing"
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        if name in value:
            yield from _misfits(value[name], inner, root, _under(place, name), depth - 1)


def _under(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references within the schema; one that leads elsewhere, or on and on, says nothing."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        if "$ref" not in schema:
            return schema
        found: Any = root
        path = str(schema["$ref"])
        for key in path.removeprefix("#/").split("/") if path.startswith("#/") else ("",):
            found = found.get(key) if isinstance(found, Mapping) else None
        schema = found
    return {}


def _is(value: Json, kind: object) -> bool:
    if kind == "object":
        return isinstance(value, Mapping)
    if kind == "array":
        return isinstance(value, list)
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool) or as_text(value).lower() in ("true", "false")
    if kind in ("number", "integer"):
        form = r"-?\d[\d,]*(?:\.0+)?" if kind == "integer" else r"-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?"
        return not isinstance(value, bool) and bool(re.fullmatch(form, as_text(value).strip()))
    return kind != "string" or not (value is None or isinstance(value, Mapping | list))


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
