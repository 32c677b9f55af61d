"""Queries the data files of the workspace with SQL: the tool, without the engine it runs on."""

from pathlib import Path
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from surefoot.tools.effects import found_at, tool_effect
from surefoot.tools.isolation import Origin
from surefoot.tools.limits import Limits

__all__ = ["query_tool"]

_DESCRIPTION = """\
Run one read-only SQL query (DuckDB dialect) over data files of the workspace: CSV, TSV, JSON, JSON Lines, Parquet. \
In place of a table write the path of the file in single quotes. There are no other tables.
Examples:
DESCRIBE SELECT * FROM 'sales.csv'  -- its columns and types; look first when they are not known
SELECT region, sum(amount) AS total FROM 'sales.csv' GROUP BY region ORDER BY total DESC
SELECT o.id, c.name FROM 'orders.json' o JOIN 'data/customers.parquet' c ON o.customer = c.id WHERE o.day >= DATE '2026-01-01'
SELECT count(*) FROM 'logs/*.csv'  -- many files of one form
SELECT * FROM read_csv('odd.txt', delim = ';', header = true)  -- a file whose form is not found out by itself
Column names with spaces or capitals that matter go in double quotes, text values in single quotes. \
SUMMARIZE SELECT * FROM 'sales.csv' gives min, max, mean and counts of every column.
Returns columns, rows (at most {max_rows}), row_count (rows returned) and truncated (true = there are more rows: \
aggregate, filter or use LIMIT and OFFSET)."""

_HOME = "surefoot.tools.engine"
"""Where the process of a call finds the tool: with the engine, imported once for all calls."""
_ENGINE_MB = 3072
"""Address space beside the engine's own limit: the interpreter, its libraries, and what the engine only reserves."""


def query_tool(root: str | Path, *, max_rows: int = 200, memory_mb: int = 1024, timeout: float = 30) -> BaseTool:
    """Make the tool `query_data(sql)` over the data files under `root`.

    It returns {"columns": [name], "rows": [[value]], "row_count": rows returned, "truncated": bool} in plain JSON:
    times as ISO text, decimals as numbers, NaN and whole numbers beyond 64 bits as text. At most `max_rows` rows,
    `memory_mb` megabytes of memory and `timeout` seconds; anything wrong with the query is a ToolError.
    """
    folder = Path(root).absolute()

    def query_data(sql: Annotated[str, Field(description="One SELECT, DESCRIBE or SUMMARIZE statement.")]) -> Any:
        # 18 MB, which nobody needs who only offers the tool.
        from surefoot.tools.engine import query
        from surefoot.tools.sealed import SealedFiles

        return query(SealedFiles(folder), sql, max_rows=max_rows, memory_mb=memory_mb, timeout=timeout)

    tool = StructuredTool.from_function(query_data, description=_DESCRIPTION.format(max_rows=max_rows))
    # A process of its own: the engine is native code, and parses files that anybody may have written.
    limits = Limits(memory_mb=memory_mb + _ENGINE_MB, processes=1)
    declared = tool_effect("read_only", timeout=timeout + 5, isolate=True, limits=limits)(tool)
    given = {"root": str(folder), "max_rows": max_rows, "memory_mb": memory_mb, "timeout": timeout}
    return found_at(declared, Origin(_HOME, query_tool.__name__, given))
