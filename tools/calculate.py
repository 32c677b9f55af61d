"""Evaluates arithmetic: numbers, operators and a fixed set of functions, by simpleeval.

`^` is read as a power, as people write it. Every intermediate result is bounded, so no expression takes long.
"""

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import simpleeval  # type: ignore[import-untyped]
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from surefoot.tools.effects import tool_effect
from surefoot.tools.errors import ToolError

__all__ = ["calculate_tool"]

Number = int | float

_MAX_CHARS = 10_000
_MAX_BITS = 4096
_MAX_PLACES = 400
_SIGNS = str.maketrans({"^": "**", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"})
_PERCENT_OF = re.compile(
    r"(?P<before>(?:/|%|\*\*)\s*)?(?<![\w.])(?P<number>\d+(?:\.\d+)?|\.\d+)\s*%\s*of\b", re.IGNORECASE
)
_BARE_PERCENT = re.compile(r"\d\s*%\s*(?:$|[-+*/),%])")


def calculate_tool() -> BaseTool:
    """Make the tool `calculate(expression)`: int where the result is whole by nature, else float.

    Whole numbers are exact up to 4096 bits (about 1200 digits). What is no finite real number, or too large, or not
    arithmetic, is a ToolError.
    """
    evaluator = _evaluator()

    def calculate(
        expression: Annotated[str, Field(description="Arithmetic, for example (1200 - 15% of 1200) * 1.19 ^ 3")],
    ) -> Number:
        return _evaluate(evaluator, expression)

    description = (
        "Work out an arithmetic expression and return the number. Operators: + - * / // (whole division) % (remainder)"
        " and ^ or ** (both mean power). A percentage is written '15% of 80'; else divide by 100."
        " The usual functions, among them round, sqrt, log, sin, floor, factorial, comb, gcd, sum, prod, mean, median,"
        " stdev; constants pi, e, tau."
        " Angles are in radians; log is natural, log(x, base) any other. Lists go in brackets: mean([3, 4, 8])."
        " Write numbers without thousands separators or units; there are no variables."
    )
    return tool_effect("read_only", timeout=10)(StructuredTool.from_function(calculate, description=description))


def _evaluator() -> Any:
    evaluator: Any = simpleeval.EvalWithCompoundTypes(operators=_OPERATORS, names=_CONSTANTS)
    evaluator.functions = _FUNCTIONS  # after the constructor: it adds list(), dict() and set() to what it is given
    evaluator.nodes = {kind: evaluator.nodes[kind] for kind in _ALLOWED}
    evaluator.nodes[ast.Constant] = lambda node: _number(node.value)
    return evaluator


def _evaluate(evaluator: Any, expression: str) -> Number:
    try:
        tree = ast.parse(_python(expression), mode="eval")
        return _number(evaluator.eval(expression, previously_parsed=tree.body))
    except ToolError:
        raise
    except (RecursionError, MemoryError):
        raise ToolError("The expression is nested too deeply; for long sums use sum([...]).") from None
    except Exception as error:  # noqa: BLE001  whatever a function raises is the expression's fault
        raise ToolError(_explain(error, expression)) from None


def _python(expression: str) -> str:
    """Write an expression as Python does: powers, signs and percentages."""
    if len(expression) > _MAX_CHARS:
        raise ToolError(f"The expression has {len(expression)} characters; at most {_MAX_CHARS} are read.")
    return _PERCENT_OF.sub(_part, expression.translate(_SIGNS)).strip()


def _part(match: re.Match[str]) -> str:
    if match["before"]:
        raise ToolError(f"Put '{match['number']}% of ...' in parentheses: it is not clear what comes first.")
    return f"{match['number']} / 100 *"


def _explain(error: Exception, expression: str) -> str:
    """Say in one sentence what is wrong with the expression, and how to write it."""
    if isinstance(error, simpleeval.FunctionNotDefined):
        return f"There is no function {error.func_name}; there are: {', '.join(sorted(_FUNCTIONS))}."
    if isinstance(error, simpleeval.NameNotDefined):
        return f"There is no variable {error.name}; write its number. Constants: {', '.join(_CONSTANTS)}."
    if isinstance(error, simpleeval.InvalidExpression):
        return "Only numbers, + - * / // % ^, parentheses, lists in brackets and the listed functions can be used."
    if isinstance(error, ZeroDivisionError):
        return "The expression divides by zero."
    if isinstance(error, OverflowError):
        return "The result is too large."
    if isinstance(error, SyntaxError) and _BARE_PERCENT.search(expression):
        return "A percentage is written '15% of 80', or as 15 / 100."
    if isinstance(error, SyntaxError):
        return "This is no arithmetic expression; write for example (3 + 4.5) * 2 ^ 3, without units or words."
    return f"The expression cannot be worked out: {error}."


def _number(value: Any) -> Number:
    """Let a finite real number of bounded size pass."""
    if isinstance(value, list | tuple):
        raise ToolError("A list stands where a number must; write decimals with a point, and no thousands separators.")
    if isinstance(value, complex):
        raise ToolError("The result or a part of it is a complex number; calculate works with real numbers only.")
    if type(value) not in (int, float):
        raise ToolError(f"Only numbers can be calculated with, not {getattr(value, '__name__', repr(value))[:40]}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ToolError("The result or a part of it is not a finite number.")
    if isinstance(value, int):
        _fits(value.bit_length())
    return value  # type: ignore[no-any-return]


def _fits(bits: float) -> None:
    if bits > _MAX_BITS:
        raise ToolError(f"The result or a part of it has more than {_MAX_BITS} bits; write it with a decimal point.")


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Number]:
    """Let a function see numbers only, and give back numbers only."""
    return lambda *values: _number(function(*map(_number, values)))


def _of_series(function: Callable[[list[Number]], Any]) -> Callable[..., Number]:
    """Let a function of a list be called with a list or with its members."""

    def call(*values: Any) -> Number:
        members: Iterable[Any] = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
        return _number(function([_number(member) for member in members]))

    return call


def _stepwise(function: Callable[[Any, Any], Any], start: int) -> Callable[..., Number]:
    """Fold a list two by two, each intermediate result bounded."""

    def fold(series: list[Number]) -> Number:
        result: Number = start
        for value in series:
            result = _number(function(result, value))
        return result

    return _of_series(fold)


def _power(base: Number, exponent: Number) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        _fits((base.bit_length() - 1) * exponent)
    return base**exponent


def _round(value: Number, places: int = 0) -> Number:
    if abs(places) > _MAX_PLACES:
        raise ToolError(f"round works on at most {_MAX_PLACES} places.")
    return round(value, places) if places else round(value)


def _factorial(count: int) -> int:
    _fits(_log2_factorial(count))
    return math.factorial(count)


def _comb(among: int, chosen: int) -> int:
    _fits(_log2_factorial(among) - _log2_factorial(chosen) - _log2_factorial(among - chosen))
    return math.comb(among, chosen)


def _perm(among: int, chosen: int) -> int:
    _fits(_log2_factorial(among) - _log2_factorial(among - chosen))
    return math.perm(among, chosen)


def _log2_factorial(count: Number) -> float:
    return math.lgamma(count + 1) / math.log(2) if count > 0 else 0.0


def _sum(series: list[Number]) -> Number:
    return math.fsum(series) if any(isinstance(value, float) for value in series) else sum(series)


_ALLOWED = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Call, ast.Name, ast.List, ast.Tuple)
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_OPERATORS = {
    ast.Add: _of_numbers(operator.add),
    ast.Sub: _of_numbers(operator.sub),
    ast.Mult: _of_numbers(operator.mul),
    ast.Div: _of_numbers(operator.truediv),
    ast.FloorDiv: _of_numbers(operator.floordiv),
    ast.Mod: _of_numbers(operator.mod),
    ast.Pow: _of_numbers(_power),
    ast.USub: _of_numbers(operator.neg),
    ast.UAdd: _of_numbers(operator.pos),
}
_SCALAR: tuple[Callable[..., Any], ...] = (
    *(abs, math.sqrt, math.cbrt, math.exp, math.log, math.log2, math.log10, math.floor, math.ceil, math.trunc),
    *(math.sin, math.cos, math.tan, math.asin, math.acos, math.atan, math.atan2, math.sinh, math.cosh, math.tanh),
    *(math.degrees, math.radians, math.hypot),
)
_SERIES: tuple[Callable[..., Any], ...] = (
    *(min, max, statistics.mean, statistics.median, statistics.mode, statistics.stdev, statistics.pstdev),
    *(statistics.variance, statistics.pvariance),
)
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    **{function.__name__: _of_numbers(function) for function in _SCALAR},
    **{function.__name__: _of_series(function) for function in _SERIES},
    "pow": _of_numbers(_power),
    "round": _of_numbers(_round),
    "factorial": _of_numbers(_factorial),
    "comb": _of_numbers(_comb),
    "perm": _of_numbers(_perm),
    "sum": _of_series(_sum),
    "prod": _stepwise(operator.mul, 1),
    "gcd": _stepwise(math.gcd, 0),
    "lcm": _stepwise(math.lcm, 1),
}
