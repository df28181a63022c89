"""Coroutine to thread: a task awaits a function that does nothing, one task or 64 at once.

Peers are taken as they come: asyncio's and asgiref's calls run in the loop's default executor,
aiomisc's in its own pool, put there. anyio's limiter is one of 64, since its own lets 40 pass.
asgiref's calls are `thread_sensitive=False`: its default is one thread for all.
`run_in_executor` passes no context variables on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from time import perf_counter

from benchmarks.bridge.comparison import Goal, Row, Side
from plait.bridge import Limiter, run_in_thread

Call = Callable[[], Awaitable[object]]

GROUP = "coroutine to thread"


def nothing() -> None:
    """What is called: the call is all there is to measure."""


def calling(call: Call, callers: int) -> Side:
    """So many tasks that call one time after the other."""

    async def side(calls: int) -> float:
        each = max(1, calls // callers)

        async def one() -> None:
            for _ in range(each):
                await call()

        begun = perf_counter()
        await asyncio.gather(*(one() for _ in range(callers)))
        return (perf_counter() - begun) / (each * callers)

    return side


# Each gives, in a running loop, the call.


def of_to_thread() -> Call:
    return partial(asyncio.to_thread, nothing)


def of_run_in_executor() -> Call:
    return partial(asyncio.get_running_loop().run_in_executor, None, nothing)


def of_anyio() -> Call:
    limiter = import_module("anyio").CapacityLimiter(64)
    return partial(import_module("anyio.to_thread").run_sync, nothing, limiter=limiter)


def of_asgiref() -> Call:
    call: Call = import_module("asgiref.sync").sync_to_async(nothing, thread_sensitive=False)
    return call


def of_aiomisc() -> Call:
    aiomisc = import_module("aiomisc")
    asyncio.get_running_loop().set_default_executor(aiomisc.ThreadPoolExecutor())
    call: Call = aiomisc.threaded(nothing)
    return call


def of_plait() -> Call:
    return partial(run_in_thread, nothing)


def of_plait_limited() -> Call:
    limiter = Limiter(64)
    return lambda: run_in_thread(nothing, limiter=limiter)


def row(
    callers: int,
    peer: str,
    of_peer: Callable[[], Call],
    *,
    needs: str = "",
    goals: tuple[Goal, ...] = (),
    of_ours: Callable[[], Call] = of_plait,
    how: str = "",
) -> Row:
    @asynccontextmanager
    async def sides() -> AsyncIterator[tuple[Side, Side]]:
        yield calling(of_peer(), callers), calling(of_ours(), callers)

    what = "1 caller" if callers == 1 else f"{callers} callers"
    modules = (needs,) if needs else ()
    return Row(GROUP, what + how, peer, sides, modules, goals, least=callers)


ONE = (Goal(0.30, loop="uvloop", cores=1), Goal(0.25, cores=1), Goal(0.60, cores=2))
MANY = (Goal(0.13, cores=1), Goal(0.12, cores=2))
ANYIO = "anyio.to_thread.run_sync"

ROWS = [
    row(1, "asyncio.to_thread", of_to_thread, goals=ONE),
    row(64, "asyncio.to_thread", of_to_thread, goals=MANY),
    row(1, "loop.run_in_executor", of_run_in_executor),
    row(64, "loop.run_in_executor", of_run_in_executor),
    row(1, ANYIO, of_anyio, needs="anyio"),
    row(64, ANYIO, of_anyio, needs="anyio", goals=(Goal(1 / 18),)),
    row(64, ANYIO, of_anyio, needs="anyio", of_ours=of_plait_limited, how=", both limited"),
    row(1, "asgiref.sync.sync_to_async", of_asgiref, needs="asgiref"),
    row(64, "asgiref.sync.sync_to_async", of_asgiref, needs="asgiref"),
    row(1, "aiomisc.threaded", of_aiomisc, needs="aiomisc"),
    row(64, "aiomisc.threaded", of_aiomisc, needs="aiomisc"),
]
