"""Does the work in a thread of its own, so that the main one hears signals at once and can tell what happens."""

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from surefoot.graph.cli.pausing import Pausing

T = TypeVar("T")

_END = object()


def follow(
    work: Callable[[Callable[[Any], None]], T], watch: Callable[[Any], None], pausing: Pausing, *, knocks: bool = False
) -> T:
    """Call `work(tell)` in a thread and `watch` here with all it and the signals tell; give or raise what came of it.

    `knocks`: a line typed meanwhile is told, too, as an event of type `knock`; it answers nothing.
    """
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
    with pausing.working(told.put), _hearing_knocks(told.put) if knocks else contextlib.nullcontext():
        while (event := told.get()) is not _END:
            watch(event)
    return outcome.result()


@contextlib.contextmanager
def _hearing_knocks(tell: Callable[[Any], None]) -> Iterator[None]:
    bell, ring = os.pipe()

    def listen() -> None:
        while bell not in select.select([sys.stdin, bell], [], [])[0]:
            if not sys.stdin.readline():
                return  # nobody is there any more
            tell({"type": "knock"})

    listener = threading.Thread(target=listen, name="surefoot-knocks", daemon=True)
    listener.start()
    try:
        yield
    finally:
        os.write(ring, b"!")
        listener.join()
        os.close(bell)
        os.close(ring)
