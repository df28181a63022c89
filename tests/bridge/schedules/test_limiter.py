"""Calls of blocking code under many schedules: tokens, workers and results, none lost."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from plait.bridge import Limiter, Pool, Portal, run_in_thread
from plait.bridge.threads import OnCancel
from tests.bridge.schedules.explore import Run, explore

ON_CANCEL: list[OnCancel] = ["wait", "abandon", 0.5]

pytestmark = pytest.mark.timeout(0)


class Calls:
    """Tasks of two loops that call functions in threads, some of them cancelled.

    A function may call a coroutine that calls a function again, with the same limiter and pool.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.random = run.random
        self.tokens = self.random.randint(1, 2)
        self.limiter = Limiter(self.tokens)
        self.size = self.random.randint(1, 2)
        self.pool = Pool(self.size, idle=self.random.choice((0.5, 10.0)))
        self.active = 0
        self.most = 0
        self.ended: set[int] = set()
        self.tasks: list[asyncio.Task[None]] = []
        run.at_rest(self.check)

    def start(self) -> None:
        """Start all threads."""
        for number in range(self.random.randint(1, 2)):
            self.run.thread(self.live_on_loop, self.random.randint(1, 4), number)
        for _ in range(self.random.randint(0, 3)):
            self.run.thread(self.cancel_one)

    def live_on_loop(self, calls: int, loop: int) -> None:
        async def main() -> None:
            portal = Portal(asyncio.get_running_loop())
            tasks = [asyncio.create_task(self.call(portal, 10 * loop + n)) for n in range(calls)]
            self.tasks += tasks
            await asyncio.wait(tasks)
            for task in tasks:
                if not task.cancelled():
                    task.result()

        self.run.on_loop(main)

    async def call(self, portal: Portal, number: int) -> None:
        given = await run_in_thread(
            self.function,
            portal,
            number,
            self.random.random() < 0.3,
            limiter=self.limiter,
            on_cancel=self.random.choice(ON_CANCEL),
            pool=self.pool,
        )
        assert given == 2 * number, "a call was given what another returned"
        assert number in self.ended, "a call ended before its function"

    def function(self, portal: Portal, number: int, deep: bool) -> int:
        """On a thread."""
        with self.running():
            pass
        if deep:  # and lends its token meanwhile
            assert portal.call(self.again, number) == number
        with self.running():
            self.ended.add(number)
        return 2 * number

    async def again(self, number: int) -> int:
        return await run_in_thread(self.inner, number, limiter=self.limiter, pool=self.pool)

    def inner(self, number: int) -> int:
        with self.running():
            return number

    @contextmanager
    def running(self) -> Iterator[None]:
        self.active += 1
        self.most = max(self.most, self.active)
        self.run.pause()
        yield
        self.active -= 1

    def cancel_one(self) -> None:
        for _ in range(self.random.randint(0, 8)):
            self.run.pause()
        if self.tasks:
            task = self.random.choice(self.tasks)
            with suppress(RuntimeError):  # its loop is closed
                task.get_loop().call_soon_threadsafe(task.cancel)

    def check(self) -> None:
        assert self.most <= self.tokens, "more functions ran than there are tokens"
        assert self.active == 0, "a function did not end"
        assert self.limiter.statistics() == {"tokens": self.tokens, "held": 0, "waiting": 0}
        pool = {"size": self.size, "threads": 0, "idle": 0, "waiting": 0, "queued": 0}
        assert self.pool.statistics() == pool


def calls(run: Run) -> None:
    Calls(run).start()


def test_tokens_come_back_workers_end_and_each_call_gets_its_own_result() -> None:
    explore(calls, 500)


def loan_to_a_call_that_is_cancelled(run: Run) -> None:
    limiter, pool = Limiter(1), Pool(1)

    def function(portal: Portal) -> None:
        with suppress(TimeoutError):
            portal.call(again, timeout=0.1)

    async def again() -> None:
        await run_in_thread(run.pause, limiter=limiter, pool=pool)

    async def main() -> None:
        portal = Portal(asyncio.get_running_loop())
        await run_in_thread(function, portal, limiter=limiter, pool=pool)

    run.on_loop(main)


def test_the_only_worker_gets_back_what_it_lent_to_a_call_that_never_began() -> None:
    explore(loan_to_a_call_that_is_cancelled, 300)


def call_from_the_only_worker(run: Run) -> None:
    pool = Pool(1)

    def function(portal: Portal) -> None:
        portal.call(again)

    async def again() -> None:
        await run_in_thread(run.pause, pool=pool)

    async def main() -> None:
        await run_in_thread(function, Portal(asyncio.get_running_loop()), pool=pool)

    run.on_loop(main)


def test_a_job_that_comes_just_as_the_only_worker_begins_to_wait_gets_another() -> None:
    explore(call_from_the_only_worker, 1000)
