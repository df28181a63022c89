"""An iterable of the other colour, an item; the peer is the loop that one writes by hand.

asyncio's side takes each item across by a call of its own, plait's `iterate_blocking` takes up
to four ahead. `LoopThread.iterate` calls once an item.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final

from benchmarks.bridge.comparison import Row, Side, timed
from plait.bridge import LoopThread, iterate_blocking

END: Final = object()


async def by_to_thread(count: int) -> None:
    items = iter(range(count))
    while await asyncio.to_thread(next, items, END) is not END:
        pass


async def by_iterate_blocking(count: int) -> None:
    async for _ in iterate_blocking(range(count)):
        pass


@asynccontextmanager
async def blocking_iterable() -> AsyncIterator[tuple[Side, Side]]:
    yield lambda count: timed(by_to_thread, count), lambda count: timed(by_iterate_blocking, count)


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


def by_run_coroutine_threadsafe(loop: LoopThread, count: int) -> float:
    items, target = numbers(count), loop.portal.loop

    async def take() -> object:
        return await anext(items, END)

    begun = perf_counter()
    while asyncio.run_coroutine_threadsafe(take(), target).result() is not END:
        pass
    return (perf_counter() - begun) / count


def by_iterate(loop: LoopThread, count: int) -> float:
    begun = perf_counter()
    for _ in loop.iterate(numbers(count)):
        pass
    return (perf_counter() - begun) / count


@asynccontextmanager
async def async_iterator() -> AsyncIterator[tuple[Side, Side]]:
    # Of the same kind as the loop that runs this, which meanwhile waits.
    with LoopThread(loop_factory=type(asyncio.get_running_loop())) as loop:
        yield (
            lambda count: asyncio.to_thread(by_run_coroutine_threadsafe, loop, count),
            lambda count: asyncio.to_thread(by_iterate, loop, count),
        )


ROWS = [
    Row("iteration", "blocking iterable", "to_thread(next, items)", blocking_iterable),
    Row("iteration", "async iterator", "run_coroutine_threadsafe(anext)", async_iterator),
]
