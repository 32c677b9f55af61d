from typing import Any

import pytest

from surefoot.tools.confidence import as_confidence


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        (0.9, 0.9),
        (1, 1.0),
        (0, 0.0),
        ("0.75", 0.75),
        ("85%", 0.85),
        (" 85 % ", 0.85),
        (85, 0.85),
        (100, 1.0),
        ("1%", 0.01),
        (1.5, None),
        (101, None),
        (-0.1, None),
        ("-5%", None),
        (True, None),
        (None, None),
        ("high", None),
        (float("nan"), None),
        ("nan", None),
        (float("inf"), None),
        ([0.9], None),
        (10**400, None),
    ],
)
def test_a_confidence_is_read_in_the_forms_models_write_it(stated: Any, meant: float | None) -> None:
    assert as_confidence(stated) == (meant if meant is None else pytest.approx(meant))


def test_an_absurdly_long_number_is_no_confidence() -> None:
    assert as_confidence(10**5000) is None
