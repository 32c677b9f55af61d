"""Goals in many wordings, carried out by the offline model with the real tools on real files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
FIRST = json.loads((FOLDER / "goals_first.json").read_text())
"""Written before the rules."""
LATER = json.loads((FOLDER / "goals_later.json").read_text())
"""Written after the first version of the rules, without looking at them."""

UNSEEN = json.loads((FOLDER / "goals_unseen.json").read_text())
"""Written last, on files no rule had been tried on."""

LEARNED = json.loads((FOLDER / "goals_learned.json").read_text())
"""Wordings that once got a wrong answer on the data of the notebooks; the figures were worked out by hand."""


def _param(case: dict[str, Any]) -> Any:
    gap = [pytest.mark.xfail(reason=case["gap"], strict=True)] if "gap" in case else []
    return pytest.param(case, id=case["goal"][:60], marks=gap)


def check(case: dict[str, Any], outcome: Any, office: Path) -> None:
    said = outcome.answer
    assert bool(outcome.gave_up) == case.get("gives_up", False), outcome.gave_up or said
    for text in case.get("says", []):
        assert text.lower() in said.lower(), said
    for text in case.get("not_says", []):
        assert text.lower() not in said.lower(), said
    places = [said.index(text) for text in case.get("order", [])]
    assert places == sorted(places), said
    for name, texts in case.get("files", {}).items():
        written = (office / name).read_text()
        assert all(text in written for text in texts), written
    assert not [name for name in case.get("gone", []) if (office / name).exists()]
    assert all((office / name).exists() for name in case.get("stays", []))
    assert set(case.get("uses", [])) <= set(outcome.used), outcome.used
    assert len(outcome.plan) == case.get("subtasks", len(outcome.plan)), outcome.plan


@pytest.mark.parametrize("case", [_param(case) for case in FIRST])
def test_a_goal_written_before_the_rules_is_reached(
    case: dict[str, Any], driver: Callable[..., Any], office: Path, page: str
) -> None:
    check(case, driver().run(case["goal"].replace("{page}", page)), office)


@pytest.mark.parametrize("case", [_param(case) for case in LATER])
def test_a_goal_written_after_the_rules_is_reached(
    case: dict[str, Any], driver: Callable[..., Any], office: Path, page: str
) -> None:
    check(case, driver().run(case["goal"].replace("{page}", page)), office)


@pytest.mark.parametrize("case", [_param(case) for case in UNSEEN])
def test_a_goal_on_files_nobody_tuned_for_is_reached(
    case: dict[str, Any], driver: Callable[..., Any], library: Path
) -> None:
    check(case, driver(folder=library).run(case["goal"]), library)


@pytest.mark.parametrize("case", [_param(case) for case in LEARNED])
def test_a_wording_that_once_misled_the_rules_is_answered_right_or_given_up(
    case: dict[str, Any], driver: Callable[..., Any], tmp_path: Path
) -> None:
    shutil.copytree(FOLDER.parents[2] / "notebooks" / "data", tmp_path / "data")
    check(case, driver(folder=tmp_path).run(case["goal"]), tmp_path)
