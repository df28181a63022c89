"""A context manager of one colour in, one of the other out."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Generic, TypeVar, cast

from plait.bridge.iteration import Caller
from plait.bridge.wakeup import wakeup_of
from plait.errors import LoopClosed

T = TypeVar("T")


def enter_blocking(
    context: AbstractContextManager[T, bool | None],
) -> AbstractAsyncContextManager[T, bool | None]:
    """A blocking context manager, for `async with`; it has a thread of its own.

    It is entered and left in that thread, in a copy of the caller's context variables, and sees
    the exception that ends the block and may swallow it. Cancelled while it is being entered,
    the caller goes on at once, and the thread leaves it as soon as it has entered. Cancelled
    while it is being left, the caller waits until it has been. To be used once.
    """
    return _Entered(context)


def enter_async(
    caller: Caller, context: AbstractAsyncContextManager[T, bool | None]
) -> AbstractContextManager[T, bool | None]:
    """An async context manager, for `with`; it is entered and left by one task on a loop.

    It sees the exception that ends the block and may swallow it. The waits are those of the
    `call` of the `LoopThread` or `Portal` given, and so are their errors: `WouldDeadlock` on the
    loop's own thread, `LoopClosed` where the loop has ended; Ctrl-C cancels what it waits for.
    Where the loop ends, or the task is cancelled, during the block, the context is left then,
    and leaving the block raises what came of it. To be used once.
    """
    return _EnteredOnLoop(caller, context)


# How a block ended: what `__exit__` is given.
_Ending = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class _Entered(AbstractAsyncContextManager[T, bool | None], Generic[T]):
    """A blocking context, held by its thread.

    1. The thread enters, waits for one ending, leaves, and ends; nothing else leaves.
    2. Each of the two steps is answered on the loop once, unless the loop is gone.
    """

    def __init__(self, context: AbstractContextManager[T, bool | None]) -> None:
        self._context: Final = context
        self._endings: Final[SimpleQueue[_Ending]] = SimpleQueue()

    async def __aenter__(self) -> T:
        loop = asyncio.get_running_loop()
        self._has_entered: _Answer[T] = _Answer(loop)
        self._has_left: _Answer[bool | None] = _Answer(loop)
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._hold,),
            name=f"plait {type(self._context).__qualname__}",
            daemon=True,
        ).start()
        try:
            await self._has_entered.wait()
        except asyncio.CancelledError as error:
            self._endings.put((type(error), error, error.__traceback__))
            raise
        return self._has_entered.outcome()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        self._endings.put((kind, error, trace))
        cancelled = None
        while True:
            try:
                await self._has_left.wait()
                break
            except asyncio.CancelledError as again:
                cancelled = again
        swallowed = self._has_left.outcome()
        if cancelled is not None:
            raise cancelled
        return swallowed

    def _hold(self) -> None:
        if self._has_entered.give(self._context.__enter__):
            self._has_left.give(lambda: self._context.__exit__(*self._endings.get()))


class _Answer(Generic[T]):
    """What a step on a thread gives or raises, awaited on a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Final = loop
        self._given: Final = asyncio.Event()
        self._value: T | None = None
        self._error: BaseException | None = None

    def give(self, step: Callable[[], T]) -> bool:
        """Take the step, on the thread; False where it raised."""
        try:
            self._value = step()
        except BaseException as error:  # noqa: BLE001  # it is raised again on the loop
            self._error = error
        worked = self._error is None
        with suppress(LoopClosed):
            wakeup_of(self._loop).post(asyncio.Event.set, self._given)
        return worked

    async def wait(self) -> None:
        """Wait until the step has been taken."""
        await self._given.wait()

    def outcome(self) -> T:
        """What it gave or raised."""
        if self._error is None:
            return cast(T, self._value)
        try:
            raise self._error
        finally:
            self._error = None  # whose frames hold this object


class _EnteredOnLoop(AbstractContextManager[T, bool | None], Generic[T]):
    """An async context, held by a task of its loop.

    1. The task enters, waits for one ending, leaves, and ends; nothing else leaves.
    2. Everything but `__enter__` and `__exit__` runs on the loop.
    """

    def __init__(
        self, caller: Caller, context: AbstractAsyncContextManager[T, bool | None]
    ) -> None:
        self._caller: Final = caller
        self._context: Final = context

    def __enter__(self) -> T:
        return self._caller.call(self._enter)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        async def leave() -> bool | None:
            if not self._ending.done():
                self._ending.set_result((kind, error, trace))
            return await self._task

        return self._caller.call(leave)

    async def _enter(self) -> T:
        loop = asyncio.get_running_loop()
        self._has_entered: asyncio.Future[T] = loop.create_future()
        self._ending: asyncio.Future[_Ending] = loop.create_future()
        self._task = asyncio.create_task(self._hold())
        try:
            first: set[asyncio.Future[Any]] = {self._task, self._has_entered}  # of two things
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            raise
        if not self._has_entered.done():
            await self._task  # raises
        return self._has_entered.result()

    async def _hold(self) -> bool | None:
        self._has_entered.set_result(await self._context.__aenter__())
        try:
            ending = await self._ending
        except asyncio.CancelledError as error:
            await self._context.__aexit__(type(error), error, error.__traceback__)
            raise
        return await self._context.__aexit__(*ending)


__all__ = ["enter_async", "enter_blocking"]
