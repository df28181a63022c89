"""Coroutines call blocking code: results, errors, cancellation, contexts, limits, re-entry."""

import asyncio
import contextlib
import contextvars
import gc
import threading
import traceback
import weakref

import pytest

from plait.bridge import (
    Limiter,
    LoopThread,
    Pool,
    Portal,
    cancelled,
    check_cancelled,
    run_in_thread,
)
from plait.errors import UsageError
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)

colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


@on_every_loop
def test_many_callers_each_get_their_own_result(factory: Factory) -> None:
    async def main() -> list[int]:
        return await asyncio.gather(*(run_in_thread(pow, n, 2) for n in range(500)))

    assert run(factory, main()) == [n * n for n in range(500)]


def test_calls_that_block_do_not_hold_up_each_other() -> None:
    together = threading.Barrier(40)

    async def main() -> None:
        await asyncio.gather(*(run_in_thread(together.wait) for _ in range(40)))

    asyncio.run(main())


# 6: what a thread function raises


@on_every_loop
@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_errors_arrive_as_they_are(factory: Factory, error: BaseException) -> None:
    def fail() -> None:
        raise error

    async def main() -> None:
        with pytest.raises(type(error)) as caught:
            await run_in_thread(fail)
        assert caught.value is error
        assert await run_in_thread(len, "still works") == 11

    run(factory, main())


def test_stop_iteration_arrives_as_runtime_error_with_its_cause() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="StopIteration") as caught:
            await run_in_thread(next, iter(()))
        assert isinstance(caught.value.__cause__, StopIteration)

    asyncio.run(main())


# 7: cancellation crosses


class Blocked:
    """A thread function that waits until it is told to end, and what it saw."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.release = threading.Event()
        self.ended = threading.Event()
        self.saw_cancellation = False

    def __call__(self) -> str:
        self.began.set()
        self.release.wait()
        self.saw_cancellation = cancelled()
        self.ended.set()
        return "done"


@on_every_loop
def test_abandon_goes_on_at_once_and_the_function_sees_it(factory: Factory) -> None:
    blocked = Blocked()

    async def main() -> None:
        task = asyncio.create_task(run_in_thread(blocked, on_cancel="abandon"))
        await run_in_thread(blocked.began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not blocked.ended.is_set()
        blocked.release.set()
        await run_in_thread(blocked.ended.wait)

    run(factory, main())
    assert blocked.saw_cancellation


@on_every_loop
def test_wait_goes_on_when_the_function_has_ended(factory: Factory) -> None:
    blocked = Blocked()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(run_in_thread(blocked, on_cancel="wait"))
        await run_in_thread(blocked.began.wait)
        task.cancel()
        task.cancel()
        loop.call_later(0.01, blocked.release.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert blocked.ended.is_set()

    run(factory, main())
    assert blocked.saw_cancellation


def test_grace_waits_for_a_function_that_ends_in_time() -> None:
    def until_cancelled() -> None:
        began.set()
        while True:
            check_cancelled()
            pause.wait(0.001)

    began, pause = threading.Event(), threading.Event()

    async def main() -> None:
        task = asyncio.create_task(run_in_thread(until_cancelled, on_cancel=1000.0))
        await run_in_thread(began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_grace_leaves_a_function_that_does_not() -> None:
    blocked = Blocked()

    async def main() -> None:
        task = asyncio.create_task(run_in_thread(blocked, on_cancel=0.01))
        await run_in_thread(blocked.began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not blocked.ended.is_set()

    asyncio.run(main())
    blocked.release.set()


def test_a_timeout_is_seen_in_the_thread_and_stays_a_timeout() -> None:
    def until_cancelled() -> None:
        while not cancelled():
            threading.Event().wait(0.001)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await run_in_thread(until_cancelled, on_cancel="wait")

    asyncio.run(main())


def test_a_failing_task_group_is_seen_in_the_thread() -> None:
    blocked = Blocked()

    async def fail() -> None:
        await run_in_thread(blocked.began.wait)
        asyncio.get_running_loop().call_later(0.01, blocked.release.set)
        raise LookupError

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_in_thread(blocked, on_cancel="wait"))
            group.create_task(fail())

    async def main() -> None:
        with pytest.raises(ExceptionGroup):
            await both()
        assert blocked.ended.is_set()

    asyncio.run(main())
    assert blocked.saw_cancellation


def test_an_error_raised_after_the_cancellation_is_not_lost() -> None:
    def fail() -> None:
        began.set()
        while not cancelled():
            threading.Event().wait(0.001)
        raise LookupError

    began = threading.Event()

    async def main() -> None:
        task = asyncio.create_task(run_in_thread(fail, on_cancel="wait"))
        await run_in_thread(began.wait)
        task.cancel()
        with pytest.raises(LookupError):
            await task

    asyncio.run(main())


def test_what_has_not_begun_when_cancelled_never_begins() -> None:
    blocked, pool = Blocked(), Pool(1)
    begun: list[str] = []

    def note(what: str) -> None:
        begun.append(what)

    async def main() -> None:
        first = asyncio.create_task(run_in_thread(blocked, pool=pool))
        await run_in_thread(blocked.began.wait)
        second = asyncio.create_task(run_in_thread(note, "second", pool=pool, on_cancel="wait"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        blocked.release.set()
        await first
        await run_in_thread(len, "", pool=pool)

    asyncio.run(main())
    assert begun == []


def test_without_a_caller_nothing_is_cancelled() -> None:
    assert not cancelled()
    check_cancelled()


def test_wrong_patience_is_the_callers_error() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="on_cancel"):
            await run_in_thread(len, "", on_cancel=-1.0)
        with pytest.raises(UsageError, match="share"):
            await run_in_thread(len, "", on_cancel="abandon", context="share")
        with pytest.raises(UsageError, match="context is"):
            await run_in_thread(len, "", context="shared")  # type: ignore[call-arg]  # that is the test

    asyncio.run(main())


# 5: a limiter keeps its limit


@on_every_loop
def test_callers_that_time_out_do_not_break_the_limit(factory: Factory) -> None:
    limiter = Limiter(1)
    running, most = 0, 0
    release = threading.Event()

    def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        release.wait()
        running -= 1

    async def main() -> None:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await run_in_thread(work, limiter=limiter)
        assert limiter.statistics() == {"tokens": 1, "held": 1, "waiting": 0}
        release.set()
        await run_in_thread(work, limiter=limiter)
        assert limiter.statistics() == {"tokens": 1, "held": 0, "waiting": 0}

    run(factory, main())
    assert most == 1


# 2: blocking code that calls a coroutine that calls blocking code


@on_every_loop
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("limited", [False, True])
def test_re_entry_needs_no_free_worker(factory: Factory, workers: int, limited: bool) -> None:
    pool = Pool(workers)
    limiter = Limiter(workers) if limited else None
    together = threading.Barrier(workers)

    async def main() -> list[int]:
        portal = Portal(asyncio.get_running_loop())

        def blocking(depth: int) -> int:
            if depth == 0:
                together.wait()
            return depth if depth == 4 else portal.call(coroutine, depth + 1)

        async def coroutine(depth: int) -> int:
            return await run_in_thread(blocking, depth, pool=pool, limiter=limiter)

        return await asyncio.gather(*(coroutine(0) for _ in range(workers)))

    assert run(factory, main()) == [4] * workers
    if limiter is not None:
        assert limiter.statistics()["held"] == 0


def test_a_lent_token_admits_one_at_a_time() -> None:
    limiter = Limiter(1)
    running: list[int] = []
    most: list[int] = []

    async def main() -> None:
        portal = Portal(asyncio.get_running_loop())

        def inner(number: int) -> None:
            running.append(number)
            most.append(len(running))
            threading.Event().wait(0.001)
            running.remove(number)

        async def fan_out() -> None:
            await asyncio.gather(*(run_in_thread(inner, n, limiter=limiter) for n in range(8)))

        await run_in_thread(portal.call, fan_out, limiter=limiter)

    asyncio.run(main())
    assert most == [1] * 8


# 10: context variables


@on_every_loop
def test_context_variables_are_seen_and_changes_stay_in_the_thread(factory: Factory) -> None:
    def look() -> str:
        seen = colour.get()
        colour.set("thread's")
        return seen

    async def main() -> tuple[str, str]:
        colour.set("caller's")
        return await run_in_thread(look), colour.get()

    assert run(factory, main()) == ("caller's", "caller's")


@on_every_loop
def test_a_shared_context_carries_changes_and_tokens_both_ways(factory: Factory) -> None:
    def change(token: "contextvars.Token[str]") -> "contextvars.Token[str]":
        colour.reset(token)
        assert colour.get() == "none"
        return colour.set("thread's")

    async def main() -> None:
        token = colour.set("caller's")
        token = await run_in_thread(change, token, context="share")
        assert colour.get() == "thread's"
        colour.reset(token)
        assert colour.get() == "none"

    run(factory, main())


def test_a_shared_context_outlives_a_cancelled_wait() -> None:
    blocked = Blocked()

    async def caller() -> None:
        try:
            await run_in_thread(blocked, context="share")
        finally:
            colour.set("after")

    async def main() -> None:
        task = asyncio.create_task(caller())
        await run_in_thread(blocked.began.wait)
        task.cancel()
        asyncio.get_running_loop().call_later(0.01, blocked.release.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert blocked.ended.is_set()

    asyncio.run(main())


# 13: frames


def test_an_error_keeps_the_frames_of_both_sides_once() -> None:
    def fail_in_thread() -> None:
        raise LookupError

    async def caller() -> None:
        await run_in_thread(fail_in_thread)

    async def main() -> list[str]:
        with pytest.raises(LookupError) as caught:
            await caller()
        return [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]

    names = asyncio.run(main())
    assert names.count("fail_in_thread") == 1
    assert names.count("caller") == 1
    assert names.index("caller") < names.index("fail_in_thread")


def test_two_loops_share_the_workers() -> None:
    async def main() -> int:
        return sum(await asyncio.gather(*(run_in_thread(len, "x") for _ in range(100))))

    with LoopThread("one") as one, LoopThread("two") as two:
        first, second = one.start(main), two.start(main)
        assert first.result() + second.result() == 200


def test_what_an_error_held_is_freed_without_the_garbage_collector() -> None:
    class Big:
        pass

    held: list[weakref.ref[Big]] = []
    pool = Pool(1)

    def fail() -> None:
        big = Big()
        held.append(weakref.ref(big))
        raise LookupError

    async def main() -> None:
        for _ in range(3):
            with contextlib.suppress(LookupError):
                await run_in_thread(fail, pool=pool)
        # By now the worker has left the jobs before.
        await run_in_thread(len, "", pool=pool)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(main())
        assert [ref() for ref in held[:2]] == [None, None]
    finally:
        gc.enable()
