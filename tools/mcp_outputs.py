"""Makes the tools of MCP servers declare what their results are, and give them as that data."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, StructuredTool

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult

__all__ = ["asked", "with_output"]

_WRAPPER = "result"
"""Servers put what is no object under this key: a list, a number, a text."""


def with_output(tool: BaseTool, schema: Mapping[str, Any] | None) -> BaseTool:
    """Make a tool declare the schema its server lists for it, and give its structured content; without one it stays.

    What stands beside text that a program could not read (a picture) stays as it came.
    """
    if not schema or not isinstance(tool, StructuredTool) or tool.coroutine is None:
        return tool
    wrapped = set(schema.get("properties") or ()) == {_WRAPPER}
    bare = {**schema["properties"][_WRAPPER], "$defs": schema.get("$defs") or {}} if wrapped else dict(schema)
    call = tool.coroutine

    @functools.wraps(call)
    async def told(*args: Any, **kwargs: Any) -> Any:
        content, artifact = await call(*args, **kwargs)
        found = (artifact or {}).get("structured_content")
        if found is None or not all(isinstance(block, Mapping) and block.get("type") == "text" for block in content):
            return content, artifact
        return found[_WRAPPER] if wrapped and _WRAPPER in found else found, artifact

    metadata = {**(tool.metadata or {}), "output_schema": bare}
    return tool.model_copy(update={"coroutine": told, "metadata": metadata})


async def asked(session: "ClientSession", name: str, arguments: dict[str, Any]) -> "CallToolResult":
    """Call a tool and take what comes.

    The session's own way throws a result away that does not fit what the tool declares, though the call took effect.
    """
    from mcp import types

    request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=arguments))
    return await session.send_request(types.ClientRequest(request), types.CallToolResult)
