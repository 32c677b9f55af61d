"""What a result says of itself."""

import pytest

from surefoot.nodes.results import denies, refuses, tells_of_failure


@pytest.mark.parametrize(
    "no",
    [
        "SORRY, come back tomorrow",
        "access Denied",
        "Your session has expired",
        "please SELECT a plan first",
        "Bitte anmelden",
        "Identifiants invalides, veuillez vous connecter",
        "ДОСТУП ОТКАЗАН: отказано",
        "срок действия ИСТЁК",
        "您好:登录",
        "접근:로그인",
    ],
)
def test_a_no_is_heard_in_any_case_and_script(no: str) -> None:
    assert refuses(no) and denies("word " * 500 + no)


@pytest.mark.parametrize("text", ["unsorry", "the logins", "denieds", "no news", "expired milk", "ログ"])
def test_a_part_of_a_word_is_no_no(text: str) -> None:
    assert not refuses(text) and not denies(text)


@pytest.mark.parametrize(
    ("text", "fails"), [("2 FAILED", True), ("0 failed", False), ("no errors", False), ("Refused", True)]
)
def test_a_text_tells_of_failures_but_for_a_count_of_none(text: str, fails: bool) -> None:
    assert tells_of_failure(text, text) is fails
