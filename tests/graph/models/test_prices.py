"""Prices from the installed list: for the model at the address it is called at, and never from the network."""

import builtins
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from surefoot.graph import ScriptedModel, Settings
from surefoot.graph.models.prices import listed_price
from surefoot.graph.parts import assemble


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_listed_model_has_its_price_in_dollars() -> None:
    price = listed_price("gpt-4o")
    assert price is not None
    assert 1 < (price(1_000_000, 0) or 0) < 10
    assert (price(0, 1_000_000) or 0) > (price(1_000_000, 0) or 0)


@pytest.mark.parametrize(
    ("model", "address"),
    [("scripted", None), ("OfflineModel", None), ("no-such-model", None), ("gpt-4o", "http://127.0.0.1:8000/v1")],
)
def test_what_is_not_listed_or_runs_on_a_server_of_ones_own_has_none(model: str, address: str | None) -> None:
    assert listed_price(model, address) is None


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.1.2.3", "[::1]:8000", "localhost:11434", "vllm"])
def test_for_a_server_of_ones_own_the_list_is_not_even_read(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setitem(
        sys.modules, "genai_prices", SimpleNamespace(Usage=lambda **_: pytest.fail("the list was read"))
    )
    assert listed_price("gpt-4o", f"http://{host}/v1") is None


@pytest.mark.parametrize("model", ["offline", ScriptedModel({})])
def test_an_agent_with_a_model_nobody_sells_does_not_read_the_list(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    monkeypatch.setitem(
        sys.modules, "genai_prices", SimpleNamespace(Usage=lambda **_: pytest.fail("the list was read"))
    )
    assemble(model, [], Settings(), store=None, checkpointer=None)


def test_at_the_address_of_its_provider_a_model_has_its_price() -> None:
    assert listed_price("gpt-4o", "https://api.openai.com/v1") is not None


def test_without_the_extra_there_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "genai_prices":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert listed_price("gpt-4o") is None


class Named(ScriptedModel):
    model_name: str = "gpt-4o"


@pytest.mark.parametrize(("table", "usd"), [({}, None), ({"gpt-4o": (1.0, 1.0)}, 2.0)])
def test_the_persons_own_table_comes_first(table: dict[str, Any], usd: float | None) -> None:
    parts = assemble(Named({}), [], Settings(prices=table), store=None, checkpointer=None)
    found = parts.planner._caller._priced(1_000_000, 1_000_000).usd
    assert found == (usd or listed_price("gpt-4o")(1_000_000, 1_000_000))  # type: ignore[misc]
