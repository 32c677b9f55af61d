"""What a report states and nothing shows is flagged; what was rounded, reworked or written otherwise is not."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from surefoot.nodes.attempt import start_state
from surefoot.nodes.run import NoRun
from surefoot.nodes.shown import MOST_TOLD, unshown
from surefoot.nodes.state import ReactState, SubTask

RECORDINGS = Path(__file__).parent.parent / "recordings"


def state(*outputs: Any, goal: str = "Tell the figures.", known: dict[str, str] | None = None) -> ReactState:
    log = [
        {
            "action": {"tool": "look", "args": {"year": 2024}, "action_id": "1"},
            "observation": {"success": True, "output": output, "effect": "read_only"},
        }
        for output in outputs
    ]
    return {**start_state(SubTask(task_id="a", description="Do a."), goal=goal, known=known or {}), "log": log}


def flags(report: str, *outputs: Any, **more: Any) -> list[str]:
    return unshown(report, state(*outputs, **more), NoRun())


@pytest.mark.parametrize(
    ("report", "outputs"),
    [
        ("The total is 1,234.50.", ["1234.5"]),
        ("Das sind 1.234,50 Euro.", ["1234.5"]),
        ("About 1\u00a0234.5 in all", ["1234.5"]),
        ("It is ٤٥٫٥ kg.", ["45.5"]),
        ("The mean is 12.35.", [{"mean": 12.34567}]),
        ("About 8,100 characters.", ["8139"]),
        ("Some 1.2 million rows.", ["1203456 rows"]),
        ("It grew by 25 %, from 480 to 600.", [[480, 600]]),
        ("Together 1,080.", [[480, 600]]),
        ("The share is 44.4%.", [[480, 600, 1080]]),
        ("The share is 12.5%.", ["0.125"]),
        ("On 3 July 2026, after 17 entries.", ["2026-07-03"]),
        ("In 2024 there were 12.", ["nothing"]),
        ("It took 850 ms.", ["850ms"]),
        ("Saved as out/report.md.", ["Wrote out/report.md (12 bytes)."]),
        ("See https://a.example/x?y=1.", [{"url": "https://a.example/x?y=1"}]),
        ("Use v1.2.3 of node.js, i.e. e.g. this.", []),
    ],
)
def test_what_was_shown_in_any_form_is_not_flagged(report: str, outputs: list[Any]) -> None:
    assert flags(report, *outputs) == []


@pytest.mark.parametrize(
    ("report", "outputs", "flagged"),
    [
        ("The total is 1,235.", ["1234.4"], ["1,235"]),
        ("The mean is 12.36.", [{"mean": 12.34567}], ["12.36"]),
        ("There are 8139.", ["81390"], ["8139"]),
        ("Saved as report.md and data/new.csv.", ["Wrote report.md"], ["data/new.csv"]),
        ("Write to ann@example.org, see https://b.example/.", ["https://a.example/"], ["https://b.example/"]),
        ("It costs 77,301 dollars.", [], ["77,301"]),
        ("It costs 77,301 dollars.", ["ERROR"], ["77,301"]),
    ],
)
def test_what_nothing_shows_is_flagged(report: str, outputs: list[Any], flagged: list[str]) -> None:
    assert [flag for flag in flags(report, *outputs) if "ann@" not in flag] == flagged


def test_goal_workspace_and_reports_show_things_too() -> None:
    assert flags("In big.csv 431 of 997.", known={"b": "There are 997."}, goal="Are 431 in big.csv?") == []


def test_a_result_of_a_failed_attempt_before_shows_things_too_and_what_that_only_wrote_does_not() -> None:
    found: dict[str, Any] = {"a": [{"tool": "look", "args": {}, "output": "There are 997."}, {"said": "So 431 it is."}]}
    assert unshown("431 of 997.", {**state(), "found": found}, NoRun()) == ["431"]


def test_what_the_worker_wrote_itself_shows_nothing() -> None:
    own: Any = state()
    wrote = {"tool": "write_file", "args": {"path": "r.md", "content": "77301"}, "action_id": "1"}
    own["log"] = [{"action": wrote, "observation": {"success": True, "output": "Wrote r.md", "effect": "idempotent"}}]
    assert unshown("r.md says 77,301.", own, NoRun()) == ["77,301"]


def test_a_flood_of_figures_ends_soon_and_is_told_in_short() -> None:
    report = " ".join(str(n * 7919 + 100) for n in range(20_000))
    assert len(flags(report, "1 " * 100_000)) == MOST_TOLD
    assert flags("It is 77,301.", "x" * 3_000_000) == [], "more than can be read says nothing"


def test_figures_of_real_reports_that_were_changed_are_found() -> None:
    """The report of a real run on its own step: one digit of one figure is changed, many times over."""
    report = (RECORDINGS / "reported_changes.txt").read_text()
    content = (RECORDINGS / "written_changes.txt").read_text()
    shown: dict[str, Any] = {
        "goal": "What changed between the two feeds, from the older to the newer one? Save a short report as changes.md."
    }
    assert flags(report, content, **shown) == []
    rng, found = random.Random(7), 0
    figures = [
        m for m in re.finditer(r"\d[\d,]*\d", report) if len(m[0].replace(",", "")) >= 4 and "20" not in m[0][:2]
    ]
    for _ in range(40):
        figure = rng.choice(figures)
        changed = figure[0][:-2] + str((int(figure[0][-2]) + rng.randint(1, 9)) % 10) + figure[0][-1]
        told = flags(report[: figure.start()] + changed + report[figure.end() :], content, **shown)
        found += told == [changed]
    assert found >= 30
