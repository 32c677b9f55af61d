"""A real browser without a window, driven over its DevTools protocol."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell", "chrome")
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PATIENCE = 60.0


def found() -> str | None:
    """Where a browser is: what CHROMIUM names, else the first of the usual names."""
    return next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *NAMES)))), None)


@contextmanager
def browsing(folder: Path) -> Iterator["Browser"]:
    """Start it with an empty profile in `folder`, and end it."""
    program = found()
    assert program
    with (folder / "browser.log").open("wb") as log:
        process = subprocess.Popen([program, *_FLAGS, f"--user-data-dir={folder}/profile"], stdout=log, stderr=log)
    try:
        with connect(_address(folder / "browser.log", process), max_size=None) as line:
            yield Browser(line)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _address(log: Path, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + _PATIENCE
    while not (said := re.search(r"listening on (ws://127\.0\.0\.1:\S+)", log.read_text(errors="replace"))):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)
    return said[1]


class Browser:
    """The connection to it; `told` are the events it has sent."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._sent = 0
        self.told: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        """Have a method of the protocol carried out; gives its result."""
        self._sent += 1
        of = {"sessionId": session} if session else {}
        self._line.send(json.dumps({"id": self._sent, "method": method, "params": given, **of}))
        while True:
            message = json.loads(self._line.recv(_PATIENCE))
            if message.get("id") == self._sent:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result
            self.told.append(message)

    def page(self, *, width: int = 1280, height: int = 900, theme: str = "light") -> "Page":
        """Open an empty page of a size, for a person who likes a theme."""
        page = Page(self)
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        return page


class Page:
    """One page of it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **given)

    def open(self, address: str) -> Self:
        """Go to an address and wait until its script has drawn."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && document.getElementById('status')")
        return self

    def find(self, script: str) -> Any:
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + _PATIENCE
        while not self.find(f"Boolean({script})"):
            assert time.monotonic() < deadline, (script, self.find("document.body.innerText"))
            time.sleep(0.05)

    def press(self, key: str, *, times: int = 1) -> None:
        """Press a key on the keyboard."""
        for _ in range(times):
            text = {"text": "\r"} if key == "Enter" else {}
            named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def tab_to(self, label: str) -> None:
        """Press Tab until a control of this name has the focus, as somebody does who has no mouse."""
        for _ in range(100):
            self.press("Tab")
            if self.focused() == label:
                return
        raise AssertionError(f"{label} cannot be reached by keyboard: {self.find('document.body.innerText')}")

    def focused(self) -> str:
        """The name of what has the focus."""
        at = "document.activeElement"
        return str(self.find(f"({at}.labels && {at}.labels[0] || {at}).innerText || ''"))

    def write(self, text: str) -> None:
        """Type a text in place of what is in the field that has the focus."""
        self.find("document.activeElement.select()")
        self.call("Input.insertText", text=text)

    def shot(self, file: Path) -> None:
        """Take a picture of the whole page."""
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(taken["data"]))

    def told(self, *methods: str) -> list[dict[str, Any]]:
        """What it has sent of some kinds so far."""
        self.find("0")  # what is under way arrives first
        mine = [event for event in self._browser.told if event.get("sessionId") == self._session]
        return [event["params"] for event in mine if event["method"] in methods]
