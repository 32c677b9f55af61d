"""Rows of lists: what was told of their things elsewhere belongs to them."""

from evident import called, promises, tool

from surefoot.nodes.evidence.provenance import read_log
from surefoot.nodes.quest.rows import joined, table_of

TOOLS = promises(
    tool("list_ids", "Lists the orders of a customer.", "customer_id"),
    tool("list_orders", "Lists the orders of a customer.", "customer_id"),
    tool("order_date", "Returns the order date of an order.", "order_id"),
)
LOG = [
    called("list_ids", ["O-1", "O-2"], customer_id="C-1"),
    called(
        "list_orders", [{"order_id": "O-2", "city": "Graz"}, {"order_id": "O-9", "city": "Rome"}], customer_id="C-1"
    ),
    called("order_date", "2024-05-05", order_id="O-1"),
]


def test_a_row_is_given_what_calls_and_other_lists_told_of_its_thing_and_no_more() -> None:
    ledger = read_log(LOG, TOOLS)
    name = next(fact.rows[0][0] for fact in ledger.of(0))
    table = table_of(name, ledger.of(0), frozenset({name}))
    found = joined(table, {"O-1": 0, "O-2": 1}, ledger.facts, ledger)
    assert {row: {fact.text for fact in facts} for row, facts in found.items()} == {
        0: {"O-1", "2024-05-05"},
        1: {"O-2", "Graz"},
    }


def test_what_a_row_says_itself_stands_against_what_is_told_of_its_thing_elsewhere() -> None:
    tools = promises(
        tool("list_visits", "Lists the visits of a doctor.", "doctor_id"),
        tool("patient", "Returns the record of a patient.", "patient_id"),
    )
    rows = [
        {"visit_id": "V-1", "patient_id": "P-1", "doctor_id": "D-1"},
        {"visit_id": "V-2", "patient_id": "P-2", "doctor_id": "D-1"},
    ]
    patient = {"patient_id": "P-1", "doctor_id": "D-9", "city": "Graz"}
    ledger = read_log(
        [called("list_visits", rows, doctor_id="D-1"), called("patient", patient, patient_id="P-1")], tools
    )
    name = next(fact.rows[0][0] for fact in ledger.of(0))
    found = joined(table_of(name, ledger.facts, frozenset({name})), {"V-1": 0, "V-2": 1}, ledger.facts, ledger)
    assert {fact.text for fact in found[0]} == {"V-1", "P-1", "D-1", "Graz"}
