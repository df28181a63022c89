"""Batches in, bytes at a file descriptor out: standard output, or a file of its own."""

import contextlib
import errno
import os
import select
import stat
from collections.abc import Awaitable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from plait.errors import SinkError
from plait.events import Reopened
from plait.logs.batch import Batch
from plait.sinks import Sink
from plait.sinks.outage import Outage

if TYPE_CHECKING:
    from plait.logs.render import Renderer

# A pipe that polls as writable takes so many bytes without waiting (POSIX: at least 512).
_AT_ONCE: Final = select.PIPE_BUF


class DescriptorSink(Sink):
    """Rendered batches, written to a descriptor that is open already and stays open.

    With `patient` set, `write` waits for a slow reader as a coroutine does and leaves the
    thread to others; else it blocks. `BrokenPipeError` when nobody reads any more. With an
    `outage` it waits too while a disk is full, and goes on where it stopped.
    """

    def __init__(
        self,
        descriptor: int,
        render: "Renderer",
        *,
        name: str,
        patient: bool = False,
        outage: Outage | None = None,
    ) -> None:
        self.name = name
        self._outage = outage
        self._waiting = False
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
        if self._patient:
            return self._write_patiently(map(self._render, batches))
        for at, batch in enumerate(batches):
            data = self._render(batch)
            if (done := self._write_now(data, 0)) < len(data):
                return self._go_on(data, done, batches[at + 1 :])
        return None

    def hurry(self) -> None:
        """Wait no longer for a fault to pass: it is an error from now on."""
        if self._outage is not None:
            self._outage.hurry()

    def commit(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing: the descriptor belongs to who opened it."""

    def _write_now(self, data: bytes, done: int) -> int:
        """Go on where `done` of the bytes are written; how many are, less than all in an outage."""
        view = memoryview(data)
        try:
            whole = data.rfind(b"\n", 0, done) + 1
            if self._renew(done - whole):
                done = whole
            while done < len(data):
                done += self._write_some(view[done:])
        except BrokenPipeError:
            raise
        except OSError as error:
            self._failed(error).begin(error)
        else:
            if self._outage is not None:
                self._outage.over()
        return done

    def _failed(self, error: OSError) -> Outage:
        """The outage that this is; `SinkError` where none is waited for."""
        if self._outage is None:
            raise SinkError(self.name, error.strerror or str(error)) from error
        return self._outage

    def _renew(self, partial: int) -> bool:
        """Whether another target is written now, in which a line begun here is to be whole."""
        return False

    async def _go_on(self, data: bytes, done: int, rest: Sequence[Batch]) -> None:
        assert self._outage is not None
        self._waiting = True
        try:
            while done < len(data):
                await self._outage.pause()
                done = self._write_now(data, done)
        finally:
            self._waiting = False
        if (following := self.write(rest)) is not None:
            await following

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            # Somebody else made the descriptor non-blocking; it is shared with other programs.
            select.select([], [self._descriptor], [])
            return 0

    async def _write_patiently(self, parts: Iterable[bytes]) -> None:
        for data in parts:
            view = memoryview(data)
            while view:
                if not select.select([], [self._descriptor], [], 0)[1]:
                    await self._writable()
                try:
                    view = view[self._write_some(view[:_AT_ONCE]) :]
                except BrokenPipeError:
                    raise
                except OSError as error:
                    outage = self._failed(error)
                    outage.begin(error)
                    await outage.pause()
            if self._outage is not None:
                self._outage.over()

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
    """Rendered batches in a file of its own, which is emptied first or made anew.

    With an `outage`, a file that was renamed or deleted since is left at the next batch for the
    one that its path stands for then, which is made if need be and never emptied.
    """

    def __init__(self, path: str, render: "Renderer", *, outage: Outage | None = None) -> None:
        try:
            self._own = os.open(path, _FLAGS | os.O_TRUNC, 0o666)
        except OSError as error:
            raise SinkError(path, error.strerror or str(error)) from error
        self._wanted = False  # somebody asked to have it opened anew
        super().__init__(self._own, render, name=path, patient=outage is not None, outage=outage)

    def reopen(self) -> None:
        """Have the path opened anew, at once where nothing is being waited for."""
        self._wanted = True
        if self._outage is None or self._waiting:
            return  # at the next try
        try:
            self._renew(0)
        except OSError as error:
            self._outage.begin(error)

    def close(self) -> None:
        """Close the file."""
        if self._own >= 0:
            os.close(self._own)
            self._own = -1

    def _renew(self, partial: int) -> bool:
        if self._outage is None or self._patient or (not self._wanted and self._in_place()):
            return False
        fresh = os.open(self.name, _FLAGS, 0o666)
        self._wanted = False
        if partial:
            # The line goes into the new file whole; a part of it must not stay in the old one.
            with contextlib.suppress(OSError):
                os.ftruncate(self._own, os.fstat(self._own).st_size - partial)
        os.close(self._own)
        self._own = self._descriptor = fresh
        self._outage.tell(Reopened(self.name))
        return True

    def _in_place(self) -> bool:
        """Whether our file is what the path stands for."""
        try:
            return os.path.samestat(os.stat(self.name), os.fstat(self._own))
        except OSError as error:
            # Where nobody lets us look, what we have is as good as what we might find.
            return error.errno not in {errno.ENOENT, errno.ENOTDIR}


# Appending, so that whoever truncates the file under us gets no hole at its begin.
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
