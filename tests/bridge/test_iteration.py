"""A blocking iterable iterated by a coroutine, an async one by a thread."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from plait.bridge import LoopThread, Portal, iterate_async, iterate_blocking, run_in_thread
from plait.errors import LoopClosed, UsageError, WouldDeadlock
from tests.bridge import loops
from tests.bridge.loops import Factory, on_every_loop

pytestmark = pytest.mark.timeout(30)


# a blocking iterable, for a coroutine


@on_every_loop
def test_items_come_in_order_and_the_end_ends(factory: Factory) -> None:
    async def run() -> list[int]:
        return [number async for number in iterate_blocking(range(1000))]

    assert loops.run(factory, run()) == list(range(1000))


def test_nothing_taken_ahead_is_refused() -> None:
    async def run() -> None:
        with pytest.raises(UsageError, match="1 or more, not 0"):
            await anext(iterate_blocking([1], prefetch=0))

    asyncio.run(run())


@on_every_loop
def test_many_that_are_stuck_hold_up_no_other(factory: Factory) -> None:
    release = threading.Event()

    def stuck() -> Iterator[int]:
        release.wait()
        yield 1

    async def run() -> list[int]:
        waiting = [asyncio.ensure_future(anext(iterate_blocking(stuck()))) for _ in range(50)]
        numbers = [number async for number in iterate_blocking(range(3))]
        release.set()
        assert await asyncio.gather(*waiting) == [1] * 50
        return numbers

    assert loops.run(factory, run()) == [0, 1, 2]


def test_what_the_iterable_raises_comes_after_its_items() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    async def run() -> None:
        iterator = iterate_blocking(broken())
        assert await anext(iterator) == 1
        with pytest.raises(LookupError, match="gone"):
            await anext(iterator)

    asyncio.run(run())


def test_no_more_is_taken_ahead_than_asked_for() -> None:
    taken: list[int] = []
    full = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            if len(taken) == 4:
                full.set()
            yield number

    async def run() -> int:
        iterator = iterate_blocking(numbers(), prefetch=3)
        await anext(iterator)
        await run_in_thread(full.wait)
        await iterator.aclose()  # type: ignore[attr-defined]  # it is an async generator
        return len(taken)

    assert asyncio.run(run()) == 4


def test_left_early_a_generator_is_closed_on_its_own_thread() -> None:
    closed: list[threading.Thread] = []
    done = threading.Event()

    def numbers() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(threading.current_thread())
            done.set()

    async def run() -> None:
        iterator = iterate_blocking(numbers())
        async for _ in iterator:
            break
        await iterator.aclose()  # type: ignore[attr-defined]  # it is an async generator

    asyncio.run(run())
    assert done.wait(10)
    assert closed != [threading.current_thread()]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_run_in_thread_raises_what_the_function_raises(error: BaseException) -> None:
    def fail() -> None:
        raise error

    async def run() -> None:
        with pytest.raises(type(error)):
            await run_in_thread(fail)

    asyncio.run(run())


def test_run_in_thread_turns_stop_iteration_into_a_runtime_error() -> None:
    async def run() -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await run_in_thread(next, iter(()))

    asyncio.run(run())


# an async iterable, for a thread


class Numbers:
    """An async iterable that says what was taken, and when and where it was closed."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.count = count
        self.error = error
        self.taken = 0
        self.tasks: set[object] = set()
        self.closed = threading.Event()
        self.reached: dict[int, threading.Event] = {}

    async def __aiter__(self) -> AsyncIterator[int]:
        try:
            for number in range(self.count):
                self.tasks.add(asyncio.current_task())
                self.taken += 1
                if number in self.reached:
                    self.reached[number].set()
                await asyncio.sleep(0)
                yield number
            if self.error is not None:
                raise self.error
        finally:
            await asyncio.sleep(0)  # a cleanup that waits
            self.tasks.add(asyncio.current_task())
            self.closed.set()


@on_every_loop
@pytest.mark.parametrize("prefetch", [0, 1, 4])
def test_a_thread_has_all_items_in_order_from_one_task(factory: Factory, prefetch: int) -> None:
    numbers = Numbers(200)
    with LoopThread(loop_factory=factory) as loop:
        assert [*iterate_async(loop, numbers, prefetch=prefetch)] == [*range(200)]
    assert numbers.closed.is_set()
    assert len(numbers.tasks) == 1


@on_every_loop
def test_what_the_async_iterable_raises_comes_after_its_items(factory: Factory) -> None:
    got: list[int] = []
    with LoopThread(loop_factory=factory) as loop:
        iterator = loop.iterate(Numbers(3, LookupError("gone")))
        with pytest.raises(LookupError, match="gone"):
            got.extend(iterator)
    assert got == [0, 1, 2]


@pytest.mark.parametrize("prefetch", [1, 3])
def test_an_async_iterable_is_taken_so_far_ahead(prefetch: int) -> None:
    numbers = Numbers(100)
    last = numbers.reached[prefetch] = threading.Event()
    with LoopThread() as loop:
        iterator = iterate_async(loop, numbers, prefetch=prefetch)
        assert next(iterator) == 0
        last.wait()
        # Nothing here can go on without us: what the loop has left to do, it does now.
        for _ in range(5):
            loop.call(asyncio.sleep, 0)
        assert numbers.taken == 1 + prefetch
        iterator.close()  # type: ignore[attr-defined]  # it is a generator


def test_without_prefetch_nothing_is_taken_before_it_is_asked_for() -> None:
    numbers = Numbers(100)
    with LoopThread() as loop:
        iterator = iterate_async(loop, numbers, prefetch=0)
        assert [next(iterator), next(iterator)] == [0, 1]
        for _ in range(5):
            loop.call(asyncio.sleep, 0)
        assert numbers.taken == 2


@on_every_loop
def test_left_after_three_items_it_is_closed_by_its_task_before_close_returns(
    factory: Factory,
) -> None:
    numbers = Numbers(100)
    with LoopThread(loop_factory=factory) as loop:
        with contextlib.closing(loop.iterate(numbers)) as iterator:  # type: ignore[type-var]
            assert [next(iterator) for _ in range(3)] == [0, 1, 2]
        assert numbers.closed.is_set()
        assert len(numbers.tasks) == 1


def test_left_to_the_collector_on_the_loops_own_thread_it_is_closed_too() -> None:
    numbers = Numbers(100)
    with LoopThread() as loop:
        iterator = [loop.iterate(numbers)]
        next(iterator[0])

        def forget() -> None:
            iterator.clear()
            gc.collect()

        loop.call_function(forget)
        assert numbers.closed.wait(10)


def test_on_the_loops_own_thread_it_is_an_error_at_once() -> None:
    async def run() -> None:
        with pytest.raises(WouldDeadlock):
            next(iterate_async(Portal(asyncio.get_running_loop()), Numbers(3)))

    asyncio.run(run())


def test_a_loop_that_ends_ends_the_iteration_with_an_error() -> None:
    numbers = Numbers(10)
    with LoopThread() as loop:
        iterator = loop.iterate(numbers)
        next(iterator)
    with pytest.raises(LoopClosed):
        list(iterator)
    assert numbers.closed.is_set()


def test_no_negative_prefetch() -> None:
    with LoopThread() as loop, pytest.raises(UsageError, match="0 or more, not -1"):
        iterate_async(loop, Numbers(1), prefetch=-1)
