"""The same turns with an async iterator and an async context manager, written out as classes.

python examples/by_hand/classes.py
"""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

from coroutines import spinner


class Countdown:
    """What `async for` takes: `__aiter__` gives the iterator, `__anext__` is awaited for each."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._next = start

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int:
        if self._next < self._start:
            await asyncio.sleep(0)
        if self._next == 0:
            raise StopAsyncIteration
        self._next -= 1
        return self._next + 1


class Beside:
    """What `async with` takes: a coroutine that runs beside the block and ends with it."""

    def __init__(self, coroutine: Coroutine[None, None, None]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._coroutine)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the task; if the block has failed, cancel it first."""
        assert self._task is not None
        if error is not None:
            self._task.cancel()
        # Unlike `await`, this does not raise what the task was ended by.
        await asyncio.wait([self._task])
        if error is None:
            self._task.result()


async def main() -> None:
    async with Beside(spinner("|/-\\")):
        async for number in Countdown(3):
            print(f"countdown {number}")
        print("lift-off")


if __name__ == "__main__":
    asyncio.run(main())
