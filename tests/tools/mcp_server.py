"""An MCP server with a memory: `python mcp_server.py` speaks on its standard streams, `... PORT` over HTTP."""

import os
import sys
import time

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

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


if __name__ == "__main__":
    server.run("streamable-http" if len(sys.argv) > 1 else "stdio")
