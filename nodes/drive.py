"""Writes each component once: its core is a generator that yields what it waits for.

A core never calls a model, a tool or a database itself. It yields an `Effect` (a call to the outside) and is sent
the effect's result, or has the effect's exception thrown into it. `drive` performs effects in place, `adrive`
awaits them; the core is the same for both, so sync and async cannot drift apart.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Effect(Protocol):
    """Something the outside must do: `perform` blocks for it, `aperform` awaits it."""

    def perform(self) -> Any: ...

    async def aperform(self) -> Any: ...


Core = Generator[Effect, Any, T]
"""A computation that yields effects and returns a T."""


@dataclass(slots=True)
class Call:
    """One outside call that exists in both colours, for example `model.invoke` and `model.ainvoke`."""

    sync: Callable[[], Any]
    async_: Callable[[], Awaitable[Any]]

    def perform(self) -> Any:
        return self.sync()

    async def aperform(self) -> Any:
        return await self.async_()


@dataclass(slots=True)
class Blocking:
    """One blocking call (a file, the database): kept off the event loop."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()

    def perform(self) -> Any:
        return self.function(*self.args)

    async def aperform(self) -> Any:
        return await asyncio.to_thread(self.function, *self.args)


class Brief(Blocking):
    """One call that takes no longer than to begin a thread for it."""

    async def aperform(self) -> Any:
        return self.perform()


@dataclass(slots=True)
class Together:
    """Several cores side by side; the result is the list of theirs, in order."""

    cores: Sequence[Core[Any]]

    def perform(self) -> list[Any]:
        if len(self.cores) <= 1:
            return [drive(core) for core in self.cores]
        with ThreadPoolExecutor(len(self.cores)) as pool:
            return [f.result() for f in [pool.submit(copy_context().run, drive, core) for core in self.cores]]

    async def aperform(self) -> list[Any]:
        # All end before a failure goes on, as in `perform`: none may work on behind its caller's back.
        ended = await asyncio.gather(*(adrive(core) for core in self.cores), return_exceptions=True)
        for result in ended:
            if isinstance(result, BaseException):
                raise result
        return ended


def drive(core: Core[T]) -> T:
    """Run a core to its end, blocking at each effect."""
    try:
        effect = next(core)
        while True:
            try:
                result = effect.perform()
            except Exception as error:  # noqa: BLE001  thrown into the core, whose business it is
                effect = core.throw(error)
            else:
                effect = core.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def adrive(core: Core[T]) -> T:
    """Run a core to its end, awaiting each effect."""
    try:
        effect = next(core)
        while True:
            try:
                result = await effect.aperform()
            except Exception as error:  # noqa: BLE001  thrown into the core, whose business it is
                effect = core.throw(error)
            else:
                effect = core.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
