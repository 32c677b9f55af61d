"""Tools as they are offered, and logs of what was called: for tests of evidence and of what is planned on it."""

from typing import Any

from surefoot.nodes.evidence.promises import Promise, promise_of
from surefoot.nodes.state import Action, ReactStep, StepError, StepResult


def tool(name: str, does: str, *needs: str, gives: dict[str, Any] | None = None, **described: str) -> dict[str, Any]:
    """A tool that takes texts: its name, what it says it does, its parameters, and what those say of themselves."""
    properties = {need: {"type": "string", "description": described.get(need, "")} for need in needs}
    parameters = {"type": "object", "properties": properties, "required": list(needs)}
    return {"name": name, "description": does, "parameters": parameters, "output": gives or {}}


def promises(*tools: dict[str, Any]) -> dict[str, Promise]:
    return {each["name"]: promise_of(each) for each in tools}


def called(name: str, output: Any = None, error: str = "", kind: Any = "exception", **args: Any) -> ReactStep:
    """A log entry: a call, and its result or its error."""
    failed = StepError(kind=kind, message=error) if error else None
    return ReactStep(
        action=Action(tool=name, args=args), observation=StepResult(success=not error, output=output, error=failed)
    )
