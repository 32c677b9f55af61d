"""How the offline model splits a goal, orders the parts, and makes another plan when one fails."""

import json
from typing import Any

import pytest

from surefoot.graph.models.offline import OfflineModel
from surefoot.graph.models.offline.split import split
from surefoot.graph.models.offline.world import read_overview
from surefoot.nodes.dag import execution_order
from surefoot.nodes.replan import DraftRevision
from surefoot.nodes.state import SubTask

WORKSPACE = """\
sales/orders.csv (400 bytes; columns order_no, order_date, Region, units, Revenue_EUR)
people/staff.json (488 bytes; keys full_name, department, salary)
logs/app.log (177 bytes)
notes/todo.md (70 bytes)
notes/meeting.txt (60 bytes)
tmp/a.tmp (2 bytes)"""
TOOLS = [
    {"name": name, "description": "", "effect": "read_only"}
    for name in (
        "list_files", "read_file", "search_files", "write_file", "edit_file", "move_file", "delete_file", "query_data",
        "calculate", "run_python", "fetch_url",
    )
]  # fmt: skip


def asked(node: str, **info: Any) -> dict[str, Any]:
    request = {"node": node, "workspace": WORKSPACE, "tools": TOOLS, **info}
    found: dict[str, Any] = json.loads(OfflineModel().invoke("go", config={"metadata": {"surefoot": request}}).text)
    return found


def needs(goal: str) -> list[list[str]]:
    """What each subtask of the plan depends on; the plan is checked to be a DAG."""
    tasks = asked("plan", goal=goal)["subtasks"]
    execution_order([SubTask(**task) for task in tasks])
    return [task["dependencies"] for task in tasks]


def task(
    task_id: str, description: str, *dependencies: str, status: str = "pending", result: str = ""
) -> dict[str, Any]:
    return {
        "task_id": task_id, "description": description, "dependencies": list(dependencies), "status": status,
        "result": result,
    }  # fmt: skip


def failure(task_id: str, description: str, tool: str, **args: Any) -> dict[str, Any]:
    approach = {"tool": tool, "args": args, "error": "exception"}
    return {
        "task_id": task_id,
        "description": description,
        "ended": "gave_up",
        "reason": "why",
        "approaches": [approach],
    }


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ("total units by Region", [[]]),
        ("List the files in logs. Count the lines of notes/todo.md.", [[], []]),
        ("Total units by Region and average salary by department, then write both to r.md", [[], [], ["t1", "t2"]]),
        ("Read notes/todo.md and save it to copy.md", [[], ["t1"]]),
        ("1. Count ERROR lines in logs\n2. What is 2+3?\n3. Save the results to r.txt", [[], [], ["t1", "t2"]]),
        ("- read notes/todo.md\n- read notes/meeting.txt\n- delete notes/todo.md", [[], [], ["t1"]]),
        ("Delete notes/todo.md and read notes/todo.md", [["t2"], []]),
        ("Write 'x' to a.txt, then read a.txt", [[], ["t1"]]),
        ("Move notes/todo.md to done/todo.md; show done/todo.md", [[], ["t1"]]),
        ("Find TODO in the notes; what is the total revenue; write the result to r.txt", [[], [], ["t2"]]),
        ("What is the total revenue? Then multiply by 2", [[], ["t1"]]),
    ],
)
def test_a_plan_orders_clauses_by_what_they_need(goal: str, expected: list[list[str]]) -> None:
    assert needs(goal) == expected


def test_what_was_read_and_saved_is_deleted_only_after_the_saving() -> None:
    assert needs("Read notes/todo.md, write its content to b.md and then delete notes/todo.md")[2] == ["t1", "t2"]


def test_a_clause_that_only_forbids_becomes_no_subtask() -> None:
    plan = asked("plan", goal="Do not delete notes/todo.md. List the files in tmp.")
    assert [t["description"] for t in plan["subtasks"]] == ["List the files in tmp"]


def test_the_file_that_it_stands_for_is_named() -> None:
    plan = asked("plan", goal="Read tmp/a.tmp and delete it")
    assert plan["subtasks"][1]["description"] == "Delete it (tmp/a.tmp)"


def test_a_plan_is_sure_only_of_what_the_rules_understand() -> None:
    assert asked("plan", goal="List the files in tmp")["confidence"] >= 0.7
    assert asked("plan", goal="List the files in tmp and write a poem about them")["confidence"] < 0.7
    assert asked("plan", goal="Compose a poem")["confidence"] is None


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("find 'cats and then dogs' in a b.txt", 1),
        ("minimum and maximum of salary", 1),
        ("what is 2+2 and what is 3*3", 2),
        ("Please read x.txt; also list the files", 2),
        ("Do this:\n1) read x.txt\n2) list files, then delete x.txt", 3),
        ("read v1.2/notes.md. Then stop the server", 2),
        ("search for salt and pepper in menu.txt", 1),
        ("copy a.txt to b.txt, rename c.txt to d.txt and delete e.txt", 3),
        ("if a.txt is empty, delete it and list files", 1),
    ],
)
def test_a_goal_is_split_where_another_thing_to_do_begins(goal: str, parts: int) -> None:
    assert len(split(goal)) == parts, [clause.text for clause in split(goal)]


def test_before_and_after_put_clauses_in_the_order_of_doing() -> None:
    texts = [clause.text for clause in split("Before deleting tmp/a.tmp, copy it to b.tmp")]
    assert texts == ["copy tmp/a.tmp to b.tmp", "delete tmp/a.tmp"]


def test_a_failed_query_is_replanned_as_reading_the_file() -> None:
    failed = task("t1", "total units in sales/orders.csv", status="failed")
    rest = task("t2", "Write the result to r.txt", "t1")
    made = asked(
        "replan", goal="g", plan=[failed, rest], failed=[failure("t1", failed["description"], "query_data", sql="x")]
    )
    DraftRevision.model_validate(made)
    assert [(t["task_id"], t["description"], t["dependencies"]) for t in made["subtasks"]] == [
        ("t3", "total units in sales/orders.csv using read_file", []),
        ("t2", "Write the result to r.txt", ["t3"]),
    ]
    assert not made["gives_up"]


def test_an_approach_that_failed_is_not_proposed_again() -> None:
    first = failure("t1", "total units in sales/orders.csv", "query_data")
    second = task("t2", "total units in sales/orders.csv using read_file", status="failed")
    made = asked("replan", goal="g", plan=[second], failed=[first, failure("t2", second["description"], "read_file")])
    assert made["subtasks"] == []
    assert made["gives_up"]


def test_a_misspelt_file_is_replaced_by_the_closest_but_never_for_a_deletion() -> None:
    for description, expected in (
        ("Read notes/metting.txt", ["Read notes/meeting.txt"]),
        ("Delete notes/metting.txt", []),
    ):
        tool = "delete_file" if expected == [] else "read_file"
        plan = [task("t1", description, status="failed")]
        made = asked("replan", goal="g", plan=plan, failed=[failure("t1", description, tool)])
        assert [t["description"] for t in made["subtasks"]] == expected


def test_a_report_goes_on_without_the_part_that_is_given_up() -> None:
    plan = [
        task("t1", "Sing a song", status="failed"),
        task("t2", "List the files in tmp", status="completed", result="tmp/a.tmp"),
        task("t3", "Write both to r.md", "t1", "t2"),
        task("t4", "Multiply it by 2", "t1"),
    ]
    made = asked("replan", goal="g", plan=plan, failed=[{"task_id": "t1", "reason": "no tool fits"}])
    assert [(t["task_id"], t["dependencies"]) for t in made["subtasks"]] == [("t3", ["t2"])]
    assert "no tool fits" in made["gives_up"]
    assert made["confidence"] < 0.7


def checks(goal: str) -> list[list[tuple[str, Any]]]:
    """Per subtask: the tool each check looks through, and what it looks for."""
    tasks = [SubTask(**task) for task in asked("plan", goal=goal)["subtasks"]]
    return [[(c.tool, c.args.get("text") or c.args["pattern"]) for c in task.checks] for task in tasks]


def test_what_is_to_be_written_is_tested_afterwards_and_nothing_else_is() -> None:
    assert checks("Write 'ready' to out/state.txt") == [[("list_files", "state.txt"), ("search_files", "ready")]]
    assert checks("Compute 17*23 and write the result to result.txt")[-1] == [("list_files", "result.txt")]
    assert checks("Append 'buy milk' to todo.md") == [[("list_files", "todo.md"), ("search_files", "buy milk")]]
    assert checks("Total units in sales/orders.csv") == [[]]
    assert checks("Delete tmp/a.tmp") == [[]]


def test_a_file_of_the_same_name_elsewhere_is_not_taken_for_the_new_one() -> None:
    [task] = asked("plan", goal="Write 'x' to todo.md")["subtasks"]
    assert [c["args"]["path"] for c in task["checks"]] == [".", "todo.md"]


def test_without_tools_to_look_through_nothing_is_tested() -> None:
    made = asked("plan", goal="Write 'ready' to state.txt", tools=TOOLS[3:])
    assert "checks" not in made["subtasks"][0]


def test_checks_stay_with_what_is_done_otherwise() -> None:
    tested = {"checks": [{"tool": "list_files", "args": {"pattern": "r.txt"}, "expect": "exists"}]}
    failed = {**task("t1", "total units in sales/orders.csv", status="failed"), **tested}
    rest = {**task("t2", "Write the result to r.txt", "t1"), **tested}
    made = asked(
        "replan", goal="g", plan=[failed, rest], failed=[failure("t1", failed["description"], "query_data", sql="x")]
    )
    assert [t["checks"] for t in made["subtasks"]] == [tested["checks"]] * 2


def test_columns_are_read_from_the_overview_also_where_it_tells_the_characters() -> None:
    [file] = read_overview("people.csv (28014 bytes; 12,006 characters of text; columns name, city)")
    assert (file.path, file.size, file.columns) == ("people.csv", 28014, ("name", "city"))
