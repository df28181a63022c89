"""Tokens: how many, whose turn, and none lost."""

import asyncio
from collections import deque

import pytest

from plait.bridge import Limiter, LoopThread
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


@on_every_loop
def test_callers_get_their_tokens_in_the_order_they_came(factory: Factory) -> None:  # 2
    order: list[int] = []
    limiter = Limiter(2)

    async def hold(number: int) -> None:
        token = await limiter.acquire()
        order.append(number)
        await asyncio.sleep(0)
        token.release()

    async def main() -> None:
        await asyncio.gather(*(hold(n) for n in range(50)))

    run(factory, main())
    assert order == list(range(50))
    assert limiter.statistics() == {"tokens": 2, "held": 0, "waiting": 0}


@on_every_loop
def test_a_token_given_to_a_cancelled_caller_is_passed_on(factory: Factory) -> None:
    limiter = Limiter(1)

    async def main() -> None:
        await limiter.acquire()
        first = asyncio.create_task(limiter.acquire())
        second = asyncio.create_task(limiter.acquire())
        third = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        second.cancel()
        limiter.release()  # on its way to the first
        first.cancel()
        await asyncio.wait([first, second, third])
        assert first.cancelled()
        assert second.cancelled()
        assert third.result() is limiter

    run(factory, main())


def test_two_loops_share_the_tokens() -> None:
    limiter = Limiter(1)
    held = 0

    async def hold() -> None:
        nonlocal held
        for _ in range(100):
            token = await limiter.acquire()
            held += 1
            assert held == 1
            await asyncio.sleep(0)
            held -= 1
            token.release()

    with LoopThread() as one, LoopThread() as two:
        handles = [one.start(hold), two.start(hold), one.start(hold)]
        for handle in handles:
            handle.result()
    assert limiter.statistics()["held"] == 0


def test_a_token_for_a_loop_that_is_gone_goes_to_the_next() -> None:
    limiter = Limiter(1)
    gone = asyncio.new_event_loop()
    gone.run_until_complete(limiter.acquire())
    waiting = gone.create_task(limiter.acquire())
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()
    limiter.release()
    assert asyncio.run(limiter.acquire()) is limiter
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]  # it is meant to be left


def test_a_token_that_a_loop_did_not_live_to_take_comes_back_once() -> None:  # 4
    limiter = Limiter(1)
    gone = asyncio.new_event_loop()
    gone.run_until_complete(limiter.acquire())
    acquiring = limiter.acquire()
    waiting = gone.create_task(acquiring)
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()
    limiter.release()
    acquiring.close()  # as the collector does
    assert limiter.statistics() == {"tokens": 1, "held": 0, "waiting": 0}
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]  # it is meant to be left


def test_a_limiter_without_tokens_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Limiter(0)


def test_a_waiter_that_the_collector_closes_while_another_stands_in_line_passes_its_token_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        limiter = Limiter(1)
        await limiter.take()
        forgotten = limiter.take()
        forgotten.send(None)
        limiter.release()  # handed to one that will not go on

        class Collecting(deque[object]):
            """The collector may come at any line; here it comes before this one."""

            def append(self, waiter: object) -> None:
                forgotten.close()
                super().append(waiter)

        monkeypatch.setattr(limiter, "_waiters", Collecting())
        assert await limiter.take()
        assert limiter.statistics() == {"tokens": 1, "held": 1, "waiting": 0}

    asyncio.run(main())
