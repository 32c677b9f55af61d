"""Makes plain JSON of a value from outside."""

import json
from typing import Any

__all__ = ["Unstorable", "clean", "clean_text"]


class Unstorable(ValueError):
    """The value is no data: it cannot be written as JSON."""


def clean(value: Any) -> Any:
    """Copy a value as plain JSON.

    Raises:
        Unstorable: it holds something that is no data.
    """
    try:
        return json.loads(clean_text(json.dumps(value, ensure_ascii=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise Unstorable(f"The result is no plain data: {error}.") from error


def clean_text(text: str) -> str:
    """Replace what no database stores: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
