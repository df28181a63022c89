"""Locks, semaphores, events and conditions between threads and tasks."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from plait.bridge.line import Line
from plait.bridge.sync import BoundedSemaphore, Condition, Event, Lock, Semaphore
from plait.errors import UsageError, WouldDeadlock
from tests.bridge.loops import Factory, on_every_loop
from tests.bridge.loops import run as run_on

pytestmark = pytest.mark.timeout(30)


def start(function: Callable[..., object], *args: object) -> threading.Thread:
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def until_waiting(line: Line, count: int) -> None:
    """Let the other threads go on until so many stand in line."""
    while line.waiting != count:
        time.sleep(0)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def task(coroutine: Coroutine[Any, Any, object]) -> "asyncio.Task[object]":
    return asyncio.get_running_loop().create_task(coroutine)


# Lock


@on_every_loop
@pytest.mark.parametrize("seed", range(4))
def test_one_at_a_time_has_the_lock_whoever_is_cancelled(seed: int, factory: Factory) -> None:
    lock = Lock()
    inside: list[object] = []
    most = 0

    def enter(who: object) -> None:
        nonlocal most
        inside.append(who)
        most = max(most, len(inside))
        assert inside.pop() is who

    def thread() -> None:
        for _ in range(300):
            with lock:
                enter(object())

    async def hold(dice: random.Random) -> None:
        async with lock:
            await turns(dice.randrange(2))
            enter(object())

    def loop(number: int) -> None:
        async def run() -> None:
            dice = random.Random(seed + number)
            for _ in range(100):
                holding = [asyncio.ensure_future(hold(dice)) for _ in range(3)]
                await turns(dice.randrange(4))
                holding[dice.randrange(3)].cancel()
                await asyncio.gather(*holding, return_exceptions=True)

        run_on(factory, run())

    threads = [start(thread), start(thread), start(loop, 1), start(loop, 2)]
    for each in threads:
        each.join()
    assert most == 1
    assert not lock.locked()
    lock._permit.check()


@on_every_loop
def test_the_lock_is_handed_on_in_the_order_of_asking(factory: Factory) -> None:
    lock = Lock()
    order: list[str] = []

    def thread(name: str) -> None:
        with lock:
            order.append(name)

    async def hold(name: str) -> None:
        async with lock:
            order.append(name)

    async def run() -> None:
        assert lock.acquire_blocking()
        tasks = [task(hold("a"))]
        await turns()
        threads = [start(thread, "b")]
        until_waiting(lock._permit, 2)
        tasks.append(task(hold("c")))
        await turns()
        lock.release()
        await asyncio.gather(*tasks)
        for each in threads:
            each.join()

    run_on(factory, run())
    assert order == ["a", "b", "c"]


def test_to_acquire_ones_own_lock_again_is_an_error_at_once() -> None:
    lock = Lock()

    async def again() -> None:
        async with lock:
            with pytest.raises(WouldDeadlock):
                await lock.acquire()

    asyncio.run(again())
    with lock:
        with pytest.raises(WouldDeadlock):
            lock.acquire_blocking()
        assert not lock.acquire_blocking(timeout=0)

        async def below() -> None:
            with pytest.raises(WouldDeadlock):
                await lock.acquire()

        asyncio.run(below())
    assert not lock.locked()


def test_a_blocking_wait_on_the_loops_thread_is_an_error_only_if_it_would_wait() -> None:
    lock, event, semaphore = Lock(), Event(), Semaphore(1)

    async def other() -> None:
        with pytest.raises(WouldDeadlock):
            lock.acquire_blocking()
        with pytest.raises(WouldDeadlock):
            semaphore.acquire_blocking(5)
        with pytest.raises(WouldDeadlock):
            event.wait_blocking()
        assert not semaphore.acquire_blocking(0)
        event.set()
        assert event.wait_blocking()

    async def run() -> None:
        with lock, semaphore:
            await task(other())

    asyncio.run(run())


def test_a_lock_that_nobody_has_cannot_be_released() -> None:
    lock = Lock()
    with pytest.raises(RuntimeError, match="not held"):
        lock.release()


def test_a_wait_for_the_lock_may_time_out() -> None:
    lock = Lock()
    got: list[bool] = []
    with lock:
        start(lambda: got.append(lock.acquire_blocking(0.001))).join()
    assert got == [False]
    lock._permit.check()


# Semaphores


@on_every_loop
def test_a_cancelled_waiter_leaves_its_permit_to_the_next(factory: Factory) -> None:
    async def run() -> None:
        semaphore = Semaphore(0)
        first, second = task(semaphore.acquire()), task(semaphore.acquire())
        await turns()
        semaphore.release()
        first.cancel()
        assert await second
        assert first.cancelled()
        assert semaphore.locked()

    run_on(factory, run())


def test_no_more_have_the_semaphore_than_it_has_permits() -> None:
    semaphore = BoundedSemaphore(3)
    inside: set[object] = set()
    most = 0

    def note(me: object) -> None:
        nonlocal most
        inside.add(me)
        most = max(most, len(inside))

    def thread() -> None:
        for _ in range(300):
            with semaphore:
                me = object()
                note(me)
                inside.remove(me)

    async def hold() -> None:
        async with semaphore:
            me = object()
            note(me)
            await turns(1)
            inside.remove(me)

    async def run() -> None:
        await asyncio.gather(*(hold() for _ in range(300)))

    threads = [start(thread), start(thread), start(asyncio.run, run())]
    for each in threads:
        each.join()
    assert most <= 3
    with pytest.raises(ValueError, match="more often"):
        semaphore.release()


def test_a_semaphore_does_not_begin_in_debt() -> None:
    with pytest.raises(UsageError):
        Semaphore(-1)


# Event


@on_every_loop
def test_an_event_releases_all_who_wait_even_if_cleared_at_once(factory: Factory) -> None:
    event = Event()
    released: list[bool] = []

    async def run() -> None:
        tasks = [task(event.wait()) for _ in range(3)]
        thread = start(lambda: released.append(event.wait_blocking()))
        await turns()
        until_waiting(event, 4)
        event.set()
        event.clear()
        await asyncio.gather(*tasks)
        thread.join()

    run_on(factory, run())
    assert released == [True]
    assert not event.is_set()
    assert not event.wait_blocking(0.001)


@on_every_loop
def test_a_thread_sets_an_event_that_a_task_waits_for(factory: Factory) -> None:
    async def run() -> bool:
        event = Event()
        start(event.set)
        return await event.wait()

    assert run_on(factory, run())


def test_a_set_event_does_not_keep_anybody() -> None:
    event = Event()
    event.set()
    assert event.wait_blocking()
    assert asyncio.run(event.wait())


# Condition


@on_every_loop
def test_a_condition_passes_turns_between_a_thread_and_a_task(factory: Factory) -> None:
    condition = Condition()
    said: list[str] = []

    def thread() -> None:
        for _ in range(50):
            with condition:
                while len(said) % 2 == 0:
                    condition.wait_blocking()
                said.append("pong")
                condition.notify_all()

    async def run() -> None:
        for _ in range(50):
            async with condition:
                await condition.wait_for(lambda: len(said) % 2 == 0)
                said.append("ping")
                condition.notify_all()

    other = start(thread)
    run_on(factory, run())
    other.join()
    assert said == ["ping", "pong"] * 50


def test_who_waits_for_a_condition_has_the_lock_again_even_when_cancelled() -> None:
    async def run() -> None:
        condition = Condition()
        had: list[bool] = []

        async def wait() -> None:
            async with condition:
                try:
                    await condition.wait()
                finally:
                    had.append(condition._own.owned())

        waiting = task(wait())
        await turns()
        async with condition:
            waiting.cancel()
            await turns()
            assert had == []
        with suppress(asyncio.CancelledError):
            await waiting
        assert had == [True]

    asyncio.run(run())


def test_a_notification_of_a_cancelled_waiter_goes_to_the_next() -> None:
    async def run() -> None:
        condition = Condition()

        async def wait() -> bool:
            async with condition:
                return await condition.wait()

        first, second = task(wait()), task(wait())
        await turns()
        async with condition:
            condition.notify()
        first.cancel()
        assert await second

    asyncio.run(run())


def test_a_condition_is_for_who_has_its_lock() -> None:
    condition = Condition()
    with pytest.raises(RuntimeError, match="not held"):
        condition.notify()
    with pytest.raises(RuntimeError, match="not held"):
        condition.wait_blocking()
    with condition:
        assert not condition.wait_blocking(0.001)


# statistics


def test_each_says_who_has_it_and_who_waits() -> None:
    lock, event, semaphore, condition = Lock(), Event(), Semaphore(3), Condition()

    async def main() -> None:
        await lock.acquire()
        await semaphore.acquire()
        waiting = [asyncio.ensure_future(wait) for wait in (lock.acquire(), event.wait())]

        async def to_be_notified() -> None:
            async with condition:
                await condition.wait()

        waiting.append(asyncio.ensure_future(to_be_notified()))  # type: ignore[arg-type]  # bool or None
        while not condition.statistics()["to be notified"]:  # noqa: ASYNC110  # that is the claim
            await asyncio.sleep(0)
        assert lock.statistics() == {"held": 1, "waiting": 1}
        assert event.statistics() == {"set": 0, "waiting": 1}
        assert semaphore.statistics() == {"free": 2, "waiting": 0}
        assert condition.statistics() == {"held": 0, "waiting": 0, "to be notified": 1}
        lock.release()
        event.set()
        async with condition:
            condition.notify()
        await asyncio.gather(*waiting)
        assert event.statistics() == {"set": 1, "waiting": 0}

    asyncio.run(main())
