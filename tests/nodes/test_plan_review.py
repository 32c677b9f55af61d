"""A person's change to a plan: read in whatever form it comes, checked before it is followed, written down after."""

from typing import Any

import pytest

from surefoot.nodes.answers import BadAnswer, parse_answer
from surefoot.nodes.plan_review import PlanCheck, followed, plan_question
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import AgentState, Decision, Revision, SubTask, Usage, fresh_state
from tests.nodes.test_dag import task

PROPOSED = Revision(
    plan=[task("ok", status="completed"), task("a", "ok"), task("b", "a")],
    diff={"added": ["a", "b"], "removed": ["bad"], "kept": ["ok"]},  # type: ignore[arg-type]
    fingerprint="f",
    gives_up="The rest.",
)


class Spent(NoRun):
    """A run that has taken steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def limits(self) -> dict[str, float]:
        return {"max_steps": 10}

    def usage(self) -> Usage:
        return Usage(steps=self.steps)


def state(*tried: list[SubTask]) -> AgentState:
    plan = [task("ok", status="completed"), task("bad", "ok", status="failed")]
    revisions = [{"plan": [t.model_dump(mode="json") for t in t_]} for t_ in (tried or (plan,))]
    return {**fresh_state(), "goal": "g", "plan": [t.model_dump(mode="json") for t in plan], "revisions": revisions}


def decided(answer: dict[str, Any]) -> Decision:
    return parse_answer(answer, plan_question(state(), PROPOSED, "replans", 3))


def patch(*steps: dict[str, Any], **more: Any) -> Decision:
    return decided({"type": "modify", "patch": list(steps), **more})


def ids(decision: Decision) -> list[str]:
    return [t.task_id for t in decision.plan or ()]


ADD_C = {"op": "add", "task_id": "c", "description": "Do c.", "dependencies": ["b"]}
NO_A = [{"task_id": "ok", "description": "Do ok."}, {"task_id": "b", "description": "Do b.", "dependencies": ["ok"]}]


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "modify", "patch": [ADD_C]},
        {"type": "modify", "args": {"patch": [ADD_C]}},
        {"decisions": [{"type": "edit", "edited_action": {"name": "approve_replan", "args": {"patch": [ADD_C]}}}]},
        [{"type": "edit", "args": {"action": "approve_replan", "args": {"patch": [ADD_C]}}}],
    ],
)
def test_a_change_is_read_in_each_form(answer: Any) -> None:
    decision = decided(answer)
    assert ids(decision) == ["ok", "a", "b", "c"]
    assert decision.patch == [ADD_C]


def test_of_a_whole_plan_it_is_read_what_the_person_changed() -> None:
    decision = decided({"type": "modify", "plan": NO_A})
    assert decision.patch == [
        {"op": "change", "task_id": "b", "dependencies": ["ok"]},
        {"op": "remove", "task_id": "a"},
    ]
    assert decision.plan and decision.plan[0] == PROPOSED.plan[0].model_copy(update={"attempts": 0})


def test_a_form_that_sends_the_plan_back_as_it_was_changes_nothing() -> None:
    args = plan_question(state(), PROPOSED, "replans", 3)["action_requests"][0]["args"]
    decision = decided({"type": "edit", "edited_action": {"name": "approve_replan", "args": args}})
    assert decision.patch == []
    [_, update] = followed(decision, state(), PROPOSED, by_person=True)["revisions"]
    assert (update["by"], update["diff"]["removed"]) == ("model", ["bad"])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"patch": []}, "change is empty"),
        ({"patch": [{"op": "remove", "task_id": "x"}]}, "no subtask 'x' in the plan; there are ok, a, b"),
        ({"patch": [{"op": "remove", "task_id": "ok"}]}, "'ok' is completed"),
        ({"patch": [{"op": "change", "task_id": "a", "dependencies": ["b"]}]}, "cycle: a -> b -> a"),
        ({"patch": [{"op": "change", "task_id": "a", "dependencies": ["zz"]}]}, "'zz', which is not in the plan"),
        ({"patch": [{"op": "shake", "task_id": "a"}]}, "change cannot be read"),
        ({"patch": "remove a"}, "change cannot be read"),
        ({"plan": NO_A[1:]}, "'ok', which is not in the plan"),
        ({"plan": [{**NO_A[1], "dependencies": []}]}, "'ok' is completed"),
        ({"plan": [{**NO_A[0], "description": "Do it over."}, NO_A[1]]}, "'ok' is completed"),
        ({"plan": [NO_A[0], NO_A[1], NO_A[1]]}, "two subtasks with the id 'b'"),
    ],
)
def test_what_cannot_be_a_plan_is_told_in_a_sentence(answer: dict[str, Any], told: str) -> None:
    with pytest.raises(BadAnswer, match=told) as caught:
        decided({"type": "modify", **answer})
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("steps", "used", "told"),
    [
        (
            [{"op": "change", "task_id": "a", "tools": ["look", "loook"]}],
            0,
            "'a' names no tool there is: 'loook'; there are",
        ),
        ([{**ADD_C, "tools": ["shout"]}], 0, "'c' names no tool there is: 'shout'"),
        ([{**ADD_C, "checks": [{"tool": "loook", "expect": "exists"}]}], 0, "'c' names no tool there is: 'loook'"),
        ([{**ADD_C, "checks": [{"expect": "matches", "value": "("}]}], 0, "A check of subtask 'c' cannot be used: "),
        ([ADD_C], 8, "3 subtasks to do, and 2 of 10 steps are left"),
        ([{"op": "remove", "task_id": "a"}, {"op": "remove", "task_id": "b"}], 0, "leaves nothing to do"),
        ([{"op": "change", "task_id": "a", "description": " "}], 0, "needs a task_id and a description"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_told_why(steps: list[dict[str, Any]], used: int, told: str) -> None:
    with pytest.raises(BadAnswer, match=told) as caught:
        PlanCheck(state(), ["look", "put"], Spent(used))(patch(*steps))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_what_can_be_followed_passes() -> None:
    check = PlanCheck(state(), ["look"], Spent(7))
    check(patch({**ADD_C, "tools": ["look", "ask_human"]}))
    check(Decision(type="approve"))


def test_the_tools_of_subtasks_a_person_left_alone_are_the_planners_business() -> None:
    named = [PROPOSED.plan[0], PROPOSED.plan[1].model_copy(update={"tools": ["no_such_tool"]}), PROPOSED.plan[2]]
    asked = plan_question(state(), PROPOSED.model_copy(update={"plan": named}), "replans", 3)
    PlanCheck(state(), ["look"], NoRun())(parse_answer({"type": "modify", "patch": [ADD_C]}, asked))


def test_a_plan_that_failed_is_refused_once_and_followed_when_the_person_insists() -> None:
    failed = [task("ok", status="completed"), task("old", does="Read the file.")]
    check = PlanCheck(state(failed), [], NoRun())
    again = patch(
        *({"op": "remove", "task_id": gone} for gone in "ab"),
        {**ADD_C, "dependencies": [], "description": "read the FILE"},
    )
    with pytest.raises(BadAnswer, match=r"same as plan 1 of this run, which did not work: .* send the same once more"):
        check(again)
    check(again)


def test_what_a_person_changed_is_a_revision_with_its_diff_and_reason() -> None:
    decision = patch({"op": "remove", "task_id": "a"}, ADD_C, message="a is not needed.")
    update = followed(decision, state(), PROPOSED, by_person=True)
    revision = update["revisions"][-1]
    assert (revision["by"], revision["reason"], revision["gives_up"]) == ("person", "a is not needed.", "The rest.")
    assert revision["diff"] == {"added": ["b", "c"], "removed": ["bad"], "modified": [], "kept": ["ok"]}
    assert revision["patch"] == [{"op": "remove", "task_id": "a"}, ADD_C]
    assert [(t["task_id"], t["dependencies"], t["status"]) for t in update["plan"]] == [
        ("ok", [], "completed"),
        ("b", ["ok"], "pending"),
        ("c", ["b"], "pending"),
    ]


def test_a_person_who_takes_up_what_was_given_up_says_so() -> None:
    edit = {"patch": [ADD_C], "gives_up": ""}
    update = followed(decided({"type": "modify", "args": edit}), state(), PROPOSED, by_person=True)
    assert update["revisions"][-1]["gives_up"] == ""


def test_a_person_sees_what_a_new_plan_changes() -> None:
    request = plan_question(state(), PROPOSED, "replans", 3)["action_requests"][0]
    shown = request["description"].splitlines()
    at = shown.index("What the new plan changes:")
    assert shown[at + 1 : at + 6] == [
        "  + a: Do a. (after ok)",
        "  + b: Do b. (after a)",
        "  - bad: Do bad. (after ok)",
        "  is done and stays: ok",
        "It gives up: The rest.",
    ]
    assert "[completed] ok" not in request["description"]


def test_a_changed_subtask_is_shown_before_and_after_and_a_long_change_is_cut() -> None:
    before = [task("a"), *(task(f"old{n}") for n in range(60))]
    after = [task("a", does="Do it\nso."), task("n")]
    standing: AgentState = {**state(), "plan": [t.model_dump(mode="json") for t in before]}
    gone = [t.task_id for t in before[1:]]
    diff: Any = {"added": ["n"], "removed": gone, "modified": ["a"]}
    revision = Revision(plan=after, diff=diff, fingerprint="f")
    shown = plan_question(standing, revision, "replans", 3)["action_requests"][0]["description"]
    assert "… and 23 lines more" in shown
    short = Revision(plan=after, diff={**diff, "removed": []}, fingerprint="f")
    shown = plan_question(standing, short, "replans", 3)["action_requests"][0]["description"]
    assert "  ~ a: Do it\\nso.\n    was: a: Do a.\n" in f"{shown}\n"
