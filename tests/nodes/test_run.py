"""What a component tells its run: it takes no thread where the run only notes it, and never blocks the event loop."""

import threading
from typing import Any

import pytest

from surefoot.nodes.drive import adrive
from surefoot.nodes.run import NoRun, noting, tell


class Told(NoRun):
    def __init__(self, holds_back: bool) -> None:
        self.holds_back = holds_back
        self.told = list[Any]()

    def record(self, event: Any) -> None:
        self.told.append((event, threading.current_thread()))


@pytest.mark.parametrize("holds_back", [True, False])
async def test_telling_takes_a_thread_only_where_it_is_written_at_once(holds_back: bool) -> None:
    run = Told(holds_back)

    def core() -> Any:
        yield tell(run, {"type": "x"})  # type: ignore[typeddict-item, arg-type]
        return (yield noting(run, max, 1, 2))

    assert await adrive(core()) == 2
    [(event, thread)] = run.told
    assert event == {"type": "x"} and (thread is threading.current_thread()) == holds_back
