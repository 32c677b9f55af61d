"""The tools: each leaves its trace in the effect log before, at and after its effect, and can be held in the middle."""

import os
import threading
import time
import uuid
from collections.abc import Callable

from langchain_core.tools import ToolException

from benchmarks.faults.oracle import Oracle
from benchmarks.faults.script import Script, delay

Held = Callable[[str], None]


class World:
    """What the tools act on.

    Args:
        hold: (n, phase): the n-th call in this process is held for ever in that phase: `before` its start is in the
            log, `during` it, `after` the effect, or when its result is `recorded`; None = none is.
        held: is told the name of the call that is held, in the thread that is.
    """

    def __init__(self, script: Script, oracle: Oracle, hold: tuple[int, str] | None, held: Held) -> None:
        self._script = script
        self._oracle = oracle
        self._hold = hold
        self._held = held
        self._driver = os.getppid()
        self._entered = self._recorded = 0
        self._lock = threading.Lock()

    def tools(self) -> dict[str, Callable[..., str]]:
        """The tools by name, with nothing declared."""

        def look(what: str) -> str:
            """Look at something."""
            return self._do("look", what)

        def put(what: str, idempotency_key: str) -> str:
            """Put something in its place."""
            return self._do("put", what, key=idempotency_key)

        def move(what: str) -> str:
            """Move something."""
            return self._do("move", what)

        def send(what: str) -> str:
            """Send something."""
            return self._do("send", what)

        def fire(what: str) -> str:
            """Fire something; it cannot be put back."""
            return self._do("fire", what)

        def push(what: str) -> str:
            """Push something."""
            return self._do("push", what)

        return {f.__name__: f for f in (look, put, move, send, fire, push)}

    def happened(self, what: str) -> str | None:
        """The probe: the result of an effect, None if it never was."""
        return self._oracle.text(what)

    def recorded(self, what: str) -> None:
        """Hear that the agent has recorded a result, before it does anything else."""
        with self._lock:
            self._recorded += 1
            held = self._hold == (self._recorded, "recorded")
        if held:
            self._stop(what)

    def _do(self, tool: str, what: str, **key: str) -> str:
        with self._lock:
            self._entered += 1
            hold = self._hold[1] if self._hold and self._hold[0] == self._entered else ""
        self._maybe_hold(hold, "before", what)
        self._oracle.write("start", tool=tool, what=what, **key)
        self._maybe_hold(hold, "during", what)
        time.sleep(delay(self._script.seed, what, "during"))
        text = f"{tool} {what}: {uuid.uuid4().hex[:6]}"
        if what in self._script.failing:
            self._oracle.write("failed", tool=tool, what=what, text=text)
            raise ToolException(text)
        earlier = self._under(key["key"]) if key else None
        if earlier is None:
            self._oracle.write("done", tool=tool, what=what, text=text, **key)
        self._maybe_hold(hold, "after", what)
        time.sleep(delay(self._script.seed, what, "after"))
        return earlier or text

    def _under(self, key: str) -> str | None:
        """What an earlier call with the same key gave: a service that knows keys has one effect for each."""
        done = (e for e in self._oracle.read() if e["event"] == "done" and e.get("key") == key)
        return next((e["text"] for e in done), None)

    def _maybe_hold(self, hold: str, phase: str, what: str) -> None:
        if hold == phase:
            self._stop(what)

    def _stop(self, what: str) -> None:
        self._held(what)
        while os.getppid() == self._driver:  # until it is killed
            time.sleep(0.05)
        os._exit(1)
