"""Thread to loop: a thread calls a coroutine or a plain function on the loop, one or eight at once.

The loop is the main thread's for all of them, and so are the threads: those of one executor.
asgiref finds the loop only from a thread that `sync_to_async` began, so its callers are begun
by that; neither it nor aiomisc has a call of a plain function. What asyncio does with a plain
function is what one does by hand: `run_coroutine_threadsafe` of a coroutine that calls it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib import import_module
from time import perf_counter

from benchmarks.bridge.comparison import Goal, Row, Side
from plait.bridge import Portal

Call = Callable[[], object]
#: Runs this in a thread of the executor.
Begin = Callable[[ThreadPoolExecutor, Callable[[], None]], Awaitable[object]]

COROUTINE, FUNCTION = "thread to loop, coroutine", "thread to loop, plain function"
THREADS = 8


def nothing() -> None:
    """The plain function."""


async def nothing_async() -> None:
    """The coroutine."""
    nothing()


def begin(pool: ThreadPoolExecutor, work: Callable[[], None]) -> Awaitable[object]:
    return asyncio.get_running_loop().run_in_executor(pool, work)


def begin_by_asgiref(pool: ThreadPoolExecutor, work: Callable[[], None]) -> Awaitable[object]:
    sync_to_async = import_module("asgiref.sync").sync_to_async
    begun: Awaitable[object] = sync_to_async(work, thread_sensitive=False, executor=pool)()
    return begun


def calling(pool: ThreadPoolExecutor, call: Call, threads: int, begin: Begin = begin) -> Side:
    """So many threads that call one time after the other; from the first call to the last's end."""

    async def side(calls: int) -> float:
        each = max(1, calls // threads)
        start = threading.Barrier(threads)
        begins: list[float] = []
        ends: list[float] = []

        def work() -> None:
            start.wait()
            begins.append(perf_counter())
            for _ in range(each):
                call()
            ends.append(perf_counter())

        await asyncio.gather(*(begin(pool, work) for _ in range(threads)))
        return (max(ends) - min(begins)) / (each * threads)

    return side


# Each gives, in a running loop and while a block lasts, the call.


@asynccontextmanager
async def of_asyncio() -> AsyncIterator[Call]:
    loop = asyncio.get_running_loop()
    yield lambda: asyncio.run_coroutine_threadsafe(nothing_async(), loop).result()


@asynccontextmanager
async def of_anyio(function: Callable[[], object]) -> AsyncIterator[Call]:
    async with import_module("anyio.from_thread").BlockingPortal() as portal:
        yield partial(portal.call, function)


@asynccontextmanager
async def of_asgiref() -> AsyncIterator[Call]:
    yield import_module("asgiref.sync").async_to_sync(nothing_async)


@asynccontextmanager
async def of_aiomisc() -> AsyncIterator[Call]:
    loop = asyncio.get_running_loop()
    yield partial(import_module("aiomisc").sync_wait_coroutine, loop, nothing_async)


def row(
    group: str,
    threads: int,
    peer: str,
    of_peer: Callable[[], AbstractAsyncContextManager[Call]],
    *,
    needs: str = "",
    goals: tuple[Goal, ...] = (),
    begin_peer: Begin = begin,
) -> Row:
    @asynccontextmanager
    async def sides() -> AsyncIterator[tuple[Side, Side]]:
        portal = Portal(asyncio.get_running_loop())
        ours = (
            partial(portal.call, nothing_async)
            if group == COROUTINE
            else partial(portal.call_function, nothing)
        )
        with ThreadPoolExecutor(THREADS) as pool:
            async with of_peer() as theirs:
                yield calling(pool, theirs, threads, begin_peer), calling(pool, ours, threads)

    what = "1 thread" if threads == 1 else f"{threads} threads"
    return Row(group, what, peer, sides, (needs,) if needs else (), goals, least=threads)


RUN = "run_coroutine_threadsafe"
PORTAL = "anyio BlockingPortal.call"

ROWS = [
    made
    for threads in (1, THREADS)
    for made in (
        row(COROUTINE, threads, RUN, of_asyncio, goals=(Goal(0.35),)),
        row(COROUTINE, threads, PORTAL, partial(of_anyio, nothing_async), needs="anyio"),
        row(
            COROUTINE,
            threads,
            "asgiref.sync.async_to_sync",
            of_asgiref,
            needs="asgiref",
            begin_peer=begin_by_asgiref,
        ),
        row(COROUTINE, threads, "aiomisc.sync_wait_coroutine", of_aiomisc, needs="aiomisc"),
        row(FUNCTION, threads, RUN, of_asyncio, goals=(Goal(0.22),)),
        row(FUNCTION, threads, PORTAL, partial(of_anyio, nothing), needs="anyio"),
    )
]
