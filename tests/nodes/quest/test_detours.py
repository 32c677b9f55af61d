"""What is asked of one thing is not told by another: detours, rows of others, and several where one was asked for."""

from typing import Any

from evident import tool
from questions import Tool, answer, down, solve

DOCTOR = {"APT-1": "DR-1", "APT-2": "DR-2"}
PATIENT = {"APT-1": "PT-1", "APT-2": "PT-1"}
ASKED = "What is the specialty of the doctor of appointment APT-1?"


def takes(name: str, does: str, need: str, table: Any) -> Tool:
    return tool(name, does, need), table if callable(table) else table.__getitem__


def doctor(name: str = "appointment_doctor", table: Any = DOCTOR) -> Tool:
    return takes(name, "Returns the doctor id of an appointment.", "appointment_id", table)


PATIENT_OF = takes("appointment_patient", "Returns the patient id of an appointment.", "appointment_id", PATIENT)
DOCTOR_OF_PATIENT = takes("patient_doctor", "Returns the doctor id of a patient.", "patient_id", {"PT-1": "DR-9"})
SPECIALTY = takes(
    "doctor_specialty",
    "Returns the specialty of a doctor.",
    "doctor_id",
    {"DR-1": "oncology", "DR-2": "surgery", "DR-9": "neurology"},
)
DETOUR = (PATIENT_OF, DOCTOR_OF_PATIENT, SPECIALTY)


def test_what_a_third_thing_says_does_not_speak_against_what_the_thing_itself_says() -> None:
    assert answer(ASKED, doctor(), *DETOUR) == "oncology"


def test_where_the_thing_itself_cannot_be_asked_a_third_thing_is_no_answer() -> None:
    move, _ = solve(ASKED, doctor(table=down), *DETOUR)
    assert move.gave_up and not move.answer


def test_a_record_of_the_thing_is_read_before_a_third_thing_is_asked() -> None:
    record = takes(
        "appointment_details",
        "Returns the record of an appointment.",
        "appointment_id",
        lambda _: {"appointment_id": "APT-1", "room": "A1", "doctor_id": "DR-1"},
    )
    assert answer(ASKED, record, *DETOUR) == "oncology"


def test_where_nothing_promises_it_of_the_thing_itself_a_third_thing_may_tell_it() -> None:
    assert answer(ASKED, *DETOUR) == "neurology"


ROWS = [
    {"appointment_id": "APT-1", "room": "A1", "doctor_id": "DR-1"},
    {"appointment_id": "APT-7", "room": "B7", "doctor_id": "DR-1"},
]


def listed(rows: Any, name: str = "doctor_appointments") -> Tool:
    return takes(name, "Lists the appointments of a doctor.", "doctor_id", lambda _: rows)


def test_of_a_list_of_its_like_the_row_of_the_thing_itself_tells() -> None:
    invoice = takes(
        "invoice_appointment", "Returns the appointment id of an invoice.", "invoice_id", {"INV-1": "APT-1"}
    )
    room = takes("appointment_room", "Returns the room of an appointment.", "appointment_id", down)
    said = answer("What is the room of the appointment of invoice INV-1?", invoice, doctor(), room, listed(ROWS))
    assert said == "A1"


def test_several_values_are_no_answer_where_one_was_asked_for() -> None:
    move, _ = solve("What is the room of the appointment of doctor DR-1?", listed(ROWS))
    assert not move.answer and "A1, B7" in move.gave_up


def test_several_values_are_an_answer_where_several_were_asked_for() -> None:
    assert answer("What are the rooms of the appointments of doctor DR-1?", listed(ROWS)) == "A1, B7"


def test_a_list_without_dates_is_ordered_by_what_is_told_of_its_rows_elsewhere() -> None:
    days = {"APT-1": "2024-05-05", "APT-7": "2021-01-01"}
    day = takes("appointment_date", "Returns the appointment date of an appointment.", "appointment_id", days)
    room = takes(
        "appointment_room", "Returns the room of an appointment.", "appointment_id", {"APT-1": "A1", "APT-7": "B7"}
    )
    asked = "What is the room of the last appointment of doctor DR-1?"
    assert answer(asked, listed(["APT-1", "APT-7"]), day, room) == "A1"


def test_which_one_is_the_last_is_not_guessed() -> None:
    room = takes(
        "appointment_room", "Returns the room of an appointment.", "appointment_id", {"APT-1": "A1", "APT-7": "B7"}
    )
    move, _ = solve("What is the room of the last appointment of doctor DR-1?", listed(["APT-1", "APT-7"]), room)
    assert not move.answer and "Nothing tells which is the last" in move.gave_up


def test_of_two_lists_that_differ_the_one_whose_identifiers_are_known_elsewhere_is_believed() -> None:
    made_up = listed([{"appointment_id": "APT-5", "room": "C5"}], "a_appointments")
    true = listed([{"appointment_id": "APT-1", "room": "A1"}], "b_appointments")
    status = takes("appointment_status", "Returns the status of an appointment.", "appointment_id", {"APT-1": "kept"})
    assert answer("What is the room of the appointment of doctor DR-1?", made_up, true, status) == "A1"
