"""The engine that queries the data files of the workspace.

It has no file system of its own: DuckDB's is switched off and the configuration locked, and what it can open is what
`SealedFiles` opens. Names in a query are turned into `workspace://` paths; a name this misses is refused.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import duckdb

from surefoot.tools.errors import ToolError
from surefoot.tools.rows import plain_row
from surefoot.tools.sealed import SealedFiles
from surefoot.tools.sql import query_tool

__all__ = ["query", "query_tool"]

_SCHEME = f"{SealedFiles.protocol}://"
_PATH_COLUMNS = ("file", "filename")  # as glob() and read_csv(..., filename = true) call them
_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_READERS = re.compile(r"read_\w+|parquet_\w+|sniff_csv|glob")
_QUOTED = re.compile(rb"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_D = '"'
_GLOB = re.compile(r"[*?\[{]")
_FILE_LIKE = re.compile(r"[./*?\[]")
_NO_TABLE = re.compile(r"Table with name (.+?) does not exist")
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)


def query(files: SealedFiles, sql: str, *, max_rows: int, memory_mb: int, timeout: float) -> dict[str, Any]:
    """Run one query, as `query_tool` describes it.

    Raises:
        ToolError: anything is wrong with it, or it takes too long or too much.
    """
    with _engine(files, memory_mb) as engine:
        try:
            with _deadline(engine, timeout):
                return _run(engine, files, sql, max_rows)
        except duckdb.InterruptException:
            raise ToolError(
                f"The query took longer than {timeout:g} seconds and was stopped; filter or aggregate earlier."
            ) from None
        except duckdb.OutOfMemoryException:
            raise ToolError(
                f"The query needs more than {memory_mb} MB of memory; select fewer columns or aggregate earlier."
            ) from None
        except duckdb.Error as error:
            raise ToolError(_explain(error, files)) from None


@contextmanager
def _engine(files: SealedFiles, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    engine = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,  # else a name in FROM may read a variable of this process
        },
    )
    try:
        engine.register_filesystem(files)
        engine.execute(f"SET allowed_directories = ['{_SCHEME}']")
        for setting in _SETTINGS:
            engine.execute(setting)
        yield engine
    finally:
        engine.close()


@contextmanager
def _deadline(engine: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):  # again and again: an interrupt between two statements is lost
            engine.interrupt()
            wait = 0.1

    watcher = threading.Thread(target=watch, name="query deadline", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _run(engine: duckdb.DuckDBPyConnection, files: SealedFiles, sql: str, max_rows: int) -> dict[str, Any]:
    statements = engine.extract_statements(sql)
    if len(statements) != 1:
        raise ToolError(f"Send exactly one statement, not {len(statements)}.")
    kind = statements[0].type.name
    if kind == "MULTI":
        raise ToolError("PIVOT needs its values named here: PIVOT 'file.csv' ON column IN ('a', 'b') USING sum(x).")
    if kind != "SELECT":
        raise ToolError(f"query_data only reads: write one SELECT, DESCRIBE or SUMMARIZE, not {kind}.")
    engine.execute(_with_paths(engine, files, sql))
    columns = [column[0] for column in engine.description or []]
    rows = engine.fetchmany(max_rows + 1)
    kept = [plain_row(row) for row in rows[:max_rows]]
    for at in (at for at, column in enumerate(columns) if column in _PATH_COLUMNS):
        for row in kept:
            row[at] = row[at].removeprefix(_SCHEME) if isinstance(row[at], str) else row[at]
    return {"columns": columns, "rows": kept, "row_count": len(kept), "truncated": len(rows) > max_rows}


def _with_paths(engine: duckdb.DuckDBPyConnection, files: SealedFiles, sql: str) -> str:
    """Turn the file names of a query into `workspace://` paths, in its text; the rest stays as it was written."""
    tree = _parse(engine, sql)
    text = sql.encode()
    local = {entry["key"] for node in _nodes(tree) for entry in (node.get("cte_map") or {}).get("map", ())}
    places: dict[int, tuple[int, str]] = {}
    for name, at in _names(tree):
        quoted = _QUOTED.match(text, at) if at < len(text) else None
        name = name if name is not None else _unquote(quoted)
        if name in local or not _FILE_LIKE.search(name):
            continue
        path = _checked(files, name)
        if quoted:
            places[quoted.start()] = (quoted.end(), path)
        else:  # SUMMARIZE 'file' and DESCRIBE 'file' do not tell where the name stands
            engine.execute(f'CREATE OR REPLACE TEMP VIEW "{name.replace(_D, _D * 2)}" AS FROM {_literal(path)}')
    for start, (end, path) in sorted(places.items(), reverse=True):
        text = text[:start] + _literal(path).encode() + text[end:]
    return text.decode()


def _parse(engine: duckdb.DuckDBPyConnection, sql: str) -> Any:
    found = engine.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    return json.loads(found[0]) if found else None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Go through every object of a JSON tree."""
    todo = [tree]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield value
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _names(tree: Any) -> Iterator[tuple[str | None, int]]:
    """Find what may name a file, each with its byte offset; None = the name is the quoted text that stands there."""
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE" and not node.get("schema_name"):
            yield node["table_name"], node["query_location"]
        elif node.get("type") == "TABLE_FUNCTION" and _READERS.fullmatch(node["function"]["function_name"].lower()):
            arguments = node["function"].get("arguments") or node["function"].get("children") or []
            for constant in _constants(arguments[:1]):
                yield None, constant["query_location"]


def _constants(arguments: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Find the constants among arguments and in lists of them, but not in what is yet to be computed."""
    for argument in arguments:
        value = argument.get("expression", argument)
        if value.get("type") == "VALUE_CONSTANT":
            yield value
        elif value.get("function_name") == "list_value":
            yield from _constants(value.get("arguments") or value.get("children") or [])


def _unquote(quoted: re.Match[bytes] | None) -> str:
    if quoted is None:
        return ""
    text = quoted[0].decode()
    return text[1:-1].replace(text[0] * 2, text[0])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _checked(files: SealedFiles, name: str) -> str:
    if "://" in name and not name.startswith(_SCHEME):
        raise ToolError(f"{name} is not in the workspace; query_data reads files of the workspace only.")
    path = files.relative(name)
    if not _GLOB.search(path):
        try:
            found = files.info(path)
        except FileNotFoundError as error:
            raise ToolError(f"{error} {_data_files(files)}") from None
        except PermissionError as error:
            raise ToolError(str(error)) from None
        if found["type"] == "directory":
            raise ToolError(f"{name} is a folder; name its files, for example '{path}/*.csv'.")
    return _SCHEME + path


def _data_files(files: SealedFiles) -> str:
    """Say which data files there are: the first twenty."""
    found = list(islice((p for p in files.paths() if p.lower().removesuffix(".gz").endswith(_SUFFIXES)), 21))
    if not found:
        return "There are no data files in the workspace."
    return f"Data files here: {', '.join(found[:20])}{', ...' if len(found) > 20 else '.'}"


def _explain(error: duckdb.Error, files: SealedFiles) -> str:
    """Say in one sentence what DuckDB says, and what to do where that is known."""
    if isinstance(error, duckdb.PermissionException):
        return "A query reads only files of the workspace, each written out in quotes: FROM 'a.csv', read_csv('b.txt')."
    text = str(error).split("\n\nLINE ")[0].strip()
    if "Traceback (" in text:  # an error of SealedFiles that went through the engine: only its sentence counts
        text = text.rsplit("\n", 1)[-1].partition(": ")[2]
    said = " ".join(text.split()).replace(_SCHEME, "")
    if missing := _NO_TABLE.search(said):
        return (
            f"There is no table {missing[1]}: name a data file in single quotes, or give another text file to"
            f" read_csv('...') or read_text('...'). {_data_files(files)}"
        )
    if "No files found" in said:
        return f"{said}. {_data_files(files)}"
    return said if len(said) <= 800 else said[:800] + " ..."
