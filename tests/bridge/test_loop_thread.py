"""A loop in a thread: calls, iteration, and the waits that could never end."""

import asyncio
import threading
from contextlib import suppress

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


def test_what_was_stuck_is_named_with_its_own_line_and_not_with_one_of_asyncio() -> None:
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    loop = LoopThread(patience=0.01)
    loop.__enter__()
    loop.start(stubborn)
    loop.call(asyncio.sleep, 0)
    with pytest.raises(BridgeError) as raised:
        loop.__exit__(None, None, None)
    loop.portal.loop.call_soon_threadsafe(release.set)
    assert f"stuck in {stubborn.__qualname__} ({__file__}:" in str(raised.value)
    assert loop._thread is not None
    loop._thread.join()
