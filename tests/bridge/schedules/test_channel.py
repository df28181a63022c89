"""A channel under many schedules: each item once, in order, and nobody left waiting."""

import asyncio
import queue
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

import pytest

from plait.bridge import Channel
from plait.errors import ChannelClosed
from tests.bridge.schedules.explore import Run, explore

pytestmark = pytest.mark.timeout(0)  # the harness has its own, and PLAIT_SEEDS may ask for hours

Item = tuple[int, int]  # who put it, and which of theirs it is


class Traffic:
    """Threads and tasks of two loops that put and get, and what came of it.

    Each attempt to put or get may have a timeout or be cancelled; then it is made again, until
    the channel is closed.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.random = run.random
        self.channel: Channel[Item] = Channel(self.random.randint(1, 3))
        self.put: list[Item] = []
        self.got: list[list[Item]] = []
        self.attempts: list[asyncio.Task[None]] = []
        self.on_loops: tuple[list[Callable[[], Coroutine[Any, Any, None]]], ...] = ([], [])
        self.producing = self.random.randint(1, 3)
        self.closing = self.random.choice(("after", "after the last is done", "amid", "drop"))
        run.at_rest(self.check)

    def start(self) -> None:
        """Start all threads."""
        for producer in range(self.producing):
            items = [(producer, number) for number in range(self.random.randint(1, 4))]
            self.start_one(Producer(self, items))
        for _ in range(self.random.randint(1, 3)):
            self.start_one(Consumer(self))
        for mains in self.on_loops:
            if mains:
                self.run.thread(self.live_on_loop, mains)
        if self.closing in ("amid", "drop"):
            self.run.thread(self.close_amid)
        if self.random.random() < 0.5:
            self.run.thread(self.cancel_some)

    def start_one(self, one: "Producer | Consumer") -> None:
        if self.random.random() < 0.5:
            self.run.thread(one.on_thread)
        else:
            self.random.choice(self.on_loops).append(one.on_loop)

    def live_on_loop(self, mains: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                for one in mains:
                    group.create_task(one())

        self.run.on_loop(main)

    def patience(self) -> float | None:
        return self.random.choice((None, None, None, 0.0, 0.5, 2.0))

    def many(self) -> int:
        return self.random.choice((1, 1, 2, 3))

    async def attempt(self, step: Coroutine[Any, Any, None]) -> None:
        """Take this step; it may be cancelled, the caller is not."""
        task = asyncio.create_task(self.within_patience(step))
        self.attempts.append(task)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def within_patience(self, step: Coroutine[Any, Any, None]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience()):
                await step

    def cancel_some(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.run.sleep(self.random.choice((0.0, 0.0, 1.0)))
            if self.attempts:
                task = self.random.choice(self.attempts[-3:])
                with suppress(RuntimeError):  # its loop is closed
                    task.get_loop().call_soon_threadsafe(task.cancel)

    def producer_ended(self) -> None:
        self.producing -= 1
        if not self.producing and self.closing == "after":
            self.channel.close()
        elif not self.producing and self.closing == "after the last is done":
            self.run.thread(self.close_when_done)

    def close_when_done(self) -> None:
        self.channel.blocking.join()
        done = sum(map(len, self.got))
        assert done == len(self.put), "join ended before the last item was done"
        self.channel.close()

    def close_amid(self) -> None:
        for _ in range(self.random.randint(0, 10)):
            self.run.pause()
        self.channel.close(drop=self.closing == "drop")

    def check(self) -> None:
        channel, statistics = self.channel, self.channel.statistics()
        channel._check()
        got = [item for items in self.got for item in items]
        left = list(channel._store.items)
        assert len(set(got)) == len(got), "an item came twice"
        assert set(got + left) <= set(self.put), "an item came that was not put"
        assert len(got) + len(left) + statistics.dropped == len(self.put), "an item was lost"
        assert not left, "an item was left behind"
        assert statistics.dropped == 0 or self.closing == "drop"
        assert (statistics.put, statistics.got) == (len(self.put), len(got))
        assert (statistics.waiting_getters, statistics.waiting_putters) == (0, 0)
        assert all(map(in_order, self.got)), "a producer's items came out of order"


class Producer:
    """Puts its items, until the channel is closed."""

    def __init__(self, traffic: Traffic, items: list[Item]) -> None:
        self.traffic = traffic
        self.items = items

    def on_thread(self) -> None:
        with suppress(ChannelClosed):
            while self.items:
                with suppress(queue.Full):
                    self.put_some(self.items[: self.traffic.many()])
        self.traffic.producer_ended()

    def put_some(self, batch: list[Item]) -> None:
        face, patience = self.traffic.channel.blocking, self.traffic.patience()
        if len(batch) > 1:
            self.note(batch[: face.put_some(batch, timeout=patience)])
        else:
            face.put(batch[0], timeout=patience)
            self.note(batch)

    async def on_loop(self) -> None:
        with suppress(ChannelClosed):
            while self.items:
                batch = self.items[: self.traffic.many()]
                await self.traffic.attempt(self.put_some_async(batch))
        self.traffic.producer_ended()

    async def put_some_async(self, batch: list[Item]) -> None:
        face = self.traffic.channel.asynchronous
        if len(batch) > 1:
            self.note(batch[: await face.put_some(batch)])
        else:
            await face.put(batch[0])
            self.note(batch)

    def note(self, batch: list[Item]) -> None:
        self.traffic.put += batch
        del self.items[: len(batch)]


class Consumer:
    """Gets items, until the channel is closed and empty."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.got: list[Item] = []
        traffic.got.append(self.got)

    def on_thread(self) -> None:
        with suppress(ChannelClosed):
            while True:
                with suppress(queue.Empty):
                    self.get_some(self.traffic.many())

    def get_some(self, most: int) -> None:
        face, patience = self.traffic.channel.blocking, self.traffic.patience()
        if most > 1:
            self.note(face.get_many(most, timeout=patience))
        else:
            self.note([face.get(timeout=patience)])

    async def on_loop(self) -> None:
        with suppress(ChannelClosed):
            while True:
                await self.traffic.attempt(self.get_some_async(self.traffic.many()))

    async def get_some_async(self, most: int) -> None:
        face = self.traffic.channel.asynchronous
        if most > 1:
            self.note(await face.get_many(most))
        else:
            self.note([await face.get()])

    def note(self, batch: list[Item]) -> None:
        self.got += batch
        for _ in batch:
            self.traffic.channel.blocking.task_done()


def in_order(items: Iterable[Item]) -> bool:
    """Whether those of each producer come as they were put."""
    last: dict[int, int] = {}
    for producer, number in items:
        if number <= last.get(producer, -1):
            return False
        last[producer] = number
    return True


def traffic(run: Run) -> None:
    Traffic(run).start()


def test_every_item_comes_once_and_in_order_and_nobody_is_left_waiting() -> None:
    explore(traffic, 400)


def echo(run: Run) -> None:
    """One side puts an item and gets it back from the other; nothing else would wake either."""
    there: Channel[int] = Channel(1)
    back: Channel[int] = Channel(1)

    def ask() -> None:
        for number in range(3):
            there.blocking.put(number)
            assert back.blocking.get() == number

    def answer() -> None:
        for _ in range(3):
            back.blocking.put(there.blocking.get())

    async def ask_async() -> None:
        for number in range(3):
            await there.asynchronous.put(number)
            assert await back.asynchronous.get() == number

    async def answer_async() -> None:
        for _ in range(3):
            await back.asynchronous.put(await there.asynchronous.get())

    for on_thread, on_loop in ((ask, ask_async), (answer, answer_async)):
        if run.random.random() < 0.5:
            run.thread(on_thread)
        else:
            run.thread(run.on_loop, on_loop)


def test_each_side_is_woken_by_the_other() -> None:
    explore(echo, 300)


def one_gives_up(run: Run) -> None:
    """Two wait, one of them gives up just as an item comes: the other has it, or the next."""
    channel: Channel[int] = Channel(2)
    got: list[int] = []

    def get(patience: float | None) -> None:
        with suppress(queue.Empty):
            got.append(channel.blocking.get(timeout=patience))

    async def get_async(patience: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                got.append(await channel.asynchronous.get())

    def get_on_loop(patience: float | None) -> None:
        run.on_loop(lambda: get_async(patience))

    first = run.thread(run.random.choice((get, get_on_loop)), 0.1)
    second = run.thread(run.random.choice((get, get_on_loop)), None)
    run.sleep(run.random.choice((0.0, 0.1)))
    channel.blocking.put(1)
    first.join()
    if got and second.is_alive():
        channel.blocking.put(2)


def test_a_turn_that_is_given_up_is_the_next_ones() -> None:
    explore(one_gives_up, 300)


def put_and_close(run: Run) -> None:
    """Puts just as the channel is closed: what is in is got by somebody, or was refused."""
    channel: Channel[int] = Channel(1)
    put: list[int] = []
    got: list[int] = []

    def produce() -> None:
        with suppress(ChannelClosed):
            channel.blocking.put(1)
            put.append(1)

    def consume() -> None:
        got.extend(channel)

    def check() -> None:
        channel._check()
        assert got == put

    run.thread(produce)
    run.thread(consume)
    channel.close()
    run.at_rest(check)


def test_what_is_put_as_the_channel_closes_is_got_or_refused() -> None:
    explore(put_and_close, 300)


def join_after_two(run: Run) -> None:
    channel: Channel[int] = Channel(1)
    done: list[int] = []

    def consume() -> None:
        for item in channel:
            done.append(item)
            channel.blocking.task_done()

    run.thread(consume)
    channel.blocking.put(1)
    channel.blocking.put(2)
    channel.blocking.join()
    assert done == [1, 2], "join ended before the last item was done"
    channel.close()


def test_join_waits_for_what_was_put_before_it_whatever_was_done_earlier() -> None:
    explore(join_after_two, 400)
