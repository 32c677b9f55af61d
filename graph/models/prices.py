"""What tokens cost where the person's own table does not say: the list of `genai-prices`, as it was installed.

Nothing is fetched. The list is looked up for the address the model is called at: a model that runs on a server of one's
own costs nobody's list price, whatever its name.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

__all__ = ["listed_price"]

_OWN = ("OfflineModel", "scripted")
"""The models surefoot brings along, which nobody sells."""


def listed_price(model: str, address: str | None = None) -> Callable[[int, int], float | None] | None:
    """Function from input and output tokens to US dollars; None = not listed, or the extra `prices` is not installed."""
    if model in _OWN or _is_unlisted(address):
        return None
    try:
        import genai_prices
    except ImportError:
        return None

    def price(read: int, written: int) -> float | None:
        usage = genai_prices.Usage(input_tokens=read, output_tokens=written)
        about: dict[str, Any] = {"provider_api_url": address} if address else {}
        try:
            found = genai_prices.calc_price(usage, model, genai_request_timestamp=datetime.now(UTC), **about)
        except (LookupError, ValueError):
            return None
        return float(found.total_price)

    return None if price(1000, 1000) is None else price


def _is_unlisted(address: str | None) -> bool:
    """Whether no provider can be at an address: a number, or a name of one's own network. Reading the list takes 60 MB."""
    host = urlsplit(address or "").hostname
    return host is not None and ("." not in host or host.rpartition(".")[2].isdigit())
