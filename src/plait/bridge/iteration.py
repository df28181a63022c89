"""An iterable of one colour in, an iterator of the other out."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from plait.bridge.leftover import name_at_exit
from plait.bridge.permits import Permits
from plait.bridge.pool import Pool
from plait.bridge.wakeup import wakeup_of
from plait.errors import ChannelClosed, LoopClosed, UsageError, WouldDeadlock

T = TypeVar("T")

# Each iterable may keep its thread for as long as it likes, so there is no bound.
_POOL = Pool(sys.maxsize, name="plait iterator")


class Caller(Protocol):
    """What calls coroutines on a loop for a thread: a `LoopThread` or a `Portal`."""

    def call(self, function: Callable[[], Awaitable[T]], /) -> T:
        """Call it, wait, and give what it returns or raises."""

    def start(self, function: Callable[[], Awaitable[T]], /) -> object:
        """Start it; never waits."""


async def iterate_blocking(items: Iterable[T], *, prefetch: int = 4) -> AsyncIterator[T]:
    """The items of a blocking iterable, each awaited; it is iterated in a thread.

    At most `prefetch` items (1 or more) are taken ahead. Left early, a generator is closed on
    its thread; a thread that is stuck in the iterable then holds up nobody. What the iterable
    raises is raised here, after the items before it.
    """
    if prefetch < 1:
        raise UsageError(f"prefetch is 1 or more, not {prefetch}")
    wakeup_of(asyncio.get_running_loop())  # opened here: a door made elsewhere begins slower
    worker = _Worker(items, prefetch)
    _POOL.submit(worker)
    try:
        while True:
            try:
                await worker.ready.take()
            except ChannelClosed:
                break
            item = worker.items.popleft()
            worker.room.give()
            yield item
        if worker.error is not None:
            raise worker.error
    finally:
        worker.room.close(drop=True)
        worker.error = None  # whose frames hold this one


class _Worker(Generic[T]):
    """The thread's side.

    1. The thread takes an item after taking a permit of `room`; the loop gives it back.
    2. `items` has an item for each permit of `ready`, which is closed after the last one.
    3. `room` is closed once nobody wants more.
    """

    alone = False
    thread = 0  # on which it runs; 0 when it does not

    def __init__(self, items: Iterable[T], prefetch: int) -> None:
        self.items: Final[deque[T]] = deque()
        self.room: Final = Permits(prefetch)
        self.ready: Final = Permits()
        self.error: BaseException | None = None
        self._source: Final = items

    @property
    def name(self) -> str:
        """What it iterates."""
        return f"{self._source!r:.60}"

    def run(self) -> None:
        """Iterate to the end, or until nobody wants more; on a worker's thread."""
        self.thread = threading.get_ident()
        try:
            self._iterate()
        except BaseException as error:  # noqa: BLE001  # it is raised again on the loop
            self.error = error
        self.thread = 0
        self.ready.close()

    def _iterate(self) -> None:
        iterator = iter(self._source)
        try:
            with suppress(ChannelClosed):
                while True:
                    self.room.take_blocking()
                    try:
                        item = next(iterator)
                    except StopIteration:
                        break
                    self.items.append(item)
                    self.ready.give()
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()


def iterate_async(caller: Caller, items: AsyncIterable[T], *, prefetch: int = 4) -> Iterator[T]:
    """The items of an async iterable, for blocking code; one task on the loop iterates it.

    At most `prefetch` items are taken ahead; with 0, each is taken when it is asked for. Left
    early, an async generator is closed by that task, and its cleanup has ended before the
    iterator's `close` returns. What the iterable raises is raised here, after the items before
    it. The waits are those of the `call` of the `LoopThread` or `Portal` given, and so are their
    errors: `WouldDeadlock` on the loop's own thread, `LoopClosed` where the loop has ended;
    Ctrl-C closes the iterable.
    """
    if prefetch < 0:
        raise UsageError(f"prefetch is 0 or more, not {prefetch}")
    return _iterate(caller, _Ahead(items, prefetch))


def _iterate(caller: Caller, ahead: "_Ahead[T]") -> Iterator[T]:
    try:
        while batch := caller.call(ahead.take):
            yield from batch
    finally:
        try:
            with suppress(LoopClosed):
                caller.call(ahead.close)
        except WouldDeadlock:  # left to the collector, which came on the loop's own thread
            caller.start(ahead.close)


class _Ahead(Generic[T]):
    """The loop's side: a task that takes items ahead of who asks for them.

    1. All of it runs on the loop; only the task touches the iterable.
    2. The task takes an item while fewer than `_prefetch` are here, or somebody waits for one.
    """

    def __init__(self, items: AsyncIterable[T], prefetch: int) -> None:
        self._source: Final = items
        self._prefetch: Final = prefetch
        self._items: list[T] = []
        self._asked = False
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def take(self) -> list[T]:
        """What is here, waiting for it to be something; nothing at the end."""
        if self._task is None:
            self._came, self._taken = asyncio.Event(), asyncio.Event()
            self._task = asyncio.create_task(self._run())
        while not self._items and not self._task.done():
            self._asked = True
            self._taken.set()
            self._came.clear()
            await self._came.wait()
        batch, self._items = self._items, []
        self._taken.set()
        if not batch and self._error is not None:
            error, self._error = self._error, None
            raise error
        return batch

    async def close(self) -> None:
        """End the task and wait for its cleanup."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._fill()
        except BaseException as error:  # noqa: BLE001  # it is raised again at who asks
            self._error = error
        finally:
            asyncio.get_running_loop().call_soon(self._came.set)  # then the task is done

    async def _fill(self) -> None:
        iterator = aiter(self._source)
        try:
            while True:
                while len(self._items) >= self._prefetch and not self._asked:
                    self._taken.clear()
                    await self._taken.wait()
                try:
                    item = await anext(iterator)
                except StopAsyncIteration:
                    return
                self._asked = False
                self._items.append(item)
                self._came.set()
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()


name_at_exit(_Worker.run)

__all__ = ["Caller", "iterate_async", "iterate_blocking"]
