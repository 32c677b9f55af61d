"""Remembers what could not be saved behind a run's work, so that the run stops before its next effect.

LangGraph saves what a task wrote in the background and looks at how that went when its graph is over; where the graph
then asks, never. A run would go on past a write the database has refused, or wait at a question nobody can find again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from surefoot.tools.errors import StoreError


class Unsaved:
    """The first failed save of each run whose lock is held; where another graph is in charge, nobody holds it."""

    def __init__(self) -> None:
        self._held: dict[str, StoreError | None] = {}

    @contextmanager
    def watched(self, thread_id: str) -> Iterator[None]:
        """Keep a run's first failed save until its lock is let go."""
        self._held[thread_id] = None
        try:
            yield
        finally:
            del self._held[thread_id]

    def note(self, thread_id: str, error: StoreError) -> None:
        """Say that a save has failed."""
        if thread_id in self._held:
            self._held[thread_id] = self._held[thread_id] or error

    def check(self, thread_id: str) -> None:
        """Raise what a save has failed with: later ones may succeed, and what was lost between them stays lost."""
        if error := self._held.get(thread_id):
            raise error


Given = ParamSpec("Given")
Saved = TypeVar("Saved")


def noted(save: Callable[Given, Saved]) -> Callable[Given, Saved]:
    """Note a failed save of a checkpointer, which has `unsaved`, besides raising it."""

    @wraps(save)
    def saving(*args: Given.args, **kwargs: Given.kwargs) -> Saved:
        try:
            return save(*args, **kwargs)
        except StoreError as error:
            saver: Any = args[0]
            config: Any = kwargs["config"] if "config" in kwargs else args[1]
            saver.unsaved.note(str(config["configurable"]["thread_id"]), error)
            raise

    return saving
