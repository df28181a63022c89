"""A source that makes its reader wait in, its items in a queue out."""

import asyncio
from collections.abc import AsyncIterator, Callable

from plait.bridge import iterate_blocking
from plait.errors import PlaitError, SourceError
from plait.events import Event
from plait.intake import QueueFeed
from plait.logs.chunk import Chunk
from plait.sources import AsyncSource, Item, Source

# A command or connection that was told to stop has so long to say its last words.
_LAST_WORDS = 1.0


class Pump:
    """The task that waits for one source, of either colour, and queues what it gives.

    It waits while its queue holds more than `room()` bytes; `wake` is called after each item.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        queue: QueueFeed,
        room: Callable[[], int],
        wake: Callable[[], None],
    ) -> None:
        self._name = name
        self._source = source
        self._queue = queue
        self._room = room
        self._wake = wake
        self._task: asyncio.Task[None] | None = None
        self._taken = asyncio.Event()

    def start(self) -> None:
        """Begin; a loop must be running."""
        self._queue.on_take = self._taken.set
        self._task = asyncio.create_task(self._run(), name=f"plait {self._name}")

    def stop(self) -> None:
        """End the source after what it has now, soon."""
        stop = getattr(self._source, "stop", None)
        if stop is not None:
            stop()
        if self._task is not None:
            # A source that cannot be asked has nothing more to say than is queued.
            delay = _LAST_WORDS if stop is not None else 0.0
            asyncio.get_running_loop().call_later(delay, self._task.cancel)

    async def close(self) -> None:
        """End at once and wait for the source's cleanup."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            items = _items_of(self._source)
            try:
                async for item in items:
                    self._queue.put(self._checked(item))
                    self._wake()
                    await self._wait_for_room()
            finally:
                close = getattr(items, "aclose", None)
                if close is not None:
                    await close()
        except SourceError as error:
            self._queue.put(error)
        except PlaitError as error:
            self._queue.put(SourceError(self._name, str(error)))
        except Exception as error:  # noqa: BLE001  # whatever a source raises is its failure
            self._queue.put(SourceError(self._name, f"{type(error).__name__}: {error}"))
        finally:
            self._queue.ended = True
            self._wake()

    def _checked(self, item: object) -> Item:
        """An item as it may be; what somebody's iterable gives is known only now."""
        if isinstance(item, bytes | Chunk | Event):
            return item
        if isinstance(item, bytearray | memoryview):
            return bytes(item)
        if isinstance(item, str):
            raise SourceError(
                self._name, "gave text where bytes are wanted", "open it in binary mode"
            )
        raise SourceError(self._name, f"gave {type(item).__name__} where bytes are wanted")

    async def _wait_for_room(self) -> None:
        while self._queue.size > self._room():
            self._taken.clear()
            await self._taken.wait()


def _items_of(source: Source) -> AsyncIterator[Item]:
    if isinstance(source, AsyncSource):
        return aiter(source)
    return iterate_blocking(source)
