"""Does the work in a thread of its own, so that the main one hears signals at once and can tell what happens."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from surefoot.graph.cli.pausing import Pausing

T = TypeVar("T")

_END = object()


def follow(work: Callable[[Callable[[Any], None]], T], watch: Callable[[Any], None], pausing: Pausing) -> T:
    """Call `work(tell)` in a thread and `watch` here with all it and the signals tell; give or raise what came of it."""
    told: SimpleQueue[Any] = SimpleQueue()
    outcome: Future[T] = Future()

    def body() -> None:
        try:
            outcome.set_result(work(told.put))
        except BaseException as error:  # noqa: BLE001  raised again in the main thread
            outcome.set_exception(error)
        finally:
            told.put(_END)

    threading.Thread(target=body, name="surefoot-run", daemon=True).start()
    with pausing.working(told.put):
        while (event := told.get()) is not _END:
            watch(event)
    return outcome.result()
