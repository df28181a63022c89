"""Worker threads: how many, in which order, and their end."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from time import sleep

import pytest

from plait.bridge import Limiter, Pool, run_in_thread
from plait.bridge.parking import parker
from plait.errors import BridgeError
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


class Do:
    """A job."""

    alone = False

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work

    def run(self) -> None:
        self._work()


def test_jobs_of_one_worker_run_in_order() -> None:  # 1
    order: list[int] = []
    done = threading.Event()
    pool = Pool(1)
    for number in range(1000):
        pool.submit(Do(lambda number=number: order.append(number)))  # type: ignore[misc]
    pool.submit(Do(done.set))
    done.wait()
    assert order == list(range(1000))


def test_never_more_threads_than_its_size() -> None:
    release, together = threading.Event(), threading.Barrier(4)
    ran: list[int] = []
    all_ran = threading.Event()
    pool = Pool(3)

    def work() -> None:
        together.wait()
        release.wait()

    def note() -> None:
        ran.append(threading.get_ident())
        if len(ran) == 10:
            all_ran.set()

    for _ in range(3):
        pool.submit(Do(work))
    together.wait()
    for _ in range(10):
        pool.submit(Do(note))
    statistics = pool.statistics()
    assert statistics == {"size": 3, "threads": 3, "idle": 0, "waiting": 0, "queued": 10}
    release.set()
    all_ran.wait()


def test_a_job_that_blocks_holds_up_no_other() -> None:  # 3
    release, passed = threading.Event(), threading.Event()
    pool = Pool(2)
    for _ in range(200):
        release.clear()
        passed.clear()
        pool.submit(Do(release.wait))
        pool.submit(Do(passed.set))
        passed.wait()
        release.set()


def test_submitting_from_many_threads_loses_nothing() -> None:
    done = threading.Semaphore(0)
    pool = Pool(4)

    def submit() -> None:
        for _ in range(1000):
            pool.submit(Do(done.release))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(8000):
        done.acquire()
    for thread in threads:
        thread.join()


def test_idle_workers_end_and_new_ones_take_their_place() -> None:
    workers: list[threading.Thread] = []
    done = threading.Event()
    pool = Pool(2, idle=0.001)

    def note() -> None:
        workers.append(threading.current_thread())
        done.set()

    for _ in range(5):
        done.clear()
        pool.submit(Do(note))
        done.wait()
        workers[-1].join()
    assert pool.statistics()["threads"] == 0
    assert len(set(workers)) == 5


def test_a_pool_without_threads_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pool(0)


def test_a_closed_pool_refuses_jobs_and_says_which_it_is() -> None:
    pool = Pool(1, name="reader")
    pool.close()
    with pytest.raises(BridgeError, match="reader: the pool is closed"):
        pool.submit(Do(print))
    pool.close()  # once more does no harm


def test_closing_ends_idle_workers_at_once() -> None:  # 5
    workers: list[threading.Thread] = []
    ran = threading.Barrier(4)
    pool = Pool(3, idle=3600)

    def note() -> None:
        workers.append(threading.current_thread())
        ran.wait()

    for _ in range(3):
        pool.submit(Do(note))
    ran.wait()
    pool.close()
    for worker in workers:
        worker.join()
    assert pool.statistics()["threads"] == 0


def test_closing_waits_for_nobody_and_what_was_queued_still_runs() -> None:
    release, order = threading.Event(), list[int]()
    workers: list[threading.Thread] = []
    begun = threading.Event()

    def work() -> None:
        workers.append(threading.current_thread())
        begun.set()
        release.wait()

    with Pool(1, idle=3600) as pool:
        pool.submit(Do(work))
        for number in range(3):
            pool.submit(Do(lambda number=number: order.append(number)))  # type: ignore[misc]
        begun.wait()
    assert pool.statistics()["queued"] == 3
    release.set()
    workers[0].join()
    assert order == [0, 1, 2]
    assert pool.statistics()["threads"] == 0


def submit_while_it_closes(pool: Pool) -> None:
    go, ran, taken = threading.Barrier(3), threading.Semaphore(0), list[int]()

    def submit() -> None:
        go.wait()
        with suppress(BridgeError):
            for number in range(20):
                pool.submit(Do(ran.release))
                taken.append(number)

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    go.wait()
    pool.close()
    for thread in threads:
        thread.join()
    for _ in taken:
        ran.acquire()


def test_what_is_submitted_while_another_thread_closes_is_run_or_refused() -> None:  # 5
    for _ in range(300):
        pool = Pool(2, idle=3600)
        submit_while_it_closes(pool)
        while pool.statistics()["threads"]:
            sleep(0)


@on_every_loop
def test_a_call_into_a_closed_pool_is_an_error_and_gives_its_token_back(factory: Factory) -> None:
    async def main() -> None:
        limiter = Limiter(1)
        with Pool(1) as pool:
            assert await run_in_thread(len, "abc", pool=pool, limiter=limiter) == 3
        with pytest.raises(BridgeError, match="the pool is closed"):
            await asyncio.wait_for(run_in_thread(len, "abc", pool=pool, limiter=limiter), 10)
        assert limiter.statistics()["held"] == 0

    run(factory, main())


def test_a_worker_with_a_permit_left_over_from_its_job_is_idle_once() -> None:  # 2
    for _ in range(100):
        rested, release, passed = threading.Event(), threading.Event(), threading.Event()

        def leave_a_permit(rested: threading.Event = rested) -> None:
            parker().unpark()  # as a call does whose waiter saw its end before it parked
            rested.set()

        pool = Pool(2)
        pool.submit(Do(leave_a_permit))
        rested.wait()
        while pool.statistics()["idle"] == 0:
            sleep(0)
        pool.submit(Do(release.wait))
        pool.submit(Do(passed.set))
        assert passed.wait(5)  # idle twice, the worker is chosen again while it waits
        release.set()


@on_every_loop
@pytest.mark.parametrize("callers", [1, 2, 20])
def test_however_many_call_each_has_its_results(factory: Factory, callers: int) -> None:
    pool = Pool(3, idle=0.001)  # so that workers come and go as well

    async def call(caller: int) -> list[int]:
        return [await run_in_thread(pow, caller, n, pool=pool) for n in range(100)]

    async def main() -> None:
        results = await asyncio.gather(*(call(caller) for caller in range(callers)))
        assert results == [[caller**n for n in range(100)] for caller in range(callers)]

    with pool:
        run(factory, main())
