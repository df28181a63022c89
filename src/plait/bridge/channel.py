"""Items in on either side, out on either side, in order: a bounded queue with two faces."""

import asyncio
import queue
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from plait.bridge.store import Store
from plait.errors import ChannelClosed, UsageError

T = TypeVar("T")

# A loop that never has to wait here gets its other turns after so many items, or after as many
# as the channel holds, which is asyncio.Queue's own bound. A turn costs about 20 us.
_TURN = 1024


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """What a channel holds, who waits for it, and what has gone through."""

    size: int
    capacity: int
    waiting_getters: int
    waiting_putters: int
    put: int
    got: int
    dropped: int


class Channel(Generic[T]):
    """At most `capacity` items between threads and coroutines, of however many loops.

    `blocking` is the face for threads, with the methods of `queue.Queue`; `asynchronous` the one
    for coroutines, with those of `asyncio.Queue`. Items come out in the order in which they went
    in, each once; who waits is served in order. A wait that is cancelled or times out has put or
    taken nothing. `for` and `async for` end when the channel is closed and empty.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise UsageError(f"a channel holds at least one item, not {capacity}")
        self._store: Final[Store[T]] = Store(capacity)
        self.blocking: Final[BlockingFace[T]] = BlockingFace(self._store)
        self.asynchronous: Final[AsyncFace[T]] = AsyncFace(self._store)

    def put_nowait(self, item: T) -> None:
        """Put if there is room; `queue.Full` or `ChannelClosed` if not."""
        self.blocking.put(item, block=False)

    def get_nowait(self) -> T:
        """The next item, if there is one; `queue.Empty` or `ChannelClosed` if not."""
        return self.blocking.get(block=False)

    def close(self, *, drop: bool = False) -> None:
        """Refuse further items; getters receive what is here, then `ChannelClosed`.

        With `drop`, what is here is thrown away, and `join` does not wait for it.
        """
        self._store.close(drop=drop)

    @property
    def closed(self) -> bool:
        """Whether it refuses further items."""
        return self._store.room.closed

    def statistics(self) -> ChannelStatistics:
        """How things stand; exact when nobody is just putting or taking."""
        store = self._store
        size, put, dropped = len(store.items), store.count(), store.dropped
        return ChannelStatistics(
            size=size,
            capacity=store.capacity,
            waiting_getters=store.ready.waiting,
            waiting_putters=store.room.waiting,
            put=put,
            got=put - size - dropped,
            dropped=dropped,
        )

    def __iter__(self) -> Iterator[T]:
        return iter(self.blocking)

    def __aiter__(self) -> AsyncIterator[T]:
        return aiter(self.asynchronous)

    def _check(self) -> None:
        self._store.check()


class _Face(Generic[T]):
    """What both faces have; nothing here waits."""

    def __init__(self, store: Store[T]) -> None:
        self._store: Final = store
        self._items: Final = store.items
        self._ready: Final = store.ready
        self._room: Final = store.room
        self._tally: Final = store.tally

    @property
    def maxsize(self) -> int:
        """The channel's capacity."""
        return self._store.capacity

    def qsize(self) -> int:
        """How many items are in the channel."""
        return len(self._items)

    def empty(self) -> bool:
        """Whether none is in the channel."""
        return not self._items

    def full(self) -> bool:
        """Whether there is no room for one more."""
        return not self._room.here

    def task_done(self) -> None:
        """Say that an item that was taken is done; `ValueError` if more were than were put."""
        self._store.task_done()

    def close(self, *, drop: bool = False) -> None:
        """Close the channel, as `Channel.close` does."""
        self._store.close(drop=drop)

    def shutdown(self, immediate: bool = False) -> None:
        """Close the channel, in the words of Python 3.13's queues."""
        self._store.close(drop=immediate)

    def _place(self, item: T) -> None:
        """Put an item in the place that was taken for it."""
        next(self._tally)
        self._items.append(item)
        self._ready.here.append(None)
        if self._ready.awaited:
            self._store.settle((item,))

    def _place_some(self, items: Sequence[T]) -> int:
        """Put the first in the place that was taken for it, and more where there is room."""
        batch = items[: 1 + self._room.take_more(len(items) - 1)]
        for item in batch:
            next(self._tally)
            self._items.append(item)
        self._ready.here.extend([None] * len(batch))
        return self._store.settle(batch) if self._ready.awaited else len(batch)

    def _fetch(self) -> T:
        """The item that a permit was taken for."""
        try:
            item = self._items.popleft()
        except IndexError:
            item = self._store.rescue()
        self._room.here.append(None)
        if self._room.awaited:
            self._room.settle()
        return item

    def _fetch_some(self, most: int) -> list[T]:
        """The item that a permit was taken for, and what else is here."""
        batch = [self._fetch()]
        with suppress(ChannelClosed):  # dropped in between
            for _ in range(self._ready.take_more(most - 1)):
                batch.append(self._fetch())  # noqa: PERF401  # what came before an end counts
        return batch


class BlockingFace(_Face[T]):
    """For threads. On a thread that runs a loop, having to wait is `WouldDeadlock` at once."""

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        """Put an item, waiting for room; `queue.Full` where there is none in time."""
        try:
            self._room.here.popleft()
        except IndexError:
            self._wait_for_room(block, timeout)
        # _place, written out: a call more would be a fifth of the time.
        next(self._tally)
        self._items.append(item)
        self._ready.here.append(None)
        if self._ready.awaited:
            self._store.settle((item,))

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """The next item, waiting for one; `queue.Empty` where none comes in time."""
        try:
            self._ready.here.popleft()
        except IndexError:
            self._wait_for_item(block, timeout)
        # _fetch, written out.
        try:
            item = self._items.popleft()
        except IndexError:
            item = self._store.rescue()
        self._room.here.append(None)
        if self._room.awaited:
            self._room.settle()
        return item

    def put_nowait(self, item: T) -> None:
        """Put if there is room; `queue.Full` if not."""
        self.put(item, block=False)

    def get_nowait(self) -> T:
        """The next item, if there is one; `queue.Empty` if not."""
        return self.get(block=False)

    def put_some(self, items: Sequence[T], timeout: float | None = None) -> int:
        """Wait for room, then put as many of the first as fit; says how many.

        If it raises, it has put none.
        """
        if not items:
            return 0
        self._wait_for_room(True, timeout)
        return self._place_some(items)

    def put_many(self, items: Iterable[T]) -> None:
        """Put them all, in order; if it raises, some of the first may be in (see `put_some`)."""
        batch = list(items)
        while batch:
            del batch[: self.put_some(batch)]

    def get_many(self, most: int, timeout: float | None = None) -> list[T]:
        """Wait for an item, then take what is here, at most so many."""
        self._wait_for_item(True, timeout)
        return self._fetch_some(most)

    def join(self) -> None:
        """Wait until every item put has been reported done."""
        self._store.join_blocking()

    def __iter__(self) -> Iterator[T]:
        try:
            while True:
                yield self.get()
        except ChannelClosed:
            return

    def _wait_for_room(self, block: bool, timeout: float | None) -> None:
        try:
            self._room.take_blocking(timeout if block else 0)
        except TimeoutError:
            raise queue.Full from None

    def _wait_for_item(self, block: bool, timeout: float | None) -> None:
        try:
            self._ready.take_blocking(timeout if block else 0)
        except TimeoutError:
            raise queue.Empty from None


class AsyncFace(_Face[T]):
    """For coroutines of any loop. A task whose wait is cancelled has put or taken nothing."""

    def __init__(self, store: Store[T]) -> None:
        super().__init__(store)
        self._turn: Final = max(store.capacity, _TURN)
        self._left = self._turn

    async def put(self, item: T) -> None:
        """Put an item, waiting for room."""
        self._left -= 1
        if self._left < 0:
            await self._give_turn()
        try:
            self._room.here.popleft()
        except IndexError:
            await self._room.take()
        # _place, written out, as in BlockingFace.
        next(self._tally)
        self._items.append(item)
        self._ready.here.append(None)
        if self._ready.awaited:
            self._store.settle((item,))

    async def get(self) -> T:
        """The next item, waiting for one."""
        self._left -= 1
        if self._left < 0:
            await self._give_turn()
        try:
            self._ready.here.popleft()
        except IndexError:
            await self._ready.take()
        # _fetch, written out.
        try:
            item = self._items.popleft()
        except IndexError:
            item = self._store.rescue()
        self._room.here.append(None)
        if self._room.awaited:
            self._room.settle()
        return item

    def put_nowait(self, item: T) -> None:
        """Put if there is room; `asyncio.QueueFull` if not."""
        try:
            self._room.take_nowait()
        except IndexError:
            raise asyncio.QueueFull from None
        self._place(item)

    def get_nowait(self) -> T:
        """The next item, if there is one; `asyncio.QueueEmpty` if not."""
        try:
            self._ready.take_nowait()
        except IndexError:
            raise asyncio.QueueEmpty from None
        return self._fetch()

    async def put_some(self, items: Sequence[T]) -> int:
        """Wait for room, then put as many of the first as fit; says how many.

        If it raises or is cancelled, it has put none.
        """
        if not items:
            return 0
        await self._room.take()
        return self._place_some(items)

    async def put_many(self, items: Iterable[T]) -> None:
        """Put them all, in order; cancelled, some of the first may be in (see `put_some`)."""
        batch = list(items)
        while batch:
            del batch[: await self.put_some(batch)]

    async def get_many(self, most: int) -> list[T]:
        """Wait for an item, then take what is here, at most so many."""
        await self._ready.take()
        return self._fetch_some(most)

    async def join(self) -> None:
        """Wait until every item put has been reported done."""
        await self._store.join()

    async def __aiter__(self) -> AsyncIterator[T]:
        try:
            while True:
                yield await self.get()
        except ChannelClosed:
            return

    async def _give_turn(self) -> None:
        self._left = self._turn
        await asyncio.sleep(0)
