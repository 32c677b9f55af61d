"""Events as plain lines for a person."""

from surefoot.graph.cli.lines import lines


def test_a_decision_tells_what_a_person_put_in_place_of_what_was_asked() -> None:
    told = {"type": "decision", "asked": "fire", "answer": "modify", "message": "", "task_id": "a"}
    was, now = {"what": "all", "at": 1, "on": None}, {"what": "one\x1b[2J", "at": 1, "by": "hand"}
    assert list(lines({**told, "args": was, "instead": now})) == [
        'decision: modify fire(what="all", at=1, on=null)',
        '    what: "all" -> "one\\u001b[2J"',
        "    on: null -> nothing",
        '    by: nothing -> "hand"',
    ]
    plan = {"plan": [{"task_id": "a", "description": "do it " * 50}]}
    assert list(lines({**told, "asked": "approve_plan", "args": plan})) == ["decision: modify approve_plan"]


def test_a_branch_that_waits_is_told_with_what_it_asks() -> None:
    def waits(value: object) -> list[str]:
        return list(lines({"type": "waits", "task_id": "a", "id": "q", "value": value}))

    call = {"action_requests": [{"name": "fire", "args": {"what": "all"}}]}
    assert waits(call) == ['a: waits for a person: fire(what="all")']
    assert waits({"action_requests": [{"name": "ask_human", "args": {"question": "Which\none?"}}]}) == [
        "a: waits for a person: Which one?"
    ]
    assert waits("a tool's own") == ["a: waits for a person: a tool's own"]


def test_a_replan_that_brought_no_plan_is_told_with_why() -> None:
    assert list(lines({"type": "no_revision", "why": "a cycle:\nb -> b"})) == ["no new plan: a cycle: b -> b"]
