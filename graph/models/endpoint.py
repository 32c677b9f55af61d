"""Opens a model behind an OpenAI-compatible endpoint: OpenAI itself, vLLM, SGLang, Ollama, a gateway."""

from typing import Any

from langchain_openai import ChatOpenAI
from openai import Timeout
from pydantic import SecretStr

from surefoot.tools.errors import ModelError

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 300.0
"""A small machine may think for minutes before its first token."""
RETRIES = 3
NO_KEY = "no-key-needed"
"""Sent to servers that ask for none; the client insists on some key."""


def openai_model(name: str, *, base_url: str | None = None, api_key: str | None = None, **kwargs: Any) -> ChatOpenAI:
    """Open model `name`; without `base_url` at OpenAI, which needs a key.

    `kwargs` go to ChatOpenAI and win over what is set here.

    Raises:
        ModelError: there is neither a key nor an address.
    """
    if not api_key and not base_url:
        raise ModelError(
            f"The model openai:{name} needs a key: set OPENAI_API_KEY, "
            "or OPENAI_BASE_URL to a server of your own that needs none."
        )
    options: dict[str, Any] = {
        # The client keeps connections for the whole process, and one kept from an earlier event loop is dead.
        "default_headers": {"Connection": "close"},
        "base_url": base_url or None,
        "api_key": SecretStr(api_key or NO_KEY),
        # Without it usage is lost whenever somebody streams the graph: the client asks for none at other addresses.
        "stream_usage": True,
        "timeout": Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        "stream_chunk_timeout": ANSWER_SECONDS,
        "max_retries": RETRIES,
    }
    return ChatOpenAI(model=name, **(options | kwargs))
