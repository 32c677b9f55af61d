import dataclasses
import enum
import json
import math
import socket
import uuid
from collections import OrderedDict, deque
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr

from surefoot.tools.clean import MAX_DEPTH, Unstorable, clean, clean_text
from surefoot.tools.errors import SurefootError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner)
    ),
    max_leaves=20,
)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(PLAIN)
def test_plain_data_comes_back_as_it_is(value: Any) -> None:
    assert clean(value) == value
    assert json.dumps(clean(value)) == json.dumps(value)


@given(st.text(st.characters()))
def test_any_text_can_be_encoded_and_holds_no_nul(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned.encode().decode()
    assert len(cleaned) == len(text)
    assert clean_text(cleaned) == cleaned


def test_nul_and_lone_surrogates_become_the_replacement_sign() -> None:
    assert clean("a\x00b\ud83d\u00e9") == "a\ufffdb\ufffd\u00e9"
    assert clean({"k\x00": ["\udfff"]}) == {"k\ufffd": ["\ufffd"]}


def test_numbers_no_database_takes_become_text() -> None:
    assert clean([2**63 - 1, 2**63, -(2**63), -(2**63) - 1]) == [2**63 - 1, str(2**63), -(2**63), str(-(2**63) - 1)]
    assert clean([math.nan, math.inf, -math.inf]) == ["NaN", "Infinity", "-Infinity"]
    assert clean(10**5000).startswith("0x")


class Colour(enum.Enum):
    RED = "red\x00"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    when: date


class Person(BaseModel):
    name: str
    key: SecretStr


def test_rich_values_get_their_plain_meaning() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    name = uuid.UUID(int=7)
    rich = [
        *(when, when.date(), when.time(), timedelta(minutes=1.5), Path("a/b"), name, Decimal("1.10"), Fraction(1, 4)),
        *(Colour.RED, Level.HIGH, (1, 2), deque([3]), {"b", "a"}, Point(1, when.date()), OrderedDict(a=1)),
    ]
    assert clean(rich) == [
        *("2026-01-02T03:04:05+00:00", "2026-01-02", "03:04:05", 90.0, "a/b", str(name), "1.10", 0.25),
        *("red\ufffd", 3, [1, 2], [3], ["a", "b"], {"x": 1, "when": "2026-01-02"}, {"a": 1}),
    ]


def test_a_secret_in_a_model_is_not_shown() -> None:
    assert clean(Person(name="a", key=SecretStr("canary"))) == {"name": "a", "key": "**********"}


def test_bytes_become_text_or_a_short_base64_form() -> None:
    assert clean([b"caf\xc3\xa9\x00", bytearray(b"x"), memoryview(b"y")]) == ["café\ufffd", "x", "y"]
    assert clean(b"\xff\x00") == "base64:/wA="
    long = clean(b"\xff" * 100_000)
    assert len(long) < 200
    assert long.endswith("... (100000 bytes)")


def test_keys_become_text_and_never_collide() -> None:
    keys = {7: "a", None: "b", True: "c", date(2026, 1, 2): "d", 2.5: "e"}
    assert clean(keys) == {"7": "a", "null": "b", "true": "c", "2026-01-02": "d", "2.5": "e"}
    with pytest.raises(Unstorable, match="read the same"):
        clean({1: "a", "1": "b"})
    with pytest.raises(Unstorable, match="tuple"):
        clean({(1, 2): "a"})


class Hostile(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no")


class Loose(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    call: Any


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (lambda: 1, "function"),
        ((n for n in ()), "generator"),
        (object(), "object"),
        (ValueError("x"), "ValueError"),
        (Point, "type"),
        (Hostile(a=1), "Hostile"),
        (Loose(call=lambda: 1), "Loose"),
        (range(3), "range"),
    ],
)
def test_what_is_no_data_is_refused_by_name(value: Any, name: str) -> None:
    with pytest.raises(Unstorable, match=name):
        clean(value)
    with pytest.raises(Unstorable, match=name):
        clean({"deep": [(value,)]})


def test_a_socket_is_refused() -> None:
    with socket.socket() as opened, pytest.raises(Unstorable, match="socket"):
        clean(opened)


def test_cycles_are_refused_also_wide_ones() -> None:
    cycle: list[Any] = []
    cycle.extend([cycle] * 10)
    with pytest.raises(Unstorable, match="contains itself"):
        clean(cycle)
    knot: dict[str, Any] = {}
    knot["a"] = {"b": (knot,)}
    with pytest.raises(Unstorable, match="contains itself"):
        clean(knot)


def test_the_same_value_twice_is_no_cycle() -> None:
    shared = [1]
    assert clean([shared, shared]) == [[1], [1]]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 10_000, 100_000])
def test_depth_is_bounded_without_overflow(depth: int) -> None:
    assert clean(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(Unstorable, match="deeper than 50"):
        clean(nested(depth))


def test_shared_lists_that_stand_for_endless_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.tools.clean.MAX_VALUES", 100_000)
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs] * 10
    with pytest.raises(Unstorable, match="more than 100,000 values"):
        clean(laughs)


def test_unstorable_is_a_plain_value_error() -> None:
    assert issubclass(Unstorable, ValueError)
    assert not issubclass(Unstorable, SurefootError)
