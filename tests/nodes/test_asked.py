"""What a task asks for that would else look like grinding."""

import pytest

from surefoot.nodes.asked import read_asked


@pytest.mark.parametrize(
    ("task", "tool", "times"),
    [
        ("Log the temperature 12 times, a minute apart", "read_sensor", 12),
        ("Turn the volume down by 10 steps; each press is one step", "press", 10),
        ("Send ten pings one by one", "ping", 10),
        ("Check the log twice", "read_file", 2),
        ("Upload the parts, try each part up to four times", "upload", 4),
        ("Probe both regions, at least 6 times each", "probe", 12),
        ("Drücke die Klingel sechsmal", "klingel", 6),
        ("Mesurez la tension cinq fois", "mesure", 5),
        ("Lanza el dado diez veces", "lanzar", 10),
        ("Misura la pressione sette volte", "misura", 7),
        ("Нажми кнопку пять раз", "нажать", 5),
        ("按按钮8次", "press", 8),
        ("ボタンを6回押してください", "push_button", 6),
        ("Keep the session alive for half an hour by touching it every five minutes", "touch", 6),
        ("Watch the canary every five minutes for three quarters of an hour", "query", 9),
        ("Repeat the measurement 7x", "measure", 7),
        ("Give a dose every 4 hours for one day", "give_dose", 6),
        ("Look at the dashboard for ten minutes", "dashboard", 10),
        ("Book a table for Friday", "book_table", 0),
        ("Wait for job 7 to finish", "poll", 0),
        ("Set the limit to 50 and check it", "read", 0),
        ("Write the 20 rows and check the sum", "sum", 0),
        ("Read the five commentaries on the clause", "open_commentary", 0),
        ("Create the appointment for the 5th of May at three\nCreate it", "create_event", 0),
        ("Find the manual of the P-200", "search", 0),
    ],
)
def test_it_counts_only_what_is_to_be_done_again(task: str, tool: str, times: int) -> None:
    assert read_asked(task).times(tool, {"of": 1}) == times


def test_things_that_are_all_alike_are_counted_by_the_calls() -> None:
    eggs = read_asked("Put a dozen eggs into the basket")
    assert eggs.times("put_egg", {}) == 12
    assert eggs.times("put_egg", {"egg": 3}) == 0


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        ("Send the malformed inputs one by one; each has to be refused with 400", True),
        ("Verify that a guest is kept out of every admin page", True),
        ("Zeige, dass der Zugriff verweigert wird", True),
        ("Find out in which tags the bug exists", True),
        ("Reserve any window seat", True),
        ("Report for each of the ports whether anything answers", True),
        ("Find the largest packet that passes the tunnel", True),
        ("Find the largest city of the Alps", False),
        ("Find out why the mail is refused", False),
        ("Make sure that the tests do not fail", False),
        ("Read the log of the node", False),
    ],
)
def test_a_no_may_be_the_answer(task: str, wanted: bool) -> None:
    assert read_asked(task).no_is_answer is wanted


@pytest.mark.parametrize(
    ("task", "fine"),
    [
        ("List overdue invoices\nAn empty result counts as success.", True),
        ("Watch the error queue, it should stay empty", True),
        ("Make sure that the key is in none of the repositories", True),
        ("Empty the work queue", False),
        ("Find the opening hours", False),
    ],
)
def test_to_find_nothing_may_be_a_result(task: str, fine: bool) -> None:
    assert read_asked(task).empty_is_answer is fine


@pytest.mark.parametrize(
    ("task", "each"),
    [
        ("Write the letters; read the template before each one", True),
        ("Prüfe nach jeder Zeile die Summe", True),
        ("Vérifie le total avant chaque envoi", True),
        ("Write the letters", False),
    ],
)
def test_something_may_belong_to_each_piece_of_work(task: str, each: bool) -> None:
    assert read_asked(task).around_each is each
