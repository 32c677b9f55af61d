"""The tools by which a worker steers its own loop: they touch nothing outside the run.

ask_human     a question only a person can decide; the checkpoint asks it
give_up       this subtask cannot be done
find_tools    look for tools that are not on offer; offered only when some are not
read_output   the rest of an output that was cut
"""

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.nodes.attempt import steps_of
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.fold import Fold
from surefoot.nodes.lines import listed, turns_named
from surefoot.nodes.run import Run
from surefoot.nodes.state import Action, Json, ReactState, StepError, StepResult, result_text, step_names
from surefoot.tools.errors import ToolError
from surefoot.tools.toolbox import Toolbox

READ_AT_ONCE = 12_000
"""Characters `read_output` gives at once: as many as a result shows before it is cut, by default."""


def _schema(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT = {"type": "string"}
ASK_HUMAN = _schema("ask_human", "Ask the person who gave the goal.", {"question": _TEXT}, ["question"])
GIVE_UP = _schema(
    "give_up", "End this subtask undone: it cannot be done, or not with what is left.", {"reason": _TEXT}, ["reason"]
)
FIND_TOOLS = _schema(
    "find_tools", "Look for more tools by what they do; found ones can then be called.", {"query": _TEXT}, ["query"]
)
READ_OUTPUT = _schema(
    "read_output",
    f"Read on in a result that was cut or shortened: its last line gives name and start. At most {READ_AT_ONCE:,} characters.",
    {"name": _TEXT, "start": {"type": "integer"}, "length": {"type": "integer"}},
    ["name", "start"],
)
_NO_TOOL = (
    "There is no such tool. Do it with the tools you have; where that cannot be, report what you found and what is "
    "missing, or call give_up."
)

_SCHEMAS = {schema["function"]["name"]: schema for schema in (ASK_HUMAN, GIVE_UP, FIND_TOOLS, READ_OUTPUT)}
CONTROL_TOOLS = frozenset(_SCHEMAS)


def check_names(toolbox: Toolbox) -> None:
    """Refuse tools that are named like surefoot's own: a call could not be told from one that steers the loop.

    Raises:
        ToolError: there is one.
    """
    if taken := sorted(CONTROL_TOOLS.intersection(toolbox.names)):
        raise ToolError(f"surefoot has a tool named {', '.join(taken)} of its own: give yours another name.")


def offered(toolbox: Toolbox, state: ReactState, limit: int, also: Sequence[str] = ()) -> list[str]:
    """Choose the tools for this turn by name.

    Those the plan named for the subtask, or, where it named none, the ones that fit it best, at most `limit`; and every
    tool that `find_tools` has found or the model has called since; and those in `also`.
    """
    known = set(toolbox.names)
    named = state["subtask"].get("tools")
    called = {*_wanted(state.get("log", [])), *also} & known
    query = f"{state['subtask']['description']}\n{state['goal']}"
    if named is None or not known.issuperset(named):
        names = toolbox.select(query, limit, always=called)
    else:
        names = [name for name in toolbox.names if name in {*named, *called}]
    more = ["find_tools"] if len(names) < len(known) else []
    return [*names, *more, "read_output", "ask_human", "give_up"]


def schemas(toolbox: Toolbox, names: Sequence[str]) -> list[dict[str, Any]]:
    """The tools of these names as the model gets them, in OpenAI form."""
    return [_SCHEMAS.get(name) or toolbox.schema(name) for name in names]


def asks(name: str, toolbox: Toolbox) -> bool:
    """Whether a call of this tool always asks a person by itself."""
    return name not in CONTROL_TOOLS and toolbox.effect(name).effect == "irreversible"


def perform(action: Action, state: ReactState, toolbox: Toolbox, run: Run) -> Core[StepResult]:
    """Carry out a control tool that asks nobody; a question that comes here has nobody to go to."""
    if action.tool == "ask_human" and not _question(action.args):
        return failed("bad_arguments", "ask_human needs a question: put it in `question`, as text.")
    if action.tool in ("ask_human", "give_up"):
        return failed("rejected", f"{action.tool} cannot be answered here: decide yourself, or report what you have.")
    if action.tool == "find_tools":
        hits = toolbox.search(str(action.args.get("query", "")), 8)
        return StepResult(
            success=True, output=[toolbox.describe(name) for name in hits] or _NO_TOOL, effect="read_only"
        )
    return (yield from _read_output(action, state, run))


def _read_output(action: Action, state: ReactState, run: Run) -> Core[StepResult]:
    name, start, length = _span(action.args)
    log = state.get("log", [])
    step = next((s for s, known in zip(log, step_names(log), strict=True) if known == name), {})
    observation = step.get("observation") or {}
    report = state.get("known", {}).get(name)
    if report is None and (turns := turns_named(name)):
        steps = zip(step_names(log), steps_of(state), strict=True)
        text, sources = listed(each for each in steps if each[1].turn in turns)
        if text:
            return _part(text[start : start + length], start, len(text), ", ".join(sources))
    if report is None and not observation.get("success"):
        return failed(
            "bad_arguments", f"There is no result {name!r}: the last line of a cut result gives its name, like 2.1."
        )
    source = observation.get("outside", "") if report is None else ", ".join(state.get("taint", {}).get(name, []))
    if artifact := observation.get("artifact"):
        try:
            text = yield Blocking(run.read_output, (artifact, start, length))
        except ToolError as error:
            return failed("exception", str(error))
        total = observation["total_chars"]
    else:
        whole = report if report is not None else result_text(observation.get("output"))
        text, total = whole[start : start + length], len(whole)
    return _part(text, start, total, source)


def _part(text: str, start: int, total: int, source: str) -> StepResult:
    end = start + len(text)
    more = "the end" if end >= total else f"{total:,} in all"
    shown = f"{text}\n[characters {start:,} to {end:,}; {more}]"
    return StepResult(success=True, output=shown, effect="read_only", outside=source)


def failed(kind: str, message: str) -> StepResult:
    """An action that gave no result, without having touched anything."""
    return StepResult(success=False, error=StepError.model_validate({"kind": kind, "message": message}))


def harmless_prefix(queue: Sequence[Mapping[str, Json]], toolbox: Toolbox) -> int:
    """How many calls at the head of the queue change nothing and ask nobody, and so may run side by side.

    A call of a tool that does not exist is one of them: it only yields an error.
    """
    return next((n for n, action in enumerate(queue) if not _harmless(action, toolbox)), len(queue))


def _harmless(action: Mapping[str, Json], toolbox: Toolbox) -> bool:
    tool = action["tool"]
    if action.get("alone"):
        return False
    if tool in CONTROL_TOOLS:
        return tool != "ask_human" or not _question(action.get("args", {}))
    return toolbox.get(tool) is None or toolbox.effect(tool).effect == "read_only"


def _question(args: Mapping[str, Json]) -> str:
    question = args.get("question")
    return question.strip() if isinstance(question, str) else ""


def _span(args: Mapping[str, Json]) -> tuple[str, int, int]:
    def number(value: Json, default: int) -> int:
        text = str(value).strip().removesuffix(".0")
        return int(text) if text.isdecimal() and len(text) < 19 else default

    length = number(args.get("length"), READ_AT_ONCE)
    return str(args.get("name", "")).strip(), number(args.get("start"), 0), min(max(length, 1), READ_AT_ONCE)


def _want(wanted: set[str], _: int, step: Mapping[str, Json]) -> None:
    """Add the tools a step shows the model wants: the one it called, those that promise the same as a bad one, or those
    it found."""
    action, observation = step.get("action") or {}, step.get("observation") or {}
    if action.get("tool") == "find_tools" and observation.get("success"):
        found = observation["output"]
        wanted.update(hit["name"] for hit in found if isinstance(found, list))
    elif action:
        wanted.update([action["tool"], *(step.get("blame") or {}).get("others", [])])


_wanted = Fold[dict[str, Json], set[str]](set, _want)
