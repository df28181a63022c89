"""Batches in, bytes at a file descriptor out: standard output, or a file of its own."""

import os
import select
import stat
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Final

from plait.errors import SinkError
from plait.logs.batch import Batch
from plait.sinks import Sink

if TYPE_CHECKING:
    from plait.logs.render import Renderer

# A pipe that polls as writable takes so many bytes without waiting (POSIX: at least 512).
_AT_ONCE: Final = select.PIPE_BUF


class DescriptorSink(Sink):
    """Rendered batches, written to a descriptor that is open already and stays open.

    With `patient` set, `write` waits for a slow reader as a coroutine does and leaves the
    thread to others; else it blocks. `BrokenPipeError` when nobody reads any more.
    """

    def __init__(
        self, descriptor: int, render: "Renderer", *, name: str, patient: bool = False
    ) -> None:
        self.name = name
        self._descriptor = descriptor
        self._render = render
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError as error:
            raise SinkError(name, error.strerror or str(error)) from error
        # A regular file never makes its writer wait, and cannot be polled.
        self._patient = patient and not stat.S_ISREG(mode)

    def write(self, batches: Sequence[Batch]) -> Awaitable[None] | None:
        """Write these batches whole."""
        for batch in batches:
            data = self._render(batch)
            if self._patient:
                return self._write_patiently([data, *map(self._render, batches[1:])])
            self._write_all(data)
        return None

    def commit(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing: the descriptor belongs to who opened it."""

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._write_some(view) :]

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            # Somebody else made the descriptor non-blocking; it is shared with other programs.
            select.select([], [self._descriptor], [])
            return 0
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SinkError(self.name, error.strerror or str(error)) from error

    async def _write_patiently(self, parts: Sequence[bytes]) -> None:
        for data in parts:
            view = memoryview(data)
            while view:
                if not select.select([], [self._descriptor], [], 0)[1]:
                    await self._writable()
                view = view[self._write_some(view[:_AT_ONCE]) :]

    async def _writable(self) -> None:
        import asyncio  # only here: most writing needs no loop

        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._descriptor)


class FileSink(DescriptorSink):
    """Rendered batches in a file of its own, which is emptied first or made anew."""

    def __init__(self, path: str, render: "Renderer") -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            self._own = os.open(path, flags, 0o666)
        except OSError as error:
            raise SinkError(path, error.strerror or str(error)) from error
        super().__init__(self._own, render, name=path)

    def close(self) -> None:
        """Close the file."""
        if self._own >= 0:
            os.close(self._own)
            self._own = -1
