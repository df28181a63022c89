"""A pipe, terminal or named pipe in, its chunks out."""

import asyncio
import os
import select
import stat
from collections.abc import AsyncIterator
from typing import Final

from plait.bridge import run_in_thread
from plait.errors import SourceError
from plait.sources import Item

_BLOCK: Final = 64 * 2**10


class PipeSource:
    """What arrives at a descriptor that is not a regular file, until its other end closes.

    `descriptor` is one that is open already and stays open (0 for standard input), or else the
    path of a named pipe, opened when the iteration begins.
    """

    def __init__(self, where: int | str, *, name: str | None = None) -> None:
        self._where = where
        self.name = name if name is not None else ("-" if where == 0 else str(where))
        self._stopped = False
        self._readable: asyncio.Event | None = None

    async def __aiter__(self) -> AsyncIterator[Item]:
        descriptor = self._where if isinstance(self._where, int) else self._opened(self._where)
        try:
            mode = os.fstat(descriptor).st_mode
            waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)
            arrivals = self._arrivals(descriptor) if waits else _read(descriptor)
            async for data in arrivals:
                yield data
        except OSError as error:
            raise SourceError(self.name, error.strerror or str(error)) from error
        finally:
            if descriptor != self._where:
                os.close(descriptor)

    def stop(self) -> None:
        """End after what has arrived; the rest belongs to whoever writes."""
        self._stopped = True
        if self._readable is not None:
            self._readable.set()

    def _opened(self, path: str) -> int:
        try:
            # Without O_NONBLOCK this would wait for a writer; reading never sees the flag,
            # because it happens only when the descriptor is readable.
            return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(self.name, error.strerror or str(error)) from error

    async def _arrivals(self, descriptor: int) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        self._readable = readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                while select.select([descriptor], [], [], 0)[0]:
                    if not (data := os.read(descriptor, _BLOCK)):
                        return
                    yield data
                if self._stopped:
                    return
        finally:
            loop.remove_reader(descriptor)


async def _read(descriptor: int) -> AsyncIterator[bytes]:
    """What a file or a device such as /dev/null holds, which no loop can watch."""
    while data := await run_in_thread(os.read, descriptor, _BLOCK):
        yield data
