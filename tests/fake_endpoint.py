"""An OpenAI-compatible chat server on loopback that misbehaves on request: real HTTP, no model.

`endpoint.says(...)` sets what it answers, `endpoint.behaves(...)` how; `endpoint.requests` are the bodies it got,
`endpoint.callers` the connections they came over.
"""

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
Answer = Any
"""A str (text), a dict with `text`, `calls` ([{name, arguments: str or dict, id}]), `finish`, or (status, message).

Bytes are a page, `{"whole": ...}` is the JSON as it is sent.
"""

JSON_METHODS = ("json_schema", "function_calling", "json_mode", "text")


def method_of(body: Body) -> str:
    """Name the way a request asks for its answer."""
    if "tools" in body:
        return "function_calling" if "tool_choice" in body else "tools"
    form = body.get("response_format", {}).get("type")
    return {"json_schema": "json_schema", "json_object": "json_mode"}.get(form, "text")


class FakeEndpoint:
    """The server."""

    def __init__(self) -> None:
        self.reset()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Forget the requests and behave well."""
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.callers: dict[Any, socket.socket] = {}
        self.usage: dict[str, int] | None = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        self._answers: list[Answer] = []
        self._answer: Callable[[Body], Answer] = lambda body: "hello"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def methods(self) -> list[str]:
        """How each request so far asked for its answer."""
        return [method_of(body) for body in self.requests]

    def says(self, *answers: Answer) -> None:
        """Answer the next requests in this order; the last answer stays."""
        self._answers = list(answers)

    def behaves(self, answer: Callable[[Body], Answer]) -> None:
        """Answer by a function of the request body."""
        self._answer = answer

    def answer(self, body: Body, headers: dict[str, str]) -> Answer:
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            if self._answers:
                return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return self._answer(body)

    def hang_up(self) -> None:
        """Close the connections that are kept."""
        for connection in self.callers.values():
            connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(endpoint: FakeEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            endpoint.callers[self.client_address] = self.connection
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = endpoint.answer(body, {key.lower(): value for key, value in self.headers.items()})
            if isinstance(answer, bytes):
                self._send(200, answer, "text/html")
            elif isinstance(answer, tuple):
                status, message = answer
                self._send(status, json.dumps({"error": {"message": message, "code": status}}).encode())
            elif body.get("stream"):
                self._send(200, _events(body, answer, endpoint.usage), "text/event-stream")
            else:
                self._send(200, json.dumps(_completion(answer, endpoint.usage)).encode())

        def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None: ...

    return Handler


def _parts(answer: Answer) -> tuple[str, list[Body], str]:
    if isinstance(answer, str):
        answer = {"text": answer}
    calls = []
    for index, call in enumerate(answer.get("calls", [])):
        arguments = call["arguments"]
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": call["name"], "arguments": written}
        calls.append({"index": index, "id": call.get("id", f"c{index}"), "type": "function", "function": function})
    return answer.get("text", ""), calls, answer.get("finish", "tool_calls" if calls else "stop")


def _completion(answer: Answer, usage: Body | None) -> Body:
    if "whole" in answer and isinstance(answer, dict):
        whole: Body = answer["whole"]
        return whole
    text, calls, finish = _parts(answer)
    message: Body = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    made = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake", "choices": [choice]}
    return {**made, **({"usage": usage} if usage else {})}


def _events(body: Body, answer: Answer, usage: Body | None) -> bytes:
    text, calls, finish = _parts(answer)
    deltas: list[Body] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[at : at + 7]} for at in range(0, len(text), 7)]
    deltas += [{"tool_calls": [call]} for call in calls]
    choices: list[list[Body]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": finish}])
    about = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "fake"}
    events: list[Body] = [{**about, "choices": choice} for choice in choices]
    if usage and body.get("stream_options", {}).get("include_usage"):
        events.append({**about, "choices": [], "usage": usage})
    lines = [json.dumps(event) for event in events] + ["[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode()
