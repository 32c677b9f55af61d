"""A small library as an MCP server on its standard streams, with a shelf that lasts as long as the server."""

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

server = FastMCP("library", log_level="ERROR")
shelf = {"Notes on Nursing": "Nightingale, 1859", "Notes on Matters Affecting the Health": "Nightingale, 1858"}


@server.tool(annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False))
def find_books(author: str) -> dict[str, str]:
    """Find the books of an author."""
    return {title: by for title, by in shelf.items() if author.casefold() in by.casefold()}


@server.tool(annotations=ToolAnnotations(readOnlyHint=False, destructiveHint=True, openWorldHint=False))
def lend_book(title: str, reader: str) -> str:
    """Lend a book to a reader."""
    del shelf[title]
    return f"{title} is with {reader} now"


if __name__ == "__main__":
    server.run()
