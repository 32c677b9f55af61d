"""The plan as a graph: order, readiness, blockage."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.nodes import dag
from surefoot.nodes.state import SubTask, SubTaskStatus
from surefoot.tools.errors import PlanError


def task(task_id: str, *needs: str, does: str = "", status: str = "pending", acceptance: str = "") -> SubTask:
    done = SubTaskStatus(status)
    return SubTask(
        task_id=task_id,
        description=does or f"Do {task_id}.",
        dependencies=list(needs),
        status=done,
        acceptance=acceptance,
    )


def ids(tasks: list[SubTask]) -> list[str]:
    return [t.task_id for t in tasks]


WORDS = st.lists(st.text(string.ascii_lowercase, min_size=3, max_size=8), min_size=1, max_size=6).map(" ".join)


@st.composite
def plans(draw: st.DrawFn) -> list[SubTask]:
    """Plans of 1 to 7 subtasks, each on a few of those before it."""
    texts = draw(st.lists(WORDS, min_size=1, max_size=7))
    tasks: list[SubTask] = []
    for n, text in enumerate(texts):
        needs = draw(st.lists(st.sampled_from(range(n)), unique=True, max_size=3)) if n else []
        tasks.append(task(f"t{n}", *(f"t{m}" for m in needs), does=text))
    return tasks


@given(plans(), st.randoms(use_true_random=False))
def test_each_subtask_comes_after_its_dependencies(plan: list[SubTask], random: object) -> None:
    random.shuffle(plan)  # type: ignore[attr-defined]
    order = dag.execution_order(plan)
    place = {t.task_id: n for n, t in enumerate(order)}
    assert sorted(ids(order)) == sorted(ids(plan))
    assert all(place[need] < place[t.task_id] for t in order for need in t.dependencies)


def test_what_can_go_first_keeps_the_order_given() -> None:
    assert ids(dag.execution_order([task("c"), task("a"), task("d", "b"), task("b")])) == ["c", "a", "b", "d"]
    assert ids(dag.execution_order([task("z", "r"), task("a", "r"), task("m", "r"), task("r")])) == ["r", "z", "a", "m"]


@pytest.mark.parametrize(
    ("plan", "says", "names"),
    [
        ([task("a"), task("a")], "two subtasks with the id 'a'", ("a",)),
        ([task("a", "z")], "'a' depends on 'z', which is not in the plan", ("a", "z")),
        ([task("a", "a")], "cycle: a -> a", ("a",)),
        ([task("x"), task("a", "c"), task("b", "a"), task("c", "b"), task("d", "c")], "cycle: a -> c -> b -> a", None),
    ],
)
def test_what_is_no_dag_is_refused_by_name(plan: list[SubTask], says: str, names: tuple[str, ...] | None) -> None:
    with pytest.raises(PlanError, match=says) as refused:
        dag.execution_order(plan)
    assert set(refused.value.ids) == set(names or ("a", "b", "c"))


def test_a_dependency_named_twice_is_one() -> None:
    assert ids(dag.execution_order([task("b", "a", "a"), task("a")])) == ["a", "b"]


@pytest.mark.parametrize("odd", ["a b", "日本", "plan", "a\nb", "../x", "t#1", "é" * 3000])
def test_any_text_can_be_an_id(odd: str) -> None:
    assert ids(dag.execution_order([task("end", odd), task(odd)])) == [odd, "end"]


def test_a_chain_of_thousands_is_sorted() -> None:
    chain = [task(f"t{n}", *([f"t{n + 1}"] if n < 2999 else [])) for n in range(3000)]
    assert ids(dag.execution_order(chain))[0] == "t2999"


def test_ready_are_the_pending_ones_whose_dependencies_are_completed() -> None:
    plan = [
        task("done", status="completed"),
        task("bad", status="failed"),
        task("running", status="in_progress"),
        task("free"),
        task("next", "done"),
        task("waits", "free"),
        task("dead", "bad"),
        task("half", "done", "running"),
    ]
    assert ids(dag.ready(plan)) == ["free", "next"]


def test_a_failure_blocks_all_that_builds_on_it_and_nothing_else() -> None:
    plan = [
        task("late", "mid"),
        task("mid", "bad"),
        task("bad", status="failed"),
        task("other"),
        task("beside", "other"),
    ]
    assert sorted(ids(dag.blocked(plan))) == ["late", "mid"]
    assert dag.blocked([task("a", status="failed"), task("b", "a", status="completed")]) == []


def test_leaves_are_what_nobody_builds_on() -> None:
    assert ids(dag.leaves([task("a"), task("b", "a"), task("c"), task("d", "b")])) == ["c", "d"]
