"""What is saved: plain JSON, of one schema version, read back as it was written."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from typing_extensions import is_typeddict

from surefoot.nodes import state
from surefoot.nodes.state import (
    SCHEMA_VERSION,
    Action,
    AgentInput,
    AgentState,
    ReactState,
    Record,
    StepResult,
    SubTask,
    digest,
    fresh_state,
    result_text,
    step_names,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_fresh_state_is_plain_json_of_this_version() -> None:
    fresh = fresh_state()
    assert json.loads(json.dumps(fresh)) == fresh
    assert fresh["schema_version"] == SCHEMA_VERSION
    assert set(fresh) == set(AgentState.__annotations__) - {"goal", "run_id", "workspace"}


def test_two_fresh_states_share_nothing() -> None:
    fresh_state()["plan"].append({})
    assert fresh_state()["plan"] == []


@pytest.mark.parametrize("schema", [AgentState, ReactState, AgentInput])
def test_states_have_a_schema_that_studio_can_show_on_every_python(schema: Any) -> None:
    assert is_typeddict(schema)
    assert TypeAdapter(schema).json_schema()["type"] == "object"


@given(st.dictionaries(st.text(min_size=1), JSON, max_size=4))
def test_a_digest_depends_on_content_and_not_on_order(value: dict[str, Any]) -> None:
    assert digest(value) == digest(dict(reversed(value.items()))) == digest(json.loads(json.dumps(value)))
    assert digest({**value, "one more\n": 1}) != digest(value)


def test_a_digest_outlives_the_release_and_takes_any_text() -> None:
    """It is kept in journals and questions: what it was for this action it must be for ever."""
    assert Action(tool="put", args={"what": "x", "n": 1}).digest == "ca79ac3fdf0b583d"
    assert len(digest("\ud800")) == 16


def test_an_action_is_known_by_tool_and_arguments_alone() -> None:
    action = Action(tool="put", args={"a": 1})
    again = Action(tool="put", args={"a": 1}, action_id="x", thought="y", approved="z", unfinished=True, confidence=0.1)
    assert action.digest == again.digest
    assert action.digest != Action(tool="put", args={"a": 2}).digest != Action(tool="look", args={"a": 2}).digest


@pytest.mark.parametrize("record", [r for r in vars(state).values() if isinstance(r, type) and issubclass(r, Record)])
def test_records_refuse_what_they_do_not_know(record: type[Record]) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        record.model_validate({"surprise": 1})


@given(JSON)
def test_a_result_comes_back_from_the_state_as_it_went_in(output: Any) -> None:
    result = StepResult(success=True, output=output, effect="read_only")
    saved = json.loads(json.dumps(result.model_dump(mode="json", exclude_defaults=True)))
    assert StepResult.model_validate(saved) == result


def test_a_subtask_has_the_statuses_of_the_contract() -> None:
    assert [s.value for s in state.SubTaskStatus] == ["pending", "in_progress", "completed", "failed"]
    assert json.loads(SubTask(task_id="a", description="b").model_dump_json())["status"] == "pending"
    assert {"missing_tool", "bad_arguments", "exception", "timeout", "unstorable"} <= set(get_args(state.ErrorKind))


def test_text_is_shown_as_it_is_and_data_as_json() -> None:
    assert result_text("a\nb") == "a\nb"
    assert result_text({"ä": [1, None]}) == '{"ä": [1, null]}'


def test_an_object_with_long_texts_is_shown_as_sections_short_values_first() -> None:
    shown = result_text({"printed": "one\ntwo", "code": 0, "nothing": "", "page": "x\n"})
    assert shown == "code: 0\nprinted:\none\ntwo\npage:\nx\n"


def test_steps_are_named_by_turn_and_place() -> None:
    assert step_names([{"turn": 1}, {"turn": 1}, {"turn": 3}, {"turn": 1}, {}]) == ["1.1", "1.2", "3.1", "1.3", "0.1"]
