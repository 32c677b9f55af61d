"""Reads and writes what columns have in them: JSON as text, checksums, the names of runs."""

import hashlib
import json

from surefoot.nodes.state import Json
from surefoot.tools.errors import StoreError
from surefoot.tools.redact import Redactor


def to_json(value: Json, redactor: Redactor | None = None) -> str:
    """Write a value as ASCII JSON text, which every database takes, lone surrogates and NUL included."""
    try:
        return json.dumps(redactor.data(value) if redactor else value, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"Only plain JSON data can be stored, and this is not: {error}.") from error


def checksum(data: bytes) -> str:
    """Sum bytes up in 16 hex digits: finds damage, does not prove who wrote them."""
    return hashlib.sha256(data).hexdigest()[:16]


def thread_of(run_id: str) -> str:
    """Name the thread of a run: a run is named after its thread and a count."""
    return run_id.rpartition("#")[0]
