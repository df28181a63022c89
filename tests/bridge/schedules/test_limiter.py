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
        self.begun: set[int] = set()
        self.ended: set[int] = set()
        self.waited_for: dict[int, bool] = {}  # cancelled callers, and whether it had begun
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
                with suppress(asyncio.CancelledError):
                    task.result()

        self.run.on_loop(main)

    async def call(self, portal: Portal, number: int) -> None:
        on_cancel = self.random.choice(ON_CANCEL)
        try:
            given = await run_in_thread(
                self.function,
                portal,
                number,
                self.random.random() < 0.3,
                limiter=self.limiter,
                on_cancel=on_cancel,
                pool=self.pool,
            )
        except asyncio.CancelledError:
            if on_cancel == "wait":
                assert (number in self.begun) == (number in self.ended), "the caller did not wait"
                self.waited_for[number] = number in self.begun
            raise
        assert given == 2 * number, "a call was given what another returned"
        assert number in self.ended, "a call ended before its function"

    def function(self, portal: Portal, number: int, deep: bool) -> int:
        """On a thread."""
        self.begun.add(number)
        try:
            with self.running():
                pass
            if deep:  # and lends its token meanwhile
                assert portal.call(self.again, number) == number
            with self.running():
                return 2 * number
        finally:
            self.ended.add(number)

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
        for number, begun in self.waited_for.items():
            assert begun == (number in self.begun), "a function began after its caller had gone on"
        assert self.active == 0, "a function did not end"
        assert self.limiter.statistics() == {"tokens": self.tokens, "held": 0, "waiting": 0}
        pool = {"size": self.size, "threads": 0, "idle": 0, "waiting": 0, "queued": 0}
        assert self.pool.statistics() == pool


def calls(run: Run) -> None:
    Calls(run).start()


def test_tokens_come_back_workers_end_and_each_call_gets_its_own_result() -> None:
    explore(calls, 400)


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
    explore(call_from_the_only_worker, 500)


def cancelled_as_it_begins(run: Run) -> None:
    begun: list[str] = []
    at_return: list[str] = []

    def function() -> None:
        begun.append("begun")

    async def call() -> None:
        try:
            await run_in_thread(function, on_cancel="wait")
        finally:
            at_return.extend(begun)

    async def main() -> None:
        task = asyncio.create_task(call())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    def check() -> None:
        assert begun == at_return, "the function began after its caller had gone on"

    run.at_rest(check)
    run.on_loop(main)


def test_a_call_cancelled_as_it_begins_is_waited_for_or_never_begins() -> None:
    explore(cancelled_as_it_begins, 300)


def one_by_one(run: Run) -> None:
    pool = Pool(1, idle=1e6)

    async def main() -> None:
        begun = asyncio.get_running_loop().time()
        for _ in range(3):
            await run_in_thread(run.pause, pool=pool)
        assert asyncio.get_running_loop().time() < begun + 1e6, "a worker slept over a job"

    run.on_loop(main)


def test_a_job_that_comes_as_the_worker_goes_to_rest_is_not_slept_over() -> None:
    explore(one_by_one, 300)


def token_for_a_loop_that_ends(run: Run) -> None:
    """A token comes just as who waits for it goes away, and its loop with it."""
    limiter = Limiter(1)

    async def hold() -> None:
        token = await limiter.acquire()
        run.thread(run.on_loop, wait)
        run.thread(release, token)

    def release(token: Limiter) -> None:
        run.sleep(0.1)
        token.release()

    async def wait() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                token = await limiter.acquire()
                token.release()

    def check() -> None:
        assert limiter.statistics() == {"tokens": 1, "held": 0, "waiting": 0}

    run.at_rest(check)
    run.on_loop(hold)


def test_a_token_for_who_is_gone_comes_back_once() -> None:
    explore(token_for_a_loop_that_ends, 300)
