"""Decides which network addresses may be connected to."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from surefoot.tools.errors import ToolError

__all__ = ["Resolver", "public_addresses", "system_resolver"]

Resolver = Callable[[str, int], list[str]]
"""Turns a host name and a port into IP addresses; raises OSError if it cannot."""

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_SPECIAL = tuple(
    map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "3fff::/20", "5f00::/16"))
)
"""Not public, but taken for it by some Python versions: cloud metadata services (168.63.129.16, 192.0.0.192), old
relays, site-local and documentation addresses. All other metadata services are link-local, private or shared."""


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the operating system for the addresses of a host, in the order to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_addresses(host: str, addresses: list[str]) -> list[str]:
    """Let the addresses of a host pass if every one of them is public.

    Raises:
        ToolError: some address is private, loopback, link-local, multicast, reserved or a metadata service.
    """
    for address in addresses:
        if not _is_public(address):
            where = host if host == address else f"{host} ({address})"
            raise ToolError(
                f"{where} is not a public address; private and local addresses are not fetched unless allowed."
            )
    return addresses


def _is_public(address: str) -> bool:
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        inner = _embedded(found)
        if inner is not None:
            found = inner
    special = found.is_multicast or found.is_reserved or any(found in network for network in _SPECIAL)
    return found.is_global and not special


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Find the IPv4 address that an IPv6 address stands for, if it does."""
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
