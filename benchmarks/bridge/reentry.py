"""Re-entry: blocking code that a coroutine called awaits something, in the same thread."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any

from benchmarks.bridge.comparison import Goal, Row, Side

Make = Callable[[], Awaitable[object]]


async def at_once() -> None:
    """Does not suspend."""


async def once() -> None:
    """Suspends once: a turn of the loop."""
    await asyncio.sleep(0)


def repeat(await_: Callable[[Any], object], make: Make, calls: int) -> float:
    """What the coroutine calls: blocking code, seconds an await."""
    begun = perf_counter()
    for _ in range(calls):
        await_(make())
    return (perf_counter() - begun) / calls


def row(what: str, make: Make, goal: Goal) -> Row:
    @asynccontextmanager
    async def sides() -> AsyncIterator[tuple[Side, Side]]:
        greenback = import_module("greenback")
        greenlets = import_module("plait.bridge.greenlets")
        yield (
            partial(greenback.with_portal_run_sync, repeat, greenback.await_, make),
            partial(greenlets.run_in_greenlet, repeat, greenlets.await_here, make),
        )

    needs = ("greenlet", "greenback", "plait.bridge.greenlets")
    return Row("re-entry", what, "greenback.await_", sides, needs, (goal,))


ROWS = [
    row("not suspending", at_once, Goal(1 / 4)),
    row("suspending once", once, Goal(1 / 1.8)),
]
