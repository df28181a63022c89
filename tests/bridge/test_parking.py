"""How threads park, and how tasks are resumed."""

import asyncio
import contextvars
import os
import threading
import traceback

import pytest

from plait.bridge.parking import (
    Parker,
    PromptParker,
    TaskWaiter,
    borrow_prompt,
    give_back_prompt,
    parker,
    prompt_parker,
)
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


needs_descriptors = pytest.mark.skipif(not hasattr(os, "eventfd"), reason="no eventfd here")
every_kind = pytest.mark.parametrize(
    "kind", [Parker, pytest.param(PromptParker, marks=needs_descriptors)]
)


@every_kind
def test_a_permit_given_before_is_taken_at_once_and_only_once(
    kind: type[Parker | PromptParker],
) -> None:
    place = kind()
    place.unpark()
    place.unpark()
    assert place.park(0)
    assert not place.park(0)
    assert not place.park(-1)


@every_kind
def test_whoever_parks_and_unparks_by_turns_misses_no_permit(
    kind: type[Parker | PromptParker],
) -> None:
    here, there = kind(), kind()

    def answer() -> None:
        for _ in range(2000):
            there.park()
            here.unpark()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(2000):
        there.unpark()
        assert here.park(10)
    thread.join()


@needs_descriptors
def test_a_prompt_place_closes_its_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    place = PromptParker()
    descriptor = place._fd
    monkeypatch.setattr(os, "close", closed.append)
    del place
    monkeypatch.undo()
    os.close(descriptor)
    assert descriptor in closed


@needs_descriptors
def test_where_the_system_has_no_more_descriptors_there_is_no_prompt_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more(*_: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "eventfd", no_more)
    assert prompt_parker() is None


@needs_descriptors
def test_only_so_many_prompt_places_are_lent() -> None:
    lent = []
    while (place := borrow_prompt()) is not None:
        lent.append(place)
    assert 0 < len(lent) <= 8
    for place in lent:
        give_back_prompt(place)
    again = borrow_prompt()
    assert again is lent[-1]
    give_back_prompt(again)


def test_unpark_wakes_a_parked_thread() -> None:
    places: list[Parker] = []
    ready, woken = threading.Event(), threading.Event()

    def wait() -> None:
        places.append(parker())
        ready.set()
        if parker().park():
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    ready.wait()
    places[0].unpark()
    thread.join()
    assert woken.is_set()


def test_each_thread_has_a_parker_of_its_own() -> None:
    others: list[Parker] = []
    thread = threading.Thread(target=lambda: others.append(parker()))
    thread.start()
    thread.join()
    assert parker() is parker()
    assert others != [parker()]


@on_every_loop
def test_finish_resumes_the_task_before_it_returns(factory: Factory) -> None:
    order: list[str] = []

    async def wait(waiter: TaskWaiter[str]) -> None:
        order.append(await waiter)

    def finish(waiter: TaskWaiter[str]) -> None:
        assert waiter.finish("value")
        order.append("finish returned")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        waiter: TaskWaiter[str] = TaskWaiter(loop)
        task = asyncio.create_task(wait(waiter))
        await asyncio.sleep(0)
        loop.call_soon(finish, waiter)
        await task

    run(factory, main())
    assert order == ["value", "finish returned"]


@on_every_loop
def test_finish_inside_another_task_leaves_it_to_the_loop(factory: Factory) -> None:
    async def main() -> str:
        waiter: TaskWaiter[str] = TaskWaiter(asyncio.get_running_loop())

        async def wait() -> str:
            return await waiter

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        assert waiter.finish("value")
        assert not waiter.finish("again")
        assert not waiter.fail(ValueError())
        assert not waiter.cancel()
        assert not task.done()
        return await task

    assert run(factory, main()) == "value"


@on_every_loop
def test_a_cancelled_task_leaves_its_waiter_cancelled(factory: Factory) -> None:
    async def main() -> None:
        waiter: TaskWaiter[str] = TaskWaiter(asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await waiter
        assert waiter.cancelled()
        assert not waiter.finish("late")
        with pytest.raises(asyncio.CancelledError):
            waiter.exception()

    run(factory, main())


def test_a_context_that_is_in_use_is_left_to_the_loop() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        waiter: TaskWaiter[str] = TaskWaiter(loop)
        context = contextvars.copy_context()

        async def wait() -> str:
            return await waiter

        task = loop.create_task(wait(), context=context)
        await asyncio.sleep(0)
        loop.call_soon(waiter.finish, "value", context=context)
        return await task

    assert asyncio.run(main()) == "value"


@on_every_loop
def test_it_serves_wherever_a_future_does(factory: Factory) -> None:
    async def main() -> list[object]:
        loop = asyncio.get_running_loop()
        waiters: list[TaskWaiter[int]] = [TaskWaiter(loop) for _ in range(3)]
        for number, waiter in enumerate(waiters):
            loop.call_soon(waiter.finish, number)
        first, second, third = waiters
        return [
            await asyncio.gather(first, asyncio.shield(second)),
            await asyncio.wait_for(third, 10),
            await third,
        ]

    assert run(factory, main()) == [[0, 1], 2, 2]


def test_callbacks_are_called_with_the_waiter_and_can_be_taken_back() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        waiter: TaskWaiter[int] = TaskWaiter(loop)
        called: list[object] = []
        waiter.add_done_callback(called.append)
        waiter.add_done_callback(print)
        assert waiter.remove_done_callback(print) == 1
        with pytest.raises(asyncio.InvalidStateError):
            waiter.result()
        with pytest.raises(asyncio.InvalidStateError):
            waiter.exception()
        waiter.finish(1)
        waiter.add_done_callback(called.append)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert called == [waiter, waiter]
        assert waiter.exception() is None

    asyncio.run(main())


def test_an_error_read_often_keeps_its_frames_once() -> None:
    def fail() -> None:
        raise LookupError

    async def main() -> None:
        waiter: TaskWaiter[int] = TaskWaiter(asyncio.get_running_loop())
        try:
            fail()
        except LookupError as error:
            waiter.fail(error)
        for _ in range(3):
            with pytest.raises(LookupError) as caught:
                await waiter
            names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
            assert names.count("fail") == 1
            assert names.count("result") == 1

    asyncio.run(main())
