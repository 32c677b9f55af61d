"""Opens a model behind an OpenAI-compatible endpoint: OpenAI itself, vLLM, SGLang, Ollama, a gateway."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from openai import Timeout
from pydantic import PrivateAttr, SecretStr

from surefoot.nodes.memo import Memo
from surefoot.tools.errors import ModelError

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 300.0
"""A small machine may think for minutes before its first token."""
RETRIES = 3
NO_KEY = "no-key-needed"
"""Sent to servers that ask for none; the client insists on some key."""


class Shown:
    """A list for whoever looks at a request on its way (tracers do), which the client passes by.

    The client walks every list in it in pure Python, at each call all of the conversation: a tenth of a millisecond a
    message. What can be indexed and has a length can be iterated, too, and is none of the types it walks.
    """

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __repr__(self) -> str:
        return repr(self._items)


class EndpointModel(ChatOpenAI):
    """LangChain's client of such an endpoint, at a cost that hardly grows with the conversation."""

    _written: Memo[BaseMessage, Any] = PrivateAttr()
    """Each message as it is sent; prompts hand over the same objects again."""

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._written = Memo(lambda message: super(EndpointModel, self)._get_request_payload([message])["messages"][0])

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload([], stop=stop, **kwargs)
        if "messages" not in payload or "response_format" in payload:  # another way through the client
            return super()._get_request_payload(input_, stop=stop, **kwargs)
        payload["messages"] = [self._written(message) for message in self._convert_input(input_).to_messages()]
        long = {name: payload[name] for name in ("messages", "tools") if payload.get(name)}
        # What stands in `extra_body` is sent as it is, in the place of what the client was given.
        return {**payload, **{k: Shown(v) for k, v in long.items()}, "extra_body": long | payload.get("extra_body", {})}


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
    return EndpointModel(model=name, **(options | kwargs))
