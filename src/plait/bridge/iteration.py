"""A blocking iterable in, an async iterator out."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Generic, TypeVar

from plait.bridge.threads import tell

T = TypeVar("T")


async def iterate_blocking(items: Iterable[T], *, prefetch: int = 4) -> AsyncIterator[T]:
    """The items of a blocking iterable, each awaited; it runs in a thread of its own.

    At most `prefetch` items are taken ahead. Left early, a generator is closed on its thread;
    a thread that is stuck in the iterable then holds up nobody. What the iterable raises is
    raised here, after the items before it.
    """
    worker = _Worker(items, prefetch, asyncio.get_running_loop())
    worker.start()
    try:
        while True:
            while worker.items:
                item = worker.items.popleft()
                worker.room.release()
                yield item
            if worker.finished:
                break
            await worker.wait()
        if worker.error is not None:
            raise worker.error
    finally:
        worker.stop()


class _Worker(Generic[T]):
    """The thread's side.

    1. The thread appends to `items` after taking a permit of `room`; the loop gives it back.
    2. `finished` is set, on the thread, after the last append.
    """

    def __init__(self, items: Iterable[T], prefetch: int, loop: asyncio.AbstractEventLoop) -> None:
        self.items: deque[T] = deque()
        self.room = threading.Semaphore(prefetch)
        self.finished = False
        self.error: BaseException | None = None
        self._source = items
        self._loop = loop
        self._arrived = asyncio.Event()
        self._stopped = False

    def start(self) -> None:
        name = f"plait {self._source!r:.60}"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def wait(self) -> None:
        """Wait until there is an item, or the end."""
        self._arrived.clear()
        # An item may have come between the caller's look and the clear.
        if not self.items and not self.finished:
            await self._arrived.wait()

    def stop(self) -> None:
        """Tell the thread to take no more."""
        self._stopped = True
        self.room.release()

    def _work(self) -> None:
        try:
            self._iterate()
        except BaseException as error:  # noqa: BLE001  # it is raised again on the loop
            self.error = error
        self.finished = True
        tell(self._loop, self._arrived.set)

    def _iterate(self) -> None:
        iterator = iter(self._source)
        try:
            while True:
                self.room.acquire()
                if self._stopped:
                    break
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                self.items.append(item)
                if not tell(self._loop, self._arrived.set):
                    break
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
