"""Reads what a tool declares of its results: a JSON schema in its metadata, or the type its function is annotated with."""

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any, get_type_hints

from langchain_core.tools import BaseTool
from pydantic import BaseModel, TypeAdapter
from typing_extensions import is_typeddict

__all__ = ["fields", "output_schema"]

_MAX_FIELDS = 12
_MAX_NAME = 40


def output_schema(tool: BaseTool) -> dict[str, Any]:
    """Give the JSON schema of a tool's results; {} = it declares none that names fields.

    A schema is taken from `tool.metadata["output_schema"]`, else from a function that is annotated to return a pydantic
    model, a TypedDict or a dataclass.
    """
    declared = (tool.metadata or {}).get("output_schema")
    if isinstance(declared, dict):
        return declared
    returned = _returned(getattr(tool, "func", None) or getattr(tool, "coroutine", None))
    if not isinstance(returned, type) or not _has_fields(returned):
        return {}
    try:
        aliased = bool(getattr(returned, "model_config", {}).get("serialize_by_alias"))
        return TypeAdapter(returned).json_schema(mode="serialization", by_alias=aliased)
    except Exception:  # noqa: BLE001  a type may have a field that no schema can say; then it declares nothing
        return {}


def fields(schema: Mapping[str, Any]) -> list[str]:
    """Name the first fields of what a schema describes: of an object, or of the objects in a list."""
    inside = schema.get("items") if schema.get("type") == "array" else schema
    properties = inside.get("properties") if isinstance(inside, Mapping) else None
    return [str(name)[:_MAX_NAME] for name in properties][:_MAX_FIELDS] if isinstance(properties, Mapping) else []


def _returned(function: Any) -> Any:
    try:
        return get_type_hints(inspect.unwrap(function)).get("return")
    except Exception:  # noqa: BLE001  annotations are anybody's text
        return None


def _has_fields(returned: type) -> bool:
    return issubclass(returned, BaseModel) or is_typeddict(returned) or dataclasses.is_dataclass(returned)
