"""The tools of MCP servers: a server is reached once, its session kept, and opened anew when the server has died."""

import asyncio
import atexit
import importlib.util
import json
import os
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from langchain_core.tools import BaseTool

from surefoot.tools.errors import ToolError
from surefoot.tools.mcp_outputs import asked, with_output
from surefoot.tools.redact import says_secret
from surefoot.tools.shield import Failed, innermost

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult, ListToolsResult

__all__ = ["McpServer"]

T = TypeVar("T")

OPENING_SECONDS = 60.0
"""How long a server may take until it answers: some are fetched from a package index first."""
ALIVE_SECONDS = 5.0
"""How long a server with nothing to do may take to say that it is alive."""
_CLOSING_SECONDS = 3.0
_LAST_WORDS = 500
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class McpServer:
    """An MCP server whose tools the agent may use; give it to `build_graph` among the tools.

    The server is started, or reached, when its tools are first asked for, and keeps one session for as long as the
    process lives or until `close`. One that has died is opened anew before the next call; a call in whose middle it
    died is never repeated: whether it took effect is not known. What its tools do is read from their annotations, which
    `Settings.effects` overrides; a tool without any is undeclared.

    Args:
        name: What the server is called in messages, and the prefix of its tools where `prefix` is set.
        command: Program and arguments of a server that speaks over its standard streams.
        url: Address of a server that speaks streamable HTTP; either this or `command`.
        env: Environment variables for the command, beside PATH, HOME and the like.
        cwd: The command's folder; None = the current one.
        headers: HTTP headers for the address.
        prefix: Name the tools NAME_TOOL: for servers whose tools share names.

    Raises:
        ToolError: neither or both of `command` and `url` are given, or `surefoot[mcp]` is not installed.
    """

    def __init__(
        self,
        name: str,
        *,
        command: Sequence[str] = (),
        url: str = "",
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        headers: Mapping[str, str] | None = None,
        prefix: bool = False,
    ) -> None:
        if bool(command) == bool(url):
            raise ToolError(f"The MCP server {name} needs either a command or a url.")
        _check_installed()
        self.name = name
        self._prefix = prefix
        self._hidden = [*_values(env), *_values(headers)]
        self._line = _Line(name, list(command), url, dict(env or {}), cwd, dict(headers or {}))
        self._tools: list[BaseTool] | None = None

    @classmethod
    def from_file(cls, path: str | Path, environ: Mapping[str, str] | None = None) -> list[Self]:
        """Read servers from JSON in the form most MCP clients share.

        `{"mcpServers": {name: {"command": ..., "args": [...], "env": {...}} | {"url": ..., "headers": {...}}}}`;
        `${VARIABLE}` and `${VARIABLE:-default}` in a value are filled from `environ`.

        Raises:
            ToolError: the file cannot be read, or does not have that form.
        """
        try:
            servers = json.loads(Path(path).read_text("utf-8"))["mcpServers"]
            return [cls._from_entry(name, _filled(entry, environ or {})) for name, entry in servers.items()]
        except OSError as error:
            raise ToolError(f"The file of MCP servers {path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            form = '{"mcpServers": {NAME: {"command": ..., "args": [...]} or {"url": ...}}}'
            raise ToolError(f"The file of MCP servers {path} does not have the form {form}.") from None

    @classmethod
    def _from_entry(cls, name: str, entry: Mapping[str, Any]) -> Self:
        unknown = entry.keys() - {"command", "args", "url", "env", "cwd", "headers", "prefix", "type", "transport"}
        if unknown:
            raise ToolError(f"The MCP server {name} has an unknown field {', '.join(sorted(unknown))}: take it out.")
        command = [entry["command"], *entry.get("args", ())] if "command" in entry else ()
        rest = {key: entry[key] for key in ("url", "env", "cwd", "headers", "prefix") if key in entry}
        return cls(name, command=command, **rest)

    @property
    def known_secrets(self) -> dict[str, str]:
        """What its environment and headers hold that nobody may see, by a name for it."""
        return {f"{self.name} {key}": value for key, value in self._hidden}

    def tools(self) -> list[BaseTool]:
        """The server's tools, read once; blocks until the server answers.

        Raises:
            ToolError: it cannot be started or reached, or does not speak MCP.
        """
        if self._tools is None:
            from langchain_mcp_adapters.tools import load_mcp_tools

            session: Any = self._line  # all that a tool uses of its session are `list_tools` and `call_tool`
            load = load_mcp_tools(session, server_name=self.name, tool_name_prefix=self._prefix)
            try:
                loaded = self._line.submit(load).result(2 * OPENING_SECONDS)
            except (Failed, TimeoutError) as error:
                raise ToolError(str(error) or f"The MCP server {self.name} does not answer.") from None
            before = f"{self.name}_" if self._prefix else ""
            self._tools = [with_output(t, self._line.outputs.get(t.name.removeprefix(before))) for t in loaded]
        return self._tools

    def close(self) -> None:
        """End the session, and the server if it was started here; a later call opens it anew."""
        self._line.close()


class _Line:
    """One session with a server, on an event loop in a thread of its own: callers on any loop, or on none, share it."""

    def __init__(
        self,
        name: str,
        command: list[str],
        url: str,
        env: dict[str, str],
        cwd: str | Path | None,
        headers: dict[str, str],
    ) -> None:
        self._name, self._command, self._url = name, command, url
        self._env, self._cwd, self._headers = env, cwd, headers
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  as long as the server may write into it
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._session: ClientSession | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._under_way = 0
        self.outputs: dict[str, dict[str, Any] | None] = {}
        """The schema each tool's results are declared to have, by the name the server gives it."""
        atexit.register(self.close)

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Do something on the line's own loop."""
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name=f"surefoot-mcp-{self._name}", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def call_tool(self, name: str, arguments: dict[str, Any], **_: Any) -> "CallToolResult":
        """Call a tool, from any loop."""
        return await asyncio.wrap_future(self.submit(self._call(name, arguments)))

    async def list_tools(self, cursor: str | None = None) -> "ListToolsResult":
        """List a page of tools, on the line's own loop."""
        from mcp.types import PaginatedRequestParams

        page = await (await self._alive()).list_tools(params=PaginatedRequestParams(cursor=cursor))
        self.outputs |= {tool.name: tool.outputSchema for tool in page.tools}
        return page

    def close(self) -> None:
        """End the session; harmless where there is none."""
        if self._loop is not None and self._loop.is_running():
            with suppress(Exception):
                self.submit(self._end()).result(_CLOSING_SECONDS)

    async def _call(self, name: str, arguments: dict[str, Any]) -> "CallToolResult":
        session = await self._alive()
        self._under_way += 1
        try:
            return await asked(session, name, arguments)
        except Exception as error:
            if not _lost(error):
                raise
            await self._end()
            doubt = (
                f"The MCP server {self._name} was lost in the middle of the call. Whether it took effect is not known."
            )
            raise Failed("timeout", doubt) from error
        finally:
            self._under_way -= 1

    async def _alive(self) -> "ClientSession":
        """The session; a new one where the server is gone, so that a call does not have to find that out."""
        async with self._opening:
            if self._session and self._keeper and not self._keeper.done():
                # A server that is busy with another call may be slow to answer.
                if self._under_way or await _answers(self._session):
                    return self._session
                await self._end()
            opened: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(opened))
            try:
                self._session = await asyncio.wait_for(opened, OPENING_SECONDS)
            except Exception as error:
                self._keeper.cancel()
                raise Failed("exception", self._why_not(error)) from error
            return self._session

    async def _keep(self, opened: "asyncio.Future[ClientSession]") -> None:
        """Hold the session open. What opens it has to close it: its task groups belong to one task."""
        from mcp import ClientSession

        try:
            async with AsyncExitStack() as stack:
                read, write = await stack.enter_async_context(self._streams())
                session = await stack.enter_async_context(ClientSession(read, write))
                await session.initialize()
                opened.set_result(session)
                await asyncio.Event().wait()
        except Exception as error:  # noqa: BLE001  once opened, the next call finds it closed
            if not opened.done():
                opened.set_exception(innermost(error))

    def _streams(self) -> AbstractAsyncContextManager[tuple[Any, Any]]:
        if self._command:
            return _stdio(self._command, self._env, self._cwd, self._errors)
        return _http(self._url, self._headers)

    async def _end(self) -> None:
        keeper, self._keeper, self._session = self._keeper, None, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})

    def _why_not(self, error: BaseException) -> str:
        how = f"be started with `{' '.join(self._command)}`" if self._command else f"be reached at {self._url}"
        if isinstance(error, TimeoutError):
            return f"The MCP server {self._name} cannot {how}: it did not answer within {OPENING_SECONDS:g} seconds."
        return f"The MCP server {self._name} cannot {how}: {str(error).rstrip('.')}.{self._last_words()}"

    def _last_words(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LAST_WORDS))
        words = " ".join(self._errors.read().decode("utf-8", "replace").split())
        return f" It last wrote: {words}" if words else ""


def _stdio(
    command: list[str], env: dict[str, str], cwd: str | Path | None, errors: Any
) -> AbstractAsyncContextManager[tuple[Any, Any]]:
    from mcp.client.stdio import StdioServerParameters, stdio_client

    place = None if cwd is None else str(cwd)
    return stdio_client(StdioServerParameters(command=command[0], args=command[1:], env=env, cwd=place), errors)


@asynccontextmanager
async def _http(url: str, headers: dict[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async with (
        create_mcp_http_client(headers=headers) as client,
        streamable_http_client(url, http_client=client) as (read, write, _),
    ):
        yield read, write


async def _answers(session: "ClientSession") -> bool:
    with suppress(Exception):
        await asyncio.wait_for(session.send_ping(), ALIVE_SECONDS)
        return True
    return False


def _lost(error: Exception) -> bool:
    """Whether a call ended because its server went away, which says nothing about what the call did."""
    from anyio import BrokenResourceError, ClosedResourceError
    from mcp import McpError
    from mcp.types import CONNECTION_CLOSED

    if isinstance(error, McpError):
        return error.error.code == CONNECTION_CLOSED
    return isinstance(error, BrokenResourceError | ClosedResourceError)


def _check_installed() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("mcp", "langchain_mcp_adapters")):
        raise ToolError("Tools of MCP servers need `pip install 'surefoot[mcp]'`.")


def _values(table: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """What a table of variables or headers holds under names that say it is secret; of `Bearer x` the x."""
    return [(name, value.split()[-1]) for name, value in (table or {}).items() if says_secret(name) and value.strip()]


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: environ.get(found[1], found[2] or ""), value)
    if isinstance(value, dict):
        return {key: _filled(item, environ) for key, item in value.items()}
    return [_filled(item, environ) for item in value] if isinstance(value, list) else value
