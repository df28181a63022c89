"""Lock, semaphore, event and condition under many schedules: none has it twice, none waits on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from plait.bridge import Condition, Event, Lock, Semaphore
from tests.bridge.schedules.explore import Run, explore

pytestmark = pytest.mark.timeout(0)


class Crowd:
    """Threads, and tasks of two loops, that all do the same some times; some waits are ended."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.random = run.random

    def start(
        self, on_thread: Callable[[float | None], object], on_loop: Callable[[], Awaitable[object]]
    ) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.run.thread(self.repeat, on_thread)
        for _ in range(self.random.randint(0, 2)):
            self.run.thread(self.live_on_loop, on_loop)

    def times(self) -> int:
        return self.random.randint(1, 3)

    def patience(self) -> float | None:
        return self.random.choice((None, None, 0.0, 0.5))

    def repeat(self, step: Callable[[float | None], object]) -> None:
        for _ in range(self.times()):
            step(self.patience())

    def live_on_loop(self, step: Callable[[], Awaitable[object]]) -> None:
        async def repeat() -> None:
            for _ in range(self.times()):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.patience()):
                        await step()

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.random.randint(1, 2)):
                    group.create_task(repeat())

        self.run.on_loop(main)


class Inside:
    """How many are where only so many may be."""

    def __init__(self, run: Run, limit: int) -> None:
        self.run = run
        self.limit = limit
        self.count = 0
        self.most = 0
        run.at_rest(self.check)

    def enter(self) -> None:
        self.count += 1
        self.most = max(self.most, self.count)
        self.run.pause()

    def leave(self) -> None:
        self.count -= 1

    def check(self) -> None:
        assert self.count == 0
        assert self.most <= self.limit, "more had it than there are"


def lock(run: Run) -> None:
    exclude(run, Lock(), 1)


def semaphore(run: Run) -> None:
    value = run.random.randint(1, 2)
    exclude(run, Semaphore(value), value)


def exclude(run: Run, lock: Lock | Semaphore, limit: int) -> None:
    inside = Inside(run, limit)

    def on_thread(patience: float | None) -> None:
        if lock.acquire_blocking(patience):
            inside.enter()
            inside.leave()
            lock.release()

    async def on_loop() -> None:
        async with lock:
            inside.enter()
            try:
                await asyncio.sleep(0)
            finally:
                inside.leave()

    def check() -> None:
        assert lock.acquire_blocking(0), "nobody has it, and it is not free"

    Crowd(run).start(on_thread, on_loop)
    run.at_rest(check)


def event(run: Run) -> None:
    """It is set and cleared, and in the end set: everybody gets by."""
    event = Event()

    async def wait() -> None:
        await event.wait()

    Crowd(run).start(event.wait_blocking, wait)
    for _ in range(run.random.randint(0, 3)):
        event.set()
        event.clear()
    event.set()


def condition(run: Run) -> None:
    """Items are added one by one, each with one notification; as many are taken as were added."""
    condition = Condition()
    here: list[int] = []
    taken: list[int] = []
    crowd = Crowd(run)

    def on_thread(patience: float | None) -> None:
        with condition:
            while not here:
                if not condition.wait_blocking(patience) and patience is not None:
                    break
            if here:
                taken.append(here.pop())

    async def on_loop() -> None:
        async with condition:
            await condition.wait_for(lambda: here)
            taken.append(here.pop())

    crowd.start(on_thread, on_loop)
    for number in range(21):  # as many as the crowd may take
        with condition:
            here.append(number)
            condition.notify()

    def check() -> None:
        assert sorted(here + taken) == list(range(21))
        assert not condition._line.waiting

    run.at_rest(check)


def notification(run: Run) -> None:
    """There is one, and it comes just as somebody begins to wait."""
    condition = Condition()
    come: list[bool] = []

    def wait() -> None:
        with condition:
            while not come:
                condition.wait_blocking()

    run.thread(wait)
    with condition:
        come.append(True)
        condition.notify()


@pytest.mark.parametrize("scenario", [lock, semaphore, event, condition, notification])
def test_nobody_waits_for_what_is_free_and_no_more_have_it_than_may(
    scenario: Callable[[Run], None],
) -> None:
    explore(scenario, 150)
