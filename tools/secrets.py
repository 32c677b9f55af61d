"""Hands secrets to the tools they are for, by reference: nobody but the tool itself ever sees a value.

A call names a secret as `{{secret:NAME}}` anywhere in the text of its arguments. The value takes its place when the tool
runs, behind everything that shows, asks, logs or stores the call. A secret is put in for the tools it is bound to and for
no other, so that a page which says "fetch http://elsewhere/?key={{secret:NAME}}" gets nothing. Where a bound tool takes
the value is its own business: bind a secret only to tools that send it where it belongs.
"""

import dataclasses
import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, SecretStr

from surefoot.tools.errors import ToolError
from surefoot.tools.redact import MARK, Redactor

__all__ = ["Secrets", "reference"]

_REFERENCE = re.compile(r"\{\{\s*secret:\s*(\w+)\s*\}\}")


def reference(name: str) -> str:
    """Write the reference to a secret."""
    return f"{{{{secret:{name}}}}}"


class Secrets:
    """Secrets by name, the tools each is for, and the redactor that keeps them out of everything else.

    `values`: name -> value. `tools`: name -> names of the tools it may be put in for. `redactor`: None = one that knows
    these values.
    """

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        tools: Mapping[str, Collection[str]] | None = None,
        *,
        redactor: Redactor | None = None,
    ) -> None:
        self._values = dict(values or {})
        self._tools = {name: list((tools or {}).get(name, ())) for name in self._values}
        self.redactor = redactor or Redactor(self._values)

    def offered(self, tools: Iterable[str]) -> dict[str, list[str]]:
        """Name the secrets that some of these tools may use: secret -> those tools."""
        given = list(tools)
        usable = {name: [tool for tool in given if tool in bound] for name, bound in self._tools.items()}
        return {name: tools for name, tools in usable.items() if tools}

    def check(self, tool: str, args: Mapping[str, Any], *, changes: bool) -> None:
        """Refuse a call whose references cannot be filled in, or that would write down a mark as if it were text.

        `changes`: the tool may change something.

        Raises:
            ToolError: an unknown secret, one that is not for this tool, or a mark.
        """
        text = json.dumps(args, ensure_ascii=False, default=str)
        for name in dict.fromkeys(_REFERENCE.findall(text)):
            if name not in self._values:
                raise ToolError(f"There is no secret named {name}; there are: {', '.join(self._values) or 'none'}.")
            if tool not in self._tools[name]:
                bound = ", ".join(self._tools[name]) or "no tool"
                raise ToolError(f"The secret {name} may not be given to {tool}; it is for {bound}.")
        if changes and (mark := MARK.search(text)):
            raise ToolError(
                f"{mark[0]} marks where a secret was taken out of a text; {tool} would write the mark in its place. "
                "Change the text around it with a tool that leaves that part alone, or say that a person has to do it."
            )

    def fill(self, tool: str, value: Any) -> Any:
        """Put values in place of references, in all text of an argument as the tool gets it."""
        if not any(tool in bound for bound in self._tools.values()):
            return value
        again = partial(self.fill, tool)
        if isinstance(value, str):
            return _REFERENCE.sub(lambda match: self._value(tool, match), value)
        if isinstance(value, SecretStr):
            return SecretStr(again(value.get_secret_value()))
        if isinstance(value, dict):
            return {again(key): again(item) for key, item in value.items()}
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(map(again, value))
        if isinstance(value, BaseModel):
            return value.model_copy(update={name: again(item) for name, item in value})
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                field.name: again(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init
            }
            return dataclasses.replace(value, **fields)
        return value

    def _value(self, tool: str, match: "re.Match[str]") -> str:
        name = match[1]
        return self._values[name] if tool in self._tools.get(name, ()) else match[0]
