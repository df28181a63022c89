"""A command line in, the chunks of its standard output out."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from plait.errors import SourceError
from plait.sources import Item

_BLOCK: Final = 64 * 2**10
# What a command that was told to end gets before it is killed.
_GRACE: Final = 0.8


class CommandSource:
    """The standard output of a shell command; its standard error goes where ours goes.

    The command runs in a process group of its own, so that it does not hear the Ctrl-C meant
    for plait; `stop`, or leaving the iteration, ends the whole group. An exit status other than
    0 is a failure of the source, unless it was stopped.
    """

    def __init__(self, command: str, *, name: str | None = None) -> None:
        self.command = command
        self.name = name if name is not None else f"cmd:{command}"
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    async def __aiter__(self) -> AsyncIterator[Item]:
        process = await asyncio.create_subprocess_shell(
            self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=_BLOCK,
            process_group=0,
        )
        self._process = process
        assert process.stdout is not None
        status: int | None = None
        try:
            while data := await process.stdout.read(_BLOCK):
                yield data
            status = await process.wait()
        finally:
            if status is None:
                await _end(process)
            # The pipe's transport, which asyncio else leaves to the garbage collector.
            process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
        if status and not self._stopped:
            raise SourceError(self.name, _ended_how(status))

    def stop(self) -> None:
        """Ask the command to end, once; what it wrote is still given."""
        told, self._stopped = self._stopped, True
        if self._process is not None and not told:
            _signal(self._process, signal.SIGTERM)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole group; what the command started may outlive it, with our pipe in hand."""
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await process.wait()
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, number)


def _ended_how(status: int) -> str:
    if status < 0:
        return f"the command was killed by {signal.Signals(-status).name}"
    if status == 127:
        return "the command was not found (exit status 127)"
    return f"the command ended with exit status {status}"
