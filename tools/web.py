"""Fetches one web page for reading.

The guard against private addresses: a host is resolved once, its addresses are checked, and the connection goes to a
checked address itself, with the name only in the Host header and in TLS. So a name that resolves to something else
a moment later changes nothing. Every redirect is a new address and passes the same check.
"""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any

import httpx
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from surefoot.tools.address import Resolver, public_addresses, system_resolver
from surefoot.tools.deadline import await_in_thread
from surefoot.tools.effects import found_at, tool_effect
from surefoot.tools.errors import ToolError
from surefoot.tools.isolation import Origin
from surefoot.tools.limits import Limits

__all__ = ["fetch_tool"]

Address = Annotated[str, Field(description="A full http:// or https:// address.")]

_DESCRIPTION = (
    "Fetch one web page or file by its http or https address (GET) and return it as text: HTML as Markdown with its"
    " links, JSON and other text as it is. Returns url (after redirects), status, content_type, title, text and"
    " truncated. A status of 400 or more means the page was not had; its text tells why."
)
_HOME = "surefoot.tools.page"
"""Where the process of a call finds the tool: with the converter, imported once for all calls."""
_MAX_REDIRECTS = 5
_MEMORY_MB = 2048
_ERROR_CHARS = 2000
_HEADERS = {
    "User-Agent": "surefoot (an agent that reads pages for a person)",
    "Accept": "text/html, application/xhtml+xml, application/json, text/*;q=0.9, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}


def fetch_tool(
    *,
    allow_private: bool = False,
    timeout: float = 20,
    max_bytes: int = 2_000_000,
    resolver: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> BaseTool:
    """Make the tool `fetch_url(url)`.

    It returns {"url", "status", "content_type", "title" (where there is one), "text", "truncated"}; an HTTP error is
    such a result too, with the beginning of its text. At most `timeout` seconds over all redirects and `max_bytes`
    bytes of body. `allow_private` lets private and local addresses through; `tls` replaces the trusted certificates.
    Bad or refused addresses, failed connections and bodies that are no text are a ToolError. Made with a resolver or
    certificates of its own, it runs in the agent's process.
    """
    visit = _Visit(allow_private, max_bytes, resolver, tls)

    async def coroutine(url: Address) -> Any:
        try:
            async with asyncio.timeout(timeout):
                return await visit.fetch(url)
        except TimeoutError:
            raise ToolError(f"{url} did not answer in full within {timeout:g} seconds.") from None

    def fetch_url(url: Address) -> Any:
        with ThreadPoolExecutor(1) as own:  # its own event loop: the caller's thread may be running one
            return own.submit(lambda: asyncio.run(coroutine(url))).result()

    tool = StructuredTool.from_function(fetch_url, coroutine, description=_DESCRIPTION)
    if resolver is not system_resolver or tls is not None:
        return tool_effect("read_only", timeout=timeout + 5, untrusted=True)(tool)
    # A process of its own: a name server that hangs cannot be called off, and pages are unpacked by native code.
    limits = Limits(memory_mb=_MEMORY_MB, processes=1)
    declared = tool_effect("read_only", timeout=timeout + 5, untrusted=True, isolate=True, limits=limits)(tool)
    given = {"allow_private": allow_private, "timeout": timeout, "max_bytes": max_bytes}
    return found_at(declared, Origin(_HOME, fetch_tool.__name__, given))


class _Visit:
    """What every fetch of one tool shares."""

    def __init__(self, allow_private: bool, max_bytes: int, resolver: Resolver, tls: ssl.SSLContext | None) -> None:
        self.allow_private = allow_private
        self.max_bytes = max_bytes
        self.resolver = resolver
        self.tls = tls

    async def fetch(self, address: str) -> dict[str, Any]:
        """Follow an address to its page."""
        url = _parse(address)
        async with httpx.AsyncClient(
            trust_env=False,
            verify=self.tls or True,
            headers=_HEADERS,
            timeout=None,  # one deadline over everything is set outside
            limits=httpx.Limits(max_keepalive_connections=0),  # two names of one address never share a connection
        ) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                response = await self._get(client, url)
                try:
                    if not response.has_redirect_location:
                        return await self._read(response, url)
                    url = _parse(response.headers["location"], url)
                finally:
                    await response.aclose()
                    client.cookies.clear()
        raise ToolError(f"{address} redirects more than {_MAX_REDIRECTS} times.")

    async def _get(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """Send the request to a checked address of the host; try the next one where it does not connect."""
        problem = "it has no address"
        for address in await self._addresses(url):
            try:
                request = client.build_request(
                    "GET",
                    url.copy_with(host=address, fragment=None),
                    headers={"Host": url.netloc.decode("ascii")},
                    extensions={"sni_hostname": url.raw_host.decode("ascii")},
                )
                return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.InvalidURL) as error:
                problem = str(error) or "the connection failed"
            except httpx.HTTPError as error:
                raise ToolError(f"{url} gave no proper answer: {str(error) or type(error).__name__}.") from None
        raise ToolError(f"{url.host} could not be connected to: {problem}.")

    async def _addresses(self, url: httpx.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            ask = partial(self.resolver, url.raw_host.decode("ascii"), port)
            # Not in a thread of the loop: neither its end nor the process's waits for a name server that hangs.
            found = (await await_in_thread(ask, None)).result()
        except (OSError, UnicodeError):
            raise ToolError(f"The host name {url.host} cannot be found.") from None
        return found if self.allow_private else public_addresses(url.host, found)

    async def _read(self, response: httpx.Response, url: httpx.URL) -> dict[str, Any]:
        from surefoot.tools.page import is_text, readable  # needs this module, and a converter nobody needs sooner

        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and not is_text(kind) and not response.is_error:
            raise _no_text(url, kind, response.headers.get("content-length", "an unknown number of"))
        if "," in (packed := response.headers.get("content-encoding", "")):  # kilobytes can unpack to gigabytes
            raise ToolError(f"{url} is packed several times over ({packed[:100]}), which is not unpacked.")
        body, truncated = await self._body(response, url)
        page = await asyncio.to_thread(readable, body, kind, response.charset_encoding, str(url))
        if page is None and not response.is_error:
            raise _no_text(url, "binary data", f"{'more than ' * truncated}{len(body)}")
        text = page.text if page else ""
        if response.is_error and len(text) > _ERROR_CHARS:
            text, truncated = text[:_ERROR_CHARS], True
        title = {"title": page.title} if page and page.title else {}
        head = {"url": str(url), "status": response.status_code, "content_type": kind}
        return {**head, **title, "text": text, "truncated": truncated}

    async def _body(self, response: httpx.Response, url: httpx.URL) -> tuple[bytes, bool]:
        """Read the body up to the limit; True = there is more of it."""
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.max_bytes:
                    return bytes(body[: self.max_bytes]), True
        except httpx.HTTPError as error:
            raise ToolError(f"{url} broke off: {str(error) or type(error).__name__}.") from None
        return bytes(body), False


def _no_text(url: httpx.URL, kind: str, size: str) -> ToolError:
    return ToolError(f"{url} is {kind} ({size} bytes), which is no text; fetch_url reads HTML, JSON and other text.")


def _parse(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address a person or a page gives; `base` is the page that gives it.

    Raises:
        ToolError: it is no http(s) address, or it carries a user name or a password.
    """
    try:
        url = base.join(address.strip()) if base else httpx.URL(address.strip())
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ToolError(f"{address[:200]!r} is no web address: {str(error).rstrip('.')}.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ToolError(f"Only addresses that begin with http:// or https:// can be fetched, not {str(url)[:200]!r}.")
    if b"%" in url.raw_host:
        raise ToolError(f"{address[:200]!r} is no web address: its host name has characters that no host name has.")
    if url.userinfo:
        raise ToolError(f"An address must not carry a user name or password; fetch {url.host} without them.")
    return url
