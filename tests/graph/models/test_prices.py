"""Prices from the installed list: for the model at the address it is called at, and never from the network."""

import builtins
import socket
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
    [("scripted", None), ("offline", None), ("no-such-model", None), ("gpt-4o", "http://127.0.0.1:8000/v1")],
)
def test_what_is_not_listed_or_runs_on_a_server_of_ones_own_has_none(model: str, address: str | None) -> None:
    assert listed_price(model, address) is None


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
