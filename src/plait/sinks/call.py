"""Batches in, calls of a function out: a sink of anything callable, `def` or `async def`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from plait.logs.batch import Batch


class CallSink:
    """Each batch handed to a function; one that returns an awaitable is awaited.

    With `in_thread` a plain function is called in a thread of its own, so that it may block
    without holding up the loop; else in the calling thread.
    """

    def __init__(
        self, function: Callable[[Batch], Awaitable[None] | None], *, in_thread: bool = False
    ) -> None:
        self.name = getattr(function, "__name__", type(function).__name__)
        self._function: Final = function
        from inspect import iscoroutinefunction  # it imports half of the compiler

        self._in_thread = in_thread and not iscoroutinefunction(function)

    def write(self, batches: Sequence[Batch]) -> Awaitable[None] | None:
        """Call the function with each batch."""
        if self._in_thread:
            return self._write_in_thread(batches)
        for at, batch in enumerate(batches):
            if (result := self._function(batch)) is not None:
                return self._wait(result, batches[at + 1 :])
        return None

    def commit(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    async def _write_in_thread(self, batches: Sequence[Batch]) -> None:
        from plait.bridge import run_in_thread

        for batch in batches:
            if (result := await run_in_thread(self._function, batch)) is not None:
                await result

    async def _wait(self, result: Awaitable[None], rest: Sequence[Batch]) -> None:
        await result
        for batch in rest:
            if (following := self._function(batch)) is not None:
                await following
