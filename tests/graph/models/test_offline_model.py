"""The offline model as a chat model, and what it does when a call fails or something is missing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from surefoot.graph.models.offline import OfflineModel
from surefoot.graph.models.offline.arithmetic import expression
from surefoot.nodes import prompts
from surefoot.nodes.control import ASK_HUMAN, FIND_TOOLS, GIVE_UP, READ_OUTPUT
from surefoot.tools import default_tools
from surefoot.tools.toolbox import Toolbox


def think(office: Path, description: str, replies: list[str], extra: list[Any] | None = None, **info: Any) -> AIMessage:
    """Ask what to do after these replies (each to the first call of its turn); returns the last reply of the model."""
    toolbox = Toolbox([*default_tools(office), *(extra or [])])
    offered = OfflineModel().bind_tools([*map(toolbox.schema, toolbox.names), ASK_HUMAN, GIVE_UP, READ_OUTPUT])
    request = {"node": "think", "goal": description, "subtask": {"description": description}, **info}
    messages: list[BaseMessage] = [HumanMessage(description)]
    for reply in [*replies, ""]:
        said = offered.invoke(messages, config={"metadata": {"surefoot": request}})
        status = "error" if reply.startswith("ERROR") else "success"
        answers = [ToolMessage(reply, tool_call_id=str(call["id"]), status=status) for call in said.tool_calls]
        messages += [said, *answers]
    assert isinstance(said, AIMessage)
    return said


def call_of(message: AIMessage) -> tuple[str, dict[str, Any]]:
    return message.tool_calls[0]["name"], message.tool_calls[0]["args"]


def test_the_same_request_gets_the_same_reply_and_its_tokens_are_counted(office: Path) -> None:
    one, other = (think(office, "what is 2+3", []) for _ in range(2))
    assert (one.tool_calls, one.usage_metadata) == (other.tool_calls, other.usage_metadata)
    assert one.usage_metadata and one.usage_metadata["output_tokens"] > 0


async def test_it_answers_async_and_without_the_agent() -> None:
    @tool
    def calculate(expression: str) -> float:
        """Work out arithmetic."""
        return 5

    offered = OfflineModel().bind_tools([calculate])
    reply = await offered.ainvoke("what is 2+3")
    assert call_of(reply) == ("calculate", {"expression": "2+3"})


def test_it_judges_nothing_when_asked_to_reflect() -> None:
    request = {"surefoot": {"node": "reflect", "goal": "g", "subtask": {}}}
    assert json.loads(OfflineModel().invoke("?", config={"metadata": request}).text)["drift"] is False


def test_a_final_answer_merges_the_results_in_plan_order() -> None:
    plan = [
        {"description": "A", "status": "completed", "result": "one"},
        {"description": "B", "status": "completed", "result": "two"},
        {"description": "C", "status": "failed", "result": "why not"},
    ]
    request = {"surefoot": {"node": "finish", "goal": "g", "plan": plan, "why": "done"}}
    text = OfflineModel().invoke("?", config={"metadata": request}).text
    assert text.index("one") < text.index("two") < text.index("Not done: C (why not)")


def test_what_it_cannot_do_names_a_way_to_a_real_model(office: Path) -> None:
    name, args = call_of(think(office, "Compose a sonnet", []))
    assert name == "give_up"
    assert "--model openai:NAME" in args["reason"]


def test_a_call_a_person_did_not_allow_is_not_tried_another_way(office: Path) -> None:
    name, args = call_of(think(office, "Delete tmp/a.tmp", ["ERROR rejected: keep it"]))
    assert (name, "keep it" in args["reason"]) == ("give_up", True)


def test_an_effect_carries_its_confidence_and_a_reading_does_not(office: Path) -> None:
    assert "confidence" in call_of(think(office, "Delete tmp/a.tmp", []))[1]
    assert "confidence" not in call_of(think(office, "Read tmp/a.tmp", []))[1]


def test_a_file_that_exists_is_overwritten_only_if_the_person_agrees(driver: Callable[..., Any], office: Path) -> None:
    description = "Write 'new' to tmp/a.tmp"
    exists = "ERROR exception: tmp/a.tmp exists already; overwrite=true replaces it."
    assert call_of(think(office, description, [exists]))[0] == "ask_human"
    assert call_of(think(office, description, [exists, "no, leave it"]))[0] == "give_up"
    assert call_of(think(office, description, [exists, "yes"]))[1]["overwrite"] is True


def test_an_output_that_was_cut_is_read_on(office: Path) -> None:
    text = json.dumps([{"path": "a.txt", "bytes": 1}, {"path": "b.txt", "bytes": 2}])
    cut = f"{text[:20]}\n{prompts.cut(name='o1', shown=20, total=len(text))}"
    assert call_of(think(office, "List all files", [cut])) == (
        "read_output",
        {"name": "o1", "start": 20, "length": 12_000},
    )
    assert "b.txt (2 bytes)" in think(office, "List all files", [cut, text[20:]]).text


def test_a_tool_that_is_not_on_offer_is_looked_for_once(office: Path) -> None:
    @tool
    def paint(colour: str) -> str:
        """Paint the wall."""
        return colour

    offered = OfflineModel().bind_tools([paint, FIND_TOOLS, GIVE_UP])
    request = {"metadata": {"surefoot": {"node": "think", "goal": "", "subtask": {"description": "List all files"}}}}
    said = offered.invoke([HumanMessage("go")], config=request)
    name, args = call_of(said)
    assert (name, "list_files" in args["query"]) == ("find_tools", True)
    found = ToolMessage("[]", tool_call_id=str(said.tool_calls[0]["id"]))
    assert call_of(offered.invoke([HumanMessage("go"), said, found], config=request))[0] == "give_up"
    with_list = OfflineModel().bind_tools([paint, default_tools(office)[0], FIND_TOOLS, GIVE_UP])
    assert call_of(with_list.invoke([HumanMessage("go"), said, found], config=request))[0] == "list_files"


def test_without_a_query_tool_the_file_itself_is_read(driver: Callable[..., Any], office: Path) -> None:
    drive = driver()
    used: list[str] = []
    for goal, expected in (
        ("total Revenue_EUR by Region in sales/orders.csv using read_file", "880.75"),
        ("median salary in people/staff.json using read_file", "51000"),
    ):
        answer, done = drive.think(goal, {"description": goal}, {}, used)
        assert done and expected in answer, answer
    assert set(used) == {"read_file"}


def test_a_missing_argument_comes_from_another_tool(driver: Callable[..., Any]) -> None:
    def station_code(town: str) -> dict[str, str]:
        """Look up the station code of a town."""
        return {"town": town, "station_code": "OSL7"}

    def departures(station_code: str) -> list[dict[str, str]]:
        """Next train departures at a station."""
        return [{"train": "R20", "from": station_code}]

    outcome = driver([station_code, departures]).run("Show the next departures from Oslo")
    assert outcome.used == ["station_code", "departures"]
    assert "OSL7" in outcome.answer


def test_a_tool_with_a_warning_in_its_description_comes_second(driver: Callable[..., Any]) -> None:
    def stock_price_demo(ticker: str) -> dict[str, float]:
        """Stock price of a ticker. Sample data, may be stale."""
        return {"price": 1.0}

    def stock_price(ticker: str) -> dict[str, float]:
        """Stock price of a ticker."""
        return {"price": 2.5}

    outcome = driver([stock_price_demo, stock_price]).run("What is the stock price of ACME?")
    assert outcome.used == ["stock_price"]


def test_a_second_matching_tool_is_tried_when_the_first_fails(driver: Callable[..., Any]) -> None:
    def moon_phase(date: str) -> str:
        """Phase of the moon on a date."""
        raise RuntimeError("service is down")

    def moon_phase_table(date: str) -> str:
        """Phase of the moon on a date, from a table."""
        return "waning"

    outcome = driver([moon_phase, moon_phase_table]).run("Phase of the moon on 2024-05-01")
    assert outcome.used == ["moon_phase", "moon_phase_table"]
    assert "waning" in outcome.answer


def test_what_is_too_large_to_be_read_whole_is_not_copied_in_part(driver: Callable[..., Any], office: Path) -> None:
    (office / "big.txt").write_text("line of text\n" * 20_000)
    outcome = driver().run("Copy big.txt to small.txt")
    assert "too large" in outcome.gave_up
    assert not (office / "small.txt").exists()


def test_results_that_were_condensed_are_not_guessed_at() -> None:
    offered = OfflineModel().bind_tools([GIVE_UP])
    request = {"metadata": {"surefoot": {"node": "think", "goal": "", "subtask": {"description": "what is 2+3"}}}}
    reply = offered.invoke(
        [HumanMessage("go"), HumanMessage(prompts.condensed(lines=["- calculate -> 5"]))], config=request
    )
    assert "condensed" in call_of(reply)[1]["reason"]


def test_a_copy_is_the_same_text(driver: Callable[..., Any], office: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(3000))
    (office / "long.txt").write_text(text)
    driver().run("Copy long.txt to copy.txt")
    assert (office / "copy.txt").read_text() == text


def test_quarters_are_three_months_each(driver: Callable[..., Any]) -> None:
    answer = driver().run("number of orders per quarter").answer
    assert [line.split("|")[1:3] for line in answer.splitlines() if "Q" in line] == [
        [" 2023-Q4 ", "     2 "], [" 2024-Q1 ", "     7 "], [" 2024-Q2 ", "     1 "],
    ]  # fmt: skip


def test_words_that_change_a_question_are_never_passed_over(driver: Callable[..., Any]) -> None:
    for goal in (
        "correlation of units and Revenue_EUR",
        "share of Revenue_EUR by Region",
        "total Revenue_EUR of returned orders",
    ):
        assert driver().run(goal).gave_up, goal


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("what is 15% of 230", 34.5), ("seven times eight", 56), ("the square root of 144 plus 6", 18),
        ("average of 3, 5 and 10", 6), ("1,250 plus twenty-one", 1271), ("two hundred and five minus 5", 200),
        ("20 percent more than 50", 60), ("2 to the power of 10", 1024), ("3.5 million divided by 7", 500_000),
        ("subtract 5 from 7", 2), ("write a poem", None), ("42", None), ("room 12", None), ("call 555-1234 now", None),
    ],
)  # fmt: skip
def test_arithmetic_in_words_becomes_an_expression(said: str, expected: float | None) -> None:
    formula = expression(said)
    assert (eval(formula) if formula else None) == expected


def test_words_for_earlier_results_take_their_numbers() -> None:
    assert expression("19% of it", [200]) == "(19/100*200)"
    assert expression("the difference between the two totals", [100, 30]) == "(100-30)"
