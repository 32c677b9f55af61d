"""The forty faults the agent is built against, what is expected of it, and the tests that hold it to that.

pytest marks those tests `fault(number)`: `pytest -m fault` runs all of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One fault; `tests` are written `path::name` under tests/."""

    expected: str
    tests: tuple[str, ...]


CRASH, LIVES, STORE = "graph/test_crash.py::", "graph/test_invariants.py::", "graph/store/"
DOOR, TOOLS, WEB = "graph/test_door.py::", "tools/", "tools/test_web.py::"

FAULTS: dict[int, Case] = {
    1: Case("killed before the effect: it happens once", (CRASH + "test_a_killed_run_goes_on_where_it_was",)),
    2: Case(
        "killed after an irreversible effect: a person is asked",
        (
            CRASH + "test_a_killed_run_goes_on_where_it_was",
            CRASH + "test_a_persons_word_to_run_an_unfinished_action_counts_for_one_start",
        ),
    ),
    3: Case(
        "killed after an idempotent effect: again with the same key",
        ("nodes/test_act.py::test_an_unfinished_repeatable_action_runs_again_with_the_same_key",),
    ),
    4: Case(
        "killed between record and checkpoint: answered from the record",
        (LIVES + "test_a_death_at_any_write_breaks_no_promise",),
    ),
    5: Case(
        "killed between writes and checkpoint: unfinished, not done",
        (LIVES + "test_a_death_right_before_a_leg_is_over_leaves_it_as_the_graph_says",),
    ),
    6: Case(
        "killed at random: nothing twice, nothing lost",
        ("test_faults.py::test_whatever_dies_nothing_is_done_twice_or_unasked_or_lost",),
    ),
    7: Case(
        "killed while a person is asked: the same question",
        (LIVES + "test_a_run_keeps_its_promises", LIVES + "test_whenever_it_dies_no_answered_question_is_open_again"),
    ),
    8: Case(
        "killed during a replan: one plan or the other, whole",
        (LIVES + "test_a_death_during_a_replan_leaves_one_plan_or_the_other_whole",),
    ),
    9: Case(
        "SIGTERM or Ctrl-C: the action under way is recorded, the run goes on later",
        (
            "graph/cli/test_processes.py::test_a_signal_lets_the_action_under_way_end_and_pauses_the_run",
            "graph/cli/test_processes.py::test_a_second_signal_ends_the_process_at_once",
            "graph/cli/test_processes.py::test_a_signal_nobody_hears_of_pauses_the_run_all_the_same",
        ),
    ),
    10: Case(
        "any write refused, once or for ever: no effect without a stored intent",
        (LIVES + "test_whichever_write_is_refused_the_run_stops_before_its_next_effect_and_can_go_on",),
    ),
    11: Case(
        "eight processes: one works, seven are refused",
        (STORE + "test_locks.py::test_one_of_eight_processes_gets_the_run",),
    ),
    12: Case(
        "the holder is killed: the next one gets the run",
        (STORE + "test_locks.py::test_a_forked_child_does_not_keep_its_dead_parents_run",),
    ),
    13: Case(
        "the holder is frozen and thawed: it changes nothing",
        (STORE + "test_fence.py::test_a_frozen_holder_changes_nothing_when_it_is_thawed",),
    ),
    14: Case(
        "a double click: one effect",
        (
            "graph/test_approvals.py::test_a_second_click_on_the_same_button_does_nothing",
            "graph/test_runs.py::test_an_approval_given_twice_at_once_runs_its_action_once",
        ),
    ),
    15: Case(
        "a yes and a no at once: one counts",
        ("graph/test_approvals.py::test_of_a_yes_and_a_no_at_once_exactly_one_counts_and_is_recorded",),
    ),
    16: Case(
        "Postgres restarted again and again",
        (STORE + "test_restarts.py::test_runs_end_with_nothing_done_twice_while_the_server_is_restarted",),
    ),
    17: Case(
        "an answer to another question is refused",
        (
            DOOR + "test_a_wrong_id_is_refused_and_the_question_stays",
            "graph/test_admission.py::test_an_answer_to_another_question_is_refused_and_the_questions_stay",
        ),
    ),
    18: Case("an unknown run is refused", (DOOR + "test_an_unknown_run_is_refused_and_leaves_nothing",)),
    19: Case(
        "an answer that is none is refused or delivered, never lost",
        (
            "graph/test_admission.py::test_an_answer_that_is_none_is_refused_and_the_questions_stay",
            "graph/test_admission.py::test_an_answer_whose_keys_look_like_ids_reaches_its_question",
        ),
    ),
    20: Case(
        "a new goal while a question is open is refused",
        ("graph/test_admission.py::test_a_new_goal_does_not_drop_an_open_question",),
    ),
    21: Case(
        "parallel questions in any order",
        ("graph/test_questions.py::test_branches_wait_for_a_person_while_others_run_on_and_are_answered_in_any_order",),
    ),
    22: Case(
        "arguments changed after the yes: asked anew",
        ("nodes/test_checkpoint.py::test_a_call_changed_while_a_person_is_asked_is_asked_for_anew",),
    ),
    23: Case(
        "a yes that came late, or to what a new plan has dropped",
        (
            "graph/test_approvals.py::test_a_late_yes_does_nothing_and_the_question_is_put_again",
            "graph/test_approvals.py::test_an_approval_of_an_action_a_new_plan_has_dropped_is_refused",
        ),
    ),
    24: Case(
        "three days of waiting cost no active time",
        ("graph/test_approvals.py::test_three_days_of_waiting_cost_no_active_time",),
    ),
    25: Case(
        "an emptied, deleted or exchanged file is not begun anew",
        (
            STORE + "test_opening.py::test_an_emptied_database_is_not_taken_for_a_new_one",
            STORE + "test_opening.py::test_an_exchanged_database_is_refused",
            "graph/test_failing_storage.py::test_the_run_stops_before_its_next_effect_and_goes_on_once_it_is_mended",
        ),
    ),
    26: Case(
        "a cut or changed file is refused by name",
        (
            STORE + "test_opening.py::test_a_truncated_database_is_refused",
            STORE + "test_opening.py::test_a_flipped_bit_is_noticed_or_harmless",
            "graph/test_failing_storage.py::test_a_file_that_is_cut_in_the_middle_is_mended_from_its_log_or_refused",
        ),
    ),
    27: Case(
        "a full disk stops the run before its next effect",
        (
            "graph/test_failing_storage.py::test_the_run_stops_before_its_next_effect_and_goes_on_once_it_is_mended",
            "graph/test_failing_storage.py::test_where_too_little_is_free_no_run_begins",
        ),
    ),
    28: Case(
        "a place that cannot be written is refused before the first effect",
        (
            STORE + "test_opening.py::test_a_store_of_somebody_else_is_refused",
            STORE + "test_opening.py::test_a_place_that_cannot_be_written_is_refused",
        ),
    ),
    29: Case(
        "runs of earlier releases go on or are refused",
        (
            "graph/test_golden.py::test_its_open_question_is_answered_or_the_run_refused",
            "graph/test_golden.py::test_the_action_it_died_in_is_asked_about_or_the_run_refused",
        ),
    ),
    30: Case(
        "a pending step that is gone is refused, not done",
        (
            DOOR + "test_a_step_this_release_does_not_have_is_no_success",
            "graph/test_admission.py::test_a_run_of_a_graph_with_other_steps_is_refused",
        ),
    ),
    31: Case(
        "a result that is no data is the tool's failure",
        (
            TOOLS + "test_runner.py::test_what_is_no_data_is_unstorable",
            TOOLS + "test_clean.py::test_a_socket_is_refused",
        ),
    ),
    32: Case(
        "odd values: the same on both stores",
        (
            STORE + "test_values.py::test_a_value_comes_back_the_same_from_both",
            STORE + "test_values.py::test_an_agent_that_meets_odd_values_ends_the_same_on_both",
        ),
    ),
    33: Case(
        "50 MB and endless output",
        (
            TOOLS + "test_runner.py::test_fifty_megabytes_come_back_whole",
            TOOLS + "test_child.py::test_endless_output_ends_the_child",
            "nodes/test_act.py::test_a_long_output_is_cut_and_stored_whole",
        ),
    ),
    34: Case(
        "an exception text with NUL, of 50 MB, with a secret",
        (
            TOOLS + "test_runner.py::test_a_long_and_dirty_message_is_cut_and_cleaned",
            "graph/test_canary.py::test_an_exception_of_50_mb_with_a_secret_in_it_leaves_a_line",
        ),
    ),
    35: Case(
        "hangs, daemons, held pipes: ended at the deadline",
        (
            TOOLS + "test_child.py::test_nothing_outlives_the_deadline",
            TOOLS + "test_isolated.py::test_nothing_outlives_the_deadline",
        ),
    ),
    36: Case(
        "whatever a tool raises or dies of is its failure",
        (
            TOOLS + "test_runner.py::test_any_exception_of_a_tool_is_its_failure",
            TOOLS + "test_isolated.py::test_any_death_is_the_tools_failure",
        ),
    ),
    37: Case(
        "the budget holds over any number of resumes",
        (
            LIVES + "test_a_run_keeps_its_promises",
            "graph/test_spending.py::test_spending_is_kept_through_a_question_and_a_new_process",
        ),
    ),
    38: Case(
        "hostile rows, filters and names run nothing",
        (
            "graph/test_hostile_rows.py::test_objects_that_name_code_stay_data_in_results_answers_and_states",
            "graph/test_hostile_rows.py::test_a_hostile_row_in_somebody_elses_checkpointer_runs_nothing",
            "graph/test_hostile_rows.py::test_sql_in_the_key_of_a_filter_is_refused_or_finds_nothing",
        ),
    ),
    39: Case(
        "injected instructions have no effect nobody approved",
        (
            "security/test_dojo.py::test_a_model_that_obeys_whatever_it_reads_has_no_effect_of_its_own",
            "graph/test_taint.py::test_what_text_from_outside_orders_is_asked_for_every_time",
        ),
    ),
    40: Case(
        "links, swaps, private addresses and secrets that leak",
        (
            TOOLS + "test_workspace.py::test_no_way_leads_outside",
            TOOLS + "test_workspace.py::test_a_swap_between_check_and_use_leaks_nothing",
            WEB + "test_private_addresses_are_refused_in_every_spelling",
            WEB + "test_a_redirect_to_a_private_address_is_refused",
            "graph/test_canary.py::test_a_run_through_langgraph_leaves_no_trace_in_the_store_or_the_state",
        ),
    ),
}
"""None is left out: each of the forty applies."""


def cases_of(nodeid: str) -> list[int]:
    """Which faults a test stands for; `nodeid` as pytest gives it."""
    name = nodeid.partition("[")[0].removeprefix("tests/")
    return [number for number, case in FAULTS.items() if name in case.tests]
