"""Worker threads: how many, in which order, and their end."""

import threading
from collections.abc import Callable

import pytest

from plait.bridge import Pool

pytestmark = pytest.mark.timeout(20)


class Do:
    """A job."""

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
