"""The page of a run in a real browser: drawn without a complaint, answered by keyboard, legible in both themes."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Page, browsing, found
from scripted_agent import Agent, World, act, plan, subtask

from surefoot.graph.cli.shown import Served
from surefoot.graph.door import Door
from surefoot.graph.report import PageServer
from surefoot.graph.store import SqliteStore
from surefoot.tools import tool_effect
from surefoot.tools.redact import Redactor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not found(), reason="no Chromium here: install one, or name it in CHROMIUM"),
]

DRAWN = ("plan", "timeline", "tasks", "revisions", "budget", "open")

PALE = """
(() => {
  const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = el => { for (; el; el = el.parentElement) { const c = parse(getComputedStyle(el).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  const pale = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const el = node.parentElement;
    if (!node.data.trim() || !el.checkVisibility() || ["SCRIPT", "NOSCRIPT"].includes(el.tagName) || el.closest("svg")) continue;
    const [a, b] = [light(parse(getComputedStyle(el).color)), light(ground(el))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) pale.push(`${node.data.trim().slice(0, 40)}: ${((a + .05) / (b + .05)).toFixed(2)}`);
  }
  return pale;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.fixture
def server(waiting: Any) -> Iterator[PageServer]:
    """The page of the run of the `waiting` fixture, which goes on when it is answered there."""
    store, agent = waiting
    complaints: list[str] = []
    shown = Served(store, "t1", Redactor({}), Door(agent.graph, store), {}, complaints.append)
    with PageServer(shown) as serving:
        yield serving
    assert complaints == []


def clean(page: Page, address: str) -> None:
    """Nothing was complained of, nothing was asked of anybody but the page's own server, and no text has run."""
    said = page.told("Runtime.exceptionThrown", "Page.javascriptDialogOpening")
    said += [e for e in page.told("Runtime.consoleAPICalled") if e["type"] in ("error", "warning", "assert")]
    said += [e for e in page.told("Log.entryAdded") if "favicon" not in e["entry"].get("url", "")]
    assert said == []
    asked = [event["request"]["url"] for event in page.told("Network.requestWillBeSent")]
    site = address.rsplit("/", 2)[0]
    assert asked and all(url.startswith(site) for url in asked)
    assert page.find("document.scripts.length") == 2
    assert page.find("document.querySelectorAll('img, iframe, object, embed, link').length") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_drawn_without_a_complaint_in_every_size_and_theme(
    browser: Browser, server: PageServer, width: int, theme: str, tmp_path: Path
) -> None:
    page = browser.page(width=width, theme=theme).open(server.address)
    page.until("document.getElementById('live').textContent === 'live'")
    for part in DRAWN:
        assert page.find(f"document.getElementById('{part}').checkVisibility()"), part
    assert page.find("document.documentElement.scrollWidth") <= width
    assert page.find("[...document.querySelectorAll('.scroll')].every(part => part.scrollWidth <= part.clientWidth)")
    assert page.find(PALE) == []
    for mark in ("<script>alert(1)</script>", r"\u202egnp.exe", r"\u001b[2J"):
        assert mark in page.find("document.body.innerText")
    page.shot(tmp_path / f"{width}-{theme}.png")  # to look at
    clean(page, server.address)


def test_a_question_is_answered_by_keyboard_alone(browser: Browser, server: PageServer) -> None:
    page = browser.page(width=390).open(server.address)
    assert page.find("document.getElementById('status').textContent") == "waits for you"
    page.tab_to("Approve")
    page.press("Enter")
    page.until("document.getElementById('status').textContent === 'done'")
    assert "All is done." in page.find("document.getElementById('result').innerText")
    assert page.find("document.getElementById('open').childElementCount") == 0
    clean(page, server.address)


def test_a_change_that_is_refused_keeps_what_was_typed_and_says_what_was_wrong(
    browser: Browser, server: PageServer
) -> None:
    page = browser.page().open(server.address)
    page.tab_to("Change it")
    page.press("Enter")
    assert page.focused() == "The arguments to use instead, as JSON"
    for typed, wrong in (('{"what": ', "This is not JSON"), ('{"where": "there"}', "'where' is no argument of it")):
        page.write(typed)
        page.tab_to("Use this")
        page.press("Enter")
        page.until(f"document.querySelector('[role=alert].bad:not(#notice)')?.textContent.includes({wrong!r})")
        page.until("document.activeElement.tagName === 'TEXTAREA'")
        assert page.find("document.activeElement.value") == typed
    page.write('{"what": "as I say"}')
    page.tab_to("Use this")
    page.press("Enter")
    page.until("document.getElementById('status').textContent === 'done'")
    assert "modify" in page.find("document.getElementById('answers').innerText")
    assert "as I say" in page.find("document.getElementById('answers').innerText")
    clean(page, server.address)


def test_a_branch_that_waits_is_answered_while_another_runs_on(browser: Browser, path: Path) -> None:
    go = threading.Event()

    @tool_effect("read_only")
    def hold() -> str:
        """Last until it is let go."""
        return "held" if go.wait(60) else "in vain"

    think = {"a": [act("hold"), act("look", at="sea"), {"answer": "a"}], "b": [act("fire", what="b"), {"answer": "b"}]}
    script = {"plan": [plan(subtask("a"), subtask("b"), confidence=0.1)], "think": think}
    world = World()
    with SqliteStore(path) as store:
        door = Door(Agent(script, [*world.tools(), hold], store=store).graph, store)
        door.start("g", "t1")
        with PageServer(Served(store, "t1", Redactor({}), door, {}, print)) as server:
            page = browser.page().open(server.address)
            page.tab_to("Approve")
            page.press("Enter")
            page.until("document.getElementById('status').textContent === 'running, but waits for you'")
            page.until("document.getElementById('open').innerText.includes('May fire run?')")
            page.tab_to("Approve")
            page.press("Enter")
            page.until("document.getElementById('open').innerText.includes('The run follows it at its next step')")
            assert world.did == []
            go.set()
            page.until("document.getElementById('status').textContent === 'done'")
            clean(page, server.address)
        told = [(event["type"], event.get("task_id"), event.get("status")) for event in store.events("t1#1")]
    assert told.index(("decision", "b", None)) < told.index(("subtask", "a", "completed"))
    assert sorted(world.did) == ["fire b", "look sea"]
