"""Checks a call's arguments before its tool runs, and mends the slips models make where nothing is lost by it.

Mended: numbers and booleans written as text, JSON text where a list or an object is wanted, data or whole numbers
where text is wanted, and null for what may be left out. A pydantic schema is judged by pydantic, any other by jsonschema.
"""

import copy
import difflib
import json
import math
import re
import reprlib
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ValidationError

from surefoot.tools.errors import ToolError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError as SchemaProblem

__all__ = ["Arguments"]

_SHOWN = 80
"""Characters of a wrong value, or of a schema's complaint, that a message repeats."""

_MAX_PROBLEMS = 5
_MAX_ROUNDS = 3
"""Mending one level of nesting may show the next one."""


class Arguments:
    """What a tool accepts as arguments; `hidden` names are accepted and never spoken of."""

    def __init__(self, tool: BaseTool, hidden: Collection[str] = ()) -> None:
        self._hidden = hidden
        self._name = tool.name
        self._tool = tool
        self._model = _model(tool)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return _json_schema(self._tool, self._model)  # when first called: many tools are offered, few are used

    @cached_property
    def _validator(self) -> Any:
        # Imported when arguments need it: those that a pydantic model takes as they are never do.
        from jsonschema.validators import Draft202012Validator, validator_for
        from referencing import Registry

        validator: Any = validator_for(self._schema, default=Draft202012Validator)
        # An empty registry: a reference in a foreign schema must not make surefoot fetch anything.
        return validator(self._schema, registry=Registry())

    @property
    def names(self) -> set[str]:
        """The names a call may use."""
        fields: dict[str, Any] = self._model.model_fields if self._model else {}
        return set(self._schema.get("properties", {})) | set(fields)

    def fit(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the tool takes them: a copy, mended where needed.

        Raises:
            ToolError: they do not fit; the message says which argument, and what the tool takes.
        """
        args = copy.deepcopy(args)
        problems = self._problems(args)
        for _ in range(_MAX_ROUNDS):
            if not problems:
                return args
            mended = self._mend(args)
            if mended == args:
                break
            args, problems = mended, self._problems(mended)
        if problems:
            raise ToolError(self._complaint(problems))
        return args

    def _problems(self, args: dict[str, Any]) -> list[str]:
        unknown = [_unknown(name, self.names) for name in self._unknown(args)]
        wrong = self._wrong_by_model(args) if self._model else self._wrong_by_schema(args)
        return unknown + wrong

    def _unknown(self, args: dict[str, Any]) -> list[str]:
        """Names the tool would drop in silence, as if the model had not meant them."""
        open_ended = self._schema.get("additionalProperties") or self._schema.get("patternProperties")
        if open_ended or not (self._model or self._schema.get("properties")):
            return []
        return [name for name in args if name not in self.names]

    def _wrong_by_model(self, args: dict[str, Any]) -> list[str]:
        assert self._model is not None
        try:
            self._model.model_validate(args)
        except ValidationError as error:
            return [_pydantic_problem(each) for each in error.errors(include_url=False, include_context=False)]
        except Exception as error:  # noqa: BLE001  a validator's own mistake
            return [f"{type(error).__name__}: {str(error)[:_SHOWN]}"]
        return []

    def _wrong_by_schema(self, args: dict[str, Any]) -> list[str]:
        errors = self._schema_errors(args)
        return [
            _schema_problem(each) for each in errors if each.validator != "additionalProperties" or each.absolute_path
        ]

    def _schema_errors(self, args: dict[str, Any]) -> "list[SchemaProblem]":
        try:
            return list(self._validator.iter_errors(args))
        except Exception:  # noqa: BLE001  the schema itself is broken: the tool alone can judge
            return []

    def _mend(self, args: dict[str, Any]) -> dict[str, Any]:
        mended = copy.deepcopy(args)
        optional = set(args) - set(self._schema.get("required", ()))
        for name in [name for name in self._unknown(args) if args[name] is None]:
            del mended[name]
        for error in _leaves(self._schema_errors(args)):
            path = list(error.absolute_path)
            if error.validator != "type" or not path:
                continue
            if error.instance is None and len(path) == 1 and path[0] in optional:
                mended.pop(path[0], None)
            else:
                _convert_at(mended, path, error.instance, cast(Any, error.validator_value))
        return mended

    def _complaint(self, problems: list[str]) -> str:
        taken = ", ".join(
            f"{name} ({_wanted(each)}{'' if name in self._schema.get('required', ()) else ', optional'})"
            for name, each in self._schema.get("properties", {}).items()
            if name not in self._hidden
        )
        return f"{self._name} cannot take these arguments: {'; '.join(problems[:_MAX_PROBLEMS])}. It takes: {taken or 'none'}."


def _model(tool: BaseTool) -> type[BaseModel] | None:
    """The pydantic model that judges, without parameters LangChain itself fills in."""
    whole, offered = tool.args_schema, tool.tool_call_schema
    if not (isinstance(whole, type) and issubclass(whole, BaseModel)):
        return None
    if (
        isinstance(offered, type)
        and issubclass(offered, BaseModel)
        and set(offered.model_fields) != set(whole.model_fields)
    ):
        return offered
    return whole


def _json_schema(tool: BaseTool, model: type[BaseModel] | None) -> dict[str, Any]:
    if model is not None:
        return model.model_json_schema()
    if isinstance(tool.args_schema, dict):
        return tool.args_schema
    parameters: dict[str, Any] = convert_to_openai_tool(tool)["function"].get("parameters", {})
    return parameters


def _unknown(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"'{name}' is no argument of it" + (f", did you mean '{close[0]}'" if close else "")


def _pydantic_problem(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"'{where}' is missing"
    message = str(error["msg"])
    told = message[:1].lower() + message[1:]
    return f"'{where}': {told[:_SHOWN]}, not {_short(error['input'])}" if where else told[: 2 * _SHOWN]


def _schema_problem(error: "SchemaProblem") -> str:
    from jsonschema.exceptions import best_match

    deepest = best_match([error]) or error
    where = ".".join(str(part) for part in deepest.absolute_path)
    if deepest.validator == "required":
        instance: Any = deepest.instance
        missing = [name for name in cast(list[str], deepest.validator_value) if name not in instance]
        return ", ".join(f"'{'.'.join(filter(None, (where, name)))}'" for name in missing) + " is missing"
    if deepest.validator == "type":
        return f"'{where}' should be {_wanted({'type': deepest.validator_value})}, not {_short(deepest.instance)}"
    return f"'{where}': {deepest.message[: 2 * _SHOWN]}"


def _short(value: Any) -> str:
    text = repr(value[: _SHOWN + 1]) if isinstance(value, str) else reprlib.repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _wanted(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "anything"
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))[:_SHOWN]
    kind = schema.get("type", "")
    if kind:
        return kind if isinstance(kind, str) else " or ".join(map(str, kind))
    branches = schema.get("anyOf") or schema.get("oneOf") or []
    return " or ".join(dict.fromkeys(_wanted(each) for each in branches)) or (
        "object" if "$ref" in schema else "anything"
    )


def _leaves(errors: "list[SchemaProblem]") -> "Iterator[SchemaProblem]":
    for error in errors:
        yield error
        yield from _leaves(list(error.context or ()))


def _convert_at(args: Any, path: list[str | int], value: Any, kinds: str | list[str]) -> None:
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        try:
            holder = args
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]] = _CONVERSIONS[kind](value)
        except (ValueError, TypeError, LookupError):
            continue
        return


def _refuse(_: Any) -> Any:
    raise ValueError


def _to_integer(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+(\.0+)?\s*", value):
        return int(value.partition(".")[0])
    return int(_refuse(value))


def _to_number(value: Any) -> float | int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", value):
        number = int(value) if re.fullmatch(r"\s*[+-]?\d+\s*", value) else float(value)
        return number if math.isfinite(number) else float(_refuse(value))
    return float(_refuse(value))


def _to_boolean(value: Any) -> bool:
    return {"true": True, "false": False}[value.strip().casefold()] if isinstance(value, str) else bool(_refuse(value))


def _to_text(value: Any) -> str:
    if isinstance(value, bool | float) or value is None:
        return str(_refuse(value))
    return json.dumps(value, ensure_ascii=False)


def _to_data(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        data = json.loads(value) if isinstance(value, str) else None
        return data if isinstance(data, kind) else _refuse(value)

    return convert


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "string": _to_text,
    "array": _to_data(list),
    "object": _to_data(dict),
}
