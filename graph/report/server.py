"""Shows the page of a run live: its events as they are written, and its questions for whoever has the address.

It listens on this machine only. The address holds a random token; a request without it, from another site or under
another name for this machine is refused, so that no page in the same browser can read the run or answer for a person.
"""

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self, cast
from urllib.parse import parse_qs, urlsplit

from surefoot.graph.report.page import page, policy
from surefoot.nodes.state import Json
from surefoot.tools.errors import SurefootError

__all__ = ["PageServer", "Shown"]

_LOOK_SECONDS = 0.25
_WORD_SECONDS = 15.0
"""So often a silent stream says that it is there, or nobody would notice that the reader has gone."""
_MOST_BYTES = 1_000_000
_LAST_SECONDS = 3.0


class Shown(Protocol):
    """The run that is shown."""

    thread_id: str

    def events(self, after: int) -> list[dict[str, Json]]:
        """Its log past a number, without secrets."""
        ...

    def status(self) -> str | None:
        """Where it stands; None = as its events have it."""
        ...

    def answer(self, question_id: str, answer: Json) -> None:
        """Answer a question; the first answer wins.

        Raises:
            SurefootError: it is no longer open, or the answer cannot be read.
        """
        ...


class PageServer:
    """Serves one run until it is closed.

    Args:
        shown: the run.
        port: on 127.0.0.1; 0 = any that is free.
    """

    def __init__(self, shown: Shown, *, port: int = 0) -> None:
        token = secrets.token_urlsafe(24)
        self._closing = threading.Event()
        handler = type("_Handler", (_Request,), {"shown": shown, "token": token, "closing": self._closing})
        self._server = _Server(("127.0.0.1", port), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/{token}/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="surefoot-page", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Tell the last events to whoever is watching, and stop."""
        self._closing.set()
        self._server.drain(_LAST_SECONDS)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any) -> None:
        self.watching = 0
        self.change = threading.Condition()
        super().__init__(*args)

    def drain(self, seconds: float) -> None:
        with self.change:
            self.change.wait_for(lambda: not self.watching, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away is no error."""


class _Request(BaseHTTPRequestHandler):
    shown: Shown
    token: str
    closing: threading.Event
    protocol_version = "HTTP/1.1"
    server_version = "surefoot"
    sys_version = ""
    timeout = 60

    @property
    def _web(self) -> _Server:
        return cast(_Server, self.server)

    def do_GET(self) -> None:
        place = self._place()
        if place == "":
            events = self.shown.events(0)
            html = page(self.shown.thread_id, events, status=self.shown.status(), live="events", answer="answer")
            self._send(200, html.encode(), "text/html; charset=utf-8")
        elif place == "events":
            self._stream()
        elif place is not None:
            self._refuse(404, "There is nothing here.")

    def do_POST(self) -> None:
        place = self._place()
        if place is None:
            return
        if place != "answer":
            self._refuse(404, "There is nothing here.")
        elif self.headers.get("Origin") != f"http://{self.headers['Host']}":
            self._refuse(403, "An answer has to come from the page itself.")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(415, "An answer has to be JSON.")
        else:
            self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self._refuse(413, "This answer is too long.")
            return
        try:
            given = json.loads(self.rfile.read(int(length)))
            question_id, answer = str(given["id"]), given["answer"]
        except (ValueError, KeyError, TypeError, RecursionError):
            self._refuse(400, "This is no answer.")
            return
        try:
            self.shown.answer(question_id, answer)
        except SurefootError as error:
            self._refuse(409, " ".join(str(error).split()))
            return
        self._send(200, b"{}", "application/json")

    def _stream(self) -> None:
        after = parse_qs(urlsplit(self.path).query).get("after", ["0"])[0]
        last = self.headers.get("Last-Event-ID", after)
        seen = int(last) if last.isdecimal() and len(last) < 16 else 0
        self._head(200, "text/event-stream", None)
        self.close_connection = True
        with self._web.change:
            self._web.watching += 1
        try:
            self._follow(seen)
        except OSError:
            return  # the reader has gone
        finally:
            with self._web.change:
                self._web.watching -= 1
                self._web.change.notify_all()

    def _follow(self, seen: int) -> None:
        status, spoken = None, time.monotonic()
        while True:
            ending = self.closing.is_set()  # before the look: what is written up to here is told
            parts = []
            for event in self.shown.events(seen):
                seen = event["seq"]
                parts.append(f"id: {seen}\ndata: {json.dumps(event)}\n\n")
            stands = self.shown.status()
            if stands != status or (parts and stands):
                status = stands
                parts.append(f"event: standing\ndata: {json.dumps({'status': stands})}\n\n")
            if ending:
                parts.append("event: end\ndata: {}\n\n")
            elif not parts and time.monotonic() - spoken > _WORD_SECONDS:
                parts.append(": still here\n\n")
            if parts:
                self.wfile.write("".join(parts).encode())
                self.wfile.flush()
                spoken = time.monotonic()
            if ending:
                return
            self.closing.wait(_LOOK_SECONDS)

    def _place(self) -> str | None:
        """What is asked for, behind the token; None = it was refused."""
        port = self._web.server_port
        if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self._refuse(403, "This page is for this machine alone.")
            return None
        if self.headers.get("Sec-Fetch-Site") == "cross-site" and self.command == "POST":
            self._refuse(403, "An answer has to come from the page itself.")
            return None
        _, token, *rest = [*urlsplit(self.path).path.split("/", 2), ""]
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            self._refuse(404, "There is nothing here.")
            return None
        return rest[0]

    def _refuse(self, code: int, sentence: str) -> None:
        self.close_connection = True  # a body may be left unread
        self._send(code, json.dumps({"error": sentence}).encode(), "application/json")

    def _send(self, code: int, body: bytes, kind: str) -> None:
        self._head(code, kind, len(body))
        self.wfile.write(body)

    def _head(self, code: int, kind: str, length: int | None) -> None:
        self.send_response(code)
        headers: Mapping[str, str] = {
            "Content-Type": kind,
            "Content-Security-Policy": f"{policy(live=True)}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Connection": "close",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal belongs to the run."""
