"""The live page: told as it happens, for whoever has its address and nobody else."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from surefoot.graph.report import PageServer
from surefoot.tools.errors import ResumeError

Events = list[dict[str, Any]]


class Run:
    """A run whose events come one by one."""

    thread_id = "t"

    def __init__(self, told: Events) -> None:
        self.told = told
        self.stands: str | None = None
        self.answers: list[tuple[str, Any]] = []
        self._mutex = threading.Lock()

    def events(self, after: int) -> Events:
        return [event for event in self.told if event["seq"] > after]

    def status(self) -> str | None:
        return self.stands

    def answer(self, question_id: str, answer: Any) -> None:
        with self._mutex:
            if self.answers:
                raise ResumeError("This question is not open.")
            self.answers.append((question_id, answer))


@pytest.fixture
def run() -> Run:
    return Run([{"type": "started", "goal": "g", "options": {}, "seq": 1, "at": 1.0}])


@pytest.fixture
def server(run: Run) -> Iterator[PageServer]:
    with PageServer(run) as serving:
        yield serving


def site(server: PageServer) -> str:
    return server.address.rsplit("/", 2)[0]


def post(server: PageServer, body: Any = None, **headers: str) -> httpx.Response:
    content = json.dumps({"id": "q", "answer": {"type": "approve"}}) if body is None else body
    given = {"origin": site(server), "content-type": "application/json", **headers}
    return httpx.post(f"{server.address}answer", content=content, headers=given)


def read(lines: Iterator[str], until: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line == until:
            return


def test_the_page_is_there_and_nobody_may_frame_keep_or_send_it_on(server: PageServer) -> None:
    reply = httpx.get(server.address)
    assert reply.status_code == 200 and '"goal": "g"' in reply.text
    policy = reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert (reply.headers["cache-control"], reply.headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_it_listens_on_this_machine_alone(server: PageServer) -> None:
    assert server.address.startswith("http://127.0.0.1:")
    assert len(server.address.rsplit("/", 2)[1]) >= 32


@pytest.mark.parametrize("path", ["", "/", "/x/", "/events", "/{token}x/", "/{token}/other", "/{token}/../page.html"])
def test_without_the_token_there_is_nothing(server: PageServer, path: str) -> None:
    token = server.address.rsplit("/", 2)[1]
    assert httpx.get(site(server) + path.format(token=token)).status_code == 404
    assert httpx.post(site(server) + path.format(token=token), headers={"origin": site(server)}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example"])
def test_another_name_for_this_machine_is_refused(server: PageServer, run: Run, host: str) -> None:
    assert httpx.get(server.address, headers={"host": host}).status_code == 403
    assert post(server, host=host, origin=f"http://{host}").status_code == 403
    assert run.answers == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "https://127.0.0.1"])
def test_no_other_site_can_answer(server: PageServer, run: Run, origin: str) -> None:
    assert post(server, origin=origin).status_code == 403
    assert run.answers == []


def test_no_plain_form_can_answer(server: PageServer, run: Run) -> None:
    assert post(server, **{"content-type": "text/plain"}).status_code == 415
    assert run.answers == []


@pytest.mark.parametrize("body", ["", "{", "[]", '{"id": "q"}', '{"answer": true}', "[" * 100_000])
def test_what_is_no_answer_changes_nothing(server: PageServer, run: Run, body: str) -> None:
    reply = post(server, body)
    assert (reply.status_code, run.answers) == (400, []) and reply.json()["error"]


def test_a_huge_answer_is_not_read(server: PageServer, run: Run) -> None:
    assert post(server, " " * 1_000_001).status_code == 413
    assert run.answers == []


def test_of_many_answers_one_wins(server: PageServer, run: Run) -> None:
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(post(server).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, *[409] * 7]
    assert run.answers == [("q", {"type": "approve"})]


def test_events_come_as_they_are_written_and_a_reader_that_returns_misses_none(server: PageServer, run: Run) -> None:
    with httpx.stream("GET", f"{server.address}events?after=0", timeout=20) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        assert list(read(lines, "")) == ["id: 1", f"data: {json.dumps(run.told[0])}", ""]
        run.told.append({"type": "thought", "text": "a\n\ndata: b", "seq": 2, "at": 2.0})
        assert list(read(lines, "")) == ["id: 2", f"data: {json.dumps(run.told[1])}", ""]
    run.told.append({"type": "thought", "text": "c", "seq": 3, "at": 3.0})
    with httpx.stream("GET", f"{server.address}events", headers={"last-event-id": "2"}, timeout=20) as stream:
        assert next(stream.iter_lines()) == "id: 3"


def test_the_last_events_are_told_before_it_closes(run: Run) -> None:
    server = PageServer(run)
    with httpx.stream("GET", f"{server.address}events?after=1", timeout=20) as stream:
        run.told.append({"type": "finished", "status": "done", "seq": 2, "at": 2.0})
        run.stands = "done"
        closing = threading.Thread(target=server.close)
        closing.start()
        lines = list(stream.iter_lines())
        closing.join(20)
    assert lines[0] == "id: 2"
    assert lines[-3:-1] == ["event: end", "data: {}"]
    assert 'data: {"status": "done"}' in lines
    with pytest.raises(httpx.TransportError):
        httpx.get(server.address)
