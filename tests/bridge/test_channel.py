"""Channel: every item once and in order, nobody left waiting, on both sides at once."""

import asyncio
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.bridge.channel import Channel
from plait.errors import ChannelClosed, UsageError, WouldDeadlock
from tests.bridge.loops import Factory, on_every_loop
from tests.bridge.loops import run as run_on

T = TypeVar("T")
pytestmark = pytest.mark.timeout(30)


def until(true: Callable[[], bool]) -> None:
    """Let the other threads go on until this holds."""
    while not true():
        time.sleep(0)


def start(function: Callable[..., object], *args: object) -> threading.Thread:
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


async def turns(count: int = 5) -> None:
    """Give every task its turn."""
    for _ in range(count):
        await asyncio.sleep(0)


def task(coroutine: Coroutine[Any, Any, object]) -> "asyncio.Task[Any]":  # items of any kind
    return asyncio.get_running_loop().create_task(coroutine)


def getters(channel: Channel[int], count: int) -> Callable[[], bool]:
    return lambda: channel.statistics().waiting_getters == count


def putters(channel: Channel[int], count: int) -> Callable[[], bool]:
    return lambda: channel.statistics().waiting_putters == count


# One item at a time


@on_every_loop
def test_items_cross_from_a_thread_to_a_task_in_order(factory: Factory) -> None:
    async def run() -> list[int]:
        channel: Channel[int] = Channel(3)
        thread = start(channel.blocking.put_many, range(1000))
        got = [await channel.asynchronous.get() for _ in range(1000)]
        thread.join()
        channel._check()
        return got

    assert run_on(factory, run()) == list(range(1000))


@on_every_loop
def test_items_cross_from_a_task_to_a_thread_in_order(factory: Factory) -> None:
    channel: Channel[int] = Channel(3)
    got: list[int] = []

    async def run() -> None:
        for n in range(1000):
            await channel.asynchronous.put(n)
        channel.close()

    thread = start(lambda: got.extend(channel))
    run_on(factory, run())
    thread.join()
    assert got == list(range(1000))


def test_a_full_channel_makes_the_putter_wait_for_one_free_place() -> None:
    channel: Channel[int] = Channel(2)
    channel.blocking.put_many([1, 2])
    thread = start(lambda: channel.blocking.put(3))
    until(putters(channel, 1))
    assert channel.get_nowait() == 1
    thread.join()
    assert list(channel.blocking.get_many(9)) == [2, 3]


def test_each_face_raises_what_its_model_raises() -> None:
    channel: Channel[int] = Channel(1)
    with pytest.raises(queue.Empty):
        channel.blocking.get_nowait()
    with pytest.raises(queue.Empty):
        channel.blocking.get(timeout=0.001)
    with pytest.raises(asyncio.QueueEmpty):
        channel.asynchronous.get_nowait()
    channel.put_nowait(1)
    with pytest.raises(queue.Full):
        channel.blocking.put(2, block=False)
    with pytest.raises(queue.Full):
        channel.blocking.put(2, timeout=0.001)
    with pytest.raises(asyncio.QueueFull):
        channel.asynchronous.put_nowait(2)
    channel._check()


def test_the_faces_answer_as_queues_do() -> None:
    channel: Channel[int] = Channel(2)
    for face in channel.blocking, channel.asynchronous:
        assert (face.maxsize, face.qsize(), face.empty(), face.full()) == (2, 0, True, False)
    channel.blocking.put_many([1, 2])
    for face in channel.blocking, channel.asynchronous:
        assert (face.maxsize, face.qsize(), face.empty(), face.full()) == (2, 2, False, True)


def test_a_channel_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one"):
        Channel(0)


# Many at a time


def test_get_many_waits_for_one_and_takes_what_is_here() -> None:
    channel: Channel[int] = Channel(10)
    channel.blocking.put_many(range(7))
    assert channel.blocking.get_many(5) == [0, 1, 2, 3, 4]
    assert channel.blocking.get_many(5) == [5, 6]
    channel._check()


def test_put_some_says_how_many_it_had_room_for() -> None:
    channel: Channel[int] = Channel(3)
    assert channel.blocking.put_some([1, 2, 3, 4, 5]) == 3
    with pytest.raises(queue.Full):
        channel.blocking.put_some([4, 5], timeout=0.001)
    assert channel.blocking.put_some([]) == 0


@on_every_loop
def test_put_many_puts_more_than_there_is_room_for(factory: Factory) -> None:
    async def run() -> list[int]:
        channel: Channel[int] = Channel(4)
        putter = task(channel.asynchronous.put_many(range(100)))
        got: list[int] = []
        while len(got) < 100:
            got += await channel.asynchronous.get_many(3)
        await putter
        channel._check()
        return got

    assert run_on(factory, run()) == list(range(100))


# Cancelling and order


@on_every_loop
def test_an_item_handed_to_a_cancelled_getter_goes_to_the_next_in_order(factory: Factory) -> None:
    async def run() -> list[int]:
        channel: Channel[int] = Channel(4)
        waiting = [task(channel.asynchronous.get()) for _ in range(3)]
        await turns()
        for n in range(3):
            channel.put_nowait(n)
        waiting[0].cancel()
        got = [await waiting[1], await waiting[2], await channel.asynchronous.get()]
        channel._check()
        return got

    assert run_on(factory, run()) == [0, 1, 2]


@on_every_loop
def test_a_cancelled_putter_has_not_put_and_its_place_is_the_next_ones(factory: Factory) -> None:
    async def run() -> list[int]:
        channel: Channel[int] = Channel(1)
        channel.put_nowait(0)
        first, second = (task(channel.asynchronous.put(n)) for n in (1, 2))
        await turns()
        got = [channel.get_nowait()]
        first.cancel()
        await second
        got += channel.asynchronous.get_nowait(), channel.statistics().put
        assert first.cancelled()
        channel._check()
        return got

    assert run_on(factory, run()) == [0, 2, 2]


def test_getters_are_served_in_the_order_of_asking() -> None:
    channel: Channel[int] = Channel(9)
    served: list[int] = []

    def get(number: int) -> None:
        channel.blocking.get()
        served.append(number)

    threads = []
    for number in range(5):
        threads.append(start(get, number))
        until(getters(channel, number + 1))
    for thread in threads:
        channel.put_nowait(0)
        thread.join()
    assert served == list(range(5))


def test_a_getter_whose_loop_died_leaves_its_item_to_the_next() -> None:
    channel: Channel[int] = Channel(2)
    loop = asyncio.new_event_loop()
    dead = loop.create_task(channel.asynchronous.get())
    loop.run_until_complete(turns())
    loop.close()
    channel.put_nowait(7)
    assert channel.get_nowait() == 7
    channel._check()
    dead._log_destroy_pending = False  # type: ignore[attr-defined]  # it is meant to be


class Course:
    """A channel beside a plain deque: every item received must be the deque's first."""

    def __init__(self, capacity: int) -> None:
        self.channel: Channel[int] = Channel(capacity)
        self.face = self.channel.asynchronous
        self.model: deque[int] = deque()
        self.numbers = iter(range(1000))
        self.pending: list[asyncio.Task[None]] = []
        self.gone = 0

    async def put(self) -> None:
        number = next(self.numbers)
        with suppress(ChannelClosed):
            await self.face.put(number)
            self.model.append(number)

    async def get(self) -> None:
        with suppress(ChannelClosed):
            self.receive(await self.face.get())

    def receive(self, item: int) -> None:
        assert item == self.model.popleft()
        self.gone += 1

    async def begin_put(self, size: int) -> None:
        self.pending.append(asyncio.create_task(self.put()))

    async def begin_get(self, size: int) -> None:
        self.pending.append(asyncio.create_task(self.get()))

    async def cancel(self, size: int) -> None:
        if self.pending:
            self.pending.pop(size % len(self.pending)).cancel()

    async def turn(self, size: int) -> None:
        await asyncio.sleep(0)

    async def try_put(self, size: int) -> None:
        await turns()  # whoever was woken takes what is its own, here and below
        with suppress(asyncio.QueueFull, ChannelClosed):
            number = next(self.numbers)
            self.face.put_nowait(number)
            self.model.append(number)

    async def try_get(self, size: int) -> None:
        await turns()
        with suppress(asyncio.QueueEmpty, ChannelClosed):
            self.receive(self.face.get_nowait())

    async def put_some(self, size: int) -> None:
        await turns()
        if not self.face.full():
            batch = [next(self.numbers) for _ in range(size)]
            with suppress(ChannelClosed):
                self.model.extend(batch[: await self.face.put_some(batch)])

    async def get_many(self, size: int) -> None:
        await turns()
        if not self.face.empty():
            for item in await self.face.get_many(size):
                self.receive(item)

    async def close(self, size: int) -> None:
        await turns()
        self.channel.close(drop=size == 3)
        if size == 3:
            self.gone += len(self.model)
            self.model.clear()

    async def end(self) -> None:
        await turns()
        self.channel._check()
        statistics = self.channel.statistics()
        assert statistics.size == len(self.model)
        assert statistics.put == self.gone + len(self.model)
        self.channel.close()
        await asyncio.gather(*self.pending, return_exceptions=True)
        for item in self.channel:
            self.receive(item)
        assert not self.model
        self.channel._check()


often = [Course.begin_put, Course.begin_get, Course.cancel, Course.turn, Course.try_put]
steps = st.sampled_from([*often, *often, Course.try_get, Course.put_some, Course.get_many])
courses = st.lists(st.tuples(steps | st.just(Course.close), st.integers(1, 5)), max_size=40)


@given(st.integers(1, 4), courses)
def test_any_course_of_events_is_that_of_a_plain_deque(
    capacity: int, events: list[tuple[Callable[[Course, int], Coroutine[Any, Any, None]], int]]
) -> None:
    async def run() -> None:
        course = Course(capacity)
        for step, size in events:
            await step(course, size)
        await course.end()

    asyncio.run(run())


# Closing


def test_closed_it_gives_what_is_here_and_refuses_more() -> None:
    channel: Channel[int] = Channel(3)
    channel.blocking.put_many([1, 2])
    channel.close()
    with pytest.raises(ChannelClosed):
        channel.put_nowait(3)
    with pytest.raises(ChannelClosed):
        channel.blocking.put(3)
    assert list(channel) == [1, 2]
    with pytest.raises(ChannelClosed):
        channel.blocking.get()
    with pytest.raises(ChannelClosed):
        channel.asynchronous.get_nowait()
    assert channel.closed
    channel._check()


@on_every_loop
def test_closing_releases_everybody_who_waits(factory: Factory) -> None:
    full: Channel[int] = Channel(1)
    empty: Channel[int] = Channel(1)
    full.put_nowait(0)
    refused: list[str] = []

    def thread(name: str, wait: Callable[[], object]) -> threading.Thread:
        def work() -> None:
            with pytest.raises(ChannelClosed):
                wait()
            refused.append(name)

        return start(work)

    async def run() -> None:
        tasks = [task(full.asynchronous.put(1)), task(empty.asynchronous.get())]
        await turns()
        threads = [thread("put", lambda: full.blocking.put(2)), thread("get", empty.blocking.get)]
        until(lambda: putters(full, 2)() and getters(empty, 2)())
        full.close()
        empty.close()
        for closed in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(closed, ChannelClosed)
        for waiting in threads:
            waiting.join()

    run_on(factory, run())
    assert sorted(refused) == ["get", "put"]
    assert list(full) == [0]


def test_dropped_items_are_counted_and_nobody_joins_them() -> None:
    channel: Channel[int] = Channel(3)
    channel.blocking.put_many([1, 2, 3])
    channel.close(drop=True)
    assert list(channel) == []
    channel.blocking.join()
    statistics = channel.statistics()
    assert (statistics.put, statistics.got, statistics.dropped) == (3, 0, 3)
    channel._check()


def test_an_item_put_while_it_closes_is_taken_back_and_the_putter_told() -> None:
    channel: Channel[int] = Channel(3)
    channel._store.room.here.popleft()  # a putter is between its place and its item
    channel.close()
    with pytest.raises(ChannelClosed):
        channel.blocking._place(1)
    assert list(channel) == []
    assert channel.statistics().put == 0


def test_of_a_batch_put_while_it_closes_what_somebody_has_stays_put() -> None:
    channel: Channel[int] = Channel(3)
    store = channel._store
    channel.close()
    for item in (1, 2, 3):
        next(store.tally)
        store.items.append(item)
        store.ready.here.append(None)
    assert channel.get_nowait() == 1
    assert store.settle([1, 2, 3]) == 1
    assert list(channel) == []
    assert channel.statistics().put == 1


def test_iteration_ends_with_the_channel() -> None:
    async def run() -> list[int]:
        channel: Channel[int] = Channel(2)

        def put() -> None:
            channel.blocking.put_many(range(10))
            channel.close()

        thread = start(put)
        got = [item async for item in channel]
        thread.join()
        return got

    assert asyncio.run(run()) == list(range(10))


# Waits that could never end


def test_a_blocking_wait_on_the_loops_thread_is_an_error_only_if_it_would_wait() -> None:
    async def run() -> None:
        channel: Channel[int] = Channel(1)
        channel.blocking.put(1)
        with pytest.raises(WouldDeadlock):
            channel.blocking.put(2)
        with pytest.raises(WouldDeadlock):
            channel.blocking.put(2, timeout=5)
        assert channel.blocking.get() == 1
        with pytest.raises(WouldDeadlock):
            channel.blocking.get()
        channel._check()

    asyncio.run(run())


@on_every_loop
def test_a_loop_that_never_waits_for_an_item_still_has_its_turns(factory: Factory) -> None:
    async def run() -> None:
        channel: Channel[int] = Channel(1)
        turned = False

        async def other() -> None:
            nonlocal turned
            turned = True

        task(other())
        while not turned:
            await channel.asynchronous.put(1)
            await channel.asynchronous.get()

    run_on(factory, run())


# join


@on_every_loop
def test_join_waits_until_every_item_is_done_on_either_side(factory: Factory) -> None:
    async def run() -> None:
        channel: Channel[int] = Channel(2)
        channel.blocking.put_many([1, 2])
        joining = task(channel.asynchronous.join())
        thread = start(channel.blocking.join)
        for face in channel.blocking, channel.asynchronous:
            await turns()
            assert not joining.done()
            face.get_nowait()
            face.task_done()
        await joining
        thread.join()
        with pytest.raises(ValueError, match="too many"):
            channel.blocking.task_done()

    run_on(factory, run())


# Both sides, two loops


class Crowd:
    """Producers and consumers who write down what they did."""

    def __init__(self, capacity: int, seed: int, factory: Factory) -> None:
        self.channel: Channel[tuple[int, int]] = Channel(capacity)
        self.seed = seed
        self.factory = factory
        self.put: list[list[tuple[int, int]]] = [[] for _ in range(8)]
        self.got: list[list[tuple[int, int]]] = [[] for _ in range(8)]

    def next_item(self, me: int) -> tuple[int, int]:
        return me, len(self.put[me])

    def produce(self, me: int) -> None:
        with suppress(ChannelClosed):
            while True:
                item = self.next_item(me)
                self.channel.blocking.put(item)
                self.put[me].append(item)

    def consume(self, me: int) -> None:
        for item in self.channel:
            self.got[me].append(item)

    def loop(self, first: int) -> None:
        async def run() -> None:
            async with asyncio.TaskGroup() as group:
                for me in (first, first + 1):
                    group.create_task(self.produce_async(me))
                    group.create_task(self.consume_async(me))

        run_on(self.factory, run())

    async def produce_async(self, me: int) -> None:
        dice = random.Random(self.seed + me)
        with suppress(ChannelClosed):
            while True:
                item = self.next_item(me)
                with suppress(asyncio.CancelledError):
                    await self.cancelled_at_times(self.channel.asynchronous.put(item), dice)
                    self.put[me].append(item)

    async def consume_async(self, me: int) -> None:
        dice = random.Random(self.seed - me)
        with suppress(ChannelClosed):
            while True:
                with suppress(asyncio.CancelledError):
                    get = self.cancelled_at_times(self.channel.asynchronous.get(), dice)
                    self.got[me].append(await get)

    async def cancelled_at_times(self, wait: Coroutine[Any, Any, T], dice: random.Random) -> T:
        waiting = asyncio.ensure_future(wait)
        await turns(dice.randrange(4))
        if dice.random() < 0.3:
            waiting.cancel()
        return await waiting


@on_every_loop
@pytest.mark.parametrize("seed", range(8))
def test_closed_in_mid_stream_every_item_is_got_once_and_everybody_released(
    seed: int, factory: Factory
) -> None:
    chance = random.Random(seed)
    crowd = Crowd(chance.choice([1, 2, 7, 64]), seed, factory)
    enough = chance.choice([10, 500, 3000])
    threads = [start(crowd.produce, me) for me in range(4)]
    threads += [start(crowd.consume, me) for me in range(4)]
    threads += [start(crowd.loop, 4), start(crowd.loop, 6)]
    until(lambda: sum(map(len, crowd.got)) >= enough)
    crowd.channel.close()
    for thread in threads:
        thread.join()
    assert sorted(chain(*crowd.got)) == sorted(chain(*crowd.put))
    for items in crowd.got:
        assert sorted(items, key=itemgetter(0)) == sorted(items), "a producer's order was changed"
    crowd.channel._check()
