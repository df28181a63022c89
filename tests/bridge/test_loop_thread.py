"""A loop in a thread: calls, iteration, and the waits that could never end."""

import asyncio
import threading

import pytest

from plait.bridge import LoopThread
from plait.errors import BridgeError, LoopClosed, WouldDeadlock


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_call_gives_what_the_coroutine_returns() -> None:
    with LoopThread() as loop:
        assert loop.call(double, 4) == 8


def test_call_raises_what_the_coroutine_raises() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with LoopThread() as loop, pytest.raises(KeyError):
        loop.call(fail)


def test_a_call_from_the_loops_own_thread_is_an_error_at_once() -> None:
    with LoopThread() as loop:

        async def inner() -> None:
            loop.call(double, 1)

        with pytest.raises(WouldDeadlock):
            loop.call(inner)


def test_leaving_cancels_what_runs_and_waits_for_its_cleanup() -> None:
    cleaned = threading.Event()
    began = threading.Event()

    async def linger() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    def wait() -> None:
        with pytest.raises(LoopClosed):
            loop.call(linger)

    with LoopThread() as loop:
        waiter = threading.Thread(target=wait)
        waiter.start()
        began.wait()
    waiter.join()
    assert cleaned.is_set()


def test_an_end_that_hangs_names_what_was_stuck() -> None:
    release, began = threading.Event(), threading.Event()

    async def stubborn() -> None:
        began.set()
        release.wait()

    loop = LoopThread(patience=0.01)
    loop.__enter__()
    waiter = threading.Thread(target=loop.call, args=(stubborn,))
    waiter.start()
    began.wait()
    with pytest.raises(BridgeError, match="stubborn"):
        loop.__exit__(None, None, None)
    release.set()
    waiter.join()
    assert loop._thread is not None
    loop._thread.join()
