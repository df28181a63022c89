"""The two ways to wait for the other side: a thread parks, a task awaits a waiter."""

import asyncio
import contextvars
import os
import select
import threading
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

T = TypeVar("T")


class Parker:
    """One thread's place to sleep; `parker()` gives the calling thread's own.

    1. The lock is free exactly while there is a permit. `unpark` gives one (a second one is
       the same one), `park` takes it.
    2. Only its own thread parks; anybody unparks.

    A permit may be left over from an earlier wait, so `park` may return early: who parks looks
    again whether what it waits for has come, and parks again if not.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._lock.acquire()

    def park(self, timeout: float | None = None) -> bool:
        """Wait for a permit and take it; False where `timeout` seconds have passed without."""
        if timeout is None or timeout > threading.TIMEOUT_MAX:
            return self._lock.acquire()
        return self._lock.acquire(True, timeout) if timeout > 0 else self._lock.acquire(False)

    def unpark(self) -> None:
        """Give the permit. Any thread; never waits."""
        try:  # noqa: SIM105  # suppress takes as long as the rest
            self._lock.release()
        except RuntimeError:
            pass  # it has one


_local = threading.local()


def parker() -> Parker:
    """The calling thread's own parker."""
    try:
        own: Parker = _local.parker
    except AttributeError:
        own = _local.parker = Parker()
    return own


class PromptParker:
    """A place to sleep like `Parker`, from which the sleeper goes on while `unpark` lasts.

    `unpark` gives the interpreter up for its system call, so the sleeper, woken by it, gets it
    at once, and what it then does for us (it posts a result, it asks again) is there when we go
    on. A lock is released with the interpreter held: the sleeper wakes, finds it taken and
    sleeps again. With one caller that is half of a call's time; with many at once it is better
    that they go on together, later. A lock needs no descriptors either; this needs two.

    1. A permit given and not yet taken is an edge of `_fd` that the poll has not yet reported;
       the number that it holds is never read and only ever grows.
    """

    __slots__ = ("_fd", "_poll")

    def __init__(self) -> None:
        """`OSError` or `AttributeError` where the system has no more, or no such, descriptors."""
        self._fd = -1
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll: Final = select.epoll()  # closes itself
        self._poll.register(self._fd, select.EPOLLIN | select.EPOLLET)

    def park(self, timeout: float | None = None) -> bool:
        """Wait for a permit and take it; False where `timeout` seconds have passed without."""
        if timeout is not None and timeout < 0:
            timeout = 0  # less is for ever to the system
        return bool(self._poll.poll(timeout, 1))

    def unpark(self) -> None:
        """Give the permit. Any thread; never waits."""
        os.eventfd_write(self._fd, 1)

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


def prompt_parker() -> PromptParker | None:
    """A new one; None where there is none to be had."""
    try:
        return PromptParker()
    except (AttributeError, OSError):
        return None


# Those that nobody sleeps at; a thread borrows one for a moment. More threads than these that
# begin to wait within that moment take their own locks.
_prompt: list[PromptParker | None] = [None] * 8


def borrow_prompt() -> PromptParker | None:
    """One for a wait of a moment, to be given back; a permit may be left over from another's."""
    try:
        return _prompt.pop() or prompt_parker()
    except IndexError:
        return None


def give_back_prompt(borrowed: PromptParker) -> None:
    """Let another thread have it."""
    _prompt.append(borrowed)


def _forget_in_child() -> None:
    _prompt[:] = [None] * len(_prompt)  # the parent's have the same descriptors


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


class TaskWaiter(Generic[T]):
    """What a task awaits: a future that resumes its task directly, not a turn of the loop later.

    1. It ends once: with a value, an error or a cancellation; whatever comes later is refused.
    2. Callbacks are called on the loop, once, after the end; in their own context.
    3. All methods belong to the loop's thread; threads `post` `finish` or `fail` to it.
    """

    _asyncio_future_blocking = False
    _ended = False
    _value: T | None = None
    _error: BaseException | None = None
    _trace: TracebackType | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callbacks: list[tuple[Callable[[Any], object], contextvars.Context]] = []

    def finish(self, value: T) -> bool:
        """End with a value and resume the waiting task now; False where it had ended."""
        if self._ended:
            return False
        self._value = value
        self._end()
        return True

    def fail(self, error: BaseException) -> bool:
        """End with an error, raised at the waiting task; False where it had ended."""
        if self._ended:
            return False
        if isinstance(error, StopIteration):
            # A coroutine cannot raise it; what it raises instead is this (PEP 479).
            wrapped = RuntimeError("the function raised StopIteration")
            wrapped.__cause__ = error
            error = wrapped
        self._error = error
        self._trace = error.__traceback__
        del error  # its frames come to hold this one
        self._end()
        return True

    def cancel(self, msg: object = None) -> bool:
        """End with a cancellation; its task is resumed by the loop, soon."""
        if self._ended:
            return False
        self._error = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._end(directly=False)
        return True

    def result(self) -> T:
        """The value; or raise the error, with the frames it came with and no more."""
        if not self._ended:
            raise asyncio.InvalidStateError("it has not ended")
        if self._error is None:
            return self._value  # type: ignore[return-value]  # it ended with a value of type T
        try:
            raise self._error.with_traceback(self._trace)
        finally:
            self = None  # type: ignore[assignment]  # the error's frames must not hold the error

    def exception(self) -> BaseException | None:
        """The error, if it ended with one."""
        if not self._ended:
            raise asyncio.InvalidStateError("it has not ended")
        if isinstance(self._error, asyncio.CancelledError):
            raise self._error.with_traceback(self._trace)
        return self._error

    def done(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self._ended

    def cancelled(self) -> bool:
        """Whether it ended with a cancellation."""
        return isinstance(self._error, asyncio.CancelledError)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop whose tasks may await it."""
        return self._loop

    def add_done_callback(
        self, callback: Callable[[Self], object], *, context: contextvars.Context | None = None
    ) -> None:
        """Have this called with the waiter once it has ended."""
        if context is None:
            context = contextvars.copy_context()
        if self._ended:
            self._loop.call_soon(callback, self, context=context)
        else:
            self._callbacks.append((callback, context))

    def remove_done_callback(self, callback: Callable[[Self], object]) -> int:
        """Take the callback back; says how many there were."""
        kept = [entry for entry in self._callbacks if entry[0] != callback]
        removed = len(self._callbacks) - len(kept)
        self._callbacks[:] = kept
        return removed

    def _end(self, *, directly: bool = True) -> None:
        self._ended = True
        callbacks, self._callbacks = self._callbacks, []
        for callback, context in callbacks:
            # Inside a task no other may run, and a context is entered once at a time.
            if directly and asyncio.current_task(self._loop) is None:
                try:
                    context.run(callback, self)
                    continue
                except RuntimeError as error:
                    if "cannot enter context" not in str(error):
                        raise
            self._loop.call_soon(callback, self, context=context)

    def __await__(self) -> Generator[Any, None, T]:  # as a future's: what is yielded is the task's
        if not self._ended:
            self._asyncio_future_blocking = True
            yield self
        if self._ended and self._error is None:
            return self._value  # type: ignore[return-value]  # it ended with a value of type T
        try:
            return self.result()
        finally:
            self = None  # type: ignore[assignment]  # as in result


__all__ = [
    "Parker",
    "PromptParker",
    "TaskWaiter",
    "borrow_prompt",
    "give_back_prompt",
    "parker",
    "prompt_parker",
]
