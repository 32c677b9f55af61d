"""An MCP server with a memory: `python mcp_server.py` speaks on its standard streams, `... PORT` over HTTP."""

import os
import sys
import time

from mcp.server.fastmcp import FastMCP
from mcp.types import CallToolRequest, CallToolResult, ServerResult, TextContent, ToolAnnotations
from pydantic import BaseModel

server = FastMCP("shop", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000, log_level="ERROR")
basket: list[str] = []


@server.tool(annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False))
def look() -> list[str]:
    """Say what is in the basket."""
    return basket


@server.tool(annotations=ToolAnnotations(readOnlyHint=False, destructiveHint=False, openWorldHint=False))
def add(what: str) -> str:
    """Put something into the basket."""
    basket.append(what)
    return f"{what} added"


@server.tool(annotations=ToolAnnotations(readOnlyHint=False, destructiveHint=True, openWorldHint=False))
def pay(amount: float) -> str:
    """Pay."""
    with open(os.environ["PAID"], "a") as log:
        log.write(f"{amount}\n")
    if amount == 13:
        os._exit(1)
    return f"{amount} paid"


@server.tool()
def undeclared(what: str = "") -> str:
    """Say nothing of what it does."""
    return os.environ.get("SHOP_TOKEN", "none")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def fail() -> str:
    """Fail."""
    raise ValueError("sold out")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def leave() -> str:
    """Die."""
    sys.stderr.write("out of memory\n")
    os._exit(3)


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def sleep(seconds: float) -> str:
    """Take its time."""
    time.sleep(seconds)
    return "awake"


class Carrier(BaseModel):
    name: str
    phone: str


class Parcel(BaseModel):
    tracking_number: str
    carrier: Carrier


@server.tool(annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False))
def track(order: str) -> Parcel:
    """Say where an order is."""
    return Parcel(tracking_number="TN-7", carrier=Carrier(name="Norfrakt", phone="+47 123"))


checked = server._mcp_server.request_handlers[CallToolRequest]


async def unchecked(request: CallToolRequest) -> ServerResult:
    """Break the promise for one order; a server made with this library would refuse to."""
    if request.params.arguments != {"order": "O-13"}:
        return await checked(request)
    told = {"tracking_number": "TN-13", "carrier": None}
    return ServerResult(CallToolResult(content=[TextContent(type="text", text=str(told))], structuredContent=told))


server._mcp_server.request_handlers[CallToolRequest] = unchecked

if __name__ == "__main__":
    server.run("streamable-http" if len(sys.argv) > 1 else "stdio")
