"""Each of the forty faults is held by tests that are there, run, and bear its mark."""

import ast
from pathlib import Path

import pytest
from fault_cases import FAULTS, cases_of

TESTS = Path(__file__).parent


def test_all_forty_have_tests() -> None:
    assert sorted(FAULTS) == list(range(1, 41))
    assert all(case.tests for case in FAULTS.values())


@pytest.mark.parametrize("number", sorted(FAULTS))
def test_its_tests_are_there_and_not_skipped(number: int) -> None:
    for test in FAULTS[number].tests:
        path, _, name = test.partition("::")
        functions = ast.walk(ast.parse((TESTS / path).read_text(encoding="utf-8")))
        found = [f for f in functions if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and f.name == name]
        assert len(found) == 1, f"{test} is not there"
        assert not any("skip" in ast.dump(mark) or "xfail" in ast.dump(mark) for mark in found[0].decorator_list)
        assert number in cases_of(f"tests/{test}[any]")


def test_those_that_are_collected_are_marked(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        assert [mark.args[0] for mark in item.iter_markers("fault")] == cases_of(item.nodeid)
