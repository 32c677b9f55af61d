"""Makes the page of a run: one file with all it needs, which loads nothing and runs no script but its own."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["page", "policy"]


def page(
    thread_id: str,
    events: Sequence[Mapping[str, Any]],
    *,
    status: str | None = None,
    resume: str = "",
    live: str | None = None,
    answer: str | None = None,
) -> str:
    """Write the page as HTML.

    Args:
        thread_id: the run's name.
        events: its log, oldest first; secrets are taken out already.
        status: where it stands, such as `waiting` or `cut off`; None = as the events have it.
        resume: the command that answers its questions, for a page that cannot.
        live: address of the events to come, on the page's own server; None = the page stays as it is.
        answer: address answers are sent to, beside `live`.
    """
    template, _ = _template()
    data = {
        "thread_id": thread_id,
        "events": list(events),
        "status": status,
        "resume": resume,
        "live": live,
        "answer": answer,
    }
    return template.replace("{{CSP}}", policy(live=live is not None)).replace("{{DATA}}", _inert(data))


def policy(*, live: bool) -> str:
    """The Content-Security-Policy: its own style and script, known by their sums, and where it is live its own server."""
    _, sums = _template()
    connect = "'self'" if live else "'none'"
    return f"default-src 'none'; {sums}; connect-src {connect}; base-uri 'none'; form-action 'none'"


@cache
def _template() -> tuple[str, str]:
    text = files("surefoot.graph.report").joinpath("page.html").read_text(encoding="utf-8")
    sums = []
    for part in ("style", "script"):
        inside = re.search(rf"<{part}>(.*?)</{part}>", text, re.DOTALL)
        assert inside is not None
        sum_ = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        sums.append(f"{part}-src 'sha256-{sum_}'")
    return text, "; ".join(sums)


def _inert(data: Any) -> str:
    """JSON in which no text can end the element it stands in or begin another."""
    text = json.dumps(data)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
