"""Batches in, calls of a function out: a sink of anything callable, `def` or `async def`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from plait.logs.batch import Batch


class CallSink:
    """Each batch handed to a function; one that returns an awaitable is awaited.

    A plain function runs in the calling thread and holds up the loop while it runs.
    """

    def __init__(self, function: Callable[[Batch], Awaitable[None] | None]) -> None:
        self._function: Final = function
        self.name = getattr(function, "__name__", type(function).__name__)

    def write(self, batches: Sequence[Batch]) -> Awaitable[None] | None:
        """Call the function with each batch."""
        for at, batch in enumerate(batches):
            if (result := self._function(batch)) is not None:
                return self._wait(result, batches[at + 1 :])
        return None

    def commit(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    async def _wait(self, result: Awaitable[None], rest: Sequence[Batch]) -> None:
        await result
        for batch in rest:
            if (result_of_next := self._function(batch)) is not None:
                await result_of_next
