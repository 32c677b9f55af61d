"""Keeps connections to an endpoint open between the calls of one event loop, and closes them with it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

from httpx2 import create_ssl_context
from openai import AsyncOpenAI, DefaultAsyncHttpxClient


class Connections:
    """A client for each event loop: a connection that was kept from an ended one is dead."""

    def __init__(self, client: AsyncOpenAI, proxy: str | None = None) -> None:
        self._client = client
        self._proxy = proxy
        self._open: dict[asyncio.AbstractEventLoop, tuple[AsyncOpenAI, AsyncGenerator[AsyncOpenAI]]] = {}

    async def post(self, path: str, **kwargs: Any) -> Any:
        """Send a request over the connections of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            lasting = self._lasting(loop)
            self._open[loop] = await anext(lasting), lasting
        return await self._open[loop][0].post(path, **kwargs)

    async def _lasting(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[AsyncOpenAI]:
        """Give a client that is closed when the loop ends: it then closes the generators that were begun on it."""
        http = DefaultAsyncHttpxClient(timeout=self._client.timeout, proxy=self._proxy, verify=_trusted())
        try:
            yield self._client.copy(http_client=http)
        finally:
            self._open.pop(loop, None)
            await http.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates the client trusts by itself; reading them takes longer than many calls."""
    return create_ssl_context()
