"""The checkpoint: when it asks, how it asks, and what it makes of any answer."""

import json
import operator
from typing import Annotated, Any

import jsonschema
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from surefoot.nodes.checkpoint import REASONS, BadAnswer, HumanCheckpoint, retargeted, visible
from surefoot.nodes.drive import drive
from surefoot.nodes.questions import CHANGED
from surefoot.nodes.react import start_state
from surefoot.nodes.run import NoRun
from surefoot.nodes.state import Action, Decision, SubTask, digest
from surefoot.tools import tool_effect
from surefoot.tools.errors import ResumeError, SettingsError
from surefoot.tools.toolbox import Toolbox

ACTION = Action(tool="write_file", args={"path": "a.txt", "content": "x"})
EVERY = ("approve", "edit", "reject", "respond")


def asked(name="write_file", args=None, allowed=EVERY, reason="low_confidence"):
    args = {"path": "a.txt"} if args is None else args
    return HumanCheckpoint().question(name, args, reason=reason, description="Write a.txt?", allowed=allowed)


def parse(answer, **question):
    return HumanCheckpoint().parse(answer, asked(**question))


# -- when to ask


@pytest.mark.parametrize(
    ("effect", "confidence", "reason"),
    [
        ("read_only", 0.1, None),
        ("idempotent", 0.69, "low_confidence"),
        ("idempotent", 0.7, None),
        ("idempotent", None, None),
        ("reversible", 0.2, "low_confidence"),
        ("reversible", None, None),
        ("irreversible", 1.0, "irreversible"),
        ("irreversible", None, "irreversible"),
        ("undeclared", 1.0, "undeclared"),
    ],
)
def test_each_class_of_action_asks_for_its_own_reasons(effect, confidence, reason):
    assert HumanCheckpoint().evaluate(confidence, ACTION, 0, effect=effect) == reason


def test_a_plan_asks_for_low_stated_confidence_and_for_one_replan_too_many():
    checkpoint = HumanCheckpoint(max_replans=2)
    assert checkpoint.evaluate(0.5, None, 0) == "low_confidence"
    assert checkpoint.evaluate(None, None, 2) is None
    assert checkpoint.evaluate(0.9, None, 3) == "replans"


@pytest.mark.parametrize("absurd", [float("nan"), -0.1, 85, "high", True, False])
def test_an_absurd_confidence_counts_as_not_stated(absurd):
    assert HumanCheckpoint().evaluate(absurd, None, 0) is None


def test_the_threshold_can_be_set_and_must_be_a_share():
    assert HumanCheckpoint(0.95).evaluate(0.9, ACTION, 0) == "low_confidence"
    for bad in (1.1, -1, float("nan")):
        with pytest.raises(SettingsError, match="confidence_threshold"):
            HumanCheckpoint(bad)
    with pytest.raises(SettingsError, match="approvals must be one of ask, auto, deny"):
        HumanCheckpoint(approvals="sometimes")  # type: ignore[arg-type]


def test_trust_covers_undeclared_tools_for_the_run_but_nothing_irreversible():
    once, each, never = (HumanCheckpoint(undeclared_tools=u) for u in ("ask_once", "ask", "trust"))
    trusted = {"write_file"}
    assert once.evaluate(None, ACTION, 0, effect="undeclared", trusted=trusted) is None
    assert once.evaluate(0.1, ACTION, 0, effect="undeclared", trusted=trusted) == "low_confidence"
    assert each.evaluate(None, ACTION, 0, effect="undeclared", trusted=trusted) == "undeclared"
    assert never.evaluate(None, ACTION, 0, effect="undeclared") is None
    assert never.evaluate(None, ACTION, 0, effect="irreversible", trusted=trusted) == "irreversible"


@pytest.mark.parametrize(
    ("effect", "reason", "trusted_reason"),
    [
        ("read_only", None, None),
        ("idempotent", "tainted", None),
        ("reversible", "tainted", None),
        ("undeclared", "tainted", None),
        ("irreversible", "irreversible", "irreversible"),
    ],
)
@pytest.mark.parametrize("undeclared", ["ask_once", "trust"])
def test_after_text_from_outside_whatever_changes_something_asks(effect, reason, trusted_reason, undeclared):
    evaluate = HumanCheckpoint(undeclared_tools=undeclared).evaluate
    assert evaluate(1.0, ACTION, 0, effect=effect, tainted=True) == reason
    assert evaluate(1.0, ACTION, 0, effect=effect, tainted=True, trusted={"write_file"}) == trusted_reason


def test_unfinished_actions_ask_unless_running_them_again_does_no_harm():
    evaluate = HumanCheckpoint().evaluate
    harmless = [e for e in ("read_only", "idempotent") if evaluate(None, ACTION, 0, effect=e, unfinished=True)]
    assert harmless == []
    for effect in ("reversible", "irreversible", "undeclared"):
        assert evaluate(None, ACTION, 0, effect=effect, unfinished=True) == "unfinished"


def test_budget_and_escalation_ask_for_everything():
    evaluate = HumanCheckpoint().evaluate
    assert evaluate(None, None, 0, budget_exceeded=True) == "budget"
    assert evaluate(1.0, None, 0, escalated=True) == "escalation"
    assert evaluate(1.0, ACTION, 0, effect="read_only", escalated=True) == "escalation"


# -- how it asks


def test_a_question_is_a_hitl_request_bound_to_its_arguments():
    args = {"path": "a\u202e.txt"}
    question = HumanCheckpoint().question(
        "delete_file", args, reason="irreversible", description="Delete a\u202e.txt?", task_id="t1", action_id="t1/3"
    )
    assert question["action_requests"] == [{"name": "delete_file", "args": args, "description": r"Delete a\u202e.txt?"}]
    assert question["review_configs"] == [
        {"action_name": "delete_file", "allowed_decisions": ["approve", "edit", "reject"]}
    ]
    assert question["digest"] == digest(["delete_file", args]) == Action(tool="delete_file", args=args).digest
    assert (question["reason"], question["task_id"], question["action_id"]) == ("irreversible", "t1", "t1/3")
    assert json.loads(json.dumps(question)) == question


STATE = {
    "goal": "Total the sales\nSpent: 0 steps",
    "plan": [
        {
            "task_id": "a",
            "description": "Read sales.csv",
            "status": "completed",
            "result": "12 rows",
            "dependencies": [],
        },
        {"task_id": "b", "description": "Write \x1b[31mtotal\u202e.txt", "status": "pending", "dependencies": ["a"]},
    ],
    "usage": {"steps": 4, "tokens": 1234, "seconds": 5.25, "usd": None, "estimated": True},
    "replans": 2,
    "verdict": {"diagnosis": "oscillation", "explanation": "Two calls take turns."},
}


def test_the_summary_tells_goal_plan_spending_and_why_it_asks():
    text = HumanCheckpoint().summary(STATE, reason="irreversible")
    for part in (
        "Why you are asked: It cannot be put back.",
        "oscillation: Two calls take turns.",
        "Plan: 1 of 2 subtasks completed",
        "[completed] a: Read sales.csv",
        "12 rows",
        "(after a)",
        "Spent: 4 steps, 1,234 tokens (estimated), 5.2 seconds, money not known",
        "Changed plans so far: 2 of 3",
    ):
        assert part in text


def test_text_from_outside_cannot_forge_a_line_of_the_summary():
    text = HumanCheckpoint().summary(STATE)
    assert sum(line.startswith("Spent:") for line in text.splitlines()) == 1
    assert "\x1b" not in text and "\u202e" not in text
    assert r"\u001b[31mtotal\u202e.txt" in text


def test_the_summary_is_bounded_and_keeps_what_is_not_finished():
    plan = [
        {"task_id": f"t{i}", "description": "d" * 400, "status": "completed", "result": "r" * 999} for i in range(99)
    ]
    plan[50]["status"] = "failed"
    text = HumanCheckpoint().summary({"goal": "g" * 10_000, "plan": plan}, max_chars=3000)
    assert len(text) <= 3000
    assert (
        HumanCheckpoint().summary({})
        == "Goal: \nSpent: 0 steps, 0 tokens, 0.0 seconds, money not known\nPlan: none yet"
    )
    assert "[failed] t50" in HumanCheckpoint().summary({"plan": plan}, max_chars=20_000)


def test_joined_scripts_stay_readable_and_hidden_characters_show():
    assert visible("می\u200cخواهم\n") == "می\u200cخواهم\n"
    assert visible("a\u200bb\ud800\U000e0041") == r"a\u200bb\ud800\U000e0041"


# -- what it makes of an answer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (True, "approve"),
        (False, "reject"),
        ("yes", "approve"),
        (" Y ", "approve"),
        ("OK.", "approve"),
        ('"approve"', "approve"),
        ("no", "reject"),
        ("N", "reject"),
        ("abort", "abort"),
        ("Stop!", "abort"),
        ({"type": "approve"}, "approve"),
        ({"type": "ABORT"}, "abort"),
        ({"decisions": [{"type": "approve"}]}, "approve"),
        ({"decisions": [{"type": "reject", "message": "not now"}]}, "reject"),
        ({"decisions": [{"type": "respond", "message": "use b.txt"}]}, "respond"),
        ([{"type": "accept", "args": None}], "approve"),
        ([{"type": "ignore", "args": None}], "reject"),
        ([{"type": "response", "args": "use b.txt"}], "respond"),
        ('{"decisions": [{"type": "approve"}]}', "approve"),
        ('[{"type": "accept"}]', "approve"),
        ("true", "approve"),
        ("use b.txt instead", "respond"),
        ('{"some": "json"}', "respond"),
    ],
)
def test_every_form_of_answer_in_the_field_is_read(answer, kind):
    assert parse(answer).type == kind


@pytest.mark.parametrize(
    "answer",
    [
        {"decisions": [{"type": "edit", "edited_action": {"name": "write_file", "args": {"path": "b.txt"}}}]},
        {"type": "edit", "edited_action": {"name": "write_file", "args": {"path": "b.txt"}}},
        {"type": "modify", "action": {"tool": "write_file", "args": {"path": "b.txt"}}},
        {"type": "modify", "args": {"path": "b.txt"}},
        [{"type": "edit", "args": {"action": "write_file", "args": {"path": "b.txt"}}}],
        '{"type": "modify", "args": {"path": "b.txt"}}',
    ],
)
def test_every_form_of_edit_gives_the_action_to_run_instead(answer):
    decision = parse(answer)
    assert (decision.type, decision.action) == ("modify", Action(tool="write_file", args={"path": "b.txt"}))
    assert not retargeted(decision, asked())


def test_an_edit_to_another_tool_is_flagged_so_it_can_be_evaluated_anew():
    decision = parse({"type": "modify", "action": {"tool": "delete_file", "args": {}}})
    assert retargeted(decision, asked())
    assert decision.message == "Another tool than asked: delete_file instead of write_file."


def test_a_changed_plan_is_read_in_each_form():
    tasks = [{"task_id": "a", "description": "do"}, {"task_id": "b", "description": "then", "dependencies": ["a"]}]
    for answer in (
        {"type": "modify", "plan": tasks},
        {"type": "modify", "args": {"plan": tasks}},
        {"decisions": [{"type": "edit", "edited_action": {"name": "approve_plan", "args": {"subtasks": tasks}}}]},
    ):
        plan = parse(answer, name="approve_plan", args={"plan": []}).plan
        assert plan is not None
        assert [(t.task_id, t.dependencies) for t in plan] == [("a", []), ("b", ["a"])]


def test_new_limits_come_from_the_answer_or_from_what_was_proposed():
    question = {"name": "raise_budget", "args": {"max_tokens": 9000, "spent": "all"}}
    assert parse("yes", **question).limits == {"max_tokens": 9000}
    assert parse({"type": "approve", "limits": {"max_steps": 80}}, **question).limits == {"max_steps": 80}
    edit = {"type": "edit", "edited_action": {"name": "raise_budget", "args": {"max_tokens": 20_000}}}
    assert parse({"decisions": [edit]}, **question).limits == {"max_tokens": 20_000}
    with pytest.raises(BadAnswer, match="max_tokens must be a number"):
        parse({"type": "approve", "limits": {"max_tokens": "lots"}}, **question)


def test_trust_for_the_run_is_read_and_anything_else_refused():
    assert parse({"type": "approve", "scope": "run"}).scope == "run"
    with pytest.raises(BadAnswer, match="scope must be once or run"):
        parse({"type": "approve", "scope": "forever"})


@pytest.mark.parametrize("text", ["yes", "no", "42", "stop", '{"type": "book"}', "use CSV"])
def test_where_only_words_are_asked_for_every_text_is_the_response(text):
    decision = parse(text, name="ask_human", args={"question": "Which?"}, allowed=("respond",))
    assert (decision.type, decision.message) == ("respond", text)
    assert parse("abort", name="ask_human", allowed=("respond",)).type == "abort"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "  ",
        5,
        {},
        [],
        {"type": "maybe"},
        {"type": None},
        {"decisions": []},
        {"decisions": [{"type": "approve"}, {"type": "approve"}]},
        {"decisions": "approve"},
        {"type": "modify"},
        {"type": "modify", "args": [1]},
        {"type": "modify", "action": {"tool": 5, "args": {}}},
        {"type": "modify", "args": {"x": float("nan")}},
        {"type": "modify", "args": {"x": object()}},
        {"type": "respond"},
        {"type": "approve", "message": 5},
        {"type": "approve", "digest": "0000000000000000"},
        {"decisions": [{"type": "approve", "digest": "0000000000000000"}]},
        {"digest": "0000000000000000", "decisions": [{"type": "approve"}]},
        '{"type": "approve", "digest": "0000000000000000"}',
        "[" * 50_000,
    ],
)
def test_nonsense_is_a_bad_answer_in_one_sentence(answer):
    with pytest.raises(BadAnswer) as caught:
        parse(answer, allowed=("approve", "edit", "reject", "respond") if not isinstance(answer, str) else ("approve",))
    assert isinstance(caught.value, ResumeError)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "plan",
    ["do it", [], None, ["a"], [{"task_id": "a"}], [{"task_id": "a", "description": "x", "colour": "red"}]],
)
def test_a_changed_plan_of_the_wrong_shape_is_a_bad_answer(plan):
    with pytest.raises(BadAnswer, match="changed plan"):
        parse({"type": "modify", "plan": plan}, name="approve_plan")


def test_the_right_digest_is_accepted_and_what_is_not_allowed_is_named():
    question = asked(allowed=("approve", "reject"))
    assert HumanCheckpoint().parse({"type": "approve", "digest": question["digest"]}, question).type == "approve"
    with pytest.raises(BadAnswer, match="'modify' cannot be answered here: use approve, reject, abort"):
        HumanCheckpoint().parse({"type": "edit", "args": {}}, question)
    with pytest.raises(BadAnswer, match="use approve, reject, abort"):
        HumanCheckpoint().parse("perhaps later", question)


def test_the_schema_admits_the_answers_it_describes():
    schema = HumanCheckpoint().answer_schema()
    for answer in (
        True,
        "yes",
        {"type": "abort"},
        {"type": "modify", "plan": [{}]},
        {"decisions": [{"type": "edit", "edited_action": {"name": "x", "args": {}}}]},
    ):
        jsonschema.validate(answer, schema)
    for answer in (5, {}, {"type": "maybe"}, {"decisions": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(answer, schema)


# -- without a person


def test_auto_approves_tools_and_plans_and_says_so():
    auto = HumanCheckpoint(approvals="auto")
    for name in ("delete_file", "approve_plan", "approve_replan"):
        decision = auto.ask(asked(name))
        assert (decision.type, decision.message) == (
            "approve",
            "Approved without a person: approvals are set to auto.",
        )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("raise_budget", "budget"), ("approve_replan", "replans"), ("unfinished_action", "unfinished")],
)
def test_auto_never_gives_more_budget_more_replans_or_a_second_try(name, reason):
    decision = HumanCheckpoint(approvals="auto").ask(asked(name, reason=reason))
    assert decision.type == "reject"
    assert "does not cover this" in decision.message


def test_deny_rejects_everything_and_says_so():
    deny = HumanCheckpoint(approvals="deny")
    for name in ("write_file", "approve_plan", "raise_budget"):
        assert deny.ask(asked(name)).message == "Rejected without a person: approvals are set to deny."


@pytest.mark.parametrize("approvals", ["auto", "deny"])
def test_a_question_to_nobody_is_answered_with_decide_yourself(approvals):
    decision = HumanCheckpoint(approvals=approvals).ask(asked("ask_human", allowed=("respond",)))
    assert decision.type == "respond"
    assert decision.message == "No person is available; decide yourself and state your assumption."


# -- in the loop


def review(action, **checkpoint):
    """One pass of the node over a single call."""
    state = {**start_state(SubTask(task_id="a", description="d"), goal="g", known={}), "turn": 1}
    tools = Toolbox([tool_effect("irreversible")(wipe)])
    run = At(1000.0)
    update = drive(HumanCheckpoint(toolbox=tools, **checkpoint).review_actions({**state, "queue": [action]}, run))
    return update, run


def wipe(path: str) -> None:
    """Wipe."""


class At(NoRun):
    """A run at one moment."""

    def __init__(self, now):
        self.moment, self.events = now, []

    def now(self):
        return self.moment

    def record(self, event):
        self.events.append(event)


WIPE = {"tool": "wipe", "args": {"path": "a"}, "action_id": "1"}


def test_a_call_is_stored_with_its_time_before_anybody_is_asked():
    update, run = review(WIPE, approval_expires_seconds=60)
    identity = Action(tool="wipe", args={"path": "a"}).digest
    stamp = {"asked": identity, "asked_at": 1000.0, "expires_at": 1060.0, "lapsed": ""}
    assert (update["batch"], update["results"], update["queue"]) == ([], [], [{**WIPE, **stamp}])
    assert run.events == []


def test_a_call_changed_while_a_person_is_asked_is_asked_for_anew():
    """Whatever changed the stored state: a yes to the one is none to the other."""
    identity = Action(tool="wipe", args={"path": "another"}).digest
    update, _ = review({**WIPE, "asked": identity, "asked_at": 1.0, "expires_at": 2000.0, "approved": identity})
    [call] = update["queue"]
    assert (update["batch"], call["asked_at"], call["lapsed"]) == ([], 1000.0, CHANGED)
    assert call["asked"] == Action(tool="wipe", args={"path": "a"}).digest


def test_a_question_about_a_doubt_is_put_although_the_doubt_is_gone_by_then(monkeypatch):
    """Another branch has cleared it meanwhile: the question is open, and a no to it must count."""
    put = []

    def ask(self, question, *_, **__):
        put.append(question["reason"])
        return Decision(type="reject", message="no")

    def review(action, doubts):
        run = At(1000.0)
        run.in_doubt = lambda: frozenset(doubts)
        state = {**start_state(SubTask(task_id="a", description="d"), goal="g", known={}), "turn": 1}
        checkpoint = HumanCheckpoint(toolbox=Toolbox([tool_effect("reversible")(wipe)]))
        return drive(checkpoint.review_actions({**state, "queue": [action]}, run))

    monkeypatch.setattr(HumanCheckpoint, "ask", ask)
    [call] = review(WIPE, [Action(tool="wipe", args={"path": "a"}).digest])["queue"]
    update = review(call, [])
    assert put == ["unfinished"]
    assert update["results"][0]["error"]["kind"] == "rejected"


@pytest.mark.parametrize(("approvals", "answer"), [("auto", "approve"), ("deny", "reject")])
def test_without_a_person_nothing_waits_and_nothing_expires(approvals, answer):
    update, run = review(WIPE, approvals=approvals)
    assert [d["answer"] for d in update["decisions"]] == [e["answer"] for e in run.events] == [answer]
    assert "expires_at" not in update["batch"][0]


# -- in a graph


class Asking(TypedDict, total=False):
    path: str
    answers: Annotated[list[dict[str, Any]], operator.add]


def graph(*paths: str) -> Any:
    """One node that asks, once per path, side by side where there are several."""
    checkpoint = HumanCheckpoint()

    def ask(state: Asking) -> Asking:
        question = checkpoint.question(
            "delete_file", {"path": state["path"]}, reason="irreversible", description="Sure?"
        )
        return {"answers": [{"path": state["path"], **checkpoint.ask(question).model_dump()}]}

    builder = StateGraph(Asking)
    builder.add_node("ask", ask)
    builder.add_conditional_edges(START, lambda _: [Send("ask", {"path": path}) for path in paths], ["ask"])
    builder.add_edge("ask", END)
    return builder.compile(checkpointer=InMemorySaver())


def open_questions(agent, config):
    return {i.value["action_requests"][0]["args"]["path"]: i for i in agent.get_state(config).interrupts}


@pytest.mark.parametrize("by_new_id", [True, False])
def test_bad_answers_ask_again_with_the_error_until_a_good_one_comes(by_new_id):
    """LangGraph names a question that is put again anew; the name it had first is understood as well."""
    agent, config = graph("a.txt"), {"configurable": {"thread_id": "1"}}
    agent.invoke({}, config)
    first = open_questions(agent, config)["a.txt"]
    assert "error" not in first.value
    for bad in ("perhaps", {"type": "approve", "digest": "0" * 16}, {"decisions": []}, 7):
        agent.invoke(Command(resume={first.id: bad}), config)
        again = open_questions(agent, config)["a.txt"]
        assert again.value["error"] and again.value["action_requests"][0]["description"].startswith(
            again.value["error"]
        )
        assert again.value["action_requests"][0]["description"].endswith("\n\nSure?")
        assert again.value["digest"] == first.value["digest"]
    assert "One decision" not in again.value["error"]
    done = agent.invoke(
        Command(resume={again.id if by_new_id else first.id: {"type": "reject", "message": "keep it"}}), config
    )
    assert [(a["type"], a["message"]) for a in done["answers"]] == [("reject", "keep it")]
    assert agent.get_state(config).interrupts == ()


def test_two_branches_are_answered_one_by_one_and_a_bad_answer_disturbs_neither():
    agent, config = graph("a.txt", "b.txt"), {"configurable": {"thread_id": "2"}}
    agent.invoke({}, config)
    a, b = (open_questions(agent, config)[p].id for p in ("a.txt", "b.txt"))
    assert a != b
    agent.invoke(Command(resume={b: "perhaps"}), config)
    now = open_questions(agent, config)
    assert "error" in now["b.txt"].value and "error" not in now["a.txt"].value
    agent.invoke(Command(resume={a: "yes"}), config)
    assert list(open_questions(agent, config)) == ["b.txt"]
    assert "error" in open_questions(agent, config)["b.txt"].value
    done = agent.invoke(Command(resume={b: "no"}), config)
    assert {a["path"]: a["type"] for a in done["answers"]} == {"a.txt": "approve", "b.txt": "reject"}


async def test_the_same_holds_for_an_awaited_graph():
    agent, config = graph("a.txt"), {"configurable": {"thread_id": "3"}}
    await agent.ainvoke({}, config)
    first = open_questions(agent, config)["a.txt"]
    await agent.ainvoke(Command(resume={first.id: "perhaps"}), config)
    assert "error" in open_questions(agent, config)["a.txt"].value
    done = await agent.ainvoke(Command(resume={first.id: "abort"}), config)
    assert done["answers"][0]["type"] == "abort"


def test_every_reason_has_a_class_and_a_sentence():
    for classes, sentence in REASONS.values():
        assert classes and sentence.endswith(".")
