"""Lets threads that write at the same time share a commit."""

import threading

__all__ = ["MOST_PARTS", "Group"]

MOST_PARTS = 64
"""Writes in one commit: the first of them waits for all."""


class Group:
    """Writes of several threads that are committed at once.

    A commit waits for the disk, some milliseconds. Who has written while another one waits for its turn leaves the
    commit to that one, and goes on when the last of them has committed for all.
    """

    def __init__(self) -> None:
        self.parts = 0
        self.count = 0
        """What of the backlog is written in it."""
        self.ended = threading.Event()
        self.error: BaseException | None = None
        """Why nothing of it is on the disk."""
