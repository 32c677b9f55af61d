"""Joins the pieces in which a model writes its replies, for a person who reads along."""

from collections.abc import Mapping
from typing import Any

from surefoot.tools.redact import Redactor

__all__ = ["Written"]


class Written:
    """What the model has written of each reply that is under way; no secret, not even the first half of one."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._replies: dict[str, tuple[str, str]] = {}
        """By subtask: the reply's id and its text."""

    def more(self, message: Any, metadata: Mapping[str, Any]) -> tuple[str, str] | None:
        """Take in a piece of a `messages` stream; the subtask's id and its reply so far, None = nobody thinks aloud."""
        if (metadata.get("surefoot") or {}).get("node") != "think" or not (piece := str(message.text)):
            return None
        task_id = str(metadata.get("task_id", ""))
        so_far, name = self._replies.get(task_id, ("", "")), str(message.id)
        text = (so_far[1] if so_far[0] == name else "") + piece
        self._replies[task_id] = (name, text)
        return task_id, self._redactor.settled(text)
