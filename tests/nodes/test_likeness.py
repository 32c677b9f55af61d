"""The fingerprint by which a plan is known again, and the likeness of plans told in other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.nodes.likeness import alike, fingerprint, sketch
from surefoot.nodes.state import SubTask, SubTaskStatus
from tests.nodes.test_dag import plans, task


@given(plans(), st.randoms(use_true_random=False))
def test_order_and_ids_do_not_change_a_fingerprint(plan: list[SubTask], random: object) -> None:
    name = {t.task_id: f"other {n}" for n, t in enumerate(reversed(plan))}
    renamed = [task(name[t.task_id], *(name[d] for d in reversed(t.dependencies)), does=t.description) for t in plan]
    random.shuffle(renamed)  # type: ignore[attr-defined]
    assert fingerprint(renamed) == fingerprint(plan)


@given(plans(), st.sampled_from([str.upper, str.title, "  {}!".format, "'{}', please".format, "{}...\n".format]))
def test_case_and_punctuation_do_not_change_a_fingerprint(plan: list[SubTask], said: object) -> None:
    other = [t.model_copy(update={"description": said(t.description)}) for t in plan]  # type: ignore[operator]
    assert fingerprint(other) == fingerprint(plan)


@given(plans())
def test_status_result_and_attempts_do_not_change_a_fingerprint(plan: list[SubTask]) -> None:
    ran = {"status": SubTaskStatus.FAILED, "result": "no luck", "attempts": 3}
    assert fingerprint([t.model_copy(update=ran) for t in plan]) == fingerprint(plan)


@given(plans(), st.data())
def test_another_word_is_another_plan(plan: list[SubTask], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(range(len(plan))))
    changed = plan[place].model_copy(update={"description": f"{plan[place].description} elsewhere2"})
    assert fingerprint([*plan[:place], changed, *plan[place + 1 :]]) != fingerprint(plan)


@given(plans())
def test_one_subtask_more_is_another_plan(plan: list[SubTask]) -> None:
    assert fingerprint([*plan, task("more", does=plan[0].description)]) != fingerprint(plan)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([task("a"), task("b", does="End.")], [task("a"), task("b", "a", does="End.")]),
        ([task("a", does="Sum 2023.")], [task("a", does="Sum 2024.")]),
        ([task("a", acceptance="a file")], [task("a", acceptance="a table")]),
    ],
)
def test_dependencies_numbers_and_acceptance_count(one: list[SubTask], other: list[SubTask]) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_letters_with_accents_are_the_same_however_they_are_composed() -> None:
    assert fingerprint([task("a", does="café")]) == fingerprint([task("a", does="cafe\u0301")])


def test_a_fingerprint_outlives_the_release() -> None:
    """It is kept in checkpoints: what it was for this plan it must be for ever."""
    assert fingerprint([task("a", does="Read the file."), task("b", "a", does="Sum it.")]) == "69fe6e714f32e736"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Copy x.txt to y.txt.", "Copy y.txt to x.txt."), ("Keep rows with x > 3.", "Keep rows with x < 3.")],
)
def test_what_turns_the_meaning_round_is_another_plan(one: str, other: str) -> None:
    assert fingerprint([task("a", does=one)]) != fingerprint([task("a", does=other)])


def same(one: list[SubTask], other: list[SubTask]) -> bool:
    found = {alike(sketch(one), sketch(other)), alike(sketch(other), sketch(one))}
    assert len(found) == 1, "which came first does not matter"
    return found.pop()


REWORDED = [
    ("Download the page and count its words.", "Fetch the web page, then tally the words on it."),
    ("Read penguins.csv and write the mean mass to mass.md.", "Write to mass.md the average mass, from penguins.csv."),
    ("Compute the total revenue per region.", "For each region, calculate the sum of all revenue."),
    ("Search the logs for error messages.", "Look for error messages in the logs."),
    ("Fix the failing test in tests/test_a.py.", "Repair tests/test_a.py so that the failing test passes."),
    ("Send the summary to ann@example.com.", "Mail ann@example.com the summary."),
    ("Summarise the three reports.", "Write a short summary of the three reports."),
    ("List the largest files in src/.", "Find the biggest files inside src/ and show them."),
    ("Delete the temporary files.", "Please remove all temporary files."),
    ("Convert data.json to a table.", "Transform data.json into a table."),
    ("Query the orders table for customers in Oslo.", "Get customers in Oslo from the orders table."),
    ("Extract all e-mail addresses from contacts.txt", "From contacts.txt, extract every e-mail address."),
    ("Check that https://a.example/x is up.", "Verify https://a.example/x is up."),
]
CHANGED = [
    ("Compute the mean mass per species.", "Compute the median mass per species."),
    ("Fetch the page from the site.", "Fetch the page from the mirror."),
    ("Read a.csv and total it.", "Read b.csv and total it."),
    ("Copy x.txt to y.txt.", "Copy y.txt to x.txt."),
    ("Take the first 10 rows.", "Take the first 20 rows."),
    ("Use the API to get the orders.", "Scrape the orders from the HTML."),
    ("Count the rows with errors.", "Count the rows without errors."),
    ("Search the web for the price.", "Ask the person for the price."),
    ("Parse the log with a regex.", "Parse the log with SQL."),
    ("Find the oldest invoice.", "Find the latest invoice."),
    ("Keep rows with x > 3.", "Keep rows with x < 3."),
    ("Read the report in chapters, one at a time.", "Read the whole report and its appendix of figures."),
    ("Translate the text to French.", "Translate the text to German."),
    ("Restart the server.", "Look at the server's configuration and mend its port."),
    ("Download report.pdf.", "Download report.pdf from the archive instead."),
]


@pytest.mark.parametrize(("one", "other"), REWORDED)
def test_other_words_are_no_other_plan(one: str, other: str) -> None:
    assert same([task("a", does=one)], [task("x", does=other)])


@pytest.mark.parametrize(("one", "other"), CHANGED)
def test_a_real_change_is_another_plan(one: str, other: str) -> None:
    assert not same([task("a", does=one)], [task("a", does=other)])


def test_another_tool_is_another_way() -> None:
    one, other = task("a", does="Find the price."), task("a", does="Find the price.", acceptance="a price")
    one.tools, other.tools = ["search"], ["fetch_url"]
    assert not same([one], [other])
    other.tools = ["search"]
    assert same([one], [other])


def test_retold_subtasks_must_build_on_each_other_in_the_same_way() -> None:
    one = [task("a", does="Fetch the page."), task("b", "a", does="Count its words.")]
    retold = [task("2", "1", does="Tally the words."), task("1", does="Download the page.")]
    apart = [task("1", does="Download the page."), task("2", does="Tally the words.")]
    assert same(one, retold)
    assert not same(one, apart)


def test_many_equal_subtasks_are_compared_at_once() -> None:
    one = [task(f"a{n}", does="Look around.") for n in range(30)]
    other = [task(f"b{n}", *([f"b{n - 1}"] if n == 29 else []), does="Look around.") for n in range(30)]
    assert not same(one, other)
    assert same(one, one[::-1])


@given(plans())
def test_a_plan_is_like_itself(plan: list[SubTask]) -> None:
    assert same(plan, plan[::-1])


def done(task_id: str, *needs: str, does: str) -> SubTask:
    return task(task_id, *needs, does=does, status="completed")


FIRST = [task("page", does="Fetch the page."), task("count", "page", does="Count its words.")]
FETCHED = done("page", does="Fetch the page.")
MAP = done("map", "page", does="Draw a map of the links.")


def test_what_was_finished_meanwhile_is_no_other_plan() -> None:
    again = [FETCHED, MAP, task("x", "page", does="Tally the words.")]
    assert alike(sketch(FIRST), sketch(again))
    assert alike(sketch(FIRST), sketch([done("early", does="Look around."), *again]))


@pytest.mark.parametrize(
    "later",
    [
        [FETCHED, MAP, task("x", "map", does="Tally the words.")],
        [FETCHED, MAP, task("x", "page", does="Tally the links.")],
        [FETCHED, MAP, task("x", "page", does="Tally the words."), task("y", "x", does="Show them.")],
        [FETCHED, task("map", "page", does="Draw a map of the links."), task("x", "page", does="Tally the words.")],
        [FETCHED, MAP, task("x", does="Tally the words.")],
    ],
    ids=["it builds on what is new", "it does something else", "it does more", "more is to be done", "needs less"],
)
def test_what_still_has_to_be_done_in_another_way_is_another_plan(later: list[SubTask]) -> None:
    assert not alike(sketch(FIRST), sketch(later))


def test_finished_work_that_is_all_done_once_more_is_the_same_plan_again() -> None:
    again = [FETCHED, task("p", does="Download the page."), task("c", "p", does="Tally the words.")]
    assert alike(sketch(FIRST), sketch(again))
