import json
import math
import time
from contextlib import suppress
from typing import Any

import pytest

from surefoot.tools.calculate import calculate_tool
from surefoot.tools.effects import effect_of
from surefoot.tools.errors import ToolError


def calculate(expression: str) -> Any:
    return calculate_tool().invoke({"expression": expression})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 14),
        ("  -(2 - 7) ", 5),
        ("7 / 2", 3.5),
        ("7 // 2 + 7 % 4", 6),
        ("2 ^ 10", 1024),
        ("2 * 3 ^ 2", 18),
        ("2 ** 3 ** 2", 512),
        ("2^-1", 0.5),
        ("2^100", 2**100),
        ("sqrt(2)^2", math.sqrt(2) ** 2),
        ("log(e) + log(8, 2) + log10(1000)", 7.0),
        ("sin(pi / 2)", 1.0),
        ("round(2.34567, 2)", 2.35),
        ("round(1234, -2)", 1200),
        ("floor(-1.5) + ceil(1.2)", 0),
        ("sum([1, 2, 3]) + sum(4, 5)", 15),
        ("sum(0.1, 0.2, 0.3)", 0.6),
        ("mean([3, 4, 8]) + median(1, 9, 2)", 7),
        ("stdev([2, 4, 4, 4, 5, 5, 7, 9])", 2.138089935299395),
        ("min(3, 1, 2) + max([3, 1, 2])", 4),
        ("factorial(20)", math.factorial(20)),
        ("comb(49, 6) + perm(5, 2)", 13983836),
        ("comb(1000000, 3)", math.comb(1000000, 3)),
        ("gcd(12, 18) + lcm(4, 6) + prod([2, 3])", 24),
        ("15% of 80", 12.0),
        ("200 - 12.5 % of 80", 190.0),
        ("10% of 20% of 50", 1.0),
        ("7 % 4", 3),
        ("6 × 7 ÷ 2 − 1", 20.0),
        ("hypot(3, 4)", 5.0),
    ],
)
def test_arithmetic_is_worked_out(expression: str, value: float) -> None:
    result = calculate(expression)
    assert result == pytest.approx(value, rel=1e-15)
    assert type(result) is type(value)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("9**9**9", "4096 bits"),
        ("9^9^9^9", "4096 bits"),
        ("10**1000 * 10**1000", "4096 bits"),
        ("2.0**100000", "too large"),
        ("1e308 * 10", "not a finite"),
        ("pow(7, 10**12)", "4096 bits"),
        ("factorial(100000000)", "4096 bits"),
        ("comb(10**9, 5 * 10**8)", "4096 bits"),
        ("perm(10**9, 10**8)", "4096 bits"),
        ("round(1, -10**9)", "at most 400 places"),
        ("prod([" + "10**1000, " * 500 + "])", "4096 bits"),
        ("lcm([" + ", ".join(f"2**4000 - {n}" for n in range(500)) + "])", "4096 bits"),
        ("'a' * 10**9", "Only numbers"),
        ("[1] * 10**9", "list"),
        ("[0] + [1]", "list"),
        ("[x for x in [1] * 10**9]", "Only numbers, "),
        ("sum(x for y in [1] for x in [2])", "Only numbers, "),
        ("(1).__class__", "Only numbers, "),
        ("sqrt.__globals__", "Only numbers, "),
        ("[1, 2][0]", "Only numbers, "),
        ("__import__('os')", "no function __import__"),
        ("list([1])", "no function list"),
        ("(lambda: 1)()", "Only numbers, "),
        ("f'{1}'", "Only numbers, "),
        ("{1: 2}", "Only numbers, "),
        ("1 < 2", "Only numbers, "),
        ("x := 5", "no arithmetic"),
        ("(x := 5)", "Only numbers, "),
        ("a = 5", "no arithmetic"),
        ("1; 2", "no arithmetic"),
        ("max([1], key=abs)", "Only numbers, "),
        ("max(*[1, 2])", "Only numbers, "),
        ("1 << 100000", "Only numbers, "),
        ("5 & 3", "Only numbers, "),
        ("True + 1", "Only numbers can"),
        ("sqrt", "Only numbers can"),
        ("2j", "complex"),
        ("(-8) ^ 0.5", "complex"),
        ("sqrt(-1)", "cannot be worked out"),
        ("1 / 0", "divides by zero"),
        ("5 % 0", "divides by zero"),
        ("1,234 + 1", "thousands separators"),
        ("3,5", "with a point"),
        ("(" * 4000 + "1" + ")" * 4000, "nested too deeply|no arithmetic"),
        ("-" * 9000 + "1", "nested too deeply"),
        ("1" + "+1" * 4000, r"use sum\(\[\.\.\.\]\)"),
        ("9" * 9000, "no arithmetic"),
        ("1" * 10_001, "at most 10000"),
        ("", "no arithmetic"),
        ("two plus two", "no arithmetic"),
        ("\0", "no arithmetic|cannot be worked out"),
        ("foo(2)", "no function foo; there are: abs"),
        ("price * 2", "no variable price"),
        ("200 + 10%", "'15% of 80'"),
        ("10% * 200", "'15% of 80'"),
        ("80 / 15% of 8", "in parentheses"),
        ("mean([])", "cannot be worked out"),
        ("sqrt(1, 2)", "cannot be worked out"),
        ("factorial(-1)", "cannot be worked out"),
        ("nan", "no variable nan"),
    ],
)
def test_what_is_no_bounded_arithmetic_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ToolError, match=message) as caught:
        calculate(expression)
    assert len(str(caught.value)) < 700


SLOW = [
    "9^9^9^9^9",
    "factorial(10^9)",
    "comb(10^9, 5 * 10^8)",
    "2^4095 // 3^2000 % 7^1400",
    f"stdev([{'2^4000, ' * 1200}1])",
    f"prod([{'1e300, 1e-300, ' * 600}2])",
    f"lcm([{', '.join(str(n) for n in range(2, 2500))}])",
    f"variance([{', '.join(f'{n}e-{n % 300}' for n in range(900))}])",
    "(" * 5000 + "1" + ")" * 4999,
    "-" * 9999 + "1",
    "1" * 10_000,
    "% " * 5000,
    "/ " * 5000,
    "1" + " " * 9990 + "% x",
    "sqrt(" * 1900 + "2" + ")" * 499,
]


@pytest.mark.parametrize("expression", SLOW, ids=lambda e: e[:20])
def test_no_expression_takes_long(expression: str) -> None:
    begun = time.process_time()
    with suppress(ToolError):
        calculate(expression)
    assert time.process_time() - begun < 3


def test_one_bad_call_leaves_the_tool_as_it_was() -> None:
    tool = calculate_tool()
    with pytest.raises(ToolError):
        tool.invoke({"expression": "list([1])"})
    assert tool.invoke({"expression": "1 + 1"}) == 2
    with pytest.raises(ToolError):
        tool.invoke({"expression": "dict()"})


async def test_it_runs_in_an_event_loop() -> None:
    assert await calculate_tool().ainvoke({"expression": "6 * 7"}) == 42


def test_it_declares_that_it_only_reads() -> None:
    assert effect_of(calculate_tool()).effect == "read_only"


def test_its_description_names_every_function() -> None:
    description = calculate_tool().description
    assert all(name in description for name in ("sqrt", "factorial", "median", "15% of 80", "both mean power"))
