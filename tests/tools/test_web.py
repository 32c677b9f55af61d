import asyncio
import gzip
import resource
import socket
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from surefoot.tools import address
from surefoot.tools.effects import effect_of
from surefoot.tools.errors import ToolError
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.toolbox import Toolbox
from surefoot.tools.web import fetch_tool

PAGE = """<!doctype html><html><head><title>Tide &amp; time</title><style>p {}</style><script>alert(1)</script></head>
<body><nav><a href="/home">Home</a></nav><h1>Tides</h1><p>High at <b>noon</b>, see <a href="more?x=1&amp;y=2">more</a>.
</p><table><tr><th>day</th><th>m</th></tr><tr><td>Mon</td><td>3.1</td></tr></table></body></html>"""


class Site:
    """A real HTTP server on a loopback address, and what it was asked."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1" if tls else "HTTP/1.0"

            def do_GET(self) -> None:
                site.asked.append((self.headers["Host"], self.path))
                site.answers[self.path](self)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer((host, 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  a client that hangs up is no failure
        self.port = self.server.server_address[1]
        self.host = host
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"

    def put(self, path: str, body: bytes = b"", kind: str | None = None, status: int = 200, **headers: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            if kind is not None:
                request.send_header("Content-Type", kind)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()


def fetch(url: str, **options: Any) -> Any:
    return fetch_tool(**{"allow_private": True, **options}).invoke({"url": url})


def test_a_page_becomes_markdown_with_absolute_links(site: Site) -> None:
    result = fetch(site.put("/d/tides", PAGE.encode(), "text/html; charset=utf-8"))
    text = result.pop("text")
    assert result == {
        "url": site.url("/d/tides"),
        "status": 200,
        "content_type": "text/html",
        "title": "Tide & time",
        "truncated": False,
    }
    assert "# Tides" in text
    assert f"High at **noon**, see [more]({site.url('/d/more?x=1&y=2')})" in text
    assert f"[Home]({site.url('/home')})" in text
    assert "| Mon | 3.1 |" in text
    assert "alert" not in text


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("application/json", '{"a": "é"}', '{"a": "é"}'),
        ("application/atom+xml", "<feed><title>x</title></feed>", "<feed><title>x</title></feed>"),
        ("text/csv", "a,b\n1,2\n", "a,b\n1,2\n"),
        (None, "just words", "just words"),
        (None, "<!DOCTYPE html><p>hello", "hello"),
    ],
)
def test_text_of_other_kinds_stays_as_it_is(site: Site, kind: str | None, body: str, text: str) -> None:
    result = fetch(site.put("/x", body.encode(), kind))
    assert (result["text"], result["content_type"]) == (text, kind or "")
    assert "title" not in result


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=iso-8859-1", "<p>Grüße</p>".encode("latin-1")),
        ("text/html", '<meta charset="windows-1252"><p>Grüße</p>'.encode("cp1252")),
        ("text/html", "<p>Grüße</p>".encode()),
        ("text/plain", "Grüße".encode("utf-16")),
        ("text/html; charset=nonsense", "<p>Grüße</p>".encode()),
        ("text/html; charset=hex", "<p>Grüße</p>".encode()),
    ],
)
def test_the_encoding_is_found(site: Site, kind: str, body: bytes) -> None:
    assert fetch(site.put("/x", body, kind))["text"] == "Grüße"


def test_compressed_answers_are_unpacked(site: Site) -> None:
    url = site.put("/x", gzip.compress(b"words"), "text/plain", Content_Encoding="gzip")
    assert fetch(url)["text"] == "words"


def test_what_is_no_text_is_refused_with_type_and_size(site: Site) -> None:
    with pytest.raises(ToolError, match=r"is image/png \(4 bytes\)"):
        fetch(site.put("/x", b"\x89PNG", "image/png"))
    with pytest.raises(ToolError, match=r"is binary data \(3 bytes\)"):
        fetch(site.put("/y", b"a\0b"))


def test_an_http_error_is_a_result_with_the_beginning_of_its_text(site: Site) -> None:
    result = fetch(site.put("/gone", b"<h1>Gone</h1>" + b"<p>sorry</p>" * 1000, "text/html", status=404))
    assert (result["status"], result["truncated"], len(result["text"])) == (404, True, 2000)
    assert result["text"].startswith("# Gone")
    assert fetch(site.put("/bad", b"\x89PNG", "image/png", status=500))["text"] == ""


def test_a_large_body_is_cut_and_said_so(site: Site) -> None:
    result = fetch(site.put("/x", b"a" * 5000, "text/plain"), max_bytes=1000)
    assert (len(result["text"]), result["truncated"]) == (1000, True)
    exact = fetch(site.put("/y", b"a" * 1000, "text/plain"), max_bytes=1000)
    assert (len(exact["text"]), exact["truncated"]) == (1000, False)


def test_an_endless_body_is_cut(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.end_headers()
        while True:
            request.wfile.write(b"more " * 1000)

    site.answers["/x"] = endless
    assert fetch(site.url("/x"), max_bytes=10_000)["truncated"] is True


@pytest.mark.parametrize("slow_part", ["headers", "body"])
def test_a_server_that_drips_is_left_at_the_deadline(site: Site, slow_part: str) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        if slow_part == "body":
            request.send_response(200)
            request.send_header("Content-Type", "text/plain")
            request.end_headers()
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not over.wait(0.02):
            request.wfile.write(b"x")

    site.answers["/x"] = drip
    try:
        with pytest.raises(ToolError, match=r"within 0\.3 seconds"):
            fetch(site.url("/x"), timeout=0.3)
    finally:
        over.set()


def test_a_name_server_that_hangs_is_left_at_the_deadline() -> None:
    over, ended = threading.Event(), threading.Event()

    def hangs(host: str, port: int) -> list[str]:
        over.wait(5)
        ended.set()
        return []

    try:
        with pytest.raises(ToolError, match=r"within 0\.2 seconds"):
            fetch("http://slow.test/", timeout=0.2, resolver=hangs)
        assert not ended.is_set()
    finally:
        over.set()


def test_a_name_server_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = """
import time
from surefoot.tools.web import fetch_tool
try: fetch_tool(timeout=0.2, resolver=lambda host, port: time.sleep(600)).invoke({"url": "http://slow.test/"})
except Exception as error: print(error)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "within 0.2 seconds" in ended.stdout


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_in_a_process_of_its_own_a_fetch_is_the_same_and_ends_in_time(site: Site, colour: str) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not over.wait(0.02):
            request.wfile.write(b"x")

    runner = ToolRunner(Toolbox([fetch_tool(allow_private=True, timeout=0.5)]))

    def run(url: str) -> Outcome:
        return (
            runner.run("fetch_url", {"url": url})
            if colour == "sync"
            else asyncio.run(runner.arun("fetch_url", {"url": url}))
        )

    site.answers["/drip"] = drip
    assert run(site.put("/x", b"words", "text/plain")).output["text"] == "words"
    try:
        assert "did not answer in full within 0.5 seconds" in run(site.url("/drip")).message
    finally:
        over.set()


def test_what_unpacks_to_gigabytes_does_not_fill_the_memory(site: Site) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(b"\0" * 16_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    once = gzip.compress(b"")[:10] + block * 300
    twice = gzip.compress(once)
    assert len(twice) < 100_000, "for 4.8 GB"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fetch(site.put("/once", once, "text/plain", Content_Encoding="gzip"))["truncated"]
    with pytest.raises(ToolError, match="packed several times over"):
        fetch(site.put("/twice", twice, "text/plain", Content_Encoding="gzip, gzip"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def test_a_broken_connection_is_one_sentence(site: Site) -> None:
    def lies(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"short")

    site.answers["/x"] = lies
    with pytest.raises(ToolError, match="broke off"):
        fetch(site.url("/x"))
    site.answers["/y"] = lambda request: request.wfile.write(b"what?\r\n\r\n")  # type: ignore[assignment, return-value]
    with pytest.raises(ToolError, match="no proper answer"):
        fetch(site.url("/y"))


def test_nobody_listening_is_one_sentence(site: Site) -> None:
    port = site.port
    closed = Site()
    closed.close()
    with pytest.raises(ToolError, match=r"127\.0\.0\.1 could not be connected to"):
        fetch(closed.url("/"))
    assert port != closed.port


def test_an_unknown_host_is_one_sentence() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(ToolError, match=r"The host name nowhere\.test cannot be found"):
        fetch("http://nowhere.test/", resolver=unknown)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "http://"),
        ("file://localhost/etc/passwd", "http://"),
        ("ftp://example.org/x", "http://"),
        ("javascript:alert(1)", "http://"),
        ("example.org", "http://"),
        ("http://", "http://"),
        ("", "http://"),
        ("http://me:secret@example.org/", "user name or password"),
        ("http://me@example.org/", "user name or password"),
        ("http://exa mple.org/", "no web address"),
        ("http://[::1/", "no web address"),
        ("http://example.org:99999/", "no web address|could not be connected"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, message: str) -> None:
    with pytest.raises(ToolError, match=message) as caught:
        fetch(url, resolver=lambda host, port: [])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0x7f.1",
        "017700000001",
        "2852039166",
        "0xa9fea9fe",
        "127.0.0.1.",
        "localhost.",
        "[::]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "１２７.0.0.1",
    ],
)
def test_private_addresses_are_refused_in_every_spelling(site: Site, host: str) -> None:
    site.put("/", b"secret", "text/plain")
    with pytest.raises(ToolError, match=r"not a public address|no web address|cannot be found"):
        fetch(f"http://{host}:{site.port}/", allow_private=False)
    assert site.asked == []


def test_every_address_of_a_name_must_be_public(site: Site) -> None:
    with pytest.raises(ToolError, match=r"mixed\.test \(127\.0\.0\.1\) is not a public"):
        fetch("http://mixed.test/", allow_private=False, resolver=lambda host, port: ["8.8.8.8", "127.0.0.1"])


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site at 127.0.0.2, the one address that counts as public for the test."""
    monkeypatch.setattr(address, "_is_public", lambda found: found == "127.0.0.2")
    served = Site("127.0.0.2")
    yield served
    served.close()


def test_a_redirect_to_a_private_address_is_refused(site: Site, public: Site) -> None:
    site.put("/secret", b"secret", "text/plain")
    public.put("/go", status=302, Location=site.url("/secret"))
    with pytest.raises(ToolError, match=r"127\.0\.0\.1 is not a public address"):
        fetch(f"http://good.test:{public.port}/go", allow_private=False, resolver=lambda host, port: [
            "127.0.0.2" if host == "good.test" else host
        ])  # fmt: skip
    assert [path for _, path in public.asked] == ["/go"]
    assert site.asked == []


def test_a_name_that_changes_its_address_is_asked_once_and_never_followed(site: Site, public: Site) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    public.put("/", b"public", "text/plain")
    result = fetch(f"http://rebind.test:{public.port}/", allow_private=False, resolver=lambda host, port: next(answers))
    assert result["text"] == "public"
    assert next(answers) == ["127.0.0.1"]
    assert public.asked == [(f"rebind.test:{public.port}", "/")]


def test_a_name_server_that_changes_its_mind_after_the_check_is_not_asked_again(
    site: Site, public: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        asked.append(name)
        # The first answer passes the check; every later one leads to this machine, wherever it is asked from.
        address = name if name[0].isdigit() else "127.0.0.2" if asked.count(name) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, public.port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    public.put("/", b"public", "text/plain")
    url = f"http://rebind.test:{public.port}/"
    assert fetch(url, allow_private=False)["text"] == "public"
    assert asked.count("rebind.test") == 1
    with pytest.raises(ToolError, match=r"rebind\.test \(127\.0\.0\.1\) is not a public"):
        fetch(url, allow_private=False)
    assert (len(public.asked), site.asked) == (1, [])


def test_a_name_that_turns_private_between_two_redirects_is_refused(site: Site, public: Site) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    public.put("/", status=307, Location="/again")
    with pytest.raises(ToolError, match=r"rebind\.test \(127\.0\.0\.1\) is not a public"):
        fetch(f"http://rebind.test:{public.port}/", allow_private=False, resolver=lambda host, port: next(answers))


def test_redirects_are_followed_to_the_end(site: Site) -> None:
    site.put("/a", status=301, Location="b?q=1#part", Set_Cookie="k=v")
    site.put("/b?q=1", status=303, Location=site.url("/c"))
    site.put("/c", b"end", "text/plain")
    result = fetch(site.url("/a"))
    assert (result["url"], result["text"]) == (site.url("/c"), "end")


@pytest.mark.parametrize(
    ("location", "message"),
    [("file:///etc/passwd", "http://"), ("http://me:secret@127.0.0.1/", "user name"), ("http://[", "no web address")],
)
def test_a_redirect_to_what_is_no_plain_web_address_is_refused(site: Site, location: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        fetch(site.put("/a", status=302, Location=location))


def test_redirects_in_a_circle_end(site: Site) -> None:
    with pytest.raises(ToolError, match="redirects more than 5 times"):
        fetch(site.put("/a", status=302, Location="/a"))
    assert len(site.asked) == 6


def test_the_next_address_is_tried_where_one_does_not_connect(site: Site) -> None:
    site.put("/", b"here", "text/plain")
    result = fetch(f"http://two.test:{site.port}/", resolver=lambda host, port: ["127.0.0.3", "127.0.0.1"])
    assert result["text"] == "here"
    assert result["url"] == f"http://two.test:{site.port}/"


def test_proxy_settings_of_the_environment_are_ignored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(site.put("/", b"direct", "text/plain"))["text"] == "direct"


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, ssl.SSLContext, list[str | None]]]:
    """An https site whose certificate is for site.test, what trusts it, and the names clients asked it for."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=site.test"
    made = [*make.split(), "-addext", "subjectAltName=DNS:site.test", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(made, check=True, capture_output=True)
    names: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    served = Site(tls=server)
    served.put("/", b"sealed", "text/plain")
    yield served, ssl.create_default_context(cafile=str(cert)), names
    served.close()


def test_tls_is_checked_against_the_name_and_not_the_address(
    secure: tuple[Site, ssl.SSLContext, list[str | None]],
) -> None:
    site, trusted, names = secure
    options: dict[str, Any] = {"resolver": lambda host, port: ["127.0.0.1"], "tls": trusted}
    assert fetch(f"https://site.test:{site.port}/", **options)["text"] == "sealed"
    assert names == ["site.test"]
    with pytest.raises(ToolError, match=r"other\.test could not be connected to: .*certificate"):
        fetch(f"https://other.test:{site.port}/", **options)
    with pytest.raises(ToolError, match="certificate"):
        fetch(f"https://site.test:{site.port}/", resolver=options["resolver"])


def test_a_redirect_to_another_name_at_the_same_address_is_checked_again(
    secure: tuple[Site, ssl.SSLContext, list[str | None]],
) -> None:
    site, trusted, _ = secure
    site.put("/go", status=302, Location=f"https://other.test:{site.port}/")
    with pytest.raises(ToolError, match="certificate"):
        fetch(f"https://site.test:{site.port}/go", resolver=lambda host, port: ["127.0.0.1"], tls=trusted)


async def test_it_is_awaited_beside_other_work(site: Site) -> None:
    tool = fetch_tool(allow_private=True)
    urls = [site.put(f"/{n}", str(n).encode(), "text/plain") for n in range(5)]
    results = await asyncio.gather(*(tool.ainvoke({"url": url}) for url in urls))
    assert [result["text"] for result in results] == ["0", "1", "2", "3", "4"]


async def test_the_blocking_form_works_inside_a_running_event_loop(site: Site) -> None:
    assert fetch(site.put("/", b"in a notebook", "text/plain"))["text"] == "in a notebook"


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000 + "deep",
        "<!--" * 200_000,
        "<b><p>" * 20_000 + "</b>" * 20_000,
        "<title>" * 100_000,
        "<" * 500_000,
    ],
    ids=["nested", "comments", "misnested", "titles", "angles"],
)
def test_a_hostile_page_does_not_hold_things_up(site: Site, body: str) -> None:
    result = fetch(site.put("/", body.encode(), "text/html"), timeout=15)
    assert result["status"] == 200


def test_what_is_left_out_of_a_deep_page_is_said(site: Site) -> None:
    result = fetch(site.put("/", b"<p>top</p>" + b"<div>" * 300 + b"deep", "text/html"))
    assert result["text"].startswith("top")
    assert "nested deeper than 200 levels are left out" in result["text"]


def test_it_declares_that_it_only_reads_and_how_to_call_it() -> None:
    tool = fetch_tool()
    assert effect_of(tool).effect == "read_only"
    assert tool.name == "fetch_url"
    assert list(tool.args) == ["url"]
    assert tool.args["url"]["description"]
