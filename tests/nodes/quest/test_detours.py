"""What is asked of one thing is not told by another: detours, rows of others, and several where one was asked for."""

import re
from typing import Any

from evident import tool
from questions import Tool, answer, down, solve

from surefoot.nodes.quest.quest import Quest

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


def test_where_its_record_cannot_be_read_a_third_thing_is_no_answer_either() -> None:
    record = takes("appointment_details", "Returns the record of an appointment.", "appointment_id", down)
    move, _ = solve(ASKED, record, *DETOUR)
    assert move.gave_up and not move.answer


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
    assert answer(asked, listed(["APT-1", "APT-7"]), listed(["APT-7", "APT-1"], "appointments_of"), day, room) == "A1"


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


def test_a_tool_to_avoid_is_not_called_and_what_it_promises_still_rules_detours_out() -> None:
    offered = [each for each, _ in (doctor(), *DETOUR)]
    move = Quest(ASKED, offered, [], avoid=frozenset({"appointment_doctor"})).move()
    assert "appointment_doctor" not in [name for name, _ in move.calls]
    assert not move.way


INCIDENT_ID = takes(
    "incident_for_case", "Returns the incident id for a case number.", "case_number", {"CASE1": "INC-1"}
)
TRIP = {"INC-1": {"incident_id": "INC-1", "severity": "high", "trip_id": "TRP-5"}}
DRIVER = takes("trip_driver", "Returns the driver of a trip.", "trip_id", {"TRP-5": "Hal", "TRP-6": "Mia"})


def test_the_record_of_the_thing_is_read_before_a_copy_that_warns_of_itself_is_used() -> None:
    record = takes("incident", "Incident details.", "incident_id", TRIP)
    worse = takes(
        "trip_of_incident", "Returns the trip id of an incident. May be stale.", "incident_id", {"INC-1": "TRP-6"}
    )
    asked = "Who is the driver of the trip of the incident with case number CASE1?"
    assert answer(asked, INCIDENT_ID, record, worse, DRIVER) == "Hal"


def test_where_only_a_source_that_warns_of_itself_tells_it_the_answer_says_so() -> None:
    worse = takes(
        "trip_of_incident", "Returns the trip id of an incident. May be stale.", "incident_id", {"INC-1": "TRP-6"}
    )
    move, _ = solve("Who is the driver of the trip of the incident with case number CASE1?", INCIDENT_ID, worse, DRIVER)
    assert move.answer.startswith("Mia") and "- trip_of_incident says of itself: may be stale" in move.answer


def test_a_bare_value_is_what_the_description_says_and_not_what_the_name_ties() -> None:
    supplier = takes(
        "q_supplier_id_product_id", "Returns the supplier id of a product.", "product_id", {"P-1": "SUP-4"}
    )
    rows = [{"product_id": "P-2", "price": 5.0}, {"product_id": "P-3", "price": 9.0}]
    products = takes("supplier_products", "Lists the products of a supplier.", "supplier_id", {"SUP-4": rows})
    title = takes("product_title", "Returns the title of a product.", "product_id", {"P-3": "Lamp"})
    asked = "What is the title of the product with the highest price of the supplier of product P-1?"
    assert answer(asked, supplier, products, title) == "Lamp"


def test_what_two_lists_say_of_the_same_row_is_compared() -> None:
    right = [{"ingredient": "cod", "grams": 600}, {"ingredient": "leek", "grams": 150}]
    wrong = [{"ingredient": "cod", "grams": 606}, {"ingredient": "leek", "grams": 163}]
    one = takes("list_ingredients", "Lists the ingredients of a recipe.", "recipe_id", lambda _: wrong)
    other = takes("recipe_ingredients", "Lists the ingredients of a recipe.", "recipe_id", lambda _: right)
    move, _ = solve("What is the total grams of the ingredients of recipe RC-7?", one, other)
    assert not move.answer and "606" in move.gave_up and "600" in move.gave_up


def test_one_that_was_refused_leaves_the_other_to_be_checked_by_a_third() -> None:
    chefs = {"CH-1": "RS-1", "CH-2": "RS-2"}
    liar = takes("a_chef", "Returns the chef id of a recipe.", "recipe_id", {"RC-7": "CH-1"})
    unknown = takes("b_chef", "Returns the chef id of a recipe.", "recipe_id", {"RC-7": "CH-9"})
    record = takes(
        "recipe", "Returns the record of a recipe.", "recipe_id", {"RC-7": {"recipe_id": "RC-7", "chef_id": "CH-2"}}
    )
    restaurant = takes("restaurant_of", "Returns the restaurant of a chef.", "chef_id", chefs)
    move, _ = solve("What is the restaurant of the chef of recipe RC-7?", liar, unknown, record, restaurant)
    assert not move.answer and {"CH-1 by a_chef", "CH-2 by recipe"} <= set(re.findall(r"CH-\d by \w+", move.gave_up))
