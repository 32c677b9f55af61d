"""Serves recorded replies of a thinking model over real HTTP: the same requests get the same replies again.

A recording is `tests/recordings/NAME.json`: `{"goal", "replies": [{"request": DIGEST, "answer": {"content", "tool_calls"}}]}`
in the order they were given. The digest covers messages, tools and response format: a changed prompt is not answered,
and the recording has to be made anew.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FakeEndpoint = sys.modules["fake_endpoint"].FakeEndpoint
RECORDINGS = Path(__file__).parent / "recordings"
FEEDS = ("feed-2025-10.xml", "feed-2026-07.xml")


def request_digest(body: dict[str, Any]) -> str:
    """Name a request by what the model sees."""
    seen = {k: body.get(k) for k in ("messages", "tools", "response_format", "tool_choice")}
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class ReplayEndpoint(FakeEndpoint):
    """The server; `missed` holds the requests nobody had recorded."""

    def __init__(self, name: str) -> None:
        super().__init__()
        recording = json.loads((RECORDINGS / f"{name}.json").read_text())
        self.goal: str = recording["goal"]
        self.missed: list[dict[str, Any]] = []
        self._replies = {
            reply["request"]: (n, reply["answer"]) for n, reply in enumerate(recording["replies"], start=1)
        }
        self.usage = None
        self.behaves(self._recorded)

    def recorded(self, body: dict[str, Any]) -> dict[str, Any]:
        """The reply that was recorded for a request; empty where there is none."""
        return self._replies.get(request_digest(body), (0, {}))[1]

    def _recorded(self, body: dict[str, Any]) -> Any:
        number, answer = self._replies.get(request_digest(body), (0, None))
        if answer is None:
            self.missed.append(body)
            return 400, "no reply was recorded for this request"
        calls = [
            {"name": call["name"], "arguments": call.get("args", {}), "id": f"call_{number:04d}_{i}"}
            for i, call in enumerate(answer.get("tool_calls") or [])
        ]
        return {"text": answer.get("content") or "", "calls": calls}


def unpack_feeds(folder: Path) -> Path:
    """Put the two feeds the recordings were made on into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FEEDS:
        (folder / name).write_bytes(gzip.decompress((RECORDINGS / f"{name}.gz").read_bytes()))
    return folder
