"""A blocking call in, an awaitable out."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Literal, ParamSpec, TypeVar, TypeVarTuple, overload

from plait.bridge.here import here
from plait.bridge.job import Job, SharedJob
from plait.bridge.limiter import Limiter
from plait.bridge.pool import Pool
from plait.bridge.wakeup import wakeup_of
from plait.errors import UsageError

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

OnCancel = Literal["wait", "abandon"] | float

# Threads that only wait cost little; more than this at once is a leak and should show as one.
_POOL = Pool(1000, name="plait worker")


@overload
async def run_in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@overload
async def run_in_thread(
    function: Callable[[*Ts], T],
    /,
    *args: *Ts,
    limiter: Limiter | None = ...,
    on_cancel: OnCancel | None = ...,
    context: Literal["copy", "share"] = ...,
    pool: Pool | None = ...,
) -> T: ...


async def run_in_thread(  # type: ignore[misc]  # mypy: a function may take the options' names
    function: Callable[..., T],
    /,
    *args: Any,  # the function's own
    limiter: Limiter | None = None,
    on_cancel: OnCancel | None = None,
    context: Literal["copy", "share"] = "copy",
    pool: Pool | None = None,
    **kwargs: Any,  # the function's own
) -> T:
    """Call blocking code in a thread and give what it returns or raises.

    `limiter` bounds how many run at once (its token is held until the function really ends),
    `pool` whose threads do it: without one, threads are made as needed and kept for a while.

    When the waiting task is cancelled, the function can see it (`cancelled`,
    `check_cancelled`), and `on_cancel` says how long the task waits for it: `"abandon"` (not
    at all: the function is left to end by itself, and what it gives is lost), `"wait"` (to its
    end) or a number of seconds. What has not begun yet never begins.

    The function sees a copy of the caller's context variables; with `context="share"` it runs
    in the caller's own context, so that what it sets is set, and tokens of either side can be
    reset on the other; that means `on_cancel="wait"`.

    Threads are daemons: one that never returns does not hold up the end of the program, which
    names it. A `StopIteration` arrives as `RuntimeError`, everything else as it is. A function
    that wants arguments called like the options takes them in a `functools.partial`.
    """
    loop = asyncio.get_running_loop()
    if pool is None:
        pool = _POOL
    if on_cancel is None and context == "copy":
        patience: float | None = 0.0
    else:
        patience = _patience(on_cancel, context)
    wakeup = wakeup_of(loop)
    job: Job[T]
    if context == "share":
        job = SharedJob(loop, wakeup, function, args, kwargs, pool.submit)
    else:
        job = Job(loop, wakeup, function, args, kwargs, patience)
    if limiter is not None:
        job.limiter, job.token = limiter, await limiter.acquire()
    job.alone = not wakeup.calls
    wakeup.calls += 1
    try:
        if context == "copy":
            job.context = copy_context()
            try:
                pool.submit(job)
            except BaseException:
                job.give_back()
                raise
        return await job
    finally:
        wakeup.calls -= 1


def _patience(on_cancel: OnCancel | None, context: str) -> float | None:
    if context == "share":
        if on_cancel not in (None, "wait"):
            raise UsageError('context="share" needs on_cancel="wait"')
        return None
    if context != "copy":
        raise UsageError(f"context is 'copy' or 'share', not {context!r}")
    if on_cancel is None:
        return 0.0
    if on_cancel == "abandon":
        return 0.0
    if on_cancel == "wait":
        return None
    if isinstance(on_cancel, str) or on_cancel < 0:
        raise UsageError(f"on_cancel is 'wait', 'abandon' or seconds, not {on_cancel!r}")
    return on_cancel


def cancelled() -> bool:
    """Whether the caller of the function that runs in this thread was cancelled."""
    job = here.job
    return job is not None and job.cancel_requested


def check_cancelled() -> None:
    """Raise `asyncio.CancelledError` if the caller of this thread's function was cancelled."""
    if cancelled():
        raise asyncio.CancelledError


__all__ = ["OnCancel", "cancelled", "check_cancelled", "run_in_thread"]
