"""An OpenAI-compatible chat endpoint on this machine, whose mind is a function of the request: for trying things out."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


class TinyEndpoint:
    """Serves `/v1/chat/completions` until the process ends.

    Args:
        mind: Given the request, says the answer: a text, or a list of calls `(tool, arguments)`.
    """

    def __init__(self, mind: Callable[[Body], str | list[tuple[str, Body]]]) -> None:
        self.requests: list[Body] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:
                body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                self.requests.append(body)
                reply = json.dumps(_completion(body, mind(body), len(self.requests))).encode()
                handler.send_response(200)
                handler.send_header("Content-Type", "application/json")
                handler.send_header("Content-Length", str(len(reply)))
                handler.end_headers()
                handler.wfile.write(reply)

            def log_message(handler, format: str, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _completion(body: Body, answer: str | list[tuple[str, Body]], number: int) -> Body:
    """The answer in the form of OpenAI's chat completions."""
    text = answer if isinstance(answer, str) else None
    calls = [
        {"id": f"call_{number}_{n}", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
        for n, (tool, arguments) in enumerate(answer if text is None else [])
    ]
    message = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    read, written = len(json.dumps(body["messages"])) // 4, len(json.dumps(message)) // 4
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    about = {"id": f"r{number}", "object": "chat.completion", "created": 0, "model": body["model"]}
    return {**about, "choices": [choice], "usage": usage}
