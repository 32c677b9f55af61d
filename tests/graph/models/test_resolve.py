"""From what a person writes to a chat model."""

import sys
from types import ModuleType
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint
from langchain_core.language_models import BaseChatModel

from surefoot.graph.models.resolve import resolve_model
from surefoot.graph.models.scripted import ScriptedModel
from surefoot.tools.errors import ModelError


def test_openai_names_reach_the_endpoint_they_are_given(fake_endpoint: FakeEndpoint) -> None:
    model = resolve_model("openai:org/name:7b", base_url=fake_endpoint.url, temperature=0)
    assert model.invoke("hi").text == "hello"
    assert fake_endpoint.requests[0]["model"] == "org/name:7b"


def test_a_model_object_is_taken_as_it_is() -> None:
    model = ScriptedModel()
    assert resolve_model(model) is model


def test_offline_needs_no_key() -> None:
    pytest.importorskip("surefoot.graph.models.offline")
    assert isinstance(resolve_model("offline"), BaseChatModel)


@pytest.mark.parametrize("wrong", ["", "gpt-4o", "openai:", ":x", "openai: ", "Offline"])
def test_an_unknown_form_is_answered_with_the_forms(wrong: str) -> None:
    with pytest.raises(ModelError, match='"offline", "openai:NAME", "provider:NAME"'):
        resolve_model(wrong)


@pytest.mark.parametrize("wrong", [None, 3, object])
def test_what_is_no_model_is_refused(wrong: Any) -> None:
    with pytest.raises(ModelError, match="A model is"):
        resolve_model(wrong)


def test_no_key_is_a_clear_sentence() -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        resolve_model("openai:gpt-4o")


def test_another_provider_without_langchain_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain", None)  # what an import of a missing package looks like
    monkeypatch.delitem(sys.modules, "langchain.chat_models", raising=False)
    with pytest.raises(ModelError, match="pip install langchain langchain-anthropic"):
        resolve_model("anthropic:claude")


def test_a_provider_is_opened_by_langchain_without_the_openai_key(monkeypatch: pytest.MonkeyPatch) -> None:
    got: dict[str, Any] = {}
    module = ModuleType("langchain.chat_models")

    def init_chat_model(name: str, **kwargs: Any) -> BaseChatModel:
        got.update(name=name, **kwargs)
        if name == "missing":
            raise ImportError("Initializing it requires the package: pip install langchain-x")
        return ScriptedModel()

    module.__dict__["init_chat_model"] = init_chat_model
    monkeypatch.setitem(sys.modules, "langchain", ModuleType("langchain"))
    monkeypatch.setitem(sys.modules, "langchain.chat_models", module)
    assert isinstance(resolve_model("x:y:z", base_url="http://o", api_key="secret", temperature=1), ScriptedModel)
    assert got == {"name": "y:z", "model_provider": "x", "temperature": 1}
    with pytest.raises(ModelError, match=r"x:missing cannot be had: .*pip install langchain-x"):
        resolve_model("x:missing")
