"""Warnings in the words of tools: those that count, and words that only look like one."""

import pytest

from surefoot.nodes.evidence.warnings import warnings_of


def gravity(described: str, name: str = "get_price") -> float:
    return max(warnings_of(name, described).values(), default=0.0)


@pytest.mark.parametrize(
    "described",
    [
        "Returns the price. Deprecated, use get_price_v2 instead.",
        "Returns the price from sample data.",
        "Returns the price. Results may be stale.",
        "Returns the price as known in another system.",
        "Returns the price. Do not use in production: values are simulated.",
        "Returns the price. Not for production; test data.",
        "Returns the price. Not for production.",
    ],
)
def test_a_warning_is_grave(described: str) -> None:
    assert gravity(described) == 1.0


@pytest.mark.parametrize(
    "described",
    [
        "Returns the current price.",
        "Returns the price; replaces the deprecated get_cost.",
        "Returns the price. Never cached.",
        "Returns the price, not an estimate.",
        "Returns the price. Rate limited to 50 calls a minute.",
    ],
)
def test_a_warning_that_is_denied_is_none(described: str) -> None:
    assert gravity(described) == 0.0


def test_a_mild_word_in_what_a_tool_is_about_hardly_counts() -> None:
    assert (
        gravity("Returns the estimated arrival of a train.")
        < 0.5
        < gravity("Returns the arrival. Values are estimated.")
    )


def test_a_name_warns_too() -> None:
    assert gravity("Returns the price.", "legacy_get_price") > 0.5
    assert gravity("Returns the price.", "get_legacy_price") == 0.0
