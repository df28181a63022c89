"""Functions that must all run in one thread, and the waits between them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest

from plait.bridge import AffineThread, Portal, cancelled, run_in_thread
from plait.errors import BridgeError, WouldDeadlock
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


@on_every_loop
def test_everything_runs_in_one_thread_in_order(factory: Factory) -> None:
    order: list[int] = []

    def note(number: int) -> int:
        order.append(number)
        return threading.get_ident()

    async def main() -> set[int]:
        with AffineThread() as thread:
            return set(await asyncio.gather(*(thread.run(note, n) for n in range(100))))

    assert len(run(factory, main())) == 1
    assert order == list(range(100))


# 3: two thread-affine calls, the first waiting for the second


@on_every_loop
def test_a_call_may_wait_for_a_later_one_on_the_same_thread(factory: Factory) -> None:
    async def main() -> tuple[str, int]:
        portal = Portal(asyncio.get_running_loop())
        second_is_queued = asyncio.Event()

        async def wait_for_second() -> int:
            await second_is_queued.wait()
            return await second

        def first() -> tuple[str, int]:
            return "first", portal.call(wait_for_second)

        with AffineThread() as thread:
            task = asyncio.create_task(thread.run(first))
            await asyncio.sleep(0)
            second = asyncio.create_task(thread.run(threading.get_ident))
            await asyncio.sleep(0)
            second_is_queued.set()
            return await task

    assert run(factory, main())[0] == "first"


@on_every_loop
def test_re_entry_runs_in_the_waiting_thread_itself(factory: Factory) -> None:
    async def main() -> set[int]:
        portal = Portal(asyncio.get_running_loop())

        def blocking(depth: int) -> set[int]:
            here = {threading.get_ident()}
            return here if depth == 4 else here | portal.call(coroutine, depth + 1)

        async def coroutine(depth: int) -> set[int]:
            return await thread.run(blocking, depth)

        with AffineThread() as thread:
            return await coroutine(0)

    assert len(run(factory, main())) == 1


def test_two_calls_that_wait_for_each_other_are_an_error_with_both_stacks() -> None:
    async def main() -> None:
        portal = Portal(asyncio.get_running_loop())
        queued = asyncio.Event()

        async def wait_for_second() -> None:
            await queued.wait()
            await second

        async def wait_for_first() -> None:
            await asyncio.wait_for(asyncio.shield(asyncio.sleep(0)), 10)
            await first

        def call_second() -> None:
            portal.call(wait_for_second)

        def call_first() -> None:
            portal.call(wait_for_first)

        with AffineThread() as thread:
            first = asyncio.create_task(thread.run(call_second))
            await asyncio.sleep(0)
            second = asyncio.create_task(thread.run(call_first))
            await asyncio.sleep(0)
            queued.set()
            results = await asyncio.gather(first, second, return_exceptions=True)
        errors = [error for error in results if isinstance(error, WouldDeadlock)]
        assert errors
        assert "call_first" in str(errors[0])
        assert "wait_for_first" in str(errors[0])

    asyncio.run(main())


Task = asyncio.Task[None]


async def directly(task: Task) -> None:
    await task


async def in_a_gather(task: Task) -> None:
    await asyncio.gather(task, asyncio.sleep(0))


async def in_a_wait(task: Task) -> None:
    await asyncio.wait([task])


async def in_a_task_group(task: Task) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(directly(task))


@on_every_loop
@pytest.mark.parametrize("await_", [directly, in_a_gather, in_a_wait, in_a_task_group])
def test_two_threads_that_wait_for_each_other_are_an_error_with_both_stacks(
    factory: Factory, await_: Callable[[Task], Awaitable[None]]
) -> None:
    async def main() -> None:
        portal = Portal(asyncio.get_running_loop())
        both = threading.Barrier(2)

        async def wait_for(name: str) -> None:
            await await_(tasks[name])

        def call(name: str) -> None:
            both.wait()
            portal.call(wait_for, name)

        with AffineThread("left") as left, AffineThread("right") as right:
            tasks = {
                "left": asyncio.create_task(left.run(call, "right")),
                "right": asyncio.create_task(right.run(call, "left")),
            }
            results = await asyncio.gather(*tasks.values(), return_exceptions=True)
        errors = [error for error in results if error is not None]
        assert any("wait_for" in text for error in errors for text in _deadlocks(error))

    run(factory, main())


def _deadlocks(error: BaseException) -> Iterator[str]:
    """What the deadlocks in this error, maybe a group, say."""
    if isinstance(error, WouldDeadlock):
        yield str(error)
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _deadlocks(inner)


def test_a_cancelled_caller_waits_and_the_function_sees_it() -> None:
    began, saw = threading.Event(), list[bool]()

    def until_cancelled() -> None:
        began.set()
        while not cancelled():
            threading.Event().wait(0.001)
        saw.append(True)

    async def main() -> None:
        with AffineThread() as thread:
            task = asyncio.create_task(thread.run(until_cancelled))
            await run_in_thread(began.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert saw == [True]

    asyncio.run(main())


def test_a_closed_thread_takes_no_more() -> None:
    async def main() -> None:
        with AffineThread() as thread:
            await thread.run(len, "")
        with pytest.raises(BridgeError, match="closed"):
            await thread.run(len, "")

    asyncio.run(main())
