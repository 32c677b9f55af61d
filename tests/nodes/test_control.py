"""The tools by which a worker steers itself: offered when of use, unharmed by any arguments."""

from typing import Any

import pytest
from scripted_agent import World

from surefoot.nodes import control
from surefoot.nodes.drive import drive
from surefoot.nodes.react import start_state
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import Action, ReactState, StepResult, SubTask
from surefoot.tools.errors import ToolError
from surefoot.tools.toolbox import Toolbox

TOOLS = Toolbox(World().tools())


def state(*log: dict[str, Any], tools: list[str] | None = None, does: str = "Do a.", **known: str) -> ReactState:
    subtask = SubTask(task_id="a", description=does, tools=tools)
    return {**start_state(subtask, goal="G.", known=known), "log": list(log)}


def step(tool: str, output: Any, turn: int = 1, **more: Any) -> dict[str, Any]:
    return {"turn": turn, "action": {"tool": tool}, "observation": {"success": True, "output": output, **more}}


def perform(tool: str, args: dict[str, Any], given: ReactState | None = None, run: NoRun | None = None) -> StepResult:
    return drive(control.perform(Action(tool=tool, args=args), given or state(), TOOLS, run or NoRun()))


def test_every_tool_is_offered_where_there_are_few() -> None:
    names = control.offered(TOOLS, state(), 14)
    assert names == [*TOOLS.names, "read_output", "ask_human", "give_up"]


def test_find_tools_is_offered_where_some_are_not_shown_and_what_it_found_is_from_then_on() -> None:
    first = control.offered(TOOLS, state(does="Fire it."), 1)
    assert first[0] == "fire" and "find_tools" in first and "look" not in first
    found = step("find_tools", [{"name": "look", "description": "", "effect": ""}])
    assert "look" in control.offered(TOOLS, state(found, does="Fire it."), 1)


def test_a_tool_that_was_called_or_that_the_plan_named_stays_on_offer() -> None:
    assert "broken" in control.offered(TOOLS, state(step("broken", ""), does="Fire it."), 1)
    named = control.offered(TOOLS, state(step("look", ""), does="Fire it.", tools=["put"]), 1)
    assert named == ["look", "put", "find_tools", "read_output", "ask_human", "give_up"]
    assert "fire" in control.offered(TOOLS, state(does="Fire it.", tools=["put", "no such tool"]), 1)
    assert control.offered(TOOLS, state(tools=[]), 14)[0] == "find_tools"


def test_each_offered_tool_has_a_schema_under_its_name() -> None:
    names = control.offered(TOOLS, state(), 1)
    assert [s["function"]["name"] for s in control.schemas(TOOLS, names)] == names


def test_no_tools_at_all_leaves_the_workers_own() -> None:
    assert control.offered(Toolbox([]), state(), 14) == ["read_output", "ask_human", "give_up"]


@pytest.mark.parametrize("name", sorted(control.CONTROL_TOOLS))
def test_names_of_its_own_are_not_to_be_taken(name: str) -> None:
    def tool() -> str:
        """Do it."""
        return ""

    tool.__name__ = name
    with pytest.raises(ToolError, match=name):
        control.check_names(Toolbox([tool]))
    control.check_names(TOOLS)


@pytest.mark.parametrize("args", [{"query": "fire something"}, {"query": "FIRE"}])
def test_find_tools_describes_what_fits(args: dict[str, Any]) -> None:
    assert perform("find_tools", args).output[0]["name"] == "fire"


@pytest.mark.parametrize("args", [{}, {"query": None}, {"query": ["x"]}, {"query": 7}, {"q": "fire"}])
def test_find_tools_with_odd_arguments_finds_nothing_and_fails_nothing(args: dict[str, Any]) -> None:
    result = perform("find_tools", args)
    assert result.success and str(result.output).startswith("There is no such tool. Do it with the tools you have")
    asked = {"turn": 1, "action": {"tool": "find_tools"}, "observation": result.model_dump(mode="json")}
    assert control.offered(TOOLS, {**state(), "log": [asked]}, 1) == control.offered(TOOLS, state(), 1)


def test_read_output_reads_a_step_or_a_report_by_name() -> None:
    given = state(step("look", "0123456789"), step("look", {"a": 1}), before="abcdef")
    read = perform("read_output", {"name": "1.1", "start": 3, "length": 4}, given)
    assert read.output == "3456\n[characters 3 to 7; 10 in all]"
    assert perform("read_output", {"name": "1.2"}, given).output == '{"a": 1}\n[characters 0 to 8; the end]'
    assert perform("read_output", {"name": " before ", "start": 4}, given).output == "ef\n[characters 4 to 6; the end]"


def test_read_output_lists_steps_by_the_range_of_their_turns() -> None:
    given = state(*[{**step("look", f"place {n}"), "turn": n, "thought": f"On to {n}."} for n in range(1, 5)])
    told = str(perform("read_output", {"name": "2-3", "start": 0}, given).output)
    assert told == "On to 2.\n2.1 look({}) -> place 2\nOn to 3.\n3.1 look({}) -> place 3\n[characters 0 to 65; the end]"
    assert str(perform("read_output", {"name": "2-3", "start": 9}, given).output).startswith("2.1 look({}) -> place 2")
    assert not perform("read_output", {"name": "8-9", "start": 0}, given).success
    named = {**given, "known": {"2-3": "a report of that name"}}
    assert str(perform("read_output", {"name": "2-3"}, named).output).startswith("a report of that name")


def test_a_list_of_steps_has_the_sources_of_all_in_it() -> None:
    theirs = [{**step("mail", f"text {n}", outside=source), "turn": n} for n, source in enumerate(("mail", "", "page"))]
    listed = {name: perform("read_output", {"name": name}, state(*theirs)) for name in ("0-2", "1-1")}
    assert {name: result.outside for name, result in listed.items()} == {"0-2": "mail, page", "1-1": ""}
    assert "outside text" not in str(listed["0-2"].output)  # the whole of it is marked where it is shown


def test_what_is_read_again_has_the_source_it_had() -> None:
    given = state(step("mail", "theirs", outside="mail"), step("look", "own"), before="told", own="mine")
    given["taint"] = {"before": ["page", "feed"]}
    sources = {name: perform("read_output", {"name": name}, given).outside for name in ("1.1", "1.2", "before", "own")}
    assert sources == {"1.1": "mail", "1.2": "", "before": "page, feed", "own": ""}


def test_read_output_reads_on_in_what_was_stored() -> None:
    class Kept(NoRun):
        def read_output(self, name: str, start: int, length: int) -> str:
            return f"{name} {start} {length}"

    cut = step("look", "begin", artifact="stored", total_chars=99)
    assert str(perform("read_output", {"name": "1.1", "start": 5, "length": 7}, state(cut), Kept()).output).startswith(
        "stored 5 7\n"
    )
    gone = perform("read_output", {"name": "1.1"}, state(cut))
    assert gone.error and (gone.error.kind, gone.error.message) == ("exception", "No output named stored is kept.")


@pytest.mark.parametrize(
    "args",
    [{}, {"name": None}, {"name": "9.9"}, {"name": "../../etc"}, {"name": ["1.1"]}, {"name": "f" * 32, "start": 0}],
)
def test_read_output_of_what_there_is_not_is_told_so(args: dict[str, Any]) -> None:
    result = perform("read_output", args, state(step("look", "x")))
    assert result.error and result.error.kind == "bad_arguments"
    assert "no result" in result.error.message


@pytest.mark.parametrize("odd", ["²", "9" * 5000, -5, None, "x", True, float("nan"), 10**40, [1], "1.5"])
def test_odd_numbers_are_read_as_the_beginning(odd: Any) -> None:
    result = perform("read_output", {"name": "1.1", "start": odd, "length": odd}, state(step("look", "0123456789")))
    assert result.output == "0123456789\n[characters 0 to 10; the end]"


@pytest.mark.parametrize(("start", "text"), [("3", "3456789"), (3.0, "3456789"), (" 8 ", "89"), (99, "")])
def test_numbers_are_read_however_they_are_written(start: Any, text: str) -> None:
    result = perform("read_output", {"name": "1.1", "start": start}, state(step("look", "0123456789")))
    assert str(result.output).split("\n")[0] == text


def test_at_most_so_much_is_read_at_once() -> None:
    long = state(step("look", "x" * 50_000))
    assert len(str(perform("read_output", {"name": "1.1", "length": 50_000}, long).output)) < control.READ_AT_ONCE + 100


@pytest.mark.parametrize("args", [{}, {"question": " "}, {"question": None}, {"question": {"a": 1}}, {"q": "what?"}])
def test_a_question_without_words_goes_back_to_the_model_and_to_nobody_else(args: dict[str, Any]) -> None:
    assert control.harmless_prefix([{"tool": "ask_human", "args": args}], TOOLS) == 1
    result = perform("ask_human", args)
    assert result.error and result.error.kind == "bad_arguments"


@pytest.mark.parametrize(
    ("tools", "count"),
    [
        ([], 0),
        (["look", "find_tools", "no such tool", "read_output", "put", "look"], 4),
        (["put"], 0),
        (["look", "ask_human", "look"], 1),
        (["fire", "look"], 0),
        (["look", "undeclared"], 1),
    ],
)
def test_what_changes_something_or_asks_somebody_ends_what_runs_side_by_side(tools: list[str], count: int) -> None:
    queue = [{"tool": tool, "args": {"question": "Really?"}} for tool in tools]
    assert control.harmless_prefix(queue, TOOLS) == count


def test_only_irreversible_tools_are_named_as_asking_by_themselves() -> None:
    assert [n for n in [*TOOLS.names, *control.CONTROL_TOOLS, "no such tool"] if control.asks(n, TOOLS)] == ["fire"]
