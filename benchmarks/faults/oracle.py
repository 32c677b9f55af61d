"""The log outside the system: what really happened, one JSON line each, only ever added to and at once on the disk.

Written by the tools (`start`, `done`, `failed`), by the model (`called`) and by the driver (`killed`, `asked`,
`answered`, `recorded`), so that one file tells the whole story of a run in its order.
"""

import json
import os
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Oracle:
    """The effect log of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, **facts: Any) -> None:
        """Add a line; it is on the disk when this returns."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, (json.dumps({"event": event, **facts}) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> list[Entry]:
        """All lines so far."""
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def text(self, what: str) -> str | None:
        """The result of an effect, if it is there."""
        return next((e["text"] for e in self.read() if e["event"] == "done" and e["what"] == what), None)
