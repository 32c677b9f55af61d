"""An OpenAI-compatible chat server whose replies are a function of the address: real HTTP, no model.

`http://127.0.0.1:PORT/RUN/STEPS/LATENCY/v1` is the base address of a run. Each conversation of it (what its first user
message says) calls the tool `look` STEPS times, a call a reply, and then reports. LATENCY is milliseconds such a reply
takes, or `LEAST-MOST`, between which `wait_of` draws. `PUT /RUN` sets the plan a run is given. `GET /RUN` tells what it
has sent. Prompt tokens are a quarter of the bytes. A run whose name ends in `-recall` does not report before it has what
it was told at its beginning, see `reader.py`.
"""

import json
import random
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from benchmarks.speed.reader import recalled

PLACES = ["north", "south", "east", "west", "river", "bridge", "tower", "market", "harbour", "garden", "gate", "mill"]
PLAN = json.dumps({"subtasks": [{"task_id": "a", "description": "Look.", "dependencies": []}], "confidence": 0.9})


class Told:
    """What one run has sent."""

    def __init__(self) -> None:
        self.turns: dict[str, int] = {}
        self.calls = self.bytes = 0
        self.first_at = self.last_at = 0.0
        self.fact: str | None = None


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    runs: ClassVar[dict[str, Told]] = {}
    plans: ClassVar[dict[str, str]] = {}
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Tell what a run has sent, and forget it."""
        told = self.runs.pop(self.path.strip("/"), Told())
        self._send(vars(told) | {"turns": None})

    def do_PUT(self) -> None:
        """Set the plan of a run."""
        self.plans[self.path.strip("/")] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send({})

    def do_POST(self) -> None:
        """Give one reply."""
        arrived = time.time()
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        _, run, steps, latency, *_ = self.path.split("/")
        body = json.loads(raw)
        opening = next(text for m in body["messages"] if m["role"] == "user" for text in [_text(m["content"])])
        with self.lock:
            told = self.runs.setdefault(run, Told())
            told.calls, told.bytes = told.calls + 1, told.bytes + len(raw)
            told.first_at, told.last_at = told.first_at or arrived, arrived
            acting = "tools" in body
            turn = told.turns[opening] = told.turns.get(opening, 0) + acting
        if acting:
            named = re.search(r"Look for (\w+)\.", opening)
            wait = wait_of(named[1] if named else "", turn, latency)
            time.sleep(max(0.0, arrived + wait - time.time()))
        message = _act(turn) if acting and turn <= int(steps) else {"content": "All was seen."}
        if acting and turn > int(steps) and run.endswith("-recall"):
            message = _recall(body["messages"], turn, told)
        if "response_format" in body:
            message = {"content": self.plans.get(run, PLAN)}
        self._send(_completion(message, len(raw) // 4))

    def _send(self, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 1024
    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer at once: small packets must not wait for each other."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().process_request(request, client_address)


def wait_of(task: str, turn: int, latency: str) -> float:
    """Seconds the reply of a turn takes, counted from 1; always the same for the same task and turn."""
    least, _, most = latency.partition("-")
    return random.Random(f"{task} {turn}").uniform(float(least), float(most or least)) / 1000


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _act(turn: int) -> dict[str, Any]:
    place = f"{PLACES[turn % len(PLACES)]} {turn}"
    call = {"name": "look", "arguments": json.dumps({"at": place})}
    said = f"What was seen so far fits together; what is still missing is the {place}, so I look at it next."
    return {"content": said, "tool_calls": [{"id": f"call_{turn}", "type": "function", "function": call}]}


def _recall(messages: list[dict[str, Any]], turn: int, told: Told) -> dict[str, Any]:
    calls = [call["function"] for message in messages for call in message.get("tool_calls") or ()]
    asked = [json.loads(call["arguments"]) for call in calls if call["name"] == "read_output"]
    wanted = recalled([_text(message.get("content") or "") for message in messages], asked)
    if isinstance(wanted, dict):
        call = {"name": "read_output", "arguments": json.dumps(wanted)}
        return {"content": "", "tool_calls": [{"id": f"call_{turn}", "type": "function", "function": call}]}
    told.fact = wanted
    return {"content": f"All was seen. The gate opens with {wanted}."}


def _completion(message: dict[str, Any], prompt: int) -> dict[str, Any]:
    why = "tool_calls" if "tool_calls" in message else "stop"
    written = len(json.dumps(message)) // 4
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "bench",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": why}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written},
    }


def main() -> None:
    """Print the port, and serve until the parent has ended."""
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()
