"""A blocking iterable, iterated by a coroutine."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from plait.bridge import iterate_blocking, run_in_thread


def test_items_come_in_order_and_the_end_ends() -> None:
    async def run() -> list[int]:
        return [number async for number in iterate_blocking(range(1000))]

    assert asyncio.run(run()) == list(range(1000))


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
