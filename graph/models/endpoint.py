"""Opens a model behind an OpenAI-compatible endpoint: OpenAI itself, vLLM, SGLang, Ollama, a gateway."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Self, cast
from weakref import finalize

from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from openai import Timeout
from openai._models import construct_type
from openai.types.chat import ChatCompletion
from pydantic import PrivateAttr, SecretStr, ValidationError, model_validator

from surefoot.graph.models.connections import Connections
from surefoot.nodes.memo import Memo
from surefoot.tools.errors import ModelError

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 300.0
"""A small machine may think for minutes before its first token."""
RETRIES = 3
NO_KEY = "no-key-needed"
"""Sent to servers that ask for none; the client insists on some key."""


class Written:
    """A list as JSON, with its items for whoever looks at a request on its way (tracers do).

    The client walks every list it is given in pure Python, at each call all of the conversation: a tenth of a
    millisecond a message. What can be indexed and has a length can be iterated, too, and is none of the types it walks.
    """

    def __init__(self, items: Sequence[Any], data: bytes) -> None:
        self._items = items
        self.data = data

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __repr__(self) -> str:
        return repr(self._items)


class Answer(ChatCompletion):
    """An answer as the client gives it, read by pydantic's compiled reader where it is just as the interface says.

    Others the client reads field by field, in pure Python: endpoints say what they like.
    """

    @classmethod
    def build(cls, *, response: Any, data: Any) -> ChatCompletion:
        """Read the answer; the client calls it with the response and what its JSON says."""
        try:
            return ChatCompletion.model_validate_json(response.content, strict=True)
        except ValidationError:
            return cast(ChatCompletion, construct_type(type_=ChatCompletion, value=data))


class EndpointModel(ChatOpenAI):
    """LangChain's client of such an endpoint, at a cost that hardly grows with the conversation."""

    _message: Memo[BaseMessage, tuple[Any, bytes]] = PrivateAttr()
    """Each message as it is sent; prompts hand over the same objects again."""
    _tools: Memo[Sequence[Any], Written] = PrivateAttr()

    @model_validator(mode="after")
    def _send_what_is_written(self) -> Self:
        self._message = Memo(self._write_message)
        self._tools = Memo(lambda tools: Written(tools, _json(tools)))
        if self.http_async_client is None or self.openai_proxy:
            self.root_async_client.post = Connections(self.root_async_client, self.openai_proxy).post
        for client, chat in ((self.root_client, self.client), (self.root_async_client, self.async_client)):
            chat._post = _as_written(client.post)
        # Garbage in a circle would leave its connections to chance; for a mere number of seconds LangChain shares them.
        if self.http_client is None and isinstance(self.request_timeout, Timeout):
            finalize(self.root_client, self.root_client._client.close)
        return self

    def _write_message(self, message: BaseMessage) -> tuple[Any, bytes]:
        [sent] = super()._get_request_payload([message])["messages"]
        return sent, _json(sent)

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload([], stop=stop, **kwargs)
        if "messages" not in payload or "response_format" in payload:  # another way through the client
            return super()._get_request_payload(input_, stop=stop, **kwargs)
        written = self._message.each(self._convert_input(input_).to_messages())
        data = b"[%b]" % b",".join(data for _, data in written)
        payload["messages"] = Written([sent for sent, _ in written], data)
        if payload.get("tools"):
            payload["tools"] = self._tools(payload["tools"])
        return payload


def _as_written(post: Callable[..., Any]) -> Callable[..., Any]:
    """Send a body of parts that are JSON already, and have a whole answer read as `Answer`."""

    def send(path: str, *, body: dict[str, Any], options: Any, **kwargs: Any) -> Any:
        if not kwargs.get("stream") and kwargs.get("cast_to") is ChatCompletion:
            kwargs["cast_to"] = Answer
        body = body | (options.pop("extra_json", None) or {})
        parts = (b"%b:%b" % (_json(name), _json(value)) for name, value in body.items())
        return post(path, content=b"{%b}" % b",".join(parts), options=options, **kwargs)

    return send


def _json(value: Any) -> bytes:
    if isinstance(value, Written):
        return value.data
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


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
        "base_url": base_url or None,
        "api_key": SecretStr(api_key or NO_KEY),
        # Without it usage is lost whenever somebody streams the graph: the client asks for none at other addresses.
        "stream_usage": True,
        "timeout": Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        "stream_chunk_timeout": ANSWER_SECONDS,
        "max_retries": RETRIES,
    }
    return EndpointModel(model=name, **(options | kwargs))
