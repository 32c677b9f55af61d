"""Turns what a person writes as `model` into a chat model."""

import importlib
from typing import Any

from langchain_core.language_models import BaseChatModel

from surefoot.tools.errors import ModelError

FORMS = '"offline", "openai:NAME", "provider:NAME" (with the langchain package), or a LangChain chat model'


def resolve_model(
    model: str | BaseChatModel, *, base_url: str | None = None, api_key: str | None = None, **kwargs: Any
) -> BaseChatModel:
    """Open a model by name; a model object is taken as it is.

    Args:
        model: one of `FORMS`.
        base_url: address of the endpoint; for "openai:NAME" only, as `api_key`.
        api_key: the endpoint's key; other providers read their own variables.
        kwargs: options of the provider's chat model, for example `temperature=0`.

    Raises:
        ModelError: no such model, a package is missing, or a key is.
    """
    if isinstance(model, BaseChatModel):
        return model
    if not isinstance(model, str):
        raise ModelError(f"A model is {FORMS}, not a {type(model).__name__}.")
    provider, _, name = model.strip().partition(":")
    if model.strip() == "offline":
        from surefoot.graph.models.offline import OfflineModel

        return OfflineModel()
    if not provider or not name.strip():
        raise ModelError(f"Unknown model {model!r}: give {FORMS}.")
    if provider == "openai":
        from surefoot.graph.models.endpoint import openai_model

        return openai_model(name.strip(), base_url=base_url, api_key=api_key, **kwargs)
    return _of_provider(provider, name.strip(), kwargs)


def _of_provider(provider: str, name: str, kwargs: dict[str, Any]) -> BaseChatModel:
    try:
        chat_models = importlib.import_module("langchain.chat_models")
    except ImportError:
        raise ModelError(
            f"The model {provider}:{name} needs the langchain package: pip install langchain langchain-{provider}"
        ) from None
    try:
        found: BaseChatModel = chat_models.init_chat_model(name, model_provider=provider, **kwargs)
    except Exception as error:
        first = " ".join(str(error).split())[:300]
        raise ModelError(f"The model {provider}:{name} cannot be had: {first}") from error
    return found
