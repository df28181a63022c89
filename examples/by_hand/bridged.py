"""A blocking iterator for `async for`: by hand, and with the bridge.

python examples/by_hand/bridged.py
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final, Generic, Self, TypeVar

from plait.bridge import iterate_blocking, run_in_thread

T = TypeVar("T")


def countdown(start: int) -> Iterator[int]:
    """Blocking code: think of a driver that waits for each number."""
    yield from range(start, 0, -1)


class End:
    """Stands for the end: a `StopIteration` cannot leave a coroutine."""


END: Final = End()


class InThread(Generic[T]):
    """By hand: each item is one call in a thread. Nothing is taken ahead, nothing closed."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item = await run_in_thread(self._take)
        if isinstance(item, End):
            raise StopAsyncIteration
        return item

    def _take(self) -> T | End:
        return next(self._items, END)


async def main() -> None:
    async for number in InThread(countdown(3)):
        print(f"by hand {number}")
    async for number in iterate_blocking(countdown(3)):
        print(f"bridged {number}")


if __name__ == "__main__":
    asyncio.run(main())
