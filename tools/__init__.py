"""The tools a user gets by default, and how a tool says what it does to the world."""

from langchain_core.tools import BaseTool

from surefoot.tools.calculate import calculate_tool
from surefoot.tools.effects import Effect, ToolEffect, effect_of, tool_effect
from surefoot.tools.files import file_tools
from surefoot.tools.limits import Limits
from surefoot.tools.mcp import McpServer
from surefoot.tools.python import python_tool
from surefoot.tools.sql import query_tool
from surefoot.tools.web import fetch_tool
from surefoot.tools.workspace import Workspace

__all__ = ["Effect", "Limits", "McpServer", "ToolEffect", "Workspace", "default_tools", "effect_of", "tool_effect"]


def default_tools(workspace: str | Workspace, *, allow_private: bool = False) -> list[BaseTool]:
    """Make the built-in tools on a workspace folder.

    Args:
        workspace: The folder; no tool leaves it.
        allow_private: Let `fetch_url` reach this machine and private networks.

    Returns:
        list_files, read_file, search_files, write_file, edit_file, move_file, delete_file, query_data, calculate,
        run_python, fetch_url.
    """
    folder = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    return [
        *file_tools(folder),
        query_tool(folder.root),
        calculate_tool(),
        python_tool(folder),
        fetch_tool(allow_private=allow_private),
    ]
